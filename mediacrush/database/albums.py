"""Records of albums.

    album:<hash>     hash: items (JSON list of hashes, in order), title, description, created_at, zipped (JSON list
                     of hashes), status (for ownership, as records of media have one), version
    packing:<hash>   how much of its zip is packed, 0 to 1, while it is; should its worker die, for ten minutes
    zips:<media>     set of the albums whose zip holds this media, or once did: it must go with the media

An album and all its media are read in one round trip, whatever their number.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from redis import Redis

from mediacrush.database.connection import reports_unavailable
from mediacrush.database.records import decode_media
from mediacrush.errors import TooLarge
from mediacrush.model.album import Album
from mediacrush.model.media import Media

_PACKING_KEPT_S = 600

# KEYS: album, the media that could have its name. ARGV: fields and values. 1 when the name was free.
_CREATE = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""

# ARGV: how many media of albums at most, then names. For each: the fields of the album of that name, then those of
# each of its media; without such an album none, then those of the media of that name. False where albums hold more.
_GET = """
local found, left = {}, tonumber(ARGV[1])
for i = 2, #ARGV do
  local album, names, media = redis.call('HGETALL', 'album:' .. ARGV[i]), {ARGV[i]}, {}
  if #album > 0 then
    names = cjson.decode(redis.call('HGET', 'album:' .. ARGV[i], 'items'))
    left = left - #names
    if left < 0 then return false end
  end
  for n, name in ipairs(names) do media[n] = redis.call('HGETALL', 'media:' .. name) end
  found[i - 1] = {album, media}
end
return found
"""

# KEYS: album. ARGV: fields and values. An update must not make a record of one that is gone.
_UPDATE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
"""


@reports_unavailable
class AlbumRepository:
    """Reads and writes records of albums. Every method raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._create = redis.register_script(_CREATE)
        self._get = redis.register_script(_GET)
        self._update = redis.register_script(_UPDATE)

    def create(self, hash_: str, items: Iterable[str]) -> bool:
        """Write a new record; False when the name is taken."""
        fields = {"items": _text(list(items)), "created_at": str(time.time()), "status": "done", "version": "1"}
        return bool(self._create(keys=[f"album:{hash_}", f"media:{hash_}"], args=_flatten(fields)))

    def get(self, hash_: str) -> Album | None:
        """The album with what is left of its media (maybe none), or None when there is no such album."""
        return self.get_many([hash_])[hash_]

    def get_many(self, hashes: Iterable[str]) -> dict[str, Album | None]:
        """Each of `hashes` with its album or None, in one round trip."""
        found = self.get_any(hashes)
        return {hash_: one if isinstance(one, Album) else None for hash_, one in found.items()}

    def get_any(self, hashes: Iterable[str], *, most: int = sys.maxsize) -> dict[str, Media | Album | None]:
        """Each of `hashes` with the media or album of that name, in one round trip.

        Raises TooLarge where the albums hold more than `most` media together.
        """
        wanted = list(dict.fromkeys(hashes))
        found = self._get(args=[most, *wanted]) if wanted else []
        if found is None:
            raise TooLarge(
                f"These albums hold more than {most} media together; please ask for fewer of them at once."
            )
        return {hash_: _decode(hash_, *parts) for hash_, parts in zip(wanted, found, strict=True)}

    def update(self, hash_: str, **fields: Any) -> bool:
        """Set `title`, `description`, `items` or `zipped`; False when the album is gone."""
        texts = {name: _text(value) for name, value in fields.items()}
        return bool(self._update(keys=[f"album:{hash_}"], args=_flatten(texts)))

    def delete(self, album: Album) -> None:
        """Forget the album and who owns it; its media stay."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(f"album:{album.hash}", f"owners:{album.hash}")
            for media_hash in {*album.zipped, *(media.hash for media in album.items)}:
                pipeline.srem(f"zips:{media_hash}", album.hash)
            pipeline.execute()

    def note_packing(self, album: Album) -> None:
        """Remember with each media that a zip of this album is about to hold it.

        Only the end of the media or of the album takes this back: whoever drops a zip cannot know whether the next
        one is being packed already.
        """
        with self._redis.pipeline(transaction=False) as pipeline:
            for media, _ in album.entries:
                pipeline.sadd(f"zips:{media.hash}", album.hash)
            pipeline.execute()

    def note_packed_share(self, hash_: str, share: float) -> None:
        """Tell how much of the album's zip is packed, 0 to 1."""
        self._redis.set(f"packing:{hash_}", f"{share:.3f}", ex=_PACKING_KEPT_S)

    def forget_packed_share(self, hash_: str) -> None:
        """Nobody packs the album now."""
        self._redis.delete(f"packing:{hash_}")

    def packed_share(self, hash_: str) -> float:
        """How much of the album's zip is packed, as last told; 0 where nobody told."""
        return float(self._redis.get(f"packing:{hash_}") or 0)

    def packed_with(self, media_hash: str) -> list[str]:
        """The albums whose zip may hold this media."""
        return sorted(map(str, self._redis.smembers(f"zips:{media_hash}")))

    def forget_packed_with(self, media_hash: str) -> None:
        """No zip holds this media any more."""
        self._redis.delete(f"zips:{media_hash}")

    def has_any(self, hashes: Iterable[str]) -> bool:
        """Whether one of `hashes` is an album's."""
        keys = [f"album:{hash_}" for hash_ in hashes]
        return bool(keys) and bool(self._redis.exists(*keys))

    def all(self) -> Iterator[Album]:
        """Every album there is; for the operator's commands, not for a request."""
        for key in self._redis.scan_iter("album:*", count=1000):
            album = self.get(key.removeprefix("album:"))
            if album is not None:
                yield album


def _text(value: Any) -> str:
    return json.dumps(list(value)) if isinstance(value, list | tuple) else str(value or "")


def _flatten(fields: dict[str, str]) -> list[str]:
    return [item for pair in fields.items() for item in pair]


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _decode(hash_: str, album: list[str], media: list[list[str]]) -> Media | Album | None:
    record = _pairs(album)
    if not record:
        return decode_media(hash_, _pairs(media[0]))
    names = json.loads(record["items"])
    found = (decode_media(name, _pairs(fields)) for name, fields in zip(names, media, strict=True))
    return Album(
        hash=hash_,
        items=tuple(one for one in found if one is not None and not one.status.is_failure),
        created_at=float(record["created_at"]),
        title=record.get("title") or None,
        description=record.get("description") or None,
        zipped=tuple(json.loads(record.get("zipped", "[]") or "[]")),
        version=int(record["version"]),
    )

"""Records of media.

    media:<hash>     hash: the fields of Media; every published file in a field of its own, `file:<name>`, and so
                     every step that is split, `split:<step>`, and the work on every piece of it,
                     `piece:<step>.<number>`, so that two workers can write without reading what the other wrote
    sha256:<hex>     string: the hash that has this content
    versions         number: the last version that any record got
    unfinished       sorted set of hashes by time in ms: some worker or a delete still owes them work

Every write to an existing record goes through one script that first compares `original_key`, which is unique to
one upload: a worker that comes late can neither revive a deleted record nor write into its successor.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable
from mediacrush.database.records import (
    DELETING,
    NONE,
    decode_files,
    decode_media,
    decode_splits,
    encode_file,
    encode_media,
    encode_value,
    piece_field,
    split_field,
)
from mediacrush.model.media import FAILURES, Media, PublishedFile, Status
from mediacrush.model.split import PieceWork, Split

# A failed record is kept so that clients that poll learn of it; then the name is free again.
FAILURE_KEPT_S = 7 * 24 * 3600
UNFINISHED = "unfinished"

# Lua's part: a new version, from one counter, so that a name's second life never repeats a version of its first.
# The counter starts at the time, so that neither does the second life of a database.
_TOUCH = """
local function touch(record) redis.call('HSET', record, 'version', redis.call('INCR', 'versions')) end
"""
_IS_FAILURE = f"""
local failures = {{ {", ".join(f"['{status}']=true" for status in sorted(FAILURES))} }}
"""

# KEYS: sha256 index, unfinished. ARGV: now in ms, names to try with blanks between, the new original_key, then
# fields and values. An answer can be lost after the work was done, and the client asks again: the record it finds
# is its own then, and one that is told that it is another's would remove the bytes.
_CREATE = (
    _TOUCH
    + _IS_FAILURE
    + f"""
local hash = redis.call('GET', KEYS[1])
local status = hash and redis.call('HGET', 'media:' .. hash, 'status')
if status and redis.call('HGET', 'media:' .. hash, 'original_key') == ARGV[3] then return {{'created', hash}} end
if status == '{DELETING}' then return {{'busy', hash}} end
if status and not failures[status] then return {{'known', hash}} end
if not status then
  hash = nil
  for name in string.gmatch(ARGV[2], '%S+') do
    if redis.call('EXISTS', 'media:' .. name, 'album:' .. name) == 0 then hash = name break end
  end
  if not hash then return {{'busy', ''}} end
end
redis.call('DEL', 'media:' .. hash)
redis.call('PERSIST', 'owners:' .. hash)
redis.call('SET', KEYS[1], hash)
redis.call('SET', 'versions', ARGV[1], 'NX')
redis.call('HSET', 'media:' .. hash, unpack(ARGV, 4))
touch('media:' .. hash)
redis.call('ZADD', KEYS[2], ARGV[1], hash)
return {{'created', hash}}
"""
)

# KEYS: record. ARGV: the expected original_key, then fields and values. `progress` only ever grows, and a failure,
# whose files are gone, stands.
_UPDATE = (
    _TOUCH
    + _IS_FAILURE
    + f"""
local state = redis.call('HMGET', KEYS[1], 'original_key', 'status', 'progress')
if state[1] ~= ARGV[1] or state[2] == '{DELETING}' or failures[state[2]] then return 0 end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '{NONE}' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  elseif ARGV[i] ~= 'progress' or tonumber(ARGV[i + 1]) > tonumber(state[3] or 0) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
touch(KEYS[1])
return 1
"""
)

# KEYS: record, owners, sha256 index, unfinished. ARGV: the expected original_key, status, message, seconds to keep
# it, hash. One step: in between, the same bytes could come again, and their record would be the one that expires.
_FAIL = (
    _TOUCH
    + _IS_FAILURE
    + f"""
local state = redis.call('HMGET', KEYS[1], 'original_key', 'status')
if state[1] ~= ARGV[1] or state[2] == '{DELETING}' or failures[state[2]] then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'message', ARGV[3])
redis.call('HDEL', KEYS[1], 'request_id')
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 5) == 'file:' then redis.call('HDEL', KEYS[1], field) end
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[4]) end
redis.call('ZREM', KEYS[4], ARGV[5])
touch(KEYS[1])
return 1
"""
)

# KEYS: record, unfinished. ARGV: the expected original_key, hash, now in ms.
_BEGIN_DELETE = f"""
if redis.call('HGET', KEYS[1], 'original_key') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'status', '{DELETING}')
redis.call('PERSIST', KEYS[1])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
"""

# KEYS: record. ARGV: how many. Counting must not make a record of one that is gone.
_COUNT_ATTEMPT = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[1])
"""


# How long it is known of a name that something was deleted there: who follows its link is told so.
DELETED_KEPT_S = 30 * 24 * 3600

# KEYS: record, owners, sha256 index, unfinished. ARGV: hash.
_FORGET = f"""
if redis.call('HGET', KEYS[1], 'status') ~= '{DELETING}' then return end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('SET', 'deleted:' .. ARGV[1], '', 'EX', {DELETED_KEPT_S})
"""


class Creation(StrEnum):
    """What became of an attempt to create a record: BUSY means try again in a moment."""

    CREATED = "created"
    KNOWN = "known"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What a delete must still remove from storage."""

    hash: str
    sha256: str
    keys: tuple[str, ...]


def public_key(filename: str) -> str:
    """The storage key of a published file."""
    return f"public/{filename}"


def piece_key(original_key: str, step: str, number: int) -> str:
    """The storage key of one piece of a step, until the step is joined. Never served."""
    return f"pieces/{original_key.partition('/')[2]}.{step}.{number}"


def piece_keys(original_key: str, splits: Iterable[Split]) -> tuple[str, ...]:
    """The storage keys that the pieces of these splits have, made or not."""
    return tuple(
        piece_key(original_key, split.step, number) for split in splits for number in range(len(split.pieces))
    )


@reports_unavailable
class MediaRepository:
    """Reads and writes records of media. Every method raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._create = redis.register_script(_CREATE)
        self._update = redis.register_script(_UPDATE)
        self._fail = redis.register_script(_FAIL)
        self._begin_delete = redis.register_script(_BEGIN_DELETE)
        self._forget = redis.register_script(_FORGET)
        self._count_attempt = redis.register_script(_COUNT_ATTEMPT)

    def create(self, media: Media, names: Iterable[str]) -> tuple[Creation, str]:
        """Write the record under the first free of `names`, unless its content is known already.

        Returns what happened and the hash the content has now. A failed record with this content is replaced.
        """
        fields = _flatten(encode_media(media))
        keys = [f"sha256:{media.sha256}", UNFINISHED]
        outcome, hash_ = self._create(keys=keys, args=[_now_ms(), " ".join(names), media.original_key, *fields])
        return Creation(outcome), hash_

    def get(self, hash_: str) -> Media | None:
        """The media, or None when there is none or it is being deleted."""
        return decode_media(hash_, self._record(hash_))

    def get_many(self, hashes: Iterable[str]) -> dict[str, Media | None]:
        """Each of `hashes` with its media or None, in one round trip."""
        wanted = list(hashes)
        with self._redis.pipeline(transaction=False) as pipeline:
            for hash_ in wanted:
                pipeline.hgetall(f"media:{hash_}")
            records = pipeline.execute()
        return {hash_: decode_media(hash_, record) for hash_, record in zip(wanted, records, strict=True)}

    def get_version(self, hash_: str) -> str | None:
        """What changes whenever the record does; None when there is no media."""
        version, status = self._redis.hmget(f"media:{hash_}", "version", "status")
        return None if version is None or status == DELETING else str(version)

    def find_by_sha256(self, sha256: str) -> Media | None:
        """The media with this content that is neither failed nor being deleted."""
        hash_ = self._redis.get(f"sha256:{sha256}")
        media = self.get(str(hash_)) if hash_ else None
        return media if media is not None and not media.status.is_failure else None

    def update(self, media: Media, **fields: Any) -> bool:
        """Set fields of Media by name; False when the record is gone or belongs to a later upload."""
        encoded = {name: NONE if value is None else encode_value(value) for name, value in fields.items()}
        return bool(self._update(keys=[f"media:{media.hash}"], args=[media.original_key, *_flatten(encoded)]))

    def add_files(
        self, media: Media, files: Iterable[PublishedFile], replaces: PublishedFile | None = None
    ) -> bool:
        """List published files, all at once; False when the record is gone. The job is getting on: attempts start
        anew. The file `replaces` had the same key as one of these: it is listed no more, and settled."""
        fields = {f"file:{file.name}": encode_file(file) for file in files} | {"attempts": "0"}
        if replaces is not None:
            fields |= {f"file:{replaces.name}": NONE, "left_out": encode_value((*media.left_out, replaces.name))}
        return bool(self._update(keys=[f"media:{media.hash}"], args=[media.original_key, *_flatten(fields)]))

    def record_split(self, media: Media, split: Split) -> bool:
        """Say that, or how, a step is done in pieces; False when the record is gone."""
        return self.update(media, **{split_field(split.step): split})

    def record_piece(self, media: Media, split: Split, number: int, work: PieceWork) -> Media | None:
        """Say how far one piece is; the media as it is now, None when it is gone or belongs to a later upload."""
        return self.get(media.hash) if self.update(media, **{piece_field(split, number): work}) else None

    def end_split(self, media: Media, split: Split) -> None:
        """Forget the split and what was done of its pieces."""
        work = {piece_field(split, number): None for number in range(len(split.pieces))}
        self.update(media, **{split_field(split.step): None}, **work)

    def count_attempt(self, media: Media, by: int = 1) -> int:
        """Count a start of work on this media; how many there were since something was last published."""
        return int(self._count_attempt(keys=[f"media:{media.hash}"], args=[by]))

    def finish(self, media: Media) -> bool:
        """Done: nothing is owed any more."""
        if not self.update(media, status=Status.DONE, progress=1.0, request_id=None):
            return False
        self._redis.zrem(UNFINISHED, media.hash)
        return True

    def fail(self, media: Media, status: Status, message: str) -> bool:
        """Record a failure for a week; what was published is no longer listed."""
        keys = [f"media:{media.hash}", f"owners:{media.hash}", f"sha256:{media.sha256}", UNFINISHED]
        args = [media.original_key, str(status), message, str(FAILURE_KEPT_S), media.hash]
        return bool(self._fail(keys=keys, args=args))

    def begin_delete(self, media: Media) -> None:
        """Make the media invisible at once, unless a later upload has its name. `unfinished` remembers that its
        files must go."""
        self._begin_delete(
            keys=[f"media:{media.hash}", UNFINISHED], args=[media.original_key, media.hash, _now_ms()]
        )

    def pending_deletion(self, hash_: str) -> Deletion | None:
        """What is left to remove of a media whose delete has begun."""
        record = self._record(hash_)
        if record.get("status") != DELETING:
            return None
        filenames = [file.filename for file in decode_files(record)]
        original_key = record["original_key"]
        pieces = piece_keys(original_key, decode_splits(record).values())
        keys = (original_key, *(public_key(name) for name in filenames), *pieces)
        return Deletion(hash=hash_, sha256=record["sha256"], keys=keys)

    def forget(self, deletion: Deletion) -> None:
        """Drop the record after its files are gone; a later upload that took the name is left alone."""
        keys = [f"media:{deletion.hash}", f"owners:{deletion.hash}", f"sha256:{deletion.sha256}", UNFINISHED]
        self._forget(keys=keys, args=[deletion.hash])

    def was_deleted(self, hash_: str) -> bool:
        """Whether something of this name was deleted during the last month."""
        return bool(self._redis.exists(f"deleted:{hash_}"))

    def unfinished(self, settled_s: float = 0) -> list[str]:
        """Hashes that are owed work for at least this many seconds, oldest first."""
        until = _now_ms() - int(settled_s * 1000)
        return [str(hash_) for hash_ in self._redis.zrange(UNFINISHED, 0, until, byscore=True)]

    def mark_unfinished(self, hash_: str) -> None:
        """Have recovery see to it that somebody works on this media."""
        self._redis.zadd(UNFINISHED, {hash_: _now_ms()})

    def index(self, media: Media) -> None:
        """Have the media found by its content, unless another one is."""
        self._redis.set(f"sha256:{media.sha256}", media.hash, nx=True)

    def remove_files(self, media: Media, names: Iterable[str]) -> None:
        """List these files no more."""
        self.update(media, **{f"file:{name}": None for name in names})

    def drop_unfinished(self, hash_: str) -> None:
        """Nothing is owed to this hash."""
        self._redis.zrem(UNFINISHED, hash_)

    def all(self) -> Iterator[Media]:
        """Every media there is; for the operator's commands, not for a request."""
        for key in self._redis.scan_iter("media:*", count=1000):
            media = self.get(key.removeprefix("media:"))
            if media is not None:
                yield media

    def _record(self, hash_: str) -> dict[str, str]:
        # redis-py's types do not know that this client decodes every answer.
        return cast("dict[str, str]", self._redis.hgetall(f"media:{hash_}"))


def _now_ms() -> int:
    return int(time.time() * 1000)


def _flatten(fields: dict[str, str]) -> list[str]:
    return [item for pair in fields.items() for item in pair]

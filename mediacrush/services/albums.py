"""Albums: making them, reading them, packing one as a zip."""

import os
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import (
    BackendUnavailable,
    BadRequest,
    NotAcceptable,
    NotFound,
    NotOwner,
    TooLarge,
    TooManyRequests,
)
from mediacrush.job_queue import QueueName
from mediacrush.model.album import MAX_ITEMS, Album, random_hash, zip_filename
from mediacrush.model.hashes import hashes_in, is_hash
from mediacrush.model.media import Media
from mediacrush.model.ownership import Claims, new_token, token_claim
from mediacrush.model.sizes import size_text

NOT_HERE = "There is no album of this name: it was deleted, or the address is mistyped."
# A zip is read by browsers and unpackers that hold a table of it; what is larger than this nobody downloads whole.
_ZIP_MAX_BYTES = 4 * 10**9
_HOUR_S = 3600
# The date that every entry bears: when something was uploaded is nobody's business.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def create(backends: Backends, text: str, cookie: str | None, address: str | None) -> tuple[str, str]:
    """An album of the comma-separated hashes in `text`; its hash and the delete token of its maker.

    Raises BadRequest without any hash, TooLarge for more than 1,024, NotAcceptable when one is an album's, NotFound
    when one is unknown.
    """
    hashes = hashes_in(text)
    if not hashes:
        raise BadRequest("Give the hashes of the album's media as `list`, separated by commas.")
    if len(hashes) > MAX_ITEMS:
        raise TooLarge(f"An album holds at most {MAX_ITEMS} media.")
    if backends.albums.has_any(hashes):
        raise NotAcceptable("An album cannot hold another album.")
    unknown = [hash_ for hash_, media in backends.media.get_many(hashes).items() if _is_gone(media)]
    if unknown:
        raise NotFound(f"There is nothing here under the name {unknown[0]}.")
    token = new_token()
    claims = Claims(token=token_claim(token), cookie=cookie, address=address)
    while not backends.albums.create(hash_ := random_hash(), hashes):
        pass
    if not backends.owners.add(hash_, claims, record="album"):
        raise BackendUnavailable("The album could not be kept; please try again.")
    return hash_, token


def find(backends: Backends, hash_: str) -> Album:
    """The album with what is left in it. Raises NotFound, also for one with nothing left."""
    album = backends.albums.get(hash_) if is_hash(hash_) else None
    if album is None or not album.items:
        raise NotFound(NOT_HERE)
    return album


def withdraw(backends: Backends, hash_: str, claims: Claims) -> None:
    """Delete the album by its maker; its media stay. Raises NotFound, NotOwner."""
    album = backends.albums.get(hash_) if is_hash(hash_) else None
    if album is None:
        raise NotFound(NOT_HERE)
    require_maker(backends, album, claims)
    backends.storage.delete(public_key(album.zip_filename))
    backends.albums.delete(album)
    # A job may have stored one between these two; a job that comes later finds no record and takes its own back.
    backends.storage.delete(public_key(album.zip_filename))


def require_maker(backends: Backends, album: Album, claims: Claims) -> None:
    """Raises NotOwner unless one of the claims is the maker's."""
    if not backends.owners.is_owner(album.hash, claims):
        raise NotOwner("Only the person who made this album may do that.")


def reorder(backends: Backends, hash_: str, claims: Claims, text: str) -> None:
    """Give the album's media another order; those that `text` does not name are taken out of it.

    Raises NotFound, NotOwner, NotAcceptable when `text` names what is not in the album.
    """
    album = find(backends, hash_)
    require_maker(backends, album, claims)
    hashes = hashes_in(text)
    if not hashes or not set(hashes) <= {media.hash for media in album.items}:
        raise NotAcceptable("The new order must name media of this album, and at least one.")
    backends.albums.update(hash_, items=hashes)
    drop_stale_zip(backends, find(backends, hash_))


def ask_for_zip(backends: Backends, hash_: str, client: str | None) -> bool:
    """Have the album packed; True when its zip is there already.

    What is packed counts against the hour of `client`, if one is given, as uploads do: a zip fills the disk as they
    do. Raises NotFound, TooLarge, TooManyRequests.
    """
    album = find(backends, hash_)
    if album.has_zip:
        return True
    whole = _size_bytes(album)
    if whole > _ZIP_MAX_BYTES:
        raise TooLarge(
            f"This album holds {size_text(whole)}, more than the {size_text(_ZIP_MAX_BYTES)} a zip may have."
        )
    if hash_ not in backends.jobs.hashes_at_work():
        _take_allowance(backends, client, whole)
        backends.jobs.enqueue(QueueName.LATER, hash_)
    return False


def packed_share(backends: Backends, hash_: str) -> float:
    """How much of an album's zip is packed, 0 to 1 of its bytes; 0 while that has not begun."""
    return backends.albums.packed_share(hash_)


def _take_allowance(backends: Backends, client: str | None, size_bytes: int) -> None:
    limit = int(backends.settings.upload_bytes_per_hour)
    if client is None or not limit:
        return
    wait_s = backends.limits.take("zip", client, size_bytes, limit=limit, window_s=_HOUR_S)
    if wait_s:
        raise TooManyRequests("You have had a lot packed this hour; please go on a little later.", wait_s)


def pack(backends: Backends, hash_: str) -> None:
    """Make the zip of an album and publish it. What is gone meanwhile is left out; of an album that is, nothing.

    Raises BackendUnavailable when there is no room for it.
    """
    album = backends.albums.get(hash_)
    if album is None or not album.entries or album.has_zip:
        return
    if shutil.disk_usage(backends.settings.work_dir).free < 2 * _size_bytes(album):
        raise BackendUnavailable("There is too little room on the disk to pack an album right now.")
    backends.albums.note_packing(album)
    try:
        packed = _packed(backends, album)
    finally:
        backends.albums.forget_packed_share(hash_)
    if not packed:
        return
    if not backends.albums.update(hash_, zipped=packed):
        backends.storage.delete(public_key(album.zip_filename))
        return
    # What was deleted while it was packed saw no zip to take along.
    now = backends.albums.get(hash_)
    if now is not None:
        drop_stale_zip(backends, now)


def _packed(backends: Backends, album: Album) -> list[str]:
    """Stores the zip of what is still there; the hashes of that, none where nothing is left to store."""
    with tempfile.TemporaryDirectory(dir=backends.settings.work_dir, prefix=f"{os.getpid()}.") as folder:
        path = Path(folder) / "zip"
        packed = _write(backends, album, path, Path(folder) / "entry")
        if packed:
            backends.storage.put(public_key(album.zip_filename), path)
    return packed


def pack_again(backends: Backends, hash_: str) -> None:
    """Put back the packing of an album whose worker was told to stop."""
    album = backends.albums.get(hash_)
    if album is not None and album.entries and not album.has_zip:
        backends.jobs.enqueue(QueueName.LATER, hash_)


def drop_stale_zip(backends: Backends, album: Album) -> None:
    """A zip of something else than what is in the album now must go."""
    if album.zipped and not album.has_zip:
        drop_zip(backends, album.hash)


def drop_zips_with(backends: Backends, media_hash: str) -> None:
    """Remove every zip that holds this media. Web servers send zips without asking us: they go with the media."""
    for album_hash in backends.albums.packed_with(media_hash):
        drop_zip(backends, album_hash)
    backends.albums.forget_packed_with(media_hash)


def drop_zip(backends: Backends, album_hash: str) -> None:
    """Remove the zip of this album, if there is one."""
    # The file first: where a job stores another one in between, a file that no record knows is packed again, but
    # a record that knows of no file would promise it for ever.
    backends.storage.delete(public_key(zip_filename(album_hash)))
    backends.albums.update(album_hash, zipped=[])


def _write(backends: Backends, album: Album, path: Path, entry: Path) -> list[str]:
    packed, whole, done = [], _size_bytes(album), 0
    with ZipFile(path, "w", ZIP_STORED) as zip_file:  # media are compressed already
        for number, (media, file) in enumerate(album.entries, start=1):
            try:
                backends.storage.fetch(public_key(file.filename), entry)
            except KeyError:
                continue
            info = ZipInfo(f"{number:04d} {file.filename}", date_time=_NO_DATE)
            with entry.open("rb") as source, zip_file.open(info, "w", force_zip64=True) as target:
                while block := source.read(2**20):
                    target.write(block)
            entry.unlink()
            packed.append(media.hash)
            done += file.size_bytes
            backends.albums.note_packed_share(album.hash, done / whole)
    return packed


def _size_bytes(album: Album) -> int:
    """What a zip of the album holds."""
    return sum(file.size_bytes for _, file in album.entries)


def _is_gone(media: Media | None) -> bool:
    return media is None or media.status.is_failure

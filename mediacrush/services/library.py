"""Looking up, changing and deleting what is here."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, replace
from urllib.parse import urlsplit

from mediacrush.backends import Backends
from mediacrush.database.media import piece_keys, public_key
from mediacrush.database.owners import Withdrawal
from mediacrush.database.records import DELETING
from mediacrush.errors import BackendUnavailable, Deleted, MediaFailed, NotAcceptable, NotFound, NotOwner
from mediacrush.job_queue import QueueName
from mediacrush.model.album import MAX_ITEMS, Album
from mediacrush.model.hashes import is_hash
from mediacrush.model.media import Media, PublishedFile, Status
from mediacrush.model.ownership import Claims
from mediacrush.services import albums

log = logging.getLogger(__name__)

# In all albums that are asked for at once, as many as ten of the largest hold: an answer is held in memory.
_MOST_MEDIA = 10 * MAX_ITEMS
_NOT_HERE = "There is nothing here under this name: it was deleted, or the address is mistyped."


def find_media(backends: Backends, hash_: str) -> Media:
    """The media of this name, failed ones too. Raises NotFound."""
    media = backends.media.get(hash_) if is_hash(hash_) else None
    if media is None:
        raise NotFound(_NOT_HERE)
    return media


def ahead_of(backends: Backends, media: Media) -> int:
    """How many others are known to wait before this media, which cannot be played yet, is worked on."""
    queues = {Status.PENDING: QueueName.QUICK, Status.PROCESSING: QueueName.LONG}
    queue = queues.get(media.status)
    return backends.jobs.ahead_of(queue, media.hash) if queue else 0


def find_shown(backends: Backends, hash_: str) -> Media:
    """The media of this name. Raises NotFound, MediaFailed when processing it failed."""
    return shown(find_media(backends, hash_))


def find_any(backends: Backends, hash_: str) -> Media | Album:
    """The media or album of this name, in one round trip to the database. Raises NotFound, also for an album with
    nothing left, and MediaFailed."""
    found = backends.albums.get_any([hash_])[hash_] if is_hash(hash_) else None
    if found is None and is_hash(hash_) and backends.media.was_deleted(hash_):
        raise Deleted("Who uploaded this has deleted it, or who runs this site has.")
    if not isinstance(found, Album):
        return shown(found)
    if not found.items:
        raise NotFound(albums.NOT_HERE)
    return found


def get_all(backends: Backends, hashes: Iterable[str]) -> dict[str, Media | Album | None]:
    """Each of `hashes` with what is shown under it or None. Raises TooLarge for more than an answer can hold."""
    found = backends.albums.get_any(hashes, most=_MOST_MEDIA)
    return {hash_: one if _is_shown(one) else None for hash_, one in found.items()}


def _is_shown(found: Media | Album | None) -> bool:
    if isinstance(found, Album):
        return bool(found.items)
    return found is not None and not found.status.is_failure


def shown(media: Media | None) -> Media:
    """The media, if there is one to show. Raises NotFound, MediaFailed when processing it failed."""
    if media is None:
        raise NotFound(_NOT_HERE)
    if media.status.is_failure:
        raise MediaFailed(media.message or _NOT_HERE)
    return media


def find_file(backends: Backends, hash_: str, filename: str) -> PublishedFile:
    """The published file of this name. Raises NotFound."""
    media = find_shown(backends, hash_)
    file = next((file for file in media.files if file.filename == filename), None)
    if file is None:
        raise NotFound(_NOT_HERE)
    return file


def change_flags(backends: Backends, hash_: str, claims: Claims, changes: dict[str, bool]) -> Media:
    """Set flags of an own media. Raises NotFound, NotOwner, or NotAcceptable for a flag that its kind has not;
    then nothing is changed."""
    media = find_shown(backends, hash_)
    require_owner(backends, media, claims)
    unknown = sorted(set(changes) - set(media.flag_names))
    if unknown:
        raise NotAcceptable(f"This kind of media has no flag of that name; it has {', '.join(media.flag_names)}.")
    return set_flags(backends, media, changes)


def set_flags(backends: Backends, media: Media, changes: dict[str, bool]) -> Media:
    """Set flags, asking nobody. Raises NotFound when the media is gone."""
    flags = replace(media.flags, **changes)
    if not backends.media.update(media, flags=flags):
        raise NotFound(_NOT_HERE)
    return replace(media, flags=flags)


def shown_flags(media: Media) -> dict[str, bool]:
    """The flags that this kind has, by name."""
    values = asdict(media.flags)
    return {name: values[name] for name in media.flag_names}


def require_owner(backends: Backends, media: Media, claims: Claims) -> None:
    """Raises NotOwner unless one of the claims is an owner's."""
    if not backends.owners.is_owner(media.hash, claims):
        raise NotOwner("Only the person who uploaded this may do that.")


def withdraw(backends: Backends, hash_: str, claims: Claims) -> None:
    """Delete by an owner: the media goes with the last of them. Raises NotFound, NotOwner."""
    media = find_media(backends, hash_)
    outcome = backends.owners.withdraw(hash_, claims)
    if outcome is Withdrawal.NOT_OWNER:
        raise NotOwner("Only the person who uploaded this may delete it.")
    if outcome is Withdrawal.LAST:
        finish_delete(backends, media.hash)


def delete(backends: Backends, media: Media) -> None:
    """Remove record, original and published files, asking nobody. If it stops half-way recovery ends it."""
    backends.media.begin_delete(media)
    finish_delete(backends, media.hash)


def finish_delete(backends: Backends, hash_: str) -> None:
    """Remove what is left of a media whose delete has begun: files first, then the CDN's copies of them, then the
    record that names them. Where the CDN does not answer, or a copy of a file is on its way to another storage, the
    record stays, and recovery comes back to it."""
    deletion = backends.media.pending_deletion(hash_)
    if deletion is None:
        backends.media.drop_unfinished(hash_)
        return
    # A server that takes over must not bring back a record whose files are gone; recovery comes again.
    if not backends.durability.has_status(hash_, DELETING):
        return
    for key in deletion.keys:
        backends.storage.delete(key)
    albums.drop_zips_with(backends, hash_)
    if not backends.moves.is_moving(hash_) and _is_edge_told(backends, hash_):
        backends.media.forget(deletion)


def forget_at_the_edge(backends: Backends, hash_: str) -> None:
    """Have the CDN forget every file of this name, now or, where it does not answer, when recovery tells it again.

    Whoever removes or replaces files notes it before (`invalidations.owe`): this may never be reached.
    """
    if _is_edge_told(backends, hash_):
        backends.invalidations.settle(hash_)
    else:
        backends.invalidations.owe(hash_)


def tell_the_edge_again(backends: Backends, settled_s: float) -> None:
    """What the CDN should have been told for so many seconds. Where it does not answer, the rest waits with it."""
    for hash_ in backends.invalidations.owed(settled_s):
        if not _is_edge_told(backends, hash_):
            return
        backends.invalidations.settle(hash_)


def _is_edge_told(backends: Backends, hash_: str) -> bool:
    folder = urlsplit(backends.settings.cdn_url or "").path
    try:
        backends.cdn.invalidate([f"{folder}/{hash_}*"])
    except BackendUnavailable as error:
        log.warning("%s: the CDN keeps its files for now: %s", hash_, error)
        return False
    return True


def record_failure(backends: Backends, media: Media, status: Status, message: str) -> None:
    """Let the record say what went wrong, and remove all files of the media."""
    current = backends.media.get(media.hash)
    if current is None:
        return
    if current.files:
        backends.invalidations.owe(media.hash)
    if not backends.media.fail(current, status, message):
        return
    if not backends.durability.has_status(media.hash, status):
        return
    published = (public_key(file.filename) for file in current.files)
    pieces = piece_keys(current.original_key, current.splits.values())
    for key in (current.original_key, *published, *pieces):
        backends.storage.delete(key)
    albums.drop_zips_with(backends, media.hash)
    if current.files:
        forget_at_the_edge(backends, media.hash)

"""Comparing what the records say with what storage holds, and mending what does not fit.

Safe beside a running site: storage is listed first, and what was on its way to a record then has one by the time
the records are read.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from mediacrush.backends import Backends
from mediacrush.database.media import piece_keys, public_key
from mediacrush.job_queue import QueueName
from mediacrush.model.album import Album
from mediacrush.model.media import Media, Status
from mediacrush.services import albums, library

# The longest that an upload or a publish takes between storing its bytes and recording them.
_SETTLE_S = 5.0
_LOST = "The files of this upload were lost; please upload it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not fit. `subject` is a hash or a storage key; `mended` says what was done."""

    subject: str
    problem: str
    mended: str | None = None


def check(backends: Backends, *, fix: bool, settle_s: float = _SETTLE_S) -> Iterator[Finding]:
    """Everything that does not fit, found and with `fix` mended one by one."""
    keys = [key for kind in ("public/", "originals/", "pieces/") for key in backends.storage.list(kind)]
    time.sleep(settle_s)
    expected: set[str] = set()
    unfinished = set(backends.media.unfinished())
    for media in backends.media.all():
        if media.status.is_failure:
            continue
        expected |= {media.original_key, *(public_key(file.filename) for file in media.files)}
        if media.status.is_unfinished:
            expected |= set(piece_keys(media.original_key, media.splits.values()))
        yield from _check_record(backends, media, unfinished, fix=fix)
    for album in backends.albums.all():
        if album.zipped:
            expected.add(public_key(album.zip_filename))
            yield from _check_zip(backends, album, fix=fix)
    pending = (backends.media.pending_deletion(hash_) for hash_ in unfinished)
    expected |= {key for deletion in pending if deletion for key in deletion.keys}
    for key in sorted(set(keys) - expected):
        if fix:
            backends.storage.delete(key)
        yield Finding(subject=key, problem="is stored but has no record", mended="removed" if fix else None)


def _check_record(backends: Backends, media: Media, unfinished: set[str], *, fix: bool) -> Iterator[Finding]:
    missing = [file for file in media.files if not backends.storage.exists(public_key(file.filename))]
    has_original = backends.storage.exists(media.original_key)
    if missing:
        names = ", ".join(file.filename for file in missing)
        yield Finding(
            subject=media.hash,
            problem=f"lists {names}, which storage does not have",
            mended=_make_again(backends, media, missing_names=[f.name for f in missing]) if fix else None,
        )
    elif not has_original:
        yield Finding(
            subject=media.hash,
            problem="has lost its original",
            mended=_live_without_original(backends, media) if fix else None,
        )
    elif media.status.is_unfinished and media.hash not in unfinished:
        if fix:
            backends.media.mark_unfinished(media.hash)
        yield Finding(
            subject=media.hash,
            problem=f"is {media.status}, but nobody was told to finish it",
            mended="put back to work" if fix else None,
        )
    if backends.media.find_by_sha256(media.sha256) is None:
        if fix:
            backends.media.index(media)
        yield Finding(subject=media.hash, problem="is not found by its content", mended="indexed" if fix else None)


def _check_zip(backends: Backends, album: Album, *, fix: bool) -> Iterator[Finding]:
    if not album.has_zip:
        problem = "has a zip of something else than is in it now"
    elif not backends.storage.exists(public_key(album.zip_filename)):
        problem = "says that it is packed, but storage has no zip of it"
    else:
        return
    if fix:
        albums.drop_zip(backends, album.hash)
    yield Finding(subject=album.hash, problem=problem, mended="to be packed again when asked for" if fix else None)


def _make_again(backends: Backends, media: Media, missing_names: list[str]) -> str:
    """Unlist what is missing and have it made again from the original, if that is there."""
    if not backends.storage.exists(media.original_key):
        library.record_failure(backends, media, Status.INTERNAL_ERROR, _LOST)
        return "recorded as lost"
    backends.media.remove_files(media, missing_names)
    backends.media.update(media, status=Status.PROCESSING)
    backends.media.mark_unfinished(media.hash)
    backends.jobs.enqueue(QueueName.QUICK, media.hash)
    return "being made again"


def _live_without_original(backends: Backends, media: Media) -> str:
    """A media that plays needs its original no more; one that does not is lost."""
    if not media.status.is_playable:
        library.record_failure(backends, media, Status.INTERNAL_ERROR, _LOST)
        return "recorded as lost"
    backends.media.finish(media)
    return "kept as it is: what was published still plays"

"""Accepting an upload: after a 200 the bytes are safe and a job is waiting."""

import logging
import time
from dataclasses import dataclass
from uuid import uuid4

from mediacrush import metrics
from mediacrush.backends import Backends
from mediacrush.database.media import Creation
from mediacrush.errors import BackendUnavailable, BadRequest, NotAcceptable, TooManyRequests
from mediacrush.job_queue import QueueName
from mediacrush.logs import request_id
from mediacrush.model import formats
from mediacrush.model.hashes import candidate_hashes
from mediacrush.model.media import BlobType, Media
from mediacrush.model.ownership import Claims, new_token, token_claim
from mediacrush.pipeline.probe import sniff
from mediacrush.services.spool import SpooledFile

log = logging.getLogger(__name__)

_BUSY_WAIT_S, _BUSY_TRIES = 0.1, 50
_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What the uploader gets. `is_new` is False when the bytes were here already and a further owner was noted."""

    hash: str
    delete_token: str
    is_new: bool
    mime: str


def take_upload_allowance(backends: Backends, client: str, size_bytes: int) -> None:
    """Count an upload of this size against the client's hour. Raises TooManyRequests when it is used up."""
    limit = int(backends.settings.upload_bytes_per_hour)
    if not limit:
        return
    wait_s = backends.limits.take("upload", client, size_bytes, limit=limit, window_s=_HOUR_S)
    if wait_s:
        minutes = -(-wait_s // 60)
        raise TooManyRequests(f"You have uploaded a lot this hour; please go on in {minutes} min.", wait_s)


def accept_upload(backends: Backends, spooled: SpooledFile, cookie: str | None, address: str | None) -> Accepted:
    """Store the original, write the record, enqueue the job; known content only gains an owner.

    `cookie` and `address` are the uploader's claims (model/ownership.py). Raises BadRequest for an empty file,
    NotAcceptable for what is surely no media.
    """
    if spooled.size_bytes == 0:
        raise BadRequest("This file is empty.")
    mime = sniff(spooled.head)
    if formats.is_hopeless(mime):
        raise NotAcceptable("This is no photo, animation, film or sound, so it cannot be taken here.")
    token = new_token()
    claims = Claims(token=token_claim(token), cookie=cookie, address=address)
    for _ in range(_BUSY_TRIES):
        known = backends.media.find_by_sha256(spooled.sha256.hex())
        hash_, is_new = (known.hash, False) if known else _store_new(backends, spooled, mime)
        if hash_ and backends.owners.add(hash_, claims):
            if is_new:
                # Should the queue not answer now, the record is there and recovery will enqueue it.
                backends.jobs.enqueue(QueueName.QUICK, hash_)
            _require_kept(backends, hash_, token)
            _count(hash_, spooled, "new" if is_new else "known")
            return Accepted(hash=hash_, delete_token=token, is_new=is_new, mime=mime)
        # The same bytes are being deleted at this moment; their name is free when that is through.
        time.sleep(_BUSY_WAIT_S)
    raise BackendUnavailable("This file is being deleted at this moment; please try again.")


def _count(hash_: str, spooled: SpooledFile, content: str) -> None:
    metrics.UPLOADS.labels(content).inc()
    metrics.UPLOAD_BYTES.labels(content).inc(spooled.size_bytes)
    log.info("%s: accepted, %d bytes, %s", hash_, spooled.size_bytes, content)


def accept_known(backends: Backends, media: Media, cookie: str | None, address: str | None) -> Accepted | None:
    """Note a further owner of what is here, who has shown its digest and not its bytes; None when it has gone."""
    token = new_token()
    claims = Claims(token=token_claim(token), cookie=cookie, address=address)
    if not backends.owners.add(media.hash, claims):
        return None
    _require_kept(backends, media.hash, token)
    return Accepted(hash=media.hash, delete_token=token, is_new=False, mime=media.mime)


def _require_kept(backends: Backends, hash_: str, token: str) -> None:
    """Raises BackendUnavailable unless the upload is where the loss of a server does not take it."""
    if not backends.durability.has_owner(hash_, token_claim(token)):
        raise BackendUnavailable("This upload could not be kept; please send it again.")


def _store_new(backends: Backends, spooled: SpooledFile, mime: str) -> tuple[str, bool]:
    """Store bytes and record: the hash ('' when the name is busy) and whether this call made it."""
    row = formats.guess(mime)
    media = Media(
        hash="",
        sha256=spooled.sha256.hex(),
        mime=row.mime,
        extension=row.extension,
        blob_type=BlobType.VIDEO if row.can_animate and mime == "image/gif" else row.kind,
        original_key=f"originals/{uuid4().hex}",
        size_bytes=spooled.size_bytes,
        created_at=time.time(),
        request_id=request_id.get() or None,
    )
    backends.storage.put(media.original_key, spooled.path)
    # Should this raise, the record may have been written all the same: its original must stay. `fsck` finds it
    # when there is no record.
    outcome, hash_ = backends.media.create(media, candidate_hashes(spooled.md5, spooled.sha256))
    if outcome is not Creation.CREATED:
        backends.storage.delete(media.original_key)
    return ("" if outcome is Creation.BUSY else hash_), outcome is Creation.CREATED

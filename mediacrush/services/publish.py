"""Making a file addressable: store it, record it, and take it back if its media is gone by then."""

import logging
from pathlib import Path

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.model.media import Media, PublishedFile, Role
from mediacrush.pipeline.steps import Step

log = logging.getLogger(__name__)


class MediaGone(Exception):
    """The media was deleted, or replaced by a later upload, while a job worked on it. Never seen by a visitor."""


def publish(backends: Backends, media: Media, step: Step, path: Path) -> PublishedFile | None:
    """Store the whole file at `path` as what `step` made; None when it is not worth publishing.

    Raises MediaGone.
    """
    size_bytes = path.stat().st_size
    listed = [file.size_bytes for file in media.playable_files if file.name != step.name]
    if step.must_be_smaller and listed and size_bytes >= min(listed):
        log.info("%s: %s has %d bytes, not smaller than what is there", media.hash, step.name, size_bytes)
        return None
    file = PublishedFile(
        name=step.name,
        filename=f"{media.hash}{step.suffix}",
        mime=step.mime,
        role=step.role,
        size_bytes=size_bytes,
        preference=step.preference,
        codecs=step.codecs,
        plays_in_browsers=step.plays_in_browsers and step.role is not Role.EXTRA,
    )
    key = public_key(file.filename)
    backends.storage.put(key, path)
    if not backends.media.add_file(media, file):
        # A later upload of the same bytes would publish the same key: then it is that one's, and stays.
        if backends.media.get(media.hash) is None:
            backends.storage.delete(key)
        raise MediaGone
    return file

"""Making files addressable: store them, record them, and take them back if their media is gone by then."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import BackendUnavailable
from mediacrush.model.media import Media, PublishedFile, Role
from mediacrush.pipeline.steps import STEM, Output, Step
from mediacrush.services import library

log = logging.getLogger(__name__)


class MediaGone(Exception):
    """The media was deleted, or replaced by a later upload, while a job worked on it. Never seen by a visitor."""


def publish(backends: Backends, media: Media, step: Step, paths: tuple[Path, ...]) -> Media | None:
    """Store the whole files at `paths` as what `step` made, and list them all at once.

    Returns the media that has them, less those that are not worth publishing; None when the last one is not.
    Raises MediaGone.
    """
    wanted = [pair for pair in zip(step.outputs, paths, strict=True) if _is_worth_it(media, step, *pair)]
    if step.outputs[-1] not in (output for output, _ in wanted):
        return None
    files = []
    replaced = media.published(step.replaces) if step.replaces else None
    if replaced:
        backends.invalidations.owe(media.hash)
    for output, path in wanted:
        if output.names_neighbours:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(STEM, media.hash), encoding="utf-8")
        file = _published(media, output, path.stat().st_size)
        backends.storage.put(public_key(file.filename), path)
        files.append(file)
    if not backends.media.add_files(media, files, replaced):
        # A later upload of the same bytes would publish the same keys: then they are that one's, and stay.
        if backends.media.get(media.hash) is None:
            for file in files:
                backends.storage.delete(public_key(file.filename))
        raise MediaGone
    if replaced:
        library.forget_at_the_edge(backends, media.hash)
    with suppress(BackendUnavailable):  # they are published, whether that was counted or not
        backends.statistics.count_published(media.blob_type, [(file.role, file.size_bytes) for file in files])
    kept = tuple(file for file in media.files if file != replaced)
    left_out = (*media.left_out, replaced.name) if replaced else media.left_out
    return replace(media, files=(*kept, *files), left_out=left_out)


def is_needless(media: Media, step: Step) -> bool:
    """Whether what is published already does what this step is for."""
    limit, mime = step.unless_smaller_than, step.outputs[-1].mime
    return limit is not None and any(
        file.is_full_size and file.mime == mime and file.size_bytes <= limit for file in media.playable_files
    )


def _is_worth_it(media: Media, step: Step, output: Output, path: Path) -> bool:
    size_bytes = path.stat().st_size
    if output.max_bytes is not None and size_bytes > output.max_bytes:
        log.info("%s: %s has %d bytes, more than it may", media.hash, output.name, size_bytes)
        return False
    own = {output.name for output in step.outputs}
    replaced = media.published(step.replaces) if step.replaces else None
    rivals = [replaced] if replaced else [f for f in media.playable_files if f.is_full_size and f.name not in own]
    listed = [file.size_bytes for file in rivals]
    if output.min_saving is not None and listed and size_bytes > min(listed) * (1 - output.min_saving):
        log.info("%s: %s has %d bytes, which saves too little", media.hash, output.name, size_bytes)
        return False
    return True


def _published(media: Media, output: Output, size_bytes: int) -> PublishedFile:
    return PublishedFile(
        name=output.name,
        filename=f"{media.hash}{output.suffix}",
        mime=output.mime,
        role=output.role,
        size_bytes=size_bytes,
        preference=output.preference,
        codecs=output.codecs,
        plays_in_browsers=output.plays_in_browsers and output.role in (Role.ORIGINAL, Role.RENDITION),
        is_full_size=output.is_full_size,
        width=output.width,
        height=output.height,
        language=output.language,
        label=output.label,
    )

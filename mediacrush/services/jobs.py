"""What every job on a media begins with and is held to: the original in a folder of its own, its facts, limits."""

import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable, ProcessingBroken
from mediacrush.model.media import Media
from mediacrush.pipeline.probe import Probe, probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Rules
from mediacrush.pipeline.tools import Tools
from mediacrush.services.publish import MediaGone

BROKEN = "Something went wrong here while processing this file; please upload it again."
# Reading a header takes milliseconds; a minute is for a busy machine.
_PROBE_TIMEOUT_S = 60.0
# The folder beside those of jobs.
_KEPT = "originals"
# What a step may write beyond twice its original: a few seconds' worth of a small file that grows.
_SPACE_RESERVE_BYTES = 256 * 2**20


def open_original(backends: Backends, tools: Tools, media: Media, workdir: Path, deadline: float) -> Probe:
    """Have the original as `input` in `workdir`, and read its facts. Raises ProcessingBroken when it is lost,
    BackendUnavailable, and as probe_original does."""
    _require_space(backends, media)
    try:
        _fetch_original(backends, media, workdir / INPUT)
    except KeyError as error:
        raise ProcessingBroken(BROKEN) from error
    probe_by = min(deadline, time.monotonic() + _PROBE_TIMEOUT_S)
    return probe_original(workdir, tools, replace(limits_until(backends, probe_by), niceness=0))


def keep_original(backends: Backends, media: Media, path: Path) -> None:
    """Have the original, which is at `path`, on this machine until the media is done: every piece of a film begins
    with it. Where storage is on this machine it is there anyway."""
    if backends.storage.local_path(media.original_key) is None:
        kept = _kept_original(backends, media)
        kept.parent.mkdir(exist_ok=True)
        with suppress(OSError):  # another job has kept it, or a worker that starts tidies up
            kept.hardlink_to(path)


def drop_kept_originals(backends: Backends) -> None:
    """Remove the originals that are kept here of media that are done or gone."""
    for path in (backends.settings.work_dir / _KEPT).glob("*"):
        media = backends.media.get(path.name.partition(".")[0])
        if media is None or not media.status.is_unfinished or path != _kept_original(backends, media):
            path.unlink(missing_ok=True)


def deadline_for(backends: Backends, spent_s: float = 0.0) -> float:
    """When what begins now must be done, by the monotonic clock, of which others have done `spent_s`."""
    return time.monotonic() + max(0.0, backends.settings.processing_timeout - spent_s)


def limits_until(backends: Backends, deadline: float) -> Limits:
    """What a tool may use that must be done at `deadline` (of the monotonic clock)."""
    settings = backends.settings
    return Limits(
        timeout_s=deadline - time.monotonic(),
        max_pixels=settings.max_pixels,
        max_duration_s=settings.max_duration,
        max_video_side=settings.max_video_side,
        max_frames=settings.max_frames,
        max_streams=settings.max_streams,
        sandbox=settings.sandbox,
    )


def rules_of(backends: Backends) -> Rules:
    """What the operator wants of renditions."""
    settings = backends.settings
    return Rules(rendition_height=settings.rendition_height, chat_max_bytes=int(settings.chat_max_bytes))


def update(backends: Backends, media: Media, **fields: Any) -> Media:
    """Write the fields and the media that has them; raises MediaGone."""
    if not backends.media.update(media, **fields):
        raise MediaGone
    return replace(media, **fields)


def _fetch_original(backends: Backends, media: Media, path: Path) -> None:
    with suppress(FileNotFoundError):
        path.hardlink_to(_kept_original(backends, media))
        return
    backends.storage.fetch(media.original_key, path)
    if media.splits:
        keep_original(backends, media, path)


def _kept_original(backends: Backends, media: Media) -> Path:
    upload = media.original_key.partition("/")[2]
    return backends.settings.work_dir / _KEPT / f"{media.hash}.{upload}"


def _require_space(backends: Backends, media: Media) -> None:
    """A full disk must not look like a damaged file. Raises BackendUnavailable while there is too little room."""
    if shutil.disk_usage(backends.settings.work_dir).free < 2 * media.size_bytes + _SPACE_RESERVE_BYTES:
        raise BackendUnavailable("There is too little room on the disk to process files right now.")

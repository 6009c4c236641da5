"""Processing one media: probe, plan, run each step, publish each file the moment it is whole.

A job can die at any point and run twice; what it published stays, what it did not it does again. What is cheap
runs in the queue where it is found; what is not is handed on, so that nothing quick ever waits behind it.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mediacrush.backends import Backends
from mediacrush.errors import (
    BackendUnavailable,
    ProcessingBroken,
    ProcessingError,
    StepFailed,
    StepTimedOut,
    ToolKilled,
)
from mediacrush.job_queue import QueueName
from mediacrush.model.media import Media, Status
from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import Probe, probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Plan, Rules, Stage, Step
from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.trials import is_untried, tried
from mediacrush.services import albums, library
from mediacrush.services.publish import MediaGone, is_needless, publish

log = logging.getLogger(__name__)

# A step that costs more CPU seconds than this leaves the quick queue.
QUICK_COST_S = 10.0
# Starts without anything published in between, before a file is held to be what kills its workers. A job that is
# taken up passes the quick queue again, so this lets a long film lose three workers.
MAX_ATTEMPTS = 6
# An upload that is between its record and its job, or a delete under way, is left to who began it.
_SETTLED_S = 10.0
# Every write of progress waits for the disk; nobody sees less than half a per cent.
_PROGRESS_STEP = 0.005
# Reading a header takes milliseconds; a minute is for a busy machine.
_PROBE_TIMEOUT_S = 60.0
# What a step may write beyond twice its original: a few seconds' worth of a small file that grows.
_SPACE_RESERVE_BYTES = 256 * 2**20
_BROKEN = "Something went wrong here while processing this file; please upload it again."

_QUEUE_OF_STAGE = {Stage.ESSENTIAL: QueueName.LONG, Stage.DEFERRED: QueueName.LATER}


def process_media(backends: Backends, tools: Tools, hash_: str, queue: QueueName) -> None:
    """Do what this media needs and this queue may do; of an album, make its zip. Every outcome ends in the record;
    nothing is raised but BackendUnavailable, after which recovery tries again for as long as that takes."""
    media = backends.media.get(hash_)
    if media is None:
        albums.pack(backends, hash_)
        return
    if not media.status.is_unfinished:
        return
    if backends.media.count_attempt(media) > MAX_ATTEMPTS:
        _give_up(backends, hash_, Status.INTERNAL_ERROR, _BROKEN)
        return
    try:
        with tempfile.TemporaryDirectory(dir=backends.settings.work_dir, prefix=f"{os.getpid()}.") as workdir:
            _process(backends, tools, media, queue, Path(workdir))
    except MediaGone:
        log.info("%s: deleted while it was processed", hash_)
    except ToolKilled:
        resume(backends, hash_)
    except ProcessingError as error:
        log.warning("%s: %s: %s", hash_, error.status, error)
        _give_up(backends, hash_, error.status, str(error))
    except BackendUnavailable:
        backends.media.count_attempt(media, by=-1)
        raise
    except Exception:  # whatever else goes wrong is ours to mend, and must not leave the media processing for ever
        log.exception("%s: processing broke", hash_)
        _give_up(backends, hash_, Status.INTERNAL_ERROR, _BROKEN)


def _give_up(backends: Backends, hash_: str, status: Status, message: str) -> None:
    """Record the failure; but what plays already goes on playing with what it has."""
    media = backends.media.get(hash_)
    if media is None:
        return
    if media.status.is_playable:
        backends.media.finish(media)
    else:
        library.record_failure(backends, media, status, message)


def resume(backends: Backends, hash_: str) -> None:
    """Take up a media whose job died with its process. The quick queue hands on what is not quick."""
    media = backends.media.get(hash_)
    if media is not None and media.status.is_unfinished:
        log.warning("%s: its job died; taking it up again", hash_)
        backends.jobs.enqueue(QueueName.QUICK, hash_)


def hand_back(backends: Backends, hash_: str, queue: QueueName) -> None:
    """Put back a job whose worker was told to stop: that is no fault of the file's."""
    media = backends.media.get(hash_)
    if media is None:
        albums.pack_again(backends, hash_)
    elif media.status.is_unfinished:
        backends.media.count_attempt(media, by=-1)
        backends.jobs.enqueue(queue, hash_)


def recover(backends: Backends) -> int:
    """Compare what is owed with what is being done, and take up the difference; how much that was.

    Runs every few seconds in every worker: it heals whatever a killed process, a lost queue or a cut connection
    left behind. Addresses that were kept long enough are forgotten then, too.
    """
    backends.owners.forget_ended()
    owed = set(backends.media.unfinished(settled_s=_SETTLED_S)) - backends.jobs.hashes_at_work()
    for hash_ in sorted(owed):
        media = backends.media.get(hash_)
        if media is None:
            library.finish_delete(backends, hash_)
        elif media.status.is_unfinished:
            resume(backends, hash_)
        else:
            backends.media.drop_unfinished(hash_)
    return len(owed)


def _process(backends: Backends, tools: Tools, media: Media, queue: QueueName, workdir: Path) -> None:
    deadline = time.monotonic() + backends.settings.processing_timeout
    if media.status is Status.PENDING:
        media = _update(backends, media, status=Status.PROCESSING)
    _require_space(backends, media)
    try:
        backends.storage.fetch(media.original_key, workdir / INPUT)
    except KeyError as error:
        raise ProcessingBroken(_BROKEN) from error
    probe_by = min(deadline, time.monotonic() + _PROBE_TIMEOUT_S)
    probe = probe_original(workdir, tools, replace(_limits(backends, probe_by), niceness=0))
    if not media.is_probed:
        media = _record_probe(backends, media, probe)
    rules = Rules(
        rendition_height=backends.settings.rendition_height,
        chat_max_bytes=int(backends.settings.chat_max_bytes),
    )
    job = _Job(backends=backends, tools=tools, plan=plan_for(probe, rules), workdir=workdir, deadline=deadline)
    while (step := job.next_step(media)) is not None:
        if step.stage is Stage.DEFERRED and media.status is Status.PROCESSING:
            media = _update(backends, media, status=Status.READY)
        if is_needless(media, step):
            media = _update(backends, media, left_out=(*media.left_out, step.name))
        elif not _may_run(step, queue):
            backends.jobs.enqueue(_QUEUE_OF_STAGE[step.stage], media.hash)
            return
        elif is_untried(probe, step):
            probe = tried(probe, step, workdir, tools, _limits(backends, deadline))
            job = replace(job, plan=plan_for(probe, rules))
        else:
            media = job.settle(media, step)
    backends.media.finish(media)


def _limits(backends: Backends, deadline: float) -> Limits:
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


def _require_space(backends: Backends, media: Media) -> None:
    """A full disk must not look like a damaged file. Raises BackendUnavailable while there is too little room."""
    if shutil.disk_usage(backends.settings.work_dir).free < 2 * media.size_bytes + _SPACE_RESERVE_BYTES:
        raise BackendUnavailable("There is too little room on the disk to process files right now.")


def _may_run(step: Step, queue: QueueName) -> bool:
    return step.cost_s <= QUICK_COST_S or queue is _QUEUE_OF_STAGE[step.stage]


def _record_probe(backends: Backends, media: Media, probe: Probe) -> Media:
    is_loop = probe.is_animation
    return _update(
        backends,
        media,
        is_probed=True,
        is_animation=is_loop,
        mime=probe.mime,
        extension=probe.extension,
        blob_type=probe.kind,
        metadata=probe.metadata,
        flags=replace(media.flags, autoplay=is_loop, loop=is_loop, mute=is_loop),
    )


def _update(backends: Backends, media: Media, **fields: Any) -> Media:
    """Write the fields and the media that has them; raises MediaGone."""
    if not backends.media.update(media, **fields):
        raise MediaGone
    return replace(media, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One run over a plan, in one folder."""

    backends: Backends
    tools: Tools
    plan: Plan
    workdir: Path
    deadline: float

    def next_step(self, media: Media) -> Step | None:
        """The first step that is neither published nor left out; None when all is done."""
        return next((step for step in self.plan.steps if step.name not in media.settled_steps), None)

    def settle(self, media: Media, step: Step) -> Media:
        """Run and publish the step, or note that it is left out; the media with what became of it."""
        limits = _limits(self.backends, self.deadline)
        begun = time.monotonic()
        try:
            paths = execute_step(step, self.workdir, self.tools, limits, self._progress(media, step))
            published = publish(self.backends, media, step, paths)
        except (StepFailed, StepTimedOut) as error:
            if not step.may_fail:
                raise
            log.warning("%s: %s is left out: %s", media.hash, step.name, error)
            published = None
        finally:
            for output in step.outputs:
                (self.workdir / output.path).unlink(missing_ok=True)
        log.info("%s: %s took %.2f s", media.hash, step.name, time.monotonic() - begun)
        media = published or _update(self.backends, media, left_out=(*media.left_out, step.name))
        self._progress(media, step)(1.0)
        return media

    def _progress(self, media: Media, step: Step) -> Callable[[float], None]:
        """A function that records how much of the whole plan is done, given how much of this step is."""
        before_s = sum(other.cost_s for other in self.plan.steps if other.name in media.settled_steps)
        before_s -= step.cost_s if step.name in media.settled_steps else 0
        recorded = 0.0

        def record(fraction: float) -> None:
            nonlocal recorded
            progress = round(min(1.0, (before_s + fraction * step.cost_s) / self.plan.cost_s), 3)
            if fraction == 1.0 or progress - recorded >= _PROGRESS_STEP:
                recorded = progress
                # The work is worth more than the news of it.
                with suppress(BackendUnavailable):
                    self.backends.media.update(media, progress=progress)

        return record

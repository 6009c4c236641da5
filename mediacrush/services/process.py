"""Processing one media: probe, plan, run each step, publish each file the moment it is whole.

A job can die at any point and run twice; what it published stays, what it did not it does again. What is cheap
runs in the queue where it is found; what is not is handed on, so that nothing quick ever waits behind it.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable, ProcessingError, StepFailed, StepTimedOut, ToolKilled
from mediacrush.job_queue import QueueName
from mediacrush.logs import for_request
from mediacrush.model.media import Media, Status
from mediacrush.pipeline.cuts import pieces_of, wanted_pieces
from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import INPUT, Output, Plan, Stage, Step
from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.trials import is_untried, tried
from mediacrush.services import albums, library, pieces
from mediacrush.services.jobs import (
    BROKEN,
    deadline_for,
    drop_kept_originals,
    keep_original,
    limits_until,
    open_original,
    rules_of,
    update,
)
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
        _give_up(backends, hash_, Status.INTERNAL_ERROR, BROKEN)
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
        _give_up(backends, hash_, Status.INTERNAL_ERROR, BROKEN)


def _give_up(backends: Backends, hash_: str, status: Status, message: str) -> None:
    """Record the failure; but what plays already goes on playing with what it has."""
    media = backends.media.get(hash_)
    if media is None:
        return
    if media.status.is_playable:
        backends.media.finish(pieces.end_splits(backends, media, media.splits))
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
    left behind. Addresses and originals that were kept long enough are forgotten then, too.
    """
    backends.owners.forget_ended()
    drop_kept_originals(backends)
    owed = set(backends.media.unfinished(settled_s=_SETTLED_S)) - backends.jobs.hashes_at_work()
    for hash_ in sorted(owed):
        media = backends.media.get(hash_)
        if media is None:
            library.finish_delete(backends, hash_)
        elif media.status.is_unfinished:
            with for_request(media.request_id or ""):
                resume(backends, hash_)
        else:
            backends.media.drop_unfinished(hash_)
    library.tell_the_edge_again(backends, _SETTLED_S)  # last, because a CDN that does not answer takes its time
    return len(owed)


def _process(backends: Backends, tools: Tools, media: Media, queue: QueueName, workdir: Path) -> None:
    deadline = deadline_for(backends)
    if media.status is Status.PENDING:
        media = update(backends, media, status=Status.PROCESSING)
    probe = open_original(backends, tools, media, workdir, deadline)
    if not media.is_probed:
        media = _record_probe(backends, media, probe)
    media = pieces.end_splits(backends, media, media.settled_steps)
    for split in media.splits.values():
        probe = pieces.with_known(probe, split)
    job = _Job(backends=backends, tools=tools, probe=probe, workdir=workdir, deadline=deadline)
    while (step := next(job.steps_left(media), None)) is not None:
        if step.stage is Stage.DEFERRED and media.status is Status.PROCESSING:
            media = update(backends, media, status=Status.READY)
        if is_needless(media, step):
            media = update(backends, media, left_out=(*media.left_out, step.name))
        elif not _may_run(step, queue):
            backends.jobs.enqueue(_QUEUE_OF_STAGE[step.stage], media.hash)
            return
        elif is_untried(job.probe, step):
            job = job.with_trial(step)
        else:
            media = job.split(media, step)
            if job.awaits_pieces(media, step):
                _split_more(job, media, step)
                backends.jobs.enqueue_after(queue, media.hash, step.name)
                return
            media = pieces.end_splits(backends, job.settle(media, step), (step.name,))
    backends.media.finish(media)


def _split_more(job: "_Job", media: Media, awaited: Step) -> None:
    """While the pieces of one step are made, have those of the steps behind it wait already, so that no worker is
    idle while this one is joined. What is needed before the film plays is not held up by the rest."""
    for step in list(job.steps_left(media)):
        if step.stage is awaited.stage and job.may_split(media, step):
            if is_untried(job.probe, step):
                job = job.with_trial(step)
            media = job.split(media, step)


def _may_run(step: Step, queue: QueueName) -> bool:
    return step.cost_s <= QUICK_COST_S or queue is _QUEUE_OF_STAGE[step.stage]


def _record_probe(backends: Backends, media: Media, probe: Probe) -> Media:
    is_loop = probe.is_animation
    return update(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One run over a plan, in one folder."""

    backends: Backends
    tools: Tools
    probe: Probe
    workdir: Path
    deadline: float

    @property
    def plan(self) -> Plan:
        return plan_for(self.probe, rules_of(self.backends))

    def steps_left(self, media: Media) -> Iterator[Step]:
        """The steps that are neither published nor left out, in their order."""
        return (step for step in self.plan.steps if step.name not in media.settled_steps)

    def with_trial(self, step: Step) -> "_Job":
        """The job that knows how good the film has to be encoded."""
        limits = limits_until(self.backends, self.deadline)
        return replace(self, probe=tried(self.probe, step, self.workdir, self.tools, limits))

    def may_split(self, media: Media, step: Step) -> bool:
        """Whether a step that is not split should be, as far as is known without reading the film, and need not
        wait for what an earlier one publishes."""
        if step.name in media.splits or step.cost_s <= QUICK_COST_S or not step.is_divisible:
            return False
        earlier = takewhile(lambda other: other.name != step.name, self.steps_left(media))
        mimes = {output.mime for other in earlier for output in other.outputs}
        if step.unless_smaller_than is not None and (step.outputs[-1].mime in mimes or is_needless(media, step)):
            return False
        return wanted_pieces(self.probe, *self._workers_and_length(step)) > 0

    def split(self, media: Media, step: Step) -> Media:
        """Have the step made in pieces where that is possible; the media that is split then."""
        if not self.may_split(media, step):
            return media
        limits = limits_until(self.backends, self.deadline)
        found = pieces_of(self.probe, *self._workers_and_length(step), self.workdir, self.tools, limits)
        if not found:
            return media
        log.info("%s: %s is done in %d pieces", media.hash, step.name, len(found))
        split = pieces.split_of(step, self.probe, found)
        if not self.backends.media.record_split(media, split):
            raise MediaGone
        keep_original(self.backends, media, self.workdir / INPUT)
        pieces.enqueue(self.backends, _QUEUE_OF_STAGE[step.stage], media, split)
        return replace(media, splits={**media.splits, step.name: split})

    def awaits_pieces(self, media: Media, step: Step) -> bool:
        """Whether other jobs do the step in pieces, and are not done: this media's next job waits for them."""
        split = media.splits.get(step.name)
        return split is not None and not split.is_given_up and self.backends.jobs.has_pieces(media.hash, step.name)

    def _workers_and_length(self, step: Step) -> tuple[int, float]:
        """How many workers take the step's pieces, and how many seconds a piece should last."""
        workers = self.backends.jobs.workers()[_QUEUE_OF_STAGE[step.stage]]
        return workers, self.backends.settings.piece_seconds

    def settle(self, media: Media, step: Step) -> Media:
        """Run and publish the step, or note that it is left out; the media with what became of it."""
        begun = time.monotonic()
        try:
            paths = self._execute(media, step)
            published = publish(self.backends, media, step, paths)
        except (StepFailed, StepTimedOut) as error:
            if not step.may_fail:
                raise
            log.warning("%s: %s is left out: %s", media.hash, step.name, error)
            published = None
        finally:
            self._remove(step.outputs)
        log.info("%s: %s took %.2f s", media.hash, step.name, time.monotonic() - begun)
        media = published or update(self.backends, media, left_out=(*media.left_out, step.name))
        self._progress(media, step)(1.0)
        return media

    def _execute(self, media: Media, step: Step) -> tuple[Path, ...]:
        """What the step makes: of its pieces, where they are all there and can be joined."""
        limits = limits_until(self.backends, self.deadline - media.piece_seconds(step.name))
        split, on_fraction = media.splits.get(step.name), self._progress(media, step)
        if split is not None and not split.is_given_up:
            joined = pieces.in_pieces(self.probe, rules_of(self.backends), split)
            try:
                if pieces.fetch_pieces(self.backends, media, joined, self.workdir):
                    joined = replace(joined, commands=joined.join)
                    return execute_step(joined, self.workdir, self.tools, limits, on_fraction)
            except StepFailed as error:
                log.warning("%s: the pieces of %s can't be joined: %s", media.hash, step.name, error)
            finally:
                self._remove(output for piece in joined.pieces for output in piece.outputs)
            pieces.give_up(self.backends, media, step.name)
        return execute_step(step, self.workdir, self.tools, limits, on_fraction)

    def _remove(self, outputs: Iterable[Output]) -> None:
        """Remove what was made of these in the job's folder."""
        for output in outputs:
            (self.workdir / output.path).unlink(missing_ok=True)

    def _progress(self, media: Media, step: Step) -> Callable[[float], None]:
        """A function that records how much of the whole plan is done, given how much of this step is."""
        recorded = 0.0
        plan, fractions = self.plan, media.split_fractions

        def record(fraction: float) -> None:
            nonlocal recorded
            progress = plan.progress(media.settled_steps, fractions | {step.name: fraction})
            if fraction == 1.0 or progress - recorded >= _PROGRESS_STEP:
                recorded = progress
                # The work is worth more than the news of it.
                with suppress(BackendUnavailable):
                    self.backends.media.update(media, progress=progress)

        return record

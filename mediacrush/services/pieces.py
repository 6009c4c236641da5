"""A step of a long film done by several workers: each encodes a piece, and the media's own job, which waits for all
of them, joins them.

A piece lies in storage until then, so the workers need not share a disk. One whose worker dies is done again by
itself (RQ's retries). What cannot be done in pieces, or not be joined, is done whole.
"""

import logging
import os
import tempfile
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mediacrush.backends import Backends
from mediacrush.database.media import piece_key, piece_keys
from mediacrush.errors import ProcessingError, ToolKilled
from mediacrush.job_queue import QueueName
from mediacrush.model.media import Media
from mediacrush.model.split import Piece, PieceWork, Split
from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.facts import Footage
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Encoder, Rules, Step
from mediacrush.pipeline.tools import Tools
from mediacrush.services.jobs import deadline_for, limits_until, open_original, rules_of, update
from mediacrush.services.publish import MediaGone

log = logging.getLogger(__name__)

# How much more of a piece must be done before it is written down: with it comes the news that nobody wants it now.
_TOLD_FRACTION = 0.05


def split_of(step: Step, probe: Probe, pieces: tuple[Piece, ...]) -> Split:
    """The step in these pieces, with what is known of the film."""
    crfs = {str(encoder): crf for encoder, crf in probe.crfs.items()}
    return Split(step=step.name, pieces=pieces, footage=probe.footage, crfs=crfs)


def with_known(probe: Probe, split: Split) -> Probe:
    """The facts with what was known of the film when a step of it was split."""
    crfs = {Encoder(name): crf for name, crf in split.crfs.items()}
    footage = Footage(split.footage) if split.footage else probe.footage
    return replace(probe, footage=footage, crfs={**probe.crfs, **crfs})


def in_pieces(probe: Probe, rules: Rules, split: Split) -> Step:
    """The step that is split, in its pieces."""
    plan = plan_for(replace(with_known(probe, split), pieces=split.pieces), rules)
    return next(step for step in plan.steps if step.name == split.step)


def enqueue(backends: Backends, queue: QueueName, media: Media, split: Split) -> None:
    """Have the pieces made: long ones first, so that the last ones end at about the same time."""
    numbers = sorted(range(len(split.pieces)), key=lambda number: -split.pieces[number].frames)
    backends.jobs.enqueue_pieces(queue, media.hash, split.step, numbers)


def make_piece(backends: Backends, tools: Tools, hash_: str, step_name: str, number: int) -> None:
    """Encode one piece, unless nobody wants it any more. What cannot be encoded is left to the step as a whole.

    Raises ToolKilled and BackendUnavailable: then it is worth another try.
    """
    media = backends.media.get(hash_)
    split = media.splits.get(step_name) if media else None
    if media is None or split is None or not _is_wanted(media, step_name, number):
        return
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(dir=backends.settings.work_dir, prefix=f"{os.getpid()}.") as workdir:
            _make_piece(backends, tools, media, split, number, Path(workdir))
    except MediaGone:
        log.info("%s: piece %d of %s is not wanted any more", hash_, number, step_name)
    except ToolKilled:
        raise
    except ProcessingError as error:
        log.warning("%s: piece %d of %s: %s", hash_, number, step_name, error)
        spent = PieceWork(fraction=0.0, seconds=time.monotonic() - begun)
        backends.media.record_piece(media, split, number, spent)
        give_up(backends, media, step_name)


def fetch_pieces(backends: Backends, media: Media, step: Step, workdir: Path) -> bool:
    """Have every piece of the step in `workdir`; False when one of them is missing."""
    try:
        for number, piece in enumerate(step.pieces):
            key = piece_key(media.original_key, step.name, number)
            backends.storage.fetch(key, workdir / piece.outputs[0].path)
    except KeyError:
        return False
    return True


def give_up(backends: Backends, media: Media, step_name: str) -> None:
    """Have a step that is split done whole."""
    if step_name in media.splits:
        backends.media.record_split(media, replace(media.splits[step_name], is_given_up=True))


def end_splits(backends: Backends, media: Media, step_names: Collection[str]) -> Media:
    """Remove the pieces of these steps, and forget that they were split; the media without that."""
    ended = [split for name, split in media.splits.items() if name in step_names]
    for key in piece_keys(media.original_key, ended):
        backends.storage.delete(key)
    for split in ended:
        backends.media.end_split(media, split)
    kept = {name: split for name, split in media.splits.items() if name not in step_names}
    work = {piece: work for piece, work in media.piece_work.items() if piece[0] in kept}
    return replace(media, splits=kept, piece_work=work)


def _is_wanted(media: Media, step_name: str, number: int) -> bool:
    split = media.splits.get(step_name)
    if split is None or split.is_given_up or number >= len(split.pieces):
        return False
    return media.status.is_unfinished and step_name not in media.settled_steps


def _make_piece(backends: Backends, tools: Tools, media: Media, split: Split, number: int, workdir: Path) -> None:
    begun = time.monotonic()
    deadline = deadline_for(backends, media.piece_seconds(split.step))
    probe = open_original(backends, tools, media, workdir, deadline)
    rules = rules_of(backends)
    step, plan = in_pieces(probe, rules, split), plan_for(probe, rules)
    told = 0.0

    def tell(fraction: float) -> None:
        work = PieceWork(fraction=fraction, seconds=time.monotonic() - begun)
        now = backends.media.record_piece(media, split, number, work)
        if now is None or not _is_wanted(now, split.step, number):
            raise MediaGone
        update(backends, media, progress=plan.progress(now.settled_steps, now.split_fractions))

    def tell_now_and_then(fraction: float) -> None:
        nonlocal told
        if fraction - told >= _TOLD_FRACTION:
            told = fraction
            tell(fraction)

    limits = limits_until(backends, deadline)
    (path,) = execute_step(step.pieces[number], workdir, tools, limits, tell_now_and_then)
    key = piece_key(media.original_key, split.step, number)
    backends.storage.put(key, path)
    try:
        tell(1.0)
    except MediaGone:
        backends.storage.delete(key)
        raise

"""A step that is done in pieces, job by job, with the real tools, in this process."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.backends import Backends
from mediacrush.database.media import piece_key
from mediacrush.errors import StepFailed, StepTimedOut, ToolKilled
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.model.media import Media, Status
from mediacrush.model.split import Piece
from mediacrush.pipeline import ladder
from mediacrush.pipeline.tools import Tools
from mediacrush.services import fsck, library, pieces, process
from mediacrush.services.spool import Spool
from mediacrush.services.upload import Accepted, accept_upload
from mediacrush.storage.memory import MemoryStorage
from tests.samples import ffmpeg

Upload = Callable[..., Accepted]
STEP = "webm"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few frames of what plays as it is: only AV1 is made of it, in the queue `later`."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frames = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=5:duration=13")
    sound = ("-f", "lavfi", "-i", "sine=duration=13")
    ffmpeg(path, *frames, *sound, "-c:v", "libx264", "-g", "5", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return path


@pytest.fixture
def backends(backends: Backends, jobs: ListJobQueue, monkeypatch: pytest.MonkeyPatch) -> Backends:
    """Two workers that take everything, and films that need not be long or costly to be split."""
    jobs.workers_of = dict.fromkeys(QueueName, 2)
    monkeypatch.setattr(process, "QUICK_COST_S", 0.0)
    monkeypatch.setattr(process, "is_untried", lambda *_: False)
    return replace(backends, settings=backends.settings.model_copy(update={"piece_seconds": 4.0}))


@pytest.fixture
def split(backends: Backends, jobs: ListJobQueue, tools: Tools, upload: Upload, film: Path) -> Media:
    """A media whose AV1 waits to be made in pieces."""
    hash_ = upload(film).hash
    _run_until_split(backends, jobs, tools)
    return _now(backends, hash_)


def _run_until_split(backends: Backends, jobs: ListJobQueue, tools: Tools) -> None:
    """Jobs, and those that they enqueue, until the pieces of a step wait."""
    while not jobs.pieces:
        queue, hash_ = jobs.jobs.pop(0)
        process.process_media(backends, tools, hash_, queue)


def _now(backends: Backends, hash_: str) -> Media:
    media = backends.media.get(hash_)
    assert media is not None
    return media


def _make(backends: Backends, jobs: ListJobQueue, tools: Tools) -> None:
    """Every piece that waits."""
    while jobs.pieces:
        pieces.make_piece(backends, tools, *jobs.pieces.pop(0))


def _join(backends: Backends, jobs: ListJobQueue, tools: Tools) -> None:
    """What waited for the pieces, and what it hands on."""
    jobs.jobs += [(queue, hash_) for queue, hash_, _ in jobs.after_pieces]
    jobs.after_pieces = []
    while jobs.jobs:
        queue, hash_ = jobs.jobs.pop(0)
        process.process_media(backends, tools, hash_, queue)


def _pieces_of(media: Media) -> int:
    return len(media.splits[STEP].pieces)


def _stored_pieces(backends: Backends) -> set[str]:
    return set(backends.storage.list("pieces/"))


def test_pieces_are_made_and_joined(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a job of its own; progress grows with every one; nothing of them is left, in storage or record."""
    assert split.status is Status.READY
    assert sorted(jobs.pieces) == [(split.hash, STEP, number) for number in range(_pieces_of(split))]
    assert jobs.after_pieces == [(QueueName.LATER, split.hash, STEP)]
    assert jobs.jobs == []
    progress = [split.progress]
    while jobs.pieces:
        pieces.make_piece(backends, tools, *jobs.pieces.pop())
        progress.append(_now(backends, split.hash).progress)
    assert progress == sorted(set(progress))
    assert len(_stored_pieces(backends)) == _pieces_of(split)
    assert list(fsck.check(backends, fix=False, settle_s=0)) == []
    monkeypatch.setattr(process, "pieces_of", lambda *_: ())
    _join(backends, jobs, tools)
    media = _now(backends, split.hash)
    assert (media.status, media.splits, media.piece_work) == (Status.DONE, {}, {})
    assert media.published(STEP) is not None
    assert _stored_pieces(backends) == set()
    assert list(backends.settings.work_dir.iterdir()) == []


def test_the_joined_film_was_not_encoded_again(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that joins runs no encoder of pictures."""
    _make(backends, jobs, tools)
    ran = []
    execute = process.execute_step

    def watched(step: object, *rest: object) -> tuple[Path, ...]:
        ran.append(step)
        return execute(step, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "execute_step", watched)
    queue, hash_, _ = jobs.after_pieces.pop()
    process.process_media(backends, tools, hash_, queue)
    (joined,) = (step for step in ran if step.name == STEP)  # type: ignore[attr-defined]
    assert joined.commands == joined.join


@pytest.fixture
def with_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films that are this short get a ladder, and an MP4 for chats however small they are."""
    monkeypatch.setattr(ladder, "_LADDER_FROM_S", 5.0)
    monkeypatch.setattr(process, "is_needless", lambda *_: False)


def _steps_in_pieces(jobs: ListJobQueue) -> list[str]:
    """The steps whose pieces wait, in the order in which workers take them."""
    return list(dict.fromkeys(step for _, step, _ in jobs.pieces))


def _made_and_joined(backends: Backends, jobs: ListJobQueue, tools: Tools) -> None:
    """The pieces of the step that is waited for, and what comes after them, as the queue has it."""
    queue, hash_, step = jobs.after_pieces.pop(0)
    for piece in [piece for piece in jobs.pieces if piece[1] == step]:
        pieces.make_piece(backends, tools, *piece)
        jobs.pieces.remove(piece)
    process.process_media(backends, tools, hash_, queue)


def test_pieces_of_later_steps_wait_behind_those_of_the_first(
    with_ladder: None, split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools
) -> None:
    """So that no worker is idle while a step is joined; steps are joined in their order; and what depends on what
    is published, as the MP4 for chats, begins when it is."""
    assert _steps_in_pieces(jobs) == ["hls", "webm"]
    assert jobs.after_pieces == [(QueueName.LATER, split.hash, "hls")]
    _made_and_joined(backends, jobs, tools)
    media = _now(backends, split.hash)
    assert media.published("hls") or "hls" in media.left_out
    assert set(media.splits) == {"webm", "chat"}
    assert _steps_in_pieces(jobs) == ["webm", "chat"]
    assert jobs.after_pieces == [(QueueName.LATER, split.hash, "webm")]
    before = media.progress
    pieces.make_piece(backends, tools, *jobs.pieces.pop())
    assert _now(backends, split.hash).progress > before, "the step behind the next one counts, too"
    _made_and_joined(backends, jobs, tools)
    assert jobs.after_pieces == [(QueueName.LATER, split.hash, "chat")]
    _made_and_joined(backends, jobs, tools)
    media = _now(backends, split.hash)
    assert (media.status, media.splits, media.piece_work) == (Status.DONE, {}, {})
    assert (jobs.jobs, jobs.pieces, jobs.after_pieces) == ([], [], [])
    assert _stored_pieces(backends) == set()


def test_what_is_needed_before_a_film_plays_is_not_held_up(
    with_ladder: None, backends: Backends, jobs: ListJobQueue, tools: Tools, upload: Upload, tmp_path: Path
) -> None:
    """While its lowest rung is made in pieces nothing of the rest is begun; as soon as that is joined it plays."""
    film = tmp_path / "film.mkv"
    ffmpeg(film, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=5:duration=13", "-c:v", "mpeg4", "-g", "5")
    hash_ = upload(film).hash
    _run_until_split(backends, jobs, tools)
    assert _steps_in_pieces(jobs) == ["low.hls"]
    assert jobs.after_pieces == [(QueueName.LONG, hash_, "low.hls")]
    media = _now(backends, hash_)
    assert (media.status, media.files) == (Status.PROCESSING, ())
    _made_and_joined(backends, jobs, tools)
    assert _now(backends, hash_).status is Status.READY
    assert jobs.pieces == []
    _join(backends, jobs, tools)
    assert _steps_in_pieces(jobs) == ["hls", "webm"]


def test_a_job_that_dies_between_two_splits_is_taken_up(
    with_ladder: None,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    upload: Upload,
    film: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits in pieces by then is not enqueued again; the next job splits the rest, and one waits for them."""
    real, times = process.pieces_of, iter([True, False])

    def dies(*arguments: object) -> tuple[Piece, ...]:
        if not next(times):
            raise ToolKilled("Killed.")
        return real(*arguments)  # type: ignore[arg-type]

    hash_ = upload(film).hash
    with monkeypatch.context() as patch:
        patch.setattr(process, "pieces_of", dies)
        _run_until_split(backends, jobs, tools)
    waiting = list(jobs.pieces)
    assert _steps_in_pieces(jobs) == ["hls"]
    assert jobs.jobs == [(QueueName.QUICK, hash_)]
    _join(backends, jobs, tools)
    assert jobs.pieces[: len(waiting)] == waiting
    assert _steps_in_pieces(jobs) == ["hls", "webm"]
    assert jobs.after_pieces == [(QueueName.LATER, hash_, "hls")]


def test_long_pieces_come_first(backends: Backends, jobs: ListJobQueue, split: Media) -> None:
    """The last ones that are taken are short, so that all workers are done at about the same time."""
    lengths = [split.splits[STEP].pieces[number].frames for _, _, number in jobs.pieces]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) > 1


def test_one_worker_does_it_whole(
    backends: Backends, jobs: ListJobQueue, tools: Tools, upload: Upload, film: Path
) -> None:
    """Pieces cost a little, which only another worker pays back."""
    jobs.workers_of = dict.fromkeys(QueueName, 1)
    hash_ = upload(film).hash
    _join(backends, jobs, tools)
    assert _now(backends, hash_).status is Status.DONE
    assert (jobs.pieces, jobs.after_pieces) == ([], [])


@pytest.mark.parametrize("trouble", [StepFailed("No."), "a piece is lost", "a piece is another's"])
def test_what_cannot_be_joined_is_done_whole(
    split: Media,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Exception | str,
) -> None:
    """A piece that fails, or is not there, or has not the frames that it should: the film is whole all the same."""
    if isinstance(trouble, Exception):
        with monkeypatch.context() as patch:
            patch.setattr(pieces, "execute_step", _raiser(trouble))
            pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
        assert _now(backends, split.hash).splits == {STEP: replace(split.splits[STEP], is_given_up=True)}
    _make(backends, jobs, tools)
    first, second = (piece_key(split.original_key, STEP, number) for number in (0, 1))
    if trouble == "a piece is lost":
        backends.storage.delete(second)
    elif trouble == "a piece is another's":
        backends.storage.put(second, backends.storage.local_path(first) or Path())
    else:
        assert _stored_pieces(backends) == set(), "a piece was made that nobody wanted any more"
    monkeypatch.setattr(process, "pieces_of", lambda *_: ())
    _join(backends, jobs, tools)
    media = _now(backends, split.hash)
    assert (media.status, media.splits) == (Status.DONE, {})
    assert media.published(STEP) is not None
    assert _stored_pieces(backends) == set()


def _raiser(error: Exception) -> Callable[..., tuple[Path, ...]]:
    def fail(*_: object) -> tuple[Path, ...]:
        raise error

    return fail


def test_the_time_of_pieces_counts_for_the_whole(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of PROCESSING_TIMEOUT after one piece is all that the others and the step as a whole have."""
    given: list[float] = []

    def too_long(step: object, workdir: Path, tools: Tools, limits: object, tell: object) -> tuple[Path, ...]:
        given.append(limits.timeout_s)  # type: ignore[attr-defined]
        raise StepTimedOut("Too long.")

    pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
    spent_s = _now(backends, split.hash).piece_seconds(STEP)
    assert spent_s > 0
    monkeypatch.setattr(pieces, "execute_step", too_long)
    monkeypatch.setattr(process, "execute_step", too_long)
    pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
    jobs.pieces = []
    _join(backends, jobs, tools)
    limit_s = backends.settings.processing_timeout
    assert all(timeout_s <= limit_s - spent_s for timeout_s in given)
    assert len(given) > 1
    media = _now(backends, split.hash)
    assert (media.status, media.splits) == (Status.DONE, {})
    assert STEP in media.left_out
    assert _stored_pieces(backends) == set()


def test_a_killed_tool_is_left_to_the_queue(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, tmp_path: Path
) -> None:
    """The piece's job fails, which has the queue try it again; the step stays split."""
    killer = tmp_path / "ffmpeg"
    killer.write_text("#!/bin/sh\nkill -9 $$\n")
    killer.chmod(0o755)
    with pytest.raises(ToolKilled):
        pieces.make_piece(backends, replace(tools, ffmpeg=(str(killer),)), *jobs.pieces[0])
    assert _now(backends, split.hash).splits == split.splits


def test_a_job_that_comes_while_pieces_are_made_leaves_them_alone(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools
) -> None:
    """It enqueues nothing, and encodes nothing: the one that waits for the pieces will."""
    process.process_media(backends, tools, split.hash, QueueName.LATER)
    assert _now(backends, split.hash).splits == split.splits
    assert jobs.jobs == []
    assert process.recover(backends) == 0


def test_recovery_takes_up_a_split_whose_jobs_are_lost(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a lost queue: what is there of the pieces is of no use, the step is done whole."""
    monkeypatch.setattr(process, "_SETTLED_S", 0)
    monkeypatch.setattr(process, "pieces_of", lambda *_: ())
    pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
    jobs.pieces, jobs.after_pieces = [], []
    assert process.recover(backends) == 1
    _join(backends, jobs, tools)
    assert _now(backends, split.hash).status is Status.DONE
    assert _stored_pieces(backends) == set()


def test_a_delete_ends_the_pieces(split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools) -> None:
    """What is made goes at once; what is in the making ends at its next word; what waits does nothing."""
    pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
    record, put = backends.media.record_piece, backends.storage.put

    def delete_first(media: Media, *rest: object) -> Media | None:
        backends.media.record_piece = record  # type: ignore[method-assign]
        library.delete(backends, media)
        return record(media, *rest)  # type: ignore[arg-type]

    def never(key: str, path: Path) -> None:
        raise AssertionError(f"{key} was stored")

    backends.media.record_piece = delete_first  # type: ignore[method-assign]
    pieces.make_piece(backends, tools, *jobs.pieces.pop(0))
    assert backends.media.get(split.hash) is None
    backends.storage.put = never  # type: ignore[method-assign]
    _make(backends, jobs, tools)
    backends.storage.put = put  # type: ignore[method-assign]
    _join(backends, jobs, tools)
    assert list(backends.storage.list("")) == []
    assert list(backends.settings.work_dir.iterdir()) == []


class _FarStorage(MemoryStorage):
    """Remembers what was fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def fetch(self, key: str, path: Path) -> None:
        self.fetched.append(key.partition("/")[0])
        super().fetch(key, path)


@pytest.mark.parametrize("ends", ["done", "deleted"])
def test_what_storage_has_elsewhere_is_fetched_once_for_all_pieces(
    with_ladder: None, backends: Backends, jobs: ListJobQueue, tools: Tools, upload: Upload, film: Path, ends: str
) -> None:
    """By the machine's first job that splits or makes a piece; it is kept until the film is done or gone."""
    storage = _FarStorage()
    backends = replace(backends, storage=storage)
    with Spool(backends.settings.spool_dir, backends.settings.max_file_size) as spool:
        spool.write(film.read_bytes())
        hash_ = accept_upload(backends, spool.finish(), None, None).hash
    _run_until_split(backends, jobs, tools)
    (kept,) = (path for path in backends.settings.work_dir.rglob("*") if path.is_file())
    assert kept.read_bytes() == film.read_bytes()
    before = storage.fetched.count("originals")
    _made_and_joined(backends, jobs, tools)
    kept.unlink()
    _made_and_joined(backends, jobs, tools)
    assert storage.fetched.count("originals") == before + 1
    process.recover(backends)
    assert kept.exists()
    if ends == "done":
        _made_and_joined(backends, jobs, tools)
        assert storage.fetched.count("originals") == before + 1
        assert _now(backends, hash_).status is Status.DONE
    else:
        library.delete(backends, _now(backends, hash_))
    process.recover(backends)
    assert not kept.exists()


def test_stray_pieces_are_found(
    split: Media, backends: Backends, jobs: ListJobQueue, tools: Tools, tmp_path: Path
) -> None:
    """Those of a split that is on its way belong to it; of any other, fsck finds and removes them."""
    made = jobs.pieces.pop(0)
    pieces.make_piece(backends, tools, *made)
    stray = "pieces/0123.webm.0"
    shutil.copyfile(__file__, tmp_path / "stray")
    backends.storage.put(stray, tmp_path / "stray")
    assert [finding.subject for finding in fsck.check(backends, fix=True, settle_s=0)] == [stray]
    assert _stored_pieces(backends) == {piece_key(split.original_key, STEP, made[-1])}

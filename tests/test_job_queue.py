"""RQ's own queues and jobs, without what the jobs do."""

from collections.abc import Callable

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job

from mediacrush import worker
from mediacrush.job_queue import QueueName, RQJobQueue

HASH, OTHER = "CPvuR5lRhmS0", "bgY9kBq5gVZs"
Did = list[tuple[object, ...]]


@pytest.fixture
def connection(redis_url: str, redis: "Redis") -> Redis:
    """What RQ needs, of an empty database: answers as bytes."""
    return Redis.from_url(redis_url)


@pytest.fixture
def queue(connection: Redis) -> RQJobQueue:
    """The queue under test."""
    return RQJobQueue(connection, job_timeout_s=60)


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> Did:
    """What the jobs were told, in the order in which they ran."""
    told: Did = []
    monkeypatch.setattr(worker, "process_media", lambda *args: told.append(args))
    monkeypatch.setattr(worker, "make_piece", lambda *args: told.append(args))
    return told


@pytest.fixture
def run(connection: Redis) -> Callable[[int], None]:
    """Runs so many of the jobs that wait, in this process."""

    def work(jobs: int) -> None:
        SimpleWorker(list(QueueName), connection=connection).work(burst=True, max_jobs=jobs, logging_level="ERROR")

    return work


def test_the_media_is_processed_after_its_pieces(queue: RQJobQueue, did: Did, run: Callable[[int], None]) -> None:
    """They stand behind what waited before, in the order asked for; it goes before what waits by then, once,
    however often it was asked for; and it counts as being at work all the time."""
    queue.enqueue(QueueName.LATER, OTHER)
    queue.enqueue_pieces(QueueName.LATER, HASH, "low.hls", [2, 0, 1])
    queue.enqueue_pieces(QueueName.LATER, HASH, "webm", [0])
    queue.enqueue_after(QueueName.LATER, HASH, "low.hls")
    queue.enqueue_after(QueueName.LATER, HASH, "low.hls")
    assert queue.lengths()[QueueName.LATER] == 5
    for ran in range(4):
        assert queue.has_pieces(HASH, "low.hls")
        assert not queue.has_pieces(OTHER, "low.hls")
        assert HASH in queue.hashes_at_work()
        run(1)
        assert len(did) == ran + 1
    assert not queue.has_pieces(HASH, "low.hls")
    assert queue.has_pieces(HASH, "webm")
    run(99)
    made = [(HASH, "low.hls", number) for number in (2, 0, 1)]
    assert did == [(OTHER, "later"), *made, (HASH, "later"), (HASH, "webm", 0)]
    assert queue.hashes_at_work() == set()


def test_how_many_stand_before_a_media(queue: RQJobQueue, connection: Redis) -> None:
    """Others of its queue, each once however many its jobs; of a long queue only the beginning is looked at."""
    queue.enqueue_pieces(QueueName.LONG, OTHER, "low.hls", range(3))
    queue.enqueue(QueueName.LONG, "bgY9kBq5gVZt")
    queue.enqueue(QueueName.LONG, HASH)
    queue.enqueue(QueueName.LONG, "bgY9kBq5gVZu")
    assert queue.ahead_of(QueueName.LONG, HASH) == 2
    assert queue.ahead_of(QueueName.QUICK, HASH) == 0
    assert queue.ahead_of(QueueName.LONG, OTHER) == 0
    for number in range(200):
        queue.enqueue(QueueName.QUICK, f"{number:012}")
    queue.enqueue(QueueName.QUICK, HASH)
    assert queue.ahead_of(QueueName.QUICK, "000000000099") == 99
    assert queue.ahead_of(QueueName.QUICK, HASH) == 0


def test_what_comes_after_pieces_that_are_made_comes_at_once(
    queue: RQJobQueue, did: Did, run: Callable[[int], None]
) -> None:
    """Those that are still to be made are waited for, and no others."""
    queue.enqueue_pieces(QueueName.LATER, HASH, "hls", [0, 1])
    run(1)
    queue.enqueue_after(QueueName.LATER, HASH, "hls")
    run(1)
    queue.enqueue_pieces(QueueName.LATER, HASH, "webm", [0])
    queue.enqueue_after(QueueName.LATER, HASH, "hls")
    run(99)
    waited, at_once, media = (HASH, "hls", 1), (HASH, "webm", 0), (HASH, "later")
    assert did == [(HASH, "hls", 0), waited, media, media, at_once]


@pytest.mark.parametrize(("failures", "runs"), [(1, 2), (3, 4), (99, 4)])
def test_a_piece_that_fails_is_tried_again_alone(
    queue: RQJobQueue,
    did: Did,
    run: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
    runs: int,
) -> None:
    """At once, three times; the others run once; and what waits for them runs when none is left, made or not."""
    monkeypatch.setattr("rq.worker.base.BaseWorker.handle_exception", lambda *_: None)

    def make_piece(*args: object) -> None:
        did.append(args)
        if args[-1] == 0 and did.count(args) <= failures:
            raise OSError

    monkeypatch.setattr(worker, "make_piece", make_piece)
    queue.enqueue_pieces(QueueName.LONG, HASH, "hls", [0, 1])
    queue.enqueue_after(QueueName.LONG, HASH, "hls")
    run(99)
    assert did == [*[(HASH, "hls", 0)] * runs, (HASH, "hls", 1), (HASH, "long")]


def test_a_piece_of_a_worker_that_stops_loses_no_try(queue: RQJobQueue, connection: Redis) -> None:
    """Being told to stop is no fault of the film's."""
    queue.enqueue_pieces(QueueName.LATER, HASH, "hls", [0])
    ids = (key.decode().removeprefix("rq:job:") for key in connection.scan_iter(f"rq:job:{HASH}-piece-*"))
    job = Job.fetch(next(name for name in ids if ":" not in name), connection=connection)
    tries = job.retries_left or 0
    media_worker = worker.MediaWorker(list(QueueName), connection)
    media_worker.handle_work_horse_killed(job, 0, 9, None)
    assert job.retries_left == tries
    media_worker._stop_requested = True
    media_worker.handle_work_horse_killed(job, 0, 9, None)
    assert job.retries_left == tries + 1


def test_living_workers_are_counted(queue: RQJobQueue, connection: Redis) -> None:
    """By the queues that they look at; one that has said goodbye is no more."""
    assert set(queue.workers().values()) == {0}
    quick = SimpleWorker([QueueName.QUICK], connection=connection)
    every = SimpleWorker(list(QueueName), connection=connection)
    quick.register_birth()
    every.register_birth()
    assert queue.workers() == {QueueName.QUICK: 2, QueueName.LONG: 1, QueueName.LATER: 1}
    every.register_death()
    assert queue.workers() == {QueueName.QUICK: 1, QueueName.LONG: 0, QueueName.LATER: 0}


def test_a_job_whose_worker_died_before_it_began_is_not_at_work_for_long(
    queue: RQJobQueue, connection: Redis
) -> None:
    """Between queue and registry it is RQ's for a minute; recovery takes its media up after some seconds."""
    queue.enqueue(QueueName.QUICK, HASH)
    waiting = Queue(QueueName.QUICK, connection=connection)
    job_id = Queue.lmove(connection, waiting.key, timeout=None)[1]
    assert queue.lengths()[QueueName.QUICK] == 0
    assert queue.hashes_at_work() == {HASH}
    waiting.intermediate_queue.cleanup(SimpleWorker([waiting], connection=connection), waiting)
    assert queue.hashes_at_work() == {HASH}
    seen = waiting.intermediate_queue.get_first_seen(job_id.decode())
    assert seen is not None
    connection.set(waiting.intermediate_queue.get_first_seen_key(job_id.decode()), seen.timestamp() - 15)
    assert queue.hashes_at_work() == set()

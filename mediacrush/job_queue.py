"""RQ in: putting work where workers find it. A job carries a hash, and which piece of a split film it makes.

Three queues, so that nothing quick waits behind anything slow:
    quick    the first look at every upload, and whatever of it is cheap
    long     what is needed before a long film plays
    later    what makes it better afterwards
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import uuid4

from redis import Redis
from rq import Queue, Retry, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Dependency, Job
from rq.registry import DeferredJobRegistry, StartedJobRegistry

from mediacrush.database.connection import reports_unavailable
from mediacrush.logs import request_id
from mediacrush.model.hashes import HASH_LENGTH


class QueueName(StrEnum):
    """The queues, in the order in which a worker looks at them."""

    QUICK = "quick"
    LONG = "long"
    LATER = "later"


# The task of every queue, by dotted name: the web process never imports the worker.
TASK, PIECE_TASK = "mediacrush.worker.process_media", "mediacrush.worker.make_piece"
# How often a piece is tried again whose worker or tool died. Then its step is done whole.
_PIECE_RETRIES = 3
# RQ forgets a job that ended by itself at once and one that died after a day: the record tells the rest.
_FAILURE_KEPT_S = 24 * 3600
# A worker begins what it took from its queue in milliseconds; after so long it counts as dead, as one does that is
# silent in the middle of a job (worker.py).
_BEGINS_WITHIN_S = 15
# Of a queue so many jobs are looked at to say how many stand before one: whoever waits asks every second or two.
_LOOKED_AT = 100
# Where a job keeps the id of the request that it works for (logs.py).
REQUEST_META = "request"
# Time for a job to record that it took too long, before RQ ends it.
JOB_TIMEOUT_MARGIN_S = 60


class JobQueue(Protocol):
    """Where work waits. Methods raise BackendUnavailable when it does not answer."""

    def enqueue(self, queue: QueueName, hash_: str) -> None:
        """Have a worker process this media."""

    def enqueue_pieces(self, queue: QueueName, hash_: str, step: str, numbers: Sequence[int]) -> None:
        """Have workers make these pieces of a step, in this order."""

    def enqueue_after(self, queue: QueueName, hash_: str, step: str) -> None:
        """Process the media when all pieces of this step are made or have failed, before what waits by then; once,
        however often it is asked for until then."""

    def has_pieces(self, hash_: str, step: str) -> bool:
        """Whether a piece of this step waits in a queue or a living worker has it."""

    def hashes_at_work(self) -> set[str]:
        """Hashes that wait in a queue or that a living worker has, also by one of their pieces."""

    def lengths(self) -> dict[QueueName, int]:
        """How many jobs wait in each queue."""

    def oldest_s(self) -> dict[QueueName, float]:
        """For how many seconds the first job of each queue has waited; 0 where none waits."""

    def workers(self) -> dict[QueueName, int]:
        """How many living workers look at each queue."""

    def ahead_of(self, queue: QueueName, hash_: str) -> int:
        """How many others wait in this queue before this media does; 0 also where it does not wait, stands too far
        behind to be looked for, or is done in pieces."""


@reports_unavailable
class RQJobQueue:
    """Jobs in Redis, for RQ's workers."""

    def __init__(self, redis: Redis, job_timeout_s: int) -> None:
        self._redis = redis
        self._job_timeout_s = job_timeout_s
        self._queues = {name: Queue(name, connection=redis) for name in QueueName}

    def enqueue(self, queue: QueueName, hash_: str) -> None:
        self._enqueue(queue, hash_, f"{hash_}-")

    def enqueue_pieces(self, queue: QueueName, hash_: str, step: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._queues[queue].enqueue_call(
                PIECE_TASK,
                args=(hash_, step, number),
                timeout=self._job_timeout_s + JOB_TIMEOUT_MARGIN_S,
                result_ttl=_FAILURE_KEPT_S,  # what depends on it must find it
                meta={REQUEST_META: request_id.get()},
                failure_ttl=_FAILURE_KEPT_S,
                job_id=f"{_prefix(hash_, 'piece', step)}{uuid4().hex}",
                description=f"{queue} {hash_} {step} {number}",
                retry=Retry(max=_PIECE_RETRIES, enqueue_at_front=True),
            )

    def enqueue_after(self, queue: QueueName, hash_: str, step: str) -> None:
        waiting = DeferredJobRegistry(queue=self._queues[queue]).get_job_ids()
        prefix = _prefix(hash_, "after", step)
        if any(job_id.startswith(prefix) for job_id in waiting):
            return
        pieces = self._pieces_at_work(hash_, step)
        after = Dependency(jobs=pieces, allow_failure=True, enqueue_at_front=True) if pieces else None
        self._enqueue(queue, hash_, prefix, after=after, at_front=True)

    def has_pieces(self, hash_: str, step: str) -> bool:
        return bool(self._pieces_at_work(hash_, step))

    def hashes_at_work(self) -> set[str]:
        return {job_id[:HASH_LENGTH] for job_id in self._jobs_at_work()}

    def lengths(self) -> dict[QueueName, int]:
        return {name: queue.count for name, queue in self._queues.items()}

    def workers(self) -> dict[QueueName, int]:
        # A worker that vanished is forgotten when its heartbeat is over.
        found = Counter(name for worker in Worker.all(connection=self._redis) for name in worker.queue_names())
        return {name: found[name] for name in QueueName}

    def ahead_of(self, queue: QueueName, hash_: str) -> int:
        others: set[str] = set()
        for job_id in self._queues[queue].get_job_ids(0, _LOOKED_AT):
            whose, mark = job_id[:HASH_LENGTH], job_id[HASH_LENGTH + 1 :]
            # A piece's name says more: others of that media may be at work.
            if whose == hash_ and "-" not in mark:
                return len(others)
            others.add(whose)
        return 0

    def _enqueue(
        self,
        queue: QueueName,
        hash_: str,
        prefix: str,
        *,
        after: Dependency | None = None,
        at_front: bool = False,
    ) -> None:
        self._queues[queue].enqueue_call(
            TASK,
            args=(hash_, str(queue)),
            timeout=self._job_timeout_s + JOB_TIMEOUT_MARGIN_S,
            result_ttl=0,
            failure_ttl=_FAILURE_KEPT_S,
            job_id=f"{prefix}{uuid4().hex}",
            description=f"{queue} {hash_}",
            depends_on=after,
            at_front=at_front,
            meta={REQUEST_META: request_id.get()},
        )

    def _pieces_at_work(self, hash_: str, step: str) -> list[str]:
        prefix = _prefix(hash_, "piece", step)
        return [job_id for job_id in self._jobs_at_work() if job_id.startswith(prefix)]

    def _jobs_at_work(self) -> set[str]:
        return set().union(*map(_jobs_of, self._queues.values()))

    def oldest_s(self) -> dict[QueueName, float]:
        return {name: self._waited_s(queue) for name, queue in self._queues.items()}

    def _waited_s(self, queue: Queue) -> float:
        """RQ adds at the end: who stands first has waited longest."""
        for job_id in queue.get_job_ids(0, 1):
            try:
                since = Job.fetch(job_id, connection=self._redis).enqueued_at
            except NoSuchJobError:
                continue
            return (datetime.now(UTC) - since).total_seconds() if since else 0.0
        return 0.0


def _prefix(hash_: str, what: str, step: str) -> str:
    """How the ids of such jobs begin; RQ takes no dots in them."""
    return f"{hash_}-{what}-{step.replace('.', '_')}-"


def _jobs_of(queue: Queue) -> set[str]:
    # A job that is started but not in the registry any more belongs to a worker that stopped reporting; the
    # registry drops those whose time is over when it is asked with cleanup, or enqueues them again.
    started = StartedJobRegistry(queue=queue).get_job_ids(cleanup=True)
    taken = (job_id for job_id in queue.intermediate_queue.get_job_ids() if _may_begin(queue, job_id))
    return {*started, *queue.job_ids, *taken}


def _may_begin(queue: Queue, job_id: str) -> bool:
    """Whether the worker that took this job may still be about to begin it. RQ notes when one of them first saw a
    job between queue and registry, and gives it up after a minute; a death just then is noticed sooner here."""
    first_seen = queue.intermediate_queue.get_first_seen(job_id)
    return first_seen is None or (datetime.now(UTC) - first_seen).total_seconds() < _BEGINS_WITHIN_S


class ListJobQueue:
    """The fake that ships with the interface: jobs in a list, which no worker takes. `workers_of` says how many
    workers each queue seems to have."""

    def __init__(self) -> None:
        self.jobs: list[tuple[QueueName, str]] = []
        self.pieces: list[tuple[str, str, int]] = []
        self.after_pieces: list[tuple[QueueName, str, str]] = []
        self.workers_of = dict.fromkeys(QueueName, 1)

    def enqueue(self, queue: QueueName, hash_: str) -> None:
        self.jobs.append((queue, hash_))

    def enqueue_pieces(self, queue: QueueName, hash_: str, step: str, numbers: Sequence[int]) -> None:
        self.pieces += [(hash_, step, number) for number in numbers]

    def enqueue_after(self, queue: QueueName, hash_: str, step: str) -> None:
        if (queue, hash_, step) not in self.after_pieces:
            self.after_pieces.append((queue, hash_, step))

    def has_pieces(self, hash_: str, step: str) -> bool:
        return any((hash_, step) == (whose, what) for whose, what, _ in self.pieces)

    def hashes_at_work(self) -> set[str]:
        return {hash_ for _, hash_ in self.jobs} | {hash_ for hash_, _, _ in self.pieces}

    def lengths(self) -> dict[QueueName, int]:
        return {name: sum(queue == name for queue, _ in self.jobs) for name in QueueName}

    def oldest_s(self) -> dict[QueueName, float]:
        return dict.fromkeys(QueueName, 0.0)

    def workers(self) -> dict[QueueName, int]:
        return self.workers_of

    def ahead_of(self, queue: QueueName, hash_: str) -> int:
        waiting = list(dict.fromkeys(whose for name, whose in self.jobs if name == queue))
        return waiting.index(hash_) if hash_ in waiting else 0

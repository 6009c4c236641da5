"""RQ out: what workers run, which queues they look at, and how work outlives a worker.

A worker can die in three ways. An exception is caught in services/process.py and ends in the record. A work-horse
that is killed (out of memory) is reported to `handle_work_horse_killed`. A worker that vanishes stops its
heartbeat, and the others' recovery finds what it had within seconds.
"""

import ctypes
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from types import FrameType
from typing import Any

from redis import Redis
from rq import Worker, get_current_job
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue

from mediacrush import logs
from mediacrush.backends import Backends, connect_backends
from mediacrush.database.connection import connect_queue_redis
from mediacrush.errors import BackendUnavailable
from mediacrush.job_queue import PIECE_TASK, REQUEST_META, QueueName
from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.pipeline.run import prepare_sandbox
from mediacrush.pipeline.tools import Tools, compile_picture_tool, find_tools
from mediacrush.services import pieces, process
from mediacrush.settings import load_settings

log = logging.getLogger(__name__)

_HEARTBEAT_S = 5
# Two heartbeats may be late before a worker counts as dead.
_DEAD_AFTER_S = 3 * _HEARTBEAT_S
_RECOVERY_INTERVAL_S = 5
# RQ waits this long, less 15 s, for a job before it looks at its maintenance again.
_WORKER_TTL_S = 20
_PR_SET_PDEATHSIG = 1


@cache
def _world() -> tuple[Backends, Tools]:
    """What jobs work with, connected once in a worker before it forks its first work-horse."""
    settings = load_settings()
    return connect_backends(settings), find_tools(settings)


def process_media(hash_: str, queue: str) -> None:
    """The task of every queue."""
    backends, tools = _world()
    with _for_request_of(get_current_job()), _counted(backends, hash_, queue):
        process.process_media(backends, tools, hash_, QueueName(queue))


def _for_request_of(job: Job | None) -> AbstractContextManager[None]:
    """What is logged and enqueued inside belongs to the request that this job works for."""
    return logs.for_request(job.meta.get(REQUEST_META, "") if job else "")


@contextmanager
def _counted(backends: Backends, hash_: str, what: str) -> Iterator[None]:
    """Log the job, and count its seconds by the kind of its media and by what the record says afterwards: a
    failure, `done`, or `ready` and `processing` where another job goes on."""
    begun = time.monotonic()
    log.info("%s: a job begins: %s", hash_, what)
    try:
        yield
    except BackendUnavailable as error:
        log.warning("%s: must wait: %s", hash_, error)
        _count(backends, "unknown", "unavailable", begun)
        raise
    with suppress(BackendUnavailable):
        kind, result = _outcome(backends, hash_)
        _count(backends, kind, result, begun)
        log.info("%s: the job ends after %.2f s: %s", hash_, time.monotonic() - begun, result)


def _outcome(backends: Backends, hash_: str) -> tuple[str, str]:
    """Kind and result of a job, as they are counted."""
    media = backends.media.get(hash_)
    if media is not None:
        return media.blob_type, media.status
    return ("album", "done") if backends.albums.has_any([hash_]) else ("unknown", "gone")


def _count(backends: Backends, kind: str, result: str, begun: float) -> None:
    """Counting must not fail a job."""
    with suppress(BackendUnavailable):
        backends.statistics.count_job(kind, result, time.monotonic() - begun)


def make_piece(hash_: str, step: str, number: int) -> None:
    """The task of a piece of a split film."""
    backends, tools = _world()
    with _for_request_of(get_current_job()), _counted(backends, hash_, f"{step}, piece {number}"):
        pieces.make_piece(backends, tools, hash_, step, number)


def _hash_of(job: Job) -> str:
    return job.id[:HASH_LENGTH]


class MediaWorker(Worker):
    """An RQ worker that notices deaths in seconds and, told to stop, puts back what it has at once."""

    def __init__(self, queues: Iterable[str], connection: "Redis") -> None:
        super().__init__(
            list(queues),
            connection=connection,
            worker_ttl=_WORKER_TTL_S,
            maintenance_interval=_RECOVERY_INTERVAL_S,
            job_monitoring_interval=_HEARTBEAT_S,
            log_job_description=True,
        )
        self._running: Job | None = None
        self._begun = 0.0

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds until a job whose heartbeat stopped counts as abandoned (RQ's own are 60 more)."""
        return _DEAD_AFTER_S

    def run_maintenance_tasks(self) -> None:
        """RQ's, and our recovery."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        try:
            process.recover(_world()[0])
        except BackendUnavailable as error:
            log.warning("recovery must wait: %s", error)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run one job in a work-horse."""
        self._running, self._begun = job, time.monotonic()
        try:
            super().execute_job(job, queue)
        finally:
            self._running = None

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the work-horse: die with the worker, or a killed worker's job would go on beside its successor."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        super().main_work_horse(job, queue)

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: Any) -> None:
        """The work-horse died. If this worker did not kill it, take the media up again; a piece RQ tries again by
        itself, and once more where the worker is what stopped."""
        if not self._stop_requested:
            _count(_world()[0], "unknown", "killed", self._begun)
        if job.func_name == PIECE_TASK:
            job.retries_left = (job.retries_left or 0) + int(self._stop_requested)
        elif not self._stop_requested:
            with _for_request_of(job):
                process.resume(_world()[0], _hash_of(job))

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: put the running job back, end its work-horse, stop."""
        job = self._running
        if job is None:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
            return
        self._stop_requested = True
        if self.horse_pid:
            self.kill_horse(signal.SIGKILL)
        if job.func_name != PIECE_TASK:
            with _for_request_of(job):
                process.hand_back(_world()[0], _hash_of(job), QueueName(job.origin))
        if not self.horse_pid:
            raise StopRequested  # the job was taken from its queue, but no work-horse has it yet


def _remove_abandoned_workdirs(backends: Backends) -> None:
    """Job folders of processes that are no more: their names begin with the process's number."""
    for folder in backends.settings.work_dir.iterdir():
        pid = folder.name.partition(".")[0]
        if not (pid.isdigit() and _is_alive(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def run_worker(queues: Iterable[str]) -> None:
    """Work on these queues, first one first, until told to stop."""
    backends, tools = _world()
    logs.configure(backends.settings.log_format)
    compile_picture_tool()
    # Here, before any fork, so that the work-horses know by then what works.
    if note := prepare_sandbox(tools, backends.settings.sandbox):
        log.warning(note)
    _remove_abandoned_workdirs(backends)
    MediaWorker(queues, connect_queue_redis(backends.settings.effective_redis_url)).work(logging_level="WARNING")

"""What is counted of the whole site: jobs and what they published, by whatever worker on whatever machine.

    statistics   hash: `jobs:<kind>:<result>:<bucket>` how many took so many seconds, `seconds:<kind>:<result>` of
                 all of them; `files:<kind>:<role>` and `bytes:<kind>:<role>` of what was published. Some hundred
                 fields, however many media there are.

A work-horse lives for one job, so what it counts must be kept elsewhere at once.
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable

_KEY = "statistics"
# Seconds; a job that takes longer than the last is in a bucket of its own.
BUCKETS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """Jobs of one kind and result: how many fell in each of BUCKETS_S, and beyond, and their seconds together."""

    counts: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Files of one kind of media and one role."""

    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Everything counted: jobs by kind and result, files by kind of media and role."""

    jobs: dict[tuple[str, str], JobTimes]
    published: dict[tuple[str, str], Published]


@reports_unavailable
class Statistics:
    """Counts and reads. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis, impatient: Redis) -> None:
        self._redis = redis
        self._impatient = impatient

    def ping(self) -> None:
        """Raises BackendUnavailable when Redis does not answer within two seconds."""
        self._impatient.ping()

    def count_job(self, kind: str, result: str, seconds: float) -> None:
        """A job of this kind ended so after so many seconds."""
        with self._redis.pipeline() as pipeline:
            pipeline.hincrby(_KEY, f"jobs:{kind}:{result}:{bisect_left(BUCKETS_S, seconds)}", 1)
            pipeline.hincrbyfloat(_KEY, f"seconds:{kind}:{result}", seconds)
            pipeline.execute()

    def count_published(self, kind: str, sizes_by_role: list[tuple[str, int]]) -> None:
        """Files were published for a media of this kind: the role and bytes of each."""
        with self._redis.pipeline() as pipeline:
            for role, size_bytes in sizes_by_role:
                pipeline.hincrby(_KEY, f"files:{kind}:{role}", 1)
                pipeline.hincrby(_KEY, f"bytes:{kind}:{role}", size_bytes)
            pipeline.execute()

    def totals(self) -> Totals:
        """All of it, in one round trip."""
        # redis-py's types do not know that this client decodes every answer.
        fields = cast("dict[str, str]", self._redis.hgetall(_KEY))
        counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        for name, value in fields.items():
            what, *labels = name.split(":")
            if what == "jobs":
                kind, result, bucket = labels
                counts[kind, result][int(bucket)] = int(value)
        jobs = {
            (kind, result): JobTimes(counts=tuple(found), seconds=float(fields[f"seconds:{kind}:{result}"]))
            for (kind, result), found in counts.items()
        }
        published = {
            (kind, role): Published(files=int(value), size_bytes=int(fields[f"bytes:{kind}:{role}"]))
            for (what, kind, role), value in ((name.split(":")[:3], value) for name, value in fields.items())
            if what == "files"
        }
        return Totals(jobs=jobs, published=published)

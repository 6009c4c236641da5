"""What visitors tell the operator.

reports:<hash>   hash: reason -> how often; expires a year after the last
reported         sorted set of hashes by how often they were reported
feedback         list of JSON {"time", "text"}, newest first, the last 10,000
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable

_REPORT_KEPT_S = 365 * 24 * 3600
_FEEDBACK_KEPT = 10_000
_REPORTED, _FEEDBACK = "reported", "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How often each reason was given for one media or album."""

    hash: str
    reasons: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One visitor's words; `time` is seconds since 1970."""

    time: float
    text: str


@reports_unavailable
class ModerationRepository:
    """Reads and writes reports and feedback. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add_report(self, hash_: str, reason: str) -> None:
        """Count a report."""
        with self._redis.pipeline() as pipeline:
            pipeline.hincrby(f"reports:{hash_}", reason, 1)
            pipeline.expire(f"reports:{hash_}", _REPORT_KEPT_S)
            pipeline.zincrby(_REPORTED, 1, hash_)
            pipeline.execute()

    def reports(self) -> Iterator[Report]:
        """Everything that is reported, the most often first."""
        # redis-py's types do not know that this client decodes every answer.
        for hash_ in cast("list[str]", self._redis.zrevrange(_REPORTED, 0, -1)):
            reasons = cast("dict[str, str]", self._redis.hgetall(f"reports:{hash_}"))
            if reasons:
                yield Report(hash=hash_, reasons={name: int(count) for name, count in reasons.items()})
            else:
                self._redis.zrem(_REPORTED, hash_)

    def count_reported(self) -> int:
        """How many media and albums are reported."""
        return self._redis.zcard(_REPORTED)

    def count_feedback(self) -> int:
        """How much of what visitors wrote is kept."""
        return self._redis.llen(_FEEDBACK)

    def settle_reports(self, hash_: str) -> None:
        """The operator has dealt with it."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(f"reports:{hash_}")
            pipeline.zrem(_REPORTED, hash_)
            pipeline.execute()

    def add_feedback(self, text: str) -> None:
        """Keep what a visitor wrote."""
        with self._redis.pipeline() as pipeline:
            pipeline.lpush(_FEEDBACK, json.dumps({"time": round(time.time()), "text": text}))
            pipeline.ltrim(_FEEDBACK, 0, _FEEDBACK_KEPT - 1)
            pipeline.execute()

    def feedback(self) -> Iterator[Feedback]:
        """What visitors wrote, newest first."""
        for entry in cast("list[str]", self._redis.lrange(_FEEDBACK, 0, -1)):
            yield Feedback(**json.loads(entry))

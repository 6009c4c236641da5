"""What the operator wants to know of the site at once."""

import heapq
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from mediacrush.backends import Backends
from mediacrush.database.census import Entry
from mediacrush.job_queue import QueueName

LAST_FAILURES = 20
_DAY_S = 24 * 3600


@dataclass(slots=True, kw_only=True)
class Stored:
    """How many media, the bytes that came, and the bytes that were made of them."""

    count: int = 0
    size_bytes: int = 0
    published_bytes: int = 0

    def add(self, entry: Entry) -> None:
        """One more."""
        self.count += 1
        self.size_bytes += entry.size_bytes
        self.published_bytes += entry.published_bytes


@dataclass(slots=True, kw_only=True)
class Report:
    """Media that are shown, by kind; those that came in the last day and week; all by status; the last failures,
    newest first (they are kept for a week); what waits, for how long in seconds, and who works."""

    all: Stored = field(default_factory=Stored)
    kinds: dict[str, Stored] = field(default_factory=lambda: defaultdict(Stored))
    day: Stored = field(default_factory=Stored)
    week: Stored = field(default_factory=Stored)
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[Entry] = field(default_factory=list)
    waiting: dict[QueueName, int]
    oldest_s: dict[QueueName, float]
    workers: dict[QueueName, int]
    reported: int
    feedback: int


def report(backends: Backends) -> Report:
    """Read everything once, in memory that does not grow with it."""
    found = Report(
        waiting=backends.jobs.lengths(),
        oldest_s=backends.jobs.oldest_s(),
        workers=backends.jobs.workers(),
        reported=backends.moderation.count_reported(),
        feedback=backends.moderation.count_feedback(),
    )
    now = time.time()
    # Failures by time, the oldest on top, where it is the first to go.
    newest: list[tuple[float, str, Entry]] = []
    for entry in backends.census.entries():
        found.statuses[entry.status] += 1
        if entry.status.is_failure:
            keep = heapq.heappushpop if len(newest) == LAST_FAILURES else heapq.heappush
            keep(newest, (entry.created_at, entry.hash, entry))
            continue
        periods = [p for p, days in ((found.day, 1), (found.week, 7)) if now - entry.created_at < days * _DAY_S]
        for stored in (found.all, found.kinds[entry.kind], *periods):
            stored.add(entry)
    found.failures = [entry for _, _, entry in sorted(newest, reverse=True)]
    return found

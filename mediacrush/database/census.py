"""Every record of media, one after the other and only what the operator's report adds up.

For the operator's commands, not for a request: one SCAN over all there is, some hundred records a round trip, none
of them kept. docs/performance.md says what a million take, during which the site goes on.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable
from mediacrush.database.records import DELETING
from mediacrush.model.media import Status

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One media: the bytes that were uploaded, and those of all that was published."""

    hash: str
    kind: str
    status: Status
    created_at: float
    size_bytes: int
    published_bytes: int
    message: str | None


@reports_unavailable
class Census:
    """Reads all records. Raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def entries(self) -> Iterator[Entry]:
        """Every media that is not being deleted; one that is written meanwhile may come twice or not at all."""
        keys = self._redis.scan_iter("media:*", count=_AT_ONCE)
        while batch := list(islice(keys, _AT_ONCE)):
            with self._redis.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.hgetall(key)
                for key, record in zip(batch, pipeline.execute(), strict=True):
                    if record.get("status", DELETING) != DELETING:
                        yield _entry(str(key).removeprefix("media:"), cast("dict[str, str]", record))


def _entry(hash_: str, record: dict[str, str]) -> Entry:
    files = (json.loads(value) for name, value in record.items() if name.startswith("file:"))
    return Entry(
        hash=hash_,
        kind=record["blob_type"],
        status=Status(record["status"]),
        created_at=float(record["created_at"]),
        size_bytes=int(record["size_bytes"]),
        published_bytes=sum(file["size_bytes"] for file in files),
        message=record.get("message"),
    )

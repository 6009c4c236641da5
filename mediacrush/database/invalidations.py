"""What the CDN has still to be told.

    stale   sorted set of hashes by time in ms: the CDN may hold files of theirs that are gone or were replaced

It is noted before the files go, so that it is known whoever dies in between.
"""

import time

from redis import Redis

from mediacrush.database.connection import reports_unavailable

_STALE = "stale"


@reports_unavailable
class Invalidations:
    """Remembers what is owed to the CDN. Every method raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def owe(self, hash_: str) -> None:
        """The CDN must forget the files of this hash."""
        self._redis.zadd(_STALE, {hash_: _now_ms()})

    def settle(self, hash_: str) -> None:
        """The CDN was told."""
        self._redis.zrem(_STALE, hash_)

    def owed(self, settled_s: float = 0) -> list[str]:
        """Hashes that it must be told of for at least this many seconds, oldest first."""
        until = _now_ms() - int(settled_s * 1000)
        return [str(hash_) for hash_ in self._redis.zrange(_STALE, 0, until, byscore=True)]


def _now_ms() -> int:
    return int(time.time() * 1000)

"""Who copies what to another storage (services/move.py).

    moving:<hash>    string: who copies the files of this hash

A name is not free before the copying of what is deleted there has ended.
"""

from redis import Redis

from mediacrush.database.connection import reports_unavailable

# Longer than copying the files of one media takes; whoever is killed meanwhile keeps others from it for as long.
_MOVE_S = 3600


@reports_unavailable
class Moves:
    """Claims on the files of a hash. Every method raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def claim(self, hash_: str, holder: str) -> str:
        """Be the one who copies the files of this hash to another storage, for an hour at most; who is."""
        before = self._redis.set(f"moving:{hash_}", holder, nx=True, get=True, ex=_MOVE_S)
        return str(before or holder)

    def end(self, hash_: str) -> None:
        """The files of this hash are where they belong."""
        self._redis.delete(f"moving:{hash_}")

    def is_moving(self, hash_: str) -> bool:
        """Whether somebody copies files of this hash: until then its name must not be free for others."""
        return bool(self._redis.exists(f"moving:{hash_}"))

"""What a database that fails over may promise.

Replicas follow asynchronously: what the server answered last can be gone with it. So before something is promised
to an uploader, or files are removed for good, a second server must have it too.
"""

from typing import cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable
from mediacrush.errors import BackendUnavailable

# Replicas acknowledge within milliseconds; one that starts anew, within seconds.
_WAIT_MS = 5000
_MARK = "confirmed"


@reports_unavailable
class Durability:
    """Waits for `replicas` of the server to have what it has; for none where a single server keeps its word by
    writing to disk."""

    def __init__(self, redis: Redis, replicas: int) -> None:
        self._redis = redis
        self._replicas = replicas

    def has_owner(self, hash_: str, claim: str) -> bool:
        """Whether this claim on a media is safe, and with it the record, which was written before it. Raises
        BackendUnavailable when there are too few replicas to tell, as the next one does."""
        return self._held(f"owners:{hash_}", claim) is not None

    def has_status(self, hash_: str, status: str) -> bool:
        """Whether it is safe that the record says so."""
        return self._held(f"media:{hash_}", "status") == status

    def _held(self, key: str, field: str) -> str | None:
        """What the field of a hash holds, once as many replicas hold it.

        One pipeline, hence one server: should another have taken over since the field was written, this is the one
        that is asked. WAIT waits for what its own connection wrote; writes travel in one stream, so with the mark
        everything before it has arrived.
        """
        if not self._replicas:
            # redis-py's types do not know that this client decodes every answer.
            return cast("str | None", self._redis.hget(key, field))
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hget(key, field)
            pipeline.set(_MARK, "")
            pipeline.wait(self._replicas, _WAIT_MS)
            found, _, reached = pipeline.execute()
        if reached < self._replicas:
            raise BackendUnavailable("This cannot be kept safe right now; please try again.")
        return None if found is None else str(found)

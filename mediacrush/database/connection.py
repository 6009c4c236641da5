"""Connecting to Redis (or Valkey), and turning its errors into ours at the border."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, ParamSpec, TypeVar

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection

from mediacrush import metrics
from mediacrush.errors import BackendUnavailable
from mediacrush.model.sentinel import is_sentinel, parse_sentinel

_CONNECT_TIMEOUT_S = 5
# A fsync of the append-only file on a busy disk can take seconds; a dead server takes for ever.
_ANSWER_TIMEOUT_S = 15
# Sentinels call a server dead that is silent for five seconds (config/sentinel.conf); then there is another.
_FAILOVER_CONNECT_S, _FAILOVER_ANSWER_S = 2, 6
# Whoever asks only whether it is there.
_IMPATIENT_S = 2
# A Sentinel has its answer in memory, and the next one knows the same.
_SENTINEL_TIMEOUT_S = 1

# A server that is away, loading its data, full or a replica. Other errors are mistakes of ours, and say so.
UNAVAILABLE = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def connect_redis(url: str, *, is_patient: bool = True) -> "Redis":
    """A client for the server at `url` (redis://, rediss://, unix://, or redis+sentinel://). Connects on first use;
    where it is not patient it says soon that nobody answers."""
    if not is_patient:
        return _connect(
            url,
            decode_responses=True,
            socket_connect_timeout=_IMPATIENT_S,
            socket_timeout=_IMPATIENT_S,
            retry=Retry(NoBackoff(), retries=0),
        )
    if is_sentinel(url):
        return _connect(url, decode_responses=True, **_failover_options())
    return _connect(
        url,
        decode_responses=True,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        socket_timeout=_ANSWER_TIMEOUT_S,
        retry=Retry(ExponentialBackoff(cap=1), retries=3),
    )


def connect_queue_redis(url: str) -> "Redis":
    """A client for RQ, which wants bytes and, of a worker, sets its own timeouts."""
    if is_sentinel(url):
        return _connect(url, **_failover_options())
    return _connect(url, socket_connect_timeout=_CONNECT_TIMEOUT_S)


def replicas_to_wait_for(url: str) -> int:
    """How many further servers must have a write before it is safe: one where the server can be replaced."""
    return 1 if is_sentinel(url) else 0


class _MasterConnection(SentinelManagedConnection):
    """A connection to whoever is master. One that has no replica takes no writes (`min-replicas-to-write`): that
    was not done, and is worth another try as much as a connection that broke."""

    def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        """Redis-py (8.1) comes here past `connect` when it tries a command again, and would go on knocking at the
        address that the connection had. With `retry_socket_connect` it is not `connect` that calls."""
        if retry_socket_connect:
            self._connect_retry()  # type: ignore[no-untyped-call]
        else:
            super().connect_check_health(check_health, retry_socket_connect)

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Redis-py's."""
        try:
            return super().read_response(*args, **kwargs)
        except ResponseError as error:
            if str(error).startswith("NOREPLICAS"):
                raise RedisConnectionError("The master has no replica.") from error
            raise


def _connect(url: str, **options: Any) -> "Redis":
    if not is_sentinel(url):
        return Redis.from_url(url, **options)
    address = parse_sentinel(url)
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        address.hosts,
        sentinel_kwargs={
            "username": address.sentinel_username,
            "password": address.sentinel_password,
            "socket_connect_timeout": _SENTINEL_TIMEOUT_S,
            "socket_timeout": _SENTINEL_TIMEOUT_S,
            "retry": Retry(NoBackoff(), retries=0),
        },
    )
    master: Redis = sentinels.master_for(  # type: ignore[no-untyped-call]
        address.service,
        connection_class=_MasterConnection,
        db=address.db,
        username=address.username,
        password=address.password,
        **options,
    )
    return master


def _failover_options() -> dict[str, Any]:
    """A machine that vanishes says nothing, so nobody waits for it without a limit; and nine seconds of tries are
    longer than Sentinels take."""
    return {
        "socket_connect_timeout": _FAILOVER_CONNECT_S,
        "socket_timeout": _FAILOVER_ANSWER_S,
        "retry": Retry(ExponentialBackoff(base=0.1, cap=2), retries=8),
    }


def reports_unavailable(cls: C) -> C:
    """Class decorator: what goes wrong with Redis inside a public method is raised as BackendUnavailable."""
    for name, method in list(vars(cls).items()):
        if callable(method) and not name.startswith("_"):
            setattr(cls, name, _reported_generator(method) if isgeneratorfunction(method) else _reported(method))
    return cls


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except UNAVAILABLE as error:
        metrics.BACKEND_ERRORS.labels("redis").inc()
        raise BackendUnavailable("The database does not answer right now; please try again.") from error


def _reported(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with _translated():
            return method(*args, **kwargs)

    return call


def _reported_generator(method: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        with _translated():
            yield from method(*args, **kwargs)

    return call

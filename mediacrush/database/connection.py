"""Connecting to Redis (or Valkey), and turning its errors into ours at the border."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import ParamSpec, TypeVar

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from mediacrush import metrics
from mediacrush.errors import BackendUnavailable

_CONNECT_TIMEOUT_S = 5
# A fsync of the append-only file on a busy disk can take seconds; a dead server takes for ever.
_ANSWER_TIMEOUT_S = 15
# Whoever asks only whether it is there.
_IMPATIENT_S = 2

# A server that is away, loading its data, full or a replica. Other errors are mistakes of ours, and say so.
UNAVAILABLE = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def connect_redis(url: str, *, is_patient: bool = True) -> "Redis":
    """A client for the server at `url` (redis://, rediss:// or unix://). Connects on first use; where it is not
    patient it says soon that nobody answers."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_CONNECT_TIMEOUT_S if is_patient else _IMPATIENT_S,
        socket_timeout=_ANSWER_TIMEOUT_S if is_patient else _IMPATIENT_S,
        retry=Retry(ExponentialBackoff(cap=1), retries=3 if is_patient else 0),
    )


def connect_queue_redis(url: str) -> "Redis":
    """A client for RQ, which wants bytes and sets its own timeouts."""
    return Redis.from_url(url, socket_connect_timeout=_CONNECT_TIMEOUT_S)


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

"""How much one may do in a while."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from mediacrush.database.connection import connect_redis
from mediacrush.database.rate_limits import RateLimits
from mediacrush.errors import BackendUnavailable


@pytest.fixture
def limits(redis: "Redis", redis_url: str) -> RateLimits:
    """Counters that all stand at zero."""
    return RateLimits(connect_redis(redis_url))


def test_what_is_left_can_be_taken(limits: RateLimits) -> None:
    """Until the limit is reached there is no wait; from then on there is."""
    waits = [limits.take("upload", "ann", 30, limit=100, window_s=60) for _ in range(6)]
    assert waits[:4] == [0, 0, 0, 0]
    assert all(0 < wait <= 60 for wait in waits[4:])


def test_the_one_that_crosses_the_limit_passes(limits: RateLimits) -> None:
    """Something larger than the whole limit is let through once: otherwise it never could be."""
    assert limits.take("upload", "ann", 10**12, limit=100, window_s=60) == 0
    assert limits.take("upload", "ann", 1, limit=100, window_s=60) > 0


def test_a_limit_reached_exactly_is_used_up(limits: RateLimits) -> None:
    """Exactly the limit passes, and leaves nothing."""
    assert limits.take("upload", "ann", 100, limit=100, window_s=60) == 0
    assert limits.take("upload", "ann", 1, limit=100, window_s=60) > 0


def test_a_limit_of_zero_allows_nothing(limits: RateLimits) -> None:
    """Where nothing is allowed, the first is refused already, with a time to wait."""
    assert limits.take("upload", "ann", 1, limit=0, window_s=60) > 0


def test_clients_and_actions_are_counted_apart(limits: RateLimits) -> None:
    """What one client used up of one action is used up for neither another client nor another action."""
    limits.take("upload", "ann", 100, limit=100, window_s=60)
    assert limits.take("upload", "bob", 1, limit=100, window_s=60) == 0
    assert limits.take("feedback", "ann", 1, limit=100, window_s=60) == 0
    assert limits.take("upload", "ann", 1, limit=100, window_s=60) > 0


def test_the_wait_is_what_is_left_of_the_window(limits: RateLimits, redis: "Redis") -> None:
    """The seconds to wait are those until the window ends: fewer as time passes, never less than one."""
    limits.take("upload", "ann", 100, limit=100, window_s=3600)
    redis.expire("limit:upload:ann", 1800)
    assert 1790 <= limits.take("upload", "ann", 1, limit=100, window_s=3600) <= 1800
    redis.pexpire("limit:upload:ann", 400)
    assert limits.take("upload", "ann", 1, limit=100, window_s=3600) == 1


def test_taking_more_does_not_lengthen_the_window(limits: RateLimits, redis: "Redis") -> None:
    """The window begins with the first and ends when it said it would, whatever is taken or refused in it."""
    limits.take("upload", "ann", 1, limit=2, window_s=3600)
    redis.expire("limit:upload:ann", 100)
    for _ in range(3):
        limits.take("upload", "ann", 1, limit=2, window_s=3600)
    assert 90 <= redis.ttl("limit:upload:ann") <= 100


def test_a_new_window_begins_at_zero(limits: RateLimits, redis: "Redis") -> None:
    """When the window is over everything can be taken again."""
    limits.take("upload", "ann", 100, limit=100, window_s=1)
    assert limits.take("upload", "ann", 1, limit=100, window_s=1) == 1
    time.sleep(1.05)
    assert set(redis.keys()) <= {"versions"}
    assert limits.take("upload", "ann", 1, limit=100, window_s=1) == 0


def test_a_counter_always_ends(limits: RateLimits, redis: "Redis") -> None:
    """Even a counter that lost its end gets one, so that nobody is locked out for ever."""
    redis.set("limit:upload:ann", 1)
    limits.take("upload", "ann", 1, limit=100, window_s=60)
    assert 0 < redis.ttl("limit:upload:ann") <= 60


def test_a_full_counter_always_ends(limits: RateLimits, redis: "Redis") -> None:
    """A counter that lost its end when it was full already does not refuse for ever either."""
    redis.set("limit:upload:ann", 100)
    limits.take("upload", "ann", 1, limit=100, window_s=60)
    assert 0 < redis.ttl("limit:upload:ann") <= 60


def test_many_at_once_do_not_pass_the_limit(limits: RateLimits) -> None:
    """Of twenty that come at the same moment, as many pass as the limit allows."""
    barrier = threading.Barrier(20)

    def take(_: int) -> int:
        barrier.wait()
        return limits.take("upload", "ann", 1, limit=7, window_s=60)

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(take, range(20))).count(0) == 7


def test_a_server_that_is_away_is_reported(tmp_path: Path) -> None:
    """Where nothing listens, BackendUnavailable is raised, not a wait."""
    with pytest.raises(BackendUnavailable):
        RateLimits(connect_redis(f"unix://{tmp_path}/s")).take("upload", "ann", 1, limit=1, window_s=1)

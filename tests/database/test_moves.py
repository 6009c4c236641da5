"""Claims on files that are copied, on a real server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediacrush.database.connection import connect_redis
from mediacrush.database.moves import Moves
from mediacrush.errors import BackendUnavailable

NAME = "CPvuR5lRhmS0"


def test_one_at_a_time_holds_a_hash(redis: "Redis", redis_url: str) -> None:
    """The first one who asks, until it ends; who asks meanwhile learns who it is. A holder that dies lets go."""
    moves = Moves(connect_redis(redis_url))
    assert not moves.is_moving(NAME)
    assert moves.claim(NAME, "one:1") == "one:1"
    assert moves.claim(NAME, "two:2") == "one:1"
    assert moves.is_moving(NAME)
    assert 0 < redis.ttl(f"moving:{NAME}") <= 3600
    moves.end(NAME)
    assert not moves.is_moving(NAME)
    assert moves.claim(NAME, "two:2") == "two:2"


@pytest.mark.parametrize(
    "use", [lambda moves: moves.claim(NAME, "one:1"), lambda moves: moves.end(NAME), lambda m: m.is_moving(NAME)]
)
def test_a_server_that_is_away_is_reported(tmp_path: Path, use: Callable[[Moves], object]) -> None:
    """As BackendUnavailable."""
    impatient = Retry(NoBackoff(), retries=0)
    with pytest.raises(BackendUnavailable):
        use(Moves(Redis.from_url(f"unix://{tmp_path}/s", decode_responses=True, retry=impatient)))

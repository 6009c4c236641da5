"""What is owed to the CDN, without a server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediacrush.database.invalidations import Invalidations
from mediacrush.errors import BackendUnavailable

NAME = "CPvuR5lRhmS0"


@pytest.mark.parametrize(
    "use", [lambda owed: owed.owe(NAME), lambda owed: owed.settle(NAME), lambda owed: owed.owed()]
)
def test_a_server_that_is_away_is_reported(tmp_path: Path, use: Callable[[Invalidations], object]) -> None:
    """As BackendUnavailable."""
    impatient = Retry(NoBackoff(), retries=0)
    with pytest.raises(BackendUnavailable):
        use(Invalidations(Redis.from_url(f"unix://{tmp_path}/s", decode_responses=True, retry=impatient)))

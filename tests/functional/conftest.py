"""One site for all tests that do not break it."""

from collections.abc import Iterator

import pytest

from tests.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as `make run` starts it."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site

"""What the corpus does otherwise than other tests: files are worked on ahead, so no test may empty the database."""

import pytest

from mediacrush.pipeline.tools import Tools, find_tools
from mediacrush.settings import Settings


@pytest.fixture
def tools() -> Tools:
    """The real programs, without the database that the common fixture empties."""
    return find_tools(Settings())

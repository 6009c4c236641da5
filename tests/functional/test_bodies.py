"""The two ways that a body takes, whole: through nginx, which writes it to a file, and straight to gunicorn."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.edge import Edge
from tests.site import Answer, Site
from tests.web.bodies import BODIES


@pytest.fixture(scope="module")
def ways(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Edge, Site]]:
    """A site behind nginx, and another one that anybody reaches."""
    folder = tmp_path_factory.mktemp("bodies")
    with (
        Edge(folder / "edge", folder, REDIS_URL=redis_url) as edge,
        Site(folder / "straight") as straight,
    ):
        yield edge, straight


def _came_to(answer: Answer) -> tuple[int, Any]:
    """What became of it: the file's name, or the whole error."""
    return answer.status, answer.json["hash"] if answer.status == HTTPStatus.OK else answer.json


@pytest.mark.parametrize("name", BODIES)
def test_both_ways_take_the_same(ways: tuple[Edge, Site], name: str) -> None:
    """And refuse the same, in the same words."""
    kind, body = BODIES[name]
    came_to = [_came_to(way.request("POST", "/api/upload/file", body, Content_Type=kind)) for way in ways]
    assert came_to[0] == came_to[1]

"""How long answers may be kept, how they are told apart and packed (behind nginx: functional/test_edge.py)."""

import gzip
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.model.media import Status
from mediacrush.web.caching import KEPT
from tests.web.records import FILM, PHOTO, keep

_NGINX = {"Surrogate-Capability": 'nginx="stale-while-revalidate"'}


def test_only_a_cache_that_says_it_can_is_told_to_show_the_old_page_for_longer(
    client: FlaskClient, backends: Backends
) -> None:
    """A browser would obey too, and show its owner the page of before the edit."""
    path = f"/{keep(backends, PHOTO)}"
    for address in (path, f"/api{path}", "/" + "n" * 12):
        told = client.get(address, headers=_NGINX).headers["Cache-Control"]
        assert told == f"{KEPT}, stale-while-revalidate=1"
        assert client.get(address).headers["Cache-Control"] == KEPT


def test_what_will_change_is_not_kept(client: FlaskClient, backends: Backends) -> None:
    """While more files come, whoever is told of them by `status` must find them; no errors and no tokens either."""
    hash_ = keep(backends, replace(FILM, status=Status.READY))
    assert client.get(f"/api/{hash_}").headers["Cache-Control"] == "no-cache"
    assert client.get(f"/api/{hash_}/status").headers["Cache-Control"] == "no-cache"
    assert client.get("/api/nnnnnnnnnnnn").headers["Cache-Control"] == "no-store"
    assert client.post("/api/feedback", data={"feedback": "x"}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_pages_are_packed_for_whoever_unpacks_them(
    client: FlaskClient, backends: Backends, accepted: str, is_packed: bool
) -> None:
    """The bytes of the two forms are the same page; kept pages are not mixed up."""
    path = f"/{keep(backends, PHOTO)}"
    plain = client.get(path)
    for _ in range(2):
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in answer.headers) is is_packed
        assert (gzip.decompress(answer.data) if is_packed else answer.data) == plain.data
        assert (answer.headers["ETag"] == plain.headers["ETag"]) is not is_packed


def test_the_api_answers_304_to_whoever_has_the_answer(client: FlaskClient, backends: Backends) -> None:
    """Until it changes."""
    path = f"/api/{keep(backends, PHOTO)}"
    tag = {"If-None-Match": client.get(path).headers["ETag"]}
    assert client.get(path, headers=tag).status_code == 304
    media = backends.media.get(PHOTO.hash)
    assert media is not None
    backends.media.update(media, title="Another")
    assert client.get(path, headers=tag).status_code == 200

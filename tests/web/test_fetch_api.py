"""Uploads by address: what comes of them, and what is refused before anything is asked for."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask.testing import FlaskClient
from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.urls import URL_KEPT_S
from mediacrush.settings import Settings

_HOSTS = [
    "127.0.0.2",
    "localhost",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "0",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[fd00::1]",
    "[ff0e::1]",
]

_BODIES = {
    "/a.png": b"\0\1 what is here is looked at later",
    "/page": b"<html><script>alert(1)</script></html>",
    "/empty": b"",
    "/large": bytes(3_000_000),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """This machine's own address may be asked, and 2 MB is too much."""
    return settings.model_copy(update={"fetch_allow": ("127.0.0.1",), "max_file_size": 2_000_000})


@pytest.fixture
def remote() -> Iterator[str]:
    """The address of somebody's web server."""

    class Remote(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in _BODIES else 404)
            self.end_headers()
            self.wfile.write(_BODIES.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Remote) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_at_an_address_is_taken(client: FlaskClient, backends: Backends, redis: Redis, remote: str) -> None:
    """As a file is, 409 the second time; the address is known by a digest of it, until the
    media is deleted, and for a month after the last time."""
    address, unknown = f"{remote}/a.png", "https://example.com/?a=b,c"
    first = client.post("/api/upload/url", data={"url": f" {address} "})
    content = first.get_json()
    assert first.status_code == 200
    assert content["url"] == f"http://localhost/{content['hash']}"
    assert {"direct_url", "thumbnail_url", "delete_url", "delete_token"} <= content.keys()
    again = client.post("/api/upload/url", data={"url": address})
    assert (again.status_code, again.get_json()["error"]) == (409, 409)
    assert again.get_json()[content["hash"]]["hash"] == content["hash"]
    asked = {"list": f"{address},{unknown}"}
    known = client.post("/api/url/info", data=asked).get_json()
    assert known == {address: client.get(f"/api/{content['hash']}").get_json(), unknown: None}
    assert not [key for key in redis.scan_iter("*") if "127.0.0.1" in key]
    (key,) = redis.scan_iter("url:*")
    assert 0 <= URL_KEPT_S - redis.ttl(key) < 60
    redis.expire(key, 60)
    client.post("/api/upload/url", data={"url": address})
    assert 0 <= URL_KEPT_S - redis.ttl(key) < 60
    assert client.delete(f"/api/{content['hash']}").status_code == 200
    assert client.post("/api/url/info", data=asked).get_json() == {address: None, unknown: None}


def test_without_javascript_a_form_leads_to_the_progress_page(client: FlaskClient, remote: str) -> None:
    """A redirect to /status/<hash>, for known bytes too; the browser owns what was fetched for it."""
    first, again = (client.post("/api/upload/noscript/url", data={"url": f"{remote}/a.png"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    hash_ = first.headers["Location"].removeprefix("/status/")
    assert client.get(f"/api/{hash_}/owner").get_json() == {"is_owner": True}


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("REMOTE/none", 404, "Nothing to fetch"),
        ("REMOTE/page", 415, "Not a media file"),
        ("http://10.0.0.1/", 400, "not on the public internet"),
        ("cat.gif", 400, "beginning with http"),
    ],
)
def test_without_javascript_errors_are_pages(
    client: FlaskClient, remote: str, url: str, code: int, words: str
) -> None:
    """Which say what is wrong with the address."""
    answer = client.post("/api/upload/noscript/url", data={"url": url.replace("REMOTE", remote)})
    assert (answer.status_code, answer.mimetype) == (code, "text/html")
    assert words in answer.text


@pytest.mark.parametrize(("path", "code"), [("/none", 404), ("/large", 413), ("/page", 415), ("/empty", 400)])
def test_what_is_not_taken_leaves_nothing(
    client: FlaskClient, backends: Backends, redis: Redis, remote: str, path: str, code: int
) -> None:
    """The contract's codes, a sentence, and not a key or file more, but for the count of the hour."""
    answer = client.post("/api/upload/url", data={"url": remote + path})
    assert (answer.status_code, answer.get_json()["error"]) == (code, code)
    assert answer.get_json()["message"].endswith(".")
    assert [key for key in redis.scan_iter("*") if not key.startswith("limit:")] == []
    assert list(backends.storage.list("")) == []
    assert list(backends.settings.spool_dir.iterdir()) == []


@pytest.mark.parametrize("host", _HOSTS)
def test_private_address(client: FlaskClient, host: str) -> None:
    """An address that is not on the public internet is a 400 that says so, however it is written."""
    answer = client.post("/api/upload/url", data={"url": f"http://{host}/a.png"})
    assert answer.status_code == 400
    assert "public internet" in answer.get_json()["message"]


@pytest.mark.parametrize(
    "url",
    ["", "a.png", "ftp://example.com/", "file:///etc/passwd", "http://", "http://a:b@example.com/", "http://a:25/"],
)
def test_no_web_address(client: FlaskClient, redis: Redis, url: str) -> None:
    """What is no plain web address is a 400 with a sentence, and leaves nothing in the database."""
    before = sorted(redis.keys())
    answer = client.post("/api/upload/url", data={"url": url})
    assert answer.status_code == 400
    assert answer.get_json()["message"].endswith(".")
    assert sorted(redis.keys()) == before

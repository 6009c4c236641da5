"""What every request has in common."""

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends, connect_backends
from mediacrush.services import library
from mediacrush.settings import Settings
from mediacrush.web import create_app, http
from tests.web.records import PHOTO, keep


@pytest.mark.parametrize("path", ["/api/AAAAAAAAAAAA", "/api/upload/file", "/nothing/at/all", "/AAAAAAAAAAAA", "/"])
def test_a_preflight_succeeds_everywhere(client: FlaskClient, path: str) -> None:
    """Unknown paths too, with the headers that X-CORS-Status needs."""
    answer = client.options(
        path, headers={"Origin": "https://reddit.com", "Access-Control-Request-Headers": "x-cors-status"}
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-CORS-Status" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/version", 200),
        ("GET", "/version?callback=a", 200),
        ("GET", "/version?callback=(", 400),
        ("POST", "/version", 405),
        ("GET", "/api/AAAAAAAAAAAA", 404),
        ("POST", "/api/upload/file", 400),
        ("GET", "/nothing", 404),
        ("GET", "/static/mediacrush.js", 200),
        ("GET", "/abcdefghijkl", 200),
        ("GET", "/abcdefghijkl", 304),
    ],
)
def test_every_answer_may_be_read_anywhere(
    client: FlaskClient, backends: Backends, method: str, path: str, code: int
) -> None:
    """Files, pages and errors too, and what says that nothing changed."""
    keep(backends, PHOTO)
    known = client.get(path).headers.get("ETag", "") if code == 304 else ""
    answer = client.open(path, method=method, headers={"If-None-Match": known})
    assert answer.status_code == code
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "HEAD, GET, OPTIONS, POST, PUT, DELETE"
    assert "X-CORS-Status" in answer.headers["Access-Control-Allow-Headers"]


def test_a_client_that_falls_silent_is_not_waited_for(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come ends in a 400; whoever reads an answer may take their time."""
    monkeypatch.setattr(http, "_SILENCE_S", 0.05)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as body:
        environ = {"gunicorn.socket": ours, "wsgi.input": body, "CONTENT_LENGTH": "100"}
        kind = "application/x-www-form-urlencoded"
        answer = client.post("/api/feedback", content_type=kind, environ_overrides=environ)
        assert (answer.status_code, answer.get_json()["error"]) == (400, 400)
        assert ours.gettimeout() is None


@pytest.mark.parametrize(("path", "status"), [("/version", 200), ("/api/AAAAAAAAAAAA", 404), ("/api/info", 400)])
def test_x_cors_status_hides_the_status_in_the_body(client: FlaskClient, path: str, status: int) -> None:
    """Always HTTP 200, the real status in `x-status`, whatever the header's value."""
    answer = client.get(path, headers={"X-CORS-Status": "anything"})
    assert answer.status_code == 200
    assert answer.get_json()["x-status"] == status


def test_x_cors_status_on_an_upload_error(client: FlaskClient) -> None:
    """The 400 of an empty form is in the body."""
    answer = client.post("/api/upload/file", headers={"X-CORS-Status": "true"})
    assert (answer.status_code, answer.get_json()["x-status"]) == (200, 400)


def test_jsonp(client: FlaskClient) -> None:
    """A dotted identifier is called; anything else is a 400, and never echoed."""
    good = client.get("/version?callback=my.call_1")
    assert good.mimetype == "text/javascript"
    assert good.text.startswith('my.call_1({"version": ')
    assert good.text.endswith("});")
    missing = client.get("/api/AAAAAAAAAAAA?callback=call")
    assert (missing.status_code, missing.mimetype) == (404, "text/javascript")
    assert missing.text.startswith('call({"error": 404, ')
    hidden = client.get("/api/AAAAAAAAAAAA?callback=call", headers={"X-CORS-Status": "1"})
    assert hidden.status_code == 200
    assert '"x-status": 404' in hidden.text
    for name in ("alert(1)", "a b", "a..b", ".", "x" * 101, "é", "<script>"):
        bad = client.get("/version", query_string={"callback": name})
        assert bad.status_code == 400
        assert bad.mimetype == "application/json"
        assert name not in bad.text or name == "."


@pytest.mark.parametrize("path", ["//version", "/api//AAAAAAAAAAAA/exists", "///api///AAAAAAAAAAAA//exists"])
def test_double_slashes_are_one(client: FlaskClient, path: str) -> None:
    """Historical clients send them; they get the answer, not a redirect."""
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.mimetype == "application/json"
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "9.9.9.9", "198.51.100.1"),
        ("10.0.0.2", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.2", "1.1.1.1, 9.9.9.9", "9.9.9.9"),
        ("10.0.0.2", "9.9.9.9, 10.0.0.3", "9.9.9.9"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "9.9.9.9, nonsense", "10.0.0.2"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("", "9.9.9.9", "9.9.9.9"),
        ("", "", "127.0.0.1"),
        ("::ffff:10.0.0.2", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.2", "9.9.9.9, ::ffff:10.0.0.3", "9.9.9.9"),
        ("::ffff:198.51.100.1", "9.9.9.9", "::ffff:198.51.100.1"),
    ],
)
def test_the_client_address_comes_from_trusted_proxies_only(
    backends: Backends, remote: str, forwarded: str, expected: str
) -> None:
    """The last hop that is no trusted proxy, whatever the client claims before it."""
    settings = backends.settings.model_copy(update={"trusted_proxies": (ip_network("10.0.0.0/8"),)})
    app = create_app(replace(backends, settings=settings))
    with app.test_request_context(
        "/", headers={"X-Forwarded-For": forwarded}, environ_overrides={"REMOTE_ADDR": remote}
    ):
        assert http.client_address() == expected


def test_a_cookie_that_we_did_not_sign_is_nobody(app: Flask) -> None:
    """Forged owner cookies are ignored."""
    for value in ("abc", "ImFiYyI.forged", ""):
        with app.test_request_context("/", headers={"Cookie": f"owner={value}"}):
            assert http.cookie_claim_of_request() is None


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/AAAAAAAAAAAA",
        "/download/AAAAAAAAAAAA.mp4",
        "/%ff%fe",
        "/..%2f..%2fetc%2fpasswd",
        "/static/../app.py",
    ],
)
def test_unknown_pages_are_a_page(client: FlaskClient, path: str) -> None:
    """404 with words for people, and nothing of the machine."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "Traceback" not in answer.text
    assert "mediacrush/" not in answer.text


def test_a_fault_of_ours_has_a_reference_and_no_traceback(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 as JSON and as a page: a reference that stands in the log, nothing of the code."""

    def broken(*args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(library, "find_media", broken)
    for path in ("/api/AAAAAAAAAAAA/status", "/AAAAAAAAAAAA/delete"):
        answer = app.test_client().get(path)
        assert answer.status_code == 500
        assert len(re.findall("Reference [0-9a-f]{16}", answer.text)) == 1
        assert "secret detail" not in answer.text


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
@pytest.mark.parametrize("path", ["/api/AAAAAAAAAAAA/flags", "/AAAAAAAAAAAA/delete"])
def test_ten_megabytes_of_form_are_refused(client: FlaskClient, kind: str, path: str) -> None:
    """Only uploads are large; no other form is spooled anywhere."""
    head = (
        b'--b\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n' if "multipart" in kind else b"x="
    )
    answer = client.post(path, data=head + b"y" * 10_000_000, content_type=kind)
    assert answer.status_code in (404, 413)
    assert "Traceback" not in answer.text


def test_a_database_that_is_away_is_503(redis: "Redis", settings: Settings) -> None:
    """A sentence that says to try again, for the API and for people."""
    away = create_app(connect_backends(settings.model_copy(update={"redis_url": "unix:///nowhere/s"})))
    for path in ("/api/AAAAAAAAAAAA", "/AAAAAAAAAAAA"):
        answer = away.test_client().get(path)
        assert answer.status_code == 503
        assert "try again" in answer.text


def test_public_url_and_cdn_url_are_what_answers_name(
    backends: Backends, uploaded: Callable[[Any], str], samples: Any
) -> None:
    """Files prefer the CDN, pages the site; the Host header decides nothing then."""
    hash_ = uploaded(samples["plain.jpg"])
    update = {"public_url": "https://media.example", "cdn_url": "https://cdn.example"}
    client = create_app(replace(backends, settings=backends.settings.model_copy(update=update))).test_client()
    answer: TestResponse = client.get(f"/api/{hash_}", headers={"Host": "evil.example"})
    assert answer.get_json()["files"][0] == {
        "file": f"/{hash_}.jpg", "url": f"https://cdn.example/{hash_}.jpg", "type": "image/jpeg",
    }  # fmt: skip
    page = client.get(f"/{hash_}", headers={"Host": "evil.example"})
    assert "evil.example" not in page.text
    assert "https://cdn.example" in page.headers["Content-Security-Policy"]

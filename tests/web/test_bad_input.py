"""Hostile requests to every address there is: a documented 4xx or an ordinary answer, and nothing kept."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from tests.samples import Samples

_FORM = "application/x-www-form-urlencoded"
_LARGE = b"x" * 10_000_000
_HOSTILE_HEADERS = {
    "Range": "bytes=99999999999999999999-,0-0,-0",
    "If-None-Match": '"' + "a" * 8000 + '", W/, "',
    "If-Modified-Since": "yesterday\x0b",
    "Cookie": "owner=" + "%00" * 500 + "; owner=; =; owner=a.b.c",
    "X-Delete-Token": "\u00fc" * 100,
    "X-Forwarded-For": "1.2.3.4, <script>, ::ffff:127.0.0.1%eth0," * 20,
    "X-CORS-Status": "\u00ff",
    "Accept": "*/*;q=2, ;;;",
    "Content-Type": "multipart/form-data; boundary=",
    "Content-Length": "-5",
}


def addresses(app: Flask, hash_: str) -> Iterator[tuple[str, str]]:
    """(method, path) of every rule, about this hash."""
    for rule in app.url_map.iter_rules():
        values = {name: hash_ if "hash" in name else "x" for name in rule.arguments}
        with app.test_request_context():
            try:
                path = app.url_map.bind("localhost").build(rule.endpoint, values)
            except Exception:  # noqa: BLE001  # a converter that takes no such value
                path = "/" + hash_
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield method, path


@pytest.fixture
def hash_(uploaded: Callable[[bytes | Path], str], samples: Samples) -> str:
    """A picture that is here, of somebody else."""
    return uploaded(samples["picture.png"])


@pytest.fixture
def attack(
    app: Flask,
    stranger: FlaskClient,
    redis: Redis,
    backends: Backends,
    hash_: str,
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., list[TestResponse]]:
    """Sends one kind of request to every address (or those given), and sees that nothing changed by it."""

    def kept() -> tuple[dict[str, Any], list[str]]:
        keys = sorted(key for key in redis.scan_iter("*") if not key.startswith("limit:"))
        spooled = [path.name for path in backends.settings.spool_dir.iterdir()]
        return {key: redis.dump(key) for key in keys}, [*backends.storage.list(""), *spooled]

    def run(only: Callable[[str, str], bool] = lambda *_: True, **request: Any) -> list[TestResponse]:
        answers, before = [], kept()
        with caplog.at_level(logging.ERROR):
            for name in (hash_, "AAAAAAAAAAAA"):
                for method, path in addresses(app, name):
                    if only(method, path):
                        answer = stranger.open(path, method=method, **request)
                        assert answer.status_code < 500 or answer.status_code == 501, (method, path, answer.text)
                        assert "Traceback" not in answer.text
                        if answer.status_code >= 400 and answer.is_json and method != "HEAD":
                            content = answer.get_json()
                            assert content.get("exists") is False or content["message"].endswith((".", "!"))
                        answers.append(answer)
        assert caplog.records == []
        assert kept() == before
        assert answers
        return answers

    return run


def posts(method: str, path: str) -> bool:
    """What reads a body."""
    return method in ("POST", "DELETE", "PUT")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe=\xff&list=\xff\xff&url=\xff&title=\xc3\x28&reason=\xff&feedback=",
        b"list=%00%ff%0d%0a&url=%00&hash=%00&reason=%0d%0aX-Evil:1&flag=%00",
        b"list[]=a&list[a]=b&hash[]=c&title[]=d&url[]=e&feedback[]=f",
        b"list&hash&url&title&&&&=&=&%&%zz&;",
        b"list=" + b"," * 5000,
        b"nsfw=true&nsfw=false&unknown=true",
        b"url=http%3A%2F%2F127.0.0.1%3A6379%2F&list=" + b"a" * 300,
    ],
    ids=["empty", "no text", "controls", "lists", "punctuation", "commas", "twice", "inward"],
)
def test_malformed_forms(attack: Callable[..., list[TestResponse]], body: bytes) -> None:
    """Fields that are missing, doubled, of another type, or no text at all."""
    attack(posts, data=body, content_type=_FORM)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"list": ["a"], "url": 5}', "application/json"),
        (b"<a/>", "text/xml"),
        (b"list=a", "text/plain"),
        (b"list=a", ""),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", "multipart/form-data; boundary=x"),
        (b"no part at all", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../x"\r\n\r\nword\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_bodies_of_another_type(attack: Callable[..., list[TestResponse]], body: bytes, kind: str) -> None:
    """JSON, XML, half a form: told what is wanted."""
    attack(posts, data=body, content_type=kind)


def test_fields_of_ten_megabytes(attack: Callable[..., list[TestResponse]]) -> None:
    """No field is as long as that, but the file."""
    without_fields = ("/upload/", "/mine/export")
    answers = attack(
        lambda method, path: posts(method, path) and not any(known in path for known in without_fields),
        data=b"list=" + _LARGE,
        content_type=_FORM,
    )
    assert {answer.status_code for answer in answers} <= {400, 401, 404, 405, 413, 414, 415}


@pytest.mark.parametrize(
    "query",
    [
        "list=%ff%fe&url=%ff&sha256=%ff&callback=%ff&item=%ff&format=%ff",
        "callback=alert(1)//&list=x",
        "callback=" + "a." * 3000 + "b",
        "maxwidth=-1&maxheight=99999999999999999999&url=http://localhost/&item=-99999999999999999999",
        "maxwidth=1e9&url=javascript:alert(1)&item=NaN&width=%00",
        "delete_token=%0d%0aSet-Cookie:a=b&autoplay=%0d%0a",
        "list=" + "AAAAAAAAAAAA," * 3000,
        "?&&&=&===%",
    ],
)
def test_hostile_queries(attack: Callable[..., list[TestResponse]], query: str) -> None:
    """Of every address, also those that take none."""
    for answer in attack(query_string=query):
        assert "\r" not in str(answer.headers.get("Location", ""))
        assert "Set-Cookie: a=b" not in str(answer.headers)


@pytest.mark.parametrize("name", _HOSTILE_HEADERS)
def test_hostile_headers(attack: Callable[..., list[TestResponse]], name: str) -> None:
    """Ranges, validators, cookies, tokens and lengths that are none."""
    value = _HOSTILE_HEADERS[name].encode("utf-8").decode("latin-1")
    key = name.upper().replace("-", "_")
    attack(environ_overrides={key if name.startswith("Content-") else f"HTTP_{key}": value})


@pytest.mark.parametrize("host", ["evil.example", "localhost:99999", "a b", "[::1", "a/../x", "", "x" * 300])
def test_hostile_hosts(stranger: FlaskClient, hash_: str, host: str) -> None:
    """No redirect and no page of ours breaks over where it is said to be."""
    for path in (
        "/",
        f"/{hash_}",
        f"/api/{hash_}",
        f"/api/{hash_}/delete",
        f"//{hash_}",
        "/docs/curl",
        "/sharex.sxcu",
    ):
        answer = stranger.get(path, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/download/..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2fapp.py",
        "/static/../app.py",
        "/static/vxxxxxxxxxxx/../../app.py",
        "/AAAAAAAAAAAA.%00png",
        "/AAAAAAAAAAAA.png%00",
        "/AAAAAAAAAAAA.../x",
        "/api/%00",
        "/api/..%2f..%2fx/status",
        "/api/" + "a" * 20_000,
        "/" + "a/" * 3000,
        "/%ff%fe",
        "/\\..\\..\\windows",
        "/api//status",
        "/status/%0d%0aX-Evil: 1",
        "/report/..%2f",
        "/AAAAAAAAAAAA/list%2f..",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"])
def test_paths_lead_nowhere_else(stranger: FlaskClient, path: str, method: str) -> None:
    """A 404 or a 405, and nothing of this machine's files."""
    answer = stranger.open(path, method=method)
    assert answer.status_code in (400, 404, 405, 414)
    assert "root:" not in answer.text
    assert "X-Evil" not in answer.headers

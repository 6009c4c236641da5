"""Taking uploads over HTTP, to the letter of the contract."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.web import create_app
from tests.samples import Samples
from tests.web.conftest import BOUNDARY, END, MULTIPART, part

Post = Callable[..., TestResponse]


def _send(client: FlaskClient, *parts: bytes, end: bytes = END, **kwargs: Any) -> TestResponse:
    return client.post(
        "/api/upload/file",
        data=b"".join(parts) + end,
        content_type=MULTIPART,
        **kwargs,
    )


def _nothing_is_left(backends: Backends) -> bool:
    stored = [*backends.storage.list("originals/"), *backends.storage.list("public/")]
    return stored == [] and list(backends.settings.spool_dir.iterdir()) == []


def test_the_answer_carries_everything_at_once(post: Post, samples: Samples) -> None:
    """Hash as historical clients compute it, every address absolute, a token, a blank after : and ,."""
    data = samples.bytes("plain.jpg")
    answer = post(data)
    content = answer.get_json()
    hash_ = (
        base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest())[:12]
        .decode()
        .replace("+", "-")
        .replace("/", "_")
    )
    assert answer.status_code == 200
    assert content["hash"] == hash_
    assert content["url"] == f"http://localhost/{hash_}"
    assert content["direct_url"].startswith(content["url"])
    assert content["thumbnail_url"].startswith(content["url"])
    assert content["delete_url"] == f"http://localhost/{hash_}/delete"
    assert len(content["delete_token"]) >= 20
    assert re.search(rf'"hash": "{hash_}"', answer.text)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_known_bytes_answer_409_with_the_file(
    post: Post, work: Callable[[], Any], stranger: FlaskClient, samples: Samples
) -> None:
    """What clients treat as success: hash, the File under it, and a token of one's own."""
    first = post(samples["plain.jpg"]).get_json()
    work()
    again = post(samples["plain.jpg"], by=stranger)
    content = again.get_json()
    assert again.status_code == 409
    assert content["error"] == 409
    assert content["hash"] == first["hash"]
    assert content[first["hash"]]["files"]
    assert content["delete_token"] not in ("", first["delete_token"])


@pytest.mark.parametrize(
    "part",
    [
        part("file", b"\0\1\2", content_type=None),
        part("file", b"\0\1\2", filename="Füße 日本.jpg".encode()),
        part("file", b"\0\1\2", filename=b"\xff\xfe\xfd"),
        part("file", b"\0\1\2", filename=b'../../etc/passwd\\"\\\\'),
        part("file", b"\0\1\2", filename=None),
        part("other", b"text", filename=None) + part("file", b"\0\1\2") + part("last", b"text", filename=None),
    ],
)
def test_historical_bodies_are_taken(client: FlaskClient, part: bytes) -> None:
    """No Content-Type, names of any alphabet or none, fields around the file."""
    assert _send(client, part).status_code == 200


def test_a_chunked_body_without_a_length_is_taken(app: Flask) -> None:
    """Clients since 2013 stream without knowing the length."""
    body = part("file", b"\0\1\2chunked") + END
    answer = app.test_client().post(
        "/api/upload/file",
        input_stream=BytesIO(body),
        content_type=MULTIPART,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda c: c.post("/api/upload/file"), 400),
        (lambda c: c.post("/api/upload/file", data={"file": "text, no file"}), 400),
        (lambda c: c.post("/api/upload/file", data=b"x" * 1000, content_type="multipart/form-data"), 400),
        (lambda c: c.post("/api/upload/file", data=b"x" * 1000, content_type="image/jpeg"), 400),
        (lambda c: c.post("/api/upload/file", data=b"x" * 99, content_type="multipart/form-data; boundary=a"), 400),
        (lambda c: _send(c, part("other", b"x")), 400),
        (lambda c: _send(c, part("file", b"")), 400),
        (lambda c: _send(c, part("file", b"\0\1\2"), end=b""), 400),
        (lambda c: _send(c, part("file", b"\0\1\2"), part("file", b"\0\1\3")), 400),
        (lambda c: _send(c, part("file", b"x"), end=b"--" + BOUNDARY.encode() + b"garbage"), 400),
        (lambda c: _send(c, f"--{BOUNDARY}\r\nA: {'b' * 100_000}\r\n\r\n".encode()), 400),
        (lambda c: _send(c, part("other", b"x" * 10_000_000), part("file", b"\0\1\2")), 413),
        (lambda c: _send(c, part("file", b"<html><script>alert(1)</script></html>")), 415),
        (lambda c: c.get("/api/upload/file"), 405),
    ],
)  # fmt: skip
def test_bad_uploads_get_a_sentence_and_leave_nothing(
    client: FlaskClient, backends: Backends, send: Callable[[FlaskClient], TestResponse], code: int
) -> None:
    """The documented 4xx as JSON with a plain sentence, and nothing stored."""
    answer = send(client)
    assert answer.status_code == code
    content = answer.get_json()
    assert content["error"] == code
    assert content["message"].endswith(".")
    assert "Traceback" not in answer.text
    assert _nothing_is_left(backends)


@pytest.mark.parametrize("declares_length", [True, False])
def test_a_file_over_the_limit_is_refused_while_it_is_read(backends: Backends, declares_length: bool) -> None:
    """With and without a Content-Length: 413, the limit in the sentence, nothing stored."""
    small = replace(backends, settings=backends.settings.model_copy(update={"max_file_size": 100_000}))
    client = create_app(small).test_client()
    extra = {} if declares_length else {"environ_overrides": {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}}
    answer = _send(client, part("file", b"\0" * 700_000), **extra)
    assert answer.status_code == 413
    assert "100 kB" in answer.get_json()["message"]
    assert _nothing_is_left(backends)


@pytest.mark.parametrize("declared", [25 * 10**9, 2**63, 10**26])
def test_what_is_refused_unread_does_not_cost_the_hour(client: FlaskClient, declared: int) -> None:
    """Whoever tries a file that is too large may send another one at once, however large it says to be."""
    answer = _send(client, part("file", b"\0\1"), environ_overrides={"CONTENT_LENGTH": str(declared)})
    assert answer.status_code == 413
    assert _send(client, part("file", b"\0\1")).status_code == 200


def test_the_limit_itself_is_taken(backends: Backends) -> None:
    """A file of exactly the limit passes, one more byte does not."""
    small = replace(backends, settings=backends.settings.model_copy(update={"max_file_size": 100_000}))
    client = create_app(small).test_client()
    assert _send(client, part("file", b"\0" * 100_000)).status_code == 200
    assert _send(client, part("file", b"\0" * 100_001)).status_code == 413


def test_without_javascript_a_form_leads_to_the_progress_page(post: Post, samples: Samples) -> None:
    """A redirect to /status/<hash>, for known bytes too."""
    first = post(samples["plain.jpg"], path="/api/upload/noscript")
    again = post(samples["plain.jpg"], path="/api/upload/noscript")
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert re.fullmatch(r"/status/[A-Za-z0-9_-]{12}", first.headers["Location"])


def test_without_javascript_errors_are_pages(client: FlaskClient) -> None:
    """A browser that sent a form reads HTML."""
    answer = client.post("/api/upload/noscript", data={})
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"


def test_the_owner_cookie_is_ours_alone(post: Post) -> None:
    """HttpOnly, SameSite=Lax, and the same one the next time."""
    header = post(b"\0\1one").headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert post(b"\0\1two").headers["Set-Cookie"].split(";")[0] == header.split(";")[0]


def test_too_much_in_an_hour_is_429_with_retry_after(backends: Backends) -> None:
    """The limit counts bytes per address; exempt networks are not counted."""
    settings = backends.settings.model_copy(update={"upload_bytes_per_hour": 1000})
    client = create_app(replace(backends, settings=settings)).test_client()
    assert _send(client, part("file", b"\0\1" * 600)).status_code == 200
    refused = _send(client, part("file", b"\0\2"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.get_json()["message"]
    other = _send(client, part("file", b"\0\3"), environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert other.status_code == 200
    exempt = settings.model_copy(update={"rate_limit_exempt": (ip_network("127.0.0.0/8"),)})
    assert (
        _send(create_app(replace(backends, settings=exempt)).test_client(), part("file", b"\0\4")).status_code
        == 200
    )


def test_what_is_here_is_taken_by_its_digest(
    client: FlaskClient, stranger: FlaskClient, post: Post, samples: Samples
) -> None:
    """As if it had been sent: the answer of an upload, the File, and a token of one's own that deletes."""
    data = samples.bytes("plain.jpg")
    sha256 = hashlib.sha256(data).hexdigest()
    assert stranger.post("/api/upload/known", data={"sha256": sha256}).status_code == 404
    sent = post(data).get_json()
    answer = stranger.post("/api/upload/known", data={"sha256": sha256.upper()})
    taken = answer.get_json()
    assert answer.status_code == 200
    assert taken["url"] == sent["url"]
    assert taken[sent["hash"]]["hash"] == sent["hash"]
    assert client.delete(f"/api/{sent['hash']}").status_code == 200
    assert stranger.get(f"/api/{sent['hash']}").status_code == 200
    token = {"X-Delete-Token": taken["delete_token"]}
    assert client.delete(f"/api/{sent['hash']}", headers=token).status_code == 200
    assert stranger.get(f"/api/{sent['hash']}").status_code == 404


@pytest.mark.parametrize("sha256", [None, "", "nonsense", "0" * 63, "g" * 64])
def test_a_digest_that_is_none_is_refused(client: FlaskClient, sha256: str | None) -> None:
    """With a sentence that says what it must be."""
    answer = client.post("/api/upload/known", data={"sha256": sha256} if sha256 is not None else {})
    assert answer.status_code == 400
    assert "64 hexadecimal digits" in answer.get_json()["message"]


def test_a_digest_counts_as_its_bytes_would(backends: Backends, samples: Samples) -> None:
    """Nobody becomes an owner of more in an hour by naming it than by sending it."""
    data = samples.bytes("plain.jpg")
    settings = backends.settings.model_copy(update={"upload_bytes_per_hour": 3 * len(data)})
    client = create_app(replace(backends, settings=settings)).test_client()
    assert _send(client, part("file", data)).status_code == 200
    known = {"sha256": hashlib.sha256(data).hexdigest()}
    codes = [client.post("/api/upload/known", data=known).status_code for _ in range(3)]
    assert codes[0] == 200
    assert codes[-1] == 429

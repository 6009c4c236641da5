"""Talking to the application without a server; jobs run when the test says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.web import create_app

Post = Callable[..., TestResponse]
BOUNDARY = "----boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
END = f"--{BOUNDARY}--\r\n".encode()


class Browser(FlaskClient):
    """Reads every answer to its end, as browsers do: files that are sent are closed then."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """One request."""
        return super().open(*args, **{"buffered": True} | kwargs)


def part(
    name: str, content: bytes, *, filename: bytes | None = b"a.jpg", content_type: bytes | None = None
) -> bytes:
    """One part of a multipart body, byte by byte as clients send it."""
    disposition = b'Content-Disposition: form-data; name="' + name.encode() + b'"'
    disposition += b'; filename="' + filename + b'"' if filename is not None else b""
    kind = b"\r\nContent-Type: " + content_type if content_type else b""
    return b"--" + BOUNDARY.encode() + b"\r\n" + disposition + kind + b"\r\n\r\n" + content + b"\r\n"


@pytest.fixture
def app(backends: Backends) -> Flask:
    """The application on the test's backends."""
    app = create_app(backends)
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser: it keeps cookies."""
    return app.test_client()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Another browser, at another address."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    return client


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Uploads bytes or a file as a form does."""

    def run(
        content: bytes | Path, path: str = "/api/upload/file", by: FlaskClient = client, **kwargs: Any
    ) -> TestResponse:
        data = content if isinstance(content, bytes) else content.read_bytes()
        return by.post(path, data=part("file", data) + END, content_type=MULTIPART, **kwargs)

    return run


@pytest.fixture
def uploaded(post: Post, work: Callable[[], Any]) -> Callable[[bytes | Path], str]:
    """Uploads and processes; the hash."""

    def run(content: bytes | Path) -> str:
        answer = post(content)
        assert answer.status_code == 200, answer.text
        work()
        return str(answer.get_json()["hash"])

    return run

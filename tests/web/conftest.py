"""Talking to the application without a server; jobs run when the test says so."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.web import create_app

Post = Callable[..., TestResponse]


@pytest.fixture
def app(backends: Backends) -> Flask:
    """The application on the test's backends."""
    return create_app(backends)


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
        return by.post(path, data={"file": (BytesIO(data), "name.bin")}, **kwargs)

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

"""Talking to the application without a server; jobs run when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.job_queue import ListJobQueue
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


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a file: what processing wrote into its record, and its published files by key."""

    fields: dict[str, str]
    files: dict[str, Path]


@pytest.fixture(scope="session")
def made() -> dict[str, Made]:
    """What the pipeline made of files so far, by hash: the same again would take as long, and give the same."""
    return {}


@pytest.fixture
def uploaded(
    post: Post,
    work: Callable[[], Any],
    jobs: ListJobQueue,
    redis: Redis,
    backends: Backends,
    made: dict[str, Made],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[bytes | Path], str]:
    """Uploads and processes; the hash. What was processed before in this session is put in its place."""

    def run(content: bytes | Path) -> str:
        answer = post(content)
        assert answer.status_code == 200, answer.text
        hash_ = str(answer.get_json()["hash"])
        key = f"media:{hash_}"
        known = made.get(hash_)
        if known is None:
            before = redis.hgetall(key)
            work()
            fields = {name: value for name, value in redis.hgetall(key).items() if before.get(name) != value}
            folder, files = tmp_path_factory.mktemp("made"), {}
            for stored in list(backends.storage.list("public/")):
                if stored.startswith(f"public/{hash_}"):
                    files[stored] = folder / stored.partition("/")[2]
                    backends.storage.fetch(stored, files[stored])
            made[hash_] = Made(fields, files)
            return hash_
        for stored, path in known.files.items():
            backends.storage.put(stored, path)
        redis.hset(key, mapping=known.fields)
        media = backends.media.get(hash_)
        assert media is not None
        backends.media.finish(media)
        jobs.jobs = [job for job in jobs.jobs if job[1] != hash_]
        return hash_

    return run

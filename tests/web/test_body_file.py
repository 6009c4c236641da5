"""Uploads whose body nginx wrote to a file and handed over."""

import os
from dataclasses import replace
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.web import create_app
from tests.web.conftest import BOUNDARY, END, MULTIPART, part

_FILE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9000
_LIKE_A_BOUNDARY = f"\r\n--{BOUNDARY[:-1]}\r\n--\r\n".encode()


@pytest.fixture
def nginx(backends: Backends) -> FlaskClient:
    """What nginx is to the pool for uploads: the only one who can reach its socket."""
    settings = backends.settings.model_copy(update={"bodies_from_nginx": True})
    client = create_app(replace(backends, settings=settings)).test_client()
    client.environ_base["REMOTE_ADDR"] = ""
    return client


@pytest.fixture
def body_file(backends: Backends) -> Path:
    """Where nginx writes a body."""
    return backends.settings.bodies_dir / "0000000042"


def _hand_over(nginx: FlaskClient, path: Path, kind: str = MULTIPART) -> TestResponse:
    headers = {"X-Body-File": str(path)}
    return nginx.post("/api/upload/file", input_stream=BytesIO(), content_type=kind, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        part("file", _FILE) + END,
        part("title", b"before") + part("file", _FILE, content_type=b"image/png") + part("note", b"after") + END,
        b"what stands before is not looked at\r\n" + part("file", _FILE) + END + b"nor what stands after",
        part("file", _FILE + _LIKE_A_BOUNDARY) + END,
        part("file", _FILE[: 2**20 - 60]) + END,
        part("file", b"") + END,
        part("picture", _FILE) + END,
        part("file", _FILE) + part("file", _FILE) + END,
        part("file", _FILE),
        part("file", _FILE)[:-1000],
        part("file", _FILE) + part("note", b"x" * 500_001) + END,
        b"no multipart at all",
    ],
)
def test_a_body_is_read_from_its_file_as_it_is_when_it_arrives(
    backends: Backends, client: FlaskClient, nginx: FlaskClient, body_file: Path, body: bytes
) -> None:
    """Whatever it holds: the same answer; and bytes that were taken in from there are known when they come."""
    body_file.write_bytes(body)
    handed = _hand_over(nginx, body_file)
    sent = client.post("/api/upload/file", data=body, content_type=MULTIPART)
    if handed.status_code == HTTPStatus.OK:
        assert (sent.status_code, sent.get_json()["hash"]) == (409, handed.get_json()["hash"])
    else:
        assert (handed.status_code, handed.get_json()) == (sent.status_code, sent.get_json())
        assert list(backends.storage.list("originals/")) == []
    assert list(backends.settings.spool_dir.iterdir()) == []


def test_only_a_plain_file_of_that_folder_is_opened(
    backends: Backends, nginx: FlaskClient, body_file: Path, tmp_path: Path
) -> None:
    """No link, no folder, nothing elsewhere, nothing that is not there: refused, and never read."""
    secret = tmp_path / "secret"
    secret.write_bytes(part("file", _FILE) + END)
    body_file.symlink_to(secret)
    folder = backends.settings.bodies_dir
    os.mkfifo(folder / "pipe")
    elsewhere = (secret, folder / ".." / secret.name, folder / "..", folder, folder / "gone", Path("relative"))
    for path in (body_file, folder / "pipe", *elsewhere):
        answer = _hand_over(nginx, path)
        assert (answer.status_code, answer.get_json()["error"]) == (400, 400), path
    assert list(backends.storage.list("originals/")) == []


def test_nobody_but_nginx_is_believed(
    backends: Backends, client: FlaskClient, nginx: FlaskClient, body_file: Path
) -> None:
    """Where the settings do not say so, or by any other way than the socket, what counts is the body that comes."""
    body_file.write_bytes(part("file", _FILE) + END)
    nginx.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    client.environ_base["REMOTE_ADDR"] = ""
    for other in (nginx, client):
        assert "multipart" in _hand_over(other, body_file, "text/plain").get_json()["message"]
        assert "broke off" in _hand_over(other, body_file).get_json()["message"]
    assert list(backends.storage.list("originals/")) == []


def test_its_length_counts_before_it_is_read(backends: Backends, nginx: FlaskClient, body_file: Path) -> None:
    """413 for more than is taken."""
    with body_file.open("wb") as file:
        file.truncate(int(backends.settings.max_file_size) + 500_001)
    assert _hand_over(nginx, body_file).status_code == 413

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
from tests.web.bodies import BODIES
from tests.web.conftest import END, MULTIPART, part

_FILE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9000


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


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_read_from_its_file_as_it_is_when_it_arrives(
    backends: Backends, client: FlaskClient, nginx: FlaskClient, body_file: Path, name: str
) -> None:
    """Whatever it holds: the same answer; and bytes that were taken in from there are known when they come."""
    kind, body = BODIES[name]
    body_file.write_bytes(body)
    handed = _hand_over(nginx, body_file, kind)
    length = {"CONTENT_LENGTH": str(len(body))}
    sent = client.post("/api/upload/file", input_stream=BytesIO(body), content_type=kind, environ_overrides=length)
    if handed.status_code == HTTPStatus.OK:
        assert (sent.status_code, sent.get_json()["hash"]) == (409, handed.get_json()["hash"])
    else:
        assert (handed.status_code, handed.get_json()) == (sent.status_code, sent.get_json())
        assert list(backends.storage.list("originals/")) == []
    assert list(backends.settings.spool_dir.iterdir()) == []


def test_of_these_bodies_some_are_taken_and_some_are_not(nginx: FlaskClient, body_file: Path) -> None:
    """A list of nothing but errors would prove little."""
    answers = {}
    for name, (kind, body) in BODIES.items():
        body_file.write_bytes(body)
        answers[name] = _hand_over(nginx, body_file, kind).status_code
    assert set(answers.values()) == {200, 400, 413}
    for name in (
        "a file",
        "large",
        "before it, a megabyte",
        "behind it, words",
        "in it, line ends",
        "a block less 9",
    ):
        assert answers[name] == 200, name
    for name in ("two files", "65 parts", "cut in the delimiter", "in it, a longer delimiter", "headers, nine"):
        assert answers[name] == 400, name


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

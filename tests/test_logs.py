"""Lines of JSON, and the id that follows an upload."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO, StringIO
from ipaddress import ip_network
from typing import Any

import pytest
from rq import Queue, SimpleWorker
from werkzeug.test import TestResponse

from mediacrush import logs, worker
from mediacrush.backends import Backends, connect_backends
from mediacrush.model.media import Status
from mediacrush.pipeline.tools import Tools
from mediacrush.services import process
from mediacrush.settings import LogFormat, Settings
from mediacrush.web import create_app
from tests.samples import picture
from tests.web.conftest import END, MULTIPART, part

ID = "0123456789abcdef"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything logged from now on, as JSON."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    logs.shape(handler, LogFormat.JSON)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def site(settings: Settings, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> Backends:
    """What web and worker have, with the real queue and a proxy that is trusted."""
    update = {"trusted_proxies": (ip_network("10.0.0.2"),)}
    backends = connect_backends(settings.model_copy(update=update))
    monkeypatch.setattr(worker, "_world", lambda: (backends, tools))
    return backends


def _upload(site: Backends) -> TestResponse:
    """A picture, through the proxy, which names the request."""
    picture(64, 48).save(png := BytesIO(), "PNG")
    client = create_app(site).test_client()
    client.environ_base["REMOTE_ADDR"] = "10.0.0.2"
    answer = client.post(
        "/api/upload/file",
        data=part("file", png.getvalue(), filename=b"holiday.jpg") + END,
        content_type=MULTIPART,
        headers={"X-Request-ID": ID, "X-Forwarded-For": "203.0.113.9"},
    )
    assert answer.headers["X-Request-ID"] == ID
    return answer


def _queue(site: Backends) -> Queue:
    return Queue("quick", connection=site.jobs._redis)  # type: ignore[attr-defined]


def _work(site: Backends) -> None:
    queue = _queue(site)
    SimpleWorker([queue], connection=queue.connection).work(burst=True, logging_level="WARNING")


def test_one_id_leads_from_the_request_to_the_result(
    site: Backends, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """Request, acceptance, job, steps and result have the id that a trusted proxy gave; no line has the address,
    the token or the file's name."""
    answer = _upload(site)
    _work(site)
    found = lines()
    ours = [line["message"] for line in found if line.get("request") == ID]
    hash_ = answer.get_json()["hash"]
    assert ours[0].startswith(f"{hash_}: accepted, ")
    assert ours[1].startswith("POST /api/upload/file: 200 after ")
    assert ours[2] == f"{hash_}: a job begins: quick"
    assert any(line.startswith(f"{hash_}: original took ") for line in ours[3:-1])
    assert ours[-1].startswith(f"{hash_}: the job ends after ")
    assert ours[-1].endswith(": done")
    text = json.dumps(found)
    for secret in ("203.0.113.9", answer.get_json()["delete_token"], "holiday"):
        assert secret not in text


def test_what_recovery_takes_up_keeps_the_id(
    site: Backends, lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the job is lost with its queue; what is owed nothing has no id to keep."""
    monkeypatch.setattr(process, "_SETTLED_S", 0)
    hash_ = _upload(site).get_json()["hash"]
    _queue(site).empty()
    assert process.recover(site) == 1
    _work(site)
    ours = [line["message"] for line in lines() if line.get("request") == ID]
    assert f"{hash_}: its job died; taking it up again" in ours
    assert ours[-1].startswith(f"{hash_}: the job ends after ")
    media = site.media.get(hash_)
    assert media is not None
    assert (media.status, media.request_id) == (Status.DONE, None)


@pytest.mark.parametrize(
    ("remote", "given"),
    [
        ("203.0.113.9", ID),
        ("10.0.0.2", "short"),
        ("10.0.0.2", "x" * 65),
        ("10.0.0.2", 'inject"ed id'),
        ("10.0.0.2", ""),
    ],
)
def test_an_id_that_is_not_to_be_trusted_is_replaced(backends: Backends, remote: str, given: str) -> None:
    """Anybody could name somebody else's, or write into the log; each request gets one of its own then."""
    settings = backends.settings.model_copy(update={"trusted_proxies": (ip_network("10.0.0.2"),)})
    client = create_app(replace(backends, settings=settings)).test_client()
    client.environ_base["REMOTE_ADDR"] = remote
    ids = [client.get("/version", headers={"X-Request-ID": given}).headers["X-Request-ID"] for _ in range(2)]
    assert given not in ids
    assert len(set(ids)) == 2
    assert all(len(id_) == 16 for id_ in ids)


def test_an_error_page_shows_the_id_and_the_log_what_broke(
    backends: Backends, lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference that a person reads is the one to search for; what is logged stays on one line."""
    monkeypatch.setattr("mediacrush.services.library.find_any", lambda *_: 1 / 0)
    client = create_app(backends).test_client()
    answer = client.get("/AAAAAAAAAAAA")
    assert answer.status_code == 500
    reference = answer.headers["X-Request-ID"]
    assert f"Reference {reference}" in answer.text
    broke = next(line for line in lines() if line["level"] == "ERROR")
    assert broke["request"] == reference
    assert "ZeroDivisionError" in broke["exc_info"]
    client.delete("/api/AAAA%0AINFO forged")
    assert lines()[-1]["message"].startswith("DELETE /api/AAAA INFO forged: 404")

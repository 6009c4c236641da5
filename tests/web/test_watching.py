"""What watches the site: whether it lives, whether it can work, and what it counts."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from mediacrush import metrics
from mediacrush.backends import Backends, connect_backends
from mediacrush.database.statistics import Statistics
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.model.media import Role
from mediacrush.services import library
from mediacrush.settings import Settings
from mediacrush.web import create_app, watching
from tests.samples import picture
from tests.web.records import HASH, PHOTO, keep

_CONFIG = Path(__file__).resolve().parents[2] / "config"
AWAY = "unix:///nowhere/s"


@pytest.fixture(scope="module")
def small_picture() -> bytes:
    """A PNG that takes no time."""
    picture(64, 48).save(png := BytesIO(), "PNG")
    return png.getvalue()


def counted(client: FlaskClient, name: str, **labels: str) -> float:
    """The sample of this name and labels, 0 where nothing was counted."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name == name and sample.labels.items() >= labels.items():
                return float(sample.value)
    return 0.0


def requests(client: FlaskClient, route: str, status: str) -> float:
    """How many requests of this route had this status."""
    return counted(client, "mediacrush_request_seconds_count", route=route, status=status)


@pytest.fixture
def away(redis: "Redis", settings: Settings) -> FlaskClient:
    """A client of a site whose database is away."""
    return create_app(connect_backends(settings.model_copy(update={"redis_url": AWAY}))).test_client()


def test_a_process_is_alive_whatever_is_away(away: FlaskClient) -> None:
    """/healthz needs no database."""
    assert (away.get("/healthz").status_code, away.get("/healthz").text) == (200, "ok\n")


def test_a_site_is_ready_when_everything_answers(client: FlaskClient) -> None:
    """Each part is named."""
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "redis: ok\nstorage: ok\nworkers: ok\n")


def test_what_is_not_ready_says_so_in_a_sentence(away: FlaskClient) -> None:
    """503, and no address or path of what is away."""
    answer = away.get("/readyz")
    assert answer.status_code == 503
    assert re.search(r"^redis: The database does not answer .*\.$", answer.text, re.MULTILINE)
    assert "storage: ok" in answer.text
    assert "nowhere" not in answer.text


def test_a_queue_without_a_worker_is_not_ready(backends: Backends, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named: what waits there would wait for ever."""
    monkeypatch.setattr(
        ListJobQueue, "workers", lambda self: {QueueName.QUICK: 1, QueueName.LONG: 0, QueueName.LATER: 2}
    )
    answer = create_app(backends).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "workers: No worker looks at the queue long." in answer.text


def test_a_storage_that_does_not_answer_is_not_ready(backends: Backends, app: Flask) -> None:
    """A folder that became a file; the error is counted."""
    client = app.test_client()
    before = counted(client, "mediacrush_backend_errors_total", backend="storage")
    folder = backends.settings.media_dir
    folder.rmdir()
    folder.write_text("")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "storage: The storage cannot be" in answer.text
    assert counted(client, "mediacrush_backend_errors_total", backend="storage") == before + 1


def test_asking_for_readiness_often_asks_the_backends_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of questions costs no more than one every two seconds."""
    asked = []
    monkeypatch.setattr(Statistics, "ping", lambda self: asked.append(1))
    monkeypatch.setattr(watching, "monotonic", lambda: 100.0)
    for _ in range(20):
        assert client.get("/readyz").status_code == 200
    assert len(asked) == 1
    monkeypatch.setattr(watching, "monotonic", lambda: 102.0)
    client.get("/readyz")
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("remote", "forwarded", "status"),
    [
        ("127.0.0.1", None, 200),
        ("::1", None, 200),
        ("10.9.0.1", None, 200),
        ("203.0.113.9", None, 404),
        ("127.0.0.1", "203.0.113.9", 404),
        ("127.0.0.1", "127.0.0.1", 404),
        ("10.0.0.2", "203.0.113.9", 404),
        ("10.0.0.2", "10.9.0.1", 200),
        ("", "203.0.113.9", 404),
        ("", None, 200),
    ],
)
def test_only_those_who_are_allowed_read_the_counts(
    backends: Backends, remote: str, forwarded: str | None, status: int
) -> None:
    """This machine and METRICS_ALLOW, also through a proxy that is trusted; for the rest there is nothing, whatever
    an unknown proxy says of them."""
    update = {
        "metrics_allow": (*backends.settings.metrics_allow, ip_network("10.9.0.0/16")),
        "trusted_proxies": (ip_network("10.0.0.2"),),
    }
    app = create_app(replace(backends, settings=backends.settings.model_copy(update=update)))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": remote})
    assert answer.status_code == status
    assert ("mediacrush_" in answer.text) is (status == 200)


def test_requests_are_counted_by_route_and_status(client: FlaskClient, backends: Backends) -> None:
    """By the route's template, kept pages too, which the application never sees; all unknown paths are one."""
    keep(backends, PHOTO)
    wanted = [("/<hash>", "200", 3), ("/<hash>", "304", 1), ("/<hash>/frame", "200", 2), ("none", "404", 3)]
    before = {(route, status): requests(client, route, status) for route, status, _ in wanted}
    for _ in range(3):
        etag = client.get(f"/{HASH}").headers["ETag"]
    client.get(f"/{HASH}", headers={"If-None-Match": etag})
    client.get("/", environ_overrides={"PATH_INFO": f"//{HASH}/frame"})
    client.get(f"/{HASH}/frame")
    for path in ("/nothing", "/nothing/else", "/%ff%fe"):
        client.get(path)
    assert [
        (route, status, requests(client, route, status) - before[route, status]) for route, status, _ in wanted
    ] == wanted


def test_uploads_and_what_is_published_are_counted(
    client: FlaskClient, uploaded: Callable[..., str], backends: Backends, small_picture: bytes
) -> None:
    """Uploads with their bytes where they arrive; files and bytes by kind and role where they are made."""
    before = counted(client, "mediacrush_upload_bytes_total", content="new")
    media = library.find_media(backends, uploaded(small_picture))
    size = counted(client, "mediacrush_upload_bytes_total", content="new") - before
    assert size == len(small_picture)
    made = [file for file in media.files if file.role is Role.RENDITION]
    labels = {"kind": "image", "role": "rendition"}
    assert counted(client, "mediacrush_site_published_files_total", **labels) == len(made)
    assert counted(client, "mediacrush_site_published_bytes_total", **labels) == sum(f.size_bytes for f in made)


def test_jobs_are_counted_for_the_whole_site(client: FlaskClient, backends: Backends) -> None:
    """A histogram by kind and result that grows with every bucket, from whatever process counted."""
    for seconds in (0.05, 2.0, 2.5, 20_000.0):
        backends.statistics.count_job("video", "done", seconds)
    buckets = {
        bound: counted(client, "mediacrush_site_job_seconds_bucket", kind="video", result="done", le=bound)
        for bound in ("0.1", "1.0", "3.0", "10000.0", "+Inf")
    }
    assert buckets == {"0.1": 1, "1.0": 1, "3.0": 3, "10000.0": 3, "+Inf": 4}
    assert counted(client, "mediacrush_site_job_seconds_sum", kind="video") == 20_004.55


def test_a_database_that_is_away_is_a_count_too(away: FlaskClient) -> None:
    """What this machine knows is told, and that the database does not answer."""
    before = counted(away, "mediacrush_backend_errors_total", backend="redis")
    assert counted(away, "mediacrush_redis_up") == 0
    assert away.get(f"/api/{HASH}").status_code == 503
    assert counted(away, "mediacrush_backend_errors_total", backend="redis") > before


def test_dashboard_and_alerts_name_only_what_is_told(client: FlaskClient, backends: Backends) -> None:
    """Every metric in the queries of config/ is one that /metrics has, and every label one of its labels."""
    backends.statistics.count_job("video", "done", 1.0)
    backends.statistics.count_published("video", [(Role.EXTRA, 1)])
    metrics.UPLOADS.labels("new").inc(0)
    metrics.UPLOAD_BYTES.labels("new").inc(0)
    metrics.BACKEND_ERRORS.labels("redis").inc(0)
    client.get("/healthz")
    told: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            told.setdefault(sample.name, set()).update(sample.labels)
    dashboard = json.loads((_CONFIG / "grafana-dashboard.json").read_text())
    alerts = yaml.safe_load((_CONFIG / "prometheus-alerts.yml").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    assert len(queries) > 20
    # What Prometheus itself adds to whatever it reads.
    labels = {"instance"}.union(*told.values())
    for query in queries:
        named = re.findall(r"\bmediacrush_\w+", query)
        assert named, query
        assert set(named) <= told.keys(), query
        asked = {label for names in re.findall(r"by \(([^)]*)\)", query) for label in names.split(", ")}
        asked |= set(re.findall(r"[{,](\w+)=", query))
        assert asked <= labels, query

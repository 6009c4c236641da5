"""What watches the site asks here: `/healthz`, `/readyz`, and `/metrics` for Prometheus."""

import shutil
import threading
from collections.abc import Iterator
from time import monotonic

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from mediacrush import metrics
from mediacrush.backends import Backends
from mediacrush.database.statistics import BUCKETS_S, Totals
from mediacrush.errors import BackendUnavailable, NotFound
from mediacrush.services.readiness import OK, readiness
from mediacrush.web import http

# Whoever asks more often than this gets the answer that the last one got.
_KEPT_S = 2.0


def register(app: Flask) -> None:
    """The addresses of what is watched."""
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", Readyz(app.extensions["backends"]))
    app.add_url_rule("/metrics", "metrics", _metrics)


def _healthz() -> Response:
    """This process answers; nothing else is asked."""
    return _text("ok\n")


class Readyz:
    """Whether the rest answers too. Asked by any number of strangers it looks once in two seconds, and by one
    thread: where that one has to wait, the others say what was known before."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}
        self._until = 0.0

    def __call__(self) -> Response:
        if monotonic() >= self._until and self._lock.acquire(blocking=not self._found):
            try:
                if monotonic() >= self._until:
                    self._found = readiness(self._backends)
                    self._until = monotonic() + _KEPT_S
            finally:
                self._lock.release()
        found = self._found
        is_ready = all(state == OK for state in found.values())
        return _text("".join(f"{name}: {state}\n" for name, state in found.items()), 200 if is_ready else 503)


def _metrics() -> Response:
    """Everything counted, for those whom METRICS_ALLOW names."""
    backends = http.backends()
    settings = backends.settings
    # What a proxy sends on for somebody must not pass for the proxy's own question.
    is_sent_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    is_known_proxy = http.is_in(request.environ.get("REMOTE_ADDR") or "", settings.trusted_proxies)
    is_allowed = http.is_in(http.client_address(), settings.metrics_allow)
    if not is_allowed or (is_sent_on and not is_known_proxy):
        raise NotFound("There is nothing at this address.")
    answer = Response(metrics.exposition(site_metrics(backends)), content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def site_metrics(backends: Backends) -> Iterator[Metric]:
    """This host's disk and way to Redis; and what is known of the whole site, which every web host says alike: of
    that take the maximum, not the sum."""
    disk = GaugeMetricFamily("mediacrush_disk_free_bytes", "Room where this host keeps what it works on")
    disk.add_metric([], shutil.disk_usage(backends.settings.data_dir).free)
    yield disk
    is_up = GaugeMetricFamily("mediacrush_redis_up", "Whether Redis answers this host")
    try:
        known = [*_queues(backends), *_totals(backends.statistics.totals())]
    except BackendUnavailable:
        known = []
    is_up.add_metric([], float(bool(known)))
    yield is_up
    yield from known


def _queues(backends: Backends) -> Iterator[Metric]:
    for name, help_, values in (
        ("jobs", "Jobs that wait", backends.jobs.lengths()),
        ("oldest_seconds", "For how long the first of them has waited", backends.jobs.oldest_s()),
        ("workers", "Living workers that look at the queue", backends.jobs.workers()),
    ):
        family = GaugeMetricFamily(f"mediacrush_site_queue_{name}", help_, labels=["queue"])
        for queue, value in values.items():
            family.add_metric([queue], value)
        yield family


def _totals(totals: Totals) -> Iterator[Metric]:
    jobs = HistogramMetricFamily(
        "mediacrush_site_job_seconds",
        "Seconds of jobs, by kind of media and what its record said afterwards",
        labels=["kind", "result"],
    )
    for labels, times in totals.jobs.items():
        counted, buckets = 0, []
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), times.counts, strict=True):
            counted += count
            buckets.append((bound, counted))
        jobs.add_metric(labels, buckets, times.seconds)
    yield jobs
    files = CounterMetricFamily("mediacrush_site_published_files", "Files published", labels=["kind", "role"])
    sizes = CounterMetricFamily("mediacrush_site_published_bytes", "Bytes of them", labels=["kind", "role"])
    for labels, published in totals.published.items():
        files.add_metric(labels, published.files)
        sizes.add_metric(labels, published.size_bytes)
    yield files
    yield sizes


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status=status, mimetype="text/plain", headers={"Cache-Control": "no-store"})

"""Pages a second: the site against a one-line Flask app under the same gunicorn with the same settings."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import SystemRandom
from statistics import median
from urllib.request import urlopen

from benchmarks import media, processes
from benchmarks.site import HOST, ROOT, Site, site_environment
from benchmarks.table import Table, number, spread, verdict

GOAL = 0.5
_REFERENCE, _TWIN = "one-line Flask app", "the same again (noise)"
_WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One address to ask again and again. `has_goal`: whether the goal is about it."""

    name: str
    port: int
    web_master: int
    path: str
    database: Sequence[int] = ()
    headers: Sequence[str] = ()
    status: int = 200
    has_goal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    """What one burst showed: requests a second, CPU seconds of the server a request, latency, bytes an answer."""

    per_s: float
    server_cpu_s: float
    client_cpu_s: float
    p99_s: float
    answer_bytes: int


def measure(site: Site, samples: media.Media, folder: Path, *, rounds: int, burst_s: float) -> str:
    """Bursts back to back, in another order each round; the table."""
    uploads = [site.upload(samples.fresh(name)) for name in (media.PHOTO, media.LOOP)]
    for sent in uploads:
        site.wait(sent)
    photo, loop = (sent.hash for sent in uploads)
    bursts: dict[str, list[_Burst]] = {}
    with _hello(folder) as (port, master):
        cases = [
            _Case(name=_REFERENCE, port=port, web_master=master, path="/"),
            _Case(name=_TWIN, port=port, web_master=master, path="/"),
            *_site_cases(site, photo, loop),
        ]
        for case in cases:
            _burst(case, burst_s / 4)
        for _ in range(rounds):
            SystemRandom().shuffle(order := list(cases))
            for case in order:
                bursts.setdefault(case.name, []).append(_burst(case, burst_s))
    for sent in uploads:
        site.delete(sent)
    return _table(cases, bursts)


def _site_cases(site: Site, photo: str, loop: str) -> list[_Case]:
    with urlopen(f"http://{HOST}:{site.port}/{loop}", timeout=30) as answer:
        etag = answer.headers["ETag"]
    at_site = partial(_Case, port=site.port, web_master=site.web_master, database=site.database)
    unchanged = [f"If-None-Match: {etag}"]
    return [
        at_site(name="view page, photo", path=f"/{photo}", has_goal=True),
        at_site(name="view page, video", path=f"/{loop}", has_goal=True),
        at_site(name="view page, video: 304", path=f"/{loop}", headers=unchanged, status=304),
        at_site(name="`/api/<hash>`, video", path=f"/api/{loop}"),
    ]


@contextmanager
def _hello(folder: Path) -> Iterator[tuple[int, int]]:
    """The one-line app: its port and the process whose children answer."""
    port = processes.free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "benchmarks.hello:app"],
        cwd=ROOT,
        env=site_environment(folder / "hello", port),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if not processes.answers(process, f"http://{HOST}:{port}/"):
            raise RuntimeError("The one-line app did not start.")
        yield port, process.pid
    finally:
        processes.stop(process, signal.SIGTERM)


def _burst(case: _Case, duration_s: float) -> _Burst:
    program = [sys.executable, "-I", str(Path(__file__).with_name("load.py")), HOST, str(case.port), case.path]
    headers = [word for header in case.headers for word in ("--header", header)]
    phases = ["--warm-up", str(_WARM_UP_S), "--duration", str(duration_s), "--status", str(case.status)]
    servers = (*processes.children(case.web_master), *case.database)
    before_s = processes.cpu_s(servers)
    finished = subprocess.run([*program, *headers, *phases], check=True, stdout=subprocess.PIPE, timeout=60)
    result = json.loads(finished.stdout)
    return _Burst(
        per_s=result["per_s"],
        server_cpu_s=(processes.cpu_s(servers) - before_s) / result["all"],
        client_cpu_s=result["cpu_s"] / result["all"],
        p99_s=result["p99_s"],
        answer_bytes=int(result["answer_bytes"]),
    )


def _table(cases: Sequence[_Case], bursts: dict[str, list[_Burst]]) -> str:
    table = Table(
        headings=(
            "request",
            "answer, bytes",
            "requests/s",
            "/ mean of the one-line app's",
            f"goal ≥ {GOAL}",
            "p99, ms",
            "server CPU, µs a request",
        )
    )
    pairs = zip(bursts[_REFERENCE], bursts[_TWIN], strict=True)
    references = [(first.per_s + second.per_s) / 2 for first, second in pairs]
    for case in cases:
        found = bursts[case.name]
        ratios = [burst.per_s / per_s for burst, per_s in zip(found, references, strict=True)]
        table.add(
            case.name,
            f"{found[0].answer_bytes:,}",
            spread(burst.per_s for burst in found),
            spread(ratios),
            verdict(median(ratios) >= GOAL) if case.has_goal else "",
            spread(burst.p99_s * 1e3 for burst in found),
            spread(burst.server_cpu_s * 1e6 for burst in found),
        )
    client_us = median(burst.client_cpu_s for found in bursts.values() for burst in found) * 1e6
    return f"{table}\n\nThe load generator itself: {number(client_us)} µs of CPU a request, its start included."

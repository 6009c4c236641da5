"""Behind nginx: a kept page against a static file, gunicorn's page against the least that Flask can do, uploads."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import SystemRandom
from statistics import median

from benchmarks import processes, upload
from benchmarks.site import Site
from benchmarks.table import Table, spread, verdict
from tests.edge import Edge

_KEPT_GOAL, _FRESH_GOAL = 0.75, 0.6
_WRK = "wrk"
_CONNECTIONS = 32
_STATIC_NAME = "staticstatic.page.json"
_STATIC, _HELLO = "nginx, a static file of its size", "one-line Flask app"
# Who shows an owner's cookie is not answered from what is kept.
_OWNER = ("Cookie: owner=whoever",)
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One address to ask again and again, the processes that may answer, and the case it is compared with."""

    name: str
    url: str
    masters: Sequence[int]
    database: Sequence[int] = ()
    reference: str
    headers: Sequence[str] = ()
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    """Requests a second, CPU seconds of all servers a request, and the 99th percentile in seconds."""

    per_s: float
    cpu_s: float
    p99_s: float


def measure(site: Site, folder: Path, *, is_quick: bool) -> str:
    """Bursts back to back, in another order each round, then uploads of a gigabyte; the tables."""
    if shutil.which(_WRK) is None:
        raise RuntimeError(
            "This needs wrk (the Debian package of that name): no load generator in Python keeps up."
        )
    rounds, burst_s = (2, 1) if is_quick else (7, 3)
    (folder / "pixel.png").write_bytes(_PIXEL)
    sent = site.upload(folder / "pixel.png")
    site.wait(sent)
    with (
        Edge(folder / "data", folder / "edge") as edge,
        Edge(
            folder / "hello", folder / "hello-edge", app="benchmarks.hello:app", REDIS_URL="unix:///nowhere"
        ) as hello,
    ):
        cases = _cases(edge, hello, sent.hash, site.database)
        pages = _table(cases, _bursts(cases, rounds, burst_s))
        behind = replace(site, port=edge.port, web_master=edge.children["uploads"].pid)
        sizes = [(200_000_000, 2)] if is_quick else [(10**9, 5)]
        uploads = upload.measure(behind, folder, sizes, upload.BEHIND_NGINX)
    return f"{pages}\n\n{uploads}"


def _cases(edge: Edge, hello: Edge, hash_: str, database: Sequence[int]) -> list[_Case]:
    page = edge.get(f"/{hash_}")
    static = edge.data_dir / "media" / "public" / _STATIC_NAME[:2] / _STATIC_NAME
    static.parent.mkdir(parents=True, exist_ok=True)
    static.write_bytes(page.body)
    page_url, api_url = f"{edge.url}/{hash_}", f"{edge.url}/api/{hash_}"
    least = partial(_Case, url=f"{hello.url}/", masters=_masters(hello), reference=_HELLO)
    kept = partial(_Case, masters=_masters(edge), database=database, reference=_STATIC)
    fresh = partial(_Case, masters=_masters(edge), database=database, reference=_HELLO, headers=_OWNER)
    return [
        kept(name=_STATIC, url=f"{edge.url}/{_STATIC_NAME}"),
        kept(name="view page, kept by nginx", url=page_url, goal=_KEPT_GOAL),
        least(name=_HELLO),
        least(name="the same again (noise)"),
        fresh(name="view page, from gunicorn", url=page_url, goal=_FRESH_GOAL),
        fresh(name="`/api/<hash>`, from gunicorn", url=api_url),
    ]


def _masters(edge: Edge) -> tuple[int, int]:
    return edge.children["nginx"].pid, edge.children["pages"].pid


def _bursts(cases: Sequence[_Case], rounds: int, burst_s: int) -> dict[str, list[_Burst]]:
    bursts: dict[str, list[_Burst]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        SystemRandom().shuffle(order := list(cases))
        for case in order:
            bursts[case.name].append(_burst(case, burst_s))
    return bursts


def _table(cases: Sequence[_Case], bursts: dict[str, list[_Burst]]) -> Table:
    table = Table(
        headings=(
            "request",
            "requests/s",
            "/ its reference",
            "goal",
            "p99, ms",
            "CPU, µs a request",
            "reference's / it",
        )
    )
    for case in cases:
        pairs = list(zip(bursts[case.name], bursts[case.reference], strict=True))
        ratios = [burst.per_s / reference.per_s for burst, reference in pairs]
        reached = f"≥ {case.goal}: {verdict(median(ratios) >= case.goal)}" if case.goal else ""
        found = bursts[case.name]
        table.add(
            case.name,
            spread(burst.per_s for burst in found),
            spread(ratios),
            reached,
            spread(burst.p99_s * 1e3 for burst in found),
            spread(burst.cpu_s * 1e6 for burst in found),
            spread(reference.cpu_s / burst.cpu_s for burst, reference in pairs),
        )
    return table


def _burst(case: _Case, duration_s: int) -> _Burst:
    headers = [word for header in case.headers for word in ("-H", header)]
    size = ["-t1", f"-c{_CONNECTIONS}", f"-d{duration_s}s", "--latency"]
    servers = [*case.database, *(pid for master in case.masters for pid in processes.children(master))]
    before_s = processes.cpu_s(servers)
    finished = subprocess.run([_WRK, *size, *headers, case.url], check=True, capture_output=True, text=True)
    if "Non-2xx" in finished.stdout or "Socket errors" in finished.stdout:
        raise RuntimeError(f"{case.name} was not always answered:\n{finished.stdout}")
    per_s = re.search(r"Requests/sec:\s+([\d.]+)", finished.stdout)
    all_ = re.search(r"(\d+) requests in", finished.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", finished.stdout)
    if per_s is None or p99 is None or all_ is None:
        raise RuntimeError(f"wrk says something else than expected:\n{finished.stdout}")
    cpu_s = (processes.cpu_s(servers) - before_s) / int(all_[1])
    return _Burst(
        per_s=float(per_s[1]), cpu_s=cpu_s, p99_s=float(p99[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[p99[2]]
    )

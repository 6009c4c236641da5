"""Requests a second by wrk: bursts back to back, in another order each round. No generator in Python keeps up with
nginx."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import SystemRandom
from statistics import median

from benchmarks import processes
from benchmarks.table import Table, spread, verdict

_WRK = "wrk"
_CONNECTIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One address to ask again and again, the name of the case it is compared with, and the servers: the children
    of `masters`, and `database` itself."""

    name: str
    url: str
    reference: str
    masters: Sequence[int]
    database: Sequence[int] = ()
    headers: Sequence[str] = ()
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    """Requests a second, CPU seconds of all servers a request, and the 99th percentile in seconds."""

    per_s: float
    cpu_s: float
    p99_s: float


def compare(cases: Sequence[Case], rounds: int, burst_s: int) -> Table:
    """The table. Raises RuntimeError where wrk is not installed, or a case is not always answered."""
    if shutil.which(_WRK) is None:
        raise RuntimeError("This needs wrk: install the Debian package of that name.")
    bursts: dict[str, list[_Burst]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        SystemRandom().shuffle(order := list(cases))
        for case in order:
            bursts[case.name].append(_burst(case, burst_s))
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
        found, references = bursts[case.name], bursts[case.reference]
        ratios = [ours.per_s / theirs.per_s for ours, theirs in zip(found, references, strict=True)]
        table.add(
            case.name,
            spread(burst.per_s for burst in found),
            spread(ratios),
            f"≥ {case.goal}: {verdict(median(ratios) >= case.goal)}" if case.goal else "",
            spread(burst.p99_s * 1e3 for burst in found),
            spread(burst.cpu_s * 1e6 for burst in found),
            spread(theirs.cpu_s / ours.cpu_s for ours, theirs in zip(found, references, strict=True)),
        )
    return table


def _burst(case: Case, duration_s: int) -> _Burst:
    headers = [word for header in case.headers for word in ("-H", header)]
    command = [_WRK, "-t1", f"-c{_CONNECTIONS}", f"-d{duration_s}s", "--latency", *headers, case.url]
    before_s = _cpu_s(case)
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used_s = sum(used_s - before_s.get(pid, 0.0) for pid, used_s in _cpu_s(case).items())
    per_s = re.search(r"Requests/sec:\s+([\d.]+)", told)
    answered = re.search(r"(\d+) requests in", told)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    if "Non-2xx" in told or per_s is None or answered is None or p99 is None:
        raise RuntimeError(f"{case.name}: not always answered.\n{told}")
    return _Burst(
        per_s=float(per_s[1]),
        cpu_s=used_s / int(answered[1]),
        p99_s=float(p99[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[p99[2]],
    )


def _cpu_s(case: Case) -> dict[int, float]:
    """CPU seconds of every server that runs at this moment: nginx's loader of what it kept ends after a minute."""
    found = {}
    for pid in (*case.database, *(pid for master in case.masters for pid in processes.children(master))):
        with suppress(FileNotFoundError):
            found[pid] = processes.cpu_s([pid])
    return found

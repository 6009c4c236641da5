"""Taking in large files: MB/s against a loop that reads, hashes and writes the same bytes; memory; the answer."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import SystemRandom
from statistics import median

from benchmarks import processes
from benchmarks.site import Sent, Site
from benchmarks.table import Table, spread, verdict

GOAL_ANSWER_S, GOAL_MEMORY_BYTES = 1.0, 64 * 2**20
MB, MIB = 1e6, 2**20
_BLOCK_BYTES = 2**20
_SITE, _SHA256, _BOTH, _SYNCED = (
    "the site",
    "SHA-256, write",
    "MD5 and SHA-256, write",
    "MD5 and SHA-256, write, fsync",
)
# A film by its first bytes, so that it is taken in; noise behind them, so that processing ends at once.
_HEAD = (24).to_bytes(4) + b"ftypisom" + bytes(4) + b"isommp41"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    """One upload. `grown_bytes`: how far the peak memory of a web process rose above what it was before."""

    seconds: float
    answer_s: float
    grown_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """How fast the site must be: its share of what the loop of that name reaches; whether the answer must follow
    the last byte at once, which it cannot where nothing is hashed before that byte has come."""

    share: float
    loop: str
    has_quick_answer: bool


STRAIGHT = Goal(share=0.4, loop=_SHA256, has_quick_answer=True)
BEHIND_NGINX = Goal(share=0.7, loop=_BOTH, has_quick_answer=False)


def measure(site: Site, folder: Path, sizes: Sequence[tuple[int, int]], goal: Goal = STRAIGHT) -> str:
    """For each (size in bytes, rounds): uploads and loops back to back, in another order each round; the tables."""
    source = folder / "upload"
    _make(source, max(size for size, _ in sizes))
    tables = [_measure_size(site, source, size, rounds, goal) for size, rounds in sizes]
    source.unlink()
    speed, rest = zip(*tables, strict=True)
    return "\n\n".join(str(_joined(kind)) for kind in (speed, rest))


def _make(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.write(_HEAD)
        for start in range(len(_HEAD), size_bytes, _BLOCK_BYTES):
            file.write(os.urandom(min(_BLOCK_BYTES, size_bytes - start)))


def _measure_size(site: Site, source: Path, size_bytes: int, rounds: int, goal: Goal) -> tuple[Table, Table]:
    uploads: list[_Upload] = []
    loops: dict[str, list[float]] = {_SHA256: [], _BOTH: [], _SYNCED: []}

    def upload() -> None:
        uploads.append(_upload(site, source, size_bytes))

    def loop(name: str) -> Callable[[], None]:
        return lambda: loops[name].append(_loop(source, size_bytes, name))

    _warm(source, size_bytes)
    for _ in range(rounds):
        _make_unique(source)
        SystemRandom().shuffle(order := [upload, *map(loop, loops)])
        for run in order:
            run()
    return _speed(size_bytes, uploads, loops, goal), _rest(size_bytes, uploads, goal)


def _warm(source: Path, size_bytes: int) -> None:
    """Have the file in the page cache for the first of them too."""
    _loop(source, size_bytes, _SHA256)


def _make_unique(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(len(_HEAD))
        file.write(secrets.token_bytes(32))


def _upload(site: Site, source: Path, size_bytes: int) -> _Upload:
    before = {}
    for pid in site.web:
        processes.reset_peak(pid)
        before[pid] = processes.peak_bytes(pid)
    sent: Sent = site.upload(source, size_bytes)
    grown = max(processes.peak_bytes(pid) - before[pid] for pid in site.web)
    # The workers must not be at it when the next one is measured.
    site.wait(sent, may_fail=True)
    site.delete(sent)
    return _Upload(seconds=sent.send_s + sent.answer_s, answer_s=sent.answer_s, grown_bytes=grown)


def _loop(source: Path, size_bytes: int, name: str) -> float:
    """Read, hash and write in one Python loop; seconds."""
    digests = [hashlib.sha256()] if name == _SHA256 else [hashlib.sha256(), hashlib.md5(usedforsecurity=False)]
    target = source.with_name("loop")
    begun = time.monotonic()
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        remaining = size_bytes
        while remaining and (block := reader.read(min(_BLOCK_BYTES, remaining))):
            for digest in digests:
                digest.update(block)
            writer.write(block)
            remaining -= len(block)
        if name == _SYNCED:
            os.fsync(writer.fileno())
    seconds = time.monotonic() - begun
    target.unlink()
    return seconds


def _speed(size_bytes: int, uploads: list[_Upload], loops: dict[str, list[float]], goal: Goal) -> Table:
    table = Table(headings=("way", "size, MB", "MB/s", "the site / it", f"goal ≥ {goal.share}"))
    size = f"{size_bytes / MB:,.0f}"
    table.add(_SITE, size, spread(size_bytes / MB / upload.seconds for upload in uploads), "1", "")
    for name, seconds in loops.items():
        ratios = [took / upload.seconds for took, upload in zip(seconds, uploads, strict=True)]
        reached = verdict(median(ratios) >= goal.share) if name == goal.loop else ""
        speed = spread(size_bytes / MB / took for took in seconds)
        table.add(f"read, {name}", size, speed, spread(ratios), reached)
    return table


def _rest(size_bytes: int, uploads: list[_Upload], goal: Goal) -> Table:
    table = Table(
        headings=(
            "size, MB",
            "last byte to answer, s",
            f"goal < {GOAL_ANSWER_S:.0f} s",
            "growth of the web process's peak memory, MiB",
            f"goal ≤ {GOAL_MEMORY_BYTES // MIB} MiB",
        )
    )
    answers, grown = [upload.answer_s for upload in uploads], [upload.grown_bytes for upload in uploads]
    table.add(
        f"{size_bytes / MB:,.0f}",
        spread(answers),
        verdict(max(answers) < GOAL_ANSWER_S) if goal.has_quick_answer else "",
        spread(growth / MIB for growth in grown),
        verdict(max(grown) <= GOAL_MEMORY_BYTES),
    )
    return table


def _joined(tables: Sequence[Table]) -> Table:
    return Table(headings=tables[0].headings, rows=[row for table in tables for row in table.rows])

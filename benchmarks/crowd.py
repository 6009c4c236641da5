"""A crowd before the site as it runs in production: nginx, two pools, a database, and workers that transcode."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import media, processes
from benchmarks.site import Site
from benchmarks.table import Table, number, verdict
from tests.edge import Edge

PAGE_GOAL_S = 0.1
_PROGRAM = Path(__file__).with_name("viewers.py")
_FILM_BYTES = 5_000_000
_MIB = 2**20
_PAGE_BYTES = 4096
_SAMPLE_S = 0.5
_UPLOAD_PAUSE_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """So many come within `arrive_s`, ask for page and poster (or not), then for `ranges` of `range_bytes` each,
    and take `piece_bytes` every `pause_s`."""

    name: str
    viewers: int
    arrive_s: float
    asks_for_page: bool
    ranges: int
    range_bytes: int
    piece_bytes: int
    pause_s: float


# 5 MB at 2 Mbit/s, which is what AV1 of 1080p needs: 20 s each, so that all are there at once.
WATCHING = Crowd(
    name="1,600 watch; photos arrive, and a film is transcoded",
    viewers=1600,
    arrive_s=10,
    asks_for_page=True,
    ranges=5,
    range_bytes=_FILM_BYTES // 5,
    piece_bytes=125_000,
    pause_s=0.5,
)
# A modem's 16 kB/s each; 16,000 are as many connections as this program may hold open.
SLOW = Crowd(
    name="16,000 stream slowly",
    viewers=16_000,
    arrive_s=20,
    asks_for_page=False,
    ranges=4,
    range_bytes=250_000,
    piece_bytes=32_000,
    pause_s=2,
)


def measure(site: Site, folder: Path, *, is_quick: bool) -> str:
    """The table. The film is one that the site published itself."""
    samples = media.Media(folder / "crowd", clip_s=6)
    samples.make()
    sent = site.upload(samples.fresh(media.CLIP))
    site.wait(sent, until_ready=True)
    table = Table(
        headings=(
            "crowd",
            "at once",
            "answers",
            "errors",
            "goal: none",
            "page p50 / p99, ms",
            "goal: p99 < 100 ms",
            "GB sent",
            "CPU of nginx, s",
            "nginx, MiB",
            "TCP, MiB",
        )
    )
    with Edge(folder / "data", folder / "edge", RATE_LIMIT_EXEMPT="127.0.0.0/8") as edge:
        poster, film = _paths(edge, sent.hash)
        for crowd in (WATCHING, SLOW):
            beside = _work_beside(replace(site, port=edge.port), samples) if crowd is WATCHING else nullcontext()
            table.add(*_row(edge, crowd, [f"/{sent.hash}", poster], film, beside))
            if is_quick:
                break
    return str(table)


def _paths(edge: Edge, hash_: str) -> tuple[str, str]:
    """The poster, and a film of at least 5 MB."""
    poster = None
    while poster is None:
        content = edge.get(f"/api/{hash_}").json
        poster = next((extra["file"] for extra in content["extras"] if extra["type"].startswith("image/")), None)
    films = [found["file"] for found in content["files"] if found["type"] == "video/mp4"]
    large = [path for path in films if int(edge.request("HEAD", path).headers["Content-Length"]) >= _FILM_BYTES]
    return poster, large[0]


def _row(edge: Edge, crowd: Crowd, pages: list[str], film: str, beside: AbstractContextManager[None]) -> list[str]:
    master = edge.children["nginx"].pid
    # Not the process that looks through the cache once and ends.
    nginx = [master, *(pid for pid in processes.children(master) if "worker" in processes.command_line(pid))]
    command = [sys.executable, "-I", str(_PROGRAM), str(edge.port), f"--film={film}"]
    command += [f"--page={page}" for page in pages if crowd.asks_for_page]
    command += [f"--viewers={crowd.viewers}", f"--arrive={crowd.arrive_s}", f"--ranges={crowd.ranges}"]
    command += [f"--range={crowd.range_bytes}", f"--piece={crowd.piece_bytes}", f"--pause={crowd.pause_s}"]
    used_before_s = processes.cpu_s(nginx)
    with _memory(nginx) as peaks, beside:
        told = subprocess.run(command, check=True, capture_output=True, text=True)
    seen: dict[str, Any] = json.loads(told.stdout)
    errors = seen["expected"] - seen["answers"]
    timed = crowd.asks_for_page
    return [
        crowd.name,
        f"{seen['most_at_once']:,}",
        f"{seen['answers']:,}",
        f"{errors:,} {seen['errors'] or ''}".strip(),
        verdict(not errors),
        f"{number(seen['page_p50_s'] * 1e3)} / {number(seen['page_p99_s'] * 1e3)}" if timed else "",
        verdict(seen["page_p99_s"] < PAGE_GOAL_S) if timed else "",
        number(seen["received_bytes"] / 1e9),
        number(processes.cpu_s(nginx) - used_before_s),
        number(peaks["nginx"] / _MIB),
        number(peaks["tcp"] / _MIB),
    ]


@contextmanager
def _memory(pids: list[int]) -> Iterator[dict[str, float]]:
    """The most that these processes, and the kernel for TCP, hold while it lasts: bytes."""
    peaks = {"nginx": 0.0, "tcp": 0.0}
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(_SAMPLE_S):
            peaks["nginx"] = max(peaks["nginx"], sum(map(processes.resident_bytes, pids)))
            peaks["tcp"] = max(peaks["tcp"], _tcp_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        is_over.set()
        watcher.join()


@contextmanager
def _work_beside(site: Site, samples: media.Media) -> Iterator[None]:
    """Photos are uploaded while it lasts, one after the other, and a film that has to be transcoded. Raises
    RuntimeError where one is not taken."""
    is_over = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:

        def bring() -> None:
            site.upload(samples.fresh(media.HEVC_CLIP))
            while not is_over.wait(_UPLOAD_PAUSE_S):
                site.upload(samples.fresh(media.PHOTO))

        bringing = pool.submit(bring)
        try:
            yield
        finally:
            is_over.set()
        bringing.result()


def _tcp_bytes() -> int:
    """What the kernel holds in the buffers of all TCP connections (proc(5): sockstat counts pages)."""
    line = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    words = line.split()
    return int(words[words.index("mem") + 1]) * _PAGE_BYTES

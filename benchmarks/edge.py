"""Behind nginx: a kept page against a static file, gunicorn's page against the least that Flask can do, pools of
gunicorn against each other, uploads of a gigabyte."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import processes, upload
from benchmarks.site import HOST, ROOT, Site, site_environment
from benchmarks.wrk import Case, compare
from tests.edge import Edge

_KEPT_GOAL, _FRESH_GOAL = 0.75, 0.6
_STATIC, _HELLO = "nginx, a static file of its size", "one-line Flask app"
_STATIC_NAME = "staticstatic.page.json"
# Who shows an owner's cookie is not answered from what is kept.
_OWNER = ("Cookie: owner=whoever",)
_POOLS = {
    "2 sync workers": (),
    "the same again (noise)": (),
    "3 sync workers": ("-w", "3"),
    "2 workers of 4 threads": ("-k", "gthread", "--threads", "4"),
}
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


def measure(site: Site, folder: Path, *, is_quick: bool) -> str:
    """The tables."""
    rounds, burst_s = (2, 1) if is_quick else (5, 2)
    (folder / "pixel.png").write_bytes(_PIXEL)
    sent = site.upload(folder / "pixel.png")
    site.wait(sent)
    hello_app = "benchmarks.hello:app"
    with (
        Edge(folder / "data", folder / "edge") as edge,
        Edge(folder / "hello", folder / "hello-edge", app=hello_app, REDIS_URL="unix:///nowhere") as hello,
    ):
        pages = compare(_pages(edge, hello, sent.hash, site.database), rounds, burst_s)
        behind = replace(site, port=edge.port, web_master=edge.children["uploads"].pid)
        sizes = [(200_000_000, 2)] if is_quick else [(10**9, 3)]
        uploads = upload.measure(behind, folder, sizes, upload.BEHIND_NGINX)
    with ExitStack() as stack:
        pools = compare(
            [stack.enter_context(_pool(name, site, folder, sent.hash)) for name in _POOLS], rounds, burst_s
        )
    return f"{pages}\n\n{pools}\n\n{uploads}"


def _pages(edge: Edge, hello: Edge, hash_: str, database: Sequence[int]) -> list[Case]:
    static = edge.data_dir / "media" / "public" / _STATIC_NAME[:2] / _STATIC_NAME
    static.parent.mkdir(parents=True, exist_ok=True)
    static.write_bytes(edge.get(f"/{hash_}").body)
    page_url, api_url = f"{edge.url}/{hash_}", f"{edge.url}/api/{hash_}"
    least = partial(Case, url=f"{hello.url}/", masters=_masters(hello), reference=_HELLO)
    kept = partial(Case, masters=_masters(edge), database=database, reference=_STATIC)
    fresh = partial(Case, masters=_masters(edge), database=database, reference=_HELLO, headers=_OWNER)
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


@contextmanager
def _pool(name: str, site: Site, folder: Path, hash_: str) -> Iterator[Case]:
    """A pool for pages without nginx before it, asked as nginx asks: one request a connection."""
    port = processes.free_port()
    settings = ["-c", "config/gunicorn-pages.conf.py", "--bind", f"{HOST}:{port}", *_POOLS[name]]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *settings, "app:app"],
        cwd=ROOT,
        env=site_environment(folder / "data", port),
        start_new_session=True,
    )
    try:
        if not processes.answers(process, f"http://{HOST}:{port}/version"):
            raise RuntimeError(f"{name} did not start.")
        yield Case(
            name=name,
            url=f"http://{HOST}:{port}/{hash_}",
            headers=("Connection: close",),
            reference=next(iter(_POOLS)),
            masters=[process.pid],
            database=site.database,
        )
    finally:
        processes.stop(process, signal.SIGTERM)

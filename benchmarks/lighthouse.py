"""Pages as Lighthouse sees them on a phone: `make lighthouse`, which gets it from npm and runs it in Chromium."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from benchmarks import media
from benchmarks.site import ROOT, Sent, Site, running_site
from benchmarks.table import Table, verdict
from tests.browser.chromium import MISSING, find_chromium
from tests.edge import Edge
from tests.samples import picture

_PROGRAM = ROOT / "build" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
# The defaults are a phone of the middle class on a slow network (simulated); these are only about where it runs.
_CHROME = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
_CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# What people upload is not for search engines, so those pages have no SEO to reach.
_GOALS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
_WITHOUT_SEO = frozenset({"picture", "film", "album", "album, one at a time"})
_ROUNDS = 3
_ALBUM_ITEMS = 6


def measure(site: Site, edge: Edge, samples: media.Media, folder: Path, chromium: str) -> tuple[str, list[str]]:
    """The table, and a line for each audit that was not passed."""
    table = Table(
        headings=("page", *(f"{name} (goal {goal})" for name, goal in _GOALS.items()), "layout shift", "reached")
    )
    faults: list[str] = []
    for name, path in _pages(site, edge, samples, folder).items():
        reports = [_report(f"{edge.url}{path}", chromium, folder) for _ in range(_ROUNDS)]
        scores = {
            category: median(100 * report["categories"][category]["score"] for report in reports)
            for category in _CATEGORIES
        }
        goals = {
            category: goal for category, goal in _GOALS.items() if category != "seo" or name not in _WITHOUT_SEO
        }
        shift = max(report["audits"]["cumulative-layout-shift"]["numericValue"] for report in reports)
        is_reached = shift == 0 and all(scores[category] >= goal for category, goal in goals.items())
        cells = (f"{scores[category]:.0f}" if category in goals else "" for category in _CATEGORIES)
        table.add(name, *cells, f"{shift:.3f}", verdict(is_reached))
        faults += [f"{name}: {fault}" for fault in _faults(reports[0], goals)]
    return str(table), faults


def _pages(site: Site, edge: Edge, samples: media.Media, folder: Path) -> dict[str, str]:
    """Names and paths: what a visitor sees first, and what is shared."""
    photo, film = site.upload(samples.fresh(media.PHOTO)), site.upload(samples.fresh(media.CLIP))
    items = [photo, film, *(_picture(site, folder, seed) for seed in range(_ALBUM_ITEMS - 2))]
    for item in items:
        site.wait(item)
    form = urlencode({"list": ",".join(item.hash for item in items)})
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    album = edge.request("POST", "/api/album/create", form, **kind).json["hash"]
    return {
        "home": "/",
        "picture": f"/{photo.hash}",
        "film": f"/{film.hash}",
        "album": f"/{album}",
        "album, one at a time": f"/{album}/focus",
        "docs": "/docs",
    }


def _picture(site: Site, folder: Path, seed: int) -> Sent:
    path = folder / f"{seed}.jpg"
    picture(1600, 1200, seed=seed).save(path, quality=90)
    return site.upload(path)


def _report(url: str, chromium: str, folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    only = f"--only-categories={','.join(_CATEGORIES)}"
    where = [f"--chrome-flags={_CHROME}", "--output=json", f"--output-path={path}", "--quiet"]
    environment = os.environ | {"CHROME_PATH": chromium}
    subprocess.run(["node", str(_PROGRAM), url, only, *where], check=True, env=environment)  # noqa: S607
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _faults(report: dict[str, Any], categories: dict[str, int]) -> list[str]:
    """Title and value of each audit that costs points in one of these categories."""
    names = {
        reference["id"]
        for category in categories
        for reference in report["categories"][category]["auditRefs"]
        if reference["weight"]
    }
    audits = (report["audits"][name] for name in sorted(names))
    return [
        f"{audit['title']}: {audit.get('displayValue', 'no')}"
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    ]


def main() -> int:
    """Measure, and print the table and what is in the way of full marks; 1 where there is no browser."""
    chromium = find_chromium()
    if chromium is None:
        print(MISSING, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="lighthouse.") as name:
        folder = Path(name)
        samples = media.Media(folder / "samples", clip_s=6)
        samples.make()
        with running_site(folder) as site, Edge(folder / "data", folder / "edge") as edge:
            table, faults = measure(site, edge, samples, folder, chromium)
    print("\n".join((table, "", *(f"- {fault}" for fault in faults))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

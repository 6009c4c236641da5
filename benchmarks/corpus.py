"""Every file of the corpus through the running site: what came out, and after how many seconds."""

import http.client
import json
from pathlib import Path
from typing import Any

from benchmarks.site import HOST, Site
from benchmarks.table import Table, number
from tests.corpus.corpus import CORPUS, write_corpus

_TIMEOUT_S = 120.0
_REFUSED = "refused"


def measure(site: Site, folder: Path) -> str:
    """A markdown table of all files: what became of each, seconds until it plays and until everything is done.

    Each file is sent when the one before is done. Seconds count from the last byte sent.
    """
    write_corpus(folder / "corpus")
    table = Table(headings=("file", "bytes", "result", "ready, s", "done, s"))
    results = []
    for case in CORPUS:
        path = folder / "corpus" / case.name
        if not path.stat().st_size:  # no file at all, as far as the lean client is concerned
            continue
        result, seconds = _result(site, path)
        results.append(result.split(":")[0])
        table.add(case.name, f"{path.stat().st_size:,}", result, *seconds)
    counts = ", ".join(f"{results.count(result)} {result}" for result in sorted(set(results)))
    return f"{table}\n\n{len(results)} files: {counts}."


def _result(site: Site, path: Path) -> tuple[str, tuple[str, str]]:
    try:
        sent = site.upload(path)
    except RuntimeError:
        return _REFUSED, ("", "")
    times = site.wait(sent, may_fail=True)
    described = _described(_asked(site, f"/api/{sent.hash}/status"), _asked(site, f"/api/{sent.hash}"))
    return described, (number(times.ready_s), number(times.done_s))


def _described(status: dict[str, Any], shown: dict[str, Any]) -> str:
    """`done: video 160x120, mp4 webm`, or what the failure is called."""
    word = str(status["status"])
    if word != "done":
        return word
    size = shown.get("metadata", {}).get("dimensions")
    kind = f"{shown['blob_type']} {size['width']}x{size['height']}" if size else str(shown["blob_type"])
    # What stands behind the hash: `.mp4`, or `.light.mp4` where there are two.
    names = (file["file"].rpartition("/")[2].partition(".")[2] for file in shown["files"])
    return f"{word}: {kind}, {' '.join(names)}"


def _asked(site: Site, address: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, site.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", address)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()

"""Counts of several processes add up, also of those that are gone."""

import subprocess
import sys
from pathlib import Path

_COUNT = """
import os, sys
from pathlib import Path
from mediacrush import metrics
metrics.share(Path(sys.argv[1]))
if os.fork() == 0:
    metrics.UPLOADS.labels("new").inc(2)
    metrics.REQUEST_SECONDS.labels("/", "200").observe(0.3)
    os._exit(0)
os.wait()
metrics.UPLOADS.labels("new").inc()
print(metrics.exposition([]).decode())
metrics.adopt_dead()
print(metrics.exposition([]).decode())
"""


def _run(folder: Path) -> list[str]:
    """Counts 2 in a child that ends and 1 in its parent; what is told before and after the child is adopted."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, str(folder)], check=True, capture_output=True, text=True, timeout=60
    )
    return [line for line in done.stdout.splitlines() if line.startswith("mediacrush_uploads_total")]


def test_counts_outlive_their_processes(tmp_path: Path) -> None:
    """Children and parents, and whole runs before this one: a count never goes back, and files do not pile up."""
    assert _run(tmp_path) == ['mediacrush_uploads_total{content="new"} 3.0'] * 2
    assert _run(tmp_path) == ['mediacrush_uploads_total{content="new"} 6.0'] * 2
    assert _run(tmp_path) == ['mediacrush_uploads_total{content="new"} 9.0'] * 2
    names = sorted(path.name for path in tmp_path.iterdir())
    assert {"counter_past.db", "histogram_past.db", "lock"} <= set(names)
    assert len(names) <= 5  # and those of the last parent, which nobody has adopted yet

"""What a web process counts for Prometheus, and how the counts of one machine's processes become one answer.

Several processes answer requests, and each is asked for all: so each counts in files of its own in one folder
(prometheus_client's multiprocess mode), and whoever is asked adds them up. A count never goes back: what a process
that is gone had counted is moved to a file that stays. What belongs to the whole site instead of one machine is
counted in Redis (database/statistics.py).
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)

_registry = CollectorRegistry()
# One histogram, because its count by route and status is the number of requests: a counter beside it would say the
# same and cost as much again.
REQUEST_SECONDS = Histogram(
    "mediacrush_request_seconds",
    "Seconds until an answer began, by route and status",
    ["route", "status"],
    buckets=_LATENCIES_S,
    registry=_registry,
)
UPLOADS = Counter("mediacrush_uploads", "Uploads accepted: new, or known already", ["content"], registry=_registry)
UPLOAD_BYTES = Counter("mediacrush_upload_bytes", "Bytes of accepted uploads", ["content"], registry=_registry)
BACKEND_ERRORS = Counter(
    "mediacrush_backend_errors", "Calls that Redis or storage did not answer", ["backend"], registry=_registry
)


def share(folder: Path) -> None:
    """Count in files of this folder from now on, for this process and those it forks. Call before anything is
    counted."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue()


def adopt_dead() -> None:
    """Move what processes that are gone have counted to the files that stay, so that files do not pile up."""
    folder = Path(os.environ[_FOLDER])
    with _locked(folder, fcntl.LOCK_EX):
        for path in folder.glob("*_[0-9]*.db"):
            kind, _, pid = path.stem.partition("_")
            if not Path(f"/proc/{pid}").exists():
                past = MmapedDict(str(folder / f"{kind}_past.db"))
                for key, value, time, _ in MmapedDict.read_all_values_from_file(str(path)):
                    past.write_value(key, past.read_value(key)[0] + value, time)
                past.close()
                path.unlink()


def exposition(more: Iterable[Metric]) -> bytes:
    """All of this machine's counts, and `more`, as Prometheus reads them."""
    everything = CollectorRegistry()
    everything.register(_Collected([*_own(), *more]))
    return generate_latest(everything)


class _Collected(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _own() -> list[Metric]:
    if _FOLDER not in os.environ:
        return list(_registry.collect())
    folder = Path(os.environ[_FOLDER])
    with _locked(folder, fcntl.LOCK_SH):
        merged: Iterable[Metric] = MultiProcessCollector.merge([str(path) for path in folder.glob("*.db")])
        return list(merged)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Nobody reads while counts are moved, or some would be seen twice and then no more."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, how)
        yield

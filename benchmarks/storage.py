"""Storage in a bucket against boto3's bare calls and against copying, on one S3 server beside it; memory."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import boto3

from benchmarks import processes
from benchmarks.table import Table, number, spread
from mediacrush.storage.s3 import S3Storage
from tests.s3 import ENVIRONMENT, S3Server

_MB, _MIB = 1e6, 2**20
_SMALL_BYTES, _SMALL_COUNT = 20_000, 50
_KEY = "public/CPvuR5lRhmS0.mp4"


def measure(folder: Path, *, size_bytes: int, large_bytes: int, rounds: int) -> str:
    """A large file and many small ones, each way in turn, `rounds` times; the peak of a put and a fetch of
    `large_bytes`."""
    os.environ.update(ENVIRONMENT)
    server = S3Server(folder / "s3")
    try:
        bucket = server.make_bucket()
        storage = S3Storage(bucket, endpoint=server.endpoint)
        client = boto3.client("s3", endpoint_url=server.endpoint)
        source, target = folder / "source", folder / "target"
        speeds = Table(headings=("", "what", "MB/s", "S3Storage / it"))
        for size, count in ((size_bytes, 1), (_SMALL_BYTES, _SMALL_COUNT)):
            _make(source, size)
            what = f"{count} of {number(size / _MB)} MB"
            puts = [
                lambda: storage.put(_KEY, source),
                lambda: client.upload_file(str(source), bucket, _KEY),
                lambda: _copy(source, target),
            ]
            fetches = [
                lambda: storage.fetch(_KEY, target),
                lambda: client.download_file(bucket, _KEY, str(target)),
                lambda: _copy(source, target),
            ]
            for verb, ways in (("put", puts), ("fetch", fetches)):
                seconds = _timed(ways, target, rounds=rounds, count=count)
                for name, took in zip(("S3Storage", "boto3", "cp"), seconds, strict=True):
                    ratios = [other / ours for ours, other in zip(seconds[0], took, strict=True)]
                    speed = spread(size * count / _MB / second for second in took)
                    speeds.add(f"{verb}, {name}", what, speed, spread(ratios))
        return f"{speeds}\n\n{_memory(storage, source, target, large_bytes)}"
    finally:
        server.stop()


def _memory(storage: S3Storage, source: Path, target: Path, size_bytes: int) -> Table:
    table = Table(headings=("what", "size, MB", "growth of the peak memory, MiB"))
    _make(source, size_bytes)
    for verb, use in (("put", partial(storage.put, _KEY, source)), ("fetch", partial(storage.fetch, _KEY, target))):
        processes.reset_peak(os.getpid())
        before = processes.peak_bytes(os.getpid())
        use()
        table.add(verb, number(size_bytes / _MB), number((processes.peak_bytes(os.getpid()) - before) / _MIB))
    target.unlink()
    return table


def _timed(ways: Sequence[Callable[[], None]], target: Path, *, rounds: int, count: int) -> list[list[float]]:
    """Seconds of each way in each round."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for took, way in zip(seconds, ways, strict=True):
            total = 0.0
            for _ in range(count):
                target.unlink(missing_ok=True)
                begun = time.monotonic()
                way()
                total += time.monotonic() - begun
            took.append(total)
    return seconds


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _make(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        for start in range(0, size_bytes, _MIB):
            file.write(os.urandom(min(_MIB, size_bytes - start)))

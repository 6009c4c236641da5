"""The site under test, started as `make run` starts it, and the lean client that talks to it."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks import processes

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
_TIMEOUT_S = 120.0
_WAIT_S = 600.0
_READ_BYTES = 65536
_FAILURES = ("error", "timeout", "unrecognised", "internal_error")
# While something is measured, asking costs CPU that it could use, 1 to 2 ms each time: often while it is short,
# seldom when it is long. Seconds passed, and seconds between two questions, which is how exact the answer then is.
_POLLS_S = ((1.5, 0.01), (10.0, 0.1), (float("inf"), 0.25))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One upload. `send_s` from connecting to the last byte handed to the kernel, `answer_s` from there to the
    whole answer; `sent_at` is the monotonic clock between the two."""

    hash: str
    delete_token: str
    send_s: float
    answer_s: float
    sent_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds from the last byte of an upload until its status was seen to be `ready` (or later) and `done`."""

    ready_s: float
    done_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running site and its processes."""

    port: int
    web_master: int
    workers: tuple[int, ...]
    database: tuple[int, ...]

    @classmethod
    def of(cls, supervisor: int, port: int) -> Self:
        """The site whose supervisor has this process number."""
        started = {pid: processes.command_line(pid) for pid in processes.children(supervisor)}
        master = next(pid for pid, line in started.items() if "gunicorn" in line)
        return cls(
            port=port,
            web_master=master,
            workers=tuple(pid for pid, line in started.items() if "worker.py" in line),
            database=tuple(pid for pid, line in started.items() if "valkey" in line),
        )

    @property
    def web(self) -> list[int]:
        """The processes that answer requests, at this moment."""
        return processes.children(self.web_master)

    def upload(self, path: Path, size_bytes: int | None = None) -> Sent:
        """Send the file, or its first bytes, as the form field `file`; raises RuntimeError if it is not taken."""
        size = path.stat().st_size if size_bytes is None else size_bytes
        head, tail = _multipart(size)
        with socket.create_connection((HOST, self.port), timeout=_TIMEOUT_S) as connection, path.open("rb") as file:
            begun = time.monotonic()
            connection.sendall(head)
            connection.sendfile(file, count=size)
            connection.sendall(tail)
            sent_at = time.monotonic()
            status, answer = _read_answer(connection)
            answered_at = time.monotonic()
        if status != http.client.OK:
            raise RuntimeError(f"The upload was answered with {status}: {answer}")
        return Sent(
            hash=answer["hash"],
            delete_token=answer["delete_token"],
            send_s=sent_at - begun,
            answer_s=answered_at - sent_at,
            sent_at=sent_at,
        )

    def wait(
        self, sent: Sent, *, may_fail: bool = False, until_ready: bool = False, patience_s: float = _WAIT_S
    ) -> Times:
        """Wait until everything is done, or only until it plays; raises RuntimeError for a failure unless that is
        expected, and when it takes longer than `patience_s`."""
        ready_s: float | None = None
        passed_s = 0.0
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_TIMEOUT_S)
        try:
            while passed_s < patience_s:
                connection.request("GET", f"/api/{sent.hash}/status")
                status = json.loads(connection.getresponse().read())["status"]
                passed_s = time.monotonic() - sent.sent_at
                if status in ("ready", "done") and ready_s is None:
                    ready_s = passed_s
                if ready_s is not None and (until_ready or status == "done"):
                    return Times(ready_s=ready_s, done_s=passed_s)
                if status in _FAILURES and may_fail:
                    return Times(ready_s=passed_s, done_s=passed_s)
                if status in _FAILURES:
                    raise RuntimeError(f"Processing ended with {status}")
                time.sleep(next(pause_s for until_s, pause_s in _POLLS_S if passed_s < until_s))
            raise RuntimeError(f"Processing was not done after {patience_s:.0f} s")
        finally:
            connection.close()

    def delete(self, sent: Sent) -> None:
        """Take the upload back; one whose processing failed has lost its files already."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_TIMEOUT_S)
        try:
            connection.request("DELETE", f"/api/{sent.hash}", headers={"X-Delete-Token": sent.delete_token})
            connection.getresponse().read()
        finally:
            connection.close()

    def worker_cpu_s(self) -> float:
        """CPU seconds of the workers and of all that they ran, once nothing of it runs any more."""
        deadline = time.monotonic() + _TIMEOUT_S
        while any(map(processes.children, self.workers)) and time.monotonic() < deadline:
            time.sleep(_POLLS_S[0][1])
        return processes.cpu_s(self.workers, with_children=True) + processes.adopted_cpu_s()


@contextmanager
def running_site(folder: Path, **settings: object) -> Iterator[Site]:
    """A site that keeps its data in `folder`, with these settings, by name; stopped as by Ctrl-C."""
    processes.adopt_orphans()
    port = processes.free_port()
    environment = site_environment(folder / "data", port)
    environment |= {f"MEDIACRUSH_{name}": str(value) for name, value in settings.items()}
    with (folder / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mediacrush.supervisor"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C in the terminal is ours; the site is stopped below
        )
        try:
            if not processes.answers(process, f"http://{HOST}:{port}/version"):
                raise RuntimeError(f"The site did not start:\n{(folder / 'site.log').read_text()}")
            yield Site.of(process.pid, port)
        finally:
            processes.stop(process, signal.SIGINT)


def site_environment(data_dir: Path, port: int) -> dict[str, str]:
    """The environment without settings of whoever runs this, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIACRUSH_")}
    return kept | {
        "MEDIACRUSH_DATA_DIR": str(data_dir),
        "MEDIACRUSH_HOST": HOST,
        "MEDIACRUSH_PORT": str(port),
        "MEDIACRUSH_RATE_LIMIT_EXEMPT": "127.0.0.0/8",
    }


def _multipart(size_bytes: int) -> tuple[bytes, bytes]:
    """What stands before and after a file of this size: the request's head and the part's, and the part's end."""
    boundary = secrets.token_hex(16)
    part = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    head = (
        f"POST /api/upload/file HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {len(part) + size_bytes + len(tail)}\r\n\r\n"
    )
    return (head + part).encode(), tail.encode()


def _read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """The status and JSON of the answer, which ends with the connection."""
    received = bytearray()
    with suppress(ConnectionResetError):
        while block := connection.recv(_READ_BYTES):
            received += block
            if received.endswith(b"}"):
                break
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), json.loads(body)

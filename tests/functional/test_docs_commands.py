"""Every command on the page about the command line, run as it stands there, against the site that printed it."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import Samples, picture
from tests.site import Site

_ROOT = Path(__file__).resolve().parents[2]
_ELSEWHERE = "https://example.com/cat.gif"

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None and os.environ.get("CI") != "true", reason="There is no curl here."
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may fetch from itself."""
    with Site(tmp_path_factory.mktemp("site"), FETCH_ALLOW="127.0.0.1") as site:
        yield site


def commands(site: Site) -> list[str]:
    """What stands in its examples, a line each."""
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", site.get("/docs/curl").text, re.DOTALL)
    return [html.unescape(line) for block in blocks for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person stands who has a film and a photo that the site has never seen."""
    for name in ("film.mp4", "photo.jpg"):
        picture(64, 48, seed=int.from_bytes(os.urandom(4))).save(tmp_path / name, "PNG")
    return tmp_path


def run(folder: Path, command: str, **values: str) -> str:
    """What a shell prints for the command, with words in it replaced."""
    for old, new in values.items():
        assert old in command
        command = command.replace(old, new)
    command = command.replace("python -m", f"{sys.executable} -m")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_command_does_what_is_said_of_it(site: Site, folder: Path, samples: Samples) -> None:
    """In the order of the page: an upload, its deletion, one by address, only the link, the status, an album, and
    the uploader."""
    upload, delete, fetch, link, status, album, client = commands(site)
    known = site.upload(samples["loop.gif"]).json["hash"]
    site.wait_for(known, "done")

    first = json.loads(run(folder, upload))
    assert first["url"] == f"{site.url}/{first['hash']}"
    assert json.loads(run(folder, delete, HASH=first["hash"], TOKEN=first["delete_token"])) == {"status": "success"}
    assert site.get(f"/api/{first['hash']}").status == 404
    address = site.url + site.get(f"/api/{known}").json["original"]
    assert json.loads(run(folder, fetch, **{_ELSEWHERE: address}))["hash"] == known
    for _ in range(2):  # what is here already has the same link
        assert run(folder, link) == f"{first['url']}\n"
    site.wait_for(first["hash"], "done")
    assert json.loads(run(folder, status, HASH=first["hash"]))["status"] == "done"
    made = json.loads(run(folder, album, **{"HASH,HASH": f"{known},{first['hash']}"}))
    assert [file["hash"] for file in site.get(f"/api/{made['hash']}").json["files"]] == [known, first["hash"]]
    assert len(run(folder, client).split()) == 3

"""The command-line uploader, run as a person runs it, against a real site."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.samples import Samples, picture
from tests.site import Site

_ROOT = Path(__file__).resolve().parents[2]


def run(site: Site | str, *arguments: str | bytes | Path, **options: object) -> "subprocess.CompletedProcess[str]":
    address = site.url if isinstance(site, Site) else site
    command = [sys.executable, "-m", "mediacrush.client", "--server", address, *map(os.fsdecode, arguments)]
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False, **options
    )


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A picture that the site has never seen."""
    path = tmp_path / "picture.png"
    picture(64, 48, seed=int.from_bytes(os.urandom(4))).save(path, "PNG")
    return path


def test_it_prints_a_link_and_nothing_else(site: Site, png: Path) -> None:
    """On standard output, so that it can be piped; a second time too, and with no bar where no terminal is."""
    first = run(site, png)
    assert (first.returncode, first.stderr) == (0, "")
    hash_ = first.stdout.strip().rpartition("/")[2]
    assert first.stdout == f"{site.url}/{hash_}\n"
    assert site.get(f"/api/{hash_}/status").status == 200
    assert run(site, png).stdout == first.stdout


def test_it_waits_until_everyone_can_see_it(site: Site, samples: Samples) -> None:
    """With --wait the link is printed when it plays."""
    done = run(site, "--wait", samples["clip.avi"])
    hash_ = done.stdout.strip().rpartition("/")[2]
    assert site.status(hash_)["status"] in ("ready", "done")


def test_several_become_an_album(site: Site, png: Path, samples: Samples) -> None:
    """A link for each in their order, and one for all."""
    done = run(site, "--album", png, samples["plain.jpg"])
    *links, album = done.stdout.split()
    answer = site.get(f"/api/{album.rpartition('/')[2]}").json
    assert answer["blob_type"] == "album"
    assert [file["hash"] for file in answer["files"]] == [link.rpartition("/")[2] for link in links]


def test_its_token_deletes(site: Site, png: Path) -> None:
    """What --token prints is the upload's own."""
    done = run(site, "--token", png)
    token = done.stderr.split()[-1]
    hash_ = done.stdout.strip().rpartition("/")[2]
    assert site.request("DELETE", f"/api/{hash_}", X_Delete_Token=token).status == 200


@pytest.mark.parametrize(
    "name",
    [
        'quo"te\\.png',
        "new\nline.png",
        "-dash.png",
        "ünï 写真 👩‍🔬.png",
        b"not-\xff-utf8.png",
        "a;filename=b.png",
        "%22.png",
    ],
)
def test_any_name_is_sent(site: Site, png: Path, name: str | bytes) -> None:
    """Whatever a file is called."""
    odd = os.fsencode(png.parent) + b"/" + os.fsencode(name)
    png.rename(Path(os.fsdecode(odd)))
    done = run(site, b"--", odd)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(site.url)


def test_what_fails_is_said_and_the_rest_goes_on(site: Site, png: Path, tmp_path: Path) -> None:
    """A folder, nothing, an empty file, a text: a sentence each, exit status 1, and the picture is up."""
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.txt").write_text("no media at all, just words\n" * 50)
    done = run(site, tmp_path, tmp_path / "missing.png", tmp_path / "empty.png", tmp_path / "text.txt", png)
    assert done.returncode == 1
    assert len(done.stdout.split()) == 1
    complaints = done.stderr.splitlines()
    assert len(complaints) == 4
    assert "Traceback" not in done.stderr
    for complaint, words in zip(complaints, ("directory", "No such file", "", ""), strict=True):
        assert words in complaint


def test_too_large_is_said(tmp_path: Path) -> None:
    """Though the server answers before it has read all."""
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(3_000_000))
    with Site(tmp_path / "site", MAX_FILE_SIZE=1_000_000) as site:
        done = run(site, large)
    assert done.returncode == 1
    assert "larger than the 1 MB" in done.stderr


@pytest.mark.parametrize(
    "server",
    ["http://127.0.0.1:1", "ftp://example.com", "http://", "http://[::1", "http://127.0.0.1:x", "http://a b"],
)
def test_no_server_is_said(server: str, png: Path) -> None:
    """In a line, without a traceback."""
    done = run(server, png)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("answer", [b"[1, 2]", b"null", b'"word"', b"{}", b"<html>", b"\xff", b""])
def test_another_kind_of_server_is_said(png: Path, answer: bytes) -> None:
    """Whatever it answers, in a line without a traceback."""

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        done = run(f"http://127.0.0.1:{server.server_port}", png)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_quietly(png: Path) -> None:
    """Without a traceback, with the status that shells expect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        # As at a terminal: who runs the tests in the background has Ctrl-C ignored.
        at_terminal = ["env", "--default-signal=INT"]
        command = [*at_terminal, sys.executable, "-m", "mediacrush.client", "--server", address, png]
        process = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE)
        with server.accept()[0] as connection:
            connection.recv(1)  # it is at work
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=60) == (None, b"")
    assert process.returncode == 130


def test_a_terminal_sees_a_bar(site: Site, png: Path) -> None:
    """On standard error, to the end."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mediacrush.client", "--server", site.url, str(png)]
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=theirs, timeout=90, check=True
    )
    os.close(theirs)
    drawn = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "100% picture.png" in drawn
    assert "█" in drawn
    assert done.stdout.startswith(site.url.encode())


def test_it_needs_nothing_but_python(png: Path, site: Site) -> None:
    """In an interpreter that has no packages at all."""
    code = "import runpy, sys; sys.argv[0] = 'client'; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    client = _ROOT / "mediacrush" / "client.py"
    command = [sys.executable, "-I", "-S", "-c", code, str(client), "--server", site.url, str(png)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert json.dumps(done.stdout).startswith(f'"{site.url}/')

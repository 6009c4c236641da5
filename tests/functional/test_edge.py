"""The site behind a real nginx: what it sends from disk, what it keeps, what it refuses, what it writes down."""

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from benchmarks.processes import children
from mediacrush.backends import Backends, connect_backends
from mediacrush.job_queue import ListJobQueue
from mediacrush.model.media import BlobType, Media, Role
from mediacrush.model.ownership import Claims, token_claim
from mediacrush.services import albums, library
from mediacrush.settings import Settings
from mediacrush.web import create_app
from tests.edge import Edge
from tests.minute import within_a_minute
from tests.site import Answer
from tests.web import records

_TOKEN = "of the owner"
_CLAIMS = Claims(token=token_claim(_TOKEN), cookie=None, address=None)
_VISIBLE_S = 5.0
_COMMON = ("Content-Type", "Cache-Control", "Content-Security-Policy", "Content-Disposition", "Accept-Ranges",
           "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
           "X-Content-Type-Options", "Referrer-Policy")  # fmt: skip
_KINDS = (
    (".png", "image/png"),
    (".svg", "image/svg+xml"),
    (".original.mp4", "video/mp4"),
    (".subtitles.0.vtt", "text/vtt"),
    (".m3u8", "application/vnd.apple.mpegurl"),
    (".waveform.json", "application/json"),
    (".mka", "audio/x-matroska"),
    (".neverheardof", "video/x-neverheardof"),
)

Make = Callable[..., Media]


@pytest.fixture(scope="module")
def edge(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """nginx and two processes a pool. What comes from 127.0.0.1 is from a proxy, and not limited itself."""
    folder = tmp_path_factory.mktemp("edge")
    settings = {"REDIS_URL": redis_url, "SECRET_KEY": "a key that only tests have", "MAX_FILE_SIZE": 2_000_000}
    with Edge(folder / "data", folder, TRUSTED_PROXIES="127.0.0.1", **settings) as edge:
        yield edge


@pytest.fixture(scope="module")
def backends(edge: Edge, redis_url: str) -> Backends:
    """The same database and storage, from within the test."""
    settings = Settings(
        data_dir=edge.data_dir, redis_url=redis_url, secret_key="a key that only tests have", public_url=edge.url
    )
    return replace(connect_backends(settings), jobs=ListJobQueue())


@pytest.fixture
def make(backends: Backends, tmp_path: Path) -> Make:
    """Publishes a media whose every file holds these bytes; its owner has the token."""

    def run(record: Media = records.PHOTO, content: bytes = b"0123456789" * 200) -> Media:
        hash_ = uuid4().hex[:12]
        files = tuple(replace(f, filename=f.filename.replace(record.hash, hash_)) for f in record.files)
        media = replace(record, hash=hash_, sha256=uuid4().hex * 2, files=files)
        (tmp_path / "content").write_bytes(content)
        for one in files:
            backends.storage.put(f"public/{one.filename}", tmp_path / "content")
        records.keep(backends, media)
        backends.owners.add(hash_, _CLAIMS)
        return media

    return run


def test_files_are_sent_as_the_application_sends_them(edge: Edge, backends: Backends, make: Make) -> None:
    """Every kind, shown and downloaded: the same bytes, type, policies and leave to keep them."""
    files = [records.file(suffix, suffix, mime, Role.EXTRA) for suffix, mime in _KINDS]
    media = make(records.media(BlobType.VIDEO, "video/mp4", *files))
    app = create_app(backends).test_client()
    for one in media.files:
        for path in (f"/{one.filename}", f"/download/{one.filename}"):
            ours, theirs = app.get(path, buffered=True), edge.get(path)
            assert (theirs.status, theirs.body) == (200, ours.data), path
            for name in _COMMON:
                assert theirs.headers[name] == ours.headers[name], (path, name)
            assert edge.get(path, Range="bytes=5-9").body == ours.data[5:10], path


def test_files_come_in_pieces_and_only_where_they_changed(edge: Edge, make: Make) -> None:
    """Range, conditional requests, HEAD; a preflight and a POST are the application's."""
    path = f"/{make(content=bytes(range(256)) * 100).files[0].filename}"
    whole = edge.get(path)
    assert re.fullmatch(r'"[^"]+"', whole.headers["ETag"])
    piece = edge.get(path, Range="bytes=10-19", If_Range=whole.headers["ETag"])
    assert (piece.status, piece.body) == (206, bytes(range(10, 20)))
    assert edge.get(path, Range="bytes=99999-").status == 416
    assert edge.get(path, If_None_Match=whole.headers["ETag"]).status == 304
    head = edge.request("HEAD", path)
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "25600", b"")
    assert edge.request("OPTIONS", path).status == 200
    assert edge.request("POST", path).status == 405
    assert edge.get("/" + "n" * 12 + ".jpg").text.startswith("<!doctype html>")


def test_a_deleted_file_is_gone_at_once(edge: Edge, backends: Backends, make: Make) -> None:
    """Also where it was just sent and nginx holds it open."""
    media = make()
    path = f"/{media.files[0].filename}"
    assert [edge.get(path).status for _ in range(3)] == [200] * 3
    library.delete(backends, media)
    assert [edge.get(path).status for _ in range(3)] == [404] * 3


def test_static_files_come_from_disk(edge: Edge) -> None:
    """For a year under the build's name, packed for who unpacks them; nothing outside of static/."""
    address = re.search(r'href="(/static/v[0-9a-f]{10}/css/[^"]+)"', edge.get("/").text)
    assert address is not None
    packed = edge.get(address[1], Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert edge.get("/static/mediacrush.js").headers["Cache-Control"] == "public, max-age=3600"
    for path in ("/static/../config/nginx.conf", "/static/%2e%2e/README.md", "/static/", "/static/js"):
        answer = edge.get(path)
        assert answer.status == 404, path
        assert "MediaCrush" in answer.text


def test_a_change_is_seen_by_the_owner_at_once_and_by_all_within_seconds(
    edge: Edge, backends: Backends, make: Make
) -> None:
    """Flags, texts, an album's order, a delete: pages, frames and the API, by way of two web processes."""
    blurred, titled, first, deleted = (make() for _ in range(4))
    album, _ = albums.create(backends, f"{titled.hash},{first.hash}", None, None)
    backends.owners.add(album, _CLAIMS, "album")
    right: dict[str, Callable[[Answer], bool]] = {
        f"/api/{blurred.hash}": lambda answer: '"nsfw": true' in answer.text,
        f"/{blurred.hash}/frame": lambda answer: "nsfw" in answer.text,
        f"/{titled.hash}": lambda answer: "A new title" in answer.text,
        f"/{album}": lambda answer: answer.text.index(first.hash) < answer.text.index(titled.hash),
        f"/{deleted.hash}": lambda answer: answer.status == 404,
        f"/{deleted.hash}.json": lambda answer: answer.status == 404,
    }
    for path, is_right in right.items():
        assert not is_right(edge.get(path)), path
    own = partial(edge.request, X_Delete_Token=_TOKEN)
    form = partial(own, "POST", Content_Type="application/x-www-form-urlencoded")
    assert form(f"/api/{blurred.hash}/flags", b"nsfw=true").status == 200
    assert form(f"/api/{titled.hash}/text", b"title=A+new+title").status == 200
    assert form(f"/api/{album}/order", f"list={first.hash},{titled.hash}".encode()).status == 200
    assert own("DELETE", f"/api/{deleted.hash}").status == 200
    changed_at = time.monotonic()
    for path, is_right in right.items():
        assert is_right(own("GET", path)), path
        assert is_right(edge.get(path, Cookie="owner=whoever")), path
    for path, is_right in right.items():
        while time.monotonic() < changed_at + _VISIBLE_S and not is_right(edge.get(path)):
            time.sleep(0.1)
        assert is_right(edge.get(path)), path


@pytest.mark.parametrize("path", ["/{}", "/{}/direct", "/api/{}", "/"])
def test_validators_are_strong_packed_or_not(edge: Edge, make: Make, path: str) -> None:
    """Each form of an answer has its own, the client that shows it gets a 304, and none is marked as weak."""
    address = path.format(make(replace(records.FILM, description="as many words as an answer needs " * 30)).hash)
    plain, packed = edge.get(address), edge.get(address, Accept_Encoding="br, gzip;q=0.8")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len({plain.headers["ETag"], packed.headers["ETag"]}) == 2
    for answer, accepted in ((plain, "identity"), (packed, "gzip")):
        assert re.fullmatch(r'"[^"]+"', answer.headers["ETag"])
        assert "Accept-Encoding" in answer.headers["Vary"]
        tag = answer.headers["ETag"]
        again = edge.get(address, Accept_Encoding=accepted, If_None_Match=tag)
        assert (again.status, again.body) == (304, b"")


def test_shared_caches_may_keep_a_page_for_a_second_and_browsers_not(edge: Edge, make: Make) -> None:
    """What nginx may do beyond that, it is told alone; what is not settled, or somebody's own, nobody keeps."""
    media = make()
    for path in (f"/{media.hash}", f"/api/{media.hash}"):
        assert edge.get(path).headers["Cache-Control"] == "public, max-age=0, s-maxage=1"
    assert edge.get(f"/api/{media.hash}/status").headers["Cache-Control"] == "no-cache"
    mine = edge.get("/mine")
    assert mine.headers["Cache-Control"] == "private, no-store"
    assert mine.headers["Set-Cookie"] != edge.get("/mine").headers["Set-Cookie"]


def test_an_upload_is_handed_over_as_a_file(edge: Edge, backends: Backends) -> None:
    """It is taken in as ever, nothing of it is left over, and whoever names a file of their own is not heard."""
    content = b"\x89PNG\r\n\x1a\n" + uuid4().bytes * 10_000
    answer = edge.upload(content, X_Body_File="/etc/passwd")
    assert answer.status == 200, answer.text
    media = backends.media.get(answer.json["hash"])
    assert media is not None
    path = backends.storage.local_path(media.original_key)
    assert path is not None
    assert path.read_bytes() == content
    assert edge.upload(content).status == 409
    for folder in ("bodies", "spool"):
        with within_a_minute():
            while list((edge.data_dir / folder).iterdir()):
                time.sleep(0.05)


@pytest.mark.parametrize(
    ("path", "headers", "status", "kind"),
    [
        ("/api/upload/file", {}, 413, "application/json"),
        ("/api/upload/file", {"X-CORS-Status": "1"}, 200, "application/json"),
        ("/api/feedback", {}, 413, "application/json"),
        ("/api/upload/noscript", {}, 413, "text/html; charset=utf-8"),
    ],
)
def test_too_large_a_body_is_refused_as_the_application_refuses_it(
    edge: Edge, path: str, headers: dict[str, str], status: int, kind: str
) -> None:
    """By its declared length, before it is sent; programs of other sites may read why."""
    connection = HTTPConnection("127.0.0.1", edge.port, timeout=60)
    connection.request("POST", path, b"", {"Content-Length": "3000000", **headers})
    answer = Answer(connection.getresponse())
    connection.close()
    assert (answer.status, answer.headers["Content-Type"]) == (status, kind)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if kind == "application/json":
        assert answer.json["error"] == 413
        assert answer.json.get("x-status") == (413 if headers else None)


def test_uploads_that_take_their_time_hold_nobody_up(edge: Edge) -> None:
    """More of them at once than there are threads, each silent in the middle: pages and uploads are answered."""
    with ExitStack() as stack:
        for _ in range(40):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", edge.port), timeout=60))
            slow.sendall(
                b"POST /api/upload/file HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
                b"Content-Type: multipart/form-data; boundary=B\r\n\r\n--B\r\n"
            )
        assert edge.get("/about").status == 200
        assert edge.upload(b"\x89PNG\r\n\x1a\n" + uuid4().bytes * 10).status == 200


def test_one_address_that_asks_for_too_much_is_told_to_wait(edge: Edge) -> None:
    """429 with a sentence, as JSON or a page; others are served meanwhile. The address is the one that a proxy of
    ours names."""
    ask = partial(edge.get, X_Forwarded_For="198.51.100.7, 203.0.113.9")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: ask("/version" if number % 2 else "/about"), range(400)))
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert all(answer.headers["Retry-After"] == "2" for answer in refused)
    assert {answer.headers["Content-Type"] for answer in refused} == {
        "application/json",
        "text/html; charset=utf-8",
    }
    assert edge.get("/version", X_Forwarded_For="203.0.113.9, 198.51.100.8").status == 200


def _raw(edge: Edge, request: bytes) -> bytes:
    """What comes back until the connection ends, in whatever way."""
    received = b""
    with socket.create_connection(("127.0.0.1", edge.port), timeout=60) as connection:
        connection.sendall(request)
        with suppress(ConnectionResetError):
            while block := connection.recv(65_536):
                received += block
    return received


@pytest.mark.parametrize(
    ("request_", "code", "kind"),
    [
        (b"GET /api/" + b"a" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414, b"application/json"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414, b"text/html"),
        (b"GET /api/x HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400, b"application/json"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, b"text/html"),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400, b"text/html"),
        (
            b"POST /api/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            400,
            b"application/json",
        ),
    ],
)
def test_what_is_no_request_gets_one_answer_of_ours(edge: Edge, request_: bytes, code: int, kind: bytes) -> None:
    """JSON or a page, with a sentence, and the connection ends."""
    answer = _raw(edge, request_)
    assert answer.startswith(b"HTTP/1.1 %d " % code)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Content-Type: " + kind in answer
    assert b"<center>" not in answer


def test_a_host_that_is_not_ours_gets_no_answer(edge: Edge) -> None:
    """The connection ends; a rebound name or a scanner learns nothing."""
    assert _raw(edge, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n") == b""


def test_the_logs_hold_no_address_and_no_token(edge: Edge) -> None:
    """Method, path, status, times: nobody can be told from another."""
    edge.get("/about?delete_token=secret", X_Forwarded_For="203.0.113.77")
    with within_a_minute():
        while '"GET /about HTTP/1.1"' not in edge.output:
            time.sleep(0.05)
    assert "secret" not in edge.output
    assert "203.0.113" not in edge.output
    assert "127.0.0.1" not in (edge.folder / "access.log").read_text()


def test_only_nginx_may_knock_at_the_pools(edge: Edge) -> None:
    """Their sockets are their user's alone, for by them a header names files of this machine."""
    for pool in ("pages", "uploads"):
        assert (edge.data_dir / "run" / f"{pool}.sock").stat().st_mode & 0o077 == 0


def test_a_page_outlives_the_web_processes(edge: Edge, make: Make) -> None:
    """What was asked for lately is still shown; what was not gets a sentence, as JSON or a page, and a moment."""
    media = make()
    page = edge.get(f"/{media.hash}")
    edge.children["pages"].terminate()
    edge.children["pages"].wait()
    try:
        assert edge.get(f"/{media.hash}").body == page.body
        refused = edge.get(f"/api/{media.hash}/status")
        assert (refused.status, json.loads(refused.body)["error"]) == (503, 503)
        assert refused.headers["Retry-After"] == "2"
        assert "<h1" in edge.get("/about").text
    finally:
        edge.start_pool("pages")
    with within_a_minute():
        while edge.get("/version").status != 200:
            time.sleep(0.05)


def test_a_reload_loses_no_request(edge: Edge) -> None:
    """New processes take over from the old ones while requests are under way and others come: all are answered."""
    before = {pool: _workers(edge, pool) for pool in ("pages", "uploads")}
    is_over = Event()

    def ask(number: int) -> set[int]:
        found = set()
        while not is_over.is_set():
            if number:
                found.add(edge.get(f"/about?{uuid4()}").status)
            else:
                found.add(edge.upload(b"\x89PNG\r\n\x1a\n" + uuid4().bytes * 50_000).status)
        return found

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, number) for number in range(4)]
        try:
            for child in before:
                edge.children[child].send_signal(signal.SIGHUP)
            with within_a_minute():
                while any(_workers(edge, name) & old or not _workers(edge, name) for name, old in before.items()):
                    time.sleep(0.05)
        finally:
            is_over.set()
        assert [found.result() for found in asked] == [{200}] * 4


def _workers(edge: Edge, pool: str) -> set[int]:
    """The processes of a pool that answer requests."""
    return set(children(edge.children[pool].pid))

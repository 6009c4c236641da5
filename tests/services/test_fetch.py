"""Fetching from an address that a visitor names: real servers on this machine, which only a setting allows."""

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mediacrush.errors import BackendUnavailable, BadRequest, NotFound, RequestError, TooLarge
from mediacrush.services import fetch
from mediacrush.services.fetch import checked_url, fetched
from mediacrush.settings import Settings
from tests.minute import within_a_minute

BODY = bytes(range(256)) * 400
# More than all buffers between two sockets of this machine hold.
LARGE_BYTES = 96 * 2**20


class Remote(BaseHTTPRequestHandler):
    """A server of somebody's; each path is another habit."""

    asked: list[str]
    taken: list[int]
    gate = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        getattr(self, f"_{path[1:].replace('-', '_')}")()

    def _plain(self) -> None:
        self._answer(200, BODY)

    def _missing(self) -> None:
        self._answer(404, b"no")

    def _broken(self) -> None:
        self._answer(500, b"oh")

    def _empty(self) -> None:
        self._answer(204, b"")

    def _once(self) -> None:
        self._redirect("/plain")

    def _round(self) -> None:
        self._redirect("/round")

    def _inside(self) -> None:
        self._redirect(f"http://127.0.0.2:{self.server.server_address[1]}/plain")

    def _metadata(self) -> None:
        self._redirect("http://169.254.169.254/latest/meta-data/")

    def _file(self) -> None:
        self._redirect("file:///etc/passwd")

    def _smtp(self) -> None:
        self._redirect("http://127.0.0.1:25/")

    def _nowhere(self) -> None:
        self._redirect("http://[half")

    def _large(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**12))
        self.end_headers()

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(BODY)
        except OSError:
            self.close_connection = True

    def _bomb(self) -> None:
        packed = gzip.compress(bytes(50_000_000), 9)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def _waiting(self) -> None:
        self.gate.wait()
        self._answer(404, b"")

    def _odd_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nno header at all\r\nConnection: close\r\n\r\n" + BODY)
        self.close_connection = True

    def _no_http(self) -> None:
        self.wfile.write(b"220 mail.example ESMTP\r\n")
        self.close_connection = True

    def _redirect_with_body(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/plain")
        self.send_header("Content-Length", str(LARGE_BYTES))
        self.end_headers()
        self._send_much()

    def _gigantic_chunk(self) -> None:
        self._begin_chunks()
        self.wfile.write(b"7fffffffffffffff\r\n")
        self._send_much()

    def _negative_chunk(self) -> None:
        self._begin_chunks()
        self.wfile.write(b"-1\r\n")
        self._send_much()

    def _endless_chunk_line(self) -> None:
        self._begin_chunks()
        self._send_much()

    def _begin_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send_much(self) -> None:
        """As much of LARGE_BYTES as the other side takes."""
        self.close_connection = True
        with suppress(OSError):
            for _ in range(LARGE_BYTES // 2**20):
                self.wfile.write(bytes(2**20))
                self.taken.append(2**20)

    def _short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(2 * len(BODY)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(BODY)
        self.close_connection = True

    def _dripping_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self._drip(b"x")

    def _dripping_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._drip(b"X-A: b\r\n")

    def _drip(self, drop: bytes) -> None:
        try:
            for _ in range(600):
                self.wfile.write(drop)
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def serve(server: ThreadingHTTPServer) -> Iterator[str]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield str(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def asked() -> list[str]:
    """The paths that the server was asked for."""
    return []


@pytest.fixture
def taken() -> list[int]:
    """How many bytes of a large body were taken, piece by piece."""
    return []


@pytest.fixture
def port(asked: list[str], taken: list[int]) -> Iterator[str]:
    handler = type("Handler", (Remote,), {"asked": asked, "taken": taken})
    # On every address of the machine, so that a refused one would have answered.
    yield from serve(ThreadingHTTPServer(("0.0.0.0", 0), handler))  # noqa: S104


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine's address, which nobody vouches for; its key is beside it."""
    path = tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    files = ("-keyout", path.with_suffix(".key"), "-out", path)
    subprocess.run([*command, *files], check=True, capture_output=True)
    return path


@pytest.fixture
def tls_port(asked: list[str], taken: list[int], certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    handler = type("Handler", (Remote,), {"asked": asked, "taken": taken})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # that we hang up is what is tested
    yield from serve(server)


@pytest.fixture
def get(settings: Settings, tmp_path: Path) -> Callable[..., bytes]:
    """Fetches with this machine's own address allowed, and leaves nothing in the spool; the bytes."""

    settings.spool_dir.mkdir(parents=True, exist_ok=True)

    def run(url: str, **changes: object) -> bytes:
        allowing = settings.model_copy(update={"fetch_allow": ("127.0.0.1",), "fetch_timeout": 20} | changes)
        try:
            with fetched(allowing, checked_url(url)) as spooled:
                return spooled.path.read_bytes()
        finally:
            assert not [path for path in allowing.spool_dir.rglob("*") if path.is_file()]

    return run


def test_what_is_there_is_fetched(get: Callable[..., bytes], port: str, asked: list[str]) -> None:
    """Byte for byte, also where one address leads to another."""
    assert get(f"http://127.0.0.1:{port}/plain") == BODY
    assert get(f"http://127.0.0.1:{port}/once?a=b") == BODY
    assert asked == ["/plain", "/once", "/plain"]


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("missing", NotFound, "answers 404"),
        ("broken", NotFound, "answers 500"),
        ("empty", NotFound, "answers 204"),
        ("round", NotFound, "leads from one to the next"),
        ("inside", BadRequest, "not on the public internet"),
        ("metadata", BadRequest, "not on the public internet"),
        ("file", BadRequest, "no web address"),
        ("nowhere", BadRequest, "no web address"),
        ("smtp", BadRequest, "from this port"),
        ("large", TooLarge, "larger than the 1 MB"),
        ("endless", TooLarge, "larger than the 1 MB"),
        ("bomb", TooLarge, "larger than the 1 MB"),
        ("short", NotFound, "does not answer as it should"),
    ],
)
def test_what_cannot_be_had_is_said(
    get: Callable[..., bytes], port: str, path: str, error: type[RequestError], words: str
) -> None:
    """Each in a sentence; nothing of it stays."""
    with pytest.raises(error) as raised:
        get(f"http://127.0.0.1:{port}/{path}", max_file_size=1_000_000)
    assert words in str(raised.value)


def test_nothing_is_read_of_what_comes_with_a_redirect(
    get: Callable[..., bytes], port: str, taken: list[int]
) -> None:
    """Where it leads is all that is wanted: a body of any size must not end up in memory."""
    assert get(f"http://127.0.0.1:{port}/redirect-with-body") == BODY
    assert sum(taken) < LARGE_BYTES / 2


@pytest.mark.parametrize(
    ("path", "error"),
    [("gigantic-chunk", TooLarge), ("negative-chunk", NotFound), ("endless-chunk-line", NotFound)],
)
def test_no_chunk_is_read_whole(
    get: Callable[..., bytes], port: str, taken: list[int], path: str, error: type[RequestError]
) -> None:
    """However long it says to be: -1 means "all there is" to those who read."""
    with pytest.raises(error):
        get(f"http://127.0.0.1:{port}/{path}", max_file_size=1_000_000)
    assert sum(taken) < LARGE_BYTES / 2


@pytest.mark.parametrize("path", ["dripping-body", "dripping-head"])
def test_no_server_holds_us_up(get: Callable[..., bytes], port: str, path: str) -> None:
    """One that sends a byte now and then is left when time is up, though each read was quick."""
    with within_a_minute(), pytest.raises(NotFound, match="took too long"):
        get(f"http://127.0.0.1:{port}/{path}", fetch_timeout=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/plain",
        "http://localhost:{port}/plain",
        "http://LOCALHOST:{port}/plain",
        "http://127.1:{port}/plain",
        "http://2130706433:{port}/plain",
        "http://0x7f000001:{port}/plain",
        "http://0177.0.0.1:{port}/plain",
        "http://0:{port}/plain",
        "http://0.0.0.0:{port}/plain",
        "http://[::1]:{port}/plain",
        "http://[::]:{port}/plain",
        "http://[::ffff:127.0.0.1]:{port}/plain",
        "http://[::127.0.0.1]:{port}/plain",
        "http://[64:ff9b::7f00:1]:{port}/plain",
        "http://[2002:7f00:1::]:{port}/plain",
        "http://[fe80::1]:{port}/plain",
        "http://[fd00::1]:{port}/plain",
        "http://[ff02::1]:{port}/plain",
        "http://[ff0e::1]:{port}/plain",
        "http://[fec0::1]:{port}/plain",
        "http://[::ffff:0:127.0.0.1]:{port}/plain",
        "http://[64:ff9b:1::7f00:1]:{port}/plain",
        "http://[2001:0:7f00:1::]:{port}/plain",
        "http://[5f00::1]:{port}/plain",
        "http://[4000::1]:{port}/plain",
        "http://10.0.0.1:{port}/plain",
        "http://172.16.0.1:{port}/plain",
        "http://192.168.0.1:{port}/plain",
        "http://100.64.0.1:{port}/plain",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://224.0.0.1:{port}/plain",
        "http://240.0.0.1:{port}/plain",
        "http://255.255.255.255:{port}/plain",
        "http://192.0.2.1:{port}/plain",
        "http://198.18.0.1:{port}/plain",
        "http://①②⑦.0.0.1:{port}/plain",
    ],
)
def test_addresses_that_are_not_public_are_refused(
    get: Callable[..., bytes], port: str, asked: list[str], url: str
) -> None:
    """However they are written, and before anything is sent."""
    with pytest.raises((BadRequest, NotFound)) as raised:
        get(url.format(port=port), fetch_allow=())
    assert "not on the public internet" in str(raised.value) or "no web address" in str(raised.value)
    assert asked == []


def test_a_name_that_changes_its_address_meanwhile_gains_nothing(
    get: Callable[..., bytes], port: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the address that was checked, and the name is not looked up for it again."""
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1", "127.0.0.1"])
    real, connected = socket.getaddrinfo, []

    def changing(host: str, *rest: object, **options: object) -> list[object]:
        return list(real(next(answers) if host == "rebinding.example" else host, *rest, **options))  # type: ignore[arg-type]

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise OSError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NotFound):
        get(f"http://rebinding.example:{port}/plain", fetch_allow=())
    assert set(connected) == {"93.184.215.14"}
    assert asked == []


def test_a_name_with_one_inner_address_is_refused(
    get: Callable[..., bytes], port: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several addresses all that would be tried are checked."""
    real = socket.getaddrinfo

    def both(host: str, *rest: object, **options: object) -> list[object]:
        if host != "two.example":
            return list(real(host, *rest, **options))  # type: ignore[arg-type]
        return [entry for one in ("127.0.0.1", "93.184.215.14") for entry in real(one, *rest, **options)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(BadRequest, match="not on the public internet"):
        get(f"http://two.example:{port}/plain", fetch_allow=())
    assert asked == []


@pytest.mark.parametrize("allowed", [("127.0.0.1",), ("127.0.0.0/8",), ("localhost",)])
def test_the_operator_may_allow_hosts(get: Callable[..., bytes], port: str, allowed: tuple[str, ...]) -> None:
    """By address, network or name, and nothing beside them."""
    host = "localhost" if allowed == ("localhost",) else "127.0.0.1"
    assert get(f"http://{host}:{port}/plain", fetch_allow=allowed) == BODY
    with pytest.raises(BadRequest, match="not on the public internet"):
        get(f"http://[::1]:{port}/plain", fetch_allow=allowed)


def test_no_proxy_of_ours_is_used(
    get: Callable[..., bytes], port: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's proxy would connect wherever it is told."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    with pytest.raises(BadRequest, match="not on the public internet"):
        get("http://10.0.0.1/plain")
    assert asked == []


def test_a_certificate_must_be_good(get: Callable[..., bytes], asked: list[str], tls_port: str) -> None:
    """What anyone in between could send is not fetched."""
    with pytest.raises(NotFound, match="does not answer as it should"):
        get(f"https://127.0.0.1:{tls_port}/plain")
    assert asked == []


@pytest.mark.parametrize("path", ["dripping-body", "dripping-head"])
def test_time_is_up_with_https_too(
    get: Callable[..., bytes], certificate: Path, tls_port: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What is in between neither keeps the connection nor changes what is said of it."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    assert get(f"https://127.0.0.1:{tls_port}/plain") == BODY
    with pytest.raises(NotFound, match="took too long"):
        get(f"https://127.0.0.1:{tls_port}/{path}", fetch_timeout=1)


def test_slow_servers_hold_some_threads_and_not_all(
    get: Callable[..., bytes], port: str, asked: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While as many are fetched as may be at once one more is told so; then it has its turn."""
    allowing = settings.model_copy(update={"fetch_allow": ("127.0.0.1",)})
    monkeypatch.setattr(fetch, "_turns", threading.BoundedSemaphore(2))
    monkeypatch.setattr(Remote, "gate", gate := threading.Event())

    def slow() -> None:
        with pytest.raises(NotFound, match="answers 404"), fetched(allowing, f"http://127.0.0.1:{port}/waiting"):
            pass

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(slow), pool.submit(slow)]
        while asked != ["/waiting", "/waiting"]:
            time.sleep(0.01)
        try:
            with (
                pytest.raises(BackendUnavailable, match="try again"),
                fetched(allowing, f"http://127.0.0.1:{port}/plain"),
            ):
                pass
        finally:
            gate.set()
        for one in both:
            one.result()
    assert get(f"http://127.0.0.1:{port}/plain") == BODY


def test_a_server_that_speaks_no_http_is_no_news(
    get: Callable[..., bytes], port: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told to whoever named it, and leaves no traceback in the log."""
    assert get(f"http://127.0.0.1:{port}/odd-headers") == BODY
    with pytest.raises(NotFound, match="does not answer as it should"):
        get(f"http://127.0.0.1:{port}/no-http")
    assert caplog.records == []


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "  ",
        "file:///etc/passwd",
        "ftp://example.com/a.jpg",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/a.jpg",
        "example.com/a.jpg",
        "http://",
        "http:///a.jpg",
        "http://[::1",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://example.com/a\r\nHost: b",
        "http://example.com/a\x00",
        "http://user:secret@example.com/",
        "http://user@example.com/",
        "http://example.com:22/",
        "http://example.com:6379:80/",
        "http://example.com:25/",
        "http://example.com/" + "a" * 2048,
    ],
)
def test_what_is_no_web_address_is_refused(url: str | None) -> None:
    """In a sentence, before anybody is asked for anything."""
    with pytest.raises(BadRequest) as raised:
        checked_url(url)
    assert str(raised.value).endswith(".")


def test_a_large_file_takes_little_memory(get: Callable[..., bytes], port: str) -> None:
    """Blocks go to the spool one by one; none is larger than what is read at a time."""
    blocks: list[int] = []
    write = fetch.Spool.write

    def watched(self: fetch.Spool, block: bytes) -> None:
        blocks.append(len(block))
        write(self, block)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch.Spool, "write", watched)
        with pytest.raises(TooLarge):
            get(f"http://127.0.0.1:{port}/endless", max_file_size=30_000_000)
    assert max(blocks) <= 65_536
    assert sum(blocks) > 29_000_000

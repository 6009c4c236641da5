"""A server that nobody may visit and a file that nobody may read, to be named in hostile files."""

from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

SECRET = "the-canary-sings-in-the-mine"
_OURS = "/how-many"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = SECRET.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    connections = 0

    def get_request(self) -> tuple[Any, Any]:
        request = super().get_request()
        self.connections += 1
        return request


class Canary:
    """An HTTP server on loopback that counts connections, and a file with a secret in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "canary.txt"
        self.file.write_text(SECRET)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._asked = 0
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """An address that answers with the secret."""
        return f"http://127.0.0.1:{self.port}/canary"

    def visits(self) -> int:
        """How many connections there were so far; those are accepted in their order, so ours comes last."""
        ours = HTTPConnection("127.0.0.1", self.port, timeout=10)
        ours.request("GET", _OURS)
        ours.getresponse().read()
        ours.close()
        self._asked += 1
        return self._server.connections - self._asked

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

"""Requests that no HTTP library sends, byte by byte, to the whole site."""

import socket
from functools import partial

import pytest

from tests.site import Site

_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
_MULTIPART = b"Content-Type: multipart/form-data; boundary=B\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"


def post(path: str, *headers: bytes, body: bytes) -> bytes:
    return b"".join([f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode(), *headers, b"\r\n", body])


_feedback, _upload = partial(post, "/api/feedback", _FORM), partial(post, "/api/upload/file", _MULTIPART)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (_feedback(_CHUNKED, body=b"no number\r\nabc\r\n0\r\n\r\n"), 400),
        (_feedback(_CHUNKED, body=b"-1\r\nabc\r\n0\r\n\r\n"), 400),
        (_feedback(_CHUNKED, body=b"3\r\nabcdef\r\n0\r\n\r\n"), 400),
        (_upload(_CHUNKED, body=b"no number\r\nabc\r\n0\r\n\r\n"), 400),
        (post("/api/upload/noscript", _MULTIPART, _CHUNKED, body=b"no number\r\nabc\r\n0\r\n\r\n"), 400),
        (_upload(b"Content-Length: 99999999999999999999999999\r\n", body=b"--B"), 413),
        (_upload(b"Content-Length: 9223372036854775807\r\n", body=b"--B"), 413),
        (_upload(b"Content-Length: 500\r\n", body=b"--B"), 400),
        (_feedback(b"Content-Length: 500\r\n", body=b"feedback=a"), 400),
        (_feedback(b"Content-Length: 5\r\n", _CHUNKED, body=b"0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400),
        (_feedback(b"Content-Length: 5\r\nContent-Length: 6\r\n", body=b"abcde"), 400),
        (b"GET /static/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /static/..%5c..%2f..%2fapp.py HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET //evil.example/%2f.. HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /api/\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (bytes(range(256)) + b"\r\n\r\n", 400),
    ],
)
def test_it_is_refused_and_leaves_no_traceback(site: Site, request_: bytes, code: int) -> None:
    """One answer, a 4xx, and nothing of the code in it or in the log."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(partial(connection.recv, 65_536), b""))
    assert answer.startswith(b"HTTP/1.1 ")
    assert int(answer.split()[1]) == code
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Traceback" not in answer
    assert "Traceback" not in site.output

"""How long an answer may be kept and by whom, how it is told from the next one, and how it is packed.

What is public may be kept for a second by caches that many share (`s-maxage`), so that a crowd is one request and
a change is seen within seconds; browsers ask each time, and get a 304. nginx may give away the old answer for a
second more, while it gets the new one: it tells us that it can, and tells nobody else (config/nginx.conf).
"""

import gzip
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import werkzeug
from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_Answer = TypeVar("_Answer", bound=werkzeug.Response)

KEPT = "public, max-age=0, s-maxage=1"
_WHILE_RENEWED = ", stale-while-revalidate=1"
_CAPABILITY, _RENEWS = "HTTP_SURROGATE_CAPABILITY", 'nginx="stale-while-revalidate"'
_TEXTS = frozenset({"text/html", "text/javascript", "text/xml", "application/json"})
_PACKED_FROM_BYTES = 1000


def register(app: Flask) -> None:
    """Have every answer pass here, last."""
    app.after_request(_finish)


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client that sends this unpacks gzip."""
    return bool(parse_accept_header(accept_encoding, Accept).quality("gzip"))


def is_renewed(environ: "WSGIEnvironment") -> bool:
    """Whether a cache asks that gets a new answer while it gives away the old one."""
    return environ.get(_CAPABILITY) == _RENEWS


def keep(answer: _Answer) -> _Answer:
    """Let caches that many share keep this answer for a moment."""
    answer.headers["Cache-Control"] = KEPT + _WHILE_RENEWED if is_renewed(request.environ) else KEPT
    return answer


def _finish(answer: Response) -> Response:
    """Pack what is text, and answer 304 where the client has it already. Files have seen to that themselves."""
    is_whole = request.method in ("GET", "HEAD") and answer.status_code == HTTPStatus.OK
    if not is_whole or answer.direct_passthrough or answer.is_streamed or answer.cache_control.no_store:
        return answer
    if answer.mimetype in _TEXTS and "Content-Encoding" not in answer.headers:
        _pack(answer)
    if "ETag" not in answer.headers:
        # Of the bytes as they are sent: what is packed has a validator of its own, and each is a strong one.
        answer.add_etag()
    answer.make_conditional(request)
    return answer


def _pack(answer: Response) -> None:
    answer.vary.add("Accept-Encoding")
    text = answer.get_data()
    if len(text) >= _PACKED_FROM_BYTES and accepts_gzip(request.headers.get("Accept-Encoding", "")):
        answer.set_data(gzip.compress(text, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"

"""What is outermost around the application: every answer is counted, timed, and has a request id.

It must cost little: a page that is kept takes some 300 us of CPU in all (docs/performance.md).
"""

import logging
import random
import re
from collections.abc import Iterable
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from mediacrush import logs, metrics
from mediacrush.settings import Settings
from mediacrush.web.http import is_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("mediacrush.requests")

# Where a request's route is kept for whoever counts it; its template, because paths are as many as strangers like.
ROUTE = "mediacrush.route"
_NO_ROUTE = "none"
_HEADER, _HEADER_KEY = "X-Request-ID", "HTTP_X_REQUEST_ID"
_SANE = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SERVER_ERROR = "5"


def register(app: Flask) -> None:
    """Have the application say which route a request took."""
    app.before_request(_note_route)


@cache
def template(rule: str) -> str:
    """A rule as operators read it: `/<hash:hash_>/direct` is `/<hash>/direct`."""
    return re.sub(r"<(?:\w+:)?(\w+?)_?>", r"<\1>", rule)


class Watched:
    """WSGI middleware; safe between threads."""

    def __init__(self, app: "WSGIApplication", settings: Settings) -> None:
        self._app = app
        self._proxies = settings.trusted_proxies

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun = perf_counter()
        id_ = self._id(environ)
        before = logs.request_id.set(id_)
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status
            status = line[:3]
            # A kept page's headers are every request's: they must not grow.
            return start_response(line, [*headers, (_HEADER, id_)], *more)

        try:
            return self._app(environ, start)
        finally:
            seconds = perf_counter() - begun
            _histogram(environ.get(ROUTE, _NO_ROUTE), status).observe(seconds)
            if environ["REQUEST_METHOD"] not in _READING or status.startswith(_SERVER_ERROR):
                what = f"{environ['REQUEST_METHOD']} {logs.on_one_line(environ.get('PATH_INFO', ''))}"
                log.info("%s: %s after %.3f s", what, status, seconds)
            logs.request_id.reset(before)

    def _id(self, environ: "WSGIEnvironment") -> str:
        """The id that a proxy we trust gave the request, or a new one."""
        given: str | None = environ.get(_HEADER_KEY)
        if given and _SANE.fullmatch(given) and is_in(environ.get("REMOTE_ADDR") or "", self._proxies):
            return given
        return f"{random.getrandbits(64):016x}"  # a name, no secret, at half the cost


@cache
def _histogram(route: str, status: str) -> Any:
    """Looking labels up costs prometheus_client as much as counting."""
    return metrics.REQUEST_SECONDS.labels(route, status)


def _note_route() -> None:
    if request.url_rule is not None:
        request.environ[ROUTE] = template(request.url_rule.rule)

"""Rendered pages of media, kept by everything they depend on, and answered before Flask sees the request.

A page shows one media, is the same for everybody, and changes only with its record. While it does not, a request
costs one round trip to Redis: the validator is compared, then the rendered page is looked up. What is not here the
application renders (docs/performance.md says what each costs).
"""

import hashlib
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from cachetools import LRUCache
from werkzeug.http import parse_etags
from werkzeug.wrappers import Response

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable
from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.web.assets import build_id
from mediacrush.web.caching import accepts_gzip, is_renewed
from mediacrush.web.watched import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = re.compile(rf"/([A-Za-z0-9_-]{{{HASH_LENGTH}}})(/direct|/frame|/fragment)?")
_CACHE_BYTES = 16 * 2**20
_OK = 200
# What a 304 repeats of its page (RFC 9110, 15.4.5), and what lets another site's script read it: names that
# begin so.
_REPEATED = ("etag", "vary", "cache-control", "content-security-policy", "access-control-allow-")

OPTION_NAMES = ("autoplay", "loop", "mute")
_OPTION_WORDS = frozenset(f"{prefix}{name}" for name in OPTION_NAMES for prefix in ("", "no")) | {"nobrand", "nsfw"}


def option_words(query: str) -> tuple[str, ...]:
    """The player options in a query string, in one order, so that equal pages have one name."""
    if not query:
        return ()
    return tuple(sorted({name for name, _ in parse_qsl(query, keep_blank_values=True) if name in _OPTION_WORDS}))


@dataclass(frozen=True, slots=True)
class _Page:
    headers: list[tuple[str, str]]
    body: bytes

    def __len__(self) -> int:
        return len(self.body) + 1000


class PageCache:
    """WSGI middleware; safe between threads."""

    def __init__(self, app: "WSGIApplication", backends: Backends) -> None:
        self._app = app
        self._backends = backends
        self._pages: LRUCache[tuple[str, bool], _Page] = LRUCache(maxsize=_CACHE_BYTES, getsizeof=len)
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        version = self._version(found[1]) if found and environ["REQUEST_METHOD"] == "GET" else None
        if version is None:
            return self._app(environ, start_response)
        environ[ROUTE] = f"/<hash>{found[2] or ''}" if found else ""
        etag = self._etag(environ, version)
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        name = (etag, is_renewed(environ))
        with self._lock:
            page = self._pages.get(name)
        if page is None:
            response = Response.from_app(self._app, environ, buffered=True)
            if response.status_code != _OK:
                return response(environ, start_response)
            response.set_etag(etag)
            page = _Page(headers=list(response.headers.to_wsgi_list()), body=response.get_data())
            with self._lock:
                self._pages[name] = page
        if if_none_match and parse_etags(if_none_match).contains_weak(etag):
            start_response("304 NOT MODIFIED", [h for h in page.headers if h[0].lower().startswith(_REPEATED)])
            return []
        start_response("200 OK", page.headers)
        return [page.body]

    def _version(self, hash_: str) -> str | None:
        """The record's version; None where the application has to say what is wrong."""
        try:
            return self._backends.media.get_version(hash_)
        except BackendUnavailable:
            return None

    def _etag(self, environ: "WSGIEnvironment", version: str) -> str:
        """A name for the page: equal names, equal bytes."""
        asked = (environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""))
        options = option_words(environ.get("QUERY_STRING", ""))
        packing = "gzip" if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else ""
        parts = (build_id(), environ["PATH_INFO"], version, packing, *asked, *options)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]

"""Static files and what templates share."""

import gzip
import hashlib
import json
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, request, send_from_directory

from mediacrush import __version__
from mediacrush.model.sizes import size_text
from mediacrush.vendor import STYLES, VENDOR
from mediacrush.web.caching import accepts_gzip
from mediacrush.web.http import backends

_ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = _ROOT / "templates"
STATIC = _ROOT / "static"
_YEAR_S = 365 * 24 * 3600
_HOUR_S = 3600
_TEXTS = frozenset(
    {"text/css", "text/javascript", "application/javascript", "text/plain", "image/svg+xml", "application/wasm"}
)
# A worker has the policy of its own file. Styled subtitles are drawn by WebAssembly, which pages do not run.
WASM_WORKER = "vendor/jassub/dist/worker/worker.js"
WASM_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def register(app: Flask) -> None:
    """Serve static files, and give templates their globals."""
    build = build_id()
    app.add_url_rule("/static/<path:name>", "static", _static)
    app.add_url_rule(f"/static/{build}/<path:name>", "static_build", _static_build)
    app.add_url_rule("/favicon.ico", "favicon", lambda: _static("img/favicon.svg"))
    settings = app.extensions["backends"].settings
    app.jinja_env.globals["asset"] = lambda path: f"/static/{build}/{path}"
    app.jinja_env.globals["site"] = {
        "name": "MediaCrush",
        "max_file_size": int(settings.max_file_size),
        "max_file_size_text": size_text(settings.max_file_size),
        "address_claim_hours": settings.address_claim_hours,
        "version": __version__,
        # Whether home.js can ask for a file by its digest: other people's packages may be missing.
        "can_digest": (STATIC / "vendor/hash-wasm").is_dir(),
    }


@cache
def build_id() -> str:
    """Changes when a template or static file does. It stands in the path, not the query, so that the modules a
    module imports by relative address are new with it."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted([*TEMPLATES.rglob("*"), *STATIC.rglob("*")]):
        if path.is_file():
            digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return f"v{digest.hexdigest()[:10]}"


def content_security_policy(frame_ancestors: str, *, plays: bool = False) -> str:
    """The policy of a page: nothing but our own files and, where there are any, the media of CDN and bucket. Where
    something `plays`, also the styles that the player's controls bring with them, each by its digest."""
    elsewhere = filter(None, (backends().settings.cdn_url, *backends().storage.hosts()))
    cdn = " ".join(map(_source, elsewhere))
    styles = _control_styles() if plays else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'{styles}; connect-src 'self' {cdn}; "
        f"img-src 'self' blob: {cdn}; media-src 'self' blob: {cdn}; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


def _source(address: str) -> str:
    """An address as a policy names it: a path without a slash behind it would mean that one address alone."""
    return f"{address}/" if urlsplit(address).path else address


@cache
def _control_styles() -> str:
    try:
        digests = json.loads((VENDOR / STYLES).read_text())
    except FileNotFoundError:
        return ""
    return "".join(f" 'sha256-{digest}'" for digest in digests)


def _static(name: str) -> Response:
    return _compressed(send_from_directory(STATIC, name, max_age=_HOUR_S))


def _static_build(name: str) -> Response:
    answer = send_from_directory(STATIC, name, max_age=_YEAR_S)
    answer.cache_control.immutable = True
    if name == WASM_WORKER:
        answer.headers["Content-Security-Policy"] = WASM_WORKER_POLICY
    return _compressed(answer)


def _compressed(answer: Response) -> Response:
    """The same in a third of the bytes, where it is text and the client unpacks it."""
    if answer.mimetype not in _TEXTS:
        return answer
    answer.vary.add("Accept-Encoding")
    if answer.status_code != HTTPStatus.OK or not accepts_gzip(request.headers.get("Accept-Encoding", "")):
        return answer
    answer.direct_passthrough = False
    answer.set_data(_gzipped(answer.get_data()))
    answer.headers["Content-Encoding"] = "gzip"
    etag, _ = answer.get_etag()
    if etag:
        answer.set_etag(f"{etag}-gzip")
    return answer


@lru_cache(maxsize=64)
def _gzipped(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)

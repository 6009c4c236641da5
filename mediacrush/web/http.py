"""What every request has in common: who is calling, how a JSON answer is written, which headers go with it."""

import json
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

import werkzeug
from flask import Flask, Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.routing import BaseConverter

from mediacrush.backends import Backends
from mediacrush.errors import BadRequest
from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.model.media import Media
from mediacrush.model.ownership import (
    Claims,
    address_claim,
    cookie_claim,
    keyed_address,
    new_token,
    token_claim,
)
from mediacrush.settings import Network
from mediacrush.web.representation import MediaView
from mediacrush.web.urls import Urls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_FORM_BYTES = 500_000
_COOKIE = "owner"
# For scripts, which cannot see the other: whether asking if something is this browser's own can be worth it.
_HINT_COOKIE = "has_uploads"
_COOKIE_S = 5 * 365 * 24 * 3600
_CALLBACK_MAX_CHARACTERS = 100
_LOCAL_SOCKET = "127.0.0.1"
# A client that sends nothing of its body for so long holds a thread for nothing.
_SILENCE_S = 30


class HashConverter(BaseConverter):
    """The name of a media in a path."""

    regex = rf"[A-Za-z0-9_-]{{{HASH_LENGTH}}}"


def register(app: Flask) -> None:
    """Have every request pass here."""
    app.before_request(_expect_whole_body)
    app.before_request(_answer_preflight)
    app.before_request(_refuse_bad_callback)
    app.after_request(_add_headers)
    app.after_request(_hide_status)
    app.after_request(_allow_silence)


class CollapseSlashes:
    """Middleware: `//api/x` is `/api/x`. Clients since 2013 send it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        while "//" in path:
            path = path.replace("//", "/")
        environ["PATH_INFO"] = path
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def backends() -> Backends:
    """What this application works with."""
    found: Backends = current_app.extensions["backends"]
    return found


def urls() -> Urls:
    """Addresses as this request's client sees the site: PUBLIC_URL, else the host that was asked."""
    settings = backends().settings
    site = settings.public_url or request.host_url.rstrip("/")
    return Urls(site=site, cdn=settings.files_url or site)


def is_api_request() -> bool:
    """Whether the client wants JSON, errors too."""
    is_form = request.path.startswith("/api/upload/noscript")
    is_json = request.path in ("/version", "/oembed") or request.path.endswith(".json")
    return is_json or (request.path.startswith("/api/") and not is_form)


def json_answer(content: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer with a blank after `:` and `,`, which sed scripts rely on; JSONP where `callback` asks."""
    if "X-CORS-Status" in request.headers:
        content = content | {"x-status": status}
    text = json.dumps(content)
    callback = request.args.get("callback") if request.method == "GET" else None
    if callback is None or not _is_callback(callback):
        return Response(text, status=status, mimetype="application/json")
    return Response(f"{callback}({text});", status=status, mimetype="text/javascript")


def _is_callback(name: str) -> bool:
    """Whether this is a dotted identifier, so that nothing but a call can come of it."""
    parts = name.split(".")
    return len(name) <= _CALLBACK_MAX_CHARACTERS and all(part.isascii() and part.isidentifier() for part in parts)


def _refuse_bad_callback() -> None:
    callback = request.args.get("callback")
    if callback is not None and request.method == "GET" and not _is_callback(callback):
        raise BadRequest("The callback must be a plain, possibly dotted, identifier.")


def client_address() -> str:
    """The address of the client: the last one in X-Forwarded-For that is no proxy the settings trust.

    A unix socket, which only a proxy on this machine can reach, counts as one of them.
    """
    trusted = backends().settings.trusted_proxies
    address = request.environ.get("REMOTE_ADDR") or ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while hops and is_in(address, trusted) and _is_address(hops[-1]):
        address = hops.pop()
    return address if _is_address(address) else _LOCAL_SOCKET


def rate_limit_client() -> str | None:
    """The name under which this client's use is counted; None when no limit counts it."""
    address, found = client_address(), backends()
    return None if is_in(address, found.settings.rate_limit_exempt) else keyed_address(address, found.secret_key)


def own_claims() -> Claims:
    """What this request shows for having uploaded something.

    The address counts only where no other site's page sent the request: any page can make a visitor's browser
    send one from the visitor's address, with the token or the cookie it cannot.
    """
    token = (
        request.headers.get("X-Delete-Token")
        or request.args.get("delete_token")
        or request.form.get("delete_token")
    )
    return Claims(
        token=token_claim(token) if token else None,
        cookie=cookie_claim_of_request(),
        address=None if _is_sent_by_other_site() else address_claim_of_request(),
    )


def address_claim_of_request() -> str:
    """The claim of the client's address."""
    return address_claim(client_address(), backends().secret_key)


def cookie_claim_of_request() -> str | None:
    """The claim of the owner cookie, if it is there and signed by us."""
    value = request.cookies.get(_COOKIE)
    if not value:
        return None
    try:
        return cookie_claim(str(_signer().loads(value)))
    except BadSignature:
        return None


def owner_cookie() -> tuple[str, str]:
    """The claim of this browser's owner cookie and the cookie's value: its own, or a fresh one."""
    claim = cookie_claim_of_request()
    if claim is not None:
        return claim, request.cookies[_COOKIE]
    owner_id = new_token()
    return cookie_claim(owner_id), str(_signer().dumps(owner_id))


def set_owner_cookie(answer: werkzeug.Response, value: str) -> None:
    """Let the browser show who it was when it uploads or deletes again."""
    if request.method == "POST" and _is_sent_by_other_site():
        return  # such a form comes without the cookie: a fresh one would throw the browser's own away
    is_secure = urls().site.startswith("https://")
    answer.set_cookie(_COOKIE, value, max_age=_COOKIE_S, httponly=True, samesite="Lax", secure=is_secure)
    answer.set_cookie(_HINT_COOKIE, "1", max_age=_COOKIE_S, samesite="Lax", secure=is_secure)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(backends().secret_key, salt="owner")


def _is_sent_by_other_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin not in (request.host_url.rstrip("/"), urls().site)


def _is_address(text: str) -> bool:
    return _parsed(text) is not None


def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether the address is in one of these networks; a unix socket's, which is empty, is in any."""
    parsed = _parsed(address)
    return address == "" or (parsed is not None and any(parsed in network for network in networks))


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address, or None for no such. IPv4 is that, also where a socket for both writes it into IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _expect_whole_body() -> None:
    """A body that breaks off, or does not come at all, is an error: half a form must not change anything."""
    if request.content_length:
        # Gunicorn says that the body ends by itself; then Werkzeug would not count.
        request.environ.pop("wsgi.input_terminated", None)
    if "gunicorn.socket" in request.environ:
        request.environ["gunicorn.socket"].settimeout(_SILENCE_S)


def _allow_silence(answer: Response) -> Response:
    """Who reads what we send may take their time: a film is paused."""
    if "gunicorn.socket" in request.environ:
        request.environ["gunicorn.socket"].settimeout(None)
    return answer


def _answer_preflight() -> Response | None:
    """A preflight succeeds on every path, unknown ones too: X-CORS-Status makes every call preflighted."""
    return Response(status=200) if request.method == "OPTIONS" else None


def _add_headers(answer: Response) -> Response:
    headers = answer.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Allow-Methods"] = "HEAD, GET, OPTIONS, POST, PUT, DELETE"
    headers["Access-Control-Allow-Headers"] = "X-CORS-Status, X-Delete-Token"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    if answer.mimetype == "application/json":
        # Answers to a POST tell tokens.
        headers.setdefault("Cache-Control", "no-cache" if request.method in ("GET", "HEAD") else "no-store")
    return answer


def _hide_status(answer: Response) -> Response:
    """A client that sends X-CORS-Status reads the real status from the body."""
    if "X-CORS-Status" in request.headers and answer.mimetype in ("application/json", "text/javascript"):
        answer.status_code = 200
    return answer


def media_view(media: Media) -> MediaView:
    """The media as a template of this request sees it."""
    return MediaView(media, urls(), int(backends().settings.chat_max_bytes))

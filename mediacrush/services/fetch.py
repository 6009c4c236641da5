"""Fetching a media from an address that a visitor names: the only outgoing HTTP there is.

The visitor chooses where we connect to, so every address is checked after its name was resolved, and the connection
goes to the very address that was checked: on the first request and after each redirect.
"""

import http.client
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address, ip_network
from threading import BoundedSemaphore, Timer
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError

from mediacrush import __version__
from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable, BadRequest, NothingFetched, TooManyRequests
from mediacrush.services.spool import Spool, SpooledFile, file_too_large
from mediacrush.settings import Settings

URL_MAX_CHARACTERS = 2048
_MAX_REDIRECTS = 5
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10.0, 20.0
_BLOCK_BYTES = 64 * 1024
_HOUR_S = 3600
# At once in one web process: half its threads (config/gunicorn.conf.py), so that slow servers never hold them all.
_AT_ONCE = 8
# Nothing serves media on these, and much else listens there: mail, databases' neighbours, printers.
_WEB_PORTS, _FREE_PORTS_FROM = (80, 443), 1024

# All of IPv6 that was ever given out for the internet (RFC 4291, 2.4). IPv4 inside IPv6 lies outside of it, or in
# those of its ranges that the filter refuses.
_GLOBAL_UNICAST = ip_network("2000::/3")

_NO_URL = "Give the address of a file as `url`, beginning with http:// or https://."
_REFUSED = "This address is not on the public internet, so nothing is fetched from there."
_UNREACHABLE = "Nothing could be fetched from this address: its server does not answer as it should."
_TOO_SLOW = "Fetching from this address took too long."
_BUSY = "Many files are being fetched at this moment; please try again in a minute."

_turns = BoundedSemaphore(_AT_ONCE)
# What somebody's server sends wrong is told to who named it; the log need not hold a traceback of it.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def take_fetch_allowance(backends: Backends, client: str) -> None:
    """Count a fetch against the client's hour. Raises TooManyRequests when it is used up."""
    limit = backends.settings.fetches_per_hour
    if not limit:
        return
    wait_s = backends.limits.take("fetch", client, 1, limit=limit, window_s=_HOUR_S)
    if wait_s:
        minutes = -(-wait_s // 60)
        raise TooManyRequests(f"You have fetched a lot this hour; please go on in {minutes} min.", wait_s)


def checked_url(text: str | None) -> str:
    """The address as it will be asked for. Raises BadRequest for what is no web address."""
    text = (text or "").strip()
    if not text or len(text) > URL_MAX_CHARACTERS or not text.isprintable():
        raise BadRequest(_NO_URL)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadRequest(_NO_URL) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest(_NO_URL)
    if parts.username is not None or parts.password is not None:
        raise BadRequest("The address must not hold a name and password.")
    _check_port(port)
    return text


@contextmanager
def fetched(settings: Settings, url: str) -> Iterator[SpooledFile]:
    """What is at `url`, in the spool, in constant memory; gone when the context ends.

    Raises BadRequest for an address that may not be asked, NothingFetched where nothing is to be had, TooLarge, and
    BackendUnavailable while too many are fetched.
    """
    limit = _TimeLimit(settings.fetch_timeout)
    with _turn(), Spool(settings.spool_dir, settings.max_file_size) as spool:
        with (
            _explained(limit),
            limit,
            _session(settings, limit) as session,
            session.get(url, stream=True, timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)) as answer,
        ):
            if answer.status_code != requests.codes.ok:
                raise NothingFetched(f"There is nothing to fetch at this address: it answers {answer.status_code}.")
            declared = answer.headers.get("Content-Length", "")
            if declared.isdecimal() and int(declared) > settings.max_file_size:
                raise file_too_large(settings.max_file_size)
            for block in answer.iter_content(_BLOCK_BYTES):
                spool.write(block)
            if limit.is_over:
                raise NothingFetched(_TOO_SLOW)
        yield spool.finish()


@contextmanager
def _turn() -> Iterator[None]:
    """One of those who may fetch at once; nobody waits for that, since whoever waits holds a thread too."""
    if not _turns.acquire(blocking=False):
        raise BackendUnavailable(_BUSY)
    try:
        yield
    finally:
        _turns.release()


class _TimeLimit:
    """Ends connections that are still open after this many seconds: a server that sends a byte now and then keeps
    every timeout of a single read."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        """The same kind of pool, whose connections end with the time."""
        limit = self

        class Connection(pool.ConnectionCls):  # type: ignore[name-defined, misc]  # http's class or https's
            response_class = _Answer

            def connect(self) -> None:
                super().connect()
                limit.add(self.sock)

        return type("Pool", (pool,), {"ConnectionCls": Connection})

    def add(self, connected: socket.socket) -> None:
        """End this connection, too, when time is up."""
        self._sockets.append(connected)
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for connected in self._sockets:
            with suppress(OSError):  # closed already
                connected.shutdown(socket.SHUT_RDWR)


class _Answer(http.client.HTTPResponse):
    """Reads a known number of bytes at a time: urllib3 takes a chunk of -1 bytes for "all there is"."""

    def _safe_read(self, amt: int) -> bytes:
        if amt < 0:
            raise http.client.IncompleteRead(b"")
        return super()._safe_read(amt)  # type: ignore[misc, no-any-return]  # urllib3 calls it too


@contextmanager
def _explained(limit: _TimeLimit) -> Iterator[None]:
    """The client's errors as ours."""
    try:
        yield
    except InvalidIPAddress as error:
        raise BadRequest(_REFUSED) from error
    except requests.TooManyRedirects as error:
        raise NothingFetched("This address only leads from one to the next.") from error
    except requests.Timeout as error:
        raise NothingFetched(_TOO_SLOW) from error
    except (requests.exceptions.InvalidSchema, LocationParseError, ValueError) as error:
        # Also what urllib makes of a redirect to half an address; InvalidURL is a ValueError.
        raise BadRequest("This address, or one that it leads to, is no web address.") from error
    except (requests.RequestException, HTTPError) as error:
        raise NothingFetched(_TOO_SLOW if limit.is_over else _UNREACHABLE) from error


def _session(settings: Settings, limit: _TimeLimit) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc of the operator's is the visitor's to use
    session.max_redirects = _MAX_REDIRECTS
    session.hooks["response"] = [_leave_body]
    session.headers.update({"User-Agent": f"MediaCrush/{__version__}", "Accept-Encoding": "identity"})
    for scheme in ("http", "https"):
        adapter = _GuardedAdapter(settings.fetch_allow, limit, is_https_proto=scheme == "https")
        session.mount(f"{scheme}://", adapter)
    return session


def _leave_body(answer: requests.Response, **_: object) -> None:
    """What comes with a redirect would be read into memory, whole, to use the connection again."""
    if answer.is_redirect:
        answer.close()


class _GuardedAdapter(IPFilterAdapter):  # type: ignore[misc]  # the package has no types
    """Connects to public addresses, and to what the operator allows by name, address or network."""

    def __init__(self, allowed: tuple[str, ...], limit: _TimeLimit, *, is_https_proto: bool) -> None:
        self._limit = limit
        self._names = {name.lower() for name in allowed}
        self._networks = [ip_network(name, strict=False) for name in allowed if _is_network(name)]
        super().__init__(is_https_proto=is_https_proto)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have connections end with the time limit."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": self._limit.watch(HTTPConnectionPool),
            "https": self._limit.watch(HTTPSConnectionPool),
        }

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Where to connect for this request: an address that was checked. Raises InvalidIPAddress."""
        parts = urlsplit(request.url)
        _check_port(parts.port)
        host = (parts.hostname or "").lower()
        if host in self._names or (_is_network(host) and self._is_allowed(host)):
            return HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        host_params, pool_params = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ip_address(host_params["host"].strip("[]"))
        if not address.is_global or (address.version == 6 and address not in _GLOBAL_UNICAST):  # noqa: PLR2004
            raise InvalidIPAddress(address)
        return host_params, pool_params

    def _is_allowed(self, host: str) -> bool:
        return any(ip_address(host) in network for network in self._networks)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _check_port(port: int | None) -> None:
    if port is not None and port not in _WEB_PORTS and port < _FREE_PORTS_FROM:
        raise BadRequest("Nothing is fetched from this port.")

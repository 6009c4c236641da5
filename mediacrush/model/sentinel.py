"""Addresses of a Redis behind Sentinels, as settings name them."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SENTINEL_SCHEME = "redis+sentinel"
_PORT = 26379
_OPTIONS = frozenset({"db", "sentinel_username", "sentinel_password"})
_EXAMPLE = "redis+sentinel://host:26379,host2:26379/mymaster?db=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelAddress:
    """Where the Sentinels are, which service of theirs is meant, and who asks: the server, and the Sentinels."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)


def is_sentinel(url: str) -> bool:
    """Whether this is such an address."""
    return url.startswith(f"{SENTINEL_SCHEME}://")


def parse_sentinel(url: str) -> SentinelAddress:
    """`redis+sentinel://[user:password@]host[:port],...[,[v6]:port]/service[?db=0&sentinel_password=...]`.

    Raises ValueError with what is wrong.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    service = unquote(parts.path.strip("/"))
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not hosts or not service or "/" in service or not options.keys() <= _OPTIONS:
        raise ValueError(f"must name Sentinels and their service, such as {_EXAMPLE}")
    return SentinelAddress(
        hosts=tuple(_host(host) for host in hosts.split(",")),
        service=service,
        db=_number(options.get("db", "0")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
    )


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(_PORT)
    if not host.strip("[]"):
        raise ValueError(f"must name Sentinels and their service, such as {_EXAMPLE}")
    return host.strip("[]"), _number(port)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"has {text!r} where a number must be, as in {_EXAMPLE}")
    return int(text)

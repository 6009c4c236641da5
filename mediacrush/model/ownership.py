"""What somebody can show for having uploaded something. Only digests of it are ever stored."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

# A household or a phone has a whole /64 (RFC 6177), and changes within it.
_IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Digests of what a client shows, each prefixed with its kind; None: not shown."""

    token: str | None = None
    cookie: str | None = None
    address: str | None = None

    @property
    def by_strength(self) -> list[str]:
        """What was shown, the surest first: many people can share an address."""
        return [claim for claim in (self.token, self.cookie, self.address) if claim]


def new_token() -> str:
    """A delete token: 144 random bits, 24 characters."""
    return secrets.token_urlsafe(18)


def lent_token(cookie: str, hash_: str, key: bytes) -> str:
    """The delete token that the owner with this cookie claim may hand to another browser: the same each time, so
    that asking often leaves no more behind than asking once."""
    digest = hmac.new(key, f"lent:{cookie}:{hash_}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def token_claim(token: str) -> str:
    """The claim of a delete token. A plain digest will do: the token is random."""
    return f"token:{_digest(token.encode())}"


def cookie_claim(owner_id: str) -> str:
    """The claim of an owner cookie."""
    return f"cookie:{_digest(owner_id.encode())}"


def address_claim(address: str, key: bytes) -> str:
    """The claim of a client address: keyed, since all addresses can be tried; IPv6 by its /64."""
    return f"address:{keyed_address(address, key)}"


def keyed_address(address: str, key: bytes) -> str:
    """A client address as it may be stored: keyed, and no longer than the purpose needs."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return keyed_address(str(parsed.ipv4_mapped), key)
        address = str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()[:32]

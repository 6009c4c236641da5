"""Claims hold digests of what a client shows, never the thing itself."""

import hashlib
import hmac
import re

import pytest

from mediacrush.model.ownership import Claims, address_claim, cookie_claim, keyed_address, new_token, token_claim

KEY = b"a secret of this site"


@pytest.mark.parametrize(
    ("claim", "kind", "secret"),
    [
        (token_claim("s3cret-token"), "token", "s3cret-token"),
        (cookie_claim("s3cret-cookie"), "cookie", "s3cret-cookie"),
        (address_claim("203.0.113.7", KEY), "address", "203.0.113.7"),
        (address_claim("2001:db8::7", KEY), "address", "2001:db8"),
    ],
)
def test_claims_hold_digests_only(claim: str, kind: str, secret: str) -> None:
    """A claim is its kind and 32 hexadecimal digits; what was shown is not in it."""
    assert re.fullmatch(rf"{kind}:[0-9a-f]{{32}}", claim)
    assert secret not in claim


def test_claims_of_different_kinds_differ() -> None:
    """The same text as a token and as a cookie makes two claims: one does not stand for the other."""
    assert token_claim("same") != cookie_claim("same")


def test_digests_are_those_of_sha256() -> None:
    """Records written by one version are found by the next: the digests are what they say."""
    assert token_claim("abc") == f"token:{hashlib.sha256(b'abc').hexdigest()[:32]}"
    expected = hmac.new(KEY, b"203.0.113.7", hashlib.sha256).hexdigest()[:32]
    assert address_claim("203.0.113.7", KEY) == f"address:{expected}"


def test_the_key_hides_addresses() -> None:
    """All addresses can be tried, so without the site's key a digest says nothing."""
    assert keyed_address("203.0.113.7", KEY) != keyed_address("203.0.113.7", b"another key")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:0DB8:0000:0001:0000:0000:0000:0001", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:cb00:7107", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
    ],
)
def test_an_ipv6_household_is_one_address(first: str, second: str, same: bool) -> None:
    """IPv6 counts by its /64, and an IPv4 address is the same however it is written."""
    assert (keyed_address(first, KEY) == keyed_address(second, KEY)) is same


def test_what_is_no_address_is_refused() -> None:
    """Something that is no address never becomes a claim."""
    with pytest.raises(ValueError, match="does not appear to be"):
        address_claim("localhost", KEY)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (Claims(), []),
        (Claims(address="address:3"), ["address:3"]),
        (Claims(address="address:3", token="token:1"), ["token:1", "address:3"]),
        (Claims(address="address:3", cookie="cookie:2", token="token:1"), ["token:1", "cookie:2", "address:3"]),
    ],
)
def test_the_surest_claim_comes_first(claims: Claims, expected: list[str]) -> None:
    """A token says more than a cookie, and that more than an address, which many people share."""
    assert claims.by_strength == expected


def test_tokens_are_long_and_never_repeat() -> None:
    """A delete token has 24 URL-safe characters, and no two are the same."""
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{24}", token) for token in tokens)

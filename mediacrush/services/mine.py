"""What one browser has uploaded and made here, for whoever sits before it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediacrush.backends import Backends
from mediacrush.errors import NotFound, NotOwner
from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.model.ownership import Claims, lent_token, token_claim
from mediacrush.services import albums, library

PAGE_ITEMS = 50
# Looked up at once: as many of the largest albums as may be asked for together.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One page of it, newest first; `number` of `pages`, from 1. What failed is not among the items."""

    items: tuple[Media | Album, ...]
    number: int
    pages: int


def shelf(backends: Backends, cookie: str, number: int) -> Shelf:
    """The page `number` of what the owner cookie with this claim owns; the nearest there is."""
    hashes = backends.owners.owned_by(cookie)
    pages = max(1, -(-len(hashes) // PAGE_ITEMS))
    number = min(max(1, number), pages)
    shown = hashes[(number - 1) * PAGE_ITEMS : number * PAGE_ITEMS]
    return Shelf(items=_shown(backends, shown), number=number, pages=pages)


def chosen(backends: Backends, cookie: str, hashes: Iterable[str]) -> tuple[Media | Album, ...]:
    """Those of `hashes` that the owner cookie with this claim owns."""
    wanted = set(hashes)
    return _shown(backends, [hash_ for hash_ in backends.owners.owned_by(cookie) if hash_ in wanted])


def delete(backends: Backends, cookie: str, hashes: Iterable[str]) -> None:
    """Withdraw from each of them, as their own pages do; what is gone or somebody else's is passed over."""
    claims = Claims(cookie=cookie)
    for one in chosen(backends, cookie, hashes):
        try:
            if isinstance(one, Album):
                albums.withdraw(backends, one.hash, claims)
            else:
                library.withdraw(backends, one.hash, claims)
        except (NotFound, NotOwner):
            continue


def forget(backends: Backends, cookie: str, hashes: Iterable[str]) -> None:
    """List them no more: they stay where they are, and this cookie deletes them no more."""
    for one in chosen(backends, cookie, hashes):
        backends.owners.disown(one.hash, cookie)


def lent(backends: Backends, cookie: str) -> list[tuple[Media | Album, str]]:
    """All that the owner cookie with this claim owns, newest first, each with a token for another browser."""
    pairs = []
    for one in _shown(backends, backends.owners.owned_by(cookie)):
        token = lent_token(cookie, one.hash, backends.secret_key)
        if backends.owners.lend(one.hash, cookie, token_claim(token)):
            pairs.append((one, token))
    return pairs


def adopt(backends: Backends, cookie: str, pairs: Iterable[tuple[str, str]]) -> int:
    """Give the owner cookie with this claim what these (hash, delete token) show; how many showed something. The
    first is listed as the newest."""
    now = time.time()
    return sum(
        # A thousandth of a second apart, so that they keep their order.
        backends.owners.adopt(hash_, cookie, token_claim(token), now - place / 1000)
        for place, (hash_, token) in enumerate(pairs)
    )


def _shown(backends: Backends, hashes: Sequence[str]) -> tuple[Media | Album, ...]:
    found: dict[str, Media | Album | None] = {}
    for first in range(0, len(hashes), _AT_ONCE):
        found |= library.get_all(backends, hashes[first : first + _AT_ONCE])
    return tuple(one for one in found.values() if one is not None)

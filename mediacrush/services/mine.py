"""What one browser has uploaded and made here, for whoever sits before it."""

from dataclasses import dataclass

from mediacrush.backends import Backends
from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.services import library

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
    found: dict[str, Media | Album | None] = {}
    for first in range(0, len(shown), _AT_ONCE):
        found |= library.get_all(backends, shown[first : first + _AT_ONCE])
    return Shelf(items=tuple(one for one in found.values() if one is not None), number=number, pages=pages)

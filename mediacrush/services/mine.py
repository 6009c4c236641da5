"""What one browser has uploaded and made here, for whoever sits before it."""

from dataclasses import dataclass

from mediacrush.backends import Backends
from mediacrush.model.album import Album
from mediacrush.model.media import Media

PAGE_ITEMS = 50


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
    media = backends.media.get_many(shown)
    albums = backends.albums.get_many(hash_ for hash_ in shown if media[hash_] is None)
    found = (media[hash_] or albums[hash_] for hash_ in shown)
    items = tuple(one for one in found if one is not None and _is_there(one))
    return Shelf(items=items, number=number, pages=pages)


def _is_there(one: Media | Album) -> bool:
    return bool(one.items) if isinstance(one, Album) else not one.status.is_failure

"""What a link of ours leads to: a media or an album, and the card of it."""

from dataclasses import dataclass

from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.services import library
from mediacrush.web import http
from mediacrush.web.cards import Card, album_card


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The card, and the media that it shows; None for an album."""

    card: Card
    media: Media | None


def find_linked(hash_: str) -> Linked:
    """What is shown under this name. Raises NotFound, MediaFailed."""
    found = library.find_any(http.backends(), hash_)
    return Linked(card=card_of(found), media=None if isinstance(found, Album) else found)


def card_of(one: Media | Album) -> Card:
    """Its card."""
    return album_card(one, http.urls()) if isinstance(one, Album) else http.media_view(one).card

"""What a link of ours leads to: a media or an album, and the card of it."""

from dataclasses import dataclass

from mediacrush.model.media import Media
from mediacrush.services import albums, library
from mediacrush.web import http
from mediacrush.web.cards import Card, album_card


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The card, and the media that it shows; None for an album."""

    card: Card
    media: Media | None


def find_linked(hash_: str) -> Linked:
    """What is shown under this name. Raises NotFound, MediaFailed."""
    backends, urls = http.backends(), http.urls()
    if backends.media.get(hash_) is None and backends.albums.has_any([hash_]):
        return Linked(card=album_card(albums.find(backends, hash_), urls), media=None)
    media = library.find_shown(backends, hash_)
    return Linked(card=http.media_view(media).card, media=media)

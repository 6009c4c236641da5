"""Titles and descriptions that owners give to media and albums."""

from mediacrush.backends import Backends
from mediacrush.errors import BadRequest, Locked, NotFound, TextTooLong
from mediacrush.model.ownership import Claims
from mediacrush.services import albums, library

TEXT_MAX_CHARACTERS = 2048
# Line ends and tabs, and what joins emoji and letters; any other character that prints nothing only does harm.
_KEPT = "\n\t\u200c\u200d"


def change_text(backends: Backends, hash_: str, claims: Claims, title: str | None, description: str | None) -> None:
    """Set the title, the description, or both, of an own media or album; None leaves one as it is, '' clears it.

    Raises BadRequest when neither is given, NotFound, NotOwner, Locked, TextTooLong; then nothing is changed.
    """
    texts = {"title": title, "description": description}
    changes = {name: _tidy(text) or None for name, text in texts.items() if text is not None}
    if not changes:
        raise BadRequest("Give a title, a description or both.")
    media = backends.media.get(hash_)
    if media is None:
        album = albums.find(backends, hash_)
        albums.require_maker(backends, album, claims)
        _check_length(changes)
        backends.albums.update(hash_, **changes)
        return
    library.find_shown(backends, hash_)
    library.require_owner(backends, media, claims)
    if media.is_text_locked:
        raise Locked("The title and description of this cannot be changed any more.")
    _check_length(changes)
    if not backends.media.update(media, **changes):
        raise NotFound(albums.NOT_HERE)


def lock(backends: Backends, hash_: str, *, is_locked: bool) -> None:
    """Close title and description to changes, or open them; the texts that are there go when they are closed.

    Raises NotFound.
    """
    media = library.find_media(backends, hash_)
    texts = {"title": None, "description": None} if is_locked else {}
    backends.media.update(media, is_text_locked=is_locked, **texts)


def _check_length(texts: dict[str, str | None]) -> None:
    for name, text in texts.items():
        if text is not None and len(text) > TEXT_MAX_CHARACTERS:
            raise TextTooLong(f"The {name} is longer than {TEXT_MAX_CHARACTERS} characters.")


def _tidy(text: str) -> str:
    """Lines end as Unix has them, and no other control character is left."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in _KEPT or c.isprintable()).strip()

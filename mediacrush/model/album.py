"""An album: media in an order that somebody chose, under a name of its own. No I/O."""

import secrets
from dataclasses import dataclass

from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.model.media import Media

MAX_ITEMS = 1024
ALBUM_MIME = "application/album"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Media in the order given; those deleted since are left out.

    `zipped` names the media that the album's zip holds, in order; empty: there is none. `version` grows with every
    change of the album itself, not of its media.
    """

    hash: str
    items: tuple[Media, ...]
    created_at: float
    title: str | None = None
    description: str | None = None
    zipped: tuple[str, ...] = ()
    version: int = 0

    @property
    def has_zip(self) -> bool:
        """Whether there is a zip of exactly what is in the album now."""
        return bool(self.zipped) and self.zipped == tuple(media.hash for media in self.items)

    @property
    def zip_filename(self) -> str:
        """What its zip is called, in storage and in addresses."""
        return f"{self.hash}.zip"


def random_hash() -> str:
    """A name for an album: 72 random bits in the letters of every hash."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(HASH_LENGTH))

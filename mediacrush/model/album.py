"""An album: media in an order that somebody chose, under a name of its own. No I/O."""

import secrets
from dataclasses import dataclass

from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.model.media import Media, PublishedFile

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
    def entries(self) -> tuple[tuple[Media, PublishedFile], ...]:
        """What a zip of it holds: each media with the file that stands for it, the original where it is published.

        A media that has nothing published yet is not among them.
        """
        chosen = ((media, media.original or next(iter(media.listed_files), None)) for media in self.items)
        return tuple((media, file) for media, file in chosen if file is not None)

    @property
    def has_zip(self) -> bool:
        """Whether there is a zip of exactly what could be packed now."""
        return bool(self.zipped) and self.zipped == tuple(media.hash for media, _ in self.entries)

    @property
    def zip_filename(self) -> str:
        """What its zip is called, in storage and in addresses."""
        return zip_filename(self.hash)


def zip_filename(hash_: str) -> str:
    """What the zip of the album of this name is called."""
    return f"{hash_}.zip"


def random_hash() -> str:
    """A name for an album: 72 random bits in the letters of every hash."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(HASH_LENGTH))

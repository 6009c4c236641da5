"""The nouns: what a media is, whatever remembers or serves it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mediacrush.model.split import PieceWork, Split


class BlobType(StrEnum):
    """How a media is shown."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"


class Status(StrEnum):
    """Where a media stands; the words of the API."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    DONE = "done"
    ERROR = "error"
    TIMEOUT = "timeout"
    UNRECOGNISED = "unrecognised"
    INTERNAL_ERROR = "internal_error"

    @property
    def is_failure(self) -> bool:
        return self in FAILURES

    @property
    def is_playable(self) -> bool:
        return self in (Status.READY, Status.DONE)

    @property
    def is_unfinished(self) -> bool:
        """Work is still owed: some worker must take it up."""
        return self in (Status.PENDING, Status.PROCESSING, Status.READY)


FAILURES = frozenset({Status.ERROR, Status.TIMEOUT, Status.UNRECOGNISED, Status.INTERNAL_ERROR})


class Role(StrEnum):
    """What a published file is to its media. A part is served and not listed: a listed manifest names it."""

    ORIGINAL = "original"
    RENDITION = "rendition"
    EXTRA = "extra"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file that is stored whole and addressable as `/<filename>`.

    `name` is unique within its media; the last file of a step is named like the step, and vouches for the rest.
    `preference` orders `files` in the API (lowest first). `codecs` is the RFC 6381 list for a browser's type
    attribute, where it is known. `is_full_size`: shows or plays all that there is; a smaller version for a link
    card, a chat or a slow network does not. `width` and `height` are pixels, where a page needs them to choose.
    `language` is a BCP 47 tag and `label` a name in plain text, of a text track.
    """

    name: str
    filename: str
    mime: str
    role: Role
    size_bytes: int
    preference: int = 0
    codecs: str | None = None
    plays_in_browsers: bool = True
    is_full_size: bool = True
    width: int | None = None
    height: int | None = None
    language: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Player settings of a media. The last three mean something for video only."""

    nsfw: bool = False
    autoplay: bool = False
    loop: bool = False
    mute: bool = False


VIDEO_FLAGS = ("autoplay", "loop", "mute", "nsfw")
OTHER_FLAGS = ("nsfw",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """The thing with a hash and a page.

    `blob_type` and `mime` are a guess from the first bytes until `is_probed`.
    `original_key` is the storage key of the bytes as uploaded, which are never served.
    `metadata` is the API's object of that name: dimensions in pixels as displayed, duration in seconds.
    `title` and `description` are small Markdown as the owner wrote it; `is_text_locked`: nobody may change them.
    `left_out` names the steps that were tried and gave nothing worth publishing.
    `splits` are the steps that are done in pieces at the moment, by name; `piece_work` is what was done of each
    piece, by its step and its number.
    `request_id` is that of the request that brought it (logs.py), while work is owed.
    `version` grows with every change, so it can validate caches.
    """

    hash: str
    sha256: str
    mime: str
    extension: str
    blob_type: BlobType
    original_key: str
    size_bytes: int
    created_at: float
    status: Status = Status.PENDING
    is_probed: bool = False
    is_animation: bool = False
    progress: float = 0.0
    message: str | None = None
    flags: Flags = field(default_factory=Flags)
    metadata: dict[str, Any] = field(default_factory=dict)
    files: tuple[PublishedFile, ...] = ()
    title: str | None = None
    description: str | None = None
    is_text_locked: bool = False
    left_out: tuple[str, ...] = ()
    attempts: int = 0
    splits: Mapping[str, Split] = field(default_factory=dict)
    piece_work: Mapping[tuple[str, int], PieceWork] = field(default_factory=dict)
    request_id: str | None = None
    version: int = 0

    @property
    def flag_names(self) -> tuple[str, ...]:
        """The flags that this kind has; asking for another is an error."""
        return VIDEO_FLAGS if self.blob_type is BlobType.VIDEO else OTHER_FLAGS

    def published(self, name: str) -> PublishedFile | None:
        """The file that the step `name` made, if it was published."""
        return next((file for file in self.files if file.name == name), None)

    @property
    def settled_steps(self) -> frozenset[str]:
        """Names of the steps that need not be done again."""
        return frozenset((*self.left_out, *(file.name for file in self.files)))

    def piece_seconds(self, step: str) -> float:
        """Seconds that were spent on pieces of this step."""
        return sum(work.seconds for (name, _), work in self.piece_work.items() if name == step)

    @property
    def split_fractions(self) -> dict[str, float]:
        """How much of each step that is split is done, 0 to 1."""
        return {
            step: sum(work.fraction for (name, _), work in self.piece_work.items() if name == step)
            / len(split.pieces)
            for step, split in self.splits.items()
        }

    @property
    def playable_files(self) -> tuple[PublishedFile, ...]:
        """Original and renditions that browsers show, in the API's order."""
        return tuple(f for f in self.listed_files if f.plays_in_browsers)

    @property
    def listed_files(self) -> tuple[PublishedFile, ...]:
        """What the API lists as `files`: original and renditions, preferred first."""
        listed = (file for file in self.files if file.role in (Role.ORIGINAL, Role.RENDITION))
        return tuple(sorted(listed, key=lambda file: (file.preference, file.name)))

    @property
    def extras(self) -> tuple[PublishedFile, ...]:
        """Poster, subtitles, cover art and the like, by name."""
        return tuple(sorted((f for f in self.files if f.role is Role.EXTRA), key=lambda file: file.name))

    @property
    def original(self) -> PublishedFile | None:
        """The original as published, where it could be."""
        return next((file for file in self.files if file.role is Role.ORIGINAL), None)

    @property
    def compression(self) -> float:
        """Original bytes / bytes of the smallest full-size rendition, 2 decimals (1.0 before there is one)."""
        sizes = [file.size_bytes for file in self.listed_files if file.is_full_size and file.size_bytes > 0]
        return round(self.size_bytes / min(sizes), 2) if sizes else 1.0

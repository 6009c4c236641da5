"""Reading a container's structure within bounds, and what is found on the way."""

import mmap
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

# A film of four hours has a million blocks; walking them takes a few seconds. What takes longer was made to.
_MAX_STEPS, _MAX_S, _STEPS_A_LOOK = 1_000_000, 20.0, 64
# What is not empty may be left over from writing the file; a word in it is nobody's leftover.
_TEXT = re.compile(rb"[\x20-\x7e]{8}")
# No text or index that says something about its maker is larger; what is, is not looked into, and so not verified.
MAX_READ_BYTES = 4 * 2**20
# All that a file says of itself, covers included; what is read may be kept until the end of the walk.
_MAX_ALL_BYTES = 64 * 2**20


class NotUnderstood(Exception):
    """The structure is not what it should be, or more of it than we care to walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`words` name what is private. `is_verified`: every byte belongs to the media or to a harmless tag.
    `is_truncated`: the structure goes on behind the end of the file. `is_stuck`: something may be in a place that a
    copy of the streams takes along."""

    words: frozenset[str] = frozenset()
    is_verified: bool = False
    is_truncated: bool = False
    is_stuck: bool = False


@dataclass(slots=True)
class Walk:
    """A walk over a file's bytes. `is_sound`: a song may have a title, a film's is its maker's business."""

    data: "mmap.mmap | bytes"
    is_sound: bool
    words: set[str] = field(default_factory=set)
    is_verified: bool = True
    is_truncated: bool = False
    is_stuck: bool = False
    steps: int = 0
    bytes_read: int = 0
    ends_at: float = field(default_factory=lambda: time.monotonic() + _MAX_S)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        """So many bytes of the file; raises NotUnderstood where they are not there or too many, in all too."""
        self.bytes_read += length
        if start < 0 or not 0 <= length <= MAX_READ_BYTES or self.bytes_read > _MAX_ALL_BYTES:
            raise NotUnderstood
        data = bytes(self.data[start : start + length])
        if len(data) != length:
            self.is_truncated = True
            raise NotUnderstood
        return data

    def number(self, start: int, length: int, byteorder: str = "big") -> int:
        return int.from_bytes(self.read(start, length), "little" if byteorder == "little" else "big")

    def step(self) -> None:
        """Count one part of the structure; raises NotUnderstood when there are too many, or they take too long."""
        self.steps += 1
        is_late = self.steps % _STEPS_A_LOOK == 0 and time.monotonic() > self.ends_at
        if self.steps > _MAX_STEPS or is_late:
            raise NotUnderstood

    def inside(self, data: bytes) -> "Walk":
        """A walk over what a part of this file holds; it ends when this one has to."""
        return Walk(data=data, is_sound=self.is_sound, ends_at=self.ends_at)

    def found(self, *words: str | None) -> None:
        """Note what is private; None is nothing. Whatever it is, the file is not to be served with it."""
        named = {word for word in words if word}
        self.words |= named
        self.is_verified = self.is_verified and not named

    def unverified(self) -> None:
        """Note that something is there which may be anything, and need not be named."""
        self.is_verified = False

    def stuck(self) -> None:
        """Note that something is there which a copy of the streams would take along."""
        self.is_verified, self.is_stuck = False, True

    def padding(self, start: int, end: int) -> None:
        """What should be empty: devices hide things there."""
        content = self.read(start, min(end - start, MAX_READ_BYTES))
        if end - start > MAX_READ_BYTES or content.strip(b"\0"):
            self.unverified()
        if _TEXT.search(content):
            self.found("other")

    def bounded(self, end: int, limit: int) -> int:
        """`end`, but no more than `limit`, behind which nothing belongs to this part."""
        if end > limit:
            self.is_truncated = self.is_truncated or end > self.size
            self.unverified()
        return min(end, limit)

    def findings(self) -> Findings:
        return Findings(
            words=frozenset(self.words),
            is_verified=self.is_verified and not self.is_truncated,
            is_truncated=self.is_truncated,
            is_stuck=self.is_stuck,
        )


def mapped(path: Path) -> "mmap.mmap | bytes":
    """A file's bytes, read as they are looked at."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""

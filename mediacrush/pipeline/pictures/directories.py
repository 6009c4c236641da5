"""Walks over the directories (IFDs) of a TIFF file, and of the camera raws that are TIFFs inside.

Reads entries and values within the file and nothing else; what is damaged reads as absent. Nothing here raises,
and a walk visits each directory once, so that loops of them end.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

Order = Literal["little", "big"]

MAKE, MODEL, SUB_DIRECTORIES, PHOTOMETRIC, COMPRESSION = 0x010F, 0x0110, 0x014A, 0x0106, 0x0103
STRIP_OFFSETS, STRIP_SIZES, TILE_OFFSETS, TILE_SIZES = 0x0111, 0x0117, 0x0144, 0x0145
JPEG_OFFSET, JPEG_SIZE = 0x0201, 0x0202
EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
DNG_VERSION = 0xC612

# TIFF 6.0, and what makers of raws put there instead: Olympus, Panasonic.
_STARTS: dict[bytes, Order] = {
    b"II*\0": "little",
    b"MM\0*": "big",
    b"IIRO": "little",
    b"IIRS": "little",
    b"MMOR": "big",
    b"IIU\0": "little",
}
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_ENTRY_SIZE, _INLINE_SIZE = 12, 4
_MAX_DIRECTORIES = 64  # raws have up to a dozen
_MAX_VALUES = 100_000  # strips and tiles of the largest pictures


class Entry(NamedTuple):
    """One tag's values: how large one is and how many there are, and where they start in the file."""

    size: int
    amount: int
    start: int

    @property
    def stored_size(self) -> int:
        """Bytes of the values, wherever they stand."""
        return self.size * self.amount

    @property
    def is_inline(self) -> bool:
        """Whether the values stand within the entry."""
        return self.stored_size <= _INLINE_SIZE


class Directory(NamedTuple):
    """The entries of an IFD, its bytes' order, where it starts, and where the next one does (0: nowhere)."""

    data: bytes
    order: Order
    start: int
    entries: dict[int, Entry]
    following: int

    def numbers(self, tag: int) -> list[int]:
        """The values of a tag as whole numbers, none when it is absent."""
        entry = self.entries.get(tag)
        if entry is None:
            return []
        end = min(entry.start + entry.size * min(entry.amount, _MAX_VALUES), len(self.data))
        return [
            int.from_bytes(self.data[start : start + entry.size], self.order)
            for start in range(entry.start, end, entry.size)
        ]

    def number(self, tag: int) -> int | None:
        """The first value of a tag, or None."""
        return next(iter(self.numbers(tag)), None)

    def text(self, tag: int) -> str:
        """The value of a tag as text, empty when it is absent."""
        entry = self.entries.get(tag)
        raw = self.data[entry.start : entry.start + entry.stored_size] if entry else b""
        return raw.split(b"\0")[0].decode("ascii", "replace").strip()


def first_directory(data: bytes) -> Directory | None:
    """The directory that a TIFF's header names; None when it is no TIFF."""
    order = _STARTS.get(data[:4])
    return None if order is None else read_directory(data, int.from_bytes(data[4:8], order), order)


def read_directory(data: bytes, start: int, order: Order) -> Directory:
    """Read the directory at `start`, as far as the file reaches."""
    first = start + 2
    end = first + int.from_bytes(data[start:first], order) * _ENTRY_SIZE
    entries = dict(
        _entry(data, at, order) for at in range(first, min(end, len(data) - _ENTRY_SIZE + 1), _ENTRY_SIZE)
    )
    return Directory(data, order, start, entries, int.from_bytes(data[end : end + 4], order))


def _entry(data: bytes, at: int, order: Order) -> tuple[int, Entry]:
    tag, kind = (int.from_bytes(data[start : start + 2], order) for start in (at, at + 2))
    count = int.from_bytes(data[at + 4 : at + 8], order)
    size = _TYPE_SIZES.get(kind, 1)
    is_inline = size * count <= _INLINE_SIZE
    return tag, Entry(size, count, at + 8 if is_inline else int.from_bytes(data[at + 8 : at + 12], order))


def all_directories(data: bytes) -> Iterator[Directory]:
    """Every directory that can be reached: the chain of them, sub-directories, EXIF's and GPS's; 64 at most."""
    first = first_directory(data)
    return iter(()) if first is None else islice(_reachable(first), _MAX_DIRECTORIES)


def _reachable(first: Directory) -> Iterator[Directory]:
    waiting, seen = [first], {first.start}
    while waiting:
        directory = waiting.pop(0)
        yield directory
        named = [directory.following]
        for tag in (SUB_DIRECTORIES, EXIF_DIRECTORY, GPS_DIRECTORY):
            named += directory.numbers(tag)[:_MAX_DIRECTORIES]
        for start in named:
            if 0 < start < len(directory.data) and start not in seen:
                seen.add(start)
                waiting.append(read_directory(directory.data, start, directory.order))

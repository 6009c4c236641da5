"""Walks over the boxes of ISO files: HEIF, AVIF, JPEG XL, JPEG 2000 and Canon's CR3 (ISO 14496-12, section 4.2).

Knows how boxes are cut and what the few are called that hold others. Nothing here raises; a walk is bounded.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mediacrush.pipeline.pictures.containers import MAX_PARTS

_LARGE, _TO_THE_END = 1, 0
# Boxes that hold boxes, and how many bytes stand before those.
_HOLDERS = {
    b"meta": 4,
    b"iprp": 0,
    b"ipco": 0,
    b"moov": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
    b"jp2h": 0,
    b"dinf": 0,
}
_MAX_DEPTH = 8


class Box(NamedTuple):
    """A box: its four letters, what stands in it as far as the file reaches, and whether all of it does."""

    kind: bytes
    content: memoryview
    is_complete: bool


def boxes(view: memoryview) -> Iterator[Box]:
    """The boxes that follow each other in `view`."""
    start = 0
    for _ in range(MAX_PARTS):
        head = bytes(view[start : start + 16])
        if len(head) < 8:  # noqa: PLR2004 - size and kind
            return
        size, before = int.from_bytes(head[:4]), 8
        if size == _LARGE:
            size, before = int.from_bytes(head[8:]), 16
        end = len(view) if size == _TO_THE_END else start + size
        if end < start + before:
            return
        yield Box(head[4:8], view[start + before : end], end <= len(view))
        start = end


def all_boxes(view: memoryview, depth: int = 0) -> Iterator[Box]:
    """The boxes in `view` and those inside them, each before what it holds."""
    for box in boxes(view):
        yield box
        if box.kind in _HOLDERS and depth < _MAX_DEPTH:
            yield from all_boxes(box.content[_HOLDERS[box.kind] :], depth + 1)


def brands(data: bytes) -> list[bytes]:
    """The major brand of a file and its compatible ones; empty when it does not start with them."""
    if data[4:8] != b"ftyp":
        return []
    content = data[8 : max(16, min(int.from_bytes(data[:4]), 512))]
    return [content[:4], *(content[start : start + 4] for start in range(8, len(content) - 3, 4))]

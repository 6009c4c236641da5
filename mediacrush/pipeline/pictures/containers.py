"""Walks over the parts of JPEG, PNG, WebP (RIFF) and GIF files.

Knows how the four are cut into parts, and not what the parts are good for: facts.py reads them, clean.py copies
them. Nothing here raises and nothing is copied; a walk takes time in proportion to the file. A damaged or
truncated file ends its walk, with a last part that is not whole except in JPEGs.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# Bounds the work on files made of millions of empty parts, wherever parts are kept or counted. Generous: the
# busiest real pictures are large PNGs cut into 4 KiB chunks.
MAX_PARTS = 200_000


class Part(NamedTuple):
    """A segment, chunk or block. `content` and `whole` reach as far as the file does."""

    kind: bytes
    content: memoryview
    whole: memoryview
    is_complete: bool = True

    def starts_with(self, prefix: bytes) -> bool:
        return self.content[: len(prefix)] == prefix


# JPEG (ITU-T T.81, annex B).

SOI, EOI, SOS = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"

# A marker that starts something. FF00 is a stuffed FF in entropy data, FFFF is filling, RST0 to RST7 (D0 to
# D7) stand inside a scan, and what is below C0 is damage that decoders step over. A pattern of exactly two
# bytes keeps the search linear.
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


def jpeg_segments(data: bytes) -> Iterator[Part]:
    """Cut the first picture into segments, as far as they are complete; bytes between segments are skipped.

    A segment's kind is its two byte marker; behind the content of a start of scan, `whole` holds the scan too.
    """
    view = memoryview(data)
    position = len(SOI)
    while (found := _JPEG_MARKER.search(data, position)) and found[0] not in {SOI, EOI}:
        content = found.end() + 2
        position = end = found.end() + int.from_bytes(data[found.end() : content])
        if not content <= end <= len(data):
            return
        if found[0] == SOS:
            following = _JPEG_MARKER.search(data, end)
            position = following.start() if following else len(data)
        yield Part(found[0], view[content:end], view[found.start() : position])


# PNG (third edition, section 5).

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunks(data: bytes) -> Iterator[Part]:
    """Cut a PNG into chunks, up to the end of the file: beyond IEND where it goes on."""
    view = memoryview(data)
    start = len(PNG_SIGNATURE)
    while start < len(data):
        content = start + 8
        checksum = content + int.from_bytes(data[start : start + 4])
        end = checksum + 4
        yield Part(data[start + 4 : content], view[content:checksum], view[start:end], end <= len(data))
        start = end


# WebP (RFC 9649, section 2).

RIFF_HEADER_SIZE = 12
FRAME_HEADER_SIZE = 16  # of an ANMF chunk, in front of the chunks that it holds itself


def riff_chunks(body: memoryview) -> Iterator[Part]:
    """Cut what follows a header into chunks; `whole` leaves out the padding, which the last one may lack."""
    start = 0
    while start < len(body):
        content = start + 8
        end = content + int.from_bytes(body[start + 4 : content], "little")
        yield Part(bytes(body[start : start + 4]), body[content:end], body[start:end], end <= len(body))
        start = end + end % 2


# GIF (GIF89a, sections 15 to 27).

GIF_HEADER_SIZE = 13
GIF_IMAGE = b","
GIF_CONTROL, GIF_COMMENT, GIF_APPLICATION = b"!\xf9", b"!\xfe", b"!\xff"


def gif_start(data: bytes) -> int:
    """Where the blocks begin: behind the header and the global colour table."""
    return GIF_HEADER_SIZE + _gif_table_size(data[10:11])


def gif_blocks(data: bytes) -> Iterator[Part]:
    """Cut a GIF into blocks, up to its trailer or to what is no block: there browsers stop too.

    An extension's kind is its introducer and label, the content is still cut into sub-blocks.
    """
    view = memoryview(data)
    start = gif_start(data)
    while len(head := data[start : start + 10]) > 1:
        if head.startswith(GIF_IMAGE):
            kind, content = GIF_IMAGE, start + 11 + _gif_table_size(head[9:])
        elif head.startswith(b"!"):
            kind, content = head[:2], start + 2
        else:
            return
        end = content
        while end < len(data) and data[end]:
            end += 1 + data[end]
        end += 1
        yield Part(kind, view[content:end], view[start:end], end <= len(data))
        start = end


def _gif_table_size(flags: bytes) -> int:
    """The size in bytes of the colour table that a descriptor's flags announce."""
    bits = int.from_bytes(flags)
    return 3 << ((bits & 7) + 1) if bits & 0x80 else 0

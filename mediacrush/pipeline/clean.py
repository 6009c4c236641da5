"""Lossless removal of private metadata from JPEG, PNG and WebP pictures.

Knows how the three containers are cut into parts, and which parts decoding and display need: those are kept
and everything else goes, so a kind of metadata invented tomorrow goes too. Of EXIF only the orientation
survives. Knows nothing of pixels, files, storage or visitors: bytes in, bytes out, in time that grows no
faster than they do.

Cleaning what is already clean changes nothing.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# Bounds the work on files made of millions of empty parts. Generous: the busiest real pictures are large PNGs
# cut into 4 KiB chunks.
MAX_PARTS = 200_000


class MalformedImage(Exception):
    """The file breaks the rules of its container; the message is a sentence about which one."""


# Orientation: the one thing in EXIF that display needs.

_EXIF_PREFIX = b"Exif\0\0"
_ORIENTATION_TAG = 0x0112
_SHORT = 3
_IFD_ENTRY_SIZE = 12
_TURNED = range(2, 9)

_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}


def exif_orientation(block: bytes) -> int:
    """Read the Orientation tag from an EXIF block, with or without its `Exif` prefix (EXIF 2.32, 4.6.4).

    Returns 1 (as stored) when there is none, or none that can be read: a damaged block turns nothing.
    """
    tiff = block.removeprefix(_EXIF_PREFIX)
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return 1
    ifd = int.from_bytes(tiff[4:8], order)
    first = ifd + 2
    count = int.from_bytes(tiff[ifd:first], order)
    for start in range(first, min(first + count * _IFD_ENTRY_SIZE, len(tiff)), _IFD_ENTRY_SIZE):
        tag = int.from_bytes(tiff[start : start + 2], order)
        kind = int.from_bytes(tiff[start + 2 : start + 4], order)
        if tag == _ORIENTATION_TAG and kind == _SHORT:
            value = int.from_bytes(tiff[start + 8 : start + 10], order)
            return value if value in _TURNED else 1
    return 1


def orientation_exif(orientation: int) -> bytes:
    """Build the smallest EXIF block (no `Exif` prefix, big-endian) that says only `orientation`, 1 to 8."""
    entry = _ORIENTATION_TAG.to_bytes(2) + _SHORT.to_bytes(2) + (1).to_bytes(4) + orientation.to_bytes(2) + bytes(2)
    return b"MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)


def _first_turn(blocks: Iterator[bytes]) -> bytes | None:
    """Reduce the first EXIF block to its orientation; None when the picture is shown as stored."""
    orientation = exif_orientation(next(blocks, b""))
    return orientation_exif(orientation) if orientation in _TURNED else None


# JPEG (ITU-T T.81, annex B).

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JFIF_SIZE = 14  # of a JFIF payload without thumbnail (JFIF 1.02, page 5)
_ADOBE_SIZE = 12  # of an Adobe payload (T.872, 6.5.3)
# Beside the frame headers: DHT, DAC, SOS, DQT, DNL and DRI.
_CODING = _FRAME_HEADERS | {0xC4, 0xCC, _SOS, 0xDB, 0xDC, 0xDD}

# A marker that starts something. FF00 is a stuffed FF in entropy data, FFFF is filling, RST0 to RST7 (D0 to
# D7) stand inside a scan, and what is below C0 is damage that decoders step over. A pattern of exactly two
# bytes keeps the search linear.
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """One marker segment, and the entropy coded data behind it when it is a start of scan."""

    marker: int
    payload: bytes
    scan: bytes | memoryview = b""

    def write(self) -> tuple[bytes, bytes | memoryview]:
        length = len(self.payload) + 2
        return bytes((0xFF, self.marker)) + length.to_bytes(2) + self.payload, self.scan


def clean_jpeg(data: bytes) -> bytes:
    """Drop everything from a JPEG that decoding and display do not need; the coded picture is untouched.

    Kept: JFIF without its thumbnail, ICC profile, Adobe's colour transform, tables and scans; EXIF shrinks to
    its orientation. What follows the first picture is cut: second pictures and appended videos carry private
    metadata of their own. A picture cut short keeps what there is and gets an end.

    Raises MalformedImage when the data do not start as a JPEG or end before the first scan.
    """
    if not data.startswith(bytes((0xFF, _SOI))):
        raise MalformedImage("The file does not start like a JPEG picture.")
    segments = list(_jpeg_segments(data))
    kept = [clean for segment in segments if (clean := _clean_segment(segment))]
    markers = {segment.marker for segment in kept}
    if _SOS not in markers or markers.isdisjoint(_FRAME_HEADERS):
        raise MalformedImage("The JPEG ends before its picture starts.")
    turn = _first_turn(
        segment.payload
        for segment in segments
        if segment.marker == _APP1 and segment.payload.startswith(_EXIF_PREFIX)
    )
    if turn:
        place = 1 if kept[0].marker == _APP0 else 0
        kept.insert(place, _Segment(marker=_APP1, payload=_EXIF_PREFIX + turn))
    pieces = [piece for segment in kept for piece in segment.write()]
    return b"".join([bytes((0xFF, _SOI)), *pieces, bytes((0xFF, _EOI))])


def _jpeg_segments(data: bytes) -> Iterator[_Segment]:
    """Cut the first picture into segments, as far as they are whole; bytes between segments are skipped."""
    view = memoryview(data)
    position = 2
    for _ in range(MAX_PARTS):
        found = _JPEG_MARKER.search(data, position)
        if found is None or (marker := data[found.start() + 1]) in {_SOI, _EOI}:
            return
        start = found.end() + 2
        position = found.end() + int.from_bytes(data[found.end() : start])
        if not start <= position <= len(data):
            return
        payload = data[start:position]
        if marker == _SOS:
            scan_start = position
            following = _JPEG_MARKER.search(data, position)
            position = following.start() if following else len(data)
            yield _Segment(marker=marker, payload=payload, scan=view[scan_start:position])
        else:
            yield _Segment(marker=marker, payload=payload)
    raise MalformedImage("The JPEG is cut into too many segments.")


def _clean_segment(segment: _Segment) -> _Segment | None:
    """Return what is kept of a segment: itself, a shortened one, or None."""
    marker, payload = segment.marker, segment.payload
    if marker in _CODING or (marker == _APP2 and payload.startswith(b"ICC_PROFILE\0")):
        return segment
    if marker == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= _JFIF_SIZE:
        # The last two bytes are the width and height of the thumbnail that would follow them.
        return _Segment(marker=marker, payload=payload[: _JFIF_SIZE - 2] + bytes(2))
    if marker == _APP14 and payload.startswith(b"Adobe") and len(payload) >= _ADOBE_SIZE:
        return _Segment(marker=marker, payload=payload[:_ADOBE_SIZE])
    return None


# PNG (third edition, sections 5 and 11).

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_FRAME_SIZE = 12  # of length, kind and checksum around a chunk's content
_PNG_KEPT = frozenset(b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST acTL fcTL fdAT".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _PngChunk:
    """One chunk; `whole` is everything from its length to its checksum."""

    kind: bytes
    whole: memoryview

    @property
    def content(self) -> bytes:
        return bytes(self.whole[8:-4])


def clean_png(data: bytes) -> bytes:
    """Drop text, EXIF, time and every chunk that decoding and display do not need from a PNG or APNG.

    Kept chunks are copied with their checksums, unread. What follows IEND is cut. An orientation in eXIf is
    kept alone, in an eXIf of its own behind IHDR.

    Raises MalformedImage when the chunks do not run from IHDR over IDAT to IEND.
    """
    chunks = list(_png_chunks(data))
    if chunks[0].kind != b"IHDR" or all(chunk.kind != b"IDAT" for chunk in chunks):
        raise MalformedImage("The PNG lacks its header or its picture.")
    kept: list[bytes | memoryview] = [chunk.whole for chunk in chunks if _is_png_kept(chunk.kind)]
    turn = _first_turn(chunk.content for chunk in chunks if chunk.kind == b"eXIf")
    if turn:
        kept.insert(1, _png_chunk(b"eXIf", turn))
    return b"".join([_PNG_SIGNATURE, *kept])


def _is_png_kept(kind: bytes) -> bool:
    # Section 5.4: the first letter of a chunk that no decoder may ignore is upper case.
    return kind[:1].isupper() or kind in _PNG_KEPT


def _png_chunks(data: bytes) -> Iterator[_PngChunk]:
    """Cut a PNG into chunks, the last of which is IEND."""
    if not data.startswith(_PNG_SIGNATURE):
        raise MalformedImage("The file does not start like a PNG picture.")
    view = memoryview(data)
    start = len(_PNG_SIGNATURE)
    for _ in range(MAX_PARTS):
        end = start + _PNG_FRAME_SIZE + int.from_bytes(data[start : start + 4])
        kind = data[start + 4 : start + 8]
        if end > len(data) or not kind.isalpha():
            raise MalformedImage("The PNG has a damaged or incomplete chunk.")
        yield _PngChunk(kind=kind, whole=view[start:end])
        if kind == b"IEND":
            return
        start = end
    raise MalformedImage("The PNG is cut into too many chunks.")


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


# WebP (RFC 9649, section 2).

_RIFF_HEADER_SIZE = 12
_RIFF_CHUNK_HEADER_SIZE = 8
_VP8X_SIZE = 10
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
_FRAME_HEADER_SIZE = 16
_BITSTREAMS = frozenset({b"VP8 ", b"VP8L"})
_FRAME_KEPT = _BITSTREAMS | {b"ALPH"}
_WEBP_KEPT = _FRAME_KEPT | {b"ANIM", b"ANMF", b"ICCP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _RiffChunk:
    kind: bytes
    content: bytes

    def write(self) -> bytes:
        size = len(self.content)
        return self.kind + size.to_bytes(4, "little") + self.content + bytes(size % 2)


def clean_webp(data: bytes) -> bytes:
    """Drop EXIF, XMP and unknown chunks from a WebP, still or animated, and say so in its header.

    Animation frames are cleaned inside too. What follows the RIFF is cut. An orientation is kept alone, in an
    EXIF chunk of its own, where the file is of the extended kind that can hold one.

    Raises MalformedImage when the chunks do not fit the RIFF or hold no picture.
    """
    if data[:4] != b"RIFF" or data[8:_RIFF_HEADER_SIZE] != b"WEBP":
        raise MalformedImage("The file does not start like a WebP picture.")
    end = int.from_bytes(data[4:8], "little") + _RIFF_CHUNK_HEADER_SIZE
    chunks = list(_riff_chunks(data[_RIFF_HEADER_SIZE:end]))
    kept = [_clean_chunk(chunk) for chunk in chunks if chunk.kind in _WEBP_KEPT]
    if all(chunk.kind not in _BITSTREAMS | {b"ANMF"} for chunk in kept):
        raise MalformedImage("The WebP holds no picture.")
    if chunks[0].kind == b"VP8X":
        turn = _first_turn(chunk.content for chunk in chunks if chunk.kind == b"EXIF")
        kept.insert(0, _clean_vp8x(chunks[0], has_exif=turn is not None))
        kept += [_RiffChunk(kind=b"EXIF", content=turn)] if turn else []
    body = b"WEBP" + b"".join(chunk.write() for chunk in kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _clean_vp8x(header: _RiffChunk, *, has_exif: bool) -> _RiffChunk:
    """Set the extended header's flags to what is left in the file (section 2.7)."""
    if len(header.content) != _VP8X_SIZE:
        raise MalformedImage("The WebP has a damaged header.")
    flags = header.content[0] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if has_exif else 0)
    return _RiffChunk(kind=header.kind, content=bytes((flags,)) + header.content[1:])


def _clean_chunk(chunk: _RiffChunk) -> _RiffChunk:
    """Clean inside an animation frame, which holds chunks itself, unknown ones perhaps (section 2.7.1.1)."""
    if chunk.kind != b"ANMF":
        return chunk
    parts = _riff_chunks(chunk.content[_FRAME_HEADER_SIZE:])
    kept = b"".join(part.write() for part in parts if part.kind in _FRAME_KEPT)
    return _RiffChunk(kind=chunk.kind, content=chunk.content[:_FRAME_HEADER_SIZE] + kept)


def _riff_chunks(body: bytes) -> Iterator[_RiffChunk]:
    """Cut the content of a RIFF into chunks; only the padding of the last one may be missing."""
    start = 0
    for _ in range(MAX_PARTS):
        if start >= len(body):
            return
        content = start + _RIFF_CHUNK_HEADER_SIZE
        end = content + int.from_bytes(body[start + 4 : content], "little")
        if end > len(body):
            raise MalformedImage("The WebP has a damaged or incomplete chunk.")
        yield _RiffChunk(kind=body[start : start + 4], content=body[content:end])
        start = end + end % 2
    raise MalformedImage("The WebP is cut into too many chunks.")

"""Lossless removal of private metadata from JPEG, PNG, WebP and GIF pictures.

Knows which parts of the four containers decoding and display need: of JPEG, PNG and WebP those are kept and
everything else goes, so a kind of metadata invented tomorrow goes too. Of EXIF only the orientation survives, of a
colour profile only what colours are shown by (profiles.py).
Knows nothing of pixels, files, storage or visitors: bytes in, bytes out, in time that grows no faster than
they do.

Cleaning what is already clean changes nothing.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from mediacrush.pipeline.pictures.containers import (
    EOI,
    FRAME_HEADER_SIZE,
    GIF_APPLICATION,
    GIF_CONTROL,
    GIF_IMAGE,
    MAX_PARTS,
    PNG_SIGNATURE,
    RIFF_HEADER_SIZE,
    SOI,
    SOS,
    Part,
    gif_blocks,
    gif_start,
    jpeg_segments,
    png_chunks,
    riff_chunks,
)
from mediacrush.pipeline.pictures.exif import EXIF_PREFIX, TURNED, orientation_exif, read_exif
from mediacrush.pipeline.pictures.profiles import MAX_PROFILE_BYTES, clean_profile, is_common_name


class MalformedImage(Exception):
    """The file breaks the rules of its container; the message is a sentence about which one."""


def _bounded(parts: Iterator[Part]) -> Iterator[Part]:
    yield from islice(parts, MAX_PARTS)
    if next(parts, None):
        raise MalformedImage("The picture is cut into too many parts.")


def _first_turn(parts: Iterable[Part]) -> bytes | None:
    """Reduce the first EXIF block to its orientation; None when the picture is shown as stored."""
    orientation = next((read_exif(bytes(part.content)).orientation for part in parts), 1)
    return orientation_exif(orientation) if orientation in TURNED else None


# JPEG (ITU-T T.81, annex B).

_APP0, _APP1, _APP2, _APP14 = b"\xff\xe0", b"\xff\xe1", b"\xff\xe2", b"\xff\xee"
_FRAME_HEADERS = frozenset(bytes((0xFF, code)) for code in range(0xC0, 0xD0) if code not in {0xC4, 0xC8, 0xCC})
# Beside the frame headers: DHT, DAC, SOS, DQT, DNL and DRI.
_CODING = _FRAME_HEADERS | {b"\xff\xc4", b"\xff\xcc", SOS, b"\xff\xdb", b"\xff\xdc", b"\xff\xdd"}
_JFIF_SIZE = 14  # of a JFIF payload without thumbnail (JFIF 1.02, page 5)
_ADOBE_SIZE = 12  # of an Adobe payload (T.872, 6.5.3)
# Of a profile's piece, and what stands before it: name, its number and how many there are (ICC.1:2022, B.4).
_ICC_PREFIX, _ICC_HEAD_SIZE, _ICC_PIECE_SIZE = b"ICC_PROFILE\0", 14, 65_519


def clean_jpeg(data: bytes) -> bytes:
    """Drop everything from a JPEG that decoding and display do not need; the coded picture is untouched.

    Kept: JFIF without its thumbnail, ICC profile, Adobe's colour transform, tables and scans; EXIF shrinks to
    its orientation. What follows the first picture is cut: second pictures and appended videos carry private
    metadata of their own. A picture cut short keeps what there is and gets an end.

    Raises MalformedImage when the data do not start as a JPEG or end before the first scan.
    """
    if not data.startswith(SOI):
        raise MalformedImage("The file does not start like a JPEG picture.")
    segments = list(_bounded(jpeg_segments(data)))
    markers = {segment.kind for segment in segments}
    if SOS not in markers or markers.isdisjoint(_FRAME_HEADERS):
        raise MalformedImage("The JPEG ends before its picture starts.")
    profile = [segment for segment in segments if segment.kind == _APP2 and segment.starts_with(_ICC_PREFIX)]
    kept: list[bytes | memoryview] = []
    for segment in segments:
        if profile and segment is profile[0]:
            kept += _clean_profile_segments(profile)
        elif clean := _clean_segment(segment):
            kept.append(clean)
    turn = _first_turn(part for part in segments if part.kind == _APP1 and part.starts_with(EXIF_PREFIX))
    if turn:
        kept.insert(1 if kept[0][:2] == _APP0 else 0, _jpeg_segment(_APP1, EXIF_PREFIX + turn))
    return b"".join([SOI, *kept, EOI])


def _clean_segment(segment: Part) -> bytes | memoryview | None:
    """Return what is kept of a segment: itself, a shortened one, or None."""
    kind, content = segment.kind, segment.content
    if kind in _CODING:
        return segment.whole
    if kind == _APP0 and segment.starts_with(b"JFIF\0") and len(content) >= _JFIF_SIZE:
        # The last two bytes are the width and height of the thumbnail that would follow them.
        return _jpeg_segment(kind, bytes(content[: _JFIF_SIZE - 2]) + bytes(2))
    if kind == _APP14 and segment.starts_with(b"Adobe") and len(content) >= _ADOBE_SIZE:
        return _jpeg_segment(kind, bytes(content[:_ADOBE_SIZE]))
    return None


def _clean_profile_segments(segments: list[Part]) -> list[bytes | memoryview]:
    """The pieces of the profile, themselves or as they are cut again."""
    in_order = sorted(segments, key=lambda segment: bytes(segment.content[:_ICC_HEAD_SIZE]))
    profile = b"".join(segment.content[_ICC_HEAD_SIZE:] for segment in in_order)
    cleaned = clean_profile(profile)
    if cleaned == profile:
        return [segment.whole for segment in segments]
    starts = range(0, len(cleaned), _ICC_PIECE_SIZE)
    return [
        _jpeg_segment(_APP2, _ICC_PREFIX + bytes((number, len(starts))) + cleaned[start : start + _ICC_PIECE_SIZE])
        for number, start in enumerate(starts, start=1)
    ]


def _jpeg_segment(marker: bytes, payload: bytes) -> bytes:
    return marker + (len(payload) + 2).to_bytes(2) + payload


# PNG (third edition, sections 5 and 11).

_PNG_KEPT = frozenset(b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST acTL fcTL fdAT".split())
_PNG_PROFILE_NAME = "ICC profile"
_PNG_PIXELS = {b"IDAT": 0, b"fdAT": 4}  # what may be cut short, and how many bytes stand before the pixels


def clean_png(data: bytes) -> bytes:
    """Drop text, EXIF, time and every chunk that decoding and display do not need from a PNG or APNG.

    Kept chunks are copied with their checksums, and unread but for the profile. What follows IEND is cut. An
    orientation in eXIf is kept alone, in an eXIf of its own behind IHDR. A picture cut short keeps what there is of
    its pixels and gets an end.

    Raises MalformedImage when the chunks do not run from IHDR to IDAT.
    """
    if not data.startswith(PNG_SIGNATURE):
        raise MalformedImage("The file does not start like a PNG picture.")
    chunks = list(_png_picture(data))
    if not chunks or chunks[0].kind != b"IHDR" or all(chunk.kind != b"IDAT" for chunk in chunks):
        raise MalformedImage("The PNG lacks its header or its picture.")
    kept = [clean for chunk in chunks if _is_png_kept(chunk.kind) and (clean := _clean_png_chunk(chunk))]
    turn = _first_turn(chunk for chunk in chunks if chunk.kind == b"eXIf")
    if turn:
        kept.insert(1, _png_chunk(b"eXIf", turn))
    return b"".join([PNG_SIGNATURE, *kept, _png_chunk(b"IEND", b"")])


def _png_picture(data: bytes) -> Iterator[Part]:
    """The chunks in front of IEND, or of where the file is damaged; only the last may be cut short."""
    for chunk in _bounded(png_chunks(data)):
        if chunk.kind == b"IEND" or not chunk.kind.isalpha():
            return
        if chunk.is_complete or len(chunk.content) > _PNG_PIXELS.get(chunk.kind, len(data)):
            yield chunk


def _is_png_kept(kind: bytes) -> bool:
    # Section 5.4: the first letter of a chunk that no decoder may ignore is upper case.
    return kind[:1].isupper() or kind in _PNG_KEPT


def _clean_png_chunk(chunk: Part) -> bytes | memoryview | None:
    """What is kept of a chunk: itself, of one that was cut what there is, of a profile what says nothing."""
    if chunk.kind == b"iCCP":
        return _clean_png_profile(chunk)
    return chunk.whole if chunk.is_complete else _png_chunk(chunk.kind, bytes(chunk.content))


def _clean_png_profile(chunk: Part) -> bytes | memoryview | None:
    """PNG, 11.3.2.3: a name, how the profile is packed, and the profile."""
    name, _, packed = bytes(chunk.content).partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    cleaned = clean_profile(profile) if inflater.eof else b""
    if not cleaned:
        return None
    if cleaned == profile and is_common_name(name.decode("latin-1")) and not inflater.unused_data:
        return chunk.whole
    return _png_chunk(b"iCCP", _PNG_PROFILE_NAME.encode() + bytes(2) + zlib.compress(cleaned))


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


# WebP (RFC 9649, section 2).

_VP8X_SIZE = 10
_PROFILE_FLAG, _EXIF_FLAG, _XMP_FLAG = 0x20, 0x08, 0x04
_BITSTREAMS = frozenset({b"VP8 ", b"VP8L"})
_FRAME_KEPT = _BITSTREAMS | {b"ALPH"}
_WEBP_KEPT = _FRAME_KEPT | {b"ANIM", b"ANMF", b"ICCP"}


def clean_webp(data: bytes) -> bytes:
    """Drop EXIF, XMP and unknown chunks from a WebP, still or animated, and say so in its header.

    Animation frames are cleaned inside too. What follows the RIFF is cut. An orientation is kept alone, in an
    EXIF chunk of its own, where the file is of the extended kind that can hold one.

    Raises MalformedImage when the chunks do not fit the RIFF, as in a file cut short, which no decoder shows
    either, or hold no picture.
    """
    if data[:4] != b"RIFF" or data[8:RIFF_HEADER_SIZE] != b"WEBP":
        raise MalformedImage("The file does not start like a WebP picture.")
    end = int.from_bytes(data[4:8], "little") + 8
    chunks = _whole_riff_chunks(memoryview(data)[RIFF_HEADER_SIZE:end])
    if all(chunk.kind not in _BITSTREAMS | {b"ANMF"} for chunk in chunks):
        raise MalformedImage("The WebP holds no picture.")
    kept = [clean for chunk in chunks if chunk.kind in _WEBP_KEPT and (clean := _clean_chunk(chunk))]
    if chunks[0].kind == b"VP8X":
        turn = _first_turn(chunk for chunk in chunks if chunk.kind == b"EXIF")
        has_profile = any(chunk.startswith(b"ICCP") for chunk in kept)
        kept.insert(0, _clean_vp8x(chunks[0], has_exif=turn is not None, has_profile=has_profile))
        kept += [_riff_chunk(b"EXIF", turn)] if turn else []
    return _riff_chunk(b"RIFF", b"".join([b"WEBP", *kept]))


def _clean_vp8x(header: Part, *, has_exif: bool, has_profile: bool) -> bytes:
    """Set the extended header's flags to what is left in the file (section 2.7)."""
    if len(header.content) != _VP8X_SIZE:
        raise MalformedImage("The WebP has a damaged header.")
    gone = _EXIF_FLAG | _XMP_FLAG | (0 if has_profile else _PROFILE_FLAG)
    flags = header.content[0] & ~gone | (_EXIF_FLAG if has_exif else 0)
    return _riff_chunk(header.kind, bytes((flags, *header.content[1:])))


def _clean_chunk(chunk: Part) -> bytes:
    """Clean inside an animation frame, which holds chunks itself, unknown ones perhaps (section 2.7.1.1), and
    inside a profile, of which nothing may be left."""
    content = bytes(chunk.content)
    if chunk.kind == b"ICCP":
        content = clean_profile(content)
        return _riff_chunk(chunk.kind, content) if content else b""
    if chunk.kind == b"ANMF":
        parts = _whole_riff_chunks(chunk.content[FRAME_HEADER_SIZE:])
        kept = (_riff_chunk(part.kind, bytes(part.content)) for part in parts if part.kind in _FRAME_KEPT)
        content = content[:FRAME_HEADER_SIZE] + b"".join(kept)
    return _riff_chunk(chunk.kind, content)


def _whole_riff_chunks(body: memoryview) -> list[Part]:
    chunks = list(_bounded(riff_chunks(body)))
    if not all(chunk.is_complete for chunk in chunks):
        raise MalformedImage("The WebP has a damaged or incomplete chunk.")
    return chunks


def _riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


# GIF (GIF89a, sections 17 to 27).

_GIF_SIGNATURES = (b"GIF87a", b"GIF89a")
_GIF_TRAILER = b";"
# How often to loop, under its two names, and the colour profile.
_GIF_LOOPS, _GIF_PROFILE = frozenset({b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0"}), b"\x0bICCRGBG1012"
_GIF_NAME_SIZE, _GIF_PIECE_SIZE = 12, 255
# A loop's block has how often, and how much to load before it starts.
_GIF_LOOP_MAX_SIZE = _GIF_NAME_SIZE + 4 + 6 + 1


def clean_gif(data: bytes) -> bytes:
    """Drop comments and the data of applications, XMP among them, from a GIF, still or animated.

    Kept, byte for byte: images, their delays and every other block, and of applications' data how often to loop;
    the colour profile, cleaned. What follows the trailer is cut. A file cut short keeps its whole blocks and what
    there is of its last image, and gets a trailer.

    Raises MalformedImage when the data do not start as a GIF or hold no image.
    """
    if not data.startswith(_GIF_SIGNATURES):
        raise MalformedImage("The file does not start like a GIF picture.")
    blocks = [block for block in _bounded(gif_blocks(data)) if _is_gif_kept(block)]
    if all(block.kind != GIF_IMAGE for block in blocks):
        raise MalformedImage("The GIF holds no picture.")
    pieces = (_clean_gif_block(block) if block.is_complete else _ended_image(block) for block in blocks)
    return b"".join([data[: gif_start(data)], *pieces, _GIF_TRAILER])


# Graphic control and plain text: the extensions that change what is seen (GIF89a, sections 23 and 25).
_GIF_KEPT = frozenset({GIF_CONTROL, b"!\x01"})


def _is_gif_kept(block: Part) -> bool:
    if block.kind == GIF_APPLICATION:
        name = bytes(block.content[:_GIF_NAME_SIZE])
        is_loop = name in _GIF_LOOPS and len(block.content) <= _GIF_LOOP_MAX_SIZE
        return block.is_complete and (is_loop or name == _GIF_PROFILE)
    if block.kind == GIF_IMAGE:
        return block.is_complete or len(block.content) > 1
    return block.is_complete and block.kind in _GIF_KEPT


def _clean_gif_block(block: Part) -> bytes | memoryview:
    """The block, with a colour profile in it cleaned; nothing of one that is broken."""
    if block.kind != GIF_APPLICATION or not block.starts_with(_GIF_PROFILE):
        return block.whole
    profile, at = bytearray(), _GIF_NAME_SIZE
    while size := block.content[at]:
        profile += block.content[at + 1 : at + 1 + size]
        at += 1 + size
    cleaned = clean_profile(bytes(profile))
    if cleaned == profile:
        return block.whole
    pieces = (cleaned[start : start + _GIF_PIECE_SIZE] for start in range(0, len(cleaned), _GIF_PIECE_SIZE))
    content = b"".join(bytes((len(piece),)) + piece for piece in pieces)
    return GIF_APPLICATION + _GIF_PROFILE + content + b"\0" if cleaned else b""


def _ended_image(image: Part) -> bytes:
    """End an image that was cut short: its last sub-block becomes as long as what is left of it."""
    data = bytearray(image.whole)
    last = following = len(image.whole) - len(image.content)
    while following < len(data):
        last, following = following, following + 1 + data[following]
    data[last] = len(data) - last - 1
    return bytes(data) + (b"\0" if data[last] else b"")

"""How many colours a picture can show: bits a channel, and a gamut wider than sRGB's."""

import re
import struct
from collections.abc import Callable

from PIL import Image

from mediacrush.pipeline.pictures.boxes import all_boxes
from mediacrush.pipeline.pictures.containers import png_chunks
from mediacrush.pipeline.pictures.directories import first_directory
from mediacrush.pipeline.pictures.jxl import read_jxl_header
from mediacrush.pipeline.pictures.refusals import Refused

_BYTE = 8
_BITS_PER_SAMPLE = 0x0102
# Always more than 8 bits: light, and what a sensor saw.
_LIGHT = frozenset({"EXR", "HDR", "PFM"})
_RAWS = frozenset({"DNG", "CR2", "CR3", "NEF", "ARW", "PEF", "SRW", "RAF", "ORF", "RW2", "RAW"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_NETPBM_MAXIMUM = rb"P7\s[^\0]{0,8000}?MAXVAL\s+(\d+)|P[2356]\s+(?:#[^\n]*\n\s*)*\d+\s+\d+\s+(\d+)"

# Colour primaries wider than BT.709's (ITU-T H.273): BT.2020, DCI-P3, Display P3.
_WIDE_PRIMARIES = frozenset({9, 11, 12})
# The area of a profile's red, green and blue in x and y, against sRGB's: Display P3 has 1.36 of it.
_WIDE_AREA = 1.15
_SRGB_AREA = 0.1175  # of sRGB adapted to ICC's D50


def is_deep(name: str, data: bytes, image: Image.Image) -> bool:
    """Whether the file of kind `name` has more than 8 bits a channel, whatever is left of them in `image`."""
    if name in _LIGHT | _RAWS or image.mode in _DEEP_MODES:
        return True
    try:
        return _DEPTHS[name](data) > _BYTE if name in _DEPTHS else False
    except (IndexError, ValueError, Refused):
        return False


def has_wide_gamut(name: str, data: bytes, image: Image.Image) -> bool:
    """Whether the picture's colour space is wider than sRGB's, by its profile or by its coding points."""
    if _stated_primaries(name, data) in _WIDE_PRIMARIES:
        return True
    profile = image.info.get("icc_profile") or b""
    return _profile_area(profile) > _WIDE_AREA * _SRGB_AREA


def _stated_primaries(name: str, data: bytes) -> int | None:
    if name == "PNG":
        chunks = png_chunks(data[:4096])
        return next((chunk.content[0] for chunk in chunks if chunk.kind == b"cICP" and len(chunk.content)), None)
    if name in {"AVIF", "HEIC"}:
        for box in all_boxes(memoryview(data)):
            if box.kind == b"colr" and box.content[:4].tobytes() == b"nclx":
                return int.from_bytes(box.content[4:6])
    return None


def _profile_area(profile: bytes) -> float:
    """The area of the triangle of a profile's primaries (ICC.1:2022, 9.2: rXYZ, gXYZ, bXYZ); 0 when it has none."""
    corners = []
    count = min(int.from_bytes(profile[128:132]), 100)
    tags = {
        profile[at : at + 4]: int.from_bytes(profile[at + 4 : at + 8]) for at in range(132, 132 + 12 * count, 12)
    }
    for tag in (b"rXYZ", b"gXYZ", b"bXYZ"):
        start = tags.get(tag, len(profile)) + 8
        if len(profile) < start + 12:
            return 0.0
        x, y, z = struct.unpack_from(">3i", profile, start)
        total = x + y + z
        if not total:
            return 0.0
        corners.append((x / total, y / total))
    (ax, ay), (bx, by), (cx, cy) = corners
    return float(abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2)


def _tiff_depth(data: bytes) -> int:
    directory = first_directory(data)
    return max(directory.numbers(_BITS_PER_SAMPLE)[:8], default=1) if directory else 1


def _item_depth(data: bytes) -> int:
    """Of a HEIF or AVIF: what its `pixi` says, or its decoders' settings."""
    depths = [_BYTE]
    for box in all_boxes(memoryview(data)):
        if box.kind == b"pixi":
            depths += bytes(box.content[5 : 5 + box.content[4]])
        elif box.kind == b"av1C" and box.content[2] & 0x40:
            depths.append(10)
        elif box.kind == b"hvcC":
            depths.append(_BYTE + (box.content[17] & 7))
    return max(depths)


def _jpeg_2000_depth(data: bytes) -> int:
    """The first component's of the codestream's SIZ segment (ISO 15444-1, A.5.1)."""
    start = data.index(b"\xff\x4f\xff\x51")
    return (data[start + 42] & 0x7F) + 1


def _netpbm_depth(data: bytes) -> int:
    found = re.match(_NETPBM_MAXIMUM, data[:8192])
    return int(found[1] or found[2]).bit_length() if found else 1


_DEPTHS: dict[str, Callable[[bytes], int]] = {
    "PNG": lambda data: data[24],
    "TIFF": _tiff_depth,
    "AVIF": _item_depth,
    "HEIC": _item_depth,
    "JXL": lambda data: read_jxl_header(data).bits,
    "JP2": _jpeg_2000_depth,
    "J2C": _jpeg_2000_depth,
    "PSD": lambda data: int.from_bytes(data[22:24]),
    "PSB": lambda data: int.from_bytes(data[22:24]),
    "XCF": lambda data: 16 if int.from_bytes(data[26:30]) >= 200 and data[9:10] == b"v" else 8,  # noqa: PLR2004
    "PGM": _netpbm_depth,
    "PPM": _netpbm_depth,
    "PAM": _netpbm_depth,
}

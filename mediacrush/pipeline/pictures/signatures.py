"""Which kind of picture some bytes are, by their beginning and their structure; a file's name is never asked for.

Looks at no more than the header and, of TIFFs, the directories: the first 4 KiB are enough to know a picture, all
of it to tell a camera raw from a TIFF. Loaded by the web process for every upload, so it is quick to load, and
what has no proper signature (TGA, ICO, BMP, the Netpbm family) is looked at closely: to take anything else for a
picture would refuse it.
"""

import re

from mediacrush.pipeline.pictures.boxes import brands
from mediacrush.pipeline.pictures.directories import (
    DNG_VERSION,
    MAKE,
    PHOTOMETRIC,
    all_directories,
    first_directory,
)
from mediacrush.pipeline.pictures.svg_text import is_svg

_PREFIXES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\xff\x0a": "JXL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JXL",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JP2",
    b"\xff\x4f\xff\x51": "J2C",
    b"8BPS\0\1": "PSD",
    b"8BPS\0\2": "PSB",
    b"gimp xcf ": "XCF",
    b"\x76\x2f\x31\x01": "EXR",
    b"#?RADIANCE\n": "HDR",
    b"#?RGBE\n": "HDR",
    b"FUJIFILMCCD-RAW": "RAF",
    b"IIRO": "ORF",
    b"IIRS": "ORF",
    b"MMOR": "ORF",
    b"IIU\0": "RW2",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}

_HEIC_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs".split())
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})

_CFA = 32803  # photometric interpretation of a sensor's raw mosaic (TIFF/EP, 6.1)
_MAKERS = {"nikon": "NEF", "sony": "ARW", "pentax": "PEF", "ricoh": "PEF", "samsung": "SRW"}

# Compiled only where needed: that takes longer than reading a small picture.
# Possessive throughout: what is matched is never given back, so no header takes long to be none.
_NETPBM = rb"P([1-7Ff])(?:\s++|#[^\n]*+\n)++(?:\d{1,9}+(?:\s++|#[^\n]*+\n)++\d{1,9}+\s|[WHDMTE][A-Z]{4,7}+\b)"
_NETPBM_KINDS = dict(zip("1234567Ff", ["PBM", "PGM", "PPM", "PBM", "PGM", "PPM", "PAM", "PFM", "PFM"], strict=True))


def picture_kind(data: bytes) -> str | None:
    """The name of the kind of picture (`pillow` in model/formats.py), None when it is none that is read here."""
    for prefix, kind in _PREFIXES.items():
        if data.startswith(prefix):
            return kind
    if data[:4] == b"RIFF":
        return "WEBP" if data[8:12] == b"WEBP" else None
    if data[4:8] == b"ftyp":
        return _iso_kind(data)
    if data[:4] in {b"II*\0", b"MM\0*"}:
        return _tiff_kind(data)
    return _weak_kind(data)


def _iso_kind(data: bytes) -> str | None:
    major, *compatible = brands(data)
    named = {major, *compatible} if major in _HEIF_BRANDS else {major}
    if named & _AVIF_BRANDS:
        return "AVIF"
    if major in _HEIC_BRANDS | _HEIF_BRANDS:
        return "HEIC"
    return "CR3" if major == b"crx " else None


def _tiff_kind(data: bytes) -> str:
    """TIFF, or which of the camera raws that begin like one."""
    if data[8:10] == b"CR":
        return "CR2"
    first = first_directory(data)
    if first is not None and DNG_VERSION in first.entries:
        return "DNG"
    if first is None or all(directory.number(PHOTOMETRIC) != _CFA for directory in all_directories(data)):
        return "TIFF"
    maker = first.text(MAKE).lower()
    return next((kind for name, kind in _MAKERS.items() if maker.startswith(name)), "RAW")


def _weak_kind(data: bytes) -> str | None:
    """The kinds whose first bytes alone could be anything."""
    if _is_bmp(data):
        return "BMP"
    if _is_ico(data):
        return "ICO"
    if data[:1] == b"P" and (found := re.match(_NETPBM, data)):
        letter = found[1].decode()
        return _NETPBM_KINDS[letter] if (found[0][-1:].isspace() != (letter == "7")) else None
    if data[:1] in _XML_STARTS and is_svg(data):
        return "SVG"
    return "TGA" if _is_tga(data) else None


# `<`, blanks and byte order marks.
_XML_STARTS = frozenset({b"<", b" ", b"\t", b"\r", b"\n", b"\xef", b"\xff", b"\xfe", b"\0"})


# The sizes of a bitmap's second header: OS/2 1 and 2, Windows 3 to 5.
_DIB_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def _is_bmp(data: bytes) -> bool:
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _DIB_SIZES


_ICO_MAX_PICTURES = 256
_ICO_DEPTHS = frozenset({0, 1, 2, 4, 8, 16, 24, 32})


def _is_ico(data: bytes) -> bool:
    """An icon's header and the first of its entries; four such bytes start a picture in MPEG video, too."""
    count, planes, depth = (int.from_bytes(data[at : at + 2], "little") for at in (4, 10, 12))
    size, offset = (int.from_bytes(data[at : at + 4], "little") for at in (14, 18))
    return (
        data[:4] == b"\0\0\1\0"
        and 0 < count <= _ICO_MAX_PICTURES
        and planes <= 1
        and depth in _ICO_DEPTHS
        and size > 0
        and offset >= 6 + 16 * count
    )


# Truevision's types, plain and packed, and the bits a pixel that each can have.
_TGA_DEPTHS = {
    1: (8,),
    9: (8,),
    2: (15, 16, 24, 32),
    10: (15, 16, 24, 32),
    3: (8, 16),
    11: (8, 16),
}
_TGA_PALETTES = frozenset({1, 9})
_TGA_HEADER_SIZE = 18


def _is_tga(data: bytes) -> bool:
    """Whether all fields of a TGA header (Truevision, 1991) hold what they may: there is no signature in front."""
    if len(data) < _TGA_HEADER_SIZE:
        return False
    has_palette, kind, depth, descriptor = data[1], data[2], data[16], data[17]
    colours, colour_bits = int.from_bytes(data[5:7], "little"), data[7]
    palette_fits = (
        colours > 0 and colour_bits in {15, 16, 24, 32}
        if kind in _TGA_PALETTES
        else has_palette == 1 or not any(data[3:8])
    )
    return (
        has_palette == (1 if kind in _TGA_PALETTES else has_palette & 1)
        and depth in _TGA_DEPTHS.get(kind, ())
        and palette_fits
        and any(data[12:14])
        and any(data[14:16])
        and descriptor & 0xC0 == 0
        and descriptor & 0x0F <= min(depth, 8)
    )

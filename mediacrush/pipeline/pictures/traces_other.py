"""Traces in the kinds that are published as they came or not at all, one function for each; see traces.py."""

import re
from collections.abc import Callable

from mediacrush.pipeline.pictures.facts import read_facts
from mediacrush.pipeline.pictures.metadata import exif_words, iptc_words, xmp_words
from mediacrush.pipeline.pictures.traces_boxes import heif_findings, jpeg_2000_findings, jxl_findings
from mediacrush.pipeline.pictures.traces_plain import bmp_findings, netpbm_findings, tga_findings
from mediacrush.pipeline.pictures.traces_tiff import raw_words, tiff_findings
from mediacrush.pipeline.pictures.xcf_header import read_xcf_header


def findings(name: str, data: bytes) -> tuple[set[str], bool]:
    """Plain words for what is in a file of the kind `name`, and whether that is shown to be all."""
    if name in _PROVABLE:
        return _PROVABLE[name](data)
    return _NAMED.get(name, raw_words)(data), False


# Photoshop: image resources by their number (Adobe Photoshop File Formats Specification, 2019).
_IPTC, _XMP, _EXIF = 1028, 1060, frozenset({1058, 1059})
_PSD_THUMBNAILS = frozenset({1033, 1036})
_MAX_RESOURCES = 10_000


def _psd_words(data: bytes) -> set[str]:
    words: set[str] = set()
    at = 34 + int.from_bytes(data[26:30])  # behind the header, the palette, and the size of what follows
    end = min(at + int.from_bytes(data[at - 4 : at]), len(data))
    for _ in range(_MAX_RESOURCES):
        if at + 12 > end or data[at : at + 4] != b"8BIM":
            break
        number, name_size = int.from_bytes(data[at + 4 : at + 6]), data[at + 6] + 1
        start = at + 6 + name_size + name_size % 2 + 4
        size = int.from_bytes(data[start - 4 : start])
        content = data[start : start + size]
        at = start + size + size % 2
        if number in _PSD_THUMBNAILS:
            words.add("thumbnail")
        elif number in _EXIF:
            words |= exif_words(content)
        elif number == _XMP:
            words |= xmp_words(content)
        elif number == _IPTC:
            words |= iptc_words(content)
    return words


_PARASITES = {"gimp-comment": "comment", "exif-data": "camera", "iptc-data": "owner", "gimp-xmp": "other"}


def _xcf_words(data: bytes) -> set[str]:
    """GIMP keeps all metadata of a photo as XML in one parasite, EXIF's tags by their names."""
    parasites = read_xcf_header(data).parasites
    words = {_PARASITES[name] for name in parasites if name in _PARASITES}
    if "gimp-metadata" in parasites:
        found = {word for word, pattern in _GIMP_WORDS.items() if re.search(pattern, data)}
        words |= found or {"other"}
    return words


_GIMP_WORDS = {
    "location": rb"Exif\.GPSInfo\.GPSL",
    "camera": rb"Exif\.Image\.(Make|Model)|Exif\.Photo\.Lens",
    "serial number": rb"SerialNumber",
    "owner": rb"Exif\.Image\.(Artist|Copyright)|OwnerName|Xmp\.dc\.(creator|rights)",
    "date": rb"DateTime|CreateDate|ModifyDate",
    "comment": rb"UserComment|ImageDescription|Xmp\.dc\.(title|description)",
}

# The standard attributes of an EXR (openexr.com, StandardAttributes) that say something private.
_EXR_WORDS = {
    "owner": rb"\0?(owner|author|artist|copyright)\0[a-z]+\0",
    "comment": rb"(comments?|description)\0string\0",
    "date": rb"(capDate|utcOffset|DateTime)\0[a-z]+\0",
    "location": rb"(longitude|latitude|altitude)\0float\0",
    "serial number": rb"\w*[sS]erialNumber\0string\0",
    "camera": rb"(camera|lens)(Make|Model|FirmwareVersion)\0string\0",
    "thumbnail": rb"preview\0preview\0",
}
_EXR_HEADER_BYTES = 65_536


def _exr_words(data: bytes) -> set[str]:
    header = data[:_EXR_HEADER_BYTES]
    return {word for word, pattern in _EXR_WORDS.items() if re.search(pattern, header)}


def _hdr_words(data: bytes) -> set[str]:
    """The lines in front of the picture: variables and comments."""
    lines = data[:_EXR_HEADER_BYTES].partition(b"\n\n")[0].splitlines()[1:]
    words = {"comment" for line in lines if line.startswith(b"#")}
    words |= {"date" for line in lines if line.startswith(b"CAPDATE")}
    return words | {"camera" for line in lines if line.startswith(b"CAMERA")}


def _ico_words(data: bytes) -> set[str]:
    """Pictures in an icon may be PNGs."""
    words: set[str] = set()
    for entry in range(int.from_bytes(data[4:6], "little")):
        start = int.from_bytes(data[18 + 16 * entry : 22 + 16 * entry], "little")
        if data[start : start + 4] == b"\x89PNG":
            words |= read_facts("PNG", data[start:]).words
    return words


_PROVABLE: dict[str, Callable[[bytes], tuple[set[str], bool]]] = {
    "AVIF": heif_findings,
    "HEIC": heif_findings,
    "JXL": jxl_findings,
    "JP2": jpeg_2000_findings,
    "J2C": jpeg_2000_findings,
    "TIFF": tiff_findings,
    "BMP": bmp_findings,
    "TGA": tga_findings,
    **dict.fromkeys(("PBM", "PGM", "PPM", "PAM", "PFM"), netpbm_findings),
}
_NAMED: dict[str, Callable[[bytes], set[str]]] = {
    "PSD": _psd_words,
    "PSB": _psd_words,
    "XCF": _xcf_words,
    "EXR": _exr_words,
    "HDR": _hdr_words,
    "ICO": _ico_words,
}

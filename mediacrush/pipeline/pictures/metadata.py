"""Private metadata in pictures, named in words that a visitor understands.

The words: camera, comment, date, location, owner, serial number, thumbnail, and other for what is none of these.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mediacrush.pipeline.pictures.exif import ORIENTATION_TAG, Exif, read_exif

if TYPE_CHECKING:
    from PIL.Image import Image

_PNG_WORDS = {
    b"Author": "owner",
    b"Copyright": "owner",
    b"Creation Time": "date",
    b"Source": "camera",
    b"Title": "comment",
    b"Description": "comment",
    b"Comment": "comment",
}

_GPS_VERSION = 0
_EXIF_WORDS = {
    0x010E: "comment",  # ImageDescription
    0x010F: "camera",  # Make
    0x0110: "camera",  # Model
    0x0132: "date",  # DateTime
    0x013B: "owner",  # Artist
    0x8298: "owner",  # Copyright
    0x83BB: "other",  # IPTC
    0x830E: "location",  # ModelPixelScale (GeoTIFF), and the two below
    0x8482: "location",  # ModelTiepoint
    0x85D8: "location",  # ModelTransformation
    0x8649: "other",  # Photoshop
    0x9003: "date",  # DateTimeOriginal
    0x9004: "date",  # DateTimeDigitized
    0x927C: "camera",  # MakerNote
    0x9286: "comment",  # UserComment
    0x9C9B: "comment",  # XPTitle
    0x9C9C: "comment",  # XPComment
    0x9C9D: "owner",  # XPAuthor
    0x9C9E: "comment",  # XPKeywords
    0x9C9F: "comment",  # XPSubject
    0xA420: "serial number",  # ImageUniqueID
    0xA430: "owner",  # CameraOwnerName
    0xA431: "serial number",  # BodySerialNumber
    0xA433: "camera",  # LensMake
    0xA434: "camera",  # LensModel
    0xA435: "serial number",  # LensSerialNumber
    0xC62F: "serial number",  # CameraSerialNumber (DNG)
}

_XMP_WORDS = {
    "location": rb"GPS(Latitude|Longitude|Position)|photoshop:(City|State|Country)|:Location",
    "camera": rb"tiff:(Make|Model)|aux:Lens|:LensModel",
    "serial number": rb"SerialNumber",
    "owner": rb"dc:(creator|rights)|OwnerName|photoshop:(Credit|AuthorsPosition)",
    "thumbnail": rb"xmp:Thumbnails|xmpGImg:|xapGImg:",
    "date": rb"xmp:(Create|Modify|Metadata)Date|DateCreated|DateTimeOriginal",
    "comment": rb"dc:(description|title|subject)|UserComment|photoshop:Headline",
}

# IPTC-IIM 4.2, record 2: by-lines, dates, places and texts.
_IPTC_DATASET = rb"(?s)\x1c\x02(.)"
_IPTC_WORDS = (
    dict.fromkeys((5, 25, 40, 105, 120), "comment")
    | dict.fromkeys((55, 60, 62, 63), "date")
    | dict.fromkeys((80, 85, 110, 115, 116, 118, 122), "owner")
    | dict.fromkeys((26, 27, 90, 92, 95, 100, 101), "location")
)


def image_words(image: "Image", name: str) -> set[str]:
    """Name what Pillow found beside a picture of the kind `name`: JPEG's segments, EXIF and XMP."""
    if name == "JPEG":
        segments = [_segment_words(*segment) for segment in getattr(image, "applist", ())]
        return set().union(*segments)
    return exif_words(image.info.get("exif", b"")) | xmp_words(image.info.get("xmp", b""))


def png_text_word(keyword: bytes) -> str:
    """Name a text chunk by its keyword (PNG, 11.3.3.1)."""
    return _PNG_WORDS.get(keyword, "other")


def xmp_words(packet: bytes) -> set[str]:
    """Name what an XMP packet holds, which need not be well-formed."""
    words = {word for word, pattern in _XMP_WORDS.items() if re.search(pattern, packet)}
    return words or ({"other"} if packet else set())


def _segment_words(kind: str, payload: bytes) -> set[str]:
    if kind == "COM":
        return {"comment"}
    for start, words in _SEGMENT_WORDS.items():
        if payload.startswith(start):
            return words(payload)
    return {"other"}


def iptc_words(payload: bytes) -> set[str]:
    """Name what an IPTC record holds, the bytes around it too."""
    datasets = {found[0] for found in re.findall(_IPTC_DATASET, payload)}
    return {_IPTC_WORDS[dataset] for dataset in datasets if dataset in _IPTC_WORDS} or {"other"}


def exif_words(block: bytes) -> set[str]:
    """Name what an EXIF block holds; one that only says the orientation holds nothing."""
    exif = read_exif(block)
    words = tag_words(exif) | ({"thumbnail"} if exif.has_thumbnail else set())
    is_plain = not block or exif.tags == {ORIENTATION_TAG}
    return words or (set() if is_plain else {"other"})


def tag_words(exif: Exif) -> set[str]:
    """Name what the tags of an EXIF block or a TIFF say."""
    words = {_EXIF_WORDS[tag] for tag in exif.tags if tag in _EXIF_WORDS}
    return words | ({"location"} if exif.gps_tags - {_GPS_VERSION} else set())


_SEGMENT_WORDS: dict[bytes, Callable[[bytes], set[str]]] = {
    b"Exif\0\0": exif_words,
    b"http://ns.adobe.com/": xmp_words,
    b"Photoshop 3.0\0": iptc_words,
    b"JFIF\0": lambda payload: {"thumbnail"} if any(payload[12:14]) else set(),
    b"JFXX\0": lambda _: {"thumbnail"},
    b"ICC_PROFILE\0": lambda _: set(),
    b"Adobe": lambda _: set(),
}

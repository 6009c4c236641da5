"""Traces in files made of boxes: HEIF and AVIF, JPEG XL, JPEG 2000. Each answers words, and whether that is all."""

import re

from mediacrush.pipeline.pictures.boxes import all_boxes, boxes
from mediacrush.pipeline.pictures.coverage import has_unknown_bytes
from mediacrush.pipeline.pictures.exif import EXIF_PREFIX
from mediacrush.pipeline.pictures.items import Item, read_items
from mediacrush.pipeline.pictures.metadata import exif_words, xmp_words
from mediacrush.pipeline.pictures.profiles import profile_words

# What a still picture needs (ISO 23008-12, and AVIF 1.1); anything else may say anything.
_NEEDED = frozenset(
    b"ftyp meta mdat hdlr pitm iloc iinf infe iprp ipco ipma iref ispe pixi colr av1C hvcC lhvC auxC irot imir "
    b"clap pasp a1op a1lx lsel clli mdcv".split()
)
_PICTURES = frozenset({b"av01", b"hvc1", b"grid"})
_ITEM_NAMES = frozenset({b"", b"Color", b"Alpha", b"Image"})
_TIFF_OFFSET_SIZE = 4
_TIFF_STARTS = (b"II*\0", b"MM\0*")  # some writers leave the offset out
_BOX_HEADER_SIZE = 8


def heif_findings(data: bytes) -> tuple[set[str], bool]:
    """A still is clean when it holds pictures only, in boxes that are needed, and its data are all theirs."""
    items = read_items(data)
    words = set().union(*(_item_words(item, data) for item in items))
    found = list(all_boxes(memoryview(data)))
    if any(box.kind == b"iref" and b"thmb" in bytes(box.content) for box in found):
        words.add("thumbnail")
    is_known = all(box.kind in _NEEDED and box.is_complete for box in found)
    is_plain = all(item.kind in _PICTURES and item.name in _ITEM_NAMES for item in items)
    return words, is_known and is_plain and _is_all_used(data, items)


def _item_words(item: Item, data: bytes) -> set[str]:
    content = b"".join(data[start:end] for start, end in item.extents)
    if item.kind == b"Exif":
        offset = int.from_bytes(content[:_TIFF_OFFSET_SIZE])
        return exif_words(content[_TIFF_OFFSET_SIZE + offset :].removeprefix(EXIF_PREFIX))
    if item.kind == b"mime":
        return xmp_words(content)
    return set()


def _is_all_used(data: bytes, items: list[Item]) -> bool:
    """Whether the data boxes hold nothing but what items name."""
    parts = [extent for item in items for extent in item.extents]
    start = 0
    for box in boxes(memoryview(data)):
        size = len(box.content) + _BOX_HEADER_SIZE
        parts.append((start, start + _BOX_HEADER_SIZE if box.kind == b"mdat" else start + size))
        start += size
    return not has_unknown_bytes(parts, data)


_JXL_NEEDED = frozenset({b"JXL ", b"ftyp", b"jxlc", b"jxlp", b"jxll", b"jxli"})


def jxl_findings(data: bytes) -> tuple[set[str], bool]:
    """A bare codestream has no place for words; of boxes those of EXIF and XMP, perhaps packed, are named."""
    if data.startswith(b"\xff\x0a"):
        return set(), True
    words: set[str] = set()
    found = list(boxes(memoryview(data)))
    for box in found:
        content = bytes(box.content)
        if box.kind == b"Exif":
            has_offset = not content.startswith(_TIFF_STARTS)
            words |= exif_words(content[_TIFF_OFFSET_SIZE if has_offset else 0 :])
        elif box.kind == b"xml ":
            words |= xmp_words(content)
        elif box.kind in {b"brob", b"jumb"}:
            words.add("other")
    is_all = sum(len(box.content) + _BOX_HEADER_SIZE for box in found) == len(data)
    return words, is_all and all(box.kind in _JXL_NEEDED and box.is_complete for box in found)


_JP2_NEEDED = frozenset(b"ftyp jp2h ihdr bpcc colr pclr cmap cdef jp2c".split()) | {b"jP  ", b"res "}
_JP2_EXIF = b"JpgTiffExif->JP2"
_JP2_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_JP2_PROFILES = (b"\2", b"\3")
_WRITER = re.compile(rb"(Created by OpenJPEG version|Kakadu-v)[\w. ]{0,20}")
_SIZ, _COM, _SOT = b"\xff\x51", b"\xff\x64", b"\xff\x90"
_MAX_SEGMENTS = 1000


def jpeg_2000_findings(data: bytes) -> tuple[set[str], bool]:
    """Comments in the codestream, EXIF, XMP and other XML in boxes beside it."""
    start = max(0, data.find(b"\xff\x4f" + _SIZ))
    words = _comment_words(data, start + 2)
    found = list(all_boxes(memoryview(data))) if start else []
    for box in found:
        content = bytes(box.content) if box.kind in {b"uuid", b"xml ", b"colr"} else b""
        if box.kind == b"colr":
            words |= profile_words(content[3:]) if content[:1] in _JP2_PROFILES else set()
        elif content.startswith(_JP2_EXIF):
            words |= exif_words(content[16:])
        elif content.startswith(_JP2_XMP) or box.kind == b"xml ":
            words |= xmp_words(content)
        elif content:
            words.add("other")
    is_known = all(box.kind in _JP2_NEEDED and box.is_complete for box in found)
    return words, is_known and data.rstrip(b"\0").endswith(b"\xff\xd9")


def _comment_words(data: bytes, at: int) -> set[str]:
    """The comments of the codestream's main header (ISO 15444-1, A.9.2); a writer's own name says nothing."""
    for _ in range(_MAX_SEGMENTS):
        kind, size = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4])
        if kind == _SOT or not kind.startswith(b"\xff") or not size:
            return set()
        if kind == _COM and not _WRITER.fullmatch(data[at + 6 : at + 2 + size].rstrip(b"\0")):
            return {"comment"}
        at += 2 + size
    return {"other"}

"""Traces in TIFFs and camera raws: what tags say, and whether a TIFF is made of harmless ones."""

import re

from mediacrush.pipeline.pictures.coverage import has_unknown_bytes
from mediacrush.pipeline.pictures.directories import (
    STRIP_OFFSETS,
    STRIP_SIZES,
    TILE_OFFSETS,
    TILE_SIZES,
    Directory,
    all_directories,
    first_directory,
)
from mediacrush.pipeline.pictures.exif import Exif, read_exif
from mediacrush.pipeline.pictures.metadata import iptc_words, tag_words, xmp_words

# TIFF 6.0 and its supplements: what pixels need, how they are printed, and their colour profile.
_HARMLESS = frozenset(
    (
        *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284),
        *(290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 332, 334, 336, 338, 339),
        *(340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 34675),
    )
)
_XMP, _IPTC = 700, 33723
_HEADER_SIZE, _ENTRY_SIZE = 8, 12
# Blocks of EXIF inside raws that are no TIFFs themselves (CR3, RAF).
_EXIF_BLOCK = re.compile(rb"(?:II\*\0|MM\0\*)....", re.DOTALL)
_MAX_BLOCKS = 20


def tiff_findings(data: bytes) -> tuple[set[str], bool]:
    """Words, and whether the one directory has harmless tags only and its values and strips make up the file."""
    directories = list(all_directories(data))
    first = first_directory(data)
    if first is None:
        return set(), False
    words = directory_words(directories, data)
    is_harmless = len(directories) == 1 and not first.following and first.entries.keys() <= _HARMLESS
    return words, is_harmless and _is_all_known(first)


def directory_words(directories: list[Directory], data: bytes) -> set[str]:
    """Name what the tags of all directories say; pages and previews beyond the first picture are thumbnails."""
    words = tag_words(read_exif(data))
    for directory in directories:
        words |= tag_words(Exif(tags=frozenset(directory.entries)))
        for tag, name in ((_XMP, xmp_words), (_IPTC, iptc_words)):
            entry = directory.entries.get(tag)
            if entry is not None:
                words |= name(data[entry.start : entry.start + entry.stored_size])
    return words


def raw_words(data: bytes) -> set[str]:
    """Name what a camera raw holds: always the camera, whose raw it is, and a preview for its screen."""
    words = {"camera", "thumbnail"} | directory_words(list(all_directories(data)), data)
    for found in list(_EXIF_BLOCK.finditer(data, 1, 2**20))[:_MAX_BLOCKS]:
        words |= tag_words(read_exif(data[found.start() : found.start() + 2**18]))
    return words


def _is_all_known(directory: Directory) -> bool:
    """Whether all bytes of the file are header, directory, values, strips or tiles."""
    end = directory.start + 2 + _ENTRY_SIZE * len(directory.entries) + 4
    parts = [(0, _HEADER_SIZE), (directory.start, end)]
    for entry in directory.entries.values():
        if not entry.is_inline:
            parts.append((entry.start, entry.start + entry.stored_size))
    for offsets, sizes in ((STRIP_OFFSETS, STRIP_SIZES), (TILE_OFFSETS, TILE_SIZES)):
        pieces = zip(directory.numbers(offsets), directory.numbers(sizes), strict=False)
        parts += [(start, start + size) for start, size in pieces]
    return not has_unknown_bytes(parts, directory.data)

"""EXIF blocks (EXIF 2.32, 4.6): reading which tags they hold, building one that says only how a picture lies.

Read here rather than by Pillow, which raises on damaged blocks and, where they lack an orientation, takes one
from XMP: no browser does.
"""

from typing import Literal, NamedTuple

EXIF_PREFIX = b"Exif\0\0"
ORIENTATION_TAG = 0x0112
TURNED = range(2, 9)

_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_EXIF_IFD, _GPS_IFD, _SHORT = 0x8769, 0x8825, 3
_ENTRY_SIZE = 12


class Exif(NamedTuple):
    """What a block holds. `orientation` (4.6.4) is 1, as stored, to 8."""

    orientation: int = 1
    tags: frozenset[int] = frozenset()
    gps_tags: frozenset[int] = frozenset()
    has_thumbnail: bool = False


class _Directory(NamedTuple):
    """The entries of an IFD, tag to type and value (or the offset of it), and the offset of the next IFD."""

    entries: dict[int, tuple[bytes, bytes]]
    following: int


def read_exif(block: bytes) -> Exif:
    """Read an EXIF block, with or without its prefix, or a TIFF file; what is damaged reads as absent."""
    tiff = block.removeprefix(EXIF_PREFIX)
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return Exif()
    entries, following = _read_directory(tiff, int.from_bytes(tiff[4:8], order), order)
    details, gps = (
        _read_directory(tiff, int.from_bytes(entries[tag][1], order), order).entries if tag in entries else {}
        for tag in (_EXIF_IFD, _GPS_IFD)
    )
    kind, value = entries.get(ORIENTATION_TAG, (b"", b""))
    orientation = int.from_bytes(value[:2], order) if int.from_bytes(kind, order) == _SHORT else 1
    return Exif(
        orientation=orientation if orientation in TURNED else 1,
        tags=frozenset(entries.keys() | details.keys()),
        gps_tags=frozenset(gps),
        has_thumbnail=following != 0 and bool(_read_directory(tiff, following, order).entries),
    )


def _read_directory(tiff: bytes, offset: int, order: Literal["little", "big"]) -> _Directory:
    first = offset + 2
    end = first + int.from_bytes(tiff[offset:first], order) * _ENTRY_SIZE
    entries = {
        int.from_bytes(tiff[start : start + 2], order): (
            tiff[start + 2 : start + 4],
            tiff[start + 8 : start + 12],
        )
        for start in range(first, min(end, len(tiff)), _ENTRY_SIZE)
    }
    return _Directory(entries, int.from_bytes(tiff[end : end + 4], order))


def orientation_exif(orientation: int) -> bytes:
    """Build the smallest EXIF block (no prefix, big-endian) that says only `orientation`, 1 to 8."""
    entry = ORIENTATION_TAG.to_bytes(2) + _SHORT.to_bytes(2) + (1).to_bytes(4) + orientation.to_bytes(2) + bytes(2)
    return b"MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)

"""The items of a HEIF or AVIF (ISO 14496-12, 8.11): pictures, their alpha, and what is said about them."""

from typing import NamedTuple

from mediacrush.pipeline.pictures.boxes import all_boxes, boxes
from mediacrush.pipeline.pictures.containers import MAX_PARTS

_IN_FILE = 0
_LONG_VERSION = 2  # from which numbers of items have four bytes


class Item(NamedTuple):
    """An item's kind (hvc1, av01, grid, Exif, mime and so on), its name, and where in the file its bytes are."""

    kind: bytes
    name: bytes
    extents: tuple[tuple[int, int], ...]


def read_items(data: bytes) -> list[Item]:
    """All items of a file, as far as it is whole; what is kept in `idat`, not in `mdat`, has no extents."""
    names: dict[int, tuple[bytes, bytes]] = {}
    places: dict[int, tuple[tuple[int, int], ...]] = {}
    for box in all_boxes(memoryview(data)):
        if box.kind == b"iinf":
            names |= _names(box.content)
        elif box.kind == b"iloc":
            places |= _places(bytes(box.content))
    return [Item(kind, name, places.get(number, ())) for number, (kind, name) in names.items()]


def _names(content: memoryview) -> dict[int, tuple[bytes, bytes]]:
    found = {}
    for entry in boxes(content[8 if content[:1].tobytes() != b"\0" else 6 :]):
        size = 4 if entry.content[:1].tobytes() == b"\3" else 2
        number, rest = int.from_bytes(entry.content[4 : 4 + size]), bytes(entry.content[6 + size :])
        found[number] = (rest[:4], rest[4:].split(b"\0")[0])
    return found


class _Numbers:
    """Reads numbers of given sizes one after the other; beyond the end they are 0."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, size: int) -> int:
        self._at += size
        return int.from_bytes(self._content[self._at - size : self._at])

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._content)


def _places(content: bytes) -> dict[int, tuple[tuple[int, int], ...]]:
    """8.11.3: offsets and lengths, whose own sizes stand in front."""
    numbers = _Numbers(content)
    version = numbers.take(1)
    numbers.take(3)
    sizes = [half for size in (numbers.take(1), numbers.take(1)) for half in (size >> 4, size & 15)]
    offset_size, length_size, base_size, index_size = sizes
    long = 4 if version >= _LONG_VERSION else 2
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for _ in range(min(numbers.take(long), MAX_PARTS)):
        if numbers.is_over:
            break
        number = numbers.take(long)
        method = numbers.take(2) & 15 if version else _IN_FILE
        numbers.take(2)
        base, extents = numbers.take(base_size), []
        for _ in range(numbers.take(2)):
            if numbers.is_over:
                break
            numbers.take(index_size if version else 0)
            start = base + numbers.take(offset_size)
            extents.append((start, start + numbers.take(length_size)))
        found[number] = tuple(extents) if method == _IN_FILE else ()
    return found

"""The header of a GIMP file: size, kind of pixels, where its layers are, and the parasites attached to it."""

from typing import NamedTuple

from mediacrush.pipeline.pictures.refusals import Damaged

_MAGIC = b"gimp xcf "
_MAX_POINTERS = 10_000
_MAX_PROPERTIES = 10_000

_WORD, _LONG = 4, 8
_PRECISION_VERSION, _LONG_POINTERS_VERSION = 4, 11
_COLOURS, _COMPRESSION, _PARASITES = 1, 17, 21
_EIGHT_BITS = 150  # of gamma-encoded integers, what there was before precisions
# What version 4 called its precisions.
_FIRST_PRECISIONS = {0: 150, 1: 250, 2: 300, 3: 500, 4: 600}


class XcfHeader(NamedTuple):
    """`kind` is 0 for colours, 1 for grey, 2 for a palette; `layers` are offsets, the topmost first; `parasites`
    are the names of what is attached to the picture."""

    version: int
    width: int
    height: int
    kind: int
    precision: int
    compression: int
    palette: bytes
    parasites: tuple[str, ...]
    layers: tuple[int, ...]

    @property
    def pointer_size(self) -> int:
        """Bytes of an offset in this file."""
        return _LONG if self.version >= _LONG_POINTERS_VERSION else _WORD


class Cursor:
    """Reads big-endian numbers one after the other; beyond the end of the file they are 0."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def number(self, size: int = _WORD) -> int:
        """The next number of `size` bytes."""
        return int.from_bytes(self.take(size))

    def take(self, size: int) -> bytes:
        """The next `size` bytes, as far as the file reaches."""
        self.at += size
        return self._data[self.at - size : self.at]

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        self.at += size


def read_properties(cursor: Cursor) -> dict[int, bytes]:
    """Properties by their number, up to the one that ends them."""
    found: dict[int, bytes] = {}
    for _ in range(_MAX_PROPERTIES):
        number, size = cursor.number(), cursor.number()
        if not number:
            break
        found[number] = cursor.take(size)
    return found


def read_xcf_header(data: bytes) -> XcfHeader:
    """Read a file's header. Raises Damaged when there is none."""
    if not data.startswith(_MAGIC):
        raise Damaged("no GIMP file")
    digits = data[len(_MAGIC) + 1 : len(_MAGIC) + 4]
    version = int(digits) if digits.isdigit() else 0
    cursor = Cursor(data, len(_MAGIC) + 5)
    width, height, kind = (cursor.number() for _ in range(3))
    precision = cursor.number() if version >= _PRECISION_VERSION else _EIGHT_BITS
    found = read_properties(cursor)
    header = XcfHeader(
        version=version,
        width=width,
        height=height,
        kind=kind,
        precision=_FIRST_PRECISIONS.get(precision, precision),
        compression=int.from_bytes(found.get(_COMPRESSION, b"\0")[:1]),
        palette=found.get(_COLOURS, b"")[_WORD:],
        parasites=_parasite_names(found.get(_PARASITES, b"")),
        layers=(),
    )
    return header._replace(layers=_pointers(cursor, header.pointer_size))


def _pointers(cursor: Cursor, size: int) -> tuple[int, ...]:
    """Offsets up to the 0 that ends them."""
    found: list[int] = []
    while len(found) < _MAX_POINTERS and (pointer := cursor.number(size)):
        found.append(pointer)
    return tuple(found)


def _parasite_names(packed: bytes) -> tuple[str, ...]:
    """A parasite is its name, flags and what it says."""
    cursor, names = Cursor(packed, 0), []
    while cursor.at < len(packed):
        names.append(cursor.take(cursor.number()).rstrip(b"\0").decode("utf-8", "replace"))
        cursor.skip(_WORD)
        cursor.skip(cursor.number())
    return tuple(names)

"""Fonts for tests: the tables that a font must have, with nothing in them."""

import struct

_NEEDED = (b"cmap", b"head", b"maxp", b"name")


def sfnt(
    magic: bytes = b"\0\1\0\0", tables: tuple[bytes, ...] = _NEEDED, *, beyond: int = 0, base: int = 0
) -> bytes:
    """A TrueType or OpenType font, to stand `base` bytes into a file; its tables end `beyond` bytes after it."""
    first = base + 12 + 16 * len(tables)
    rows = [struct.pack(">4sLLL", tag, 0, first + 4 * n, 4 + beyond) for n, tag in enumerate(tables)]
    return struct.pack(">4sHHHH", magic, len(tables), 0, 0, 0) + b"".join(rows) + b"\0" * 4 * len(tables)


def collection(count: int = 1) -> bytes:
    """A collection whose members are all one font."""
    base = 12 + 4 * count
    return struct.pack(f">4sLL{count}L", b"ttcf", 0x10000, count, *[base] * count) + sfnt(base=base)


def woff(magic: bytes = b"wOFF", flavour: bytes = b"\0\1\0\0", *, beyond: int = 0) -> bytes:
    """The head of a web font, and nothing else."""
    return struct.pack(">4s4sLH", magic, flavour, 44 + beyond, 4) + b"\0" * 30

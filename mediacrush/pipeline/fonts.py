"""Telling fonts from what only calls itself one."""

import struct

_SFNT = frozenset({b"\x00\x01\x00\x00", b"OTTO", b"true"})
_COLLECTION, _WOFF, _WOFF2 = b"ttcf", b"wOFF", b"wOF2"
_SFNT_HEAD, _SFNT_ROW = struct.Struct(">4sHHHH"), struct.Struct(">4sLLL")
_COLLECTION_HEAD, _WOFF_HEAD = struct.Struct(">4sLL"), struct.Struct(">4sLLH")
# Without these a browser takes nothing for a font (OpenType 1.9.1, "Required Tables").
_NEEDED = frozenset({b"cmap", b"head", b"maxp", b"name"})
_FONTS_MAX = 64


def is_font(content: bytes) -> bool:
    """Whether this is TrueType, OpenType, a collection of them, WOFF or WOFF2, whole: every table that it
    announces lies within it."""
    magic = content[:4]
    try:
        if magic in _SFNT:
            return _is_sfnt(content, 0)
        if magic == _COLLECTION:
            return _is_collection(content)
        return magic in (_WOFF, _WOFF2) and _is_woff(content)
    except struct.error:
        return False


def _is_sfnt(content: bytes, offset: int) -> bool:
    magic, count, *_ = _SFNT_HEAD.unpack_from(content, offset)
    rows = [_SFNT_ROW.unpack_from(content, offset + _SFNT_HEAD.size + n * _SFNT_ROW.size) for n in range(count)]
    tables = {tag for tag, *_ in rows}
    return magic in _SFNT and tables >= _NEEDED and all(at + length <= len(content) for _, _, at, length in rows)


def _is_collection(content: bytes) -> bool:
    _, _, count = _COLLECTION_HEAD.unpack_from(content)
    if not 0 < count <= _FONTS_MAX:
        return False
    offsets = struct.unpack_from(f">{count}L", content, _COLLECTION_HEAD.size)
    return all(_is_sfnt(content, offset) for offset in offsets)


def _is_woff(content: bytes) -> bool:
    _, flavour, length, tables = _WOFF_HEAD.unpack_from(content)
    return flavour.to_bytes(4) in _SFNT | {_COLLECTION} and length == len(content) and tables > 0

"""ASF, the container of WMV and WMA: objects under GUIDs (Microsoft's specification, 01.20.05). Never verified."""

from collections.abc import Iterator

from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import cover_words, tag_word

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_CONTENT = bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c")
_EXTENDED_CONTENT = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
_HEADER_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
_METADATA = bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca")
_METADATA_LIBRARY = bytes.fromhex("941c23449894d149a1411d134e457054")
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_PADDING = bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")
_XMP = bytes.fromhex("cbcf7abea997e8429c71999491e3afac")
# 1970 in the tenths of microseconds since 1601 that Windows counts: what programs without a clock write.
_UNIX_EPOCH = 116_444_736_000_000_000
_OBJECT_HEAD = 24
_CONTENT_NAMES = ("title", "author", "copyright", "comment", "rating")


def walk_asf(walk: Walk) -> None:
    """Read what the header's objects tell."""
    walk.unverified()
    if walk.read(0, 16) != _HEADER:
        raise NotUnderstood
    _walk_objects(walk, 30, walk.bounded(walk.number(16, 8, "little"), walk.size), 0)


def _objects(walk: Walk, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + _OBJECT_HEAD <= end:
        walk.step()
        size = walk.number(at + 16, 8, "little")
        if size < _OBJECT_HEAD:
            raise NotUnderstood
        yield walk.read(at, 16), at + _OBJECT_HEAD, walk.bounded(at + size, end)
        at += size


def _walk_objects(walk: Walk, at: int, end: int, depth: int) -> None:
    for kind, start, stop in _objects(walk, at, end):
        if kind == _HEADER_EXTENSION and depth == 0:
            _walk_objects(walk, start + 22, stop, 1)
        elif kind == _CONTENT:
            _walk_content(walk, walk.read(start, stop - start))
        elif kind == _EXTENDED_CONTENT:
            _walk_extended(walk, walk.read(start, stop - start))
        elif kind in (_METADATA, _METADATA_LIBRARY):
            _walk_metadata(walk, walk.read(start, stop - start))
        elif kind == _FILE_PROPERTIES:
            walk.found("date" if walk.number(start + 24, 8, "little") not in (0, _UNIX_EPOCH) else None)
        elif kind == _PADDING:
            walk.padding(start, stop)
        elif kind == _XMP:
            walk.found("other")


def _walk_content(walk: Walk, data: bytes) -> None:
    at = 10
    for number, name in enumerate(_CONTENT_NAMES):
        size = int.from_bytes(data[2 * number : 2 * number + 2], "little")
        walk.found(_word(walk, "artist" if name == "author" else name, data[at : at + size]))
        at += size


def _walk_extended(walk: Walk, data: bytes) -> None:
    at = 2
    for _ in range(int.from_bytes(data[:2], "little")):
        walk.step()
        name, at = _counted(data, at)
        kind = int.from_bytes(data[at : at + 2], "little")
        value, at = _counted(data, at + 2)
        _walk_value(walk, name, kind, value)


def _walk_metadata(walk: Walk, data: bytes) -> None:
    at = 2
    for _ in range(int.from_bytes(data[:2], "little")):
        walk.step()
        name_size, kind, size = (
            int.from_bytes(data[at + n : at + m], "little") for n, m in ((4, 6), (6, 8), (8, 12))
        )
        at += 12
        name, value = data[at : at + name_size], data[at + name_size : at + name_size + size]
        at += name_size + size
        if at > len(data):
            raise NotUnderstood
        _walk_value(walk, name, kind, value)


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(data[at : at + 2], "little")
    if end > len(data):
        raise NotUnderstood
    return data[at + 2 : end], end


def _walk_value(walk: Walk, name: bytes, kind: int, value: bytes) -> None:
    key = name.decode("utf-16-le", "replace").strip("\0").lower().removeprefix("wm/")
    if key == "picture":
        walk.found(*cover_words(value[:MAX_READ_BYTES]))
    else:
        # Only kind 0 is text; a number of another kind says no less.
        walk.found(_word(walk, key, value if kind == 0 else "set".encode("utf-16-le")))


_ASF_NAMES = {
    "albumtitle": "album",
    "albumartist": "album_artist",
    "tracknumber": "track",
    "encodingsettings": "encoder",
}


def _word(walk: Walk, name: str, value: bytes) -> str | None:
    text = value.decode("utf-16-le", "replace").strip("\0")
    return tag_word(_ASF_NAMES.get(name, name), text, is_sound=walk.is_sound)

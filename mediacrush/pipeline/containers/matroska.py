"""Matroska and WebM: elements within elements (RFC 8794, RFC 9559)."""

from collections.abc import Iterator
from dataclasses import dataclass

from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import cover_words, tag_word
from mediacrush.pipeline.containers.xiph import walk_comments, walk_flac_blocks
from mediacrush.pipeline.payloads import header_has_text

_EBML, _SEGMENT, _VOID, _CRC32 = 0x1A45DFA3, 0x18538067, 0xEC, 0xBF
_INFO, _TRACKS, _CLUSTER, _CUES, _SEEK_HEAD = 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B, 0x114D9B74
_TAGS, _ATTACHMENTS, _CHAPTERS = 0x1254C367, 0x1941A469, 0x1043A770
_TRACK, _CODEC, _CODEC_PRIVATE, _TRACK_NAME = 0xAE, 0x86, 0x63A2, 0x536E
_TAG, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING, _TAG_BINARY = 0x7373, 0x67C8, 0x45A3, 0x4487, 0x4485
_FILE, _FILE_MIME, _FILE_DATA = 0x61A7, 0x4660, 0x465C
# Clusters and segments that were written before their end was known.
_MAY_BE_UNBOUNDED = frozenset({_SEGMENT, _CLUSTER})

_PLAIN_INFO = frozenset({0x2AD7B1, 0x4489, 0x73A4})  # scale, duration, an identifier that is random
_INFO_NAMES = {
    0x7BA9: "title",
    0x4D80: "muxing_app",
    0x5741: "writing_app",
    0x4461: "date",
    0x7384: "filename",
    0x3C83AB: "filename",
    0x3E83BB: "filename",
}
_PLAIN_TRACK = frozenset(
    {
        *(0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x55AB, 0x55AC, 0x55AD, 0x55AE, 0x55AF, 0x9C, 0x6DE7, 0x6DF8),
        *(0x23E383, 0x234E7A, 0x23314F, 0x537F, 0x55EE, 0x22B59C, 0x22B59D, 0x86, 0x63A2, 0xAA, 0x56AA, 0x56BB),
        *(0xE0, 0xE1, 0xE2, 0x6D80, 0x258688, 0x7446, 0x41E4, 0x6624),
    }
)
_PLAIN_CLUSTER = frozenset({0xE7, 0xA7, 0xAB, 0xA3, 0xA0, _VOID, _CRC32})
_HEADERS = {"V_MPEGH/ISO/HEVC": "hevc", "V_AV1": "av1"}
_COMMENT_CODECS = ("A_VORBIS", "V_THEORA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element's number and where its content is."""

    id: int
    start: int
    end: int


def walk_matroska(walk: Walk) -> None:
    """Walk a file's header and its segment."""
    for element in _elements(walk, 0, walk.size):
        if element.id == _SEGMENT:
            _walk_segment(walk, element)
        elif element.id == _VOID:
            walk.padding(element.start, element.end)
        elif element.id != _EBML:
            walk.found("other")


def _elements(walk: Walk, at: int, end: int) -> Iterator[Element]:
    while at < end:
        walk.step()
        head = bytes(walk.data[at : at + 12])
        if not head or not head[0]:
            raise NotUnderstood
        id_size = 9 - head[0].bit_length()
        length = head[id_size] if id_size < len(head) else 0
        size_size = 9 - length.bit_length()
        if id_size > 4 or not length or len(head) < id_size + size_size:  # noqa: PLR2004
            raise NotUnderstood
        number, start = int.from_bytes(head[:id_size]), at + id_size + size_size
        size = int.from_bytes(head[id_size : id_size + size_size]) & ((1 << 7 * size_size) - 1)
        if size == (1 << 7 * size_size) - 1:
            if number not in _MAY_BE_UNBOUNDED:
                raise NotUnderstood
            # What follows an unbounded cluster looks as if it were inside; so clusters are read as their parts.
            yield Element(id=number, start=start, end=start if number == _CLUSTER else end)
            at = start if number == _CLUSTER else end
        else:
            yield Element(id=number, start=start, end=walk.bounded(start + size, end))
            at = start + size


def _walk_segment(walk: Walk, segment: Element) -> None:
    for element in _elements(walk, segment.start, segment.end):
        if element.id == _INFO:
            _walk_info(walk, element)
        elif element.id == _TRACKS:
            for track in _elements(walk, element.start, element.end):
                _walk_track(walk, track)
        elif element.id == _CLUSTER:
            _walk_cluster(walk, element)
        elif element.id == _TAGS:
            _walk_tags(walk, element, 0)
        elif element.id == _ATTACHMENTS:
            for file in _elements(walk, element.start, element.end):
                if file.id == _FILE:
                    _walk_attachment(walk, file)
        elif element.id == _CHAPTERS:
            walk.unverified()
        elif element.id == _VOID:
            walk.padding(element.start, element.end)
        elif element.id not in {_CUES, _SEEK_HEAD, *_PLAIN_CLUSTER}:
            walk.found("other")


def _walk_cluster(walk: Walk, cluster: Element) -> None:
    for element in _elements(walk, cluster.start, cluster.end):
        if element.id == _VOID:
            walk.padding(element.start, element.end)
        elif element.id not in _PLAIN_CLUSTER:
            walk.found("other")


def _walk_info(walk: Walk, info: Element) -> None:
    for element in _elements(walk, info.start, info.end):
        if element.id in _INFO_NAMES:
            name = _INFO_NAMES[element.id]
            value = "a date" if element.id == 0x4461 else _text(walk, element)  # noqa: PLR2004
            walk.found("comment" if name == "filename" else tag_word(name, value, is_sound=walk.is_sound))
        elif element.id == _VOID:
            walk.padding(element.start, element.end)
        elif element.id not in _PLAIN_INFO | {_CRC32}:
            walk.found("other")


def _walk_track(walk: Walk, track: Element) -> None:
    if track.id != _TRACK:
        if track.id not in (_VOID, _CRC32):
            walk.found("other")
        return
    codec, private = "", None
    for element in _elements(walk, track.start, track.end):
        if element.id == _CODEC:
            codec = _text(walk, element)
        elif element.id == _CODEC_PRIVATE:
            private = element
        elif element.id == _TRACK_NAME:
            walk.found("comment" if _text(walk, element) else None)
        elif element.id == _VOID:
            walk.padding(element.start, element.end)
        elif element.id not in _PLAIN_TRACK | {_CRC32}:
            walk.unverified()
    if private is not None:
        _walk_codec_private(walk, codec, private)


def _walk_codec_private(walk: Walk, codec: str, private: Element) -> None:
    """The headers of Xiph's codecs have comments like their own containers."""
    if codec.startswith(_COMMENT_CODECS):
        data = walk.read(private.start, private.end - private.start)
        first, second = data[1], data[2]  # shorter than 255 bytes each, as encoders write them
        if data[0] != 2 or 255 in (first, second):  # noqa: PLR2004
            walk.stuck()
            return
        inner = walk.inside(data)
        walk_comments(inner, data[3 + first + 7 : 3 + first + second])
        if not inner.is_verified:
            walk.found(*inner.words)
            walk.stuck()
    elif codec in _HEADERS:
        if header_has_text(_HEADERS[codec], walk.read(private.start, private.end - private.start)):
            walk.stuck()
    elif codec == "A_FLAC":
        walk_flac_blocks(walk, private.start + 4, private.end)


def _walk_tags(walk: Walk, parent: Element, depth: int) -> None:
    name, value = "", ""
    for element in _elements(walk, parent.start, parent.end):
        if element.id in (_TAG, _SIMPLE_TAG) and depth < 8:  # noqa: PLR2004
            _walk_tags(walk, element, depth + 1)
        elif element.id == _TAG_NAME:
            name = _text(walk, element)
        elif element.id == _TAG_STRING:
            value = _text(walk, element)
        elif element.id == _TAG_BINARY:
            value = "binary"
            walk.unverified()
    if name:
        walk.found(tag_word(name, value, is_sound=walk.is_sound))


def _walk_attachment(walk: Walk, file: Element) -> None:
    """Fonts and covers are published as extras of our own making; whatever else is attached is not."""
    walk.unverified()
    parts = {element.id: element for element in _elements(walk, file.start, file.end)}
    mime = _text(walk, parts[_FILE_MIME]) if _FILE_MIME in parts else ""
    content = parts.get(_FILE_DATA)
    if mime.startswith("image/") and content is not None:
        walk.found(*cover_words(walk.read(content.start, min(content.end - content.start, MAX_READ_BYTES))))
    elif "font" not in mime:
        walk.found("other")


def _text(walk: Walk, element: Element) -> str:
    return walk.read(element.start, element.end - element.start).decode("utf-8", "replace").strip("\0")

"""Containers of chunks, each with its size: RIFF (WAV, AVI), AIFF and CAF."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mediacrush.pipeline.containers.id3 import walk_tag_bytes
from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import tag_word
from mediacrush.pipeline.pictures.metadata import xmp_words

_MAX_U32 = 2**32 - 1
_LIST_DEPTH = 8

# Chunks of RIFF that say how to play the rest, and those with a word of their own.
_RIFF_PLAIN = frozenset(
    b"fmt |fact|data|ds64|cue |smpl|inst|slnt|plst|avih|strh|strf|idx1|dmlh|indx|ix00|ix01|vprp|odml".split(b"|")
)
_RIFF_EMPTY = frozenset({b"JUNK", b"junk", b"PAD ", b"FLLR", b"Fake"})
_RIFF_WORDS: dict[bytes, tuple[str, ...]] = {
    b"bext": ("comment", "date", "owner"),
    b"cart": ("comment", "date", "owner"),
    b"PEAK": ("date",),
    b"IDIT": ("date",),
    b"ISMP": ("date",),
    b"strd": ("camera",),
    b"labl": ("comment",),
    b"note": ("comment",),
    b"ltxt": ("comment",),
    b"strn": ("comment",),
    b"DISP": ("comment",),
    b"umid": ("serial number",),
}
_INFO = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IGNR": "genre",
    b"ITRK": "track",
    b"IPRT": "track",
    b"IFRM": "totaltracks",
    b"IMUS": "composer",
    b"ILNG": "language",
    b"ISFT": "encoder",
    b"ICRD": "date",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ITCH": "technician",
    b"IENG": "engineer",
    b"ISRC": "credit",
    b"ICMS": "owner",
    b"IARL": "location",
    b"ICNT": "country",
}
_CAMERA_LISTS = (b"exif", b"ncdt", b"nctg")

_AIFF_PLAIN = frozenset({b"COMM", b"SSND", b"FVER", b"MARK", b"INST", b"AESD"})
_AIFF_TEXTS = {b"NAME": "title", b"AUTH": "author", b"(c) ": "copyright", b"ANNO": "comment", b"COMT": "comment"}
_CAF_PLAIN = frozenset({b"desc", b"data", b"pakt", b"kuki", b"chan", b"mark", b"regn", b"inst", b"ovvw"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk's name and where its content is."""

    name: bytes
    start: int
    end: int


def _chunks(walk: Walk, at: int, end: int, *, is_big: bool = False, size_bytes: int = 4) -> Iterator[Chunk]:
    """The chunks from `at` to `end`; what is cut off ends with the file."""
    align = 2 if size_bytes == 4 else 1  # noqa: PLR2004  # CAF does not pad
    while at + 4 + size_bytes <= end:
        walk.step()
        name, start = walk.read(at, 4), at + 4 + size_bytes
        size = walk.number(at + 4, size_bytes, "big" if is_big else "little")
        if size == (1 << 8 * size_bytes) - 1:  # not known when it was written
            size = end - start
        yield Chunk(name=name, start=start, end=walk.bounded(start + size, end))
        at = start + size + size % align
    if at < end:
        walk.padding(at, end)


def walk_riff(walk: Walk) -> None:
    """Walk a WAV, RF64 or AVI file; a large AVI is several of them, one after the other."""
    at = 0
    while at < walk.size:
        walk.step()
        form = walk.read(at, 12)
        if form[:4] not in (b"RIFF", b"RF64", b"BW64") or form[8:] not in (b"WAVE", b"AVI ", b"AVIX"):
            walk.found("other")
            return
        size = int.from_bytes(form[4:8], "little")
        is_streamed = size in (0, _MAX_U32)
        end = walk.size if is_streamed else walk.bounded(at + 8 + size, walk.size)
        _walk_riff_list(walk, at + 12, end, 0)
        at = end + end % 2


def _walk_riff_list(walk: Walk, at: int, end: int, depth: int) -> None:
    data_bytes = None
    for chunk in _chunks(walk, at, end):
        if chunk.name == b"ds64":
            data_bytes = walk.number(chunk.start + 8, 8, "little")
        if chunk.name == b"data" and data_bytes is not None and chunk.start + data_bytes != chunk.end:
            walk.unverified()  # RF64 chunks behind the sound
        _walk_riff_chunk(walk, chunk, depth)


def _walk_riff_chunk(walk: Walk, chunk: Chunk, depth: int) -> None:
    if chunk.name in _RIFF_PLAIN:
        return
    if chunk.name in _RIFF_EMPTY:
        # An index that was not needed after all leaves its name.
        is_index = walk.data[chunk.start : chunk.start + 8] == b"odmldmlh"
        walk.padding(chunk.start + (8 if is_index else 0), chunk.end)
    elif chunk.name == b"LIST":
        _walk_list(walk, chunk, depth)
    elif chunk.name in (b"id3 ", b"ID3 "):
        walk_tag_bytes(walk, _content(walk, chunk))
    elif chunk.name == b"_PMX":
        walk.found(*(xmp_words(_content(walk, chunk)) or {"other"}))
    else:
        walk.found(*_RIFF_WORDS.get(chunk.name, ("other",)))


def _walk_list(walk: Walk, chunk: Chunk, depth: int) -> None:
    kind, start = walk.read(chunk.start, 4), chunk.start + 4
    if kind == b"INFO":
        _walk_texts(walk, _chunks(walk, start, chunk.end), _info_name)
    elif kind == b"movi":
        walk.unverified()  # frames are not looked into: no AVI is served as it came
    elif kind in _CAMERA_LISTS:
        walk.found("camera", "date")
    elif kind in (b"hdrl", b"strl", b"odml", b"adtl") and depth < _LIST_DEPTH:
        _walk_riff_list(walk, start, chunk.end, depth + 1)
    else:
        walk.found("other")


def _info_name(name: bytes) -> str:
    return _INFO.get(name, name.decode("latin-1"))


def _walk_texts(walk: Walk, chunks: Iterator[Chunk], name_of: Callable[[bytes], str]) -> None:
    for chunk in chunks:
        text = _content(walk, chunk).decode("latin-1")
        walk.found(tag_word(name_of(chunk.name), text.rstrip("\0 "), is_sound=walk.is_sound))


def walk_aiff(walk: Walk) -> None:
    """Walk an AIFF or AIFF-C file."""
    form = walk.read(0, 12)
    if form[:4] != b"FORM" or form[8:] not in (b"AIFF", b"AIFC"):
        raise NotUnderstood
    end = walk.bounded(8 + int.from_bytes(form[4:8]), walk.size)
    for chunk in _chunks(walk, 12, end, is_big=True):
        if chunk.name in _AIFF_PLAIN:
            continue
        if chunk.name in (b"ID3 ", b"id3 "):
            walk_tag_bytes(walk, _content(walk, chunk))
        elif chunk.name in _AIFF_TEXTS:
            text = _content(walk, chunk).decode("latin-1").strip("\0 ")
            walk.found(tag_word(_AIFF_TEXTS[chunk.name], text, is_sound=walk.is_sound))
        else:
            walk.found("other")
    if end + end % 2 < walk.size:
        walk.found("other")


def walk_caf(walk: Walk) -> None:
    """Read what a CAF file says of itself. It is never verified: its packets may leave room between them."""
    walk.unverified()
    if walk.read(0, 4) != b"caff":
        raise NotUnderstood
    for chunk in _chunks(walk, 8, walk.size, is_big=True, size_bytes=8):
        if chunk.name == b"info":
            _walk_caf_info(walk, _content(walk, chunk))
        elif chunk.name == b"free":
            walk.padding(chunk.start, chunk.end)
        elif chunk.name not in _CAF_PLAIN:
            walk.found("serial number" if chunk.name == b"umid" else "other")


def _walk_caf_info(walk: Walk, content: bytes) -> None:
    texts = content[4:].decode("utf-8", "replace").split("\0")
    for name, value in zip(texts[::2], texts[1::2], strict=False):
        walk.step()
        walk.found(tag_word(name, value, is_sound=walk.is_sound))


def _content(walk: Walk, chunk: Chunk) -> bytes:
    if chunk.end - chunk.start > MAX_READ_BYTES:
        walk.found("other")
        return b""
    return walk.read(chunk.start, chunk.end - chunk.start)

"""Tags around a sound: ID3v2 (id3.org, versions 2.2 to 2.4) in front, APEv2 and ID3v1 behind it."""

from collections.abc import Iterator

from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import cover_words, private_word, tag_word

_HEADER, _ID3V1, _APE_FOOTER = 10, 128, 32
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_FRAME_FLAGS_CHANGED = 0x0F  # compressed, encrypted or unsynchronised: not looked into
_APE_HAS_HEADER, _APE_BINARY = 0x8000_0000, 0x2

# Frames as the names that tags have elsewhere; T and W frames that are not listed go by their own.
_NAMES = {
    "TIT1": "grouping",
    "TIT2": "title",
    "TIT3": "subtitle",
    "TPE1": "artist",
    "TPE2": "album_artist",
    "TPE3": "conductor",
    "TPE4": "arranger",
    "TALB": "album",
    "TCOM": "composer",
    "TEXT": "lyricist",
    "TCON": "genre",
    "TRCK": "track",
    "TPOS": "disc",
    "TPUB": "publisher",
    "TBPM": "bpm",
    "TKEY": "key",
    "TSRC": "isrc",
    "TLAN": "language",
    "TLEN": "duration",
    "TCMP": "compilation",
    "TSOT": "title-sort",
    "TSOA": "album-sort",
    "TSOP": "artist-sort",
    "TSO2": "album_artist-sort",
    "TOAL": "album",
    "TOPE": "artist",
    "TYER": "year",
    "TDRC": "date",
    "TDRL": "release date",
    "TDOR": "original date",
    "TORY": "original year",
    "TSSE": "encoder",
    "TENC": "encoded_by",
    "TOWN": "owner",
    "TDTG": "date tagged",
    "COMM": "comment",
    "USLT": "lyrics",
    "SYLT": "lyrics",
    "OWNE": "owner",
    "UFID": "ufid",
    "PRIV": "private",
    "GEOB": "object",
    "TIM": "time",
    "TDA": "date recorded",
}
_OLD_NAMES = {
    **{"TT1": "TIT1", "TT2": "TIT2", "TT3": "TIT3", "TP1": "TPE1", "TP2": "TPE2", "TP3": "TPE3", "TP4": "TPE4"},
    **{"TAL": "TALB", "TCM": "TCOM", "TXT": "TEXT", "TCO": "TCON", "TRK": "TRCK", "TPA": "TPOS", "TPB": "TPUB"},
    **{"TBP": "TBPM", "TKE": "TKEY", "TRC": "TSRC", "TLA": "TLAN", "TLE": "TLEN", "TCP": "TCMP", "TYE": "TYER"},
    **{"TSS": "TSSE", "TEN": "TENC", "COM": "COMM", "ULT": "USLT", "TXX": "TXXX", "WXX": "WXXX", "PIC": "APIC"},
}
_HARMLESS_FRAMES = frozenset(
    {"MLLT", "SEEK", "ASPI", "RVA2", "RVAD", "EQU2", "RBUF", "POPM", "PCNT", "SYTC", "ETCO"}
)
_CHAPTERS = frozenset({"CHAP", "CTOC"})
_ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def walk_front(walk: Walk, at: int = 0) -> int:
    """Read the ID3v2 tags that begin at `at`, if any; where what follows begins."""
    while walk.data[at : at + 3] == b"ID3":
        walk.step()
        at = _walk_tag(walk, at)
    return at


def walk_tag_bytes(walk: Walk, data: bytes) -> None:
    """Read an ID3v2 tag that a chunk of another container holds."""
    inner = walk.inside(data)
    try:
        end = walk_front(inner)
        if end == 0 or data[end:].strip(b"\0"):
            inner.found("other")
    except NotUnderstood:
        inner.found("other")
    walk.found(*inner.words)
    walk.is_verified = walk.is_verified and inner.is_verified


def walk_back(walk: Walk, start: int) -> int:
    """Read the tags at the end of the file, none of which begins before `start`; where the sound ends."""
    end = walk.size
    if end - start >= _ID3V1 and walk.data[end - _ID3V1 : end - _ID3V1 + 3] == b"TAG":
        end -= _ID3V1
        _walk_id3v1(walk, walk.read(end, _ID3V1))
    if end - start >= _APE_FOOTER and walk.data[end - _APE_FOOTER : end - _APE_FOOTER + 8] == b"APETAGEX":
        end = _walk_ape(walk, start, end)
    return end


def _walk_tag(walk: Walk, at: int) -> int:
    header = walk.read(at, _HEADER)
    version, flags, size = header[3], header[5], _synchsafe(header[6:10])
    end = walk.bounded(at + _HEADER + size, walk.size)
    if size > MAX_READ_BYTES or flags & (_UNSYNCHRONISED | _EXTENDED) or not 2 <= version <= 4:  # noqa: PLR2004
        walk.unverified()
    body = walk.read(at + _HEADER, min(end - at - _HEADER, MAX_READ_BYTES))
    if flags & _UNSYNCHRONISED:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED:
        skipped = _synchsafe(body[:4]) if version == 4 else int.from_bytes(body[:4]) + 4  # noqa: PLR2004
        body = body[skipped:]
    for name, is_plain, content in _frames(walk, body, version):
        _walk_frame(walk, name, content) if is_plain else walk.found(private_word(_NAMES.get(name, name)))
    return end + (_HEADER if flags & _FOOTER else 0)


def _frames(walk: Walk, body: bytes, version: int) -> Iterator[tuple[str, bool, bytes]]:
    """Name, whether it can be read, and content of each frame."""
    name_size, head = (3, 6) if version == 2 else (4, 10)  # noqa: PLR2004
    at = 0
    while at + head <= len(body) and body[at] != 0:
        walk.step()
        raw_size = body[at + name_size : at + 2 * name_size]
        size = _synchsafe(raw_size) if version == 4 else int.from_bytes(raw_size)  # noqa: PLR2004
        content = body[at + head : at + head + size]
        if len(content) < size:
            break
        name = body[at : at + name_size].decode("latin-1")
        flags = body[at + head - 1] if version > 2 else 0  # noqa: PLR2004
        yield _OLD_NAMES.get(name, name), not flags & _FRAME_FLAGS_CHANGED and not (version == 3 and flags), content  # noqa: PLR2004
        at += head + size
    if body[at:].strip(b"\0"):
        walk.found("other")


def _walk_frame(walk: Walk, name: str, content: bytes) -> None:
    if name == "APIC":
        walk.unverified()
        walk.found(*cover_words(content))
    elif name in _CHAPTERS:
        walk.unverified()
    elif name == "TXXX":
        key, value = _texts(content[1:], content[:1])
        walk.found(tag_word(key, value, is_sound=walk.is_sound))
    elif name in ("COMM", "USLT"):
        key, value = _texts(content[4:], content[:1])
        walk.found(None if key.startswith("iTun") and name == "COMM" else _word(walk, name, value))
    elif name.startswith("T"):
        walk.found(_word(walk, name, _decoded(content[1:], content[:1])))
    elif name not in _HARMLESS_FRAMES:
        walk.found(private_word(_NAMES.get(name, "url" if name.startswith("W") else "unlisted")))


def _word(walk: Walk, name: str, value: str) -> str | None:
    return tag_word(_NAMES.get(name, name), value, is_sound=walk.is_sound)


def _texts(data: bytes, encoding: bytes) -> tuple[str, str]:
    """A description and the text behind it."""
    key, _, value = _decoded(data, encoding, whole=True).partition("\0")
    return key.lstrip("\ufeff"), value.lstrip("\ufeff")


def _decoded(data: bytes, encoding: bytes, *, whole: bool = False) -> str:
    text = data.decode(_ENCODINGS.get(encoding[0] if encoding else 0, "latin-1"), "replace")
    return text if whole else text.strip("\0\ufeff")


def _walk_id3v1(walk: Walk, tag: bytes) -> None:
    fields = {"title": tag[3:33], "artist": tag[33:63], "album": tag[63:93], "year": tag[93:97]}
    # Version 1.1 has the number of the track in the comment's last byte.
    fields["comment"] = tag[97:125] if tag[125] == 0 else tag[97:127]
    for name, value in fields.items():
        walk.found(tag_word(name, value.split(b"\0")[0].decode("latin-1"), is_sound=walk.is_sound))
        if value.partition(b"\0")[2].strip(b"\0 "):
            walk.found("other")


def _walk_ape(walk: Walk, start: int, end: int) -> int:
    footer = walk.read(end - _APE_FOOTER, _APE_FOOTER)
    size, count, flags = (int.from_bytes(footer[n : n + 4], "little") for n in (12, 16, 20))
    begin = end - size
    if begin < start or size < _APE_FOOTER:
        raise NotUnderstood
    items = walk.read(begin, size - _APE_FOOTER)
    at = 0
    for _ in range(count):
        walk.step()
        length, kind = (int.from_bytes(items[at + n : at + n + 4], "little") for n in (0, 4))
        key_end = items.find(b"\0", at + 8)
        if key_end < 0 or key_end + 1 + length > len(items):
            raise NotUnderstood
        name, value = items[at + 8 : key_end].decode("latin-1"), items[key_end + 1 : key_end + 1 + length]
        if kind & _APE_BINARY:
            walk.unverified()
            walk.found(*(cover_words(value) if name.lower().startswith("cover art") else {private_word(name)}))
        else:
            walk.found(tag_word(name, value.decode("utf-8", "replace"), is_sound=walk.is_sound))
        at = key_end + 1 + length
    if items[at:].strip(b"\0"):
        walk.found("other")
    return begin - (_APE_FOOTER if flags & _APE_HAS_HEADER else 0)


def _synchsafe(data: bytes) -> int:
    """A number of seven bits a byte."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number

"""MP4, QuickTime and 3GP: boxes within boxes (ISO 14496-12).

Read for what they tell, and never verified, as samples may leave room between them: such a file is always written
anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mediacrush.pipeline.containers.id3 import walk_tag_bytes
from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import cover_words, private_word, tag_word
from mediacrush.pipeline.payloads import header_has_text
from mediacrush.pipeline.pictures.metadata import exif_words, xmp_words

_PARENTS = frozenset(b"moov trak mdia minf dinf stbl edts mvex moof traf mfra udta tapt gmhd".split())
_PLAIN = frozenset(
    b"ftyp styp mvhd tkhd mdhd hdlr vmhd smhd nmhd sthd gmin dref stsd stts ctts stss stsz stz2 stsc stco co64 "
    b"sdtp sbgp sgpd subs cslg stps stsh elst mehd trex mfhd tfhd tfdt trun mfro tfra sidx ssix mdat wide clef "
    b"prof enof tref iods saio saiz text cmov leva trep rmra".split()
)
_EMPTY = (b"free", b"skip")
_DATED = {b"mvhd": 4, b"tkhd": 4, b"mdhd": 4}
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_BOX_WORDS: dict[bytes, tuple[str, ...]] = {
    b"prft": ("date",),
    b"loci": ("location",),
    b"GPS ": ("location",),
    b"gps ": ("location",),
    b"GPMF": ("camera", "location"),
    b"SNum": ("serial number",),
    b"CAME": ("serial number",),
    b"MUID": ("serial number",),
    b"FIRM": ("camera",),
    b"LENS": ("camera",),
    b"HMMT": ("camera",),
    b"BCID": ("camera",),
    b"INFO": ("camera",),
    b"CNTH": ("camera", "date", "thumbnail"),
    b"MVTG": ("camera",),
    b"QVMI": ("camera",),
    b"TAGS": ("camera",),
    b"PANA": ("camera", "thumbnail"),
    b"cprt": ("owner",),
    b"auth": ("owner",),
    b"perf": ("owner",),
    b"dscp": ("comment",),
    b"titl": ("comment",),
    b"kywd": ("comment",),
    b"albm": ("comment",),
    b"yrrc": ("date",),
    b"pnot": ("thumbnail",),
    b"thmb": ("thumbnail",),
    b"THMB": ("thumbnail",),
    b"thum": ("thumbnail",),
    b"smta": ("camera",),
    b"mdta": ("other",),
    b"beam": ("other",),
}
_TRACK_WORDS = {
    b"gpmd": ("camera", "location"),
    b"camm": ("camera", "location"),
    b"fdsc": ("camera",),
    b"rtmd": ("camera", "location"),
    b"mebx": ("other",),
    b"tmcd": ("date",),
    b"djmd": ("camera", "location"),
    b"dbgi": ("camera",),
}
_APPLE = {
    b"\xa9nam": "title",
    b"\xa9ART": "artist",
    b"aART": "album_artist",
    b"\xa9alb": "album",
    b"\xa9wrt": "composer",
    b"\xa9gen": "genre",
    b"gnre": "genre",
    b"trkn": "track",
    b"disk": "disc",
    b"cpil": "compilation",
    b"pgap": "gapless",
    b"tmpo": "bpm",
    b"stik": "media_type",
    b"\xa9grp": "grouping",
    b"\xa9lyr": "lyrics",
    b"\xa9day": "date",
    b"\xa9too": "encoder",
    b"\xa9enc": "encoder",
    b"\xa9swr": "software",
    b"\xa9cmt": "comment",
    b"\xa9des": "comment",
    b"\xa9inf": "comment",
    b"desc": "description",
    b"ldes": "description",
    b"\xa9xyz": "location",
    b"\xa9mak": "make",
    b"\xa9mod": "model",
    b"\xa9cpy": "copyright",
    b"\xa9aut": "author",
    b"\xa9dir": "director",
    b"\xa9prd": "producer",
    b"\xa9prf": "performers",
    b"\xa9fmt": "software",
    b"cprt": "copyright",
    b"apID": "account",
    b"ownr": "owner",
    b"purd": "purchase date",
    b"soal": "album-sort",
    b"soar": "artist-sort",
    b"soaa": "album_artist-sort",
    b"sonm": "title-sort",
    b"soco": "composer-sort",
}
_HEADERS = {b"hvcC": "hevc", b"av1C": "av1"}
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box's kind and where its content is."""

    kind: bytes
    start: int
    end: int


def walk_iso(walk: Walk) -> None:
    """Read what the boxes of a file tell."""
    walk.unverified()
    _walk_boxes(walk, 0, walk.size, 0)


def boxes(walk: Walk, at: int, end: int) -> Iterator[Box]:
    """The boxes from `at` to `end`, one after the other; the last may end with the file before its own end."""
    while at + 8 <= end:
        walk.step()
        size, start = walk.number(at, 4), at + 8
        kind = walk.read(at + 4, 4)
        if size == 1:
            size, start = walk.number(at + 8, 8), at + 16
        elif size == 0:
            size = end - at
        if size < start - at:
            raise NotUnderstood
        yield Box(kind=kind, start=start, end=walk.bounded(at + size, end))
        at += size


def _walk_boxes(walk: Walk, at: int, end: int, depth: int) -> None:
    for box in boxes(walk, at, end):
        if box.kind == b"udta":
            _walk_user_data(walk, box, depth)
        elif box.kind in _PARENTS:
            if depth < _MAX_DEPTH:
                _walk_boxes(walk, box.start, box.end, depth + 1)
        else:
            _walk_box(walk, box)


def _walk_box(walk: Walk, box: Box) -> None:
    if box.kind in _DATED:
        _walk_dates(walk, box)
    elif box.kind == b"stsd":
        _walk_descriptions(walk, box)
    elif box.kind == b"meta":
        _walk_meta(walk, box)
    elif box.kind == b"uuid":
        _walk_uuid(walk, box)
    elif box.kind in _EMPTY:
        walk.padding(box.start, box.end)
    elif box.kind not in _PLAIN:
        walk.found(*_BOX_WORDS.get(box.kind, ("other",)))


def _walk_dates(walk: Walk, box: Box) -> None:
    width = 8 if walk.number(box.start, 1) else 4
    walk.found("date" if any(walk.read(box.start + 4, 2 * width)) else None)


def _walk_descriptions(walk: Walk, box: Box) -> None:
    for entry in boxes(walk, box.start + 8, box.end):
        walk.found(*_TRACK_WORDS.get(entry.kind, ()))
        content = _content(walk, entry)
        for kind, codec in _HEADERS.items():
            at = content.find(kind)
            if at >= 0 and header_has_text(codec, content[at + 4 : at - 4 + int.from_bytes(content[at - 4 : at])]):
                walk.stuck()


def _walk_uuid(walk: Walk, box: Box) -> None:
    is_xmp = walk.read(box.start, min(16, box.end - box.start)) == _XMP_UUID
    walk.found(*((xmp_words(_content(walk, box)[16:]) if is_xmp else set()) or {"other"}))


def _walk_user_data(walk: Walk, parent: Box, depth: int) -> None:
    """Here QuickTime, 3GP and the makers of cameras keep theirs, each in its own way; a 0 may end it."""
    end = parent.end - 4 if (parent.end - parent.start) % 4 == 0 and _ends_with_zero(walk, parent) else parent.end
    for box in boxes(walk, parent.start, end):
        if box.kind in _PARENTS and depth < _MAX_DEPTH:
            _walk_boxes(walk, box.start, box.end, depth + 1)
        elif box.kind in _APPLE:
            walk.found(_text_word(walk, _APPLE[box.kind], _content(walk, box)))
        elif box.kind in (b"exif", b"EXIF"):
            walk.found(*(exif_words(_content(walk, box)) or {"other"}))
        elif box.kind == b"XMP_":
            walk.found(*(xmp_words(_content(walk, box)) or {"other"}))
        elif box.kind == b"ID32":
            walk_tag_bytes(walk, _content(walk, box)[6:])
        elif box.kind == b"name" or box.kind.startswith(b"\xa9"):
            walk.found("comment" if _content(walk, box).strip(b"\0") else None)
        elif box.kind not in (b"chpl", b"hnti", b"hinf"):
            _walk_box(walk, box)


def _ends_with_zero(walk: Walk, parent: Box) -> bool:
    return parent.end - parent.start >= 4 and not any(walk.read(parent.end - 4, 4))  # noqa: PLR2004


def _text_word(walk: Walk, name: str, content: bytes) -> str | None:
    """Apple's texts have a length and a language in front of them, in `udta`."""
    return tag_word(name, content[4:].decode("utf-8", "replace"), is_sound=walk.is_sound)


def _walk_meta(walk: Walk, meta: Box) -> None:
    """Apple's items (`ilst`), some of them named by a list (`keys`); QuickTime's `meta` has no version in front."""
    start = meta.start if walk.read(meta.start, 8)[4:] == b"hdlr" else meta.start + 4
    parts = list(boxes(walk, start, meta.end))
    names = next((_key_names(walk, box) for box in parts if box.kind == b"keys"), [])
    for box in parts:
        if box.kind == b"ilst":
            _walk_items(walk, box, names)
        elif box.kind in (b"xml ", b"idat", b"iloc", b"iinf"):
            walk.found("other")
        elif box.kind == b"ID32":
            walk_tag_bytes(walk, _content(walk, box)[6:])
        elif box.kind in _EMPTY:
            walk.padding(box.start, box.end)


def _key_names(walk: Walk, keys: Box) -> list[str]:
    return [
        _content(walk, box).decode("utf-8", "replace").lower().replace("com.apple.quicktime.", "")
        for box in boxes(walk, keys.start + 8, keys.end)
    ]


def _walk_items(walk: Walk, items: Box, names: list[str]) -> None:
    for item in boxes(walk, items.start, items.end):
        parts = {box.kind: _content(walk, box) for box in boxes(walk, item.start, item.end)}
        value = parts.get(b"data", b"")[8:]
        number = int.from_bytes(item.kind)
        if item.kind == b"covr":
            walk.found(*cover_words(value))
        elif item.kind == b"----":
            name = parts.get(b"name", b"")[4:].decode("utf-8", "replace")
            walk.found(_item_word(walk, name or "unlisted", value))
        elif 0 < number <= len(names):
            walk.found(_item_word(walk, names[number - 1], value))
        elif item.kind in _APPLE:
            walk.found(_item_word(walk, _APPLE[item.kind], value))
        else:
            walk.found(private_word(item.kind.decode("latin-1")))


def _item_word(walk: Walk, name: str, value: bytes) -> str | None:
    return tag_word(name, value.decode("utf-8", "replace"), is_sound=walk.is_sound)


def _content(walk: Walk, box: Box) -> bytes:
    if box.end - box.start > MAX_READ_BYTES:
        walk.found("other")
        return b""
    return walk.read(box.start, box.end - box.start)

"""FLV: tags one after the other, and in some of them Flash's objects (Adobe's specification 10.1, annex E). Never
verified: it is always written anew."""

import re

from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import tag_word

_AUDIO, _VIDEO, _SCRIPT = 8, 9, 18
_HEADER, _TAG_HEAD, _TAG_TAIL = 9, 11, 4
# A name in an object, and a text as its value: length in two bytes, the name, type 2, length in two bytes, text.
_TEXT = re.compile(rb"\0[\x01-\x60]([A-Za-z][\x20-\x7e]{0,94}?)\x02(..)", re.DOTALL)
# Objects stand in front, and again wherever a camera has written where it was.
_LOOKED_INTO = 2000


def walk_flv(walk: Walk) -> None:
    """Read what the objects tell."""
    walk.unverified()
    if walk.read(0, 3) != b"FLV":
        raise NotUnderstood
    at = _HEADER + _TAG_TAIL
    for _ in range(_LOOKED_INTO):
        if at + _TAG_HEAD > walk.size:
            return
        walk.step()
        kind, size = walk.number(at, 1) & 0x1F, walk.number(at + 1, 3)
        end = walk.bounded(at + _TAG_HEAD + size, walk.size)
        if kind == _SCRIPT:
            _walk_script(walk, walk.read(at + _TAG_HEAD, min(end - at - _TAG_HEAD, MAX_READ_BYTES)))
        elif kind not in (_AUDIO, _VIDEO):
            walk.found("other")
        at += _TAG_HEAD + size + _TAG_TAIL


def _walk_script(walk: Walk, data: bytes) -> None:
    if b"onMetaData" not in data[:32]:
        walk.found("other")
        return
    for match in _TEXT.finditer(data):
        length = int.from_bytes(match[2])
        value = data[match.end() : match.end() + length].decode("utf-8", "replace")
        walk.found(tag_word(match[1].decode("ascii"), value, is_sound=walk.is_sound))

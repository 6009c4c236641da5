"""FLAC, Ogg, and the comments that both have (xiph.org: FLAC format, RFC 3533, Vorbis comment)."""

import base64
import binascii
from collections.abc import Iterable

from mediacrush.pipeline.containers.id3 import walk_back, walk_front
from mediacrush.pipeline.containers.walking import MAX_READ_BYTES, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import cover_words, tag_word

_STREAMINFO, _PADDING, _SEEKTABLE, _COMMENT, _PICTURE = 0, 1, 3, 4, 6
_LAST = 0x80
# The last frame of any real file is in these many bytes, and is found by trying these many beginnings.
_TAIL_BYTES, _BEGINNINGS_MAX = 2**17, 8
_PAGE_HEAD, _CONTINUED, _BEGINS = 27, 1, 2
# How the header with the comments begins, by how the stream's first one does.
_OGG_COMMENTS = {
    b"\x01vorbis": b"\x03vorbis",
    b"OpusHead": b"OpusTags",
    b"\x80theora": b"\x81theora",
    b"\x7fFLAC": b"",
    b"Speex   ": b"",
}
_OGG_UNVERIFIED = (b"\x7fFLAC", b"Speex   ")


def walk_comments(walk: Walk, data: bytes) -> bytes:
    """Read a vendor's name and the comments; what follows them."""
    vendor, at = _counted(data, 0)
    walk.found(tag_word("vendor", vendor.decode("utf-8", "replace"), is_sound=True))
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4
    for _ in range(count):
        walk.step()
        comment, at = _counted(data, at)
        name, _, value = comment.decode("utf-8", "replace").partition("=")
        if name.lower() in ("metadata_block_picture", "coverart"):
            walk.unverified()
            walk.found(*cover_words(_from_base64(value)))
        else:
            walk.found(tag_word(name, value, is_sound=walk.is_sound))
    return data[at:]


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 4 + int.from_bytes(data[at : at + 4], "little")
    if end > len(data):
        raise NotUnderstood
    return data[at + 4 : end], end


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text[: 4 * MAX_READ_BYTES // 3])
    except binascii.Error:
        return b""


def walk_flac(walk: Walk) -> None:
    """Walk the blocks of a FLAC file and make sure that it ends with a frame."""
    start = walk_front(walk)
    end = walk_back(walk, start)
    if walk.read(start, 4) != b"fLaC":
        raise NotUnderstood
    start = walk_flac_blocks(walk, start + 4, end)
    if not _ends_with_frame(bytes(walk.data[max(start, end - _TAIL_BYTES) : end])):
        walk.stuck()


def walk_flac_blocks(walk: Walk, at: int, end: int) -> int:
    """Walk metadata blocks up to the last one; where the sound begins."""
    is_last = False
    while not is_last:
        walk.step()
        head = walk.read(at, 4)
        kind, is_last = head[0] & 0x7F, bool(head[0] & _LAST)
        start, at = at + 4, at + 4 + int.from_bytes(head[1:])
        if at > end:
            raise NotUnderstood
        _walk_flac_block(walk, kind, start, at)
    return at


def _walk_flac_block(walk: Walk, kind: int, start: int, end: int) -> None:
    if kind in (_STREAMINFO, _SEEKTABLE):
        return
    if kind == _PADDING:
        walk.padding(start, end)
    elif kind == _COMMENT:
        if walk_comments(walk, walk.read(start, end - start)):
            walk.found("other")
    elif kind == _PICTURE:
        walk.unverified()
        walk.found(*cover_words(walk.read(start, min(end - start, MAX_READ_BYTES))))
    else:
        walk.found("other")


def _ends_with_frame(tail: bytes) -> bool:
    """Whether the bytes end where a frame does: the sum of one with its own sum behind it is 0 (RFC 9639, 9.3)."""
    at = len(tail)
    for _ in range(_BEGINNINGS_MAX):
        at = max(tail.rfind(b"\xff\xf8", 0, at), tail.rfind(b"\xff\xf9", 0, at))
        if at < 0:
            return False
        if _crc16(tail[at:]) == 0:
            return True
    return False


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = crc << 8 & 0xFFFF ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _crc16_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value << 8
        for _ in range(8):
            crc = (crc << 1) ^ (polynomial if crc & 0x8000 else 0)
        table.append(crc & 0xFFFF)
    return tuple(table)


_CRC16 = _crc16_table(0x8005)


def walk_ogg(walk: Walk) -> None:
    """Walk every page; of each stream, read the header with the comments."""
    firsts: dict[bytes, bytes] = {}
    seconds: dict[bytes, bytearray | None] = {}
    at = 0
    while at < walk.size:
        walk.step()
        head = walk.read(at, _PAGE_HEAD)
        sizes = walk.read(at + _PAGE_HEAD, head[26])
        start, serial, flags = at + _PAGE_HEAD + head[26], head[14:18], head[5]
        if head[:5] != b"OggS\0":
            raise NotUnderstood
        at = start + sum(sizes)
        if at > walk.size:
            walk.is_truncated = True
            return
        if flags & _BEGINS:
            firsts[serial], seconds[serial] = walk.read(start, sum(sizes)), bytearray()
        elif (known := seconds.get(serial)) is not None:
            seconds[serial] = _more_of_second(walk, firsts[serial], known, start, sizes)
    if not firsts or any(packet is not None for packet in seconds.values()):
        walk.unverified()


def _more_of_second(walk: Walk, first: bytes, packet: bytearray, start: int, sizes: bytes) -> bytearray | None:
    """The second packet with what this page has of it; None once it is whole and was read."""
    length, is_whole = _first_packet(sizes)
    packet += walk.read(start, length)
    if len(packet) > MAX_READ_BYTES:
        raise NotUnderstood
    if not is_whole:
        return packet
    _walk_ogg_comments(walk, first, bytes(packet))
    return None


def _first_packet(sizes: Iterable[int]) -> tuple[int, bool]:
    """The bytes of a page that belong to its first packet, and whether that ends there."""
    length = 0
    for size in sizes:
        length += size
        if size < 255:  # noqa: PLR2004
            return length, True
    return length, False


def _walk_ogg_comments(walk: Walk, first: bytes, packet: bytes) -> None:
    begins = next((begin for begin in _OGG_COMMENTS if first.startswith(begin)), None)
    if begins is None:
        walk.unverified()
        return
    if begins in _OGG_UNVERIFIED:
        walk.unverified()
    comments = packet.removeprefix(_OGG_COMMENTS[begins])
    rest = walk_comments(walk, comments[4:] if begins == b"\x7fFLAC" else comments)
    if rest.strip(b"\0\1"):  # Vorbis ends with a bit that is set; Opus may go on with what it likes
        walk.found("other")

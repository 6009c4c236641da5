"""Sounds that are frames one after the other, with no container around them but tags: MP3 and its elders, AAC,
AC-3, AMR. Whatever stands between frames would go along into any copy of the stream."""

import mmap
from collections.abc import Callable
from functools import partial

from mediacrush.pipeline.containers.id3 import walk_back, walk_front
from mediacrush.pipeline.containers.walking import NotUnderstood, Walk

_TABLE_WITHIN = 64  # a frame's header and side information are 36 bytes at most
_HEAD = 7  # bytes of a frame that say how long it is, at most
_BITRATES_KBPS = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LAYER_1, _LAYER_3, _MPEG_1 = 3, 1, 3

_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_RATES = (48000, 44100, 32000)
_AC3_LAST_ID, _EAC3_LAST_ID = 10, 16

_AMR_MAGICS = {
    b"#!AMR\n": (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0),
    b"#!AMR-WB\n": (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0),
}


def walk_mpeg_audio(walk: Walk) -> None:
    """Walk the tags and every frame of an MP3 (or MP2, MP1)."""
    start = walk_front(walk)
    end = walk_back(walk, start)
    while start < end and walk.data[start] == 0:  # encoders of old pad their tags
        start += 1
        walk.step()
    _walk_frames(walk, start, end, _mpeg_audio_size)


def counts_its_frames(data: "mmap.mmap | bytes") -> bool:
    """Whether an MP3 begins with a table that says how many frames follow (Xing's, LAME's, Fraunhofer's)."""
    start = 0
    if data[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=False))
    first = bytes(data[start : start + _TABLE_WITHIN])
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))


def walk_adts(walk: Walk) -> None:
    """Walk every frame of AAC in ADTS; radio stations put a tag in front."""
    _walk_frames(walk, walk_front(walk), walk.size, _adts_size)


def walk_ac3(walk: Walk) -> None:
    """Walk every frame of AC-3 or E-AC-3, which has no tags: FFmpeg would copy them."""
    _walk_frames(walk, 0, walk.size, _ac3_size)


def walk_amr(walk: Walk) -> None:
    """Walk every frame of AMR, narrow or wide."""
    for magic, sizes in _AMR_MAGICS.items():
        if walk.data[: len(magic)] == magic:
            _walk_frames(walk, len(magic), walk.size, partial(_amr_size, sizes))
            return
    raise NotUnderstood


def _walk_frames(walk: Walk, start: int, end: int, size_of: Callable[[bytes], int]) -> None:
    """The last frame may be cut off; anything that is no frame sticks to the one before it."""
    if start >= end:
        raise NotUnderstood
    try:
        while start < end:
            walk.step()
            start += size_of(bytes(walk.data[start : min(start + _HEAD, end)]))
    except (NotUnderstood, IndexError):
        walk.stuck()


def _mpeg_audio_size(head: bytes) -> int:
    """ISO 11172-3, 2.4.2.3."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    is_frame = head[0] == 0xFF and head[1] >> 5 == 7 and version != 1 and layer != 0  # noqa: PLR2004
    if not is_frame or bitrate in (0, 15) or rate == 3:  # noqa: PLR2004
        raise NotUnderstood
    kbps = _BITRATES_KBPS[min(3, version | 2), layer][bitrate]
    hertz = _SAMPLE_RATES[version][rate]
    if layer == _LAYER_1:
        return (12_000 * kbps // hertz + padding) * 4
    slots = 72_000 if layer == _LAYER_3 and version != _MPEG_1 else 144_000
    return slots * kbps // hertz + padding


def _amr_size(sizes: tuple[int, ...], head: bytes) -> int:
    """RFC 4867, 5.3: a byte of kind, and as many as that kind has."""
    return 1 + sizes[head[0] >> 3 & 0x0F]


def _adts_size(head: bytes) -> int:
    """ISO 13818-7, 6.2."""
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or size < _HEAD:  # noqa: PLR2004
        raise NotUnderstood
    return size


def _ac3_size(head: bytes) -> int:
    """ATSC A/52, 5.3 and E.1.3; words of two bytes."""
    stream_id = head[5] >> 3
    if head[:2] != b"\x0b\x77" or stream_id > _EAC3_LAST_ID:
        raise NotUnderstood
    if stream_id > _AC3_LAST_ID:
        return 2 * ((head[2] & 7) << 8 | head[3]) + 2
    rate, code = head[4] >> 6, head[4] & 0x3F
    hertz, kbps = _AC3_RATES[rate], _AC3_KBPS[code >> 1]
    return 2 * (kbps * 96_000 // hertz + (code & 1 if hertz == 44100 else 0))  # noqa: PLR2004

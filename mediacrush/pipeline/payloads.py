"""What films carry between their frames: cameras, drones and encoders write there of places, dates, themselves.

Which codecs have room for it, and how a copy of their streams loses it. Pure. AAC's data elements, the spare bits
of AC-3 and H.263 and the like are no place where any device is known to write.
"""

import mmap
import re
from itertools import islice

from mediacrush.pipeline.facts import VideoStream

# Codecs whose frames have no room for text.
_BARE = frozenset(
    [
        "vp8",
        "vp9",
        "theora",
        "ffv1",
        "huffyuv",
        "ffvhuff",
        "utvideo",
        "rawvideo",
        "v210",
        "prores",
        "dnxhd",
        "cinepak",
        "msmpeg4v1",
        "msmpeg4v2",
        "msmpeg4v3",
        "wmv1",
        "wmv2",
        "wmv3",
        "flv1",
        "h263",
        "h261",
        "svq1",
        "svq3",
        "rv10",
        "rv20",
        "rv30",
        "rv40",
        "indeo2",
        "indeo3",
        "indeo4",
        "indeo5",
        "qtrle",
        "rpza",
        "smc",
        "8bps",
        "magicyuv",
        "lagarith",
        "cfhd",
        "hap",
        "msvideo1",
        "msrle",
        "zmbv",
        "cscd",
        "tscc",
        "roq",
        "smackvideo",
        "binkvideo",
        "vp3",
        "vp6",
        "vp6f",
        "vp6a",
        "mss1",
        "mss2",
    ]
)
_ISO, _MATROSKA, _STREAMS = frozenset({"mp4", "mov", "3gp"}), frozenset({"mkv", "webm"}), frozenset({"ts"})
# The units that FFmpeg's filter_units takes out: SEI (H.264, 7.4.1; H.265, 7.4.2.2), OBU_METADATA (AV1, 6.2.2),
# user_data (MPEG-2, 6.2.2.2.2), APPn and COM but for those that say how to decode (JPEG, B.2.4.6). The filter
# leaves a stream's header alone, so a container counts only where that holds none, or a walker looks into it.
_FILTERS = {
    "h264": ("6", _ISO | _MATROSKA | _STREAMS | {"flv"}),
    "hevc": ("39|40", _ISO | _MATROSKA | _STREAMS),
    "av1": ("5", _ISO | _MATROSKA),
    "mpeg2video": ("178", _STREAMS | {"mpg"}),
    "mjpeg": ("225-237|239|254", _ISO | {"mkv", "avi"}),
}
_ANNOUNCED = frozenset({"mpeg4"})
_ANNOUNCED_IN = _ISO | {"mkv", "avi"}

# MPEG-4 part 2's user_data, and what encoders say of themselves there; a 6 follows in MP4's `esds`.
_USER_DATA = re.compile(rb"\x00\x00\x01\xb2([^\x00\x06]{0,64})")
_ENCODERS = re.compile(rb"(DivX|XviD|Lavc|FFmpeg|ffmpeg|mpeg4)[\w.\-+ :,()]{0,40}")

# The UUIDs of SEI messages: x265's own, which says how it was told to encode; Sony's and Panasonic's for AVCHD,
# whose fields have a byte of name and four of value each.
_X265 = bytes.fromhex("2ca2de09b51747dbbb55a4fe7fc2fc4e")
_MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_MDPM_WORDS = ((range(0x18, 0x1A), "date"), (range(0xB0, 0xCB), "location"), (range(0x70, 0xB0), "camera"))
_MDPM_MAKER = range(0xE0, 0xE9)
_HEAD_BYTES = 4 * 2**20
# Of a film of four hours, one for each frame.
_MAX_USER_DATA = 1_000_000
_HEVC_SEI, _AV1_METADATA, _HVCC_ARRAYS, _AV1C_UNITS = (39, 40), 5, 22, 4


def is_bare(codec: str) -> bool:
    """Whether the frames of this codec have no room for text."""
    return codec in _BARE


def can_be_cleaned(codec: str, extension: str) -> bool:
    """Whether a copy of the stream in this container has nothing between its frames."""
    return (
        codec in _BARE
        or (codec in _ANNOUNCED and extension in _ANNOUNCED_IN)
        or (codec in _FILTERS and extension in _FILTERS[codec][1])
    )


def clean_copy_options(video: VideoStream) -> dict[str, str | float | None]:
    """FFmpeg's options for every copy of a film's frames: what stands between them stays behind."""
    if video.codec not in _FILTERS:
        return {"c:v": "copy"}
    return {"c:v": "copy", "bsf:v": f"filter_units=remove_types={_FILTERS[video.codec][0]}"}


def has_unknown_user_data(data: "mmap.mmap | bytes") -> bool:
    """Whether an MPEG-4 film, which cannot be filtered, has more between its frames than an encoder's name."""
    found = _USER_DATA.finditer(data)
    is_known = all(_ENCODERS.fullmatch(text[1].strip()) for text in islice(found, _MAX_USER_DATA))
    return not is_known or next(found, None) is not None


def header_has_text(codec: str, header: bytes) -> bool:
    """Whether a stream's header (`hvcC`, `av1C`), which no filter reaches, holds more than it takes to decode."""
    if codec == "hevc":
        return any(kind in _HEVC_SEI and _X265 not in unit for kind, unit in _hevc_units(header))
    return codec == "av1" and _AV1_METADATA in _av1_kinds(header[_AV1C_UNITS:])


def _hevc_units(header: bytes) -> list[tuple[int, bytes]]:
    """Kind and content of each unit of an `hvcC` (ISO 14496-15, 8.3.3.1)."""
    units, at = [], _HVCC_ARRAYS + 1
    for _ in range(header[_HVCC_ARRAYS] if len(header) > _HVCC_ARRAYS else 0):
        kind, count = header[at] & 0x3F if at < len(header) else 0, int.from_bytes(header[at + 1 : at + 3])
        at += 3
        for _ in range(count):
            size = int.from_bytes(header[at : at + 2])
            units.append((kind, header[at + 2 : at + 2 + size]))
            at += 2 + size
            if at > len(header):
                return units
    return units


def _av1_kinds(units: bytes) -> set[int]:
    """The kinds of the units behind an `av1C` (AV1 5.3); each says how long it is."""
    kinds, at = set(), 0
    while at < len(units):
        head, at = units[at], at + 1 + (units[at] >> 2 & 1)
        kinds.add(head >> 3 & 0x0F)
        size, shift = 0, 0
        while head & 2 and at < len(units):
            size |= (units[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not units[at - 1] & 0x80:
                break
        at = at + size if head & 2 else len(units)
    return kinds


def payload_words(data: "mmap.mmap | bytes") -> set[str]:
    """What a camera has written between the first frames, in plain words."""
    head = bytes(data[:_HEAD_BYTES])
    at = head.find(_MDPM)
    if at < 0:
        return set()
    start = at + len(_MDPM)
    names = head[start + 1 : start + 1 + 5 * head[start]][::5]
    words = {word for name in names for span, word in _MDPM_WORDS if name in span}
    return words | ({"camera"} if any(name in _MDPM_MAKER for name in names) else set()) or {"other"}

"""Facts read from a file's content: what it is, how large, how long, what is in it.

libmagic names the bytes, Pillow reads pictures, ffprobe everything else; the name of the file and the MIME type
that a client claims are never asked for.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pylibmagic  # noqa: F401  # must come before magic: it tells ctypes where the bundled libmagic is

# isort: split
import magic

from mediacrush.errors import ProcessingError, StepFailed, Unrecognised
from mediacrush.model import formats
from mediacrush.model.media import BlobType
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.steps import INPUT
from mediacrush.pipeline.tools import Tools

# libmagic needs the first 2 KiB for nearly everything; an MP4's brand or a tar's magic sits within the first 512 B.
SNIFF_BYTES = 4096
# FFmpeg calls a guess of 25 of 100 or less "try again with more data": such a find is noise, not a format.
_MIN_PROBE_SCORE = 26
_ODD_QUARTER_TURNS = 90
_TAGS = ("title", "artist", "album", "composer")
_TAG_MAX_CHARACTERS = 300
# Container tags that say something about the media and nothing about who made it, where or with what. Any other
# makes the original one that is served only without its tags.
_HARMLESS_TAG = re.compile(
    r"major_brand|minor_version|compatible_brands|encoder|language|handler_name|vendor_id|duration|timecode|alpha_mode"
    r"|title|artist|album|album_artist|composer|genre|track|disc|date|year|publisher|tb[pt]m?|isrc|lyrics(-.*)?"
    r"|bps|number_of_(frames|bytes)|_statistics_.*|replaygain_.*|variant_bitrate|source_id|stereo_mode",
    re.IGNORECASE,
)
# What a picture's pixels may be stretched by; beyond, the container is broken or wants to make us make huge frames.
_MAX_PIXEL_ASPECT = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """The first real video stream. Width and height are coded pixels, before rotation and pixel aspect."""

    index: int
    codec: str
    profile: str
    level: int
    pixel_format: str
    width: int
    height: int
    rotation: int = 0
    pixel_aspect: float = 1.0
    frame_rate: float = 0.0
    is_interlaced: bool = False

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height as shown: rotated, with square pixels."""
        width, height = max(1, round(self.width * self.pixel_aspect)), self.height
        return (height, width) if self.rotation % 180 == _ODD_QUARTER_TURNS else (width, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """The first audio stream."""

    index: int
    codec: str
    profile: str
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is known about an original. Width and height are pixels as displayed; duration is seconds.

    `streams` are the indexes of all that is film, sound or cover. `is_lossy` and `has_alpha` describe
    pictures; `has_private_data` says that the bytes carry more about their maker than about the media, so they may
    be served only cleaned.
    """

    mime: str
    extension: str
    kind: BlobType
    size_bytes: int
    is_animation: bool = False
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    is_lossy: bool = True
    has_alpha: bool = False
    has_private_data: bool = False
    video: VideoStream | None = None
    audio: AudioStream | None = None
    cover_index: int | None = None
    streams: tuple[int, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)

    @property
    def metadata(self) -> dict[str, Any]:
        """The API's `metadata` object."""
        facts: dict[str, Any] = {
            "dimensions": {"width": self.width, "height": self.height} if self.width else None,
            "duration": round(self.duration_s, 3) if self.duration_s is not None else None,
            "has_audio": self.audio is not None,
            "has_video": self.video is not None or self.is_animation,
            **self.tags,
        }
        return {name: value for name, value in facts.items() if value is not None}


def sniff(head: bytes) -> str:
    """The MIME type that libmagic gives to the beginning of a file (SNIFF_BYTES of it are enough)."""
    return str(magic.from_buffer(head[:SNIFF_BYTES], mime=True))


def probe_original(workdir: Path, tools: Tools, limits: Limits) -> Probe:
    """Read the facts of the file `input` in `workdir`.

    Raises Unrecognised when no tool can read it, StepFailed when it is damaged or its pictures are larger than the
    limits allow, StepTimedOut when reading it takes too long.
    """
    path = workdir / INPUT
    with path.open("rb") as file:
        sniffed = sniff(file.read(SNIFF_BYTES))
    size_bytes = path.stat().st_size
    row = formats.by_mime(sniffed)
    if row is not None and row.pillow:
        return _probe_picture(workdir, tools, limits, size_bytes)
    probe = read_ffprobe(_ffprobe(workdir, tools, limits), sniffed, size_bytes)
    if probe.pixels > limits.max_pixels:
        raise StepFailed(
            f"Its pictures are larger than the {limits.max_pixels / 1e6:.0f} megapixels that this site takes."
        )
    return probe


def _probe_picture(workdir: Path, tools: Tools, limits: Limits, size_bytes: int) -> Probe:
    command = (*tools.pillow, "probe", INPUT, "--max-pixels", str(limits.max_pixels))
    finished = run_tool(command, workdir, limits)
    if finished.exit_status != 0:
        raise picture_error(finished.error)
    return read_pillow(json.loads(finished.output), size_bytes)


def picture_error(report: str) -> ProcessingError:
    """The error that the Pillow tool reported on its last line of standard error."""
    try:
        error = json.loads(report.splitlines()[-1])
        kind, message = str(error["error"]), str(error["message"])
    except (IndexError, KeyError, TypeError, ValueError):
        return StepFailed("This picture could not be read; it may be damaged.")
    return Unrecognised(message) if kind == "unrecognised" else StepFailed(message)


def read_pillow(facts: dict[str, Any], size_bytes: int) -> Probe:
    """The probe of a picture from the Pillow tool's answer. Several frames make it an animation."""
    row = formats.by_pillow(facts["format"])
    if row is None:
        raise Unrecognised("This kind of picture is not known here.")
    is_animation = row.can_animate and facts["frames"] > 1
    return Probe(
        mime=row.mime,
        extension=row.extension,
        kind=BlobType.VIDEO if is_animation else BlobType.IMAGE,
        size_bytes=size_bytes,
        is_animation=is_animation,
        width=facts["width"],
        height=facts["height"],
        duration_s=facts["duration_s"] if is_animation else None,
        is_lossy=facts["is_lossy"],
        has_alpha=facts["has_alpha"],
        has_private_data=facts["has_private"],
    )


def _ffprobe(workdir: Path, tools: Tools, limits: Limits) -> dict[str, Any]:
    command = (
        *tools.ffprobe,
        *("-v", "error", "-protocol_whitelist", "file", "-format_whitelist", ",".join(formats.DEMUXERS)),
        *("-show_format", "-show_streams", "-of", "json", INPUT),
    )
    finished = run_tool(command, workdir, limits)
    if finished.exit_status != 0:
        raise Unrecognised("This is no photo, animation, film or sound that can be read here.")
    try:
        facts: dict[str, Any] = json.loads(finished.output)
    except ValueError as error:
        raise StepFailed("This file carries more text beside its media than can be read here.") from error
    return facts


def read_ffprobe(facts: dict[str, Any], sniffed: str, size_bytes: int) -> Probe:
    """The probe of a film or a sound from ffprobe's JSON.

    Raises Unrecognised when there is neither, or only a guess.
    """
    container, streams = facts.get("format", {}), facts.get("streams", [])
    numbered = [s for s in streams if isinstance(s.get("index"), int)]
    pictures = [s for s in numbered if s.get("codec_type") == "video"]
    covers = [s for s in pictures if s.get("disposition", {}).get("attached_pic")]
    films = [
        s for s in pictures if s not in covers and _integer(s.get("width")) > 0 and _integer(s.get("height")) > 0
    ]
    sounds = [s for s in numbered if s.get("codec_type") == "audio" and s.get("codec_name")]
    if _integer(container.get("probe_score")) < _MIN_PROBE_SCORE or not (films or sounds):
        raise Unrecognised("This is no photo, animation, film or sound that can be read here.")
    video = _video_stream(films[0]) if films else None
    kind = BlobType.VIDEO if video else BlobType.AUDIO
    row = formats.by_demuxer(str(container.get("format_name", "")), kind, sniffed)
    described = [*(stream for stream in streams if stream not in covers), container]
    tags = {str(k).lower(): str(v) for source in described for k, v in source.get("tags", {}).items()}
    return Probe(
        mime=row.mime,
        extension=row.extension,
        kind=kind,
        size_bytes=size_bytes,
        width=video.displayed_size[0] if video else None,
        height=video.displayed_size[1] if video else None,
        duration_s=_duration_s(container, streams),
        has_private_data=any(s.get("codec_type") == "data" for s in streams)
        or not all(_HARMLESS_TAG.fullmatch(name) for name in tags),
        video=video,
        audio=_audio_stream(sounds[0]) if sounds else None,
        cover_index=covers[0]["index"] if covers and kind is BlobType.AUDIO else None,
        streams=tuple(s["index"] for s in numbered if s.get("codec_type") in ("video", "audio")),
        tags={n: tags[n].strip()[:_TAG_MAX_CHARACTERS] for n in _TAGS if tags.get(n, "").strip()}
        if kind is BlobType.AUDIO
        else {},
    )


def _duration_s(container: dict[str, Any], streams: list[dict[str, Any]]) -> float | None:
    """The container's duration, or its longest stream's; None when nothing says it."""
    whole = _number(container.get("duration"))
    longest = max((_number(stream.get("duration")) for stream in streams), default=0.0)
    return next((duration for duration in (whole, longest) if duration > 0), None)


def _video_stream(stream: dict[str, Any]) -> VideoStream:
    rotations = [_integer(d.get("rotation")) for d in stream.get("side_data_list", [])]
    aspect = _ratio(stream.get("sample_aspect_ratio"), ":")
    return VideoStream(
        index=stream["index"],
        codec=stream.get("codec_name", ""),
        profile=str(stream.get("profile", "")),
        level=_integer(stream.get("level")),
        pixel_format=stream.get("pix_fmt", ""),
        width=_integer(stream["width"]),
        height=_integer(stream["height"]),
        rotation=next((r % 360 for r in rotations if r), 0),
        pixel_aspect=aspect if 1 / _MAX_PIXEL_ASPECT <= aspect <= _MAX_PIXEL_ASPECT else 1.0,
        frame_rate=max(0.0, _ratio(stream.get("avg_frame_rate"), "/") or _ratio(stream.get("r_frame_rate"), "/")),
        is_interlaced=stream.get("field_order", "progressive") in ("tt", "bb", "tb", "bt"),
    )


def _audio_stream(stream: dict[str, Any]) -> AudioStream:
    return AudioStream(
        index=stream["index"],
        codec=stream["codec_name"],
        profile=str(stream.get("profile", "")),
        channels=_integer(stream.get("channels")),
    )


def _number(value: object) -> float:
    """A finite number that ffprobe wrote as text, or 0."""
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if 0 < abs(number) < 1e12 else 0.0  # noqa: PLR2004  # also drops nan and infinity


def _integer(value: object) -> int:
    """A whole number that ffprobe wrote as such or as text, or 0."""
    return int(_number(value))


def _ratio(text: object, separator: str) -> float:
    """`4:3` or `30000/1001` as a number; 0 when absent or undefined (0:1, 0/0)."""
    numerator, _, denominator = str(text or "").partition(separator)
    return _number(numerator) / _number(denominator) if _number(denominator) else 0.0

"""What is known about an original: frozen values, as probe.py fills them from what the tools say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mediacrush.model.media import BlobType
from mediacrush.model.split import Piece
from mediacrush.pipeline.steps import Encoder

_ODD_QUARTER_TURNS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """The first real video stream. Width and height are coded pixels, before rotation and pixel aspect.

    `bits` are those of one channel. What is not known is 0, empty or None. `frame_rate` is the average;
    `is_variable_rate` says that frames do not follow each other evenly. The colours are FFmpeg's names for the code
    points of ITU-T H.273.
    """

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
    color_transfer: str = ""
    color_primaries: str = ""
    color_space: str = ""
    color_range: str = ""
    has_alpha: bool = False
    bits: int = 8
    bitrate_bps: int | None = None
    frame_count: int | None = None
    is_variable_rate: bool = False

    @property
    def is_hdr(self) -> bool:
        """Whether its light is coded as in HDR10 (PQ) or HLG."""
        return self.color_transfer in ("smpte2084", "arib-std-b67")

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height as shown: rotated, with square pixels."""
        width, height = max(1, round(self.width * self.pixel_aspect)), self.height
        return (height, width) if self.rotation % 180 == _ODD_QUARTER_TURNS else (width, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """The first audio stream. `sample_rate` is in hertz; what is not known is 0 or None."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate: int = 0
    bitrate_bps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleStream:
    """A stream of text. `language` is the container's code (`eng`, `de`, `pt-BR`), `und` where it has none or what
    is none; `title` is clean text, perhaps empty."""

    index: int
    codec: str
    language: str = "und"
    title: str = ""
    is_forced: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A font that came along. `index` is its stream's; `filename` is clean text and names no folder."""

    index: int
    filename: str
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A part of a recording, in seconds from its start."""

    start_s: float
    end_s: float
    title: str


class Footage(StrEnum):
    """Kinds of pictures: a screen that mostly stands still, soft and noisy ones, ordinary ones, finely detailed."""

    STILL = "still"
    SMOOTH = "smooth"
    PLAIN = "plain"
    DETAILED = "detailed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is known about an original. Width and height are pixels as displayed; duration is seconds.

    `streams` are the indexes of the film and of every sound, without covers. `frames` counts those of an animation,
    0 where that is not known. `is_lossy`, `is_deep` (more than 8
    bits a channel), `has_wide_gamut`, `has_alpha`, `film_stream` and `alpha_stream` (FFmpeg's indexes of an
    animation's frames) describe pictures. `has_private_data` says that the bytes carry more about their maker than
    about the media, or that nobody has made sure they do not: so they may be served only cleaned. `can_be_copied`:
    a copy of a recording's streams is clean. `removed` names in plain words what was found and will not be served.
    `footage` is None until somebody has looked; `crfs` are the quality numbers that trials found, by encoder;
    `pieces` are those in which the film is encoded, where that has been decided.
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
    is_deep: bool = False
    has_wide_gamut: bool = False
    has_alpha: bool = False
    frames: int = 0
    film_stream: int = 0
    alpha_stream: int | None = None
    has_private_data: bool = False
    can_be_copied: bool = True
    removed: tuple[str, ...] = ()
    video: VideoStream | None = None
    audio: AudioStream | None = None
    audio_count: int = 0
    subtitles: tuple[SubtitleStream, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    cover_index: int | None = None
    streams: tuple[int, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    footage: Footage | None = None
    crfs: Mapping[Encoder, int] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)

    @property
    def frame_rate(self) -> float:
        """Frames a second on average; 0 where there are none or nobody knows."""
        if self.video is not None:
            return self.video.frame_rate
        return self.frames / self.duration_s if self.duration_s else 0.0

    @property
    def metadata(self) -> dict[str, Any]:
        """The API's `metadata` object."""
        facts: dict[str, Any] = {
            "dimensions": {"width": self.width, "height": self.height} if self.width else None,
            "duration": round(self.duration_s, 3) if self.duration_s is not None else None,
            "frame_rate": round(self.frame_rate, 3) or None,
            "has_audio": self.audio is not None,
            "has_video": self.video is not None or self.is_animation,
            "has_subtitles": bool(self.subtitles),
            "privacy": {"removed": list(self.removed)} if self.removed else None,
            **self.tags,
        }
        return {name: value for name, value in facts.items() if value is not None}

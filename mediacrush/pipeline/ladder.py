"""Sizes, qualities and costs of what we encode: the numbers, and where they come from (docs/performance.md)."""

from dataclasses import dataclass

from mediacrush.pipeline.probe import Probe, VideoStream

# 1080p either way up, and never enlarged.
_LONG_SIDE, _SHORT_SIDE = 1920, 1080
MAX_FRAME_RATE = 60

# H.264 for every browser. veryfast CRF 23 scores VMAF 93 at a quarter of 2014's CPU; short loops can afford medium.
H264_PRESET, H264_CRF = "veryfast", 23
H264_LOOP_PRESET, H264_LOOP_CRF = "medium", 20
# SVT-AV1: preset 10 costs less than x264 veryfast and sends a quarter of the bytes; 8 where the clip is short.
AV1_PRESET, AV1_LOOP_PRESET, AV1_CRF = 10, 8, 35

AAC_BITRATE = "160k"
OPUS_BITRATE = "96k"
MP3_QUALITY = 2  # LAME -V 2, about 190 kb/s

JPEG_QUALITY = 90
WEBP_QUALITY = 82

# CPU seconds on one core of the machine in docs/performance.md.
_H264_COST_PER_MEGAPIXEL = 0.029
_AV1_COST_PER_MEGAPIXEL = 0.021
_REMUX_COST_PER_BYTE = 1 / 150e6
POSTER_COST_S = 0.6
AUDIO_COST_PER_SECOND = 0.03
_DEFAULT_FRAME_RATE, _DEFAULT_DURATION_S = 30.0, 60.0

# The largest picture in pixels and the most pixels a second of each AV1 level (AV1 specification, annex A.3).
_AV1_LEVELS = (
    (147_456, 5_529_600, "00"),
    (278_784, 10_454_400, "01"),
    (665_856, 24_969_600, "04"),
    (1_065_024, 39_938_400, "05"),
    (2_359_296, 77_856_768, "08"),
    (2_359_296, 155_713_536, "09"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a film is scaled to: even pixels, at most 1080p, and how many of them there are in all."""

    width: int
    height: int
    frame_rate: float
    megapixels_in_all: float

    @property
    def h264_cost_s(self) -> float:
        return self.megapixels_in_all * _H264_COST_PER_MEGAPIXEL

    @property
    def av1_cost_s(self) -> float:
        return self.megapixels_in_all * _AV1_COST_PER_MEGAPIXEL

    @property
    def av1_codec(self) -> str:
        """The RFC 6381 name of 8-bit Main profile AV1 at this size and rate, as a browser wants to hear it."""
        pixels, rate = self.width * self.height, self.width * self.height * self.frame_rate
        fitting = (name for size, per_second, name in _AV1_LEVELS if pixels <= size and rate <= per_second)
        return f"av01.0.{next(fitting, '12')}M.08"


def target_for(probe: Probe) -> Target:
    """The size at which a film or an animation is encoded."""
    width, height = fit(probe.width or 2, probe.height or 2)
    frame_rate = min(probe.video.frame_rate if probe.video else 0.0, MAX_FRAME_RATE) or _DEFAULT_FRAME_RATE
    frames = (probe.duration_s or _DEFAULT_DURATION_S) * frame_rate
    return Target(
        width=width, height=height, frame_rate=frame_rate, megapixels_in_all=frames * width * height / 1e6
    )


def fit(width: int, height: int) -> tuple[int, int]:
    """Width and height shrunk into 1080p, either way up, to even numbers of at least 2 (4:2:0 needs them)."""
    box = (_LONG_SIDE, _SHORT_SIDE) if width >= height else (_SHORT_SIDE, _LONG_SIDE)
    scale = min(1.0, box[0] / width, box[1] / height)
    return _even(width * scale), _even(height * scale)


def remux_cost_s(size_bytes: int) -> float:
    """Reading and writing once, with an index made."""
    return 0.1 + size_bytes * _REMUX_COST_PER_BYTE


def audio_cost_s(duration_s: float | None) -> float:
    """Decoding and encoding a sound once."""
    return 0.1 + (duration_s or _DEFAULT_DURATION_S) * AUDIO_COST_PER_SECOND


def needs_scaling(video: VideoStream, target: Target) -> bool:
    """Whether the pictures must be changed in size or shape to become `target`."""
    return (target.width, target.height) != video.displayed_size or video.pixel_aspect != 1.0


def _even(length: float) -> int:
    return max(2, int(length) // 2 * 2)

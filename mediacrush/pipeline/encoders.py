"""What encoders are told, and which streams need none: the numbers, and where they come from.

docs/performance.md has the measurements behind each of them.
"""

from mediacrush.pipeline.ffmpeg_arguments import Options
from mediacrush.pipeline.probe import Probe, VideoStream

# A clip that is short is encoded with more care: it costs little, and is watched over and over.
_SHORT_S = 60.0

_H264_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_H264_MAX_LEVEL = 52  # 5.2: 4K at 60 frames a second, what hardware decoders take

AAC: Options = {"c:a": "aac", "b:a": "160k", "ac": 2}
AAC_SMALL: Options = {"c:a": "aac", "b:a": "96k", "ac": 2}
# Opus knows 48 kHz and its halves only, and mapping family 0 holds one or two channels (RFC 7845).
OPUS: Options = {"c:a": "libopus", "b:a": "96k", "ar": 48000}
MP3: Options = {"c:a": "libmp3lame", "q:a": 2}  # LAME -V 2, about 190 kb/s

JPEG_QUALITY = 90
WEBP_QUALITY = 82


def h264_options(duration_s: float | None) -> dict[str, str | float | None]:
    """H.264 for every browser: High profile, 8 bit 4:2:0."""
    preset = "veryfast" if not _is_short(duration_s) else "fast"
    return {"c:v": "libx264", "preset": preset, "crf": 23, "profile:v": "high"}


def h264_loop_options() -> dict[str, str | float | None]:
    """H.264 for an animation: a few seconds, seen many times."""
    return {"c:v": "libx264", "preset": "medium", "crf": 20, "profile:v": "high"}


def av1_options(duration_s: float | None) -> dict[str, str | float | None]:
    """AV1: what H.264 costs, and half to a quarter of its bytes."""
    return {"c:v": "libsvtav1", "preset": 8 if _is_short(duration_s) else 10, "crf": 35}


def copies_video(video: VideoStream) -> bool:
    """Whether every browser plays this stream as it is: H.264, 8 bit 4:2:0, progressive, square pixels."""
    return (
        video.codec == "h264"
        and video.profile in _H264_PROFILES
        and video.level <= _H264_MAX_LEVEL
        and video.pixel_format in ("yuv420p", "yuvj420p")
        and video.pixel_aspect == 1.0
        and not video.is_interlaced
    )


def copies_audio(probe: Probe) -> bool:
    """Whether there is no sound, or AAC-LC in mono or stereo."""
    audio = probe.audio
    return audio is None or (audio.codec == "aac" and audio.profile == "LC" and audio.channels <= 2)  # noqa: PLR2004


def _is_short(duration_s: float | None) -> bool:
    return duration_s is not None and duration_s < _SHORT_S

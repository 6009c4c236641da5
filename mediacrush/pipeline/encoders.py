"""What encoders are told, and which streams need none: the numbers, and where they come from.

docs/performance.md has the measurements behind each of them.
"""

from mediacrush.pipeline.facts import AudioStream, Footage
from mediacrush.pipeline.ffmpeg_arguments import Options
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import Encoder

_H264_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_H264_MAX_LEVEL = 52  # 5.2: 4K at 60 frames a second, what hardware decoders take

# Adaptive quantisation spends bits in flat noise that nobody sees; without it, and with trellis, veryfast is as
# good as fast at half the cost. A screen has nothing that moves a little, and much that moves far.
_FILM_PARAMETERS = "aq-mode=0:trellis=1"
_SCREEN_PARAMETERS = "aq-mode=2:bframes=0:me=umh:merange=64:ref=4"
_H264: dict[Footage, Options] = {
    Footage.STILL: {"preset": "fast", "crf": 29, "x264-params": _SCREEN_PARAMETERS},
    Footage.SMOOTH: {"preset": "veryfast", "crf": 19, "x264-params": _FILM_PARAMETERS},
    Footage.PLAIN: {"preset": "veryfast", "crf": 22, "x264-params": _FILM_PARAMETERS},
    Footage.DETAILED: {"preset": "veryfast", "crf": 25, "x264-params": _FILM_PARAMETERS},
}
# SVT-AV1's preset and CRF. 9 is as good as 8 on what a camera saw; 10 falls behind, and so does 9 on screens.
_AV1 = {
    Footage.STILL: (8, 63),
    Footage.SMOOTH: (9, 19),
    Footage.PLAIN: (9, 35),
    Footage.DETAILED: (9, 36),
}
# Ten seconds at 30 frames: a player seeks to the nearest, and more of them cost a screen a third of its bytes.
_AV1_KEY_FRAMES = 300

_STEREO = 2
# Of stereo, in bits a second; one channel gets half of them.
AAC_BPS, AAC_SMALL_BPS = 160_000, 96_000
# Opus knows 48 kHz and its halves only, and mapping family 0 holds one or two channels (RFC 7845).
OPUS: Options = {"c:a": "libopus", "b:a": "96k", "ar": 48000}
MP3: Options = {"c:a": "libmp3lame", "q:a": 2}  # LAME -V 2, about 190 kb/s

JPEG_QUALITY = 90
# WebP and AVIF of equal likeness to a phone's JPEG (SSIM 0.983), at a third and a quarter of its bytes.
WEBP_QUALITY = 88
AVIF_QUALITY = 70
PREVIEW_QUALITY = 82


def mixed_down(audio: AudioStream) -> dict[str, str | float | None]:
    """What leaves mono and stereo as they are, and makes stereo of more, as loud as it was: whole numbers are
    mixed up to 10 dB quieter, floats are not."""
    if 1 <= audio.channels <= _STEREO:
        return {}
    return {"af": "aformat=sample_fmts=fltp:channel_layouts=stereo"}


def aac_options(audio: AudioStream, bps: int = AAC_BPS) -> dict[str, str | float | None]:
    """AAC for every browser, at so many bits a second where it is stereo."""
    channels = 1 if audio.channels == 1 else _STEREO
    return {"c:a": "aac", "b:a": bps * channels // _STEREO, **mixed_down(audio)}


def h264_options(footage: Footage | None, crf: int | None = None) -> dict[str, str | float | None]:
    """H.264 for every browser: High profile, 8 bit 4:2:0, at VMAF 93 or better; `crf` instead of the kind's own."""
    own = _H264[footage or Footage.PLAIN]
    return {"c:v": "libx264", "profile:v": "high", **own, **({"crf": crf} if crf is not None else {})}


def h264_loop_options() -> dict[str, str | float | None]:
    """H.264 for an animation: a few seconds, seen many times; a tenth of the bytes of a GIF of real footage."""
    return {"c:v": "libx264", "profile:v": "high", "preset": "slow", "crf": 25, "x264-params": "aq-mode=0"}


def av1_options(footage: Footage | None, crf: int | None = None) -> dict[str, str | float | None]:
    """AV1: about what H.264 costs, and half of its bytes; `crf` instead of the kind's own."""
    preset, own = _AV1[footage or Footage.PLAIN]
    return {"c:v": "libsvtav1", "preset": preset, "crf": own if crf is None else crf, "g": _AV1_KEY_FRAMES}


def film_options(encoder: Encoder, probe: Probe) -> dict[str, str | float | None]:
    """What the encoder of a whole film is told, as far as is known of the film."""
    options = h264_options if encoder is Encoder.H264 else av1_options
    return options(probe.footage, probe.crfs.get(encoder))


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

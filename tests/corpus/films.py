"""Films: every container, with several codecs each, and everything that cameras and editors do to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mediacrush.model.media import BlobType
from tests.corpus import films_made as made
from tests.corpus.cases import FLAT, Case, Expected, Quadrants
from tests.corpus.scenes import RATE, SECONDS, by_ffmpeg, film, tone

_WIDTH, _HEIGHT = 160, 120
_NAMES = ("mp4|original", "webm", "poster")
# How bright HDR becomes is a matter of taste; frames that nobody tone-mapped are greyer than this.
_TASTE = 115
# BT.601 taken for BT.709 is farther off.
_CLOSE = 16
COPIED = ("original", "webm", "poster")

Words = tuple[str, ...]
X264: Words = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
X265: Words = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p")
AV1: Words = ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1", "-pix_fmt", "yuv420p")
VP8: Words = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k")
VP9: Words = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k")
PRORES: Words = ("-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le")
MPEG2: Words = ("-c:v", "mpeg2video", "-q:v", "3", "-pix_fmt", "yuv420p")
MPEG4: Words = ("-c:v", "mpeg4", "-q:v", "3")
MJPEG: Words = ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
AAC: Words = ("-c:a", "aac", "-b:a", "64k")
OPUS: Words = ("-c:a", "libopus", "-b:a", "48k")
VORBIS: Words = ("-c:a", "libvorbis")
MP3: Words = ("-c:a", "libmp3lame", "-b:a", "64k")
MP2: Words = ("-c:a", "mp2", "-b:a", "64k")
PCM: Words = ("-c:a", "pcm_s16le")


def row(
    name: str,
    make: Callable[[Path], None],
    *names: str,
    size: tuple[int, int] | None = (_WIDTH, _HEIGHT),
    colours: Quadrants | None = FLAT,
    duration_s: float | None = SECONDS,
    has_audio: bool = True,
    has_subtitles: bool = False,
    removed: bool = False,
    tolerance: int = 70,
    duration_off_s: float = 0.25,
    full_range: bool = False,
    was_interlaced: bool = False,
    tags: tuple[tuple[str, str], ...] = (),
    texts: tuple[tuple[str, str], ...] = (),
    frame_rate: float | None = None,
) -> Case:
    """A film by its file name, its maker, and the published names."""
    return Case(
        name=name,
        make=make,
        expect=Expected(
            blob_type=BlobType.VIDEO,
            width=size[0] if size else None,
            height=size[1] if size else None,
            duration_s=duration_s,
            duration_off_s=duration_off_s,
            has_audio=has_audio,
            has_subtitles=has_subtitles,
            names=names or _NAMES,
            colours=colours,
            tolerance=tolerance,
            removed=removed,
            full_range=full_range,
            was_interlaced=was_interlaced,
            tags=tags,
            texts=texts,
            frame_rate=frame_rate,
        ),
    )


def clip(*words: str, sound: bool = True) -> Callable[[Path], None]:
    """A maker of the plain clip with these encoders."""
    return by_ffmpeg(*film(), *(tone() if sound else ()), *words)


# Container and codecs: file name, what ffmpeg is told.
_PLAIN: tuple[tuple[str, Words], ...] = (
    ("mp4-h264-aac.mp4", (*X264, *AAC)),
    ("mp4-hevc.mp4", (*X265, *AAC)),
    ("mp4-hevc-hvc1.mp4", (*X265, "-tag:v", "hvc1", "-ac", "2", *AAC)),
    ("mp4-av1-opus.mp4", (*AV1, *OPUS)),
    ("mp4-mpeg4-mp3.mp4", (*MPEG4, *MP3)),
    ("mp4-vp9.mp4", (*VP9, *AAC)),
    ("m4v.m4v", (*X264, *AAC, "-f", "ipod")),
    ("mov-h264.mov", (*X264, *AAC)),
    ("mov-prores.mov", (*PRORES, *PCM)),
    ("mov-mjpeg.mov", (*MJPEG, *PCM)),
    ("mov-animation.mov", ("-c:v", "qtrle", *PCM)),
    ("mkv-h264-ac3.mkv", (*X264, "-c:a", "ac3")),
    ("mkv-hevc-flac.mkv", (*X265, "-c:a", "flac")),
    ("mkv-ffv1-pcm.mkv", ("-c:v", "ffv1", *PCM)),
    ("mkv-mpeg2-dts.mkv", (*MPEG2, "-c:a", "dca", "-strict", "-2", "-ac", "2", "-ar", "48000")),
    ("webm-vp8-vorbis.webm", (*VP8, *VORBIS)),
    ("webm-vp9-opus.webm", (*VP9, *OPUS)),
    ("webm-av1-opus.webm", (*AV1, *OPUS)),
    ("avi-mpeg4-mp3.avi", (*MPEG4, *MP3)),
    ("avi-mjpeg-pcm.avi", (*MJPEG, *PCM)),
    ("avi-h264.avi", (*X264, *MP3)),
    ("avi-huffyuv.avi", ("-c:v", "huffyuv", "-pix_fmt", "yuv422p", *PCM)),
    ("flv-sorenson.flv", ("-c:v", "flv", "-q:v", "3", *MP3)),
    ("flv-h264.flv", (*X264, *AAC)),
    ("wmv-2.wmv", ("-c:v", "wmv2", "-q:v", "3", "-c:a", "wmav2")),
    ("asf-msmpeg4.asf", ("-c:v", "msmpeg4", "-q:v", "3", "-c:a", "wmav1")),
    ("mpeg-ps-mpeg1.mpg", ("-c:v", "mpeg1video", "-q:v", "3", *MP2)),
    ("mpeg-ps-mpeg2.vob", (*MPEG2, "-c:a", "ac3", "-f", "vob")),
    ("ts-h264.ts", (*X264, *AAC)),
    ("ts-mpeg2.ts", (*MPEG2, *MP2)),
    ("ts-hevc.ts", (*X265, *AAC)),
    ("m2ts-h264.m2ts", (*X264, "-c:a", "ac3", "-mpegts_m2ts_mode", "1")),
    ("ogv-theora.ogv", ("-c:v", "libtheora", "-q:v", "8", *VORBIS)),
    ("3gp-h264.3gp", (*X264, *AAC, "-f", "3gp")),
    ("3gp-mpeg4-amr.3gp", (*MPEG4, "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-f", "3gp")),
    ("mxf-mpeg2.mxf", (*MPEG2, "-c:a", "pcm_s16le", "-ar", "48000")),
    # The content decides: a name may say anything.
    ("film-called.jpg", (*X264, "-b:a", "32k", "-f", "mp4")),
    ("film-without-extension", (*VP8, *OPUS, "-f", "webm")),
)

_CONTAINERS = tuple(row(name, clip(*words), frame_rate=RATE) for name, words in _PLAIN)

_SHAPES = (
    row("rotated-90.mp4", made.rotated(90), *COPIED),
    row("rotated-180.mov", made.rotated(180)),
    row("rotated-270.mp4", made.rotated(270), *COPIED),
    row("rotated-90-hevc.mov", made.rotated(90, *X265)),
    row("anamorphic.mp4", by_ffmpeg(*film(), *tone(), *X264, *AAC, "-vf", "setsar=4/3"), size=(213, 120)),
    row("anamorphic-dvd.mpg", clip(*MPEG2, *MP2, "-vf", "scale=176:144,setdar=16/9"), size=(256, 144)),
    row("interlaced.ts", made.interlaced(*MPEG2, *MP2, "-flags", "+ilme+ildct"), was_interlaced=True),
    row("interlaced-h264.mkv", made.interlaced(*X264, *AAC, "-x264-params", "tff=1"), was_interlaced=True),
    row("interlaced-bottom-first.mp4", made.interlaced(*X264, *AAC, "-x264-params", "bff=1"), was_interlaced=True),
    row("variable-rate.mkv", by_ffmpeg(*made.unsteady(), *X264, "-fps_mode", "vfr"), has_audio=False),
    row("variable-rate.mp4", by_ffmpeg(*made.unsteady(), *X264, "-fps_mode", "vfr"), has_audio=False),
    row("1-fps.mp4", by_ffmpeg(*film(rate=1, seconds=3), *X264), has_audio=False, duration_s=3, frame_rate=1),
    row("1-fps.avi", by_ffmpeg(*film(rate=1, seconds=3), *MPEG4), has_audio=False, duration_s=3, frame_rate=1),
    row("120-fps.mkv", by_ffmpeg(*film(rate=120), *tone(), *VP9, *OPUS), frame_rate=120),
    row("120-fps.mp4", by_ffmpeg(*film(rate=120), *tone(), *X265, *AAC), frame_rate=120),
    row("29.97-fps.mov", by_ffmpeg(*film(rate="30000/1001"), *tone(), *X264, *AAC), frame_rate=29.97),
    row("odd-size.avi", by_ffmpeg(*film("161x121"), *tone(), *MPEG4, *MP3), size=(161, 121)),
    row(
        "odd-size-444.mp4",
        by_ffmpeg(*film("161x121"), *X264[:4], "-pix_fmt", "yuv444p"),
        size=(161, 121),
        has_audio=False,
    ),
    row("upright.mp4", by_ffmpeg(*film("120x214"), *tone(), *X264, *AAC), size=(120, 214)),
    row("silent.mp4", clip(*X264, sound=False), *COPIED, has_audio=False),
    row("one-frame.mp4", by_ffmpeg(*film(), *X264, "-frames:v", "1"), has_audio=False, duration_s=None),
    row("one-frame.mkv", by_ffmpeg(*film(), *VP9, "-frames:v", "1"), has_audio=False, duration_s=None),
    row(
        "six-seconds.mp4",
        by_ffmpeg(*film(rate=10, seconds=6), *tone(6), *X264, *AAC),
        *COPIED,
        "storyboard",
        duration_s=6,
    ),
)

_HD: dict[str, Any] = {"size": (1280, 720), "frame_rate": 5, "has_audio": False, "tolerance": _CLOSE}
_DEPTHS = (
    row("h264-10-bit.mkv", clip(*X264[:4], "-pix_fmt", "yuv420p10le", *AAC)),
    row("h264-422-10-bit.mov", clip(*X264[:4], "-pix_fmt", "yuv422p10le", *AAC)),
    row("h264-422.mp4", clip(*X264[:4], "-pix_fmt", "yuv422p", *AAC)),
    row("h264-444.mkv", clip(*X264[:4], "-pix_fmt", "yuv444p", *AAC)),
    row("h264-444-10-bit.mkv", clip(*X264[:4], "-pix_fmt", "yuv444p10le", *AAC)),
    row("h264-full-range.mp4", clip(*X264[:4], "-pix_fmt", "yuvj420p", *AAC), *COPIED, full_range=True),
    row("hd-bt709.mp4", made.hd("bt709", *X264), *COPIED, **_HD),
    # What does not say its colours has BT.709's where it is HD, and what is made of it must say so.
    row("hd-untold.avi", made.hd("unknown", *MPEG4), **_HD),
    row("hd-rgb.mov", by_ffmpeg(*film("1280x720", 5), "-c:v", "png"), **_HD),
    row("h264-rgb.mkv", clip("-c:v", "libx264rgb", "-preset", "ultrafast", *AAC)),
    row("hevc-10-bit.mp4", clip(*X265[:-1], "yuv420p10le", *AAC)),
    row("hevc-422-10-bit.mov", clip(*X265[:-1], "yuv422p10le", *AAC)),
    row("hevc-444.mkv", clip(*X265[:-1], "yuv444p", *AAC)),
    row("av1-10-bit.mp4", clip(*AV1[:-1], "yuv420p10le", *AAC)),
    row("vp9-10-bit.webm", clip(*VP9, "-pix_fmt", "yuv420p10le", *OPUS)),
    row(
        "prores-4444-alpha.mov",
        by_ffmpeg(*made.cut_out(), *made.PRORES_4444),
        has_audio=False,
        colours=made.CUT_OUT,
    ),
    row("vp8-alpha.webm", by_ffmpeg(*made.cut_out(), *VP8, *made.ALPHA), has_audio=False, colours=made.CUT_OUT),
    row("vp9-alpha.webm", by_ffmpeg(*made.cut_out(), *VP9, *made.ALPHA), has_audio=False, colours=made.CUT_OUT),
    row("hdr10.mkv", made.hdr("smpte2084"), tolerance=_TASTE, has_audio=False),
    row("hdr10.mp4", made.hdr("smpte2084"), tolerance=_TASTE, has_audio=False),
    row("hlg.mov", made.hdr("arib-std-b67"), tolerance=_TASTE, has_audio=False),
)

FILMS: tuple[Case, ...] = (*_CONTAINERS, *_SHAPES, *_DEPTHS)

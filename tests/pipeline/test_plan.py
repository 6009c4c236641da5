"""From facts to work, as a table: what is made of each kind of upload, in which order, with which arguments."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from mediacrush.model.formats import DEMUXERS
from mediacrush.model.media import BlobType, Role
from mediacrush.model.split import Piece
from mediacrush.pipeline.encoders import JPEG_QUALITY, WEBP_QUALITY, copies_audio, copies_video
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import AudioStream, Probe, VideoStream
from mediacrush.pipeline.steps import INPUT, STEM, Command, Output, Plan, Rules, Stage, Step, Tool

H264 = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=40,
    pixel_format="yuv420p",
    width=1280,
    height=720,
    frame_rate=30.0,
    color_space="bt709",
)
HEVC = replace(H264, codec="hevc", profile="Main", level=93)
AAC = AudioStream(index=1, codec="aac", profile="LC", channels=2)
MIX = "aformat=sample_fmts=fltp:channel_layouts=stereo"
SURROUND = AudioStream(index=1, codec="ac3", profile="", channels=6)


def film(
    mime: str, extension: str, video: VideoStream = H264, audio: AudioStream | None = AAC, **facts: object
) -> Probe:
    """A film of 20 seconds."""
    width, height = video.displayed_size
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.VIDEO,
        size_bytes=5_000_000,
        width=width,
        height=height,
        duration_s=20.0404,
        video=video,
        audio=audio,
        streams=tuple(stream.index for stream in (video, audio) if stream),
    )
    return replace(probe, **facts)


def sound(mime: str, extension: str, codec: str, channels: int = 2, **facts: object) -> Probe:
    """A sound of 200 seconds."""
    audio = AudioStream(index=0, codec=codec, profile="", channels=channels)
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.AUDIO,
        size_bytes=5_000_000,
        duration_s=200.0,
        audio=audio,
        streams=(0,),
    )
    return replace(probe, **facts)


def still(mime: str, extension: str, **facts: object) -> Probe:
    """A picture of 0.48 megapixels."""
    probe = Probe(mime=mime, extension=extension, kind=BlobType.IMAGE, size_bytes=90_000, width=800, height=600)
    return replace(probe, **facts)


def loop(mime: str, extension: str, **facts: object) -> Probe:
    """An animation of odd size, two seconds long."""
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.VIDEO,
        size_bytes=900_000,
        is_animation=True,
        width=101,
        height=77,
        duration_s=2.0,
        is_lossy=False,
    )
    return replace(probe, **facts)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of an upload; its steps as `name stage tools suffixes`; and, by step, arguments that matter
    (None: must not be there)."""

    probe: Probe
    steps: tuple[str, ...]
    arguments: dict[str, dict[str, str | None]] = field(default_factory=dict)


ON_WHITE = (
    "format=rgba,split[top][under];[under]drawbox=color=white:replace=1:t=fill[white];"
    "[white][top]overlay=format=rgb"
)
TO_BT709 = "out_range=limited:out_color_matrix=bt709,setparams=color_primaries=bt709:color_trc=bt709"

ROWS = {
    "JPEG": Row(
        probe=still("image/jpeg", "jpg"),
        steps=(
            "original essential clean .jpg",
            "optimised deferred picture .jpg",
            "webp deferred picture .webp",
            "avif deferred picture .avif",
        ),
        arguments={"webp": {"--format": "webp", "--quality": str(WEBP_QUALITY)}},
    ),
    "JPEG that knows where it was taken": Row(
        probe=still("image/jpeg", "jpg", has_private_data=True),
        steps=(
            "original essential clean .jpg",
            "optimised deferred picture .jpg",
            "webp deferred picture .webp",
            "avif deferred picture .avif",
        ),
    ),
    "JPEG too long for WebP": Row(
        probe=still("image/jpeg", "jpg", width=16384, height=100),
        steps=(
            "original essential clean .jpg",
            "preview deferred picture .preview.jpg",
            "size.1920 deferred picture .640w.webp .1280w.webp .1920w.webp",
            "optimised deferred picture .jpg",
            "avif deferred picture .avif",
        ),
    ),
    "PNG": Row(
        probe=still("image/png", "png", is_lossy=False),
        steps=(
            "original essential clean .png",
            "preview deferred picture .preview.jpg",
            "optimised deferred picture .png",
            "webp deferred picture .webp",
        ),
        arguments={"webp": {"--format": "webp", "--quality": None}},
    ),
    "lossy WebP": Row(
        probe=still("image/webp", "webp"),
        steps=(
            "original essential clean .webp",
            "jpeg deferred picture .jpg",
            "preview deferred picture .preview.jpg",
            "avif deferred picture .avif",
        ),
        arguments={"jpeg": {"--format": "jpeg", "--quality": str(JPEG_QUALITY)}},
    ),
    "WebP with private data": Row(
        probe=still("image/webp", "webp", has_private_data=True),
        steps=(
            "original essential clean .webp",
            "jpeg deferred picture .jpg",
            "preview deferred picture .preview.jpg",
            "avif deferred picture .avif",
        ),
    ),
    "lossless WebP": Row(
        probe=still("image/webp", "webp", is_lossy=False),
        steps=(
            "original essential clean .webp",
            "png deferred picture .png",
            "preview deferred picture .preview.jpg",
        ),
        arguments={"png": {"--format": "png", "--quality": None}},
    ),
    "transparent WebP": Row(
        probe=still("image/webp", "webp", has_alpha=True),
        steps=(
            "original essential clean .webp",
            "png deferred picture .png",
            "preview deferred picture .preview.jpg",
            "avif deferred picture .avif",
        ),
    ),
    "AVIF": Row(
        probe=still("image/avif", "avif"),
        steps=(
            "original essential keep .avif",
            "jpeg deferred picture .jpg",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "transparent AVIF": Row(
        probe=still("image/avif", "avif", has_alpha=True),
        steps=(
            "original essential keep .avif",
            "png deferred picture .png",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    # It cannot be cleaned, so it is not served, and what is made of it is what the page has to show.
    "AVIF with private data": Row(
        probe=still("image/avif", "avif", has_private_data=True),
        steps=(
            "jpeg essential picture .jpg",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "still GIF": Row(
        probe=still("image/gif", "gif", is_lossy=False),
        steps=(
            "original essential clean .gif",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "BMP": Row(
        probe=still("image/bmp", "bmp", is_lossy=False),
        steps=(
            "original essential keep .bmp",
            "png essential picture .png",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "TIFF": Row(
        probe=still("image/tiff", "tif", is_lossy=False),
        steps=(
            "original essential keep .tif",
            "png essential picture .png",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "TIFF with private data": Row(
        probe=still("image/tiff", "tif", is_lossy=False, has_private_data=True),
        steps=(
            "png essential picture .png",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
        ),
    ),
    "TIFF with JPEG inside": Row(
        probe=still("image/tiff", "tif"),
        steps=(
            "original essential keep .tif",
            "jpeg essential picture .jpg",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
            "avif deferred picture .avif",
        ),
    ),
    "opaque GIF loop": Row(
        probe=loop("image/gif", "gif"),
        steps=(
            "original essential clean .gif",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={
            "mp4": {
                "-c:v": "libx264",
                "-filter_complex": f"[0:0]scale=100:76:{TO_BT709},format=yuv420p[film]",
                "-movflags": "+faststart",
                "-c:a": None,
            },
            "webm": {
                "-c:v": "libsvtav1",
                "-filter_complex": f"[0:0]scale=100:76:{TO_BT709},format=yuv420p[film]",
                "-c:a": None,
            },
        },
    ),
    "transparent GIF loop": Row(
        probe=loop("image/gif", "gif", has_alpha=True),
        steps=(
            "original essential clean .gif",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={
            name: {"-filter_complex": f"[0:0]{ON_WHITE},scale=100:76:{TO_BT709},format=yuv420p[film]"}
            for name in ("mp4", "webm")
        },
    ),
    "GIF loop with private data": Row(
        probe=loop("image/gif", "gif", has_private_data=True),
        steps=(
            "original essential clean .gif",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
    ),
    "GIF loop of one pixel's width": Row(
        probe=loop("image/gif", "gif", width=1, height=3),
        steps=(
            "original essential clean .gif",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={"mp4": {"-filter_complex": f"[0:0]scale=2:2:{TO_BT709},format=yuv420p[film]"}},
    ),
    "huge GIF loop": Row(
        probe=loop("image/gif", "gif", width=4000, height=3000),
        steps=(
            "original essential clean .gif",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={"mp4": {"-filter_complex": f"[0:0]scale=1440:1080:{TO_BT709},format=yuv420p[film]"}},
    ),
    "animated WebP": Row(
        probe=loop("image/webp", "webp", has_alpha=True, has_private_data=True),
        steps=(
            "original essential clean .webp",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={"mp4": {"-filter_complex": f"[0:0]{ON_WHITE},scale=100:76:{TO_BT709},format=yuv420p[film]"}},
    ),
    "APNG": Row(
        probe=loop("image/png", "png", has_alpha=True),
        steps=(
            "original essential clean .png",
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
        ),
    ),
    "MP4 from a phone": Row(
        probe=film("video/mp4", "mp4", has_private_data=True),
        steps=(
            "original essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={
            "original": {"-c:v": "copy", "-c:a": "copy", "-vf": None, "-movflags": "+faststart", "-t": "20.04"},
            "webm": {"-c:v": "libsvtav1", "-c:a": "libopus", "-vf": "format=yuv420p", "-t": "20.04"},
        },
    ),
    "MP4 that nothing private is in": Row(
        probe=film("video/mp4", "mp4"),
        steps=(
            "original essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "MP4 with HEVC": Row(
        probe=film("video/mp4", "mp4", HEVC),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "libx264", "-c:a": "copy", "-vf": "format=yuv420p", "-movflags": "+faststart"}},
    ),
    "MP4 with HEVC from a phone": Row(
        probe=film("video/mp4", "mp4", HEVC, has_private_data=True),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred ffmpeg .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"original": {"-c": "copy", "-vf": None}},
    ),
    "H.264 in MKV": Row(
        probe=film("video/x-matroska", "mkv"),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .mkv",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "copy", "-c:a": "copy", "-vf": None, "-movflags": "+faststart"}},
    ),
    "H.264 in MOV from a phone": Row(
        probe=film("video/quicktime", "mov", has_private_data=True),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred ffmpeg .mov",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "copy", "-c:a": "copy"}, "original": {"-c": "copy"}},
    ),
    # We cannot write this container without loss, so with something private in it the renditions stand for it.
    "RealMedia with private data": Row(
        probe=film("video/vnd.rn-realvideo", "rm", replace(H264, codec="rv40", profile=""), has_private_data=True),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "10-bit H.264": Row(
        probe=film("video/mp4", "mp4", replace(H264, profile="High 10", pixel_format="yuv420p10le")),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "libx264", "-vf": "format=yuv420p", "-profile:v": "high"}},
    ),
    "interlaced": Row(
        probe=film("video/mp2t", "ts", replace(H264, width=1920, height=1080, is_interlaced=True), SURROUND),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .ts",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={
            "mp4": {"-c:v": "libx264", "-vf": "bwdif=mode=send_frame:deint=interlaced,format=yuv420p"},
            "webm": {"-vf": "bwdif=mode=send_frame:deint=interlaced,format=yuv420p"},
        },
    ),
    "anamorphic": Row(
        probe=film("video/mp4", "mp4", replace(H264, width=1440, height=1080, pixel_aspect=4 / 3)),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "libx264", "-vf": "scale=1920:1080,setsar=1,format=yuv420p"}},
    ),
    # FFmpeg turns frames before the filters see them, so the scale is that of the picture as shown.
    "4K from a phone held upright": Row(
        probe=film("video/mp4", "mp4", replace(HEVC, width=3840, height=2160, rotation=270), has_private_data=True),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred ffmpeg .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={
            "mp4": {"-vf": "scale=1080:1920,setsar=1,format=yuv420p"},
            "webm": {"-vf": "scale=1080:1920,setsar=1,format=yuv420p"},
        },
    ),
    "odd size": Row(
        probe=film("video/x-msvideo", "avi", replace(H264, codec="mpeg4", profile="", width=321, height=241)),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .avi",
            "poster deferred ffmpeg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-vf": "scale=320:240,setsar=1,format=yuv420p"}},
    ),
    "no sound": Row(
        probe=film("video/mp4", "mp4", audio=None),
        steps=(
            "original essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={
            "original": {"-c:v": "copy", "-c:a": None, "-af": None},
            "webm": {"-c:a": None, "-af": None, "-b:a": None},
        },
    ),
    "5.1 sound": Row(
        probe=film("video/mp4", "mp4", audio=replace(AAC, channels=6)),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={
            "mp4": {"-c:v": "copy", "-c:a": "aac", "-af": MIX, "-b:a": "160000"},
            "webm": {"-c:a": "libopus", "-af": MIX, "-b:a": "96k", "-ar": "48000"},
        },
    ),
    "WebM": Row(
        probe=film(
            "video/webm", "webm", replace(H264, codec="vp9", profile="Profile 0"), replace(AAC, codec="opus")
        ),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .original.webm",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
        arguments={"mp4": {"-c:v": "libx264", "-c:a": "aac"}},
    ),
    "film of unknown length": Row(
        probe=film("video/x-matroska", "mkv", duration_s=None),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "original deferred keep .mkv",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "webm deferred ffmpeg .webm",
        ),
        arguments={"mp4": {"-t": None}},
    ),
    "MP3": Row(
        probe=sound("audio/mpeg", "mp3", "mp3"),
        steps=(
            "original essential keep .mp3",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
        arguments={"opus": {"-c:a": "libopus", "-b:a": "96k", "-ar": "48000", "-af": None}},
    ),
    "MP3 with cover": Row(
        probe=sound("audio/mpeg", "mp3", "mp3", cover_index=1),
        steps=(
            "original essential keep .mp3",
            "cover essential ffmpeg picture .preview.jpg .jpg",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "MP3 with private data": Row(
        probe=sound("audio/mpeg", "mp3", "mp3", has_private_data=True),
        steps=(
            "original essential ffmpeg .mp3",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
        arguments={"original": {"-c": "copy"}},
    ),
    "MP2": Row(
        probe=sound("audio/mpeg", "mp3", "mp2"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .original.mp3",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "FLAC": Row(
        probe=sound("audio/flac", "flac", "flac"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .flac",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
        arguments={"mp3": {"-c:a": "libmp3lame", "-q:a": "2", "-af": None}},
    ),
    "5.1 FLAC": Row(
        probe=sound("audio/flac", "flac", "flac", channels=6),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .flac",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
        arguments={"mp3": {"-af": MIX}, "opus": {"-af": MIX}},
    ),
    "Opus": Row(
        probe=sound("audio/ogg", "ogg", "opus"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "Vorbis": Row(
        probe=sound("audio/ogg", "ogg", "vorbis"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .original.ogg",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "AAC": Row(
        probe=sound("audio/mp4", "m4a", "aac"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .m4a",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "ALAC": Row(
        probe=sound("audio/mp4", "m4a", "alac"),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "original deferred keep .m4a",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "APE with private data": Row(
        probe=sound("audio/x-ape", "ape", "ape", has_private_data=True),
        steps=(
            "mp3 essential ffmpeg .mp3",
            "opus deferred ffmpeg .ogg",
            "waveform deferred ffmpeg refine .waveform.json",
        ),
    ),
    "a long film that must be transcoded": Row(
        probe=film("video/x-matroska", "mkv", HEVC, duration_s=300.0),
        steps=(
            "low.hls essential ffmpeg .low.240p.mp4 .low.240p.m3u8 .low.audio.mp4 .low.audio.m3u8 "
            ".low.mp4 .low.m3u8",
            "original deferred keep .mkv",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "hls deferred ffmpeg .720p.mp4 .720p.m3u8 .audio.mp4 .audio.m3u8 .mp4 .m3u8",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "a heavy film from a phone": Row(
        probe=film("video/mp4", "mp4", has_private_data=True, size_bytes=60_000_000),
        steps=(
            "original essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "hls deferred ffmpeg .320p.mp4 .320p.m3u8 .480p.mp4 .480p.m3u8 .720p.mp4 .720p.m3u8 "
            ".audio.mp4 .audio.m3u8 .light.mp4 .m3u8",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "4K that browsers play": Row(
        probe=film("video/mp4", "mp4", replace(H264, width=3840, height=2160)),
        steps=(
            "original essential ffmpeg .original.mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "storyboard deferred ffmpeg write .storyboard.jpg .storyboard.vtt",
            "mp4 deferred ffmpeg .mp4",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "a short heavy film": Row(
        probe=film("video/mp4", "mp4", size_bytes=12_000_000, duration_s=3.0),
        steps=(
            "original essential ffmpeg .mp4",
            "poster deferred ffmpeg picture .preview.jpg .jpg",
            "light deferred ffmpeg .light.mp4",
            "webm deferred ffmpeg .webm",
            "chat deferred ffmpeg .chat.mp4",
        ),
    ),
    "a photo of 12 megapixels": Row(
        probe=still("image/jpeg", "jpg", width=4000, height=3000, size_bytes=5_000_000),
        steps=(
            "original essential clean .jpg",
            "preview deferred picture .preview.jpg",
            "size.1920 deferred picture .640w.webp .1280w.webp .1920w.webp",
            "optimised deferred picture .jpg",
            "webp deferred picture .webp",
            "avif deferred picture .avif",
        ),
    ),
    "HEIC": Row(
        probe=still("image/heic", "heic", has_private_data=True),
        steps=(
            "jpeg essential picture .jpg",
            "preview deferred picture .preview.jpg",
            "webp deferred picture .webp",
            "avif deferred picture .avif",
        ),
    ),
    "SVG": Row(
        probe=still("image/svg+xml", "svg", is_lossy=False, has_alpha=True, has_private_data=True),
        steps=(
            "original essential picture .svg",
            "png deferred picture .png",
            "preview deferred picture .preview.jpg",
        ),
    ),
    "animated AVIF with alpha": Row(
        probe=loop("image/avif", "avif", has_alpha=True, has_private_data=True, film_stream=2, alpha_stream=3),
        steps=(
            "mp4 essential ffmpeg .mp4",
            "poster deferred ffmpeg .jpg",
            "webm deferred ffmpeg .webm",
            "webp deferred ffmpeg .webp",
        ),
    ),
}
PLANS = {name: plan_for(row.probe, Rules()) for name, row in ROWS.items()}

every_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def step_of(name: str, step: str) -> Step:
    """The step of this name in the plan of this row."""
    return next(found for found in PLANS[name].steps if found.name == step)


def commands_by(plan: Plan, tool: Tool) -> list[tuple[Step, Command]]:
    """What this tool is told, with the steps it belongs to."""
    return [(step, command) for step in plan.steps for command in step.commands if command.tool is tool]


def outputs(plan: Plan) -> list[Output]:
    """Everything that the plan makes."""
    return [output for step in plan.steps for output in step.outputs]


_FLAGS = frozenset({"-dn", "-sn", "-nostdin", "-y", "-noaccurate_seek", "-vn", "-an"})


def options_of(command: Command) -> tuple[list[tuple[str, str | None]], list[str]]:
    """FFmpeg's arguments as it reads them: options with their values, in order, and the files to write."""
    options: list[tuple[str, str | None]] = []
    files: list[str] = []
    rest = iter(command.arguments)
    for argument in rest:
        if not argument.startswith("-"):
            files.append(argument)
        else:
            options.append((argument, None if argument in _FLAGS else next(rest)))
    return options, files


def described(step: Step) -> str:
    """As ROWS write it."""
    tools = dict.fromkeys(command.tool for command in step.commands)
    return f"{step.name} {step.stage} {' '.join(tools)} {' '.join(output.suffix for output in step.outputs)}"


@pytest.mark.parametrize("name", ROWS)
def test_each_kind_gets_its_steps(name: str) -> None:
    """The steps of each kind of upload, in the order in which they run."""
    assert tuple(map(described, PLANS[name].steps)) == ROWS[name].steps


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.arguments])
def test_each_kind_gets_its_arguments(name: str) -> None:
    """The arguments in which one kind differs from another."""
    for step, expected in ROWS[name].arguments.items():
        arguments = step_of(name, step).commands[0].arguments
        found = {key: arguments[arguments.index(key) + 1] if key in arguments else None for key in expected}
        assert found == expected


@every_plan
def test_essential_steps_come_first(plan: Plan) -> None:
    """What every browser needs is made before anything else."""
    stages = [step.stage for step in plan.steps]
    assert stages == sorted(stages, key=[Stage.ESSENTIAL, Stage.DEFERRED].index)


@every_plan
def test_there_is_always_something_to_show_first(plan: Plan) -> None:
    """`ready` means that it plays, so an essential step makes a file that browsers show."""
    first = [step for step in plan.steps if step.stage is Stage.ESSENTIAL]
    shown = (Role.ORIGINAL, Role.RENDITION)
    assert any(output.plays_in_browsers and output.role in shown for step in first for output in step.outputs)


@every_plan
def test_names_and_suffixes_are_unique(plan: Plan) -> None:
    """No step overwrites another's file, in the job's folder or in storage."""
    own = [output for step in plan.steps if step.replaces is None for output in step.outputs]
    for kind in ("name", "suffix", "path"):
        assert max(Counter(getattr(output, kind) for output in own).values()) == 1
    assert INPUT not in {output.path for output in outputs(plan)}


@every_plan
def test_the_published_mp4_and_mp3_play_everywhere(plan: Plan) -> None:
    """People link to `/<hash>.mp4` and `/<hash>.mp3` and expect them to play."""
    for output in outputs(plan):
        if output.suffix in (".mp4", ".mp3"):
            assert output.plays_in_browsers
            assert output.is_full_size
            assert output.preference == 0


@pytest.mark.parametrize("name", ROWS)
def test_what_is_private_is_never_kept(name: str) -> None:
    """An original that carries something private is not published byte for byte."""
    kept = commands_by(PLANS[name], Tool.KEEP)
    assert not (kept and ROWS[name].probe.has_private_data)


@every_plan
def test_only_what_is_essential_must_succeed(plan: Plan) -> None:
    """A deferred step that fails is left out, since the media plays without; but the MP4 that everybody links to
    must come, even when it comes with the ladder."""
    for step in plan.steps:
        is_extra = all(output.role is Role.EXTRA for output in step.outputs)
        makes_mp4 = any(output.name == "mp4" for output in step.outputs)
        expected = is_extra or (step.stage is Stage.DEFERRED and not makes_mp4)
        assert step.may_fail is expected, step.name


@every_plan
def test_the_mime_type_fits_the_suffix(plan: Plan) -> None:
    """A web server that serves by the name of the file sends the MIME type that the API says."""
    by_suffix = {
        **{".mp4": "video/mp4", ".webm": "video/webm", ".jpg": "image/jpeg", ".png": "image/png"},
        **{".webp": "image/webp", ".avif": "image/avif", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"},
        **{".m3u8": "application/vnd.apple.mpegurl", ".vtt": "text/vtt", ".json": "application/json"},
    }
    for output in outputs(plan):
        if output.role is not Role.ORIGINAL and output.suffix != ".audio.mp4":
            assert (
                output.mime == by_suffix[output.suffix[output.suffix.rindex(".") :]] or ".audio." in output.suffix
            )


@every_plan
def test_costs_are_positive(plan: Plan) -> None:
    """Progress is weighed by cost, so each step has one."""
    assert all(step.cost_s > 0 for step in plan.steps)


@every_plan
def test_ffmpeg_reads_the_input_alone(plan: Plan) -> None:
    """FFmpeg opens the file `input`, or what the same step has made of it, as one of the formats we know, and
    nothing that is named inside it."""
    for step, command in commands_by(plan, Tool.FFMPEG):
        options, _ = options_of(command)
        inputs = {value for option, value in options if option == "-i"}
        assert all(path == INPUT or str(path).startswith(STEM) or step.name == "cover" for path in inputs)
        before = dict(options[: next(n for n, (option, _) in enumerate(options) if option == "-i")])
        assert before["-protocol_whitelist"] == "file"
        assert before["-format_whitelist"] == ",".join(DEMUXERS)
        assert not {"-lavfi", "-filter_script", "-attach"} & set(command.arguments)


@every_plan
def test_no_filter_opens_a_file(plan: Plan) -> None:
    """Only filters are used that work on the frames before them; some others read files of their own."""
    working = {
        "estdif",
        *(
            "scale",
            "setsar",
            "format",
            "bwdif",
            "thumbnail",
            "split",
            "drawbox",
            "overlay",
            "fps",
            "null",
            "select",
        ),
        *("zscale", "tonemap", "alphamerge", "entropy", "metadata", "tile", "aformat", "asetnsamples", "astats"),
        *("ametadata", "aresample", "setpts", "pad", "metadata", "trim", "tpad", "interleave", "concat", "asettb"),
        "setparams",
    }
    for _, command in commands_by(plan, Tool.FFMPEG):
        options = dict(options_of(command)[0])
        chain = ",".join(options.get(name) or "" for name in ("-vf", "-af", "-filter_complex"))
        plain = re.sub(r"'[^']*'|\\\\.", "", re.sub(r"\[[\w:]*\]", "", chain))
        names = {part.partition("=")[0].partition("@")[0] for part in re.split("[,;]", plain) if part}
        assert names <= working


@every_plan
def test_ffmpeg_reports_and_asks_nothing(plan: Plan) -> None:
    """FFmpeg reports its progress and never waits for an answer."""
    for _, command in commands_by(plan, Tool.FFMPEG):
        assert "-nostdin" in command.arguments
        assert "-progress" in command.arguments or command.duration_s is None


@every_plan
def test_ffmpeg_carries_nothing_over(plan: Plan) -> None:
    """No tag, chapter, subtitle or data stream of the original reaches a film, a sound or a picture."""
    for step, command in commands_by(plan, Tool.FFMPEG):
        if step.outputs[0].mime.split("/")[0] in ("video", "audio", "image"):
            options, _ = options_of(command)
            for option in (("-map_metadata", "-1"), ("-map_chapters", "-1"), ("-dn", None), ("-sn", None)):
                assert option in options, step.name


@every_plan
def test_the_picture_tool_reads_the_input_alone(plan: Plan) -> None:
    """The picture tool turns the file `input`, or a cover or poster that the step made of it, into another."""
    for step, command in commands_by(plan, Tool.PICTURE):
        verb, source, path, *_ = command.arguments
        assert verb in ("convert", "optimise")
        assert source == INPUT or step.name in ("cover", "poster")
        assert path in {output.path for output in step.outputs} or step.name == "cover"


@every_plan
def test_only_originals_are_kept_or_cleaned(plan: Plan) -> None:
    """What is told to those that run no program is the name of the output, and for cleaning its type."""
    for tool in (Tool.KEEP, Tool.CLEAN):
        for step, command in commands_by(plan, tool):
            (output,) = step.outputs
            assert output.role is Role.ORIGINAL
            assert command.arguments == ((output.path,) if tool is Tool.KEEP else (output.path, output.mime))


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.probe.kind is BlobType.IMAGE])
def test_the_first_of_an_images_files_is_an_image(name: str) -> None:
    """Clients take the first entry of an image's files for its `<img>`; every browser shows what plays at once."""
    made = (o for o in outputs(PLANS[name]) if o.role in (Role.ORIGINAL, Role.RENDITION))
    listed = sorted(made, key=lambda output: output.preference)
    assert all(output.mime.startswith("image/") for output in listed)
    assert listed[0].plays_in_browsers


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("opaque GIF loop", ["mp4", "webm", "original"]),
        ("animated WebP", ["original", "mp4", "webm"]),
        ("APNG", ["original", "mp4", "webm"]),
        ("MP4 from a phone", ["original", "webm", "chat"]),
        ("MP4 with HEVC", ["mp4", "webm", "chat", "original"]),
        ("a heavy film from a phone", ["original", "webm", "light", "chat", "hls"]),
        ("a long film that must be transcoded", ["mp4", "webm", "low", "chat", "hls", "low.hls", "original"]),
        ("MP3", ["original", "opus"]),
        ("FLAC", ["mp3", "opus", "original"]),
        ("JPEG", ["original", "webp", "avif"]),
        ("BMP", ["png", "webp", "original"]),
        ("AVIF", ["original", "jpeg", "webp"]),
    ],
)
def test_files_are_preferred_in_this_order(name: str, order: list[str]) -> None:
    """The order of `files` in the API."""
    listed = [
        o for o in outputs(PLANS[name]) if o.role in (Role.ORIGINAL, Role.RENDITION) and o.name != "optimised"
    ]
    assert [output.name for output in sorted(listed, key=lambda o: (o.preference, o.name))] == order


@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("MP4 from a phone", True),
        ("MP4 with HEVC", False),
        ("H.264 in MKV", False),
        ("H.264 in MOV from a phone", False),
        ("10-bit H.264", False),
        ("WebM", True),
        ("MP3", True),
        # Layer II: no browser has a decoder for it.
        ("MP2", False),
        ("FLAC", True),
        ("AAC", True),
        ("ALAC", False),
        # It stands for the Opus rendition, which is said to play.
        ("Opus", True),
        ("BMP", False),
        ("TIFF", False),
        ("AVIF", True),
        ("opaque GIF loop", True),
    ],
)
def test_originals_say_whether_browsers_play_them(name: str, plays: bool) -> None:
    """A page offers an original to a browser only where browsers play it."""
    assert step_of(name, "original").outputs[0].plays_in_browsers is plays


@pytest.mark.parametrize(
    ("name", "step", "codecs"),
    [
        ("MP4 from a phone", "webm", "av01.0.05M.08,opus"),
        ("no sound", "webm", "av01.0.05M.08"),
        ("4K from a phone held upright", "webm", "av01.0.08M.08,opus"),
        ("opaque GIF loop", "webm", "av01.0.00M.08"),
        ("FLAC", "opus", "opus"),
    ],
)
def test_codecs_are_named_for_browsers(name: str, step: str, codecs: str) -> None:
    """A browser learns from the codecs whether to load a file at all."""
    assert step_of(name, step).outputs[-1].codecs == codecs


def test_what_is_only_smaller_must_be_worth_it() -> None:
    """A further picture, or a lighter film, is published only where it saves something; nothing else is weighed."""
    weighed = {o.name for plan in PLANS.values() for o in outputs(plan) if o.min_saving is not None}
    assert weighed == {"webp", "avif", "optimised", "light"}


def test_the_operator_sets_height_and_chat_size() -> None:
    """Films are as high as the rule says; without room in chats there is no film for them."""
    probe = film("video/mp4", "mp4", HEVC)
    small = plan_for(probe, Rules(rendition_height=360, chat_max_bytes=0))
    assert "scale=640:360" in " ".join(small.steps[0].commands[0].arguments)
    assert not [step for step in small.steps if step.name == "chat"]


def test_a_film_too_long_for_a_chat_gets_none() -> None:
    """In 10 MB an hour would be nothing to look at."""
    plan = plan_for(film("video/mp4", "mp4", duration_s=3600.0), Rules())
    assert not [step for step in plan.steps if step.name == "chat"]


def test_pieces_change_no_plan() -> None:
    """The steps of a film that is split are those of the whole, also where a chat's limit leaves hardly enough."""
    whole = film("video/mp4", "mp4", duration_s=343.0)
    pieces = tuple(Piece(start_s=28.0 * number, frames=700) for number in range(12))
    names = [
        [step.name for step in plan_for(probe, Rules()).steps] for probe in (whole, replace(whole, pieces=pieces))
    ]
    assert "chat" in names[0]
    assert names[0] == names[1]
    longer = plan_for(replace(whole, duration_s=346.0), Rules())
    assert "chat" not in [step.name for step in longer.steps]


def test_costs_grow_with_the_work() -> None:
    """A copy is cheap whatever its length; a transcode of ten times the film costs ten times as much."""
    short = film("video/mp4", "mp4", HEVC, duration_s=3.0)
    long = replace(short, duration_s=30.0)
    copied = film("video/mp4", "mp4", duration_s=600.0)
    cost = {name: plan_for(probe, Rules()).steps[0].cost_s for name, probe in (("short", short), ("long", long))}
    assert cost["long"] == pytest.approx(10 * cost["short"])
    assert plan_for(copied, Rules()).steps[0].cost_s < 1 < cost["short"]


@pytest.mark.parametrize(
    ("change", "can_copy"),
    [
        ({}, True),
        ({"profile": "Constrained Baseline"}, True),
        ({"profile": "Main"}, True),
        ({"pixel_format": "yuvj420p"}, True),
        ({"level": 52}, True),
        ({"rotation": 90}, True),
        ({"codec": "hevc"}, False),
        ({"profile": "High 10"}, False),
        ({"profile": "High 4:2:2"}, False),
        ({"profile": "Extended"}, False),
        ({"profile": ""}, False),
        ({"pixel_format": "yuv422p"}, False),
        ({"pixel_format": "yuv420p10le"}, False),
        ({"level": 60}, False),
        ({"pixel_aspect": 4 / 3}, False),
        ({"is_interlaced": True}, False),
    ],
)
def test_only_what_every_browser_plays_is_copied(change: dict[str, object], can_copy: bool) -> None:
    """H.264 in 8 bit 4:2:0, progressive, with square pixels is copied; the rest is made so."""
    assert copies_video(replace(H264, **change)) is can_copy


@pytest.mark.parametrize(
    ("audio", "can_copy"),
    [
        (None, True),
        (AAC, True),
        (replace(AAC, channels=1), True),
        (replace(AAC, channels=3), False),
        (replace(AAC, profile="HE-AAC"), False),
        (replace(AAC, profile=""), False),
        (replace(AAC, codec="mp3", profile=""), False),
        (SURROUND, False),
    ],
)
def test_only_plain_aac_is_copied(audio: AudioStream | None, can_copy: bool) -> None:
    """AAC-LC in mono or stereo, or silence, is copied; other sound is encoded."""
    assert copies_audio(film("video/mp4", "mp4", audio=audio)) is can_copy

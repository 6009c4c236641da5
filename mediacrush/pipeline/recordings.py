"""The facts of a film or a sound from ffprobe's answer. Pure."""

from dataclasses import replace
from typing import Any

from mediacrush.errors import StepFailed, Unrecognised
from mediacrush.model import formats
from mediacrush.model.media import BlobType
from mediacrush.pipeline.containers.walking import Findings
from mediacrush.pipeline.containers.words import tag_word
from mediacrush.pipeline.facts import Attachment, AudioStream, Chapter, Probe, SubtitleStream, VideoStream
from mediacrush.pipeline.labels import clean_text, language_code
from mediacrush.pipeline.payloads import can_be_cleaned, is_bare

# FFmpeg calls a guess of 25 of 100 or less "try again with more data": such a find is noise, not a format.
_MIN_PROBE_SCORE = 26
_TAGS = ("title", "artist", "album", "composer")
# What a picture's pixels may be stretched by; beyond, the container is broken or wants to make us make huge frames.
_MAX_PIXEL_ASPECT = 16.0
# A frame rate that is said twice differs by rounding; beyond this share frames do not follow each other evenly.
_RATE_DIFFERS = 0.01
# No container spends less on a frame, be it one that says that nothing has changed.
_FRAME_MIN_BYTES = 4
_NOTHING = "This is no photo, animation, film or sound that can be read here."
_UNKNOWN_CODEC = "Its pictures and sounds are written in a way that is not known here."
_PROTECTED = "It is protected against copying, so it cannot be played here."

_TEXT_CODECS = frozenset(
    {
        *("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text", "microdvd", "subviewer", "subviewer1"),
        *("sami", "realtext", "mpl2", "jacosub", "pjs", "stl", "vplayer"),
    }
)
_FONT_MIMES = (
    "font/",
    "application/x-truetype-font",
    "application/x-font",
    "application/font",
    "application/vnd.ms-opentype",
)
_FONT_CODECS = frozenset({"ttf", "otf"})
# Codecs of stills, as covers are, also where the container does not call them so.
_STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpegxl", "jpegls", "jpeg2000"})
_STILL_RATE = 1000.0
_PROTECTED_TAGS = frozenset({"encv", "enca", "drmi", "drms"})
_TRACK_WORDS = {
    "gpmd": ("camera", "location"),
    "camm": ("camera", "location"),
    "rtmd": ("camera", "location"),
    "djmd": ("camera", "location"),
    "fdsc": ("camera",),
    "tmcd": ("date",),
}

Stream = dict[str, Any]


def read_ffprobe(facts: dict[str, Any], sniffed: str, size_bytes: int) -> Probe:
    """The probe of a film or a sound from ffprobe's JSON, before anybody has looked into its container.

    Raises Unrecognised when there is neither, or only a guess, StepFailed when it is encrypted.
    """
    container, streams = facts.get("format", {}), facts.get("streams", [])
    numbered = [s for s in streams if isinstance(s.get("index"), int)]
    sounds = [s for s in numbered if s.get("codec_type") == "audio"]
    pictures = [s for s in numbered if s.get("codec_type") == "video"]
    covers = [s for s in pictures if _is_cover(s, has_sound=bool(sounds))]
    films = [s for s in pictures if s not in covers and _is_sized(s)]
    heard = [s for s in sounds if s.get("codec_name")]
    _require_media(container, [*pictures, *sounds], has_media=bool(films or heard))
    duration_s = _duration_s(container, streams)
    video = _with_possible_rate(_video_stream(films[0]), size_bytes, duration_s) if films else None
    kind = BlobType.VIDEO if video else BlobType.AUDIO
    codec = str((films or heard)[0]["codec_name"])
    row = formats.by_demuxer(str(container.get("format_name", "")), kind, sniffed, codec)
    described = [*(s for s in streams if s not in covers), container]
    tags = {
        str(k).lower(): str(v)
        for source in (*facts.get("programs", ()), *described)
        for k, v in source.get("tags", {}).items()
    }
    words = _words(streams, tags, is_sound=kind is BlobType.AUDIO)
    return Probe(
        mime=row.mime,
        extension=row.extension,
        kind=kind,
        size_bytes=size_bytes,
        width=video.displayed_size[0] if video else None,
        height=video.displayed_size[1] if video else None,
        duration_s=duration_s,
        has_private_data=True,
        removed=tuple(sorted(words)),
        video=_with_bitrate(video, container, heard) if video else None,
        audio=_audio_stream(heard[0]) if heard else None,
        audio_count=len(heard),
        subtitles=tuple(_subtitle(s) for s in numbered if s.get("codec_name") in _TEXT_CODECS),
        attachments=tuple(_attachment(s) for s in numbered if _is_font(s)),
        chapters=tuple(_chapters(facts.get("chapters", []))),
        cover_index=covers[0]["index"] if covers and kind is BlobType.AUDIO else None,
        streams=tuple(s["index"] for s in numbered if s in films[:1] or s in heard),
        tags={n: tag for n in _TAGS if (tag := clean_text(tags.get(n)))} if kind is BlobType.AUDIO else {},
    )


def with_findings(probe: Probe, findings: Findings) -> Probe:
    """The probe with what the walk through its container has found: only what is verified, says nothing and leaves
    no room between its frames may be served as it came."""
    words = findings.words | set(probe.removed)
    is_bare_film = probe.video is None or is_bare(probe.video.codec)
    is_clean = findings.is_verified and not words and is_bare_film
    return replace(
        probe,
        has_private_data=not is_clean,
        can_be_copied=not findings.is_stuck
        and (probe.video is None or can_be_cleaned(probe.video.codec, probe.extension)),
        removed=tuple(sorted(words)),
    )


def _require_media(container: dict[str, Any], streams: list[Stream], *, has_media: bool) -> None:
    if _integer(container.get("probe_score")) < _MIN_PROBE_SCORE:
        raise Unrecognised(_NOTHING)
    if any(s.get("codec_tag_string") in _PROTECTED_TAGS for s in streams):
        raise StepFailed(_PROTECTED)
    if not has_media:
        raise Unrecognised(_UNKNOWN_CODEC if any(not s.get("codec_name") for s in streams) else _NOTHING)


def _words(streams: list[Stream], tags: dict[str, str], *, is_sound: bool) -> set[str]:
    words = {word for name, value in tags.items() if (word := tag_word(name, value, is_sound=is_sound))}
    for stream in streams:
        if stream.get("codec_type") == "data":
            words |= set(_TRACK_WORDS.get(str(stream.get("codec_tag_string")), ("other",)))
    return words


def possible_covers(facts: dict[str, Any]) -> list[Stream]:
    """The pictures beside a sound of which only the number of their frames can say whether they are its cover."""
    streams = facts.get("streams", [])
    has_sound = any(s.get("codec_type") == "audio" for s in streams)
    return [
        s
        for s in streams
        if has_sound
        and s.get("codec_name") in _STILL_CODECS
        and isinstance(s.get("index"), int)
        and "nb_frames" not in s
        and not _is_cover(s, has_sound=True)
    ]


def _is_cover(stream: Stream, *, has_sound: bool) -> bool:
    """A picture that stands for the recording; in some containers it looks like a film of one frame."""
    if stream.get("disposition", {}).get("attached_pic"):
        return True
    rate = _ratio(stream.get("avg_frame_rate"), "/")
    is_one_frame = stream.get("nb_frames") == "1" or rate == 0 or rate >= _STILL_RATE
    return has_sound and stream.get("codec_name") in _STILL_CODECS and is_one_frame


def _is_sized(stream: Stream) -> bool:
    return (
        bool(stream.get("codec_name")) and _integer(stream.get("width")) > 0 and _integer(stream.get("height")) > 0
    )


def _duration_s(container: dict[str, Any], streams: list[Stream]) -> float | None:
    """The container's duration, or its longest stream's; None when nothing says it."""
    whole = _number(container.get("duration"))
    longest = max((_number(stream.get("duration")) for stream in streams), default=0.0)
    return next((duration for duration in (whole, longest) if duration > 0), None)


def _video_stream(stream: Stream) -> VideoStream:
    aspect = _ratio(stream.get("sample_aspect_ratio"), ":")
    average, nominal = _ratio(stream.get("avg_frame_rate"), "/"), _ratio(stream.get("r_frame_rate"), "/")
    pixel_format, tags = str(stream.get("pix_fmt", "")), stream.get("tags", {})
    return VideoStream(
        index=stream["index"],
        codec=stream.get("codec_name", ""),
        profile=str(stream.get("profile", "")),
        level=_integer(stream.get("level")),
        pixel_format=pixel_format,
        width=_integer(stream["width"]),
        height=_integer(stream["height"]),
        rotation=_rotation(stream),
        pixel_aspect=aspect if 1 / _MAX_PIXEL_ASPECT <= aspect <= _MAX_PIXEL_ASPECT else 1.0,
        frame_rate=max(0.0, average or nominal),
        is_interlaced=stream.get("field_order", "progressive") in ("tt", "bb", "tb", "bt"),
        color_transfer=_name(stream, "color_transfer"),
        color_primaries=_name(stream, "color_primaries"),
        color_space=_name(stream, "color_space"),
        color_range=_name(stream, "color_range"),
        has_alpha=str(tags.get("alpha_mode", tags.get("ALPHA_MODE"))) == "1" or has_alpha_channel(pixel_format),
        bits=bits_of(pixel_format, _integer(stream.get("bits_per_raw_sample"))),
        bitrate_bps=_integer(stream.get("bit_rate")) or None,
        frame_count=_integer(stream.get("nb_frames")) or None,
        is_variable_rate=average > 0 and nominal > 0 and not _is_even(average, nominal),
    )


def _with_possible_rate(video: VideoStream, size_bytes: int, duration_s: float | None) -> VideoStream:
    """Frames at a rate that so few bytes can hold; where a file says more, filters would make them up."""
    if not duration_s:
        return video
    return replace(video, frame_rate=min(video.frame_rate, size_bytes / _FRAME_MIN_BYTES / duration_s))


def _is_even(average: float, nominal: float) -> bool:
    """Whether frames follow each other evenly; the nominal rate of some counts their two fields."""
    return any(abs(average * fields / nominal - 1) <= _RATE_DIFFERS for fields in (1, 2))


def _with_bitrate(video: VideoStream, container: dict[str, Any], sounds: list[Stream]) -> VideoStream:
    """Where the stream does not say how many bits a second it takes: what the whole file takes, less its sounds."""
    whole = _integer(container.get("bit_rate"))
    left = whole - sum(_integer(sound.get("bit_rate")) for sound in sounds)
    # MPEG-1 announces 104857200 where it means "varies".
    is_known = video.bitrate_bps is not None and (not whole or video.bitrate_bps <= whole)
    return video if is_known else replace(video, bitrate_bps=left if left > 0 else None)


def _rotation(stream: Stream) -> int:
    """Degrees anticlockwise, as FFmpeg's display matrix has it; QuickTime's old tag counts the other way."""
    turns = [_integer(d.get("rotation")) for d in stream.get("side_data_list", [])]
    tagged = -_integer(stream.get("tags", {}).get("rotate"))
    return next((turn % 360 for turn in (*turns, tagged) if turn), 0)


def _name(stream: Stream, field: str) -> str:
    value = str(stream.get(field, ""))
    return "" if value in ("unknown", "reserved") else value


def has_alpha_channel(pixel_format: str) -> bool:
    """Whether FFmpeg's pixel format of this name has transparency."""
    return pixel_format.startswith(
        ("yuva", "rgba", "argb", "bgra", "abgr", "ya8", "ya16", "gbrap", "pal8", "ayuv", "vuya")
    )


def bits_of(pixel_format: str, stated: int) -> int:
    """Bits of one channel, by the name of FFmpeg's pixel format (`yuv420p10le`) where the stream does not say."""
    name = pixel_format.removesuffix("le").removesuffix("be")
    digits = name[len(name.rstrip("0123456789")) :]
    by_name = int(digits) if digits in ("9", "10", "12", "14", "16") else 8
    packed = {"rgb48": 16, "bgr48": 16, "rgba64": 16, "bgra64": 16, "p010": 10, "p016": 16, "x2rgb10": 10}
    return max(packed.get(name, by_name), stated if stated in range(9, 17) else 0)


def _audio_stream(stream: Stream) -> AudioStream:
    return AudioStream(
        index=stream["index"],
        codec=stream["codec_name"],
        profile=str(stream.get("profile", "")),
        channels=_integer(stream.get("channels")),
        sample_rate=_integer(stream.get("sample_rate")),
        bitrate_bps=_integer(stream.get("bit_rate")) or None,
    )


def _subtitle(stream: Stream) -> SubtitleStream:
    tags, disposition = stream.get("tags", {}), stream.get("disposition", {})
    return SubtitleStream(
        index=stream["index"],
        codec=stream["codec_name"],
        language=language_code(tags.get("language")),
        title=clean_text(tags.get("title")),
        is_forced=bool(disposition.get("forced")),
        is_default=bool(disposition.get("default")),
    )


def _is_font(stream: Stream) -> bool:
    mime = str(stream.get("tags", {}).get("mimetype", "")).lower()
    name = str(stream.get("tags", {}).get("filename", "")).lower()
    is_named = mime.startswith(_FONT_MIMES) or name.endswith((".ttf", ".otf", ".ttc", ".woff", ".woff2"))
    return stream.get("codec_type") == "attachment" and (stream.get("codec_name") in _FONT_CODECS or is_named)


def _attachment(stream: Stream) -> Attachment:
    name = clean_text(stream.get("tags", {}).get("filename")).replace("\\", "/").rpartition("/")[2]
    return Attachment(index=stream["index"], filename=name, mime=clean_text(stream.get("tags", {}).get("mimetype")))


def _chapters(chapters: list[dict[str, Any]]) -> list[Chapter]:
    """The chapters that have a length; some containers begin with one of none."""
    read = (
        Chapter(
            start_s=_number(c.get("start_time")),
            end_s=_number(c.get("end_time")),
            title=clean_text(c.get("tags", {}).get("title")),
        )
        for c in chapters
    )
    return [c for c in read if 0 <= c.start_s < c.end_s]


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

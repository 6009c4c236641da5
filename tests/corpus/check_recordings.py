"""Looking at published films and sounds: length, codecs, shape, colours and loudness are as sent."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from mediacrush.model.media import PublishedFile, Role
from mediacrush.pipeline.tools import Tools
from tests.corpus.cases import Expected, Quadrants
from tests.corpus.looks import corners, wrong_colours

# A frame or two that stay longer are much of a film that has fifteen.
_MAX_FRAME_RATE, _RATE_OFF = 60, 0.15
# Encoders add silence at both ends; a film may end with its last frame or with its sound.
_LENGTH_OFF_S = 0.25
# ITU-R BS.1770's loudness of what was sent and of what came out may differ by so many LU. It counts the channels at
# the back for more than a mix of them all.
_LOUDNESS_OFF, _MIXED_DOWN_OFF = 1.0, 3.5
_LOUDNESS = re.compile(rb"I:\s+(-?[\d.]+) LUFS")
_FIELDS = re.compile(rb"Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)")


def film_complaints(
    file: PublishedFile, path: Path, original: Path, tools: Tools, expect: Expected, duration_s: float | None
) -> Iterator[str]:
    """What is wrong with a published MP4 or WebM, a sentence each."""
    facts = _facts(path, tools)
    by_kind = {stream["codec_type"]: stream for stream in facts["streams"]}
    film, sound = by_kind.get("video", {}), by_kind.get("audio")
    is_mp4 = path.suffix == ".mp4"
    codecs = ("h264", "aac") if is_mp4 else ("av1", "opus")
    pixels = "yuvj420p" if expect.full_range and is_mp4 else "yuv420p"
    if (film.get("codec_name"), film.get("pix_fmt")) != (codecs[0], pixels):
        yield f"{file.filename} has {film.get('codec_name')} {film.get('pix_fmt')}"
    if file.role is not Role.ORIGINAL and not is_mp4 and film.get("color_space") in (None, "unknown", "gbr"):
        yield f"{file.filename} does not say in which colours it is"
    if is_mp4 and film.get("profile") not in ("High", "Main", "Constrained Baseline"):
        yield f"{file.filename} has the profile {film.get('profile')}"
    if is_mp4 and not _begins_with_index(path):
        yield f"{file.filename} has its index at the end"
    if bool(sound) != expect.has_audio:
        yield f"{file.filename} has {'a' if sound else 'no'} sound"
    if sound:
        if sound["codec_name"] != codecs[1] or sound["channels"] > 2:
            yield f"{file.filename} has {sound['codec_name']} of {sound['channels']} channels"
        yield from _loudness_complaints(file, path, original, tools)
    yield from _length(file, facts, duration_s)
    if expect.frame_rate:
        shown, wanted = _ratio(film["avg_frame_rate"]), min(expect.frame_rate, _MAX_FRAME_RATE)
        if abs(shown / wanted - 1) > _RATE_OFF:
            yield f"{file.filename} has {shown} frames a second"
    if expect.was_interlaced:
        yield from _in_fields(file, path, tools)
    if expect.width and expect.height:
        yield from _shape(file.filename, film, (expect.width, expect.height))
    if expect.colours:
        middle = _middle(path, tools, float(facts["format"]["duration"]))
        yield from wrong_colours(file.filename, middle, expect)


def sound_complaints(
    file: PublishedFile, path: Path, original: Path, tools: Tools, duration_s: float | None
) -> Iterator[str]:
    """What is wrong with a published MP3 or Opus, a sentence each."""
    facts = _facts(path, tools)
    (stream,) = facts["streams"]
    if stream["codec_name"] != file.name or stream["channels"] > 2:
        yield f"{file.filename} has {stream['codec_name']} of {stream['channels']} channels"
    yield from _length(file, facts, duration_s)
    yield from _loudness_complaints(file, path, original, tools)


def waveform_complaints(file: PublishedFile, path: Path, duration_s: float | None) -> Iterator[str]:
    """What is wrong with the peaks of a tone."""
    told = json.loads(path.read_text(encoding="ascii"))
    if abs(told["duration"] - (duration_s or told["duration"])) > _LENGTH_OFF_S:
        yield f"{file.filename} lasts {told['duration']} s"
    if not 0.02 < max(told["peaks"]) <= 1:
        yield f"{file.filename} peaks at {max(told['peaks'])}"


def _facts(path: Path, tools: Tools) -> dict[str, Any]:
    words = [*tools.ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    facts: dict[str, Any] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return facts


def _begins_with_index(path: Path) -> bool:
    data = path.read_bytes()
    return data.index(b"moov") < data.index(b"mdat")


def _length(file: PublishedFile, facts: dict[str, Any], duration_s: float | None) -> Iterator[str]:
    lasts_s = float(facts["format"]["duration"])
    if duration_s and abs(lasts_s - duration_s) > _LENGTH_OFF_S:
        yield f"{file.filename} lasts {lasts_s} s, what was sent {duration_s} s"


def _loudness_complaints(file: PublishedFile, path: Path, original: Path, tools: Tools) -> Iterator[str]:
    sent, published = _loudness(original, tools), _loudness(path, tools)
    streams = _facts(original, tools)["streams"]
    channels = next(stream["channels"] for stream in streams if stream["codec_type"] == "audio")
    if abs(sent - published) > (_MIXED_DOWN_OFF if channels > 2 else _LOUDNESS_OFF):
        yield f"{file.filename} is {published} LUFS loud, what was sent {sent}"


def _loudness(path: Path, tools: Tools) -> float:
    """Of the first sound, one channel counted as heard from two speakers; -70 is silence."""
    measure = ["-map", "0:a:0", "-af", "ebur128=dualmono=1:framelog=quiet", "-f", "null", "-"]
    said = subprocess.run([*tools.ffmpeg, "-nostdin", "-i", str(path), *measure], capture_output=True, check=False)
    return float(_LOUDNESS.findall(said.stderr)[-1])


def _in_fields(file: PublishedFile, path: Path, tools: Tools) -> Iterator[str]:
    words = [*tools.ffmpeg, "-nostdin", "-i", str(path), "-vf", "idet", "-f", "null", "-"]
    found = _FIELDS.findall(subprocess.run(words, check=True, capture_output=True).stderr)
    top, bottom, progressive = map(int, found[-1])
    if top + bottom > progressive:
        yield f"{file.filename} shows {top + bottom} combed frames and {progressive} whole ones"


def _ratio(text: str) -> float:
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def _shape(filename: str, film: dict[str, object], size: tuple[int, int]) -> Iterator[str]:
    """As displayed: 4:2:0 takes even pixels, so one may be missing either way."""
    got, turned = (int(str(film["width"])), int(str(film["height"]))), False
    for data in film.get("side_data_list", []):  # type: ignore[attr-defined]
        turned |= abs(int(data.get("rotation", 0))) in (90, 270)
    numerator, _, denominator = str(film.get("sample_aspect_ratio", "1:1")).partition(":")
    width = round(got[0] * int(numerator) / int(denominator)) if int(denominator or 0) else got[0]
    shown = (got[1], width) if turned else (width, got[1])
    if any(abs(is_ - wanted) > 1 for is_, wanted in zip(shown, size, strict=True)):
        yield f"{filename} is {shown}"


def _middle(path: Path, tools: Tools, duration_s: float) -> Quadrants:
    """The four corners of the frame in the middle of a film, as ffmpeg shows it."""
    words = ["-v", "error", "-ss", f"{duration_s / 2:.3f}", "-i", str(path), "-frames:v", "1"]
    scale = ["-vf", "scale=64:64:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    first = ["-v", "error", "-i", str(path), "-frames:v", "1"]
    for seek in (words, first):
        pixels = subprocess.run([*tools.ffmpeg, *seek, *scale], check=True, capture_output=True).stdout
        if pixels:
            break
    return corners(Image.frombytes("RGB", (64, 64), pixels))

"""Looking at what was published: does it play, does it show what was sent, does it tell nothing about its maker."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import patch

import numpy
from PIL import Image, ImageFile, ImageOps, ImageStat, UnidentifiedImageError

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.model.media import BlobType, Media, PublishedFile, Role
from mediacrush.pipeline.tools import Tools
from tests.corpus.cases import PLACE, SECRET, Colour, Expected, Quadrants

SECRETS = tuple(word.encode(code) for word in (SECRET, PLACE) for code in ("ascii", "utf-16-le", "utf-16-be"))
_SHOWN_BY_BROWSERS = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")


def published_path(backends: Backends, file: PublishedFile) -> Path:
    """Where a published file lies."""
    path = backends.storage.local_path(public_key(file.filename))
    assert path is not None, file.filename
    assert path.stat().st_size == file.size_bytes > 0, file.filename
    return path


def complaints(backends: Backends, tools: Tools, media: Media, expect: Expected) -> list[str]:
    """Everything about a finished media that is not as it should be, a sentence each."""
    paths = {file: published_path(backends, file) for file in media.files}
    found = [*_facts(media, expect), *_names(media, expect), *_secrets(paths)]
    if expect.keeps_alpha and not any(_has_alpha(path) for file, path in paths.items() if file.plays_in_browsers):
        found.append("nothing transparent is published")
    for file, path in paths.items():
        if file.mime.startswith("image/") and not file.name.startswith(("storyboard", "cover")):
            found += _image(file, path, expect)
        is_film = file.filename == f"{media.hash}.mp4" or (file.mime == "video/webm" and file.name == "webm")
        if is_film:
            found += _film(file, path, tools, expect)
        if file.name in ("mp3", "opus"):
            found += _sound(file, path, tools)
    return found


def _facts(media: Media, expect: Expected) -> Iterator[str]:
    facts = media.metadata
    size = facts.get("dimensions", {})
    wanted: dict[str, tuple[object, object]] = {
        "kind": (media.blob_type, expect.blob_type),
        "is_animation": (media.is_animation, expect.is_animation),
        "has_audio": (facts["has_audio"], expect.has_audio),
        "has_video": (facts["has_video"], expect.blob_type is BlobType.VIDEO),
        "has_subtitles": (facts["has_subtitles"], expect.has_subtitles),
        "loop": (media.flags.loop and media.flags.autoplay and media.flags.mute, expect.is_animation),
    }
    if expect.width:
        wanted["size"] = ((size.get("width"), size.get("height")), (expect.width, expect.height))
    wanted |= {name: (facts.get(name), value) for name, value in expect.tags}
    yield from (f"{name} is {got}, not {want}" for name, (got, want) in wanted.items() if got != want)
    if expect.duration_s and abs(facts.get("duration", 0) - expect.duration_s) > expect.duration_off_s:
        yield f"duration is {facts.get('duration')}, not {expect.duration_s}"
    if expect.removed and not facts.get("privacy", {}).get("removed"):
        yield "nothing is said to have been removed"


def _names(media: Media, expect: Expected) -> Iterator[str]:
    names = {file.name for file in media.files}
    for wanted in expect.names:
        if not names & set(wanted.split("|")):
            yield f"{wanted} is missing from {sorted(names)}"
    yield from (f"{name} should not be there" for name in expect.absent if name in names)


def _secrets(paths: dict[PublishedFile, Path]) -> Iterator[str]:
    for file, path in paths.items():
        data = path.read_bytes()
        if any(secret in data for secret in SECRETS):
            yield f"{file.filename} tells a secret"


def _has_alpha(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return image.convert("RGBA").getextrema()[3] == (0, 255)
    except UnidentifiedImageError:
        return False


def _image(file: PublishedFile, path: Path, expect: Expected) -> Iterator[str]:
    if file.mime == "image/svg+xml" or not (file.plays_in_browsers or file.role is Role.EXTRA):
        return
    if file.mime not in _SHOWN_BY_BROWSERS:
        yield f"{file.filename} is {file.mime}, which not every browser shows"
        return
    # Browsers show what is there of a torn picture; Pillow does when it is told to.
    with patch.object(ImageFile, "LOAD_TRUNCATED_IMAGES", expect.top_only), Image.open(path) as image:
        image.load()
        # Pillow clips what is deeper than 8 bits instead of scaling it.
        eight = Image.fromarray((numpy.asarray(image) // 257).astype("u1")) if image.mode[0] == "I" else image
        upright = ImageOps.exif_transpose(eight).convert("RGBA")
        profile = image.info.get("icc_profile")
    shown = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    if file.role is not Role.EXTRA and file.is_full_size and expect.width and not expect.is_animation:
        if shown.size != (expect.width, expect.height):
            yield f"{file.filename} is {shown.size}"
        if expect.keeps_profile and not profile:
            yield f"{file.filename} has lost its profile"
    yield from _colours(file.filename, _corners(shown), expect)


def _film(file: PublishedFile, path: Path, tools: Tools, expect: Expected) -> Iterator[str]:
    words = [*tools.ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    facts = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    by_kind = {stream["codec_type"]: stream for stream in facts["streams"]}
    film, sound = by_kind.get("video", {}), by_kind.get("audio")
    codecs = ("h264", "aac") if path.suffix == ".mp4" else ("av1", "opus")
    pixels = "yuvj420p" if expect.full_range and path.suffix == ".mp4" else "yuv420p"
    if (film.get("codec_name"), film.get("pix_fmt")) != (codecs[0], pixels):
        yield f"{file.filename} has {film.get('codec_name')} {film.get('pix_fmt')}"
    if bool(sound) != expect.has_audio:
        yield f"{file.filename} has {'a' if sound else 'no'} sound"
    if sound and (sound["codec_name"] != codecs[1] or sound["channels"] > 2):
        yield f"{file.filename} has {sound['codec_name']} of {sound['channels']} channels"
    if expect.width and expect.height:
        yield from _shape(file.filename, film, (expect.width, expect.height))
    if expect.colours:
        yield from _colours(file.filename, _middle(path, tools, float(facts["format"]["duration"])), expect)


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
    return _corners(Image.frombytes("RGB", (64, 64), pixels))


def _corners(image: Image.Image) -> Quadrants:
    """The mean colour around the middle of each quarter."""
    width, height = image.size
    places: Iterable[tuple[float, float]] = ((0.25, 0.2), (0.75, 0.2), (0.25, 0.8), (0.75, 0.8))
    found = []
    for x, y in places:
        left, top = int(width * (x - 0.1)), int(height * (y - 0.1))
        box = (left, top, max(left + 1, int(width * (x + 0.1))), max(top + 1, int(height * (y + 0.1))))
        red, green, blue = ImageStat.Stat(image.crop(box)).mean
        found.append((int(red), int(green), int(blue)))
    return (found[0], found[1], found[2], found[3])


def _colours(filename: str, shown: Quadrants, expect: Expected) -> Iterator[str]:
    def far(got: Colour, want: Colour) -> bool:
        return any(abs(a - b) > expect.tolerance for a, b in zip(got, want, strict=True))

    looked_at = 2 if expect.top_only else 4
    pairs = list(zip(shown, expect.colours or shown, strict=True))[:looked_at]
    if any(far(got, want) for got, want in pairs):
        yield f"{filename} shows {shown}"


def _sound(file: PublishedFile, path: Path, tools: Tools) -> Iterator[str]:
    words = [*tools.ffprobe, "-v", "error", "-show_streams", "-of", "json", str(path)]
    (stream,) = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)["streams"]
    if stream["codec_name"] != file.name or stream["channels"] > 2:
        yield f"{file.filename} has {stream['codec_name']} of {stream['channels']} channels"
    decode = [*tools.ffmpeg, "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    if not any(subprocess.run(decode, check=True, capture_output=True).stdout):
        yield f"{file.filename} is silent"

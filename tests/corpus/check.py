"""Looking at what was published: does it play, does it show what was sent, does it tell nothing about its maker."""

import math
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.model.media import BlobType, Media, PublishedFile, Role
from mediacrush.pipeline.tools import Tools
from tests.corpus.cases import PLACE, SECRET, Expected
from tests.corpus.check_recordings import film_complaints, sound_complaints, waveform_complaints
from tests.corpus.looks import corners, wrong_colours

SECRETS = tuple(word.encode(code) for word in (SECRET, PLACE) for code in ("ascii", "utf-16-le", "utf-16-be"))
_SHOWN_BY_BROWSERS = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")


def published_path(backends: Backends, file: PublishedFile) -> Path:
    """Where a published file lies."""
    path = backends.storage.local_path(public_key(file.filename))
    assert path is not None, file.filename
    assert path.stat().st_size == file.size_bytes > 0, file.filename
    return path


def complaints(backends: Backends, tools: Tools, media: Media, original: Path, expect: Expected) -> list[str]:
    """Everything about a finished media that is not as it should be; `original` is what was sent."""
    paths = {file: published_path(backends, file) for file in media.files}
    found = [*_facts(media, expect), *_listed(media), *_names(media, expect), *_secrets(paths)]
    found += _texts(paths, expect)
    if expect.keeps_alpha and not any(_has_alpha(path) for file, path in paths.items() if file.plays_in_browsers):
        found.append("nothing transparent is published")
    duration_s = media.metadata.get("duration")
    for file, path in paths.items():
        if file.mime.startswith("image/") and not file.name.startswith("storyboard"):
            found += _image(file, path, expect)
        is_film = file.filename == f"{media.hash}.mp4" or (file.mime == "video/webm" and file.name == "webm")
        if is_film:
            found += film_complaints(file, path, original, tools, expect, duration_s)
        if file.name in ("mp3", "opus"):
            found += sound_complaints(file, path, original, tools, duration_s)
        if file.name == "waveform":
            found += waveform_complaints(file, path, duration_s)
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
    rate = facts.get("frame_rate", 0)
    if expect.frame_rate and not math.isclose(rate, expect.frame_rate, rel_tol=0.02):
        yield f"frame_rate is {rate}, not {expect.frame_rate}"
    if expect.duration_s and abs(facts.get("duration", 0) - expect.duration_s) > expect.duration_off_s:
        yield f"duration is {facts.get('duration')}, not {expect.duration_s}"
    if expect.removed and not facts.get("privacy", {}).get("removed"):
        yield "nothing is said to have been removed"


def _listed(media: Media) -> Iterator[str]:
    """What the API promises of `files`, whatever was sent."""
    files = media.listed_files
    if media.blob_type is BlobType.IMAGE and not files[0].mime.startswith("image/"):
        yield f"the first of an image's files is {files[0].mime}"
    if not any(file.plays_in_browsers and file.is_full_size for file in files):
        yield "nothing that every browser shows is listed"
    smallest = min(file.size_bytes for file in files if file.is_full_size)
    if media.compression != round(media.size_bytes / smallest, 2):
        yield f"compression is {media.compression}"
    if media.progress != 1.0:
        yield f"progress is {media.progress}"


def _texts(paths: dict[PublishedFile, Path], expect: Expected) -> Iterator[str]:
    read = {file.name: path for file, path in paths.items()}
    for name, words in expect.texts:
        if name not in read or words not in read[name].read_text(encoding="utf-8"):
            yield f"{name} does not say {words!r}"


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
    yield from wrong_colours(file.filename, corners(shown), expect)

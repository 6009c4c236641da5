"""The picture for link cards that stands beside posters and covers, made by the real tools."""

from pathlib import Path

import pytest
from PIL import Image

from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import made, planned
from tests.samples import Samples, ffmpeg

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
# Nothing is harder to encode.
_NOISE = "nullsrc=size=1920x1080:duration=1:rate=2,geq=random(1)*255:128:128"


def film(path: Path, source: str) -> Path:
    """A film of this lavfi source."""
    ffmpeg(path, "-f", "lavfi", "-i", source, *_X264)
    return path


@pytest.mark.parametrize(
    ("size", "preview"),
    [("1600x900", (1200, 675)), ("1920x1080", (1200, 675)), ("900x2000", (810, 1800)), ("1200x800", None)],
)
def test_a_wide_poster_has_a_preview(
    tmp_path: Path, tools: Tools, size: str, preview: tuple[int, int] | None
) -> None:
    """At most 1,200 pixels wide and 1,800 high, in the film's shape; both say their true size."""
    source = film(tmp_path / "film.mp4", f"testsrc2=size={size}:duration=0.5:rate=10")
    step = planned(source, tmp_path / "job", tools)["poster"]
    files = made(source, tmp_path / "job", tools, "poster")
    assert list(files) == (["preview", "poster"] if preview else ["poster"])
    for output in step.outputs:
        with Image.open(files[output.name]) as image:
            assert (image.format, image.size) == ("JPEG", (output.width, output.height))
    if preview:
        with Image.open(files["preview"]) as image:
            assert image.size == preview


def test_a_preview_is_light(tmp_path: Path, tools: Tools) -> None:
    """Under 1 MB even of noise."""
    source = film(tmp_path / "film.mp4", _NOISE)
    assert made(source, tmp_path / "job", tools, "poster")["preview"].stat().st_size < 1_000_000


@pytest.mark.parametrize(("size", "corner"), [("300x300", 0), ("900x300", 255), ("30x500", 255)])
def test_a_cover_has_a_square_preview(tmp_path: Path, tools: Tools, size: str, corner: int) -> None:
    """600 by 600 whatever its shape, on white where it is none."""
    picture = tmp_path / "cover.png"
    ffmpeg(picture, "-f", "lavfi", "-i", f"color=black:size={size}", "-frames:v", "1")
    song = tmp_path / "song.mp3"
    ffmpeg(
        song,
        *("-f", "lavfi", "-i", "sine=duration=1", "-i", str(picture), "-map", "0", "-map", "1"),
        *("-c:v", "copy", "-disposition:v", "attached_pic", "-c:a", "libmp3lame"),
    )
    with Image.open(made(song, tmp_path / "job", tools, "cover")["preview"]) as image:
        assert (image.format, image.size) == ("JPEG", (600, 600))
        assert all(abs(value - corner) < 12 for value in image.convert("RGB").getpixel((2, 2)))
        assert max(image.convert("RGB").getpixel((300, 300))) < 12


@pytest.mark.parametrize("sample", ["phone.mp4", "clip.avi", "hevc.mp4", "clip.webm", "loop.gif"])
def test_every_film_says_its_size(samples: Samples, tmp_path: Path, tools: Tools, sample: str) -> None:
    """Cards and players ask for it before they have the file."""
    steps = planned(samples[sample], tmp_path / "job", tools)
    films = [
        output
        for step in steps.values()
        for output in step.outputs
        if output.mime.startswith("video/") and output.name != "original"
    ]
    assert films
    assert all(output.width and output.height for output in films)

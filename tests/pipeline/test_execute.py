"""Each kind of step on a real file, by the real tool."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediacrush.errors import ProcessingError, StepFailed, StepTimedOut
from mediacrush.model.media import Role
from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, STEM, Command, Output, Rules, Stage, Step, Tool
from mediacrush.pipeline.tools import Tools
from tests.samples import Samples, ffmpeg, picture

LIMITS = Limits(timeout_s=60)


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """A job's folder, which holds nothing yet."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def made(workdir: Path, tools: Tools, name: str, fractions: list[float] | None = None) -> Path:
    """What the step `name` makes last, of those planned for the input."""
    step = planned(workdir, tools)[name]
    return execute_step(step, workdir, tools, LIMITS, (fractions if fractions is not None else []).append)[-1]


def planned(workdir: Path, tools: Tools) -> dict[str, Step]:
    """The steps planned for the input, by name."""
    return {step.name: step for step in plan_for(probe_original(workdir, tools, LIMITS), Rules()).steps}


def streams(path: Path, tools: Tools) -> list[dict[str, Any]]:
    """What ffprobe says of the streams of a file: kind, codec, size."""
    entries = "stream=codec_type,codec_name,width,height,pix_fmt,r_frame_rate"
    command = [*tools.ffprobe, "-v", "error", "-show_entries", entries, "-of", "csv=p=0:s=|", str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("|") for line in answer.stdout.splitlines()]


def test_keeping_publishes_every_byte(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A picture that nothing private is in is kept byte for byte, and the input stays for other steps."""
    shutil.copyfile(samples["picture.bmp"], workdir / INPUT)
    output = made(workdir, tools, "original")
    assert output == workdir / f"{STEM}.bmp"
    assert output.read_bytes() == (workdir / INPUT).read_bytes() == samples.bytes("picture.bmp")


def test_cleaning_takes_what_is_private(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A photo loses where and with what it was taken, and no pixel; it still knows which way is up."""
    shutil.copyfile(samples["photo.jpg"], workdir / INPUT)
    output = made(workdir, tools, "original")
    assert output == workdir / f"{STEM}.jpg"
    content = output.read_bytes()
    assert b"Secret" in samples.bytes("photo.jpg")
    assert b"Secret" not in content
    assert "SecretComment".encode("utf-16le") not in content
    with Image.open(output) as cleaned, Image.open(samples["photo.jpg"]) as photo:
        assert cleaned.tobytes() == photo.tobytes()
        assert dict(cleaned.getexif()) == {0x0112: 6}


@pytest.mark.parametrize(
    ("sample", "step", "pillow_format"),
    [("picture.png", "webp", "WEBP"), ("picture.bmp", "png", "PNG"), ("picture.avif", "jpeg", "JPEG")],
)
def test_pillow_converts_pictures(
    samples: Samples, workdir: Path, tools: Tools, sample: str, step: str, pillow_format: str
) -> None:
    """A picture becomes another kind of picture, of the same size."""
    shutil.copyfile(samples[sample], workdir / INPUT)
    with Image.open(made(workdir, tools, step)) as picture:
        picture.load()
        assert (picture.format, picture.size) == (pillow_format, (320, 200))


def test_pillow_turns_what_lies_on_its_side(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A rendition stands upright by its pixels, and needs no word about it."""
    shutil.copyfile(samples["photo.jpg"], workdir / INPUT)
    with Image.open(made(workdir, tools, "webp")) as picture:
        assert picture.size == (600, 800)
        assert not picture.getexif()


@pytest.mark.parametrize("sample", ["loop.gif", "transparent.gif", "loop.webp", "loop.png"])
def test_ffmpeg_makes_films_of_loops(samples: Samples, workdir: Path, tools: Tools, sample: str) -> None:
    """An animation of odd size becomes a film of even size that browsers play."""
    shutil.copyfile(samples[sample], workdir / INPUT)
    output = made(workdir, tools, "mp4")
    assert output == workdir / f"{STEM}.mp4"
    assert streams(output, tools)[0][:5] == ["h264", "video", "100", "76", "yuv420p"]


def test_what_is_transparent_is_white(samples: Samples, workdir: Path, tools: Tools) -> None:
    """The transparent half of an animation is white in its poster, and the other half is not."""
    shutil.copyfile(samples["transparent.gif"], workdir / INPUT)
    with Image.open(made(workdir, tools, "poster")) as poster:
        assert poster.size == (100, 76)
        assert min(poster.getpixel((20, 38))) > 245
        assert min(poster.getpixel((80, 38))) < 245


def test_ffmpeg_tells_how_far_it_is(samples: Samples, workdir: Path, tools: Tools) -> None:
    """While a film is made, the share that is done is told, and ends near one (FFmpeg may step back on the way)."""
    shutil.copyfile(samples["hevc.mp4"], workdir / INPUT)
    fractions: list[float] = []
    output = made(workdir, tools, "mp4", fractions)
    assert [stream[0] for stream in streams(output, tools)] == ["h264", "aac"]
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert fractions[-1] > 0.9


# 2024-01-02T03:04:05Z in seconds since 1904, as the headers of an MP4 have it.
_MADE_AT = (1704164645 + 2082844800).to_bytes(4)


def test_a_phones_film_is_copied_and_cleaned(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A film that plays as it is keeps its streams and loses what it says about its maker, wherever it says it;
    its index stands in front."""
    ffmpeg(
        workdir / "phone.mp4",
        *("-i", str(samples["phone.mp4"]), "-c", "copy", "-metadata:s:v", "handler_name=SecretHandler"),
        *("-metadata", "title=SecretTitle", "-metadata", "creation_time=2024-01-02T03:04:05Z"),
        *("-metadata", "location=+52.5170+013.3889/"),
    )
    (workdir / "phone.mp4").rename(workdir / INPUT)
    private = (b"SecretTitle", b"SecretHandler", b"loci", _MADE_AT)
    assert all(word in (workdir / INPUT).read_bytes() for word in private)
    content = made(workdir, tools, "original").read_bytes()
    assert not any(word in content for word in private)
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert streams(workdir / f"{STEM}.mp4", tools) == streams(workdir / INPUT, tools)


def test_chapters_and_subtitles_stay_behind(samples: Samples, workdir: Path, tools: Tools) -> None:
    """Chapter titles, subtitles and attachments of a film reach no rendition: they may name people and places."""
    (workdir / "chapters").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=SecretChapter\n"
    )
    (workdir / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nSecretWords\n")
    (workdir / "note.txt").write_text("SecretNote")
    ffmpeg(
        workdir / "film.mkv",
        *("-i", str(samples["clip.mkv"]), "-i", str(workdir / "words.srt"), "-i", str(workdir / "chapters")),
        *("-map", "0", "-map", "1", "-map_chapters", "2", "-c", "copy", "-attach", str(workdir / "note.txt")),
        *("-metadata:s:t", "mimetype=text/plain", "-metadata", "location=SecretPlace"),
    )
    (workdir / "film.mkv").rename(workdir / INPUT)
    assert all(
        word in (workdir / INPUT).read_bytes()
        for word in (b"SecretChapter", b"SecretWords", b"SecretNote", b"SecretPlace")
    )
    for name in ("mp4", "original"):
        assert b"Secret" not in made(workdir, tools, name).read_bytes()


def test_a_cover_is_published(samples: Samples, workdir: Path, tools: Tools) -> None:
    """The cover art of a song becomes a JPEG."""
    shutil.copyfile(samples["song.mp3"], workdir / INPUT)
    with Image.open(made(workdir, tools, "cover")) as cover:
        assert (cover.format, cover.size) == ("JPEG", (300, 300))


def test_sounds_become_mp3_and_opus(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A lossless sound gets both of its renditions."""
    shutil.copyfile(samples["sound.flac"], workdir / INPUT)
    for name, codec in (("mp3", "mp3"), ("opus", "opus")):
        assert [stream[0] for stream in streams(made(workdir, tools, name), tools)] == [codec]


# What goes wrong.


def step(tool: Tool, *arguments: str, suffix: str = ".mp4", mime: str = "video/mp4") -> Step:
    """A step of one command; it is told the name of its output where the arguments do not end with it."""
    output = Output(name="made", suffix=suffix, mime=mime, role=Role.RENDITION)
    return Step(
        stage=Stage.ESSENTIAL, commands=(Command(tool=tool, arguments=arguments),), outputs=(output,), cost_s=1.0
    )


def cleaning(suffix: str, mime: str) -> Step:
    """A step that cleans the input."""
    return step(Tool.CLEAN, f"{STEM}{suffix}", mime, suffix=suffix, mime=mime)


@pytest.fixture
def junk(workdir: Path) -> Path:
    """A job's folder whose input no tool can read."""
    (workdir / INPUT).write_bytes(b"\xff\xd8\xff\xe0 This is no picture." * 100)
    return workdir


BROKEN = {
    "FFmpeg cannot read it": step(Tool.FFMPEG, "-i", INPUT, "-y", f"{STEM}.mp4"),
    "FFmpeg does not know the option": step(Tool.FFMPEG, "-no-such-option", "-i", INPUT, "-y", f"{STEM}.mp4"),
    "FFmpeg writes nothing": step(Tool.FFMPEG, "-version"),
    "FFmpeg writes an empty file": step(
        Tool.FFMPEG,
        "-f",
        "data",
        "-i",
        INPUT,
        "-map",
        "0",
        "-t",
        "0",
        "-c",
        "copy",
        "-f",
        "data",
        "-y",
        f"{STEM}.mp4",
    ),
    "Pillow cannot read it": step(
        Tool.PICTURE, "convert", INPUT, f"{STEM}.png", "--format", "png", suffix=".png", mime="image/png"
    ),
    "the tool does not know the format": step(Tool.PICTURE, "convert", INPUT, f"{STEM}.mp4", "--format", "mp4"),
    "a JPEG is malformed": cleaning(".jpg", "image/jpeg"),
    "a PNG is malformed": cleaning(".png", "image/png"),
    "a WebP is malformed": cleaning(".webp", "image/webp"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_step_that_cannot_be_done_has_failed(junk: Path, tools: Tools, name: str) -> None:
    """Whatever a tool stumbles over, the step has failed, with one sentence that names no path and no program."""
    with pytest.raises(ProcessingError) as error:
        execute_step(BROKEN[name], junk, tools, LIMITS, lambda _: None)
    assert isinstance(error.value, StepFailed)
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert not any(word in text.lower() for word in ("/", str(junk), INPUT, "ffmpeg", "pillow", STEM))


def test_an_empty_input_has_nothing_to_show(workdir: Path, tools: Tools) -> None:
    """An empty file is nothing to keep."""
    (workdir / INPUT).touch()
    with pytest.raises(StepFailed):
        execute_step(step(Tool.KEEP, f"{STEM}.mp4"), workdir, tools, LIMITS, lambda _: None)


@pytest.mark.parametrize("tool", [Tool.FFMPEG, Tool.PICTURE])
def test_a_step_has_its_time(samples: Samples, workdir: Path, tools: Tools, tool: Tool) -> None:
    """A tool that takes too long has timed out, which is another failure than a broken file."""
    shutil.copyfile(samples["picture.png"], workdir / INPUT)
    slow = {
        Tool.FFMPEG: step(Tool.FFMPEG, "-f", "lavfi", "-i", "testsrc2", "-y", f"{STEM}.mp4"),
        Tool.PICTURE: step(Tool.PICTURE, "convert", INPUT, f"{STEM}.png", "--format", "png", suffix=".png"),
    }
    with pytest.raises(StepTimedOut):
        execute_step(slow[tool], workdir, tools, Limits(timeout_s=0.02), lambda _: None)


def test_a_step_opens_nothing_but_its_input(samples: Samples, workdir: Path, tools: Tools) -> None:
    """Even past the probe, an input that names another file is not followed: the named one is never opened."""
    os.mkfifo(workdir / "named.mp4")
    shutil.copyfile(samples["clip.mkv"], workdir / INPUT)
    steps = planned(workdir, tools)
    (workdir / INPUT).write_text("ffconcat version 1.0\nfile named.mp4\n")
    with pytest.raises(StepFailed):
        execute_step(steps["mp4"], workdir, tools, Limits(timeout_s=5), lambda _: None)


def test_larger_pictures_than_a_film_said_are_not_decoded(workdir: Path, tools: Tools) -> None:
    """A film may grow while it plays: what is beyond the limit then costs nothing."""
    frames = b""
    for size in ((64, 48), (640, 480)):
        picture(*size).save(workdir / "frame", "JPEG")
        frames += (workdir / "frame").read_bytes() * 5
    (workdir / "frames").write_bytes(frames)
    ffmpeg(workdir / "film.mkv", "-f", "mjpeg", "-i", str(workdir / "frames"), "-c", "copy")
    (workdir / "film.mkv").rename(workdir / INPUT)
    decode = step(
        Tool.FFMPEG, "-i", INPUT, "-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-f", "rawvideo", f"{STEM}.mp4"
    )
    for max_pixels, count in ((640 * 480, 10), (10_000, 5)):
        limits = replace(LIMITS, max_pixels=max_pixels)
        output = execute_step(decode, workdir, tools, limits, lambda _: None)[-1]
        assert output.stat().st_size == count * 64 * 48 * 3 // 2

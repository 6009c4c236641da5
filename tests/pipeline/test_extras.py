"""Poster and cover art: one picture that is worth looking at, made by the real tools."""

import subprocess
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image, ImageStat

from mediacrush.errors import StepFailed
from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import made
from tests.samples import ffmpeg, picture

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_TEST = "testsrc2=size=320x180:rate=10"


def film(path: Path, *parts: str, gop: int = 10, options: tuple[str, ...] = ()) -> Path:
    """A film of these lavfi sources one after another, with a key frame every `gop` frames (0: one only)."""
    inputs = [word for part in parts for word in ("-f", "lavfi", "-i", part)]
    graph = "".join(f"[{n}]" for n in range(len(parts))) + f"concat=n={len(parts)}"
    keys = ("-g", str(gop or 100_000), "-sc_threshold", "0")
    ffmpeg(path, *inputs, "-filter_complex", graph, *_X264, *keys, *options)
    return path


def colour(name: str, seconds: float) -> str:
    return f"color={name}:size=320x180:rate=10:duration={seconds}"


def deviation(path: Path) -> float:
    """How far a picture is from being of one colour: 0 is flat."""
    with Image.open(path) as image:
        return max(ImageStat.Stat(image.convert("RGB")).stddev)


FILMS = {
    "a film of test pictures": ([f"{_TEST}:duration=12"], 10),
    "black for 20 seconds, then something": ([colour("black", 20), f"{_TEST}:duration=20"], 20),
    "black for three minutes": ([colour("black", 180), f"{_TEST}:duration=240"], 50),
    "white first": ([colour("white", 2), f"{_TEST}:duration=3"], 10),
    "green for most of it, key frames few": ([colour("green", 30), f"{_TEST}:duration=40"], 250),
    "black first, one key frame, and that is black": ([colour("black", 1), f"{_TEST}:duration=6"], 0),
    "one frame": ([f"{_TEST}:duration=0.1"], 10),
    "something first, then black to the end": ([f"{_TEST}:duration=2", colour("black", 30)], 10),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_poster_shows_something(tmp_path: Path, tools: Tools, name: str) -> None:
    """Whatever a film begins with, its poster is no picture of one colour where anything in it is not."""
    parts, gop = FILMS[name]
    source = film(tmp_path / "film.mp4", *parts, gop=gop)
    poster = made(source, tmp_path / "job", tools, "poster")["poster"]
    assert deviation(poster) > 30
    with Image.open(poster) as image:
        assert (image.format, image.size) == ("JPEG", (320, 180))


@pytest.mark.parametrize("seconds", [0.1, 5, 90])
def test_a_black_film_has_a_black_poster(tmp_path: Path, tools: Tools, seconds: float) -> None:
    """A film in which nothing is to be seen still has a poster."""
    source = film(tmp_path / "film.mp4", colour("black", seconds))
    assert deviation(made(source, tmp_path / "job", tools, "poster")["poster"]) < 2


@pytest.mark.parametrize("suffix", ["mkv", "ts", "avi", "mov", "mpg", "h264"])
def test_a_poster_from_any_container(tmp_path: Path, tools: Tools, suffix: str) -> None:
    """Where the container has no index, no times or no marks of key frames, the poster is found all the same."""
    source = film(tmp_path / "film.mp4", colour("black", 3), f"{_TEST}:duration=12", gop=20)
    codec = ("-c:v", "mpeg2video", "-r", "25") if suffix == "mpg" else ("-c", "copy")
    other = tmp_path / f"film.{suffix}"
    ffmpeg(other, "-i", str(source), *codec)
    assert deviation(made(other, tmp_path / "job", tools, "poster")["poster"]) > 30


def test_a_poster_is_upright(tmp_path: Path, tools: Tools) -> None:
    """A film that lies on its side stands up in its poster."""
    lying = film(tmp_path / "lying.mp4", f"{_TEST}:duration=12")
    turned = tmp_path / "turned.mp4"
    ffmpeg(turned, "-display_rotation", "90", "-i", str(lying), "-c", "copy")
    with Image.open(made(turned, tmp_path / "job", tools, "poster")["poster"]) as image:
        assert image.size == (180, 320)


def test_the_poster_of_a_loop_is_its_first_frame_that_shows_something(tmp_path: Path, tools: Tools) -> None:
    """An animation that begins blank has a poster of the frame after that, not of a later one."""
    frames = [Image.new("RGB", (64, 48), "white"), *(picture(64, 48, seed=n) for n in range(5))]
    frames[0].save(tmp_path / "loop.gif", save_all=True, append_images=frames[1:], duration=100, loop=0)
    poster = made(tmp_path / "loop.gif", tmp_path / "job", tools, "poster")["poster"]
    with Image.open(poster) as image:
        differences = [_difference(image, frame) for frame in frames]
    assert differences.index(min(differences)) == 1


def _difference(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(ImageStat.Stat(one).mean, ImageStat.Stat(other.resize(one.size)).mean, strict=True)
    return sum(abs(a - b) for a, b in pairs)


# Cover art. FFmpeg puts some kinds of picture into a song only as it finds them.


def song(path: Path, cover: bytes) -> Path:
    """An MP3 with this, whatever it is, as its cover: an ID3 frame written by hand, as taggers do."""
    mime = b"image/png" if cover.startswith(b"\x89PNG") else b"image/jpeg"
    frame = b"\0" + mime + b"\0\x03\0" + cover
    body = b"APIC" + len(frame).to_bytes(4) + b"\0\0" + frame
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "sine=duration=1"]
    sound = subprocess.run([*command, "-f", "mp3", "-id3v2_version", "0", "-"], check=True, capture_output=True)
    path.write_bytes(b"ID3\x03\0\0" + size + body + sound.stdout)
    return path


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


_PICTURE = picture(300, 200)
_EXIF = Image.Exif()
_EXIF[0x010F] = "SecretCamera"
COVERS = {
    "JPEG": saved(_PICTURE, "JPEG", quality=95, exif=_EXIF, comment=b"SecretComment"),
    "PNG": saved(_PICTURE, "PNG"),
    "GIF": saved(_PICTURE, "GIF"),
    "BMP": saved(_PICTURE, "BMP"),
    "WebP": saved(_PICTURE, "WEBP", quality=95),
    "CMYK": saved(_PICTURE.convert("CMYK"), "JPEG", quality=95),
    "large": saved(_PICTURE.resize((3000, 2000)), "JPEG"),
    "palette with transparency": saved(_PICTURE.quantize(64), "PNG", transparency=0),
}


@pytest.mark.parametrize("kind", COVERS)
def test_a_cover_of_any_kind_becomes_a_jpeg(tmp_path: Path, tools: Tools, kind: str) -> None:
    """In its own colours, at most 1,200 pixels a side, with nothing in it but the picture."""
    source = song(tmp_path / "song.mp3", COVERS[kind])
    cover = made(source, tmp_path / "job", tools, "cover")["cover"]
    assert b"Secret" not in cover.read_bytes()
    with Image.open(cover) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert image.size == ((1200, 800) if kind == "large" else (300, 200))
        assert not image.getexif()
        if "transparency" not in kind:
            assert _difference(image, _PICTURE) < 15


def test_transparent_parts_of_a_cover_are_white(tmp_path: Path, tools: Tools) -> None:
    """As the page is that shows it."""
    source = song(tmp_path / "song.mp3", saved(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "PNG"))
    with Image.open(made(source, tmp_path / "job", tools, "cover")["cover"]) as image:
        assert min(image.convert("L").getextrema()) > 250


@pytest.mark.parametrize("cover", [b"\xff\xd8\xff\xe0 no picture", COVERS["PNG"][:60], b"GIF89a"])
def test_a_broken_cover_is_left_out(tmp_path: Path, tools: Tools, cover: bytes) -> None:
    """The song is as good without: its step may fail, and does so without a trace."""
    source = song(tmp_path / "song.mp3", cover)
    with pytest.raises(StepFailed):
        made(source, tmp_path / "job", tools, "cover")

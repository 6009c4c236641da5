"""Media for tests and benchmarks: made by ffmpeg and Pillow, nothing binary is committed."""

import random
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageFilter


class Samples:
    """Files by name, made when first asked for and kept in `folder`. `samples["clip.mp4"]` is a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> Path:
        path = self._folder / name
        if not path.exists():
            made = self._folder / f"making.{name}"
            _MAKERS[name](made)
            made.rename(path)
        return path

    def bytes(self, name: str) -> bytes:
        """The content of a sample."""
        return self[name].read_bytes()

    @property
    def names(self) -> list[str]:
        """Every sample there is."""
        return sorted(_MAKERS)


def ffmpeg(path: Path, *arguments: str) -> None:
    """Make `path` with these arguments to ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments, str(path)]
    subprocess.run(command, check=True)


def frame_digests(path: Path) -> list[str]:
    """A line for each frame of the film: its time, and the digest of its decoded picture."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:v",
        "-f",
        "framemd5",
        "-",
    ]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if not line.startswith("#")]


def picture(width: int = 320, height: int = 200, *, seed: int = 1) -> Image.Image:
    """A smooth picture with some noise in it, so that encoders have something to do."""
    rng = random.Random(seed)
    small = Image.frombytes("RGB", (16, 10), rng.randbytes(16 * 10 * 3))
    smooth = small.resize((width, height), Image.Resampling.BICUBIC)
    noise = Image.effect_noise((width, height), 20).convert("RGB").filter(ImageFilter.GaussianBlur(1))
    return Image.blend(smooth, noise, 0.15)


def private_exif() -> Image.Exif:
    """Where and with what a photo was taken, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif[0x9C9C] = "SecretComment".encode("utf-16le")
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 30.0, 59.0)
    return exif


def _frames(count: int = 8, size: tuple[int, int] = (101, 77), *, transparent: bool = False) -> list[Image.Image]:
    frames = []
    for number in range(count):
        frame = picture(*size, seed=number).convert("RGBA")
        if transparent:
            frame.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
        frames.append(frame)
    return frames


def _animation(pillow_format: str, *, transparent: bool = False) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        first, *rest = _frames(transparent=transparent)
        buffer = BytesIO()
        first.save(buffer, pillow_format, save_all=True, append_images=rest, duration=80, loop=0)
        path.write_bytes(buffer.getvalue())

    return make


def _still(pillow_format: str, mode: str = "RGB", **options: object) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        buffer = BytesIO()
        picture().convert(mode).save(buffer, pillow_format, **options)
        path.write_bytes(buffer.getvalue())

    return make


def _photo(path: Path) -> None:
    buffer = BytesIO()
    picture(800, 600).save(buffer, "JPEG", quality=92, exif=private_exif())
    path.write_bytes(buffer.getvalue())


def _film(seconds: float, size: str, *arguments: str, audio: bool = True, rate: int = 25) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        sound = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if audio else []
        source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:duration={seconds}:rate={rate}"]
        ffmpeg(path, *source, *sound, *arguments)

    return make


def _sound(seconds: float, *arguments: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        ffmpeg(path, "-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}", *arguments)

    return make


def _song_with_cover(path: Path) -> None:
    cover = path.with_name("cover.png")
    picture(300, 300).save(cover)
    tags = ["title=Füße & <b>Köpfe</b>", "artist=Björk", "album=Debut", "composer=Nellee"]
    ffmpeg(
        path,
        *("-f", "lavfi", "-i", "sine=frequency=330:duration=3", "-i", str(cover), "-map", "0", "-map", "1"),
        *("-c:v", "png", "-disposition:v", "attached_pic", "-c:a", "libmp3lame", "-b:a", "128k"),
        *(argument for tag in tags for argument in ("-metadata", tag)),
    )
    cover.unlink()


def _large_photo(path: Path) -> None:
    picture(2400, 1600).save(path, "JPEG", quality=85)


def _drawing(path: Path) -> None:
    """A red square over all, with a script and an address that no visitor may ever run or ask."""
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' width="200" height="100">'
        "<script>document.documentElement.remove()</script>"
        '<image xlink:href="/static/img/favicon.svg?tracked" width="10" height="10"/>'
        '<rect width="200" height="100" fill="#e00000" onload="document.documentElement.remove()"/></svg>'
    )


_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "64k")
_PLACE = ("-movflags", "use_metadata_tags", "-metadata", "com.apple.quicktime.location.ISO6709=+52.5170+013.3889/")
_X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p")

_MAKERS: dict[str, Callable[[Path], None]] = {
    "photo.jpg": _photo,
    "plain.jpg": _still("JPEG", quality=90),
    "large.jpg": _large_photo,
    "drawing.svg": _drawing,
    "picture.png": _still("PNG"),
    "picture.webp": _still("WEBP", quality=80),
    "picture.avif": _still("AVIF", quality=60),
    "picture.bmp": _still("BMP"),
    "picture.tif": _still("TIFF"),
    "one-frame.gif": _still("GIF", "P"),
    "loop.gif": _animation("GIF"),
    "transparent.gif": _animation("GIF", transparent=True),
    "loop.webp": _animation("WEBP"),
    "loop.png": _animation("PNG"),
    # As a phone makes it: plays everywhere once its index stands in front; knows where it was.
    "phone.mp4": _film(3, "640x360", *_X264, *_AAC, *_PLACE),
    "silent.mp4": _film(2, "320x240", *_X264, audio=False),
    "clip.mkv": _film(2, "320x240", *_X264, *_AAC),
    "clip.mov": _film(2, "320x240", *_X264, *_AAC),
    "clip.webm": _film(2, "320x240", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "clip.avi": _film(2, "321x241", "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "hevc.mp4": _film(3, "640x360", *_X265, *_AAC),
    # Enough frames for ffmpeg to report how far it is.
    "slow.mp4": _film(12, "640x360", "-c:v", "mpeg4", "-q:v", "5", *_AAC),
    # Enough frames to be caught in the middle of its transcode, and long enough for a ladder.
    "caught.mp4": _film(61, "640x360", "-c:v", "mpeg4", "-q:v", "2", *_AAC, rate=5),
    # Long enough to leave the quick queue (10 CPU seconds) before it plays.
    "long.mp4": _film(40, "1280x720", "-c:v", "mpeg4", "-q:v", "5", *_AAC),
    "song.mp3": _song_with_cover,
    "sound.wav": _sound(2),
    "sound.flac": _sound(2),
    "sound.m4a": _sound(2, *_AAC),
    "sound.ogg": _sound(2, "-c:a", "libvorbis"),
    "sound.opus": _sound(2, "-c:a", "libopus", "-f", "ogg"),
}

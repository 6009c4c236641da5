"""Media to upload: made on the spot, like what people bring, and different in every round."""

import secrets
from pathlib import Path

from tests.samples import ffmpeg, picture, private_exif

PHOTO, LOOP, CLIP, HEVC_CLIP = "photo.jpg", "loop.gif", "clip.mp4", "hevc.mp4"
_PHOTO_SIZE = (4000, 3000)
_BACKGROUND_SIZE = (2880, 1620)
# A camera that moves slowly in circles over a photo, with the noise of a sensor: `loop` decodes the photo once.
_MOTION = "crop=1920:1080:x='(iw-1920)*(0.5+0.5*sin(t*1.05))':y='(ih-1080)*(0.5+0.5*cos(t*1.05))'"
_FILM = f"loop=-1:1:0,fps=30,{_MOTION},noise=alls=6:allf=t,format=yuv420p"
_GIF = (
    f"loop=-1:1:0,fps=12.5,trim=duration=3,{_MOTION},scale=480:270,noise=alls=3:allf=t,"
    "split[film][again];[again]palettegen[palette];[film][palette]paletteuse=dither=bayer"
)
_HEIGHT, _FILM_BPS = 1080, 10_000_000
# Six seconds are encoded and repeated without encoding: five times for half a minute.
_PIECE_S = 6
_GIF_HEAD_BYTES, _GIF_COLOURS_BYTES = 13, 96


class Media:
    """Samples by name, kept in `folder`. Clips last `clip_s` seconds, a multiple of six."""

    def __init__(self, folder: Path, clip_s: int) -> None:
        self._folder = folder
        self._repeats = clip_s // _PIECE_S - 1
        folder.mkdir()

    def make(self) -> None:
        """Make all of them."""
        picture(*_PHOTO_SIZE).save(self._folder / PHOTO, quality=95, exif=private_exif())
        background = self._background()
        ffmpeg(self._folder / LOOP, "-i", str(background), "-vf", _GIF)
        # What a phone records: 16 Mbit/s, a key frame a second, its index at the end, where it was.
        self._clip(background, CLIP, "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "16M", "-g", "30")
        self.make_film()

    def make_film(self, height: int = _HEIGHT) -> None:
        """Make HEVC_CLIP alone, of which everything is encoded; `height`: in pixels, at the same bits a pixel."""
        bits = int(_FILM_BPS * (height / _HEIGHT) ** 2)
        encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-b:v", str(bits), "-tag:v", "hvc1")
        self._clip(self._background(), HEVC_CLIP, *encoder, "-x265-params", "log-level=error", height=height)

    def fresh(self, name: str) -> Path:
        """The sample with a difference that changes its hash and no work that is done on it."""
        data = bytearray((self._folder / name).read_bytes())
        mark = secrets.token_bytes(16)
        if name == PHOTO:  # a comment behind the start of image
            data[2:2] = b"\xff\xfe" + (len(mark) + 2).to_bytes(2) + mark
        elif name == LOOP:  # the lowest bits of some colours
            for place, byte in enumerate(secrets.token_bytes(_GIF_COLOURS_BYTES), start=_GIF_HEAD_BYTES):
                data[place] ^= byte & 1
        else:  # a box of free space at the end
            data += (len(mark) + 8).to_bytes(4) + b"free" + mark
        path = self._folder / f"fresh.{name}"
        path.write_bytes(data)
        return path

    def size_bytes(self, name: str) -> int:
        """How large a sample is."""
        return (self._folder / name).stat().st_size

    def _background(self) -> Path:
        path = self._folder / "background.jpg"
        if not path.exists():
            picture(*_BACKGROUND_SIZE, seed=2).save(path, quality=95)
        return path

    def _clip(self, background: Path, name: str, *encoder: str, height: int = _HEIGHT) -> None:
        piece = self._folder / f"piece.{name}"
        sound = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={_PIECE_S}", "-c:a", "aac", "-b:a", "128k")
        film = f"{_FILM},scale=-2:{height}"
        ffmpeg(piece, "-i", str(background), *sound, "-vf", film, "-t", str(_PIECE_S), *encoder)
        place = ("-metadata", "location=+52.5170+013.3889/")
        repeat = ("-stream_loop", str(self._repeats), "-i", str(piece), "-c", "copy", "-tag:v")
        ffmpeg(self._folder / name, *repeat, "hvc1" if name == HEVC_CLIP else "avc1", *place)
        piece.unlink()

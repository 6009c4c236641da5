"""Animations: silent loops of every kind, which become films."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from mediacrush.model.media import BlobType
from tests.corpus.cases import BLUE, FLAT, GREEN, SECRET, WHITE, Case, Expected, Quadrants, of_bytes
from tests.corpus.pictures_made import exif
from tests.corpus.scenes import by_ffmpeg, film, quadrants

_SIZE = (96, 64)
_DELAYS_MS = (40, 120, 60, 200, 80, 100)
# What is transparent is shown on white.
_CUT_OUT: Quadrants = (WHITE, GREEN, BLUE, WHITE)
# A poster is always there; the loop itself stays what an <img> can show.
_NAMES = ("mp4", "webm", "poster", "original")


def frames(size: tuple[int, int] = _SIZE, count: int = 6, *, cut_out: bool = False) -> list[Image.Image]:
    """Neighbours of each other; `cut_out`: their first quarter is transparent."""
    pictures = []
    for number in range(count):
        picture = quadrants(size, number)
        if cut_out:
            picture = picture.convert("RGBA")
            picture.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
        pictures.append(picture)
    return pictures


def moving(kind: str, size: tuple[int, int] = _SIZE, *, cut_out: bool = False, **options: object) -> bytes:
    """An animation as Pillow writes it."""
    first, *rest = frames(size, cut_out=cut_out)
    output = io.BytesIO()
    wanted = {"duration": 100, "loop": 0, **options}
    first.save(output, kind, save_all=True, append_images=rest, **wanted)
    return output.getvalue()


def loop(
    name: str,
    make: Callable[[], bytes],
    *,
    size: tuple[int, int] = _SIZE,
    colours: Quadrants = FLAT,
    duration_s: float = 0.6,
    names: tuple[str, ...] = _NAMES,
    removed: bool = False,
    keeps_alpha: bool = False,
    tolerance: int = 70,
    frame_rate: float | None = None,
) -> Case:
    """A row: an animation by its file name, the maker of its bytes, and how long a round of it takes."""
    return Case(
        name=name,
        make=of_bytes(make),
        expect=Expected(
            blob_type=BlobType.VIDEO,
            is_animation=True,
            width=size[0],
            height=size[1],
            duration_s=duration_s,
            frame_rate=frame_rate,
            names=names,
            colours=colours,
            removed=removed,
            keeps_alpha=keeps_alpha,
            tolerance=tolerance,
        ),
    )


def jxl_loop() -> bytes:
    """A JPEG XL of several frames."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "loop.jxl")
        by_ffmpeg(*film("96x64", 10), "-c:v", "libjxl_anim", "-f", "image2pipe")(path)
        return path.read_bytes()


ANIMATIONS: tuple[Case, ...] = (
    loop("gif.gif", partial(moving, "GIF"), frame_rate=10),
    loop("gif-hd.gif", partial(moving, "GIF", (1280, 720)), size=(1280, 720), tolerance=16),
    loop("gif-odd-size.gif", partial(moving, "GIF", (101, 77)), size=(101, 77)),
    loop(
        "gif-transparent.gif", partial(moving, "GIF", cut_out=True, disposal=2), colours=_CUT_OUT, keeps_alpha=True
    ),
    loop("gif-delays.gif", partial(moving, "GIF", duration=_DELAYS_MS)),
    loop("gif-disposal-1.gif", partial(moving, "GIF", disposal=1)),
    loop("gif-disposal-3.gif", partial(moving, "GIF", disposal=[1, 3, 3, 3, 3, 3])),
    loop("gif-private.gif", partial(moving, "GIF", comment=SECRET.encode()), removed=True),
    loop("gif-called.png", partial(moving, "GIF", (98, 66)), size=(98, 66)),
    loop("webp-animated.webp", partial(moving, "WEBP", quality=90), frame_rate=10),
    loop(
        "webp-animated-transparent.webp",
        partial(moving, "WEBP", cut_out=True, lossless=True),
        colours=_CUT_OUT,
        keeps_alpha=True,
    ),
    loop("webp-animated-private.webp", lambda: moving("WEBP", exif=exif()), removed=True),
    loop("apng.png", partial(moving, "PNG"), frame_rate=10),
    loop("apng-transparent.png", partial(moving, "PNG", cut_out=True), colours=_CUT_OUT, keeps_alpha=True),
    loop("apng-delays.png", partial(moving, "PNG", (101, 77), duration=list(_DELAYS_MS)), size=(101, 77)),
    # It tells when it was made and cannot be cleaned without encoding it again: its renditions stand for it.
    loop("avif-animated.avif", partial(moving, "AVIF", quality=90), names=_NAMES[:3], frame_rate=10),
    loop(
        "avif-animated-transparent.avif",
        partial(moving, "AVIF", cut_out=True, quality=90),
        colours=_CUT_OUT,
        names=_NAMES[:3],
        keeps_alpha=True,
    ),
    # Its length is known when all of it has been decoded.
    loop("jxl-animated.jxl", jxl_loop, names=_NAMES[:3], frame_rate=10),
)

"""What the films and sounds of the corpus show, and how ffmpeg is asked for them."""

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
from PIL import Image, ImageDraw

from tests.corpus.cases import BLUE, GREEN, PLACE, RED, SECRET, WHITE

SECONDS, RATE = 0.6, 25
TAGS = ("-metadata", f"comment={SECRET}", "-metadata", f"location={PLACE}")
_COLOURS = ("lime", "blue", "white")


def film(size: str = "160x120", rate: int | str = RATE, seconds: float = SECONDS) -> tuple[str, ...]:
    """ffmpeg's arguments for a film of four colours with a black box that wanders along the middle."""
    width, height = map(int, size.split("x"))
    left, top = width // 2, height // 2
    places = ((left, 0), (0, top), (left, top))
    quarters = ",".join(
        f"drawbox=x={x}:y={y}:w={width - left}:h={height - top}:c={colour}:t=fill"
        for (x, y), colour in zip(places, _COLOURS, strict=True)
    )
    # Odd sizes: each later quarter covers the column or row that the one before has too much.
    side = max(2, height // 8 // 2 * 2)
    graph = (
        f"color=c=red:s={size}:r={rate}:d={seconds},format=rgb24,{quarters}[film];"
        f"color=c=black:s={side}x{side}:r={rate}:d={seconds}[box];"
        "[film][box]overlay=x='mod(n*4,main_w)':y='(main_h-overlay_h)/2':format=rgb"
    )
    return ("-f", "lavfi", "-i", graph)


def tone(seconds: float = SECONDS, rate: int = 44100) -> tuple[str, ...]:
    """ffmpeg's arguments for a sound of one channel."""
    return ("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}:sample_rate={rate}")


def surround(seconds: float = SECONDS) -> tuple[str, ...]:
    """ffmpeg's arguments for a sound of six channels."""
    voices = "|".join(f"sin({220 * n}*2*PI*t)/4" for n in range(1, 7))
    return ("-f", "lavfi", "-i", f"aevalsrc={voices}:channel_layout=5.1:duration={seconds}")


def run_ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg; raises CalledProcessError when it fails."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def by_ffmpeg(*arguments: str) -> Callable[[Path], None]:
    """A maker that runs ffmpeg once; the path comes last."""

    def make(path: Path) -> None:
        run_ffmpeg(*arguments, path)

    return make


def copied(make: Callable[[Path], None], before: Iterable[str], *after: str, suffix: str) -> Callable[[Path], None]:
    """A maker that runs ffmpeg over what another one made: its options before the input, and after it."""

    def remake(path: Path) -> None:
        with TemporaryDirectory() as folder:
            first = Path(folder, f"first{suffix}")
            make(first)
            run_ffmpeg(*before, "-i", first, *after, path)

    return remake


def cut(make: Callable[[Path], None], share: float, suffix: str) -> Callable[[Path], None]:
    """A maker of the first part of what another one makes."""

    def remake(path: Path) -> None:
        whole = path.with_name(f"whole.{path.stem}{suffix}")
        make(whole)
        data = whole.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        whole.unlink()

    return remake


def quadrants(size: tuple[int, int], number: int = 0) -> Image.Image:
    """The same four colours as a picture; `number` moves the box along the middle."""
    width, height = size
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    left, top = width // 2, height // 2
    draw.rectangle((0, 0, left - 1, top - 1), RED)
    draw.rectangle((left, 0, width, top - 1), GREEN)
    draw.rectangle((0, top, left - 1, height), BLUE)
    side = max(1, height // 8)
    x, y = number * 4 % max(1, width - side), (height - side) // 2
    draw.rectangle((x, y, x + side, y + side), (0, 0, 0))
    return image

"""Samples that look like what people upload, for screenshots: made on the spot, nothing binary is committed."""

import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.samples import ffmpeg

Colour = tuple[int, int, int]
Colours = tuple[Colour, Colour, Colour]

DAWN: Colours = ((38, 52, 96), (240, 150, 110), (24, 30, 52))
NOON: Colours = ((86, 150, 206), (226, 238, 240), (22, 66, 62))
DUSK: Colours = ((22, 20, 48), (214, 84, 92), (12, 12, 26))

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")
_CHORD = "aevalsrc=0.1*(sin(220*PI*t*2)+sin(277*PI*t*2)+sin(330*PI*t*2))*exp(-mod(t\\,2)):s=44100"


def landscape(width: int, height: int, colours: Colours, *, seed: int = 3) -> Image.Image:
    """Hills in the haze under a low sun. `colours`: of the sky above, of the horizon, of the nearest hill."""
    high, low, near = colours
    horizon = 0.62
    picture = _vertical(width, height, high, low, end=horizon)
    picture = ImageChops.screen(picture, _sun(width, height, low))
    rng = random.Random(seed)
    layers = 6
    for layer in range(layers):
        depth = (layer + 0.6) / layers
        line = _ridge(
            width, rng, base=height * (horizon - 0.14 + 0.4 * depth), swing=height * (0.05 + 0.10 * depth)
        )
        shade = _mix(low, near, depth**0.8)
        hill = _vertical(width, height, shade, _mix(shade, low, 0.35), end=1.0)
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).polygon([(0, height), *line, (width, height)], fill=255)
        picture.paste(hill, (0, 0), mask.filter(ImageFilter.GaussianBlur(0.8)))
    grain = Image.effect_noise((width, height), 12).convert("RGB")
    return ImageChops.add(Image.blend(picture, grain, 0.04), picture, scale=2.0)


def photo(path: Path, width: int, height: int, colours: Colours, *, seed: int = 3) -> Path:
    """A landscape in a file."""
    landscape(width, height, colours, seed=seed).save(path, quality=90)
    return path


def film(path: Path, seconds: float = 6, *, seed: int = 21) -> Path:
    """A film with sound that plays everywhere as it is: a slow pan over hills."""
    image = path.with_suffix(".wide.png")
    landscape(1920, 720, DAWN, seed=seed).save(image)
    still = ("-loop", "1", "-framerate", "25", "-t", str(seconds), "-i", str(image))
    ffmpeg(path, *still, "-f", "lavfi", "-i", _CHORD, "-vf", "crop=1280:720:x=t*60:y=0", "-shortest", *_X264)
    image.unlink()
    return path


def loop(path: Path) -> Path:
    """A GIF: cells that live and die."""
    colours = "life_color=#8ef0c4:death_color=#1c5a78:mold_color=#0d1420"
    life = f"life=size=120x90:rate=12:mold=12:ratio=0.16:seed=5:{colours}"
    ffmpeg(path, "-f", "lavfi", "-i", f"{life},scale=480:360:flags=neighbor", "-t", "3")
    return path


def long_film(path: Path) -> Path:
    """A film that must be transcoded, and takes its time."""
    source = "mandelbrot=size=1280x720:rate=25:maxiter=200"
    ffmpeg(path, "-f", "lavfi", "-i", source, "-t", "4", "-c:v", "mpeg4", "-q:v", "8")
    once = path.rename(path.with_suffix(".once.avi"))
    ffmpeg(path, "-stream_loop", "100", "-i", str(once), "-c", "copy")
    once.unlink()
    return path


def song(path: Path, *, tagged: bool = True) -> Path:
    """Two minutes of a chord, with a cover and tags."""
    tags = ["title=The Long Way Home", "artist=Marta Lind & The Estuary", "album=Low Water"] if tagged else []
    image = path.with_suffix(".cover.jpg")
    photo(image, 600, 600, DUSK, seed=11)
    picture = ("-i", str(image), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
    ffmpeg(
        path,
        *("-f", "lavfi", "-t", "127", "-i", _CHORD),
        *(picture if tagged else ()),
        *("-c:a", "libmp3lame", "-b:a", "128k"),
        *(argument for tag in tags for argument in ("-metadata", tag)),
    )
    image.unlink()
    return path


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _vertical(width: int, height: int, top: Colour, bottom: Colour, *, end: float) -> Image.Image:
    column = Image.new("RGB", (1, height))
    for y in range(height):
        column.putpixel((0, y), _mix(top, bottom, min(1.0, y / (height * end)) ** 1.4))
    return column.resize((width, height))


def _sun(width: int, height: int, colour: Colour) -> Image.Image:
    glow = Image.new("RGB", (width // 8, height // 8))
    x, y, radius = width * 0.64 / 8, height * 0.46 / 8, height * 0.035 / 8
    draw = ImageDraw.Draw(glow)
    draw.ellipse(
        (x - 6 * radius, y - 6 * radius, x + 6 * radius, y + 6 * radius), fill=_mix((0, 0, 0), colour, 0.45)
    )
    glow = glow.filter(ImageFilter.GaussianBlur(radius * 4)).resize((width, height), Image.Resampling.BICUBIC)
    disc = Image.new("RGB", (width, height))
    centre, size = (width * 0.64, height * 0.46), height * 0.035
    ImageDraw.Draw(disc).ellipse(
        (centre[0] - size, centre[1] - size, centre[0] + size, centre[1] + size), fill=(255, 240, 214)
    )
    return ImageChops.screen(glow, disc.filter(ImageFilter.GaussianBlur(height / 300)))


def _ridge(width: int, rng: random.Random, *, base: float, swing: float) -> list[tuple[float, float]]:
    waves = [(rng.uniform(0.6, 1.4) * 2**octave, rng.uniform(0, 6.3), 0.5**octave) for octave in range(7)]
    return [
        (x, base - swing * sum(share * math.sin(turns * 6.3 * x / width + phase) for turns, phase, share in waves))
        for x in range(0, width + 4, 4)
    ]

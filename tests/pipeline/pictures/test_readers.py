"""The readers of our own: light becomes what a screen shows, GIMP's layers become one picture."""

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from PIL import Image

from mediacrush.pipeline.pictures.jxl import read_jxl_header
from mediacrush.pipeline.pictures.readers.light import BT709, develop_light
from mediacrush.pipeline.pictures.readers.xcf import read_xcf
from tests.pipeline.pictures.heic_grid import tiled_heic
from tests.pipeline.pictures.kinds import SIZE, by_ffmpeg, jxl, light, scene, written
from tests.pipeline.pictures.xcf import DEFLATED, PLAIN, Layer, xcf

P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
RED, GREEN, HALF = (255, 0, 0), (0, 255, 0), (128, 128, 128)


def flat(*light_of: float, size: int = 8) -> Any:
    return numpy.full((size, size, len(light_of)), light_of, dtype="f4")


def pixel(image: Image.Image) -> Any:
    return image.getpixel((0, 0))


def test_light_within_the_screen_stays() -> None:
    """A picture from 0 to 1 is encoded, and otherwise left as it is."""
    shown = develop_light(light())
    assert numpy.abs(numpy.asarray(shown, dtype="i4") - numpy.asarray(scene(), dtype="i4")).max() <= 1


def test_highlights_are_compressed_and_keep_their_order() -> None:
    """Sixteen stops of light end within the screen: darker stays darker, the brightest becomes white."""
    ramp = numpy.geomspace(0.01, 600, 256, dtype="f4").reshape(1, 256, 1).repeat(4, axis=0).repeat(3, axis=2)
    row = numpy.asarray(develop_light(ramp))[0, :, 0].astype("i4")
    assert (numpy.diff(row) >= 0).all()
    assert row[0] < 30
    assert row[-1] >= 250
    assert len(set(row.tolist())) > 100


@pytest.mark.parametrize("scale", [1e-4, 500.0, 1e6])
def test_light_in_other_units_is_exposed(scale: float) -> None:
    """A scene in candela, or far too dark, is shown in the middle of what a screen can."""
    average = numpy.asarray(develop_light(light() * scale)).mean()
    assert 20 < average < 235


def test_no_number_is_too_strange() -> None:
    """What is not finite, or negative, is black or white, and never an error."""
    pixels = flat(0.5, 0.5, 0.5)
    pixels[0, 0], pixels[0, 1], pixels[0, 2] = numpy.nan, numpy.inf, -5
    shown = develop_light(pixels)
    assert pixel(shown) == (0, 0, 0)
    assert shown.getpixel((1, 0)) == (255, 255, 255)
    assert shown.getpixel((2, 0)) == (0, 0, 0)


def test_alpha_is_taken_out_of_light() -> None:
    """EXR's colours are multiplied by alpha; PNG's are not."""
    shown = develop_light(flat(0.25, 0.25, 0.25, 0.5))
    assert shown.mode == "RGBA"
    assert pixel(shown) == (188, 188, 188, 128)


def test_other_primaries_are_converted() -> None:
    """Light of Display P3 becomes BT.709's; white stays white."""
    assert pixel(develop_light(flat(1, 1, 1), P3)) == (255, 255, 255)
    assert pixel(develop_light(flat(0.5, 0.5, 0.5), BT709)) == (188, 188, 188)
    red, green, _ = pixel(develop_light(flat(0.5, 0.25, 0.25), P3))
    assert red > 188
    assert green < 137


def test_the_window_that_is_displayed_counts(probe: Callable[..., dict[str, Any]]) -> None:
    """An EXR's pixels may reach beyond what is to be seen of them, or fill only a part of it."""
    data = by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le")
    name = b"displayWindow\0box2i\0\x10\0\0\0"
    at = data.index(name) + len(name)
    shown = probe(data[:at] + struct.pack("<4i", -4, 0, 35, 31) + data[at + 16 :])
    assert (shown["width"], shown["height"]) == (40, 32)


def layers(*stack: Layer, **options: Any) -> Image.Image:
    return read_xcf(xcf(list(stack), (8, 8), **options), 10_000)


def colour(rgb: tuple[int, ...], size: tuple[int, int] = (8, 8)) -> Image.Image:
    return Image.new("RGBA" if len(rgb) == 4 else "RGB", size, rgb)


@pytest.mark.parametrize(
    ("stack", "shown"),
    [
        ([Layer(picture=colour(RED)), Layer(picture=colour(GREEN))], (255, 0, 0, 255)),
        ([Layer(picture=colour(RED), visible=False), Layer(picture=colour(GREEN))], (0, 255, 0, 255)),
        ([Layer(picture=colour(RED), opacity=128), Layer(picture=colour(GREEN))], (128, 127, 0, 255)),
        ([Layer(picture=colour((255, 0, 0, 0))), Layer(picture=colour(GREEN))], (0, 255, 0, 255)),
        ([Layer(picture=colour(RED), offset=(4, 0)), Layer(picture=colour(GREEN))], (0, 255, 0, 255)),
        ([Layer(picture=colour(RED), offset=(-4, -4))], (255, 0, 0, 255)),
        ([Layer(picture=colour(RED), offset=(-40, 0))], (0, 0, 0, 0)),
        (
            [Layer(picture=colour(RED), mask=Image.new("L", (8, 8), 0)), Layer(picture=colour(GREEN))],
            (0, 255, 0, 255),
        ),
        ([Layer(picture=colour(RED), path=(0, 0)), Layer(picture=colour(GREEN), path=(0,))], (0, 255, 0, 255)),
        ([Layer(picture=colour(HALF), mode=3), Layer(picture=colour(RED))], (128, 0, 0, 255)),
        ([Layer(picture=colour(HALF), mode=31), Layer(picture=colour(RED))], (255, 128, 128, 255)),
        ([Layer(picture=colour(HALF), mode=7), Layer(picture=colour(RED))], (255, 128, 128, 255)),
        ([Layer(picture=colour(HALF), mode=34), Layer(picture=colour(RED))], (127, 0, 0, 255)),
        ([Layer(picture=colour(HALF), mode=60), Layer(picture=colour(RED))], (128, 128, 128, 255)),
        ([Layer(picture=colour(HALF), mode=3)], (128, 128, 128, 255)),
        ([], (0, 0, 0, 0)),
    ],
)
def test_layers_lie_over_each_other(stack: list[Layer], shown: tuple[int, ...]) -> None:
    """Opacity, masks, places, groups and blend modes count as in GIMP."""
    result = pixel(layers(*stack))
    assert max(abs(a - b) for a, b in zip(result, shown, strict=True)) <= 1


@pytest.mark.parametrize("compression", [PLAIN, DEFLATED])
@pytest.mark.parametrize(
    ("version", "precision", "code", "value", "shown"),
    [
        (4, 0, "<B", 128, 128),
        (4, 1, "<H", 32_896, 128),
        (7, 100, "<B", 55, 128),
        (12, 250, ">H", 32_896, 128),
        (12, 200, ">H", 14_146, 128),
        (11, 350, "<I", 0x80808080, 128),
        (12, 500, ">e", 0.2159, 128),
        (12, 550, ">e", 0.502, 128),
        (12, 600, ">f", 0.2159, 128),
        (12, 650, ">f", 0.502, 128),
        (12, 750, ">d", 0.502, 128),
        (12, 650, ">f", float("nan"), 0),
    ],
)
def test_every_precision_is_read(
    version: int, precision: int, code: str, value: float, shown: int, compression: int
) -> None:
    """Samples of 8 to 64 bits, integers and floats, encoded and linear, in both orders of bytes."""
    samples = (struct.pack(code, value) * 64, struct.calcsize(code))
    layer = Layer(picture=Image.new("L", (8, 8)), samples=samples)
    result = pixel(layers(layer, kind=1, version=version, precision=precision, compression=compression))
    assert abs(result[0] - shown) <= 1
    assert result[3] == 255


def test_large_layers_have_many_tiles() -> None:
    """Tiles are put where they belong, the narrow ones at the edges too."""
    picture = scene().resize((200, 130))
    for version in (0, 11):
        data = xcf([Layer(picture=picture)], picture.size, version=version)
        assert read_xcf(data, 100_000).convert("RGB").tobytes() == picture.tobytes()


@pytest.mark.parametrize("size", [(96, 64), (64, 64), (640, 360), (1000, 3), (3, 1000), (256, 8), (1080, 1920)])
def test_sizes_of_jpeg_xl_are_read_from_the_header(size: tuple[int, int]) -> None:
    """Small and large, stated and in a ratio, a size is known before anything is decoded."""
    header = read_jxl_header(jxl(Image.new("L", size), effort=1, lossless=True))
    assert (header.width, header.height, header.bits, header.is_animated) == (*size, 8, False)
    assert header.is_lossy is False


def test_an_animated_jpeg_xl_is_an_animation(probe: Callable[..., dict[str, Any]]) -> None:
    """It has more than one frame, which is all that is known; its first one shows."""
    data = by_ffmpeg(".jxl", "-c:v", "libjxl_anim", "-f", "image2pipe", frames=3)
    facts = probe(data)
    assert (facts["format"], facts["frames"], facts["duration_s"], facts["film_stream"]) == ("JXL", 2, None, 0)


@pytest.mark.parametrize(("mode", "film", "alpha"), [("RGB", 1, None), ("RGBA", 2, 3)])
def test_an_animated_avif_says_where_its_film_is(
    probe: Callable[..., dict[str, Any]], mode: str, film: int, alpha: int | None
) -> None:
    """FFmpeg takes the stills in front of the film for streams of their own."""
    frames = [scene().rotate(turn).convert(mode) for turn in (0, 10, 20)]
    if mode == "RGBA":
        frames[1].putalpha(100)
    data = written(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300])
    facts = probe(data)
    assert (facts["frames"], facts["film_stream"], facts["alpha_stream"]) == (3, film, alpha)
    assert facts["duration_s"] == pytest.approx(0.6, abs=0.11)


def test_a_jpeg_in_a_jpeg_xl_is_turned_once(convert: Callable[..., Image.Image], tmp_path: Any) -> None:
    """A JPEG kept within a JPEG XL says in EXIF how it lies."""
    block = Image.Exif()
    block[0x0112] = 6
    source = tmp_path / "photo.jpg"
    source.write_bytes(written(scene(), "JPEG", quality=92, exif=block))
    packed = io.BytesIO()
    with Image.open(source) as photo:
        photo.save(packed, "JXL", lossless_jpeg=True)
    shown = convert(packed.getvalue(), "png")
    assert shown.size == (SIZE[1], SIZE[0])


@pytest.mark.parametrize(("size", "quarter_turns"), [((96, 64), 0), ((150, 100), 0), ((150, 100), 3)])
def test_tiles_make_one_picture(
    convert: Callable[..., Image.Image], size: tuple[int, int], quarter_turns: int
) -> None:
    """A phone's HEIC is put together from its tiles, its edges are cut off, and it is turned."""
    picture = scene().resize(size)
    shown = convert(tiled_heic(picture, quarter_turns=quarter_turns), "png")
    wanted = picture.rotate(90 * quarter_turns, expand=True)
    assert shown.size == wanted.size
    assert numpy.abs(numpy.asarray(shown, dtype="i4") - numpy.asarray(wanted, dtype="i4")).mean() < 8

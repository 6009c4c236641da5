"""HDR stills look as their SDR twins do, instead of grey."""

import io
from collections.abc import Callable

import numpy
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageStat

from tests.pipeline.pictures.test_clean import png_chunk
from tests.samples import picture

PQ, HLG = 16, 18
Convert = Callable[..., Image.Image]

# From BT.709's primaries to BT.2020's (ITU-R BT.2087).
_TO_2020 = numpy.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


def coded(light: NDArray[numpy.float64], transfer: int) -> Image.Image:
    """The picture of linear light (1 the white of a page, 203 cd/m2) with BT.2020's primaries, by this transfer."""
    wide = (light @ _TO_2020.T).clip(0, None)
    if transfer == PQ:
        power = (wide * 203 / 10_000) ** 0.1593017578125
        values = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        shown = wide * 203 / 1000
        luminance = shown @ [0.2627, 0.6780, 0.0593]
        scene = shown * numpy.maximum(luminance, 1e-9)[:, :, None] ** ((1 - 1.2) / 1.2)
        logarithm = 0.17883277 * numpy.log(numpy.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        values = numpy.where(scene <= 1 / 12, (3 * scene) ** 0.5, logarithm)
    return Image.fromarray((values.clip(0, 1) * 255 + 0.5).astype("u1"))


def linear(image: Image.Image) -> NDArray[numpy.float64]:
    values = numpy.asarray(image) / 255
    return numpy.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def png(image: Image.Image, transfer: int) -> bytes:
    output = io.BytesIO()
    image.save(output, "PNG")
    data = output.getvalue()
    return data[:33] + png_chunk(b"cICP", bytes((9, transfer, 0, 1))) + data[33:]


def heic(image: Image.Image, transfer: int) -> bytes:
    output = io.BytesIO()
    pillow_heif.from_pillow(image).save(
        output,
        quality=95,
        chroma=444,
        color_primaries=9,
        transfer_characteristics=transfer,
        matrix_coefficients=9,
        full_range_flag=1,
    )
    return output.getvalue()


@pytest.mark.parametrize("transfer", [PQ, HLG], ids=["PQ", "HLG"])
@pytest.mark.parametrize("make", [png, heic])
def test_what_sdr_can_show_is_shown_as_sdr_shows_it(
    convert: Convert, make: Callable[[Image.Image, int], bytes], transfer: int
) -> None:
    """Light up to the white of a page comes back as it was; undeveloped it would be far off."""
    wanted = picture(96, 64)
    hdr = coded(linear(wanted), transfer)
    assert ImageStat.Stat(ImageChops.difference(hdr, wanted)).mean[1] > 10
    shown = convert(make(hdr, transfer), "jpeg", "--quality", "95")
    assert max(ImageStat.Stat(ImageChops.difference(shown, wanted)).mean) < 6


@pytest.mark.parametrize("transfer", [PQ, HLG], ids=["PQ", "HLG"])
def test_what_is_brighter_is_told_apart(convert: Convert, transfer: int) -> None:
    """A lamp before a white wall is brighter than the wall, and neither is grey."""
    light = numpy.full((64, 96, 3), 0.2)
    light[:, 32:64], light[:, 64:] = 1.0, 4.5
    shown = convert(png(coded(light, transfer), transfer), "png").convert("L")
    room, wall, lamp = (int(shown.getpixel((x, 32))) for x in (16, 48, 80))  # type: ignore[arg-type]
    assert 60 < room < 150
    assert 150 < wall < lamp
    assert lamp > 240


def test_what_is_transparent_stays_so(convert: Convert) -> None:
    """Also of HDR."""
    image = coded(numpy.full((64, 96, 3), 0.5), PQ).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 48, 64))
    shown = convert(png(image, PQ), "webp").convert("RGBA")
    assert shown.getpixel((10, 30))[3] == 0  # type: ignore[index]
    opaque = shown.getpixel((80, 30))
    assert isinstance(opaque, tuple)
    assert opaque[3] == 255
    assert opaque[0] == pytest.approx(188, abs=6)  # sRGB's half of the light


@pytest.mark.parametrize("chunk", [b"", b"\x09", b"\x09\x10", bytes((1, 13, 0, 1)), bytes((250, 16, 0, 1))])
def test_other_or_broken_statements_harm_nothing(convert: Convert, chunk: bytes) -> None:
    """A chunk that is short, states SDR, or unknown primaries."""
    data = png(picture(96, 64), 13)
    assert convert(data[:33] + png_chunk(b"cICP", chunk) + data[33 + 16 :], "jpeg").size == (96, 64)

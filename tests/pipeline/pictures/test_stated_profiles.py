"""Wide colours that a file states by number keep their meaning in what is made of it."""

import io

import pytest
from PIL import Image, ImageCms

from mediacrush.pipeline.pictures.convert import Shape, convert
from mediacrush.pipeline.pictures.stated_profiles import stated_profile
from tests.corpus.pictures_made import png_chunk, wide_gamut_profile
from tests.corpus.stills_made import numbered_avif
from tests.pipeline.pictures.kinds import scene, written

_MAX_PIXELS = 10**6


def numbered_png(primaries: int, transfer: int = 13) -> bytes:
    """A PNG that names its colours in a cICP chunk."""
    plain = written(scene(), "PNG")
    return plain[:33] + png_chunk(b"cICP", bytes((primaries, transfer, 0, 1))) + plain[33:]


@pytest.mark.parametrize("target", ["webp", "jpeg", "png", "avif"])
@pytest.mark.parametrize("make", [numbered_avif, lambda: numbered_png(12)], ids=["AVIF", "PNG"])
def test_what_is_made_of_numbered_colours_has_a_profile(target: str, make: "object") -> None:
    """Its profile shows the same red as a common one of Display P3 does."""
    made = convert(make(), target, Shape(), _MAX_PIXELS)  # type: ignore[operator]
    profile = Image.open(io.BytesIO(made)).info["icc_profile"]
    assert _as_srgb(profile, (200, 60, 40)) == pytest.approx(_as_srgb(wide_gamut_profile(), (200, 60, 40)), abs=6)


@pytest.mark.parametrize("primaries", [9, 12])
def test_a_profile_leaves_grey_grey_and_makes_colours_stronger(primaries: int) -> None:
    """White and greys are those of sRGB, and green is beyond its green."""
    profile = stated_profile("PNG", numbered_png(primaries))
    assert _as_srgb(profile, (255, 255, 255)) == pytest.approx((255, 255, 255), abs=1)
    assert _as_srgb(profile, (128, 128, 128)) == pytest.approx((128, 128, 128), abs=2)
    red, green, blue = _as_srgb(profile, (100, 180, 100))
    assert red < 95
    assert green > 180
    assert blue < 100


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (2, 2), (9, 16), (12, 18)])
def test_no_profile_where_none_is_needed(primaries: int, transfer: int) -> None:
    """sRGB and unknown colours need none; HDR becomes sRGB."""
    made = convert(numbered_png(primaries, transfer), "webp", Shape(), _MAX_PIXELS)
    assert "icc_profile" not in Image.open(io.BytesIO(made)).info


def _as_srgb(profile: bytes, colour: tuple[int, int, int]) -> tuple[int, ...]:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    pixel = Image.new("RGB", (1, 1), colour)
    shown = ImageCms.profileToProfile(pixel, source, ImageCms.createProfile("sRGB"))
    assert shown is not None
    value = shown.getpixel((0, 0))
    assert isinstance(value, tuple)
    return tuple(map(int, value))

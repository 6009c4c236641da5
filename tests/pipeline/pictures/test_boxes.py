"""Smaller pictures: for link cards, for small screens."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from tests.pipeline.pictures.test_optimise import PROFILE, painting, saved

Convert = Callable[..., Image.Image]


@pytest.mark.parametrize("target", ["jpeg", "webp", "avif", "png"])
@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("80x80", (80, 60)),
        ("1200x60", (80, 60)),
        ("160x120", (160, 120)),
        ("1200x1800", (160, 120)),
        ("1x1", (1, 1)),
    ],
)
def test_it_fits_and_is_never_enlarged(convert: Convert, target: str, box: str, size: tuple[int, int]) -> None:
    """As large as the box allows, in proportion."""
    assert convert(saved(painting(), "JPEG"), target, "--box", box).size == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_is_for_what_is_displayed(convert: Convert, orientation: int) -> None:
    """A photo that is turned is turned before it is fitted; the left stays left though JPEG decodes it smaller."""
    picture = Image.new("RGB", (1200, 600), "red")
    picture.paste("blue", (600, 0, 1200, 300))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(picture, "JPEG", exif=exif.tobytes())
    with Image.open(io.BytesIO(data)) as opened:
        wanted = ImageOps.exif_transpose(opened)
    small = convert(data, "png", "--box", "100x100")
    assert small.size == ((100, 50) if wanted.width > wanted.height else (50, 100))
    difference = ImageChops.difference(small, wanted.resize(small.size, Image.Resampling.LANCZOS))
    assert max(ImageStat.Stat(difference).mean) < 2


@pytest.mark.parametrize(("target", "corner"), [("webp", (0, 0, 0, 0)), ("avif", (0, 0, 0, 0)), ("png", None)])
@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_transparent_stays_so(
    convert: Convert, target: str, corner: tuple[int, ...] | None, mode: str
) -> None:
    """In every format that can be: also of a palette with a transparent colour."""
    picture = Image.new("RGBA", (400, 400))
    picture.paste("green", (200, 0, 400, 400))
    small = convert(saved(picture.convert(mode), "PNG"), target, "--box", "40x40").convert("RGBA")
    assert small.getpixel((5, 20))[3] == 0  # type: ignore[index]
    assert small.getpixel((35, 20))[3] == 255  # type: ignore[index]


def test_a_card_shows_it_on_white(convert: Convert) -> None:
    """JPEG has no alpha, and what is behind a card is unknown."""
    picture = Image.new("RGBA", (400, 400))
    picture.paste("green", (200, 0, 400, 400))
    small = convert(saved(picture, "PNG"), "jpeg", "--box", "40x40")
    assert min(small.getpixel((4, 20))) > 245  # type: ignore[arg-type, type-var]


@pytest.mark.parametrize("target", ["jpeg", "webp", "avif", "png"])
def test_colours_mean_the_same(convert: Convert, target: str) -> None:
    """The profile of a wide gamut goes with each size."""
    small = convert(saved(painting(), "JPEG", icc_profile=PROFILE), target, "--box", "50x50")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(small.info["icc_profile"]))
    assert ImageCms.getProfileName(profile) == ImageCms.getProfileName(
        ImageCms.ImageCmsProfile(io.BytesIO(PROFILE))
    )


@pytest.mark.parametrize("size", [(4000, 2), (2, 4000)])
def test_a_thin_picture_has_at_least_a_pixel(convert: Convert, size: tuple[int, int]) -> None:
    """A hundredth of two pixels is one."""
    assert min(convert(saved(Image.new("RGB", size), "PNG"), "jpeg", "--box", "40x40").size) == 1

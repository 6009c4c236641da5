"""Optimised files: fewer bytes, the same pixels, nothing private."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageFilter

from tests.pipeline.pictures.conftest import Answer

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECRET = b"Ada's camera 4711"
_TURNED = 6


def painting(mode: str = "RGB") -> Image.Image:
    """Something that compresses neither to nothing nor not at all."""
    picture = Image.effect_noise((160, 120), 60).filter(ImageFilter.GaussianBlur(2))
    bands = [picture.rotate(90 * turn).resize((160, 120)) for turn in range(4)]
    if mode == "I;16":
        return bands[0].convert("I").point(lambda grey: grey * 250 + 3).convert("I;16")
    if mode in {"1", "L"}:
        return bands[0].convert(mode)
    if mode == "P":
        return Image.merge("RGB", bands[:3]).quantize(64)
    return Image.merge(mode, bands[: len(Image.new(mode, (1, 1)).getbands())])


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()


def private_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = SECRET.decode()
    return exif.tobytes()


def pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    """Size and pixels in the deepest mode that holds all; a palette may be another one afterwards."""
    with Image.open(io.BytesIO(data)) as picture:
        deep = picture if picture.mode in {"I;16", "CMYK"} else picture.convert("RGBA")
        return picture.size, deep.tobytes()


@pytest.fixture
def optimise(tool: Callable[..., Answer], tmp_path: Path) -> Callable[[bytes], bytes]:
    def run(data: bytes) -> bytes:
        assert tool("optimise", data) == (0, "", "")
        return (tmp_path / "output").read_bytes()

    return run


JPEGS = {
    "baseline": saved(painting(), "JPEG", quality=90),
    "progressive": saved(painting(), "JPEG", quality=90, progressive=True),
    "full colour": saved(painting(), "JPEG", quality=95, subsampling=0),
    "grey": saved(painting("L"), "JPEG"),
    "CMYK": saved(painting("CMYK"), "JPEG"),
    "restarts": saved(painting(), "JPEG", restart_marker_blocks=4),
    "turned": saved(painting(), "JPEG", exif=private_exif(_TURNED)),
    "profile": saved(painting(), "JPEG", icc_profile=PROFILE, comment=SECRET),
}
PNGS = {
    mode: saved(painting(mode), "PNG", compress_level=1) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")
}


@pytest.mark.parametrize("data", [*JPEGS.values(), *PNGS.values()], ids=[*JPEGS, *PNGS])
def test_no_pixel_is_another(optimise: Callable[[bytes], bytes], data: bytes) -> None:
    """What is shown is the same to the bit."""
    assert pixels(optimise(data)) == pixels(data)


@pytest.mark.parametrize("data", [JPEGS["baseline"], JPEGS["full colour"], JPEGS["grey"], PNGS["RGB"], PNGS["P"]])
def test_it_is_smaller(optimise: Callable[[bytes], bytes], data: bytes) -> None:
    """By enough to be published in the original's place (2 %)."""
    assert len(optimise(data)) < 0.98 * len(data)


@pytest.mark.parametrize(
    "data",
    [
        JPEGS["turned"],
        JPEGS["profile"],
        saved(painting(), "PNG", exif=private_exif(), compress_level=1),
    ],
    ids=["EXIF", "comment", "PNG"],
)
def test_nothing_private_is_left(optimise: Callable[[bytes], bytes], data: bytes) -> None:
    """Camera, comment and their like go."""
    assert SECRET in data
    assert SECRET not in optimise(data)


def test_what_a_viewer_needs_stays(optimise: Callable[[bytes], bytes]) -> None:
    """How a picture is turned, and what its colours mean."""
    with Image.open(io.BytesIO(optimise(JPEGS["turned"]))) as turned:
        assert turned.getexif()[0x0112] == _TURNED
    with Image.open(io.BytesIO(optimise(JPEGS["profile"]))) as picture:
        assert picture.info["icc_profile"] == PROFILE
    with Image.open(io.BytesIO(optimise(saved(painting(), "PNG", icc_profile=PROFILE)))) as picture:
        assert picture.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF"])
def test_other_kinds_are_refused(refused: Callable[..., str], kind: str) -> None:
    """There is no optimiser for them."""
    assert refused(saved(painting(), kind), command="optimise") == "unrecognised"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_damage_is_no_crash(tool: Callable[..., Answer], kind: str) -> None:
    """Whatever is missing at the end, the answer is a file or a refusal."""
    data = saved(painting(), kind)
    for length in range(4, len(data), len(data) // 40):
        status, _, error = tool("optimise", data[:length])
        assert (status == 0) == (error == "")

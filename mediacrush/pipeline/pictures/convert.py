"""Writing a picture as PNG, JPEG, WebP or AVIF, turned the way it is displayed and without metadata."""

import io
from typing import Any, NamedTuple, cast

from PIL import Image

from mediacrush.pipeline.pictures.coded_light import developed
from mediacrush.pipeline.pictures.opening import (
    decode,
    limit_pillow,
    load_plugin,
    native_16_bits,
    open_picture,
    orientation,
)
from mediacrush.pipeline.pictures.profiles import clean_profile
from mediacrush.pipeline.pictures.stated_profiles import stated_profile
from mediacrush.pipeline.pictures.turning import turned


class _Target(NamedTuple):
    """An output format: the Pillow modes it is written from, and the longest side in pixels it can have."""

    modes: frozenset[str]
    max_side: int


# Their names are Pillow's, in lower case.
TARGETS = {
    "png": _Target(frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}), 2**31 - 1),
    "jpeg": _Target(frozenset({"L", "RGB"}), 65_500),  # libjpeg's JPEG_MAX_DIMENSION
    "webp": _Target(frozenset({"RGB", "RGBA"}), 16_383),  # 14 bits (RFC 9649, section 2.6)
    "avif": _Target(frozenset({"RGB", "RGBA"}), 16_384),  # what browsers decode in one piece
}
# Grey modes of more than 8 bits, and what their white may be.
_DEEP_WHITES = {
    "I;16": (65_535.0,),
    "I": (65_535.0, 4_294_967_295.0),
    "F": (1.0, 255.0, 65_535.0, 4_294_967_295.0),
}
_ICC_SPACE = slice(16, 20)  # ICC.1:2022, 7.2.6: the colour space of the picture
_AVIF_SPEED = 10  # a sixth of the time of 6 for a sixth more bytes (docs/performance.md)
_FAST_PNG_PIXELS = 4_000_000  # from here on, zlib's level 6 costs more time than its few percent are worth


class Shape(NamedTuple):
    """What a picture is made to be: `quality` 1 to 100 (None: the format's own), and the box that it is shrunk
    into, in pixels as displayed (None: as it is)."""

    quality: int | None = None
    lossless: bool = False
    box: tuple[int, int] | None = None


def convert(data: bytes, target: str, shape: Shape, max_pixels: int) -> bytes:
    """Write the first frame of a picture as `target` (a name in TARGETS), turned the way it is displayed.

    What an ICC profile says of colours stays where it still fits, other metadata does not. Raises whatever Pillow
    does; see tool.py.
    """
    limit_pillow(max_pixels)
    name, image = open_picture(data, max_pixels)
    if shape.box is None and max(image.size) > TARGETS[target].max_side:
        raise Image.DecompressionBombError(f"{target} cannot hold {image.size}")
    if shape.box is not None:
        # JPEG decodes to an eighth, a quarter or half its size at a fraction of the cost; twice ours is enough.
        longest = 2 * max(shape.box)
        image.draft(None, (longest, longest))
    decode(image, data, max_pixels)
    turn = orientation(image)
    shown = developed(name, data, image)
    picture = _fit(turned(shown, turn), target)
    if shape.box is not None:
        picture = _shrunk(picture, shape.box)
    profile = clean_profile(picture.info.get("icc_profile") or b"")
    if not profile and shown is image:
        profile = stated_profile(name, data)
    # Writers take comments, resolution and more from here; transparency is the one thing they need.
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    options = _save_options(picture, target, shape)
    if _profile_fits(profile, picture.mode):
        options["icc_profile"] = profile
    load_plugin(target.upper())
    output = io.BytesIO()
    try:
        picture.save(output, target, **options)
    except (OSError, ValueError) as error:
        # The picture was decoded, so it is none of its faults: encoders fail so where memory ends.
        raise MemoryError(f"{target} could not be encoded") from error
    return output.getvalue()


def _shrunk(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    """The picture as large as fits into the box, in proportion; never enlarged."""
    scale = min(1.0, box[0] / picture.width, box[1] / picture.height)
    if scale == 1.0:
        return picture
    info = picture.info
    if picture.mode in {"1", "P"}:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.info = info
    return picture


def _fit(image: Image.Image, target: str) -> Image.Image:
    """Bring a picture into a mode that `target` is written from."""
    modes = TARGETS[target].modes
    image = native_16_bits(image)
    if image.mode in _DEEP_WHITES and image.mode not in modes:
        image = _to_8_bits(image)
    if image.mode == "CMYK":
        image = _to_srgb(image)
    is_keyed = "transparency" in image.info and target != "png"
    if image.mode in modes and not is_keyed:
        return image
    if not image.has_transparency_data:
        return image.convert("L" if image.mode == "1" and "L" in modes else "RGB")
    image = image.convert("RGBA")
    return image if "RGBA" in modes else _on_white(image)


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    page.info = image.info
    return page


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Scale deep greys so that white stays white, which has to be guessed for 32 bit integers and floats."""
    highest = cast(float, image.getextrema()[1])
    whites = _DEEP_WHITES[image.mode]
    scale = 255 / next((white for white in whites if highest <= white), whites[-1])
    grey = image.point(lambda value: value * scale + 0.5).convert("L")
    # A transparent grey is named by its deep value.
    grey.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return grey


def _to_srgb(image: Image.Image) -> Image.Image:
    """Turn CMYK into sRGB, through the embedded profile when there is a working one."""
    from PIL import ImageCms  # noqa: PLC0415 - few pictures need it, and it is slow to load

    profile = image.info.get("icc_profile", b"")
    if profile[_ICC_SPACE] != b"CMYK":
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        converted = None
    return converted or image.convert("RGB")


def _profile_fits(profile: bytes, mode: str) -> bool:
    return profile[_ICC_SPACE] == (b"GRAY" if mode in {"1", "L", "LA", "I;16"} else b"RGB ")


def _save_options(picture: Image.Image, target: str, shape: Shape) -> dict[str, Any]:
    if target == "png":
        return {"compress_level": 6 if picture.width * picture.height < _FAST_PNG_PIXELS else 3}
    if target == "jpeg":
        return {"quality": shape.quality or 90, "optimize": True, "progressive": True}
    if target == "avif":
        return {"quality": shape.quality or 60, "speed": _AVIF_SPEED}
    return {"quality": shape.quality or 82, "method": 4, "lossless": shape.lossless}

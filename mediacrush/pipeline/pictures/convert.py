"""Writing a picture as PNG, JPEG or WebP, turned the way it is displayed and without metadata."""

import io
from typing import Any, NamedTuple, cast

from PIL import Image

from mediacrush.pipeline.pictures.opening import (
    decode,
    limit_pillow,
    load_plugin,
    native_16_bits,
    open_picture,
    orientation,
)


class _Target(NamedTuple):
    """An output format: the Pillow modes it is written from, and the longest side in pixels it can have."""

    modes: frozenset[str]
    max_side: int


# Their names are Pillow's, in lower case.
TARGETS = {
    "png": _Target(frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}), 2**31 - 1),
    "jpeg": _Target(frozenset({"L", "RGB"}), 65_500),  # libjpeg's JPEG_MAX_DIMENSION
    "webp": _Target(frozenset({"RGB", "RGBA"}), 16_383),  # 14 bits (RFC 9649, section 2.6)
}
# Grey modes of more than 8 bits, and what their white may be.
_DEEP_WHITES = {
    "I;16": (65_535.0,),
    "I": (65_535.0, 4_294_967_295.0),
    "F": (1.0, 255.0, 65_535.0, 4_294_967_295.0),
}
_ICC_SPACE = slice(16, 20)  # ICC.1:2022, 7.2.6: the colour space of the picture
_FAST_PNG_PIXELS = 4_000_000  # from here on, zlib's level 6 costs more time than its few percent are worth

# Orientation (EXIF 2.32, 4.6.4) to what undoes it.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def convert(
    data: bytes, target: str, *, quality: int | None = None, lossless: bool = False, max_pixels: int
) -> bytes:
    """Write the first frame of a picture as `target` (png, jpeg or webp), turned the way it is displayed.

    `quality` is 1 to 100, for JPEG and WebP; `lossless` is for WebP. An ICC profile stays where it still
    fits, other metadata does not. Raises whatever Pillow does; see tool.py.
    """
    limit_pillow(max_pixels)
    _, image = open_picture(data, max_pixels)
    if max(image.size) > TARGETS[target].max_side:
        raise Image.DecompressionBombError(f"{target} cannot hold {image.size}")
    decode(image, data, max_pixels)
    picture = _fit(_turned(image), target)
    profile = picture.info.get("icc_profile", b"")
    # Writers take comments, resolution and more from here; transparency is the one thing they need.
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    options = _save_options(picture, target, quality, lossless)
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


def _turned(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(orientation(image))
    return image if turn is None else image.transpose(turn)


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


def _save_options(picture: Image.Image, target: str, quality: int | None, lossless: bool) -> dict[str, Any]:
    if target == "png":
        return {"compress_level": 6 if picture.width * picture.height < _FAST_PNG_PIXELS else 3}
    if target == "jpeg":
        return {"quality": quality or 90, "optimize": True, "progressive": True}
    return {"quality": quality or 82, "method": 4, "lossless": lossless}

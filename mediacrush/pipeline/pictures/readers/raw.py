"""Camera raws: the camera's own JPEG where it is large enough, else developed (libraw).

A maker's JPEG looks as the photographer saw the picture and costs a fiftieth of developing; it is taken where it
has at least half of the sensor's pixels each way.
"""

import io
from typing import Any

from PIL import Image, JpegImagePlugin

from mediacrush.pipeline.pictures.directories import (
    COMPRESSION,
    JPEG_OFFSET,
    JPEG_SIZE,
    STRIP_OFFSETS,
    STRIP_SIZES,
    all_directories,
)
from mediacrush.pipeline.pictures.exif import read_exif
from mediacrush.pipeline.pictures.refusals import Damaged, check_memory, check_pixels
from mediacrush.pipeline.pictures.turning import turned

# libraw's `flip` to EXIF's orientation (libraw, data structures).
_FLIPS = {3: 3, 5: 8, 6: 6}
_SIDEWAYS = frozenset({6, 8})
_LARGE_ENOUGH = 2
_JPEG_COMPRESSIONS = frozenset({6, 7})


def read_raw(data: bytes, max_pixels: int) -> Image.Image:
    """The picture upright. A raw of a camera unknown to libraw shows its largest JPEG, whatever its size."""
    import rawpy  # noqa: PLC0415

    try:
        raw = rawpy.imread(io.BytesIO(data))
    except rawpy.LibRawError as error:
        return _largest_preview(data, max_pixels, error)
    with raw:
        sizes = raw.sizes
        check_pixels(sizes.raw_width, sizes.raw_height, max_pixels)
        check_pixels(sizes.width, sizes.height, max_pixels)
        preview = _own_preview(raw, max_pixels)
        if preview is not None and _is_large_enough(preview, sizes.width, sizes.height):
            return preview
        check_memory(sizes.raw_width * sizes.raw_height * 16)  # what libraw holds of each pixel while it works
        try:
            return Image.fromarray(raw.postprocess(use_camera_wb=True))
        except rawpy.LibRawError as error:
            if preview is None:
                return _largest_preview(data, max_pixels, error)
            return preview


def _own_preview(raw: Any, max_pixels: int) -> Image.Image | None:
    """The largest JPEG that libraw finds, upright, or None."""
    import rawpy  # noqa: PLC0415

    try:
        thumbnail = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if thumbnail.format is not rawpy.ThumbFormat.JPEG:
        return None
    image = _jpeg(thumbnail.data, max_pixels)
    if image is None:
        return None
    stored = read_exif(image.info.get("exif", b"")).orientation
    orientation = stored if stored != 1 else _FLIPS.get(raw.sizes.flip, 1)
    # Some cameras turn their JPEG themselves: then it stands while the sensor lies.
    is_turned = orientation in _SIDEWAYS and image.height > image.width and raw.sizes.width > raw.sizes.height
    return _bare(image if is_turned else turned(image, orientation))


def _is_large_enough(preview: Image.Image, width: int, height: int) -> bool:
    """Both ways, however the two lie."""
    return max(preview.size) * _LARGE_ENOUGH >= max(width, height) and min(preview.size) * _LARGE_ENOUGH >= min(
        width, height
    )


def _largest_preview(data: bytes, max_pixels: int, reason: Exception) -> Image.Image:
    """The largest JPEG that the directories name. Raises Damaged when there is none that decodes."""
    spots: list[tuple[int, int]] = []
    for directory in all_directories(data):
        spots += zip(directory.numbers(JPEG_OFFSET), directory.numbers(JPEG_SIZE), strict=False)
        offsets = directory.numbers(STRIP_OFFSETS)
        if directory.number(COMPRESSION) in _JPEG_COMPRESSIONS and len(offsets) == 1:
            spots += zip(offsets, directory.numbers(STRIP_SIZES), strict=False)
    orientation = read_exif(data).orientation
    for start, size in sorted(spots, key=lambda spot: -spot[1]):
        image = _jpeg(data[start : start + size], max_pixels)
        if image is not None:
            return _bare(turned(image, orientation))
    raise Damaged("no picture in this raw") from reason


def _jpeg(data: bytes, max_pixels: int) -> Image.Image | None:
    """A decoded JPEG, or None when it is none (the raw pixels of some cameras are called JPEG, too)."""
    try:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data), "")
        check_pixels(image.width, image.height, max_pixels)
        image.load()
    except (SyntaxError, OSError, ValueError):
        return None
    return image


def _bare(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image.info = {"icc_profile": profile} if profile else {}
    return image

"""The BMPs that Pillow does not read: channels of any width and place, and a PNG or JPEG in a bitmap's clothes."""

import io
from typing import Any

import numpy
from PIL import Image, JpegImagePlugin, PngImagePlugin

from mediacrush.pipeline.pictures.refusals import Unrecognised, check_memory, check_pixels

_FILE_HEADER_SIZE, _DIB_SIZE, _MASKED_DIB_SIZE = 14, 40, 56
_MASKS = range(_FILE_HEADER_SIZE + 40, _FILE_HEADER_SIZE + 56, 4)
_MASKED, _JPEG, _PNG, _MASKED_WITH_ALPHA = 3, 4, 5, 6
_SAMPLES = {16: "<u2", 32: "<u4"}


def read_masked_bmp(data: bytes, max_pixels: int) -> Image.Image:
    """A BMP of Windows 3 or later whose header names masks, or which wraps another picture."""
    width, stored_height = (_number(data, at, signed=True) for at in (18, 22))
    bits, compression = _number(data, 28, 2), _number(data, 30)
    height, start = abs(stored_height), _number(data, 10)
    if compression in {_JPEG, _PNG}:
        return _wrapped(data[start:], compression, max_pixels)
    if _number(data, 14) < _DIB_SIZE or compression not in {_MASKED, _MASKED_WITH_ALPHA} or bits not in _SAMPLES:
        raise Unrecognised("no such bitmap")
    check_pixels(width, height, max_pixels)
    check_memory(width * height * 12)
    has_alpha = compression == _MASKED_WITH_ALPHA or _number(data, 14) >= _MASKED_DIB_SIZE
    masks = [_number(data, at) for at in _MASKS][: 4 if has_alpha else 3]
    if not masks[-1]:
        masks = masks[:3]
    row_size = -(-width * bits // 32) * 4
    rows = data[start : start + row_size * height]
    rows += bytes(row_size * height - len(rows))
    pixels = numpy.frombuffer(rows, _SAMPLES[bits]).reshape(height, -1)[:, :width]
    shown = numpy.stack([_channel(pixels, mask) for mask in masks], axis=2)
    return Image.fromarray(numpy.ascontiguousarray(shown if stored_height < 0 else shown[::-1]))


def _number(data: bytes, at: int, size: int = 4, *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=signed)


def _channel(pixels: Any, mask: int) -> Any:
    """What a mask leaves of the pixels, spread over 8 bits."""
    if not mask:
        return numpy.zeros(pixels.shape, dtype="u1")
    shift = (mask & -mask).bit_length() - 1
    highest = mask >> shift
    return (((pixels & mask) >> shift).astype("f8") * (255 / highest) + 0.5).astype("u1")


def _wrapped(data: bytes, compression: int, max_pixels: int) -> Image.Image:
    reader = JpegImagePlugin.JpegImageFile if compression == _JPEG else PngImagePlugin.PngImageFile
    image: Image.Image = reader(io.BytesIO(data), "")
    check_pixels(image.width, image.height, max_pixels)
    image.load()
    image.info = {}
    return image

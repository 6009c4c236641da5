"""Pictures of floats and of more than 8 bits: EXR, Radiance HDR, PFM, deep PSDs and TIFFs (OpenImageIO).

Light, which floats hold, is tone-mapped (light.py); integers are what the screen shows already, and become 8 bits,
greys 16.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import Any

import numpy
import OpenImageIO
from PIL import Image

from mediacrush.pipeline.pictures.readers.light import BT709, develop_light
from mediacrush.pipeline.pictures.refusals import Damaged, Unrecognised, check_memory, check_pixels

_MAX_CHANNELS_READ = 4
# A TIFF of thousands of channels is another way to ask for memory; OpenImageIO's own bounds.
_MAX_CHANNELS, _MAX_MEGABYTES = 1024, 4096
_ROWS = 32  # what EXR's strongest compressions pack together
_HEADER_BYTES = 65_536
_EXR_WINDOW = re.compile(rb"dataWindow\0box2i\0\x10\0\0\0(.{16})", re.DOTALL)
_PFM_SIZE = re.compile(rb"P[Ff]\s+(\d{1,9})\s+(\d{1,9})\s")
_FLOATS = frozenset({"half", "float", "double"})
_ICC_SPACE, _RGB = slice(16, 20), b"RGB "


def read_openexr(data: bytes, max_pixels: int) -> Image.Image:
    """The first part of an EXR, within its display window."""
    return _read(data, "openexr", max_pixels)


def read_radiance(data: bytes, max_pixels: int) -> Image.Image:
    """A Radiance HDR (RGBE)."""
    return _read(data, "hdr", max_pixels)


def read_pfm(data: bytes, max_pixels: int) -> Image.Image:
    """A Portable Float Map, colours or grey."""
    return _read(data, "pnm", max_pixels)


def read_deep_psd(data: bytes, max_pixels: int) -> Image.Image:
    """The composite of a Photoshop file, whatever its depth and size."""
    return _read(data, "psd", max_pixels)


def read_deep_tiff(data: bytes, max_pixels: int) -> Image.Image:
    """The first page of a TIFF of floats or of integers that Pillow has no mode for. Grey floats stay such."""
    return _read(data, "tiff", max_pixels, keeps_grey_floats=True)


def _read(data: bytes, format_name: str, max_pixels: int, *, keeps_grey_floats: bool = False) -> Image.Image:
    width, height = _announced(data)
    check_pixels(width, height, max_pixels)
    with _opened(data, format_name) as source:
        spec = source.spec()
        check_pixels(spec.width, spec.height, max_pixels)
        check_pixels(spec.full_width, spec.full_height, max_pixels)
        channels = _channels_to_read(spec)
        check_memory(max(spec.width * spec.height, spec.full_width * spec.full_height) * channels * 4)
        pixels = source.read_image(0, 0, 0, channels, OpenImageIO.FLOAT)
        if pixels is None:
            pixels = _what_is_there(source, spec, channels)
    pixels = _in_window(numpy.asarray(pixels, dtype="f4").reshape(spec.height, spec.width, channels), spec)
    is_light = str(spec.format) in _FLOATS
    if is_light and keeps_grey_floats and channels == 1:
        return Image.fromarray(pixels[:, :, 0])
    image = develop_light(pixels, _primaries(spec)) if is_light else _integers(pixels)
    profile = b"" if is_light else bytes(spec.get_bytes_attribute("ICCProfile") or b"")
    image.info = {"icc_profile": profile} if profile[_ICC_SPACE] == _RGB else {}
    return image


def _announced(data: bytes) -> tuple[int, int]:
    """The size that an EXR or PFM states; OpenImageIO says of what it finds too large that it is nothing."""
    window = _EXR_WINDOW.search(data, 0, _HEADER_BYTES)
    if window:
        left, top, right, bottom = struct.unpack("<4i", window[1])
        return right - left + 1, bottom - top + 1
    stated = _PFM_SIZE.match(data)
    return (int(stated[1]), int(stated[2])) if stated else (1, 1)


def _what_is_there(source: Any, spec: Any, channels: int) -> Any:
    """The rows of a damaged file that can be read, black the others. Raises Damaged when there are none."""
    pixels = numpy.zeros((spec.height, spec.width, channels), dtype="f4")
    has_rows = False
    for top in range(0, 0 if spec.tile_width else spec.height, _ROWS):
        end = min(top + _ROWS, spec.height)
        rows = source.read_scanlines(spec.y + top, spec.y + end, 0, 0, channels, OpenImageIO.FLOAT)
        if rows is not None:
            pixels[top:end] = numpy.asarray(rows).reshape(end - top, spec.width, channels)
            has_rows = True
    reason = source.geterror()
    if not has_rows:
        raise Damaged(reason)
    return pixels


@contextmanager
def _opened(data: bytes, format_name: str) -> Iterator[Any]:
    """The file, which OpenImageIO wants by name, and only by the reader asked for."""
    OpenImageIO.attribute("limits:channels", _MAX_CHANNELS)
    OpenImageIO.attribute("limits:imagesize_MB", _MAX_MEGABYTES)
    wishes = OpenImageIO.ImageSpec()
    if format_name == "psd":
        wishes["oiio:UnassociatedAlpha"] = 1
    # In the sandbox that is in the job's folder: memory with a name is refused there.
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        source = OpenImageIO.ImageInput.open(file.name, wishes)
        if source is None or source.format_name() != format_name:
            OpenImageIO.geterror()
            raise Unrecognised(f"no {format_name}")
        try:
            yield source
        finally:
            source.close()


def _channels_to_read(spec: Any) -> int:
    """Grey, grey with alpha, colours, or colours with alpha: what comes first of a file's channels."""
    names, alpha = list(spec.channelnames), spec.alpha_channel
    if spec.nchannels < 3 or names[0] == "Y":  # noqa: PLR2004 - EXR's Y, RY, BY are luminance and chroma
        return 2 if alpha == 1 else 1
    return _MAX_CHANNELS_READ if alpha == 3 else 3  # noqa: PLR2004


def _in_window(pixels: Any, spec: Any) -> Any:
    """What of an EXR's pixels lies within the window that is displayed; black and transparent around them."""
    if (spec.x, spec.y, spec.width, spec.height) == (spec.full_x, spec.full_y, spec.full_width, spec.full_height):
        return pixels
    canvas = numpy.zeros((spec.full_height, spec.full_width, pixels.shape[2]), dtype="f4")
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    right, bottom = left + spec.width, top + spec.height
    part = pixels[max(0, -top) :, max(0, -left) :]
    place = canvas[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    part = part[: place.shape[0], : place.shape[1]]
    place[: part.shape[0], : part.shape[1]] = part
    return canvas


def _primaries(spec: Any) -> tuple[float, ...]:
    stated = spec.getattribute("chromaticities")
    is_usable = isinstance(stated, tuple) and len(stated) == len(BT709) and all(y > 0 for y in stated[1::2])
    return tuple(map(float, stated)) if is_usable else BT709


def _integers(pixels: Any) -> Image.Image:
    """Pixels from 0 to 1 as 8 bits, as 16 where there is one channel."""
    if pixels.shape[2] == 1:
        return Image.fromarray((pixels[:, :, 0].clip(0, 1) * 65_535 + 0.5).astype("<u2"))
    shown = numpy.empty(pixels.shape, dtype="u1")
    for row, light in enumerate(pixels):
        shown[row] = light.clip(0, 1) * 255 + 0.5
    return Image.fromarray(shown)

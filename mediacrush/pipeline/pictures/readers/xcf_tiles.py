"""The pixels of a GIMP layer: tiles of 64x64, plain, run-length coded or deflated, of any of GIMP's precisions."""

import zlib
from typing import NamedTuple

from PIL import Image

from mediacrush.pipeline.pictures.xcf_header import Cursor, XcfHeader

_TILE = 64
_RUN_LENGTHS, _DEFLATED = 1, 2
_BIG_ENDIAN_VERSION = 12  # before, GIMP wrote samples in the order of its machine
_PALETTE_KIND = 2
# Hundreds of a precision: bytes of a sample, and its type for numpy. The tens are 0 for linear light.
_SAMPLES = {1: (1, "u1"), 2: (2, "u2"), 3: (4, "u4"), 5: (2, "f2"), 6: (4, "f4"), 7: (8, "f8")}
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_LINEAR_TENS = 25  # 00 is linear, 50 sRGB's curve, 75 a perceptual one near to it


class PixelFormat(NamedTuple):
    """Channels, and what their samples are."""

    channels: int
    sample_size: int
    sample_type: str
    is_linear: bool
    palette: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of a pixel."""
        return self.channels * self.sample_size

    @classmethod
    def of_layer(cls, header: XcfHeader, kind: int) -> "PixelFormat | None":
        """The format of a layer's pixels by its kind: colours, grey, palette, each without and with alpha."""
        colours = {0: 3, 1: 1, 2: 1}.get(kind // 2)
        known = cls._of_samples(header)
        if colours is None or known is None:
            return None
        if kind // 2 == _PALETTE_KIND:
            return cls(1 + kind % 2, 1, "u1", False, header.palette)
        return known._replace(channels=colours + kind % 2)

    @classmethod
    def of_mask(cls, header: XcfHeader) -> "PixelFormat":
        """The format of a mask: one channel, which is never light."""
        known = cls._of_samples(header) or cls(1, 1, "u1", False)
        return known._replace(is_linear=False)

    @classmethod
    def _of_samples(cls, header: XcfHeader) -> "PixelFormat | None":
        found = _SAMPLES.get(header.precision // 100)
        order = ">" if header.version >= _BIG_ENDIAN_VERSION else "<"
        is_linear = header.precision % 100 < _LINEAR_TENS
        return None if found is None else cls(1, found[0], order + found[1], is_linear)


def read_tiles(
    data: bytes, header: XcfHeader, start: int, size: tuple[int, int], pixel_format: PixelFormat
) -> Image.Image | None:
    """What can be read of a drawable's pixels, as RGBA, the rest transparent; None when there is nothing."""
    hierarchy = Cursor(data, start)
    stated = tuple(hierarchy.number() for _ in range(3))
    level = Cursor(data, hierarchy.number(header.pointer_size))
    if stated != (*size, pixel_format.size) or (level.number(), level.number()) != size:
        return None
    picture = Image.new("RGBA", size)
    has_tiles = False
    for top in range(0, size[1], _TILE):
        for left in range(0, size[0], _TILE):
            at = level.number(header.pointer_size)
            if not 0 < at < len(data):
                return picture if has_tiles else None
            tile_size = (min(_TILE, size[0] - left), min(_TILE, size[1] - top))
            samples = _unpacked(data, at, header.compression, tile_size[0] * tile_size[1], pixel_format.size)
            picture.paste(_tile(samples, tile_size, pixel_format), (left, top))
            has_tiles = True
    return picture


def _unpacked(data: bytes, at: int, compression: int, pixels: int, pixel_size: int) -> bytes:
    """The bytes of a tile, a pixel after the other; zeros where it is damaged."""
    wanted = pixels * pixel_size
    if compression == _RUN_LENGTHS:
        return _run_lengths(data, at, pixels, pixel_size)
    samples = data[at : at + wanted]
    if compression == _DEFLATED:
        try:
            samples = zlib.decompressobj().decompress(data[at : at + 2 * wanted + 1024], wanted)
        except zlib.error:
            samples = b""
    return samples + bytes(wanted - len(samples))


def _run_lengths(data: bytes, at: int, pixels: int, planes: int) -> bytes:
    """A plane after the other: 0 to 127 repeat a byte, 128 to 255 copy some; behind 127 and 128 is a count."""
    samples = bytearray(pixels * planes)
    for number in range(planes):
        plane = bytearray()
        while len(plane) < pixels and at < len(data):
            code = data[at]
            at += 1
            is_run = code < 128  # noqa: PLR2004
            count = code + 1 if is_run else 256 - code
            if code in {127, 128}:
                count = int.from_bytes(data[at : at + 2])
                at += 2
            if is_run:
                plane += data[at : at + 1] * count
                at += 1
            else:
                plane += data[at : at + count]
                at += count
        samples[number::planes] = plane[:pixels] + bytes(max(0, pixels - len(plane)))
    return bytes(samples)


def _tile(samples: bytes, size: tuple[int, int], pixel_format: PixelFormat) -> Image.Image:
    """A tile's pixels as RGBA."""
    if pixel_format.palette:
        image = Image.frombytes(_MODES[pixel_format.channels], size, samples)
        indexes = image.getchannel("L")
        indexes.putpalette(pixel_format.palette)
        shown = indexes.convert("RGBA")
        if image.mode == "LA":
            shown.putalpha(image.getchannel("A"))
        return shown
    if pixel_format.sample_size > 1 or pixel_format.is_linear:
        samples = _to_8_bits(samples, pixel_format)
    return Image.frombytes(_MODES[pixel_format.channels], size, samples).convert("RGBA")


def _to_8_bits(samples: bytes, pixel_format: PixelFormat) -> bytes:
    import numpy  # noqa: PLC0415 - most files have samples of 8 bits

    numbers = numpy.frombuffer(samples, pixel_format.sample_type).reshape(-1, pixel_format.channels)
    highest = 1.0 if numbers.dtype.kind == "f" else float(numpy.iinfo(numbers.dtype).max)
    values = numpy.nan_to_num(numbers.astype("f4") / highest, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
    if pixel_format.is_linear:
        colours = values[:, : pixel_format.channels - (pixel_format.channels + 1) % 2]
        curve = numpy.where(colours <= 0.0031308, colours * 12.92, 1.055 * colours ** (1 / 2.4) - 0.055)  # noqa: PLR2004
        values[:, : colours.shape[1]] = curve
    return (values * 255 + 0.5).astype("u1").tobytes()

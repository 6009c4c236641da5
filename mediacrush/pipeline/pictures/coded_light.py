"""HDR stills: their numbers stand for light, as PQ or HLG code it, and not for what a screen of 8 bits shows."""

import struct
from typing import TYPE_CHECKING

from PIL import Image

from mediacrush.pipeline.pictures.boxes import all_boxes
from mediacrush.pipeline.pictures.containers import png_chunks
from mediacrush.pipeline.pictures.refusals import check_memory

if TYPE_CHECKING:
    from mediacrush.pipeline.pictures.readers.light import Pixels

# ITU-T H.273's numbers of transfer characteristics.
_PQ, _HLG = 16, 18
# Its colour primaries: x and y of red, green, blue and white. What is not here is taken for BT.2020, HDR's own.
_PRIMARIES = {
    1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
_BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
# ITU-R BT.2408 puts the white of a page at 203 cd/m2; PQ's brightest is 10,000, a screen for HLG has 1,000.
_WHITE, _PQ_PEAK, _HLG_PEAK = 203.0, 10_000.0, 1000.0
# ITU-R BT.2100, tables 4 and 5.
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
_A, _B, _C, _SYSTEM_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2
_LUMINANCE_2020 = (0.2627, 0.6780, 0.0593)
_BYTES_PER_PIXEL = 48  # three floats, and what is computed of them on the way


def coding(name: str, data: bytes) -> tuple[int, int] | None:
    """H.273's numbers of primaries and transfer as a file of this kind states them; None where it states none."""
    if name == "PNG":
        for chunk in png_chunks(data[:4096]):
            if chunk.kind == b"cICP" and len(chunk.content) >= 2:  # noqa: PLR2004 - a byte for each
                return chunk.content[0], chunk.content[1]
    if name in {"AVIF", "HEIC"}:
        for box in all_boxes(memoryview(data)):
            if box.kind == b"colr" and box.content[:4].tobytes() == b"nclx" and len(box.content) >= 8:  # noqa: PLR2004
                primaries, transfer = struct.unpack(">HH", box.content[4:8])
                return primaries, transfer
    return None


def developed(name: str, data: bytes, image: Image.Image) -> Image.Image:
    """The decoded picture as sRGB, where its file says that it is HDR; else as it is."""
    primaries, transfer = coding(name, data) or (0, 0)
    if transfer not in {_PQ, _HLG}:
        return image
    from mediacrush.pipeline.pictures.readers.light import develop_light  # noqa: PLC0415 - numpy, and few need it

    check_memory(image.width * image.height * _BYTES_PER_PIXEL)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    light = _light(image.convert(mode), transfer)
    return develop_light(light, _PRIMARIES.get(primaries, _BT2020))


def _light(image: Image.Image, transfer: int) -> "Pixels":
    """Linear light, 1 the white of a page; alpha is multiplied in."""
    import numpy  # noqa: PLC0415

    coded = numpy.arange(256, dtype="f4") / 255
    if transfer == _PQ:
        root = coded ** (1 / _M2)
        table = _PQ_PEAK / _WHITE * (numpy.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)
    else:
        table = numpy.where(coded <= 1 / 2, coded**2 / 3, (numpy.exp((coded - _C) / _A) + _B) / 12)
    values = numpy.asarray(image)
    light: Pixels = table.astype("f4")[values[:, :, :3]]
    if transfer == _HLG:
        luminance = light @ numpy.array(_LUMINANCE_2020, dtype="f4")
        light *= (_HLG_PEAK / _WHITE * luminance ** (_SYSTEM_GAMMA - 1))[:, :, numpy.newaxis]
    if image.mode != "RGBA":
        return light
    alpha = values[:, :, 3:].astype("f4") / 255
    return numpy.concatenate([light * alpha, alpha], axis=2)

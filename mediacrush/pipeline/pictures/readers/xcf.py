"""GIMP's XCF, flattened (developer.gimp.org/core/standards/xcf), versions 0 to 23.

The visible layers are laid over each other as GIMP does it, with opacity, masks and the plain blend modes; a layer
of any other mode is laid over as a normal one. A group is drawn from the picture of it that GIMP stores beside its
layers. Hostile files are bounded: layers, the pixels of all of them together, and how often tiles are read.
"""

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageChops

from mediacrush.pipeline.pictures.readers.xcf_tiles import PixelFormat, read_tiles
from mediacrush.pipeline.pictures.refusals import Damaged, TooManyPixels, check_pixels
from mediacrush.pipeline.pictures.xcf_header import Cursor, XcfHeader, read_properties, read_xcf_header

_MAX_LAYERS = 1000
_WORK_PER_CANVAS = 2  # the pixels of all layers together, as a multiple of what one picture may have

# Properties of layers (XCF, section 2).
_OPACITY, _MODE, _VISIBLE, _APPLY_MASK, _OFFSETS, _ITEM_PATH = 6, 7, 8, 11, 15, 30
_WORD = 4
_OPAQUE = 255

# What a layer's mode makes of the picture below and of the layer: the old number of each mode, and its new one.
_Blend = Callable[[Image.Image, Image.Image], Image.Image]
_BLENDS: dict[int, _Blend] = {
    3: ImageChops.multiply,
    30: ImageChops.multiply,
    4: ImageChops.screen,
    31: ImageChops.screen,
    5: ImageChops.soft_light,  # what GIMP called overlay until 2.8 was a soft light
    23: ImageChops.overlay,
    6: ImageChops.difference,
    32: ImageChops.difference,
    7: ImageChops.add,
    33: ImageChops.add,
    8: ImageChops.subtract,
    34: ImageChops.subtract,
    9: ImageChops.darker,
    35: ImageChops.darker,
    10: ImageChops.lighter,
    36: ImageChops.lighter,
    18: ImageChops.hard_light,
    44: ImageChops.hard_light,
    19: ImageChops.soft_light,
    45: ImageChops.soft_light,
}


class _Layer(NamedTuple):
    """How a layer lies on the canvas, and where its pixels and its mask's are in the file (0: it has none)."""

    size: tuple[int, int]
    kind: int
    offset: tuple[int, int]
    opacity: int
    mode: int
    pixels: int
    mask: int


def read_xcf(data: bytes, max_pixels: int) -> Image.Image:
    """All visible layers on a transparent canvas. Raises Damaged when not one of them can be read."""
    header = read_xcf_header(data)
    check_pixels(header.width, header.height, max_pixels)
    layers = [layer for start in header.layers[:_MAX_LAYERS] if (layer := _read_layer(data, header, start))]
    if sum(layer.size[0] * layer.size[1] for layer in layers) > max_pixels * _WORK_PER_CANVAS:
        raise TooManyPixels("too many layers of that size")
    canvas = Image.new("RGBA", (header.width, header.height))
    drawn = [_draw(canvas, data, header, layer) for layer in reversed(layers)]
    if layers and not any(drawn):
        raise Damaged("no layer can be read")
    return canvas


def _read_layer(data: bytes, header: XcfHeader, start: int) -> _Layer | None:
    """A layer that is to be drawn: visible, and not part of a group."""
    cursor = Cursor(data, start)
    width, height, kind = (cursor.number() for _ in range(3))
    cursor.skip(cursor.number())
    found = read_properties(cursor)
    pixels, mask = (cursor.number(header.pointer_size) for _ in range(2))
    is_visible = _first(found.get(_VISIBLE), 1) != 0
    is_inside_group = len(found.get(_ITEM_PATH, b"")) > _WORD
    if not is_visible or is_inside_group or not width * height > 0 or not pixels:
        return None
    offsets = found.get(_OFFSETS, b"")
    return _Layer(
        size=(width, height),
        kind=kind,
        offset=(
            int.from_bytes(offsets[:_WORD], signed=True),
            int.from_bytes(offsets[_WORD : 2 * _WORD], signed=True),
        ),
        opacity=min(_first(found.get(_OPACITY), _OPAQUE), _OPAQUE),
        mode=_first(found.get(_MODE), 0),
        pixels=pixels,
        mask=mask if _first(found.get(_APPLY_MASK), 1) else 0,
    )


def _first(value: bytes | None, default: int) -> int:
    return default if value is None else int.from_bytes(value[:_WORD])


def _draw(canvas: Image.Image, data: bytes, header: XcfHeader, layer: _Layer) -> bool:
    """Lay a layer over what is there; False when nothing of it could be read."""
    pixel_format = PixelFormat.of_layer(header, layer.kind)
    picture = None if pixel_format is None else read_tiles(data, header, layer.pixels, layer.size, pixel_format)
    if picture is None:
        return False
    alpha = picture.getchannel("A")
    if layer.mask and (mask := _read_mask(data, header, layer)):
        alpha = ImageChops.multiply(alpha, mask)
    if layer.opacity < _OPAQUE:
        alpha = alpha.point([value * layer.opacity // _OPAQUE for value in range(256)])
    picture.putalpha(alpha)
    left, top = layer.offset
    box = (
        max(0, left),
        max(0, top),
        min(canvas.width, left + layer.size[0]),
        min(canvas.height, top + layer.size[1]),
    )
    if box[0] < box[2] and box[1] < box[3]:
        part = picture.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
        canvas.paste(_over(canvas.crop(box), part, _BLENDS.get(layer.mode)), box)
    return True


def _over(below: Image.Image, layer: Image.Image, blend: _Blend | None) -> Image.Image:
    """A layer over what is below it; a blend counts as far as that is opaque."""
    if blend is not None:
        blended = blend(below.convert("RGB"), layer.convert("RGB"))
        plain, alpha = layer.convert("RGB"), layer.getchannel("A")
        layer = Image.composite(blended, plain, below.getchannel("A"))
        layer.putalpha(alpha)
    return Image.alpha_composite(below, layer)


def _read_mask(data: bytes, header: XcfHeader, layer: _Layer) -> Image.Image | None:
    cursor = Cursor(data, layer.mask)
    size = (cursor.number(), cursor.number())
    cursor.skip(cursor.number())
    read_properties(cursor)
    if size != layer.size:
        return None
    pixels = cursor.number(header.pointer_size)
    mask = read_tiles(data, header, pixels, size, PixelFormat.of_mask(header))
    return None if mask is None else mask.getchannel("R")

"""GIMP files by hand: layers of any kind, packed in any way."""

import struct
import zlib
from dataclasses import dataclass, field

from PIL import Image

TILE = 64
PLAIN, RUN_LENGTHS, DEFLATED = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer: its picture (RGB, RGBA, L, LA, or P), how it lies, and what replaces the picture's own bytes."""

    picture: Image.Image
    offset: tuple[int, int] = (0, 0)
    opacity: int = 255
    mode: int = 0
    visible: bool = True
    mask: Image.Image | None = None
    path: tuple[int, ...] = ()
    properties: dict[int, bytes] = field(default_factory=dict)
    samples: tuple[bytes, int] | None = None

    @property
    def kind(self) -> int:
        """GIMP's number of the kind of pixels."""
        return {"RGB": 0, "RGBA": 1, "L": 2, "LA": 3, "P": 4}[self.picture.mode]


def xcf(
    layers: list[Layer],
    size: tuple[int, int],
    *,
    version: int = 0,
    kind: int = 0,
    precision: int = 150,
    compression: int = RUN_LENGTHS,
    palette: bytes = b"",
    parasites: dict[str, bytes] | None = None,
) -> bytes:
    """A file of these layers, the topmost first."""
    word = ">Q" if version >= 11 else ">I"
    head = b"gimp xcf " + (b"file" if not version else b"v%03d" % version) + b"\0" + struct.pack(">3I", *size, kind)
    head += struct.pack(">I", precision) if version >= 4 else b""
    head += _property(17, bytes([compression]))
    if palette:
        head += _property(1, struct.pack(">I", len(palette) // 3) + palette)
    if parasites:
        packed = (_text(name) + struct.pack(">II", 0, len(text)) + text for name, text in parasites.items())
        head += _property(21, b"".join(packed))
    head += _property(0, b"")
    at = len(head) + struct.calcsize(word) * (len(layers) + 2)
    pointers, bodies = b"", b""
    for layer in layers:
        pointers += struct.pack(word, at + len(bodies))
        bodies += _layer(layer, at + len(bodies), word, compression)
    return head + pointers + struct.pack(word, 0) * 2 + bodies


def _property(number: int, content: bytes) -> bytes:
    return struct.pack(">II", number, len(content)) + content


def _text(text: str) -> bytes:
    return struct.pack(">I", len(text) + 1) + text.encode() + b"\0"


def _layer(layer: Layer, at: int, word: str, compression: int) -> bytes:
    head = struct.pack(">3I", *layer.picture.size, layer.kind) + _text("Layer")
    head += _property(6, struct.pack(">I", layer.opacity)) + _property(7, struct.pack(">I", layer.mode))
    head += _property(8, struct.pack(">I", layer.visible)) + _property(15, struct.pack(">2i", *layer.offset))
    if layer.path:
        head += _property(30, struct.pack(f">{len(layer.path)}I", *layer.path))
    for number, content in layer.properties.items():
        head += _property(number, content)
    head += _property(0, b"")
    start = at + len(head) + 2 * struct.calcsize(word)
    pixels = _hierarchy(layer.picture, start, word, compression, layer.samples)
    mask = b""
    if layer.mask is not None:
        mask_head = struct.pack(">2I", *layer.mask.size) + _text("Mask") + _property(0, b"")
        mask_start = start + len(pixels) + len(mask_head) + struct.calcsize(word)
        mask = mask_head + struct.pack(word, mask_start) + _hierarchy(layer.mask, mask_start, word, compression)
    pointers = struct.pack(word, start) + struct.pack(word, start + len(pixels) if mask else 0)
    return head + pointers + pixels + mask


def _hierarchy(
    picture: Image.Image, at: int, word: str, compression: int, samples: tuple[bytes, int] | None = None
) -> bytes:
    """A drawable's pixels; given `samples` (of one tile, and bytes a pixel) they are taken instead."""
    size = samples[1] if samples else len(picture.getbands())
    boxes = [
        (left, top, min(left + TILE, picture.width), min(top + TILE, picture.height))
        for top in range(0, picture.height, TILE)
        for left in range(0, picture.width, TILE)
    ]
    tiles = [_packed(samples[0] if samples else picture.crop(box).tobytes(), size, compression) for box in boxes]
    pointer_size = struct.calcsize(word)
    level_at = at + 12 + 2 * pointer_size
    tile_at = level_at + 8 + pointer_size * (len(tiles) + 1)
    level = struct.pack(">2I", *picture.size)
    for tile in tiles:
        level += struct.pack(word, tile_at)
        tile_at += len(tile)
    head = struct.pack(">3I", *picture.size, size) + struct.pack(word, level_at) + struct.pack(word, 0)
    return head + level + struct.pack(word, 0) + b"".join(tiles)


def _packed(samples: bytes, size: int, compression: int) -> bytes:
    if compression == DEFLATED:
        return zlib.compress(samples)
    if compression == PLAIN:
        return samples
    return b"".join(_run_lengths(samples[plane::size]) for plane in range(size))


def _run_lengths(plane: bytes) -> bytes:
    """Runs where there are some, all four ways to write them in use."""
    packed, at = b"", 0
    while at < len(plane):
        end = at + 1
        while end < len(plane) and plane[end] == plane[at]:
            end += 1
        run = end - at
        if run > 127:
            packed += b"\x7f" + struct.pack(">H", run) + plane[at : at + 1]
        elif run > 2:
            packed += bytes([run - 1]) + plane[at : at + 1]
        else:
            end = min(at + (200 if at % 2 else 100), len(plane))
            count = end - at
            packed += b"\x80" + struct.pack(">H", count) if count > 127 else bytes([256 - count])
            packed += plane[at:end]
        at = end
    return packed

"""What the header of a JPEG XL says (ISO 18181-1, annex D): size, depth, whether it is animated."""

from collections.abc import Iterator
from typing import NamedTuple

from mediacrush.pipeline.pictures.boxes import boxes
from mediacrush.pipeline.pictures.refusals import Damaged

_CODESTREAM = b"\xff\x0a"
_HEADER_BYTES = 4096  # more than all that is read here
# Width by height of the ratios 1 to 7 (D.2).
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))

# The four ways to write a number: what is added, and how many bits follow.
_Choices = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
_SIDE: _Choices = ((1, 9), (1, 13), (1, 18), (1, 30))
_PREVIEW_EIGHTHS: _Choices = ((16, 0), (32, 0), (1, 5), (33, 9))
_PREVIEW_SIDE: _Choices = ((1, 6), (65, 8), (321, 10), (1345, 12))
_TICKS: _Choices = ((100, 0), (1000, 0), (1, 10), (1, 30))
_TICKS_PER: _Choices = ((1, 0), (1001, 0), (1, 8), (1, 10))
_LOOPS: _Choices = ((0, 0), (0, 3), (0, 16), (0, 32))
_BITS: _Choices = ((8, 0), (10, 0), (12, 0), (1, 6))
_FLOAT_BITS: _Choices = ((32, 0), (16, 0), (24, 0), (1, 6))
_EXTRA_CHANNELS: _Choices = ((0, 0), (1, 0), (2, 4), (1, 12))
_MAX_EXTRA_CHANNELS = 256
_ENUM: _Choices = ((0, 0), (1, 0), (2, 4), (18, 6))
_SHIFT: _Choices = ((0, 0), (3, 0), (4, 0), (1, 3))
_NAME_SIZE: _Choices = ((0, 0), (0, 4), (16, 5), (48, 10))
_FILTER_INDEX: _Choices = ((1, 0), (0, 2), (3, 4), (19, 8))
_ALPHA, _SPOT, _COLOUR_FILTER = 0, 2, 5


class JxlHeader(NamedTuple):
    """Pixels as stored, EXIF's orientation 1 to 8, bits a channel, whether there are frames to play, and whether
    the colours are XYB, made for the eye, as in everything that is not stored without loss."""

    width: int
    height: int
    orientation: int = 1
    bits: int = 8
    is_animated: bool = False
    is_lossy: bool = True


class _Bits:
    """A stream of bits, the lowest of each byte first; it goes on with zeros."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        return value

    def choose(self, choices: _Choices) -> int:
        base, count = choices[self.take(2)]
        return base + self.take(count)


def codestream_start(data: bytes) -> bytes:
    """The first bytes of the codestream, bare or in boxes (ISO 18181-2). Raises Damaged when there is none."""
    if data.startswith(_CODESTREAM):
        return data[:_HEADER_BYTES]
    for box in boxes(memoryview(data)):
        if box.kind in {b"jxlc", b"jxlp"}:
            before = 4 if box.kind == b"jxlp" else 0
            return bytes(box.content[before : before + _HEADER_BYTES])
    raise Damaged("no codestream")


def read_jxl_header(data: bytes) -> JxlHeader:
    """Read the header. Raises Damaged when there is no codestream."""
    start = codestream_start(data)
    if not start.startswith(_CODESTREAM):
        raise Damaged("no codestream")
    bits = _Bits(start[len(_CODESTREAM) :])
    height, width = _size(bits, bits.take(1), ((8, 5), _SIDE))
    orientation, is_animated = 1, False
    if bits.take(1):
        return JxlHeader(width, height)
    if bits.take(1):
        orientation = bits.take(3) + 1
        if bits.take(1):
            _size(bits, bits.take(1), ((8, 5), _SIDE))
        if bits.take(1):
            _preview(bits)
        is_animated = bool(bits.take(1))
        for choices in (_TICKS, _TICKS_PER, _LOOPS) if is_animated else ():
            bits.choose(choices)
        bits.take(1 if is_animated else 0)
    depth = _depth(bits)
    bits.take(1)  # whether 16 bit buffers do
    for _ in range(min(bits.choose(_EXTRA_CHANNELS), _MAX_EXTRA_CHANNELS)):
        _extra_channel(bits)
    return JxlHeader(width, height, orientation, depth, is_animated, bool(bits.take(1)))


def _depth(bits: _Bits) -> int:
    is_float = bits.take(1)
    depth = bits.choose(_FLOAT_BITS if is_float else _BITS)
    bits.take(4 if is_float else 0)
    return depth


def _extra_channel(bits: _Bits) -> None:
    """Pass over what is said of alpha and the like (D.3.6)."""
    if bits.take(1):
        return
    kind = bits.choose(_ENUM)
    _depth(bits)
    bits.choose(_SHIFT)
    bits.take(8 * bits.choose(_NAME_SIZE))
    bits.take({_ALPHA: 1, _SPOT: 4 * 16}.get(kind, 0))
    if kind == _COLOUR_FILTER:
        bits.choose(_FILTER_INDEX)


def _size(bits: _Bits, is_small: int, ways: tuple[tuple[int, int], _Choices]) -> tuple[int, int]:
    """Height and width: in eighths when small, and the width perhaps as a ratio."""
    (unit, count), choices = ways

    def side() -> int:
        return (bits.take(count) + 1) * unit if is_small else bits.choose(choices)

    height = side()
    ratio = bits.take(3)
    return height, _ratio_of(height, ratio) if ratio else side()


def _preview(bits: _Bits) -> None:
    choices = _PREVIEW_EIGHTHS if bits.take(1) else _PREVIEW_SIDE
    bits.choose(choices)
    if not bits.take(3):
        bits.choose(choices)


def _ratio_of(height: int, ratio: int) -> int:
    numerator, denominator = _RATIOS[ratio - 1]
    return height * numerator // denominator


def jxl_boxes(data: bytes) -> Iterator[bytes]:
    """The kinds of the boxes of a JPEG XL; none of a bare codestream."""
    return (box.kind for box in boxes(memoryview(data))) if not data.startswith(_CODESTREAM) else iter(())

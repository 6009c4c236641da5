"""From scene light to what a screen shows: tone mapping to 8 bit sRGB.

Reinhard's extended operator on luminance (Photographic Tone Reproduction for Digital Images, 2002, equation 4), its
white the brightest luminance but for a thousandth of the pixels, at least 1. So a picture that stays within 0 to 1
is left as it is, and the brighter one is, the more of its highlights are compressed. Light in other units (a sky in
candela per square metre, say) is first scaled to the paper's middle grey.
"""

from typing import Any

import numpy
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[numpy.float32]

_LUMINANCE = numpy.array([0.2126, 0.7152, 0.0722], dtype="f4")  # ITU-R BT.709
_MIDDLE_GREY = 0.18
_BRIGHTEST_PERCENT = 99.9
# Light is measured in other units when the average of its logarithm or its brightest lies beyond these.
_BRIGHT_AVERAGE, _DIM_WHITE = 2.0, 0.05
_SAMPLES = 1_000_000
_STRIP_PIXELS = 2**20  # keeps what is computed on the way small
_TINY, _HUGE = 1e-9, 1e9

# x and y of red, green, blue and white (ITU-R BT.709).
BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_BRADFORD = numpy.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def develop_light(pixels: Pixels, primaries: tuple[float, ...] = BT709) -> Image.Image:
    """Make linear light of 1 to 4 channels (height, width, channels; alpha multiplied in) a picture of 8 bits."""
    height, width, channels = pixels.shape
    colours = 1 if channels <= 2 else 3  # noqa: PLR2004 - grey with alpha
    matrix = None if colours == 1 or _is_bt709(primaries) else _to_bt709(primaries)
    step = max(1, int((height * width / _SAMPLES) ** 0.5))
    scale, white = _exposure(_luminance(_colours(pixels[::step, ::step], colours, matrix)))
    shown = numpy.empty((height, width, channels), dtype="u1")
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = pixels[top : top + rows]
        light = _colours(strip, colours, matrix) * scale
        shown[top : top + rows, :, :colours] = _encoded(_mapped(light, white))
        if channels > colours:
            shown[top : top + rows, :, colours] = _finite(strip[:, :, colours]).clip(0, 1) * 255 + 0.5
    return Image.fromarray(shown[:, :, 0] if channels == 1 else shown)


def _finite(values: Pixels) -> Pixels:
    return numpy.nan_to_num(values, nan=0.0, posinf=_HUGE, neginf=0.0)


def _colours(pixels: Pixels, colours: int, matrix: Pixels | None) -> Pixels:
    """The colours alone, finite and not negative, without alpha in them and with BT.709's primaries."""
    light = _finite(pixels[:, :, :colours])
    if pixels.shape[2] > colours:
        alpha = _finite(pixels[:, :, colours : colours + 1])
        light = numpy.where(alpha > _TINY, light / numpy.maximum(alpha, _TINY), light)
    if matrix is not None:
        light = light @ matrix.T
    return light.clip(0, _HUGE)


def _luminance(light: Pixels) -> Pixels:
    return light[:, :, 0] if light.shape[2] == 1 else light @ _LUMINANCE


def _exposure(luminance: Pixels) -> tuple[float, float]:
    """What to scale light by, and which luminance becomes white then."""
    white = float(numpy.percentile(luminance, _BRIGHTEST_PERCENT))
    average = float(numpy.exp(numpy.log(luminance + _TINY).mean()))
    scale = 1.0
    if average > _BRIGHT_AVERAGE or _TINY < white < _DIM_WHITE:
        scale = _MIDDLE_GREY / max(average, _TINY, white / _HUGE)
        scale = min(scale, 1 / white) if average <= _BRIGHT_AVERAGE else scale
    return scale, max(1.0, white * scale)


def _mapped(light: Pixels, white: float) -> Pixels:
    """Reinhard's equation 4, on the luminance: colours keep their hue."""
    luminance = _luminance(light)
    factor = (1 + luminance / white**2) / (1 + luminance)
    return light * factor[:, :, numpy.newaxis]


def _encoded(light: Pixels) -> NDArray[numpy.uint8]:
    """The transfer function of sRGB (IEC 61966-2-1), in 8 bits."""
    light = light.clip(0, 1)
    curve = numpy.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)  # noqa: PLR2004
    return (curve * 255 + 0.5).astype("u1")


def _is_bt709(primaries: tuple[float, ...]) -> bool:
    return bool(numpy.allclose(primaries, BT709, atol=0.002))


def _to_bt709(primaries: tuple[float, ...]) -> Pixels:
    """The matrix from light of these primaries to BT.709's, the white points adapted (Bradford)."""
    try:
        source, target = _to_xyz(primaries), _to_xyz(BT709)
        cones = _BRADFORD @ target.sum(axis=1) / (_BRADFORD @ source.sum(axis=1))
        adapted = numpy.linalg.inv(_BRADFORD) @ numpy.diag(cones) @ _BRADFORD
        matrix = numpy.linalg.inv(target) @ adapted @ source
    except (numpy.linalg.LinAlgError, ZeroDivisionError):
        return numpy.eye(3, dtype="f4")
    return matrix.astype("f4") if numpy.isfinite(matrix).all() else numpy.eye(3, dtype="f4")


def _to_xyz(primaries: tuple[float, ...]) -> NDArray[Any]:
    """The matrix from light of these primaries to XYZ; its rows add up to the white point."""
    corners = [(x / y, 1.0, (1 - x - y) / y) for x, y in zip(primaries[::2], primaries[1::2], strict=True)]
    colours, white = numpy.array(corners[:3]).T, numpy.array(corners[3])
    return colours * numpy.linalg.solve(colours, white)

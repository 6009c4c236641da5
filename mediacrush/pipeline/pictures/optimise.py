"""Making a file smaller without touching a pixel: JPEG by mozjpeg, PNG by oxipng; a drawing is sanitised.

Runs in the child process, like everything that reads a stranger's bytes with native code. What comes out carries no
metadata: the cleaner goes first.
"""

from mediacrush.pipeline.pictures.clean import clean_jpeg, clean_png
from mediacrush.pipeline.pictures.refusals import Unrecognised
from mediacrush.pipeline.pictures.signatures import picture_kind
from mediacrush.pipeline.pictures.svg import read_svg

# oxipng's level 2 takes 1.4 s a megapixel and level 1 half of that for nearly as much (docs/performance.md).
_CAREFUL_PIXELS_BYTES = 3_000_000
_CAREFUL_LEVEL, _QUICK_LEVEL = 2, 1


def optimise(data: bytes, max_pixels: int) -> bytes:
    """The same picture in fewer bytes, or of an SVG what is safe to show. Raises Refused, MalformedImage."""
    match picture_kind(data):
        case "JPEG":
            from mozjpeg_lossless_optimization import COPY_MARKERS, optimize  # noqa: PLC0415 - native code

            return bytes(optimize(clean_jpeg(data), copy=COPY_MARKERS.ALL))
        case "PNG":
            from oxipng import optimize_from_memory  # noqa: PLC0415

            level = _CAREFUL_LEVEL if len(data) < _CAREFUL_PIXELS_BYTES else _QUICK_LEVEL
            return bytes(optimize_from_memory(clean_png(data), level=level))
        case "SVG":
            return read_svg(data, max_pixels).markup
    raise Unrecognised("a kind that is not optimised")

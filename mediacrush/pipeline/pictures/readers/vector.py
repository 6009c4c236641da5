"""SVG, sanitised and drawn by resvg."""

import io

from PIL import Image, PngImagePlugin

from mediacrush.pipeline.pictures.svg import read_svg, rendered_svg

# A drawing has as many pixels as one wants; more than this nobody needs who does not have the drawing itself.
_MAX_SIDE = 2048


def read_vector(data: bytes, max_pixels: int) -> Image.Image:
    """The drawing at its own size in CSS pixels, or as large as fits."""
    svg = read_svg(data, max_pixels)
    scale = min(1.0, _MAX_SIDE / max(svg.width, svg.height))
    width, height = (max(1, round(length * scale)) for length in (svg.width, svg.height))
    image: Image.Image = PngImagePlugin.PngImageFile(io.BytesIO(rendered_svg(svg, width, height)), "")
    image.load()
    return image

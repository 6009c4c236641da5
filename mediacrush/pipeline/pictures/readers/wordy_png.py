"""PNGs with more text in them than Pillow unpacks: they are opened without it."""

import io

from PIL import Image, PngImagePlugin

from mediacrush.pipeline.pictures.clean import MalformedImage, clean_png
from mediacrush.pipeline.pictures.refusals import Damaged, Unrecognised, check_memory, check_pixels


def read_wordy_png(data: bytes, max_pixels: int) -> Image.Image:
    """Open a PNG with nothing in it but its picture, which is not decoded yet."""
    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(clean_png(data)), "")
    except (MalformedImage, SyntaxError) as error:
        raise Unrecognised("no PNG header") from error
    except (ValueError, OSError) as error:
        raise Damaged("no PNG header") from error
    check_pixels(image.width, image.height, max_pixels)
    check_memory(image.width * image.height * 4)
    return image

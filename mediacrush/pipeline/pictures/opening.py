"""Opening and decoding pictures with Pillow: which formats are taken, how large they may be, what is damage."""

import importlib
import io
import re
import struct
import warnings

from PIL import Image, ImageFile, UnidentifiedImageError

from mediacrush.pipeline.pictures.exif import read_exif

# Pillow's format: the plugin that reads it, and how its files start. Patterns are compiled only where needed:
# compiling all of them takes longer than reading a small picture.
_FORMATS = {
    "JPEG": ("JpegImagePlugin", rb"\xff\xd8\xff"),
    "PNG": ("PngImagePlugin", rb"\x89PNG\r\n\x1a\n"),
    "GIF": ("GifImagePlugin", rb"GIF8[79]a"),
    "WEBP": ("WebPImagePlugin", rb"(?s)RIFF.{4}WEBP"),
    "AVIF": ("AvifImagePlugin", rb"(?s).{4}ftyp(avi[fs]|m[is]f1)"),
    "BMP": ("BmpImagePlugin", rb"BM"),
    "TIFF": ("TiffImagePlugin", rb"II[*+]\0|MM\0[*+]"),
}


def limit_pillow(max_pixels: int) -> None:
    """Let Pillow refuse large pictures itself, show what there is of truncated ones, and warn of nothing else."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def load_plugin(name: str) -> None:
    """Let Pillow know the format `name`, which is one of those above."""
    importlib.import_module(f"PIL.{_FORMATS[name][0]}")


def open_picture(data: bytes, max_pixels: int) -> tuple[str, ImageFile.ImageFile]:
    """Find out Pillow's name of the format and read the header.

    Like Image.open, which would load five plugins first: 10 ms more.
    Raises UnidentifiedImageError when it is none, DecompressionBombError when it announces too many pixels.
    """
    name = _sniff(data)
    load_plugin(name)
    read_header, _ = Image.OPEN[name]
    try:
        image = read_header(io.BytesIO(data), "")
    except (SyntaxError, IndexError, TypeError, struct.error) as error:
        raise UnidentifiedImageError(f"no {name} header") from error
    if image.width * image.height > max_pixels:
        raise Image.DecompressionBombError(f"{image.size} is more than {max_pixels} pixels")
    return name, image


def _sniff(data: bytes) -> str:
    for name, (_, signature) in _FORMATS.items():
        if re.match(signature, data):
            return name
    raise UnidentifiedImageError("no known signature")


def decode(image: ImageFile.ImageFile, data: bytes, max_pixels: int) -> None:
    """Decode the first frame. Raises, mostly OSError, when nothing of the picture can be decoded.

    Told to accept truncated files, Pillow passes over every error of a decoder and leaves the pixels blank.
    So where they all came out the same, they have to come out without an error too.
    """
    image.load()
    if _is_flat(image):
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        open_picture(data, max_pixels)[1].load()
        ImageFile.LOAD_TRUNCATED_IMAGES = True


def _is_flat(image: Image.Image) -> bool:
    extrema = native_16_bits(image).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band[0] == band[1] for band in bands)


def native_16_bits(image: Image.Image) -> Image.Image:
    """Pillow can hardly do a thing with 16 bit greys in a stated byte order; converted directly they clip."""
    return image.convert("I").convert("I;16") if image.mode in {"I;16B", "I;16L", "I;16N"} else image


def orientation(image: Image.Image) -> int:
    """How a decoded picture lies in its file, 1 to 8 (EXIF); Pillow turns TIFFs itself."""
    return read_exif(image.info.get("exif", b"")).orientation

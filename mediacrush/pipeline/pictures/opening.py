"""Opening and decoding pictures: which reader takes which kind, how large they may be, what is damage."""

import importlib
import io
import struct
import warnings
from typing import NamedTuple

from PIL import Image, ImageFile

from mediacrush.pipeline.pictures.containers import EOI, SOS, jpeg_segments
from mediacrush.pipeline.pictures.exif import read_exif
from mediacrush.pipeline.pictures.refusals import Damaged, TooManyScans, Unrecognised, check_memory, check_pixels
from mediacrush.pipeline.pictures.signatures import picture_kind


class _Plugin(NamedTuple):
    """A module of Pillow, and what it calls its format; `deeper` reads what it does not, from ours."""

    module: str
    format: str
    deeper: str | None = None


# The kinds of signatures.py: first those that Pillow reads.
_PLUGINS = {
    "JPEG": _Plugin("JpegImagePlugin", "JPEG"),
    "PNG": _Plugin("PngImagePlugin", "PNG", "wordy_png.read_wordy_png"),
    "GIF": _Plugin("GifImagePlugin", "GIF"),
    "WEBP": _Plugin("WebPImagePlugin", "WEBP"),
    "AVIF": _Plugin("AvifImagePlugin", "AVIF"),
    "BMP": _Plugin("BmpImagePlugin", "BMP", "bitmap.read_masked_bmp"),
    "TIFF": _Plugin("TiffImagePlugin", "TIFF", "deep.read_deep_tiff"),
    "ICO": _Plugin("IcoImagePlugin", "ICO"),
    "TGA": _Plugin("TgaImagePlugin", "TGA"),
    "PBM": _Plugin("PpmImagePlugin", "PPM"),
    "PGM": _Plugin("PpmImagePlugin", "PPM"),
    "PPM": _Plugin("PpmImagePlugin", "PPM"),
    "JP2": _Plugin("Jpeg2KImagePlugin", "JPEG2000"),
    "J2C": _Plugin("Jpeg2KImagePlugin", "JPEG2000"),
    "PSD": _Plugin("PsdImagePlugin", "PSD", "deep.read_deep_psd"),
}
# Then ours: a function of a module in readers/.
_READERS = {
    "HEIC": "heif.read_heif",
    "JXL": "jpeg_xl.read_jpeg_xl",
    "PSB": "deep.read_deep_psd",
    "XCF": "xcf.read_xcf",
    "EXR": "deep.read_openexr",
    "HDR": "deep.read_radiance",
    "PFM": "deep.read_pfm",
    "PAM": "netpbm.read_pam",
    "SVG": "vector.read_vector",
    **dict.fromkeys(("DNG", "CR2", "CR3", "NEF", "ARW", "PEF", "SRW", "RAF", "ORF", "RW2", "RAW"), "raw.read_raw"),
}
KINDS = (*_PLUGINS, *_READERS)

# Progressive pictures have about ten scans. Each costs a pass over all pixels however few bytes it has: as many as
# this take 6 s of CPU time.
_MAX_SCANS, _MAX_SCANNED_PIXELS = 500, 3 * 10**9
_BYTES_PER_PIXEL = 4
_TAIL_BYTES = 65_536
_PROGRESSIVE = b"\xff\xc2"
# What Pillow's plugins raise on a header that is none, and on one that they cannot read.
_NO_HEADER = (SyntaxError, LookupError, TypeError, struct.error)
_BAD_HEADER = (ValueError, OSError)


def limit_pillow(max_pixels: int) -> None:
    """Let Pillow refuse large pictures itself, show what there is of truncated ones, and warn of nothing else."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def load_plugin(name: str) -> None:
    """Let Pillow know the format `name`, which is one of those above."""
    importlib.import_module(f"PIL.{_PLUGINS[name].module}")


def open_picture(data: bytes, max_pixels: int) -> tuple[str, Image.Image]:
    """Find out the kind of picture and read its header; what our own readers take is decoded and upright, too.

    Like Image.open, which would load five plugins first: 10 ms more.
    Raises Unrecognised when it is of no kind, TooLarge when it announces too much, and what libraries do.
    """
    name = picture_kind(data)
    if name is None:
        raise Unrecognised("no known signature")
    if name in _READERS:
        return name, _read(_READERS[name], data, max_pixels)
    return name, _open_with_pillow(name, data, max_pixels)


def _open_with_pillow(name: str, data: bytes, max_pixels: int) -> Image.Image:
    plugin = _PLUGINS[name]
    load_plugin(name)
    read_header, _ = Image.OPEN[plugin.format]
    if name == "JPEG" and ImageFile.LOAD_TRUNCATED_IMAGES and EOI not in data[-_TAIL_BYTES:]:
        data = _ended_jpeg(data)
    try:
        image: Image.Image = read_header(io.BytesIO(data), "")
    except (*_NO_HEADER, *_BAD_HEADER) as error:
        if plugin.deeper is not None:
            return _read(plugin.deeper, data, max_pixels)
        refusal = Unrecognised if isinstance(error, _NO_HEADER) else Damaged
        raise refusal(f"no {name} header") from error
    check_pixels(image.width, image.height, max_pixels)
    check_memory(image.width * image.height * _BYTES_PER_PIXEL)
    if name == "JPEG":
        _check_scans(data, image.width * image.height)
    return image


def _read(reader: str, data: bytes, max_pixels: int) -> Image.Image:
    module, function = reader.split(".")
    loaded = importlib.import_module(f"mediacrush.pipeline.pictures.readers.{module}")
    image: Image.Image = getattr(loaded, function)(data, max_pixels)
    return image


def _ended_jpeg(data: bytes) -> bytes:
    """A progressive JPEG cut short gets an end behind its last whole segment: libjpeg shows nothing before it."""
    segments = list(jpeg_segments(data))
    if all(segment.kind != _PROGRESSIVE for segment in segments):
        return data
    last = bytes(segments[-1].whole)
    return data[: data.rfind(last)] + last + EOI


def _check_scans(data: bytes, pixels: int) -> None:
    scans = sum(segment.kind == SOS for segment in jpeg_segments(data))
    if scans > _MAX_SCANS or scans * pixels > _MAX_SCANNED_PIXELS:
        raise TooManyScans(f"{scans} scans")


def decode(image: Image.Image, data: bytes, max_pixels: int) -> None:
    """Decode the first frame. Raises, mostly OSError, when nothing of the picture can be decoded.

    Told to accept truncated files, Pillow passes over every error of a decoder and leaves the pixels blank.
    So where they all came out the same, they have to come out without an error too.
    """
    image.load()
    if isinstance(image, ImageFile.ImageFile) and _is_flat(image):
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

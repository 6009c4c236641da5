"""JPEG XL (libjxl, through pillow-jxl-plugin's decoder). Of an animation the first frame: FFmpeg plays those."""

import io

from PIL import Image, JpegImagePlugin

from mediacrush.pipeline.pictures.exif import read_exif
from mediacrush.pipeline.pictures.jxl import read_jxl_header
from mediacrush.pipeline.pictures.refusals import check_memory, check_pixels
from mediacrush.pipeline.pictures.turning import turned

_MAX_CHANNELS = 4


def read_jpeg_xl(data: bytes, max_pixels: int) -> Image.Image:
    """The picture as libjxl turns it; one that was a JPEG is made that JPEG again first."""
    header = read_jxl_header(data)
    check_pixels(header.width, header.height, max_pixels)
    check_memory(header.width * header.height * _MAX_CHANNELS * max(1, header.bits // 8))
    from pillow_jxl import Decoder  # noqa: PLC0415

    was_jpeg, info, content, profile, _ = Decoder(num_threads=-1)(data)
    if was_jpeg:
        image: Image.Image = JpegImagePlugin.JpegImageFile(io.BytesIO(content), "")
        check_pixels(image.width, image.height, max_pixels)
        profile = image.info.get("icc_profile", profile)
        image = turned(image, read_exif(image.info.get("exif", b"")).orientation)
    else:
        image = Image.frombytes("F" if info.mode == "F;16" else info.mode, (info.width, info.height), content)
    image.info = {"icc_profile": bytes(profile)} if profile else {}
    return image

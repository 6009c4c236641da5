"""HEIC and HEIF, as phones write them: tiled, turned, beside thumbnails and depth maps (libheif)."""

import io

from PIL import Image

from mediacrush.pipeline.pictures.refusals import check_memory, check_pixels


def read_heif(data: bytes, max_pixels: int) -> Image.Image:
    """The primary picture, turned as the file says (its own properties count, EXIF does not)."""
    from pillow_heif import options  # noqa: PLC0415
    from pillow_heif.as_plugin import HeifImageFile  # noqa: PLC0415

    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    image = HeifImageFile(io.BytesIO(data), "")  # type: ignore[no-untyped-call]
    check_pixels(image.width, image.height, max_pixels)
    check_memory(image.width * image.height * 4)
    image.load()  # type: ignore[no-untyped-call]
    profile = image.info.get("icc_profile")
    upright = image.copy()
    upright.info = {"icc_profile": profile} if profile else {}
    return upright

"""Still pictures as old programs, phones of every make and hand-written files have them; drawings."""

from functools import partial

import numpy
from PIL import Image

from tests.corpus import stills_made as made
from tests.corpus.cases import DONE, ERROR, SECRET, Case
from tests.corpus.pictures_made import exif, wide_gamut_profile
from tests.corpus.stills import GREY, SHOWN, TASTE, still
from tests.pipeline.pictures import kinds
from tests.pipeline.pictures.heic_grid import tiled_heic
from tests.pipeline.pictures.kinds import SIZE, by_ffmpeg, heif, jxl, raw, scene, tiff, written

_ODD = (97, 65)
_DRAWN = ("original", "png", "preview")

_ALPHA = scene().convert("RGBA")
_ALPHA.putalpha(Image.linear_gradient("L").resize(SIZE).point(lambda value: 255 if value else 0))
_HALF_CLEAR = scene().convert("RGBA")
_HALF_CLEAR.paste((0, 0, 0, 0), (0, 0, SIZE[0], 4))
_DEEP = numpy.asarray(scene(), dtype="u2") * 257
_LIGHT = numpy.asarray(scene(), dtype="f4") / 255
_CMYK = numpy.asarray(scene().convert("CMYK"), dtype="u2") * 257


def _odd() -> Image.Image:
    return scene().resize(_ODD)


_WEB = (
    still("png-grey-alpha.png", lambda: written(_HALF_CLEAR.convert("LA"), "PNG"), *SHOWN, colours=GREY),
    still("png-transparent.png", lambda: written(_HALF_CLEAR, "PNG"), *SHOWN, keeps_alpha=True),
    still(
        "png-wide-gamut.png",
        lambda: written(scene(), "PNG", icc_profile=wide_gamut_profile()),
        *SHOWN,
        keeps_profile=True,
    ),
    still("png-wrong-sum-of-note.png", partial(made.wrong_sum_png, b"tEXt"), *SHOWN),
    # Browsers show it, strict readers do not: either is an answer.
    still("png-wrong-sum-of-pixels.png", partial(made.wrong_sum_png, b"IDAT"), *SHOWN, outcomes=(DONE, ERROR)),
    still("jpeg-odd-size.jpg", lambda: written(_odd(), "JPEG", quality=92), *SHOWN, size=_ODD),
    still("jpeg-411.jpg", lambda: written(scene(), "JPEG", quality=92, subsampling="4:1:1"), *SHOWN),
    still("jpeg-thumbnail.jpg", made.with_thumbnail, *SHOWN, removed=True),
    still("webp-lossless.webp", lambda: written(scene(), "WEBP", lossless=True), *SHOWN),
    still("webp-alpha.webp", lambda: written(_HALF_CLEAR, "WEBP", quality=90), *SHOWN, keeps_alpha=True),
    still(
        "webp-wide-gamut.webp",
        lambda: written(scene(), "WEBP", quality=90, icc_profile=wide_gamut_profile()),
        *SHOWN,
        keeps_profile=True,
    ),
    still("avif-alpha.avif", lambda: written(_HALF_CLEAR, "AVIF", quality=90), *SHOWN, keeps_alpha=True),
    still("avif-odd-size.avif", lambda: written(_odd(), "AVIF", quality=90), *SHOWN, size=_ODD),
    still("avif-on-its-side.avif", made.lying_avif, "original|png|jpeg"),
    still("avif-wide-gamut-by-number.avif", made.numbered_avif, "original", "png|jpeg"),
    still("avif-grey.avif", lambda: by_ffmpeg(".avif", "-pix_fmt", "gray", "-crf", "10"), *SHOWN, colours=GREY),
)

_PHONES = (
    still("heic-odd-size.heic", lambda: heif(_odd()), size=_ODD),
    still("heic-tiled-odd-size.heic", lambda: tiled_heic(scene().resize((131, 97))), size=(131, 97)),
    still(
        "heic-tiled-upside-down.heic",
        lambda: tiled_heic(scene().transpose(Image.Transpose.ROTATE_180), quarter_turns=2),
    ),
    still("heic-alpha.heic", lambda: heif(_HALF_CLEAR), keeps_alpha=True),
    still(
        "heic-wide-gamut.heic",
        lambda: heif(scene(), icc_profile=wide_gamut_profile()),
        keeps_profile=True,
    ),
    still("jxl-odd-size.jxl", lambda: jxl(_odd(), quality=90), size=_ODD),
    still("jxl-by-ffmpeg.jxl", lambda: by_ffmpeg(".jxl", "-distance", "1")),
    still("jxl-private.jxl", lambda: jxl(scene(), quality=90, exif=exif().tobytes()), removed=True),
    still("pef.pef", lambda: raw(b"PENTAX", preview=(80, 54)), size=(80, 54)),
    still("dng-on-its-side.dng", lambda: raw(orientation=8), size=(64, 96), colours=None),
)

_BITMAPS = (
    still("bmp-1-bit.bmp", lambda: written(scene().convert("L").convert("1"), "BMP"), colours=GREY),
    still("bmp-packed.bmp", made.packed_bmp),
    still("bmp-top-down.bmp", made.top_down_bmp),
    still(
        "bmp-alpha.bmp",
        lambda: kinds.masked_bmp(32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), 108),
        colours=None,
    ),
    still("bmp-32-bit.bmp", lambda: by_ffmpeg(".bmp", "-pix_fmt", "bgra")),
    still("ico-of-bitmaps.ico", lambda: made.icon_of_bitmaps(16, 48), size=(48, 48)),
    still("ico-large.ico", lambda: kinds.icon(16, 256), size=(256, 256)),
    still("tga-grey.tga", lambda: written(scene().convert("L"), "TGA"), colours=GREY),
    still("tga-palette.tga", lambda: written(scene().quantize(64), "TGA")),
    still("tga-alpha.tga", lambda: written(_HALF_CLEAR, "TGA"), keeps_alpha=True),
    still("ppm-text.ppm", made.text_ppm, removed=True),
    still("pbm-text.pbm", made.text_pbm, colours=GREY),
    still("pam-alpha.pam", lambda: kinds.pam("RGBA", "RGB_ALPHA")),
    still("jpeg-2000-alpha.jp2", lambda: written(_HALF_CLEAR, "JPEG2000"), keeps_alpha=True),
    still("jpeg-2000-odd-size.jp2", lambda: written(_odd(), "JPEG2000"), size=_ODD),
)

_TIFFS = (
    still("tiff-deflate.tif", lambda: tiff(numpy.asarray(scene()), photometric="rgb", compression="zlib")),
    still("tiff-jpeg.tif", lambda: written(scene(), "TIFF", compression="jpeg", quality=92)),
    still("tiff-float.tif", lambda: tiff(_LIGHT, photometric="rgb"), tolerance=TASTE),
    still("tiff-float-grey.tif", lambda: tiff(_LIGHT.mean(axis=2), photometric="minisblack"), colours=None),
    still("tiff-16-bit-cmyk.tif", lambda: tiff(_CMYK, photometric="separated")),
    still("tiff-16-bit-deflate.tif", lambda: tiff(_DEEP, photometric="rgb", compression="zlib", predictor=True)),
    still(
        "tiff-planes.tif",
        lambda: tiff(numpy.asarray(scene()).transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate"),
    ),
    still("tiff-tiles.tif", lambda: tiff(numpy.asarray(scene()), photometric="rgb", tile=(32, 32))),
    still("tiff-big-endian.tif", lambda: tiff(numpy.asarray(scene()), photometric="rgb", byteorder=">")),
    still("tiff-large-offsets.tif", lambda: tiff(numpy.asarray(scene()), photometric="rgb", bigtiff=True)),
    still("tiff-palette.tif", lambda: written(scene().quantize(64), "TIFF")),
    still("tiff-transparent.tif", lambda: written(_HALF_CLEAR, "TIFF"), keeps_alpha=True),
)

_DRAWINGS = (
    still("svg-plain.svg", lambda: made.drawing('width="96" height="64"').encode(), *_DRAWN),
    still("svg-script.svg", made.svg_with_script, *_DRAWN),
    still("svg-references.svg", made.svg_with_references, *_DRAWN),
    still("svg-millimetres.svg", made.svg_in_millimetres, *_DRAWN),
    still("svg-utf-16.svg", made.svg_in_utf_16, *_DRAWN),
    still("svg-entities.svg", made.svg_of_entities, *_DRAWN),
    still("svg-parts.svg", made.svg_of_parts, *_DRAWN),
    still("svg-called.png", lambda: made.drawing(f'width="96" height="64" id="{len(SECRET)}"').encode(), *_DRAWN),
)

MORE_STILLS: tuple[Case, ...] = (*_WEB, *_PHONES, *_BITMAPS, *_TIFFS, *_DRAWINGS)

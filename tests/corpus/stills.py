"""Still pictures: every kind that the table of formats names, in the depths and modes that it comes in.

They show the scene of tests/pipeline/pictures/kinds.py: three colours and a grey, each darker to the right.
"""

from collections.abc import Callable
from functools import partial

import numpy
from PIL import Image

from mediacrush.model.media import BlobType
from tests.corpus import pictures_made as made
from tests.corpus.cases import DONE, SECRET, Case, Expected, Quadrants, of_bytes
from tests.pipeline.pictures import kinds
from tests.pipeline.pictures.heic_grid import tiled_heic
from tests.pipeline.pictures.kinds import SIZE, by_ffmpeg, heif, jxl, psd, raw, scene, tiff, written
from tests.pipeline.pictures.xcf import DEFLATED, Layer, xcf

WIDTH, HEIGHT = SIZE
_SCENE: Quadrants = ((223, 0, 0), (0, 159, 0), (0, 0, 223), (159, 159, 159))
GREY: Quadrants = ((67, 67, 67), (93, 93, 93), (25, 25, 25), (159, 159, 159))
# Light that no screen shows is brought into what it does: hues stay, their brightness is a matter of taste.
TASTE = 100
SHOWN, CONVERTED = ("original|optimised",), ("png|jpeg", "preview")

_ALPHA = scene().convert("RGBA")
_GREYS = scene().convert("L")
_DEEP = numpy.asarray(scene(), dtype="u2") * 257
_DEEP_GREY = numpy.asarray(_GREYS, dtype="u2") * 257


def still(
    name: str,
    make: Callable[[], bytes],
    *names: str,
    colours: Quadrants | None = _SCENE,
    size: tuple[int, int] = SIZE,
    tolerance: int = 70,
    removed: bool = False,
    keeps_profile: bool = False,
    keeps_alpha: bool = False,
    absent: tuple[str, ...] = (),
    outcomes: tuple[str, ...] = (DONE,),
) -> Case:
    """A row: a picture by its file name, the maker of its bytes, and the published names."""
    return Case(
        name=name,
        make=of_bytes(make),
        expect=Expected(
            outcomes=outcomes,
            blob_type=BlobType.IMAGE,
            width=size[0],
            height=size[1],
            names=names or CONVERTED,
            colours=colours,
            tolerance=tolerance,
            absent=absent,
            removed=removed,
            keeps_profile=keeps_profile,
            keeps_alpha=keeps_alpha,
        ),
    )


_PNGS = (
    still("png-rgb.png", lambda: written(scene(), "PNG"), *SHOWN, "preview"),
    still("png-1-bit.png", lambda: written(_GREYS.convert("1"), "PNG"), *SHOWN, colours=GREY),
    still("png-2-bit.png", lambda: written(scene().quantize(4), "PNG", bits=2), *SHOWN, tolerance=100),
    still("png-4-bit.png", lambda: written(scene().quantize(16), "PNG", bits=4), *SHOWN),
    still("png-8-bit-palette.png", lambda: written(scene().quantize(64), "PNG"), *SHOWN),
    still("png-8-bit-grey.png", lambda: written(_GREYS, "PNG"), *SHOWN, colours=GREY),
    still("png-16-bit-grey.png", lambda: written(Image.fromarray(_DEEP_GREY), "PNG"), *SHOWN, colours=GREY),
    still("png-16-bit.png", lambda: by_ffmpeg(".png", "-pix_fmt", "rgb48be"), *SHOWN),
    still("png-16-bit-alpha.png", lambda: by_ffmpeg(".png", "-pix_fmt", "rgba64be"), *SHOWN),
    still("png-alpha.png", lambda: written(_ALPHA, "PNG"), *SHOWN),
    still(
        "png-palette-alpha.png", lambda: written(scene().quantize(64), "PNG", transparency=0), *SHOWN, colours=None
    ),
    still("png-interlaced.png", made.interlaced_png, *SHOWN),
    still(
        "png-private.png",
        lambda: written(scene(), "PNG", pnginfo=made.png_texts(), exif=made.exif()),
        *SHOWN,
        removed=True,
    ),
)


_JPEGS = (
    still("jpeg-progressive.jpg", lambda: written(scene(), "JPEG", quality=92, progressive=True), *SHOWN),
    still("jpeg-grey.jpg", lambda: written(_GREYS, "JPEG", quality=92), *SHOWN, colours=GREY),
    still("jpeg-cmyk.jpg", lambda: written(scene().convert("CMYK"), "JPEG", quality=92), *SHOWN),
    still("jpeg-444.jpg", lambda: written(scene(), "JPEG", quality=92, subsampling=0), *SHOWN),
    still(
        "jpeg-wide-gamut.jpg",
        lambda: written(scene(), "JPEG", quality=92, icc_profile=made.wide_gamut_profile()),
        *SHOWN,
        keeps_profile=True,
    ),
    still("jpeg-several-pictures.jpg", made.multi_picture_jpeg, *SHOWN),
    still(
        "jpeg-comment.jpg",
        lambda: written(scene(), "JPEG", comment=SECRET.encode(), exif=made.exif()),
        *SHOWN,
        removed=True,
    ),
    *(
        still(f"jpeg-orientation-{turn}.jpg", partial(made.lying_jpeg, turn), *SHOWN, removed=True)
        for turn in range(1, 9)
    ),
)

_MODERN = (
    still("webp.webp", lambda: written(scene(), "WEBP", quality=90), *SHOWN),
    still("webp-lossless-alpha.webp", lambda: written(_ALPHA, "WEBP", lossless=True), *SHOWN),
    still("webp-private.webp", lambda: written(scene(), "WEBP", exif=made.exif()), *SHOWN, removed=True),
    still("avif.avif", lambda: written(scene(), "AVIF", quality=90), *SHOWN),
    still("avif-10-bit.avif", lambda: by_ffmpeg(".avif", "-pix_fmt", "yuv420p10le", "-crf", "10"), *SHOWN),
    # An AVIF cannot be cleaned without encoding it again, so a rendition stands for one that tells something.
    still(
        "avif-private.avif",
        lambda: written(scene(), "AVIF", quality=90, exif=made.exif()),
        "png|jpeg",
        absent=("original",),
        removed=True,
    ),
    still("heic.heic", lambda: heif(scene(), chroma=444)),
    still("heif.heif", lambda: heif(scene())),
    still("heic-10-bit.heic", lambda: heif(Image.fromarray(_DEEP_GREY)), colours=GREY),
    still("heic-tiled.heic", lambda: tiled_heic(scene().resize((150, 100))), size=(150, 100)),
    still(
        "heic-tiled-on-its-side.heic",
        lambda: tiled_heic(scene().transpose(Image.Transpose.ROTATE_270), quarter_turns=1),
    ),
    still("heic-private.heic", lambda: heif(scene(), exif=made.exif().tobytes()), removed=True),
    still("jxl.jxl", lambda: jxl(scene(), quality=90)),
    still("jxl-lossless-16-bit.jxl", lambda: by_ffmpeg(".jxl", "-pix_fmt", "rgb48le", "-distance", "0")),
    still("jxl-alpha.jxl", lambda: jxl(_ALPHA, lossless=True)),
    still("jxl-in-boxes.jxl", lambda: jxl(scene(), lossless=True, use_container=True)),
)

_CLASSIC = (
    still("gif-one-frame.gif", made.private_gif, *SHOWN, removed=True),
    still("bmp.bmp", lambda: written(scene(), "BMP")),
    still("bmp-palette.bmp", lambda: written(scene().quantize(64), "BMP")),
    still("bmp-16-bit.bmp", lambda: by_ffmpeg(".bmp", "-pix_fmt", "rgb565le")),
    still("ico.ico", lambda: kinds.icon(16, 48, 32), size=(48, 48)),
    still("tiff.tif", lambda: written(scene(), "TIFF")),
    still("tiff-lzw.tif", lambda: written(scene(), "TIFF", compression="tiff_lzw")),
    still("tiff-16-bit.tif", lambda: tiff(_DEEP, photometric="rgb")),
    still("tiff-cmyk.tif", lambda: written(scene().convert("CMYK"), "TIFF")),
    still("tiff-fax.tif", lambda: written(_GREYS.convert("1"), "TIFF", compression="group4"), colours=GREY),
    still("tiff-several-pages.tif", made.many_page_tiff),
    still("tiff-private.tif", made.private_tiff, removed=True),
    still("tga.tga", lambda: written(scene(), "TGA")),
    still("tga-packed.tga", lambda: written(scene(), "TGA", compression="tga_rle")),
    still("tga-private.tga", lambda: kinds.tga_with_footer(SECRET.encode()), removed=True),
    still("ppm.ppm", lambda: written(scene(), "PPM")),
    still("pgm.pgm", lambda: written(_GREYS, "PPM"), colours=GREY),
    still("pgm-16-bit.pgm", lambda: b"P5\n96 64\n65535\n" + _DEEP_GREY.astype(">u2").tobytes(), colours=GREY),
    still("pbm.pbm", lambda: written(_GREYS.convert("1"), "PPM"), colours=GREY),
    still("jpeg-2000.jp2", lambda: written(scene(), "JPEG2000")),
    still("jpeg-2000-bare.j2k", lambda: written(scene(), "JPEG2000", no_jp2=True)),
    still("jpeg-2000-16-bit.jp2", lambda: written(Image.fromarray(_DEEP_GREY), "JPEG2000"), colours=GREY),
)

_WORKSHOP = (
    still("psd.psd", lambda: psd(packed=True)),
    still("psd-16-bit.psd", lambda: psd(16)),
    still("psb.psb", lambda: psd(version=2)),
    still("psd-private.psd", lambda: psd(8, kinds.psd_resource(1028, SECRET.encode())), removed=True),
    still("xcf.xcf", lambda: xcf([Layer(picture=scene())], SIZE)),
    still("xcf-deflated.xcf", lambda: xcf([Layer(picture=_ALPHA)], SIZE, version=11, compression=DEFLATED)),
    still(
        "xcf-private.xcf",
        lambda: xcf([Layer(picture=scene())], SIZE, parasites={"gimp-comment": SECRET.encode()}),
        removed=True,
    ),
    still("dng.dng", raw, tolerance=TASTE),
    still("dng-large-preview.dng", lambda: raw(preview=(80, 54)), size=(80, 54)),
    still("cr2.cr2", kinds.cr2),
    still("nef.nef", lambda: raw(b"NIKON CORPORATION", preview=(80, 54)), size=(80, 54)),
    still("arw.arw", lambda: raw(b"SONY", preview=(80, 54)), size=(80, 54)),
    still("exr.exr", lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le"), tolerance=TASTE),
    still("exr-half.exr", lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrapf32le", "-format", "half"), tolerance=TASTE),
    still("radiance.hdr", lambda: by_ffmpeg(".hdr", "-pix_fmt", "gbrpf32le"), tolerance=TASTE),
    still("pfm.pfm", lambda: kinds.pfm(kinds.light())),
    still("svg.svg", made.svg, "original", "preview", removed=True),
    # The content decides: these names say something else.
    still("photo-called.mp4", lambda: written(scene(), "JPEG", quality=91), *SHOWN),
    still("picture-without-extension", lambda: written(scene(), "PNG", compress_level=1), *SHOWN),
    still("heic-called.jpg", lambda: heif(scene(), chroma=422)),
)

STILLS: tuple[Case, ...] = (*_PNGS, *_JPEGS, *_MODERN, *_CLASSIC, *_WORKSHOP)

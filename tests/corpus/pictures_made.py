"""Pictures that no tool at hand writes, and what photographers leave in those that they do."""

import io
import struct
import zlib

import numpy
from PIL import Image, ImageCms, PngImagePlugin

from tests.corpus.cases import PLACE, SECRET
from tests.pipeline.pictures.kinds import HEIGHT, SIZE, WIDTH, scene, written

_XMP = f"<x:xmpmeta><exif:GPSLatitude>{PLACE}</exif:GPSLatitude></x:xmpmeta>"


def exif(orientation: int = 1) -> Image.Exif:
    """Who, where and with what; and how the picture lies."""
    tags = Image.Exif()
    tags[0x0112], tags[0x010F], tags[0x013B], tags[0x8298] = orientation, SECRET, SECRET, SECRET
    tags[0x9C9D] = SECRET.encode("utf-16-le")
    place = tags.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (52.0, 31.0, 1.2), PLACE
    return tags


def png_texts() -> PngImagePlugin.PngInfo:
    """What editors write beside a PNG's pixels."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET)
    texts.add_itxt("XML:com.adobe.xmp", _XMP)
    return texts


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def interlaced_png() -> bytes:
    """A PNG in the seven passes of Adam7, none of which is filtered."""
    pixels = numpy.asarray(scene())
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx])
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def lying_jpeg(orientation: int) -> bytes:
    """A photo that shows the scene upright once it is turned as its EXIF says."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    picture = scene() if undo is None else scene().transpose(undo)
    return written(picture, "JPEG", quality=92, exif=exif(orientation))


def wide_gamut_profile() -> bytes:
    """An ICC profile with the primaries of Display P3 and a plain gamma of 2.2."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    p3 = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        tag, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if tag in p3:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in p3[tag]))
    return bytes(profile)


def many_page_tiff() -> bytes:
    """The scene first, black pages after it."""
    return written(scene(), "TIFF", save_all=True, append_images=[Image.new("RGB", SIZE)] * 3)


def multi_picture_jpeg() -> bytes:
    """A photo with a second one, black, behind it."""
    return written(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)], quality=92)


def private_gif() -> bytes:
    """One frame and a comment."""
    return written(scene().quantize(64), "GIF", comment=SECRET.encode())


def private_tiff() -> bytes:
    """Tags of who and what."""
    output = io.BytesIO()
    scene().save(output, "TIFF", tiffinfo={270: SECRET, 271: SECRET, 315: SECRET})
    return output.getvalue()


def svg() -> bytes:
    """The four quarters as a drawing, with a script and an editor's notes."""
    width, height = WIDTH // 2, HEIGHT // 2
    places = (("#df0000", 0, 0), ("#009f00", width, 0), ("#0000df", 0, height), ("#9f9f9f", width, height))
    boxes = "".join(
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>' for colour, x, y in places
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" onload="alert(1)">'
        f"<metadata>{SECRET}</metadata><!-- {PLACE} --><script>alert(1)</script>{boxes}</svg>"
    ).encode()

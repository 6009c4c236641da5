"""A real file of every kind of picture, showing the same scene; made by the tools that write it, else by hand."""

import io
import struct
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
import numpy
import pillow_heif
import tifffile
from PIL import Image

SIZE = WIDTH, HEIGHT = 96, 64


def scene() -> Image.Image:
    """A quarter red, a quarter green, a quarter blue and a quarter grey, each getting darker to the right."""
    shade = Image.linear_gradient("L").rotate(90).resize(SIZE).point(lambda grey: 255 - grey // 2)
    black = Image.new("L", SIZE)
    quarters = [(0, 0), (WIDTH // 2, 0), (0, HEIGHT // 2), (WIDTH // 2, HEIGHT // 2)]
    bands = []
    for band in range(3):
        image = black.copy()
        for number in (band, 3):
            box = (*quarters[number], quarters[number][0] + WIDTH // 2, quarters[number][1] + HEIGHT // 2)
            image.paste(shade.crop(box), box)
        bands.append(image)
    return Image.merge("RGB", bands)


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    """What Pillow (or a plugin of it) writes."""
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


@cache
def by_ffmpeg(suffix: str, *arguments: str, frames: int = 1) -> bytes:
    """What FFmpeg writes of the scene (several frames: a flickering one)."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "scene.png"), Path(folder, f"picture{suffix}")
        scene().save(source)
        loop = ["-loop", "1", "-framerate", "5"] if frames > 1 else []
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
        command = [ffmpeg, "-nostdin", "-v", "error", *loop, "-i", source, "-frames:v", str(frames), *arguments]
        subprocess.run([*map(str, command), str(target)], check=True)
        return target.read_bytes()


def heif(image: Image.Image, **options: object) -> bytes:
    """What libheif writes."""
    pillow_heif.register_heif_opener()
    return written(image, "HEIF", quality=90, **options)


def jxl(image: Image.Image, **options: object) -> bytes:
    """What libjxl writes."""
    __import__("pillow_jxl")
    return written(image, "JXL", **options)


def tiff(pixels: "numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.generic]]", **options: object) -> bytes:
    """What tifffile writes, without a word of its own."""
    output = io.BytesIO()
    tifffile.imwrite(output, pixels, metadata=None, software=False, **options)  # type: ignore[arg-type]
    return output.getvalue()


def light() -> "numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.float32]]":
    """The scene as linear light, 0 to 1."""
    shown = numpy.asarray(scene(), dtype="f4") / 255
    return numpy.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4).astype("f4")


def pfm(pixels: "numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.float32]]") -> bytes:
    """A Portable Float Map, its rows from the bottom up."""
    return b"PF\n%d %d\n-1.0\n" % SIZE + pixels[::-1].astype("<f4").tobytes()


def pam(mode: str, kind: str, maximum: int = 255) -> bytes:
    """A PAM of the scene in a mode of Pillow's."""
    samples = numpy.asarray(scene().convert(mode), dtype="u4")
    depth = 1 if samples.ndim == 2 else samples.shape[2]
    packed = (samples * maximum // 255).astype("u1" if maximum < 256 else ">u2").tobytes()
    head = f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {depth}\nMAXVAL {maximum}\nTUPLTYPE {kind}\nENDHDR\n"
    return head.encode() + packed


def masked_bmp(bits: int, masks: Iterable[int], size: int = 56) -> bytes:
    """A bitmap whose channels lie where masks say."""
    masks = list(masks)
    pixels = numpy.asarray(scene(), dtype="u4")
    packed = numpy.zeros((HEIGHT, WIDTH), dtype="u4")
    for band, mask in enumerate(masks[:3]):
        shift = (mask & -mask).bit_length() - 1
        packed |= ((pixels[:, :, band] * (mask >> shift) + 127) // 255) << shift
    rows = packed[::-1].astype("<u2" if bits == 16 else "<u4").tobytes()
    head = struct.pack("<IiiHHIIiiII", size, WIDTH, HEIGHT, 1, bits, 3, len(rows), 0, 0, 0, 0)
    head += struct.pack("<4I", *masks, *[0] * (4 - len(masks)))
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(rows), 0, 0, 14 + len(head)) + head + rows


def psd(bits: int = 8, resources: bytes = b"", *, mode: int = 3, version: int = 1, packed: bool = False) -> bytes:
    """A Photoshop file with nothing but its composite."""
    planes = numpy.asarray(scene()).transpose(2, 0, 1)
    samples = planes if bits == 8 else planes.astype("u2") * 257
    head = b"8BPS" + struct.pack(">H6xHIIHH", version, 3, HEIGHT, WIDTH, bits, mode)
    layers = struct.pack(">Q" if version == 2 else ">I", 0)
    rows = [row.astype(">u2" if bits == 16 else "u1").tobytes() for plane in samples for row in plane]
    if packed:
        coded = [b"".join(bytes([len(part) - 1]) + part for part in _chopped(row, 128)) for row in rows]
        counts = b"".join(struct.pack(">I" if version == 2 else ">H", len(row)) for row in coded)
        body = struct.pack(">H", 1) + counts + b"".join(coded)
    else:
        body = struct.pack(">H", 0) + b"".join(rows)
    return head + struct.pack(">I", 0) + struct.pack(">I", len(resources)) + resources + layers + body


def psd_resource(number: int, content: bytes) -> bytes:
    """An image resource of a Photoshop file."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + bytes(len(content) % 2)


def _chopped(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def tga_with_footer(author: bytes = b"", stamp: bool = False) -> bytes:
    """A TGA with an extension area, as Truevision's second specification has it."""
    plain = written(scene(), "TGA")
    plain = plain[:-26] if plain.endswith(b"TRUEVISION-XFILE.\0") else plain
    area = bytearray(495)
    area[:2] = struct.pack("<H", 495)
    area[2 : 2 + len(author)] = author
    area[486:490] = struct.pack("<I", 1 if stamp else 0)
    return plain + bytes(area) + struct.pack("<II", len(plain), 0) + b"TRUEVISION-XFILE.\0"


_TYPES = {"B": 1, "s": 2, "H": 3, "I": 4, "R": 5, "r": 10}
Tag = tuple[int, str, tuple[int, ...] | bytes]


def directories(*tables: list[Tag], blobs: Iterable[bytes] = (), order: str = "<") -> bytes:
    """A TIFF of hand-written directories, the first named by the header, the others by SubIFDs (330) in it.

    A value of -1 becomes the place of the next table (in 330) or of the next blob.
    """
    tables = tuple(sorted(table) for table in tables)
    starts, at = [], 8
    for table in tables:
        starts.append(at)
        at += 6 + 12 * len(table)
    values, places = b"", iter(starts[1:])
    pending = [bytes(blob) for blob in blobs]
    packed: list[list[bytes]] = []
    waiting: list[tuple[int, int]] = []
    for number, table in enumerate(tables):
        packed.append([])
        for tag, kind, stated in table:
            content = stated
            if stated == (-1,):
                content = (next(places) if tag == 330 else 0,)
                if tag != 330:
                    waiting.append((number, len(packed[-1])))
            code = "i" if kind == "r" else "I" if kind == "R" else "B" if kind == "s" else kind
            raw = bytes(content) if kind == "s" else struct.pack(f"{order}{len(content)}{code}", *content)
            amount = len(content) // (2 if kind in "Rr" else 1)
            field = raw.ljust(4, b"\0")
            if len(raw) > 4:
                field = struct.pack(order + "I", at + len(values))
                values += raw + bytes(len(raw) % 2)
            packed[-1].append(struct.pack(order + "HHI", tag, _TYPES[kind], amount) + field)
    blob_start = at + len(values)
    for (number, position), blob in zip(waiting, pending, strict=True):
        packed[number][position] = packed[number][position][:8] + struct.pack(order + "I", blob_start)
        blob_start += len(blob)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    body = b"".join(struct.pack(order + "H", len(rows)) + b"".join(rows) + bytes(4) for rows in packed)
    return head + body + values + b"".join(pending)


def raw(
    maker: bytes = b"", *, preview: tuple[int, int] = (16, 12), orientation: int = 1, size: tuple[int, int] = SIZE
) -> bytes:
    """A mosaic of the scene as a camera's raw: a DNG, or with a maker that maker's own kind (NEF, ARW and so on).

    `preview` is the size of the JPEG in front.
    """
    pixels = numpy.asarray(scene().resize(size), dtype="u2") * 16
    mosaic = pixels[:, :, 1].copy()
    mosaic[0::2, 0::2] = pixels[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = pixels[1::2, 1::2, 2]
    jpeg = written(scene().resize(preview), "JPEG", quality=92, subsampling=0)
    first: list[Tag] = [
        (254, "I", (1,)),
        (256, "I", (preview[0],)),
        (257, "I", (preview[1],)),
        (258, "H", (8, 8, 8)),
        (259, "H", (7,)),
        (262, "H", (6,)),
        (271, "s", (maker or b"Canon") + b"\0"),
        (272, "s", b"Model 1\0"),
        (273, "I", (-1,)),
        (274, "H", (orientation,)),
        (277, "H", (3,)),
        (278, "I", (preview[1],)),
        (279, "I", (len(jpeg),)),
        (330, "I", (-1,)),
    ]
    if not maker:
        first += [
            (50706, "B", (1, 4, 0, 0)),
            (50708, "s", b"Model 1\0"),
            (50721, "r", (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
            (50728, "R", (1, 1, 1, 1, 1, 1)),
            (50778, "H", (21,)),
        ]
    second: list[Tag] = [
        (254, "I", (0,)),
        (256, "I", (size[0],)),
        (257, "I", (size[1],)),
        (258, "H", (16,)),
        (259, "H", (1,)),
        (262, "H", (32803,)),
        (273, "I", (-1,)),
        (277, "H", (1,)),
        (278, "I", (size[1],)),
        (279, "I", (mosaic.size * 2,)),
        (33421, "H", (2, 2)),
        (33422, "B", (0, 1, 1, 2)),
        (50714, "H", (0,)),
        (50717, "I", (4080,)),
    ]
    return directories(first, second, blobs=[jpeg, mosaic.astype("<u2").tobytes()])


def cr2(preview: tuple[int, int] = SIZE) -> bytes:
    """A Canon raw as far as its preview: the first directory is a JPEG, the header says CR."""
    jpeg = written(scene().resize(preview), "JPEG", quality=92, subsampling=0)
    tags = [(256, 4, preview[0]), (257, 4, preview[1]), (259, 3, 6), (273, 4, 0), (274, 3, 1), (279, 4, len(jpeg))]
    start = 16 + 2 + 12 * len(tags) + 4
    entries = b"".join(
        struct.pack("<HHII", tag, kind, 1, start if tag == 273 else value) for tag, kind, value in tags
    )
    return (
        b"II*\0"
        + struct.pack("<I", 16)
        + b"CR\2\0"
        + bytes(4)
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
        + jpeg
    )


def icon(*sizes: int) -> bytes:
    """An icon of these sizes, the scene on each."""
    return written(scene().resize((max(sizes), max(sizes))), "ICO", sizes=[(size, size) for size in sizes])

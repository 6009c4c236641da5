"""Pictures written byte by byte: the rarer ways in which old and new kinds may lie in a file."""

import io
import struct

import numpy
from PIL import Image

from tests.corpus.cases import SECRET
from tests.corpus.pictures_made import exif, png_chunk
from tests.pipeline.pictures.kinds import HEIGHT, SIZE, WIDTH, scene, written

_QUARTERS = (("#df0000", 0, 0), ("#009f00", 1, 0), ("#0000df", 0, 1), ("#9f9f9f", 1, 1))


def packed_bmp() -> bytes:
    """A bitmap of 256 colours in runs of equal pixels (BI_RLE8), its rows from the bottom up."""
    picture = scene().quantize(64)
    rows = numpy.asarray(picture)[::-1]
    data = b"".join(b"".join(_runs(row.tolist())) + b"\0\0" for row in rows) + b"\0\1"
    palette = bytes(picture.getpalette("RGBX") or ()).ljust(1024, b"\0")
    blue_first = b"".join(bytes((palette[n + 2], palette[n + 1], palette[n], 0)) for n in range(0, 1024, 4))
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(data), 0, 0, 256, 0)
    start = 14 + len(head) + len(blue_first)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + blue_first + data


def _runs(row: list[int]) -> list[bytes]:
    runs: list[list[int]] = []
    for index in row:
        if runs and runs[-1][1] == index and runs[-1][0] < 255:
            runs[-1][0] += 1
        else:
            runs.append([1, index])
    return [bytes(run) for run in runs]


def top_down_bmp() -> bytes:
    """A bitmap whose first row is the uppermost, as its negative height says."""
    rows = numpy.asarray(scene())[:, :, ::-1].tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, -HEIGHT, 1, 24, 0, len(rows), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + head + rows


def text_ppm() -> bytes:
    """A pixmap in decimal digits, with a comment."""
    pixels = "\n".join(" ".join(map(str, row.reshape(-1))) for row in numpy.asarray(scene()))
    return f"P3\n# {SECRET}\n{WIDTH} {HEIGHT}\n255\n{pixels}\n".encode()


def text_pbm() -> bytes:
    """A bitmap in noughts and ones; one is black."""
    ones = 1 - numpy.asarray(scene().convert("1"), dtype="u1")
    return f"P1\n{WIDTH} {HEIGHT}\n".encode() + b"\n".join(b" ".join(b"%d" % v for v in row) for row in ones)


def wrong_sum_png(kind: bytes) -> bytes:
    """A PNG in which the checksum of this chunk (a note, or the pixels) is wrong."""
    data = written(scene(), "PNG")
    noted = data[:33] + png_chunk(b"tEXt", b"Comment\0nothing") + data[33:]
    place = noted.index(kind)
    end = place + 4 + int.from_bytes(noted[place - 4 : place])
    return noted[:end] + bytes(value ^ 0xFF for value in noted[end : end + 4]) + noted[end + 4 :]


def with_thumbnail() -> bytes:
    """A photo with a smaller one in its EXIF, as cameras write it, and a word in that one."""
    small = written(scene().resize((48, 32)), "JPEG", comment=SECRET.encode())
    tags = exif()
    first = tags.tobytes()[6:]
    order = "<" if first[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", first, 4)
    (count,) = struct.unpack_from(f"{order}H", first, start)
    second = struct.pack(f"{order}H", 3)
    at = len(first) + 2 + 3 * 12 + 4
    for tag, value in ((0x0103, 6), (0x0201, at), (0x0202, len(small))):
        second += struct.pack(f"{order}HHII", tag, 4, 1, value)
    chained = bytearray(first + second + bytes(4) + small)
    struct.pack_into(f"{order}I", chained, start + 2 + 12 * count, len(first))
    return written(scene(), "JPEG", quality=92, exif=b"Exif\0\0" + bytes(chained))


def lying_avif() -> bytes:
    """An AVIF that shows the scene upright once it is turned as its own property says."""
    tags = Image.Exif()
    tags[0x0112] = 6
    return written(scene().transpose(Image.Transpose.ROTATE_90), "AVIF", quality=90, exif=tags)


def numbered_avif() -> bytes:
    """An AVIF in Display P3's colours that says so by number alone (H.273: primaries 12, sRGB's curve)."""
    plain = written(scene(), "AVIF", quality=90)
    place = plain.index(b"nclx") + 4
    return plain[:place] + struct.pack(">H", 12) + plain[place + 2 :]


def icon_of_bitmaps(*sizes: int) -> bytes:
    """An icon that holds bitmaps instead of PNGs."""
    output = io.BytesIO()
    picture = scene().resize((max(sizes), max(sizes)))
    picture.save(output, "ICO", sizes=[(size, size) for size in sizes], bitmap_format="bmp")
    return output.getvalue()


def drawing(head: str, *, before: str = "", inside: str = "", unit: float = 1.0) -> str:
    """The four quarters as SVG, `unit` user units to a pixel."""
    width, height = WIDTH * unit / 2, HEIGHT * unit / 2
    boxes = "".join(
        f'<rect x="{x * width}" y="{y * height}" width="{width}" height="{height}" fill="{colour}"/>'
        for colour, x, y in _QUARTERS
    )
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {head}>{boxes}{inside}</svg>'


_SIZED = f'width="{WIDTH}" height="{HEIGHT}"'


def svg_with_script() -> bytes:
    """A drawing that would run scripts in every way that drawings can."""
    ways = (
        f"<script>{SECRET}</script>",
        f'<a href="javascript:{SECRET}"><rect width="1" height="1" onclick="{SECRET}"/></a>',
        f'<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml">{SECRET}</body>'
        "</foreignObject>",
        f'<set attributeName="href" to="javascript:{SECRET}"/>',
    )
    return drawing(f'{_SIZED} onload="{SECRET}"', inside="".join(ways)).encode()


def svg_with_references() -> bytes:
    """A drawing that would have others load what lies elsewhere."""
    there = f"http://example.invalid/{SECRET}"
    ways = (
        f"<style>@import url({there}.css); rect {{ cursor: url({there}.cur) }}</style>",
        f'<image href="{there}.png" width="1" height="1"/>',
        f'<image href="file:///{SECRET}" width="1" height="1"/>',
        f'<use href="{there}.svg#a"/>',
        f'<rect width="1" height="1" style="filter: url({there}.svg#f)"/>',
    )
    before = f'<?xml-stylesheet href="{there}.css"?>'
    return drawing(_SIZED, before=before, inside="".join(ways)).encode()


def svg_in_millimetres() -> bytes:
    """A drawing whose size is on paper; CSS has 96 pixels to an inch."""
    size = f'width="{WIDTH * 25.4 / 96:.4f}mm" height="{HEIGHT * 25.4 / 96:.4f}mm"'
    return drawing(f'{size} viewBox="0 0 {WIDTH * 10} {HEIGHT * 10}"', unit=10).encode()


def svg_in_utf_16() -> bytes:
    """A drawing in two bytes a character."""
    declared = '<?xml version="1.0" encoding="UTF-16"?>'
    return drawing(_SIZED, before=declared, inside="<title>Füße</title>").encode("utf-16")


def svg_of_entities() -> bytes:
    """A drawing that names its colours once, as Illustrator does."""
    before = '<!DOCTYPE svg [<!ENTITY one "#df0000">]>'
    text = drawing(f'viewBox="0 0 {WIDTH} {HEIGHT}" {_SIZED}', before=before)
    return text.replace('fill="#df0000"', 'fill="&one;"').encode()


def svg_of_parts() -> bytes:
    """A drawing with a style sheet, a gradient that changes nothing, and a quarter that is used again."""
    inside = (
        '<defs><linearGradient id="g"><stop stop-color="#df0000"/><stop offset="1" stop-color="#df0000"/>'
        f'</linearGradient><rect id="r" width="{WIDTH // 2}" height="{HEIGHT // 2}"/></defs>'
        '<style>.red { fill: url(#g) }</style><use href="#r" class="red"/>'
    )
    return drawing(f'viewBox="0 0 {SIZE[0]} {SIZE[1]}" {_SIZED}', inside=inside).encode()

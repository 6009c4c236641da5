"""A HEIC as phones write it: tiles that only together are the picture, turned by a property of the file."""

import struct

from PIL import Image

from mediacrush.pipeline.pictures.boxes import all_boxes
from mediacrush.pipeline.pictures.items import read_items
from tests.pipeline.pictures.kinds import heif

TILE = 64


def box(kind: bytes, *content: bytes) -> bytes:
    joined = b"".join(content)
    return struct.pack(">I", 8 + len(joined)) + kind + joined


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def tiled_heic(picture: Image.Image, *, quarter_turns: int = 0) -> bytes:
    """The picture in tiles of 64x64, to be turned counter-clockwise; what its edges lack is cut off again."""
    columns, rows = -(-picture.width // TILE), -(-picture.height // TILE)
    places = [(column * TILE, row * TILE) for row in range(rows) for column in range(columns)]
    tiles = [heif(picture.crop((left, top, left + TILE, top + TILE))) for left, top in places]
    configuration = next(bytes(part.content) for part in all_boxes(memoryview(tiles[0])) if part.kind == b"hvcC")
    coded = [tile[slice(*read_items(tile)[0].extents[0])] for tile in tiles]
    count = len(tiles)
    numbers = range(2, count + 2)
    infos = [_info(1, b"grid"), *(_info(number, b"hvc1") for number in numbers)]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *picture.size)
    properties = box(
        b"ipco",
        box(b"hvcC", configuration),
        full_box(b"ispe", 0, 0, struct.pack(">II", TILE, TILE)),
        full_box(b"ispe", 0, 0, struct.pack(">II", *picture.size)),
        box(b"irot", bytes([quarter_turns])),
    )
    wanted = struct.pack(">IHBBB", count + 1, 1, 2, 3, 0x84)
    wanted += b"".join(struct.pack(">HBBB", number, 2, 0x81, 2) for number in numbers)
    references = struct.pack(">HH", 1, count) + b"".join(struct.pack(">H", number) for number in numbers)

    def meta(start: int) -> bytes:
        places = struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))
        at = start
        for number, data in zip(numbers, coded, strict=True):
            places += struct.pack(">HHHHII", number, 0, 0, 1, at, len(data))
            at += len(data)
        return full_box(
            b"meta",
            0,
            0,
            full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full_box(b"pitm", 0, 0, struct.pack(">H", 1)),
            full_box(b"iloc", 1, 0, b"\x44\0", struct.pack(">H", count + 1), places),
            full_box(b"iinf", 0, 0, struct.pack(">H", count + 1), *infos),
            full_box(b"iref", 0, 0, box(b"dimg", references)),
            box(b"iprp", properties, full_box(b"ipma", 0, 0, wanted)),
            box(b"idat", grid),
        )

    brand = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    start = len(brand) + len(meta(0)) + 8
    return brand + meta(start) + box(b"mdat", *coded)


def _info(number: int, kind: bytes) -> bytes:
    return full_box(b"infe", 2, 0, struct.pack(">HH", number, 0), kind, b"\0")

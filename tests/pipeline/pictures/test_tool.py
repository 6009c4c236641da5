"""The picture tool tells facts, converts, and refuses every bad file with one clean sentence."""

import io
import json
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from getopt import GetoptError
from pathlib import Path
from typing import Any

import pytest
from PIL import GifImagePlugin, Image, ImageCms, ImageOps, PngImagePlugin

from mediacrush.pipeline.pictures import tool as picture_tool
from mediacrush.pipeline.tools import PICTURE_TOOL
from tests.minute import within_a_minute
from tests.pipeline.pictures.conftest import MAX_PIXELS, Tool, child, refusal
from tests.pipeline.pictures.test_clean import (
    SRGB,
    animated_webp,
    apng,
    exif,
    gif,
    picture,
    png_chunk,
    private_jpeg,
    saved,
)

KINDS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"]


def animated_avif() -> bytes:
    return saved(picture(), "AVIF", save_all=True, append_images=[picture(seed=2)], duration=100)


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def png_rows(header: bytes, rows: bytes, *before: bytes) -> bytes:
    return header + b"".join(before) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


# Probing


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read(probe: Callable[..., dict[str, Any]], kind: str) -> None:
    """A plain picture of each format has its name, its size, and nothing private."""
    facts = probe(saved(picture(), kind))
    assert facts["format"] == kind
    assert (facts["width"], facts["height"], facts["frames"], facts["duration_s"]) == (48, 32, 1, None)
    assert facts["is_lossy"] is (kind in {"JPEG", "WEBP", "AVIF"})
    assert (facts["has_alpha"], facts["has_private"], facts["removed"]) == (False, False, [])


@pytest.mark.parametrize(
    ("data", "fact", "value"),
    [
        (gif(duration=[100, 200, 300]), "frames", 3),
        (gif(duration=[100, 200, 300]), "duration_s", 0.6),
        (gif(duration=10), "duration_s", 0.3),
        (apng(), "frames", 3),
        (apng(), "duration_s", 0.36),
        (animated_webp(duration=[100, 200, 301]), "frames", 3),
        (animated_webp(duration=[100, 200, 301]), "duration_s", 0.601),
        (animated_avif(), "frames", 2),
        (animated_avif(), "duration_s", 0.2),
        (saved(picture(), "TIFF", save_all=True, append_images=[picture()]), "frames", 1),
        (saved(picture(), "MPO", save_all=True, append_images=[picture()]), "frames", 1),
        (saved(picture(), "MPO", save_all=True, append_images=[picture()]), "format", "JPEG"),
        (saved(picture("CMYK"), "JPEG"), "mode", "CMYK"),
        (saved(picture(), "JPEG"), "mode", "RGB"),
        (saved(picture(), "WEBP", lossless=True), "is_lossy", False),
        (saved(picture("RGBA"), "WEBP"), "is_lossy", True),
        (animated_webp(), "is_lossy", False),
        (saved(picture("RGBA"), "PNG"), "has_alpha", True),
        (saved(picture("LA"), "PNG"), "has_alpha", True),
        (saved(picture("P"), "PNG", transparency=3), "has_alpha", True),
        (saved(picture(), "PNG", transparency=(1, 2, 3)), "has_alpha", True),
        (saved(picture("RGBA"), "WEBP"), "has_alpha", True),
        (saved(picture("RGBA"), "AVIF"), "has_alpha", True),
        (saved(picture("P"), "GIF"), "has_alpha", False),
        (gif(transparency=3), "has_alpha", True),
    ],
)
def test_facts(probe: Callable[..., dict[str, Any]], data: bytes, fact: str, value: object) -> None:
    """Each kind of animation, loss and transparency is told as it is."""
    assert probe(data)[fact] == value


def test_later_transparency_counts(probe: Callable[..., dict[str, Any]]) -> None:
    """A GIF with a hole in its second frame only has alpha."""
    hole = picture("P", seed=2)
    hole.info["transparency"] = 3
    data = saved(picture("P"), "GIF", save_all=True, append_images=[hole], optimize=False)
    assert not Image.open(io.BytesIO(data)).has_transparency_data
    assert probe(data)["has_alpha"] is True


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (48, 32)), (3, (48, 32)), (6, (32, 48)), (8, (32, 48))])
def test_size_is_as_displayed(
    probe: Callable[..., dict[str, Any]], kind: str, orientation: int, size: tuple[int, int]
) -> None:
    """A picture stored lying on its side has the size it is shown in; lying so is nothing private."""
    block = Image.Exif()
    block[0x0112] = orientation
    facts = probe(saved(picture(), kind, exif=block))
    assert (facts["width"], facts["height"]) == size
    assert facts["has_private"] is False


def text_png(**texts: str) -> bytes:
    text = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        text.add_text(key.replace("_", " "), value)
    return saved(picture(), "PNG", pnginfo=text)


def iptc(dataset: int, text: bytes) -> bytes:
    resource = b"\x1c\x02" + bytes((dataset,)) + struct.pack(">H", len(text)) + text
    payload = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(resource)) + resource
    jpeg = saved(picture(), "JPEG")
    return jpeg[:2] + struct.pack(">BBH", 0xFF, 0xED, len(payload) + 2) + payload + jpeg[2:]


def with_app(marker: int, payload: bytes) -> bytes:
    jpeg = saved(picture(), "JPEG")
    return jpeg[:20] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + jpeg[20:]


CAMERA = ["camera", "comment", "date", "location", "serial number", "thumbnail"]
XMP = b'<x:xmpmeta exif:GPSLatitude="1" tiff:Make="M" xmp:CreateDate="D" aux:SerialNumber="9"><dc:creator/>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (private_jpeg(), sorted([*CAMERA, "other"])),
        (saved(picture(), "PNG", exif=exif()), CAMERA),
        (saved(picture(), "WEBP", exif=exif()), CAMERA),
        (saved(picture(), "AVIF", exif=exif()), CAMERA[:-1]),
        (saved(picture(), "JPEG", comment=b"hello"), ["comment"]),
        (saved(picture(), "JPEG", xmp=XMP), ["camera", "date", "location", "owner", "serial number"]),
        (saved(picture(), "WEBP", xmp=XMP), ["camera", "date", "location", "owner", "serial number"]),
        (saved(picture(), "AVIF", xmp=b"<x:xmpmeta/>"), ["other"]),
        (saved(picture(), "TIFF", tiffinfo={0x013B: "Me", 0x010F: "Maker"}), ["camera", "owner"]),
        (saved(picture(), "MPO", save_all=True, append_images=[picture()]), ["other"]),
        (text_png(Author="Me"), ["owner"]),
        (text_png(Creation_Time="now", Software="x"), ["date", "other"]),
        (png_rows(png_header(2, 1), bytes(range(7)), png_chunk(b"tIME", bytes(7))), ["date"]),
        (iptc(90, b"Paris"), ["location"]),
        (iptc(80, b"Me"), ["owner"]),
        (iptc(3, b"?"), ["other"]),
        (with_app(0xE0, b"JFXX\0\x10"), ["thumbnail"]),
        (with_app(0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1abc"), ["thumbnail"]),
        (with_app(0xE1, b"Exif\0\0damaged"), ["other"]),
        (with_app(0xEB, b"JP\0\1jumb"), ["other"]),
        (gif(comment=b"hello"), ["comment"]),
    ],
)
def test_private_metadata_is_named(probe: Callable[..., dict[str, Any]], data: bytes, words: list[str]) -> None:
    """What would be removed is told in plain words, sorted."""
    facts = probe(data)
    assert facts["removed"] == words
    assert facts["has_private"] is True


def test_xmp_in_a_gif_is_named(probe: Callable[..., dict[str, Any]]) -> None:
    """A GIF holds its XMP in an application block, as running text without lengths."""
    block = b"\x21\xff\x0bXMP DataXMP" + XMP + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    data = gif()
    assert probe(data[:-1] + block + b";")["removed"] == ["camera", "date", "location", "owner", "serial number"]


def test_xmp_turns_nothing(probe: Callable[..., dict[str, Any]]) -> None:
    """An orientation in XMP is followed by no browser and not here."""
    facts = probe(saved(picture(), "JPEG", xmp=b'<x:xmpmeta tiff:Orientation="6"/>'))
    assert (facts["width"], facts["height"]) == (48, 32)


# Refusing


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.4",
        b"RIFF\0\0\0\0WAVE",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"II*\0",
        b"BM",
        saved(picture(), "SGI"),
        saved(picture(), "PCX"),
    ],
)
def test_what_is_no_picture_is_unrecognised(refused: Callable[..., str], data: bytes) -> None:
    """Files of other kinds, of kinds that only Pillow knows, and starts without a picture are unrecognised."""
    assert refused(data) == "unrecognised"


def webp_canvas(width: int, height: int) -> bytes:
    canvas = struct.pack("<I", 2) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data = animated_webp()
    return data[:20] + canvas + data[30:]


def jpeg_of(width: int, height: int) -> bytes:
    jpeg = saved(picture(), "JPEG")
    frame = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:frame] + struct.pack(">HH", height, width) + jpeg[frame + 4 :]


BOMBS = {
    "PNG": png_rows(png_header(60_000, 60_000), bytes(100_000)),
    "largest PNG": png_rows(png_header(2**31 - 1, 2**31 - 1), bytes(100)),
    "JPEG": jpeg_of(65_000, 65_000),
    "GIF": gif()[:6] + struct.pack("<HH", 65_535, 65_535) + gif()[10:],
    "WebP": webp_canvas(16_000, 16_000),
    "BMP": saved(picture(), "BMP")[:18] + struct.pack("<ii", 2**30, 2**30) + saved(picture(), "BMP")[26:],
    "just too large": saved(Image.new("L", (1001, 1000)), "PNG"),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("command", ["probe", "convert"])
def test_bombs_are_refused_by_their_headers(refused: Callable[..., str], command: str, data: bytes) -> None:
    """What announces more pixels than allowed is not decoded."""
    arguments = ["--format", "png"] if command == "convert" else []
    with within_a_minute():
        assert refused(data, *arguments, command=command) == "too_large"


def test_the_limit_itself_is_allowed(probe: Callable[..., dict[str, Any]]) -> None:
    """Exactly as many pixels as allowed are allowed."""
    assert probe(saved(Image.new("L", (1000, 1000)), "PNG"))["width"] == 1000


def test_text_bombs_are_harmless(probe: Callable[..., dict[str, Any]]) -> None:
    """Texts that unpack to much are passed over, one or many of them."""
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    big = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000)))
    rows = bytes(range(7))
    assert probe(png_rows(png_header(2, 1), rows, bomb))["removed"] == ["comment"]
    assert probe(png_rows(png_header(2, 1), rows, *[big] * 70))["removed"] == ["comment"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_a_truncated_tail_is_fine(probe: Callable[..., dict[str, Any]], kind: str) -> None:
    """A file cut short still shows what there is."""
    data = saved(picture(size=(64, 64)), kind)
    assert probe(data[: len(data) * 3 // 4])["width"] == 64


@pytest.mark.parametrize(
    "data",
    [
        png_header(8, 8) + png_chunk(b"IDAT", b"garbage!") + png_chunk(b"IEND", b""),
        png_header(8, 8) + png_chunk(b"IEND", b""),
        saved(picture(), "WEBP")[:40],
        saved(picture(), "AVIF")[:400],
        saved(picture(), "TIFF", compression="tiff_lzw")[:200],
    ],
)
def test_undecodable_pictures_are_damaged(refused: Callable[..., str], data: bytes) -> None:
    """A good header does not make a picture."""
    assert refused(data) in {"damaged", "unrecognised"}


def test_a_scan_without_data_is_damaged(refused: Callable[..., str]) -> None:
    """A JPEG that ends where its picture should start is damaged."""
    jpeg = saved(picture(), "JPEG")
    assert refused(jpeg[: jpeg.index(b"\xff\xda") + 14]) == "damaged"


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_one_colour_are_fine(probe: Callable[..., dict[str, Any]], kind: str) -> None:
    """A blank picture that decodes without error is a picture."""
    assert probe(saved(Image.new("L", (16, 16)), kind))["width"] == 16


def run_out_of_memory(*_: object) -> None:
    raise MemoryError


def test_lack_of_memory_is_reported(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that does not fit the child's memory is too large."""
    monkeypatch.setattr(GifImagePlugin.GifImageFile, "load_prepare", run_out_of_memory)
    assert refused(gif()) == "too_large"


@pytest.mark.parametrize("error", [OSError("encoder error -2"), ValueError("encoding error 1: out of memory")])
def test_a_failing_encoder_is_no_damage(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A picture that decodes and cannot be encoded is not called damaged."""

    def fail(*_: object, **__: object) -> None:
        raise error

    data = saved(picture(), "PNG")
    monkeypatch.setattr(Image.Image, "save", fail)
    assert refused(data, "--format", "jpeg", command="convert") == "too_large"


@pytest.mark.parametrize("kind", KINDS)
def test_damage_never_escapes(tool: Tool, kind: str) -> None:
    """Truncated and changed files are read or refused, in every format."""
    options = {"exif": exif()} if kind in {"JPEG", "PNG", "WEBP", "AVIF", "TIFF"} else {}
    data = saved(picture(size=(12, 8)), kind, **options)
    chance = random.Random(3)
    for _ in range(150):
        damaged = bytearray(data[: chance.choice([len(data), chance.randrange(len(data))])])
        for _ in range(chance.randint(0, 5) if damaged else 0):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        command = chance.choice([["probe"], ["convert", "--format", chance.choice(["png", "jpeg", "webp"])]])
        status, output, error = tool(command[0], bytes(damaged), *command[1:])
        if status:
            refusal(status, output, error)


# Converting


def deep(scale: float, offset: float, mode: str = "I;16") -> Image.Image:
    """A ramp of 256 greys, spread over a deep mode."""
    return Image.linear_gradient("L").convert("I").point(lambda grey: grey * scale + offset).convert(mode)


def big_endian_tiff() -> bytes:
    """The ramp in 16 bits, as Photoshop writes it on a Mac."""
    tags = [(256, 256), (257, 256), (258, 16), (259, 1), (262, 1), (273, 110), (278, 256), (279, 131_072)]
    head = b"MM\0*" + struct.pack(">IH", 8, len(tags))
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags)
    ramp = struct.pack(">65536H", *(row * 257 for row in range(256) for _ in range(256)))
    return head + entries + bytes(4) + ramp


MODES = {
    "RGB": (saved(picture(), "PNG"), "RGB"),
    "RGBA": (saved(picture("RGBA"), "PNG"), "RGBA"),
    "grey": (saved(picture("L"), "PNG"), "L"),
    "grey with alpha": (saved(picture("LA"), "PNG"), "LA"),
    "palette": (saved(picture("P"), "PNG"), "P"),
    "black and white": (saved(picture("L").convert("1"), "PNG"), "1"),
    "16 bit grey": (saved(deep(257, 0), "PNG"), "I;16"),
    "CMYK": (saved(picture("CMYK"), "TIFF"), "RGB"),
    "YCbCr": (saved(picture("YCbCr"), "TIFF"), "RGB"),
    "Lab": (saved(picture("LAB"), "TIFF"), "RGB"),
    "float": (saved(Image.linear_gradient("L").convert("F"), "TIFF"), "L"),
    "32 bit grey": (saved(deep(2**24, 0, mode="I"), "TIFF"), "L"),
    "16 bit grey, big-endian": (big_endian_tiff(), "I;16"),
    "GIF": (gif(), "P"),
}


@pytest.mark.parametrize("target", ["png", "jpeg", "webp"])
@pytest.mark.parametrize(("data", "png_mode"), MODES.values(), ids=MODES)
def test_every_mode_becomes_every_format(
    convert: Callable[..., Image.Image], data: bytes, png_mode: str, target: str
) -> None:
    """Any kind of pixels can be written; PNG keeps more kinds than the others."""
    image = convert(data, target)
    assert image.size == Image.open(io.BytesIO(data)).size
    if target == "png":
        assert image.mode == png_mode


@pytest.mark.parametrize(("target", "arguments"), [("png", []), ("webp", ["--lossless"])])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_is_lossless(
    convert: Callable[..., Image.Image], kind: str, target: str, arguments: list[str]
) -> None:
    """Not a pixel changes on the way to a lossless format."""
    assert convert(saved(picture(), kind), target, *arguments).tobytes() == picture().tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied(convert: Callable[..., Image.Image], orientation: int) -> None:
    """The result lies the way the original was shown, and says nothing of turning."""
    block = Image.Exif()
    block[0x0112] = orientation
    data = saved(picture(), "PNG", exif=block)
    image = convert(data, "png")
    assert image.tobytes() == ImageOps.exif_transpose(Image.open(io.BytesIO(data))).tobytes()
    assert "exif" not in image.info


@pytest.mark.parametrize("target", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("data", [private_jpeg(), gif(comment=b"Secret"), text_png(Comment="Secret")])
def test_metadata_is_not_written(
    convert: Callable[..., Image.Image], tmp_path: Path, data: bytes, target: str
) -> None:
    """Neither EXIF nor XMP, texts or comments reach the result."""
    image = convert(data, target)
    assert not {"exif", "xmp", "comment", "Comment", "dpi"} & image.info.keys()
    assert b"Secret" not in (tmp_path / "output").read_bytes()


@pytest.mark.parametrize("target", ["png", "jpeg", "webp"])
def test_the_colour_profile_stays(convert: Callable[..., Image.Image], target: str) -> None:
    """A profile that fits the pixels is kept."""
    assert convert(private_jpeg(), target).info["icc_profile"] == SRGB


@pytest.mark.parametrize(
    ("mode", "space", "target", "is_kept"),
    [
        ("L", b"GRAY", "jpeg", True),
        ("L", b"RGB ", "jpeg", False),
        ("L", b"GRAY", "webp", False),
        ("L", b"RGB ", "webp", True),
        ("P", b"RGB ", "png", True),
        ("CMYK", b"CMYK", "jpeg", False),
        ("CMYK", b"RGB ", "png", True),
    ],
)
def test_a_profile_for_other_pixels_goes(
    convert: Callable[..., Image.Image], mode: str, space: bytes, target: str, is_kept: bool
) -> None:
    """A profile speaks of grey, RGB or CMYK pixels; one that speaks of others would spoil the colours."""
    profile = SRGB[:16] + space + SRGB[20:]
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = convert(saved(picture(mode), kind, icc_profile=profile), target)
    assert ("icc_profile" in image.info) is is_kept


def test_cmyk_goes_through_its_profile(
    convert: Callable[..., Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CMYK with a profile becomes sRGB by way of it; without a printer's profile at hand, that is asked for."""
    asked = []

    def transform(image: Image.Image, source: object, target: object, **options: object) -> Image.Image:
        asked.append(options)
        return Image.new("RGB", image.size, "red")

    monkeypatch.setattr(ImageCms, "profileToProfile", transform)
    profile = SRGB[:16] + b"CMYK" + SRGB[20:]
    image = convert(saved(picture("CMYK"), "TIFF", icc_profile=profile), "png")
    assert asked == [{"outputMode": "RGB"}]
    assert image.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        saved(deep(257, 0), "PNG"),
        big_endian_tiff(),
        saved(deep(257, 0, mode="I"), "TIFF"),
        saved(Image.linear_gradient("L").convert("F").point(lambda grey: grey * (1 / 255) + 0), "TIFF"),
        saved(Image.linear_gradient("L").convert("F"), "TIFF"),
    ],
    ids=["16 bits", "big-endian", "16 bits in 32", "floats up to 1", "floats up to 255"],
)
def test_deep_greys_are_scaled(convert: Callable[..., Image.Image], data: bytes) -> None:
    """The ramp from black to white is still one in 8 bits."""
    image = convert(data, "webp", "--lossless")
    assert image.getchannel("R").tobytes() == Image.linear_gradient("L").tobytes()


@pytest.mark.parametrize("data", [saved(deep(257, 0), "PNG"), big_endian_tiff()], ids=["PNG", "TIFF"])
def test_png_keeps_16_bits(convert: Callable[..., Image.Image], data: bytes) -> None:
    """Deep greys stay deep where they can."""
    assert convert(data, "png").tobytes() == deep(257, 0).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"),
        saved(Image.new("LA", (8, 8), (0, 0)), "PNG"),
        saved(Image.new("RGB", (8, 8), (1, 2, 3)), "PNG", transparency=(1, 2, 3)),
        saved(Image.new("P", (8, 8), 3), "GIF", transparency=3),
    ],
    ids=["RGBA", "grey with alpha", "colour key", "GIF"],
)
def test_transparency(convert: Callable[..., Image.Image], data: bytes) -> None:
    """What is transparent stays so, and is white in a JPEG."""
    assert convert(data, "jpeg").getpixel((4, 4)) == (255, 255, 255)
    for target in ("png", "webp"):
        assert convert(data, target).convert("RGBA").getpixel((4, 4))[3] == 0


def test_quality_counts(tool: Tool, tmp_path: Path) -> None:
    """A lower quality makes a smaller file, for JPEG and WebP."""
    for target in ("jpeg", "webp"):
        sizes = []
        for quality in ("20", "60", "95"):
            assert tool("convert", saved(picture(), "PNG"), "--format", target, "--quality", quality)[0] == 0
            sizes.append((tmp_path / "output").stat().st_size)
        assert sizes == sorted(set(sizes))


def test_jpegs_are_progressive_and_subsampled(convert: Callable[..., Image.Image]) -> None:
    """JPEGs are written the way the web wants them."""
    image = convert(saved(picture(), "PNG"), "jpeg")
    assert image.info["progressive"] == 1
    assert image.layer[0][1:3] == (2, 2)


def test_what_the_format_cannot_hold_is_refused(refused: Callable[..., str]) -> None:
    """WebP ends at 16,383 pixels a side."""
    data = saved(Image.new("L", (16_384, 1)), "PNG")
    assert refused(data, "--format", "webp", command="convert") == "too_large"


# As a program


def test_it_runs_as_a_child(tmp_path: Path) -> None:
    """Started in isolated mode, it finds all it needs and answers on standard output."""
    source = tmp_path / "photo"
    source.write_bytes(private_jpeg())
    told = child("probe", source, "--max-pixels", "2000")
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)["removed"] == sorted([*CAMERA, "other"])
    for target in ("png", "jpeg", "webp"):
        done = child("convert", source, tmp_path / target, "--format", target, "--max-pixels", "2000")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        with Image.open(tmp_path / target) as image:
            assert image.size == (32, 48)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello", "unrecognised"),
        (BOMBS["PNG"], "too_large"),
        (BOMBS["WebP"], "too_large"),
        (png_header(8, 8) + png_chunk(b"IDAT", b"garbage!"), "damaged"),
    ],
)
def test_it_refuses_as_a_child(tmp_path: Path, data: bytes, kind: str) -> None:
    """A refusal is exit status 3 and one JSON object on standard error, soon."""
    source = tmp_path / "picture"
    source.write_bytes(data)
    with within_a_minute():
        told = child("probe", source, "--max-pixels", str(MAX_PIXELS))
    assert refusal(told.returncode, told.stdout, told.stderr) == kind


def test_it_loads_little(tmp_path: Path) -> None:
    """It imports its own package and nothing slow: it is started for every picture."""
    source = tmp_path / "picture"
    source.write_bytes(saved(picture(), "PNG"))
    words = [word.replace("sys.exit(main())", "main(); print(*sys.modules)") for word in PICTURE_TOOL]
    words += ["probe", str(source), "--max-pixels", "2000"]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    loaded = set(told.stdout.splitlines()[1].split())
    assert "PIL.PngImagePlugin" in loaded
    assert not {"argparse", "dataclasses", "pathlib"} & loaded
    ours = {name for name in loaded if name.startswith("mediacrush")} - {"mediacrush", "mediacrush.pipeline"}
    assert all(name.startswith("mediacrush.pipeline.pictures") for name in ours)


@pytest.mark.parametrize(
    "arguments",
    [
        ["probe", "INPUT"],
        ["probe", "INPUT", "--max-pixels", "many"],
        ["show", "INPUT", "--max-pixels", "2000"],
        ["convert", "INPUT", "--max-pixels", "2000", "--format", "png"],
        ["convert", "INPUT", "OUTPUT", "--max-pixels", "2000", "--format", "tiff"],
        ["probe", "INPUT", "--max-pixels", "2000", "--fast"],
    ],
)
def test_wrong_arguments_are_no_fault_of_the_picture(tmp_path: Path, arguments: list[str]) -> None:
    """What is asked for wrongly is raised, not reported as a refusal."""
    source = tmp_path / "picture"
    source.write_bytes(saved(picture(), "PNG"))
    words = [str(source) if word == "INPUT" else word for word in arguments]
    with pytest.raises((GetoptError, KeyError, ValueError)):
        picture_tool.main(words)


def damaged_tiffs() -> list[bytes]:
    """One that libtiff complains of, its data being no zlib stream, and one that Pillow's log complains of."""
    packed = saved(picture(), "TIFF", compression="tiff_adobe_deflate")
    samples = struct.pack("<HHI", 277, 3, 1)
    start = packed.index(samples) + len(samples)
    return [
        packed.replace(zlib.compress(picture().tobytes())[:2], b"no"),
        packed[:start] + struct.pack("<H", 65_000) + packed[start + 2 :],
    ]


@pytest.mark.parametrize("data", damaged_tiffs(), ids=["libtiff", "log"])
def test_what_libraries_complain_of_is_not_repeated(tmp_path: Path, data: bytes) -> None:
    """Standard error holds the report alone, though libtiff and Pillow's log write there too."""
    source = tmp_path / "picture"
    source.write_bytes(data)
    told = child("probe", source, "--max-pixels", "2000")
    assert refusal(told.returncode, told.stdout, told.stderr) in {"damaged", "unrecognised"}


def test_a_missing_input_is_no_fault_of_the_picture(tmp_path: Path) -> None:
    """What the caller did wrong is not reported as a damaged picture."""
    assert child("probe", tmp_path / "nothing", "--max-pixels", "1").returncode == 1

"""Hostile pictures of every kind are refused or bounded, soon, by one sentence that says why."""

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from mediacrush.pipeline.pictures import tool as picture_tool
from mediacrush.pipeline.pictures.refusals import check_memory
from tests.minute import within_a_minute
from tests.pipeline.pictures.conftest import Tool, child, refusal
from tests.pipeline.pictures.kinds import (
    SIZE,
    by_ffmpeg,
    directories,
    heif,
    icon,
    jxl,
    light,
    masked_bmp,
    pam,
    pfm,
    psd,
    raw,
    scene,
    tiff,
    written,
)
from tests.pipeline.pictures.test_clean import gif, png_chunk, saved
from tests.pipeline.pictures.xcf import Layer, xcf

PIXELS = "This picture has more pixels than can be taken here."
FRAMES = "This animation has more frames than can be taken here."
SCANS = "This JPEG is cut into more scans than can be taken here."
DAMAGED = "This picture is damaged and cannot be shown."
HUGE = 40_000


def with_number(data: bytes, at: int, number: int, code: str = ">I") -> bytes:
    return data[:at] + struct.pack(code, number) + data[at + struct.calcsize(code) :]


def huge_webp() -> bytes:
    """40 bytes that announce 16,383 pixels each way, in the header of a lossless picture."""
    bits = 16_382 | 16_382 << 14
    content = b"\x2f" + struct.pack("<I", bits) + bytes(7)
    return b"RIFF" + struct.pack("<I", 12 + len(content)) + b"WEBPVP8L" + struct.pack("<I", len(content)) + content


def huge_ispe(data: bytes) -> bytes:
    """A HEIF whose pictures all say that they are huge."""
    changed, at = data, data.find(b"ispe")
    while at > 0:
        changed = with_number(with_number(changed, at + 8, HUGE), at + 12, HUGE)
        at = data.find(b"ispe", at + 1)
    return changed


def huge_jxl() -> bytes:
    """A codestream's header of 2^30 pixels each way: not small, four choices of bits, the largest, no ratio."""
    side = 3 | ((1 << 30) - 1) << 2
    bits = 0 | side << 1 | 0 << 33 | side << 36
    return b"\xff\x0a" + bits.to_bytes(16, "little")


def huge_exr() -> bytes:
    data = by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le")
    for name in (b"dataWindow\0box2i\0\x10\0\0\0", b"displayWindow\0box2i\0\x10\0\0\0"):
        at = data.index(name) + len(name)
        data = data[:at] + struct.pack("<4i", 0, 0, HUGE, HUGE) + data[at + 16 :]
    return data


@cache
def huge_icon() -> bytes:
    png = written(Image.new("1", (20_000, 20_000)), "PNG")
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(png), 22) + png


def huge_jpeg_2000() -> bytes:
    data = written(scene(), "JPEG2000")
    data = with_number(with_number(data, data.index(b"ihdr") + 4, HUGE), data.index(b"ihdr") + 8, HUGE)
    size = data.index(b"\xff\x51") + 6
    return with_number(with_number(data, size, HUGE), size + 4, HUGE)


def huge_tiff() -> bytes:
    tags = [(256, "I", (HUGE,)), (257, "I", (HUGE,)), (258, "H", (8,)), (259, "H", (1,)), (262, "H", (1,))]
    return directories([*tags, (273, "I", (8,)), (277, "H", (1,)), (278, "I", (HUGE,)), (279, "I", (100,))])


LARGE = {
    "WebP of 40 bytes": huge_webp,
    "AVIF": lambda: huge_ispe(saved(scene(), "AVIF")),
    "HEIC": lambda: huge_ispe(heif(scene())),
    "JPEG XL": huge_jxl,
    "JPEG 2000": huge_jpeg_2000,
    "TIFF": huge_tiff,
    "TIFF of floats": lambda: huge_tiff().replace(
        struct.pack("<HHIHH", 258, 3, 1, 8, 0), struct.pack("<HHIHH", 258, 3, 1, 64, 0)
    ),
    "TGA": lambda: with_number(with_number(written(scene(), "TGA"), 12, HUGE, "<H"), 14, HUGE, "<H"),
    "PPM": lambda: b"P6 40000 40000 255\n" + bytes(100),
    "PAM": lambda: pam("RGB", "RGB").replace(b"WIDTH 96", b"WIDTH 999999").replace(b"HEIGHT 64", b"HEIGHT 99999"),
    "PFM": lambda: pfm(light()).replace(b"96 64", b"40000 40000"),
    "PSD": lambda: with_number(with_number(psd(), 14, HUGE), 18, HUGE),
    "PSD of 16 bits": lambda: with_number(with_number(psd(16), 14, HUGE // 2), 18, HUGE // 2),
    "XCF": lambda: with_number(with_number(xcf([Layer(picture=scene())], SIZE), 14, HUGE), 18, HUGE),
    "EXR": huge_exr,
    "Radiance HDR": lambda: b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40000 +X 40000\n" + bytes(100),
    "BMP with masks": lambda: with_number(
        with_number(masked_bmp(16, (0xF00, 0xF0, 0xF)), 18, HUGE, "<i"), 22, HUGE, "<i"
    ),
    "ICO around a PNG": huge_icon,
    "DNG": lambda: (
        raw()
        .replace(struct.pack("<HHII", 256, 4, 1, 96), struct.pack("<HHII", 256, 4, 1, 60_000))
        .replace(struct.pack("<HHII", 257, 4, 1, 64), struct.pack("<HHII", 257, 4, 1, 60_000))
    ),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("command", ["probe", "convert"])
def test_what_announces_too_much_is_not_decoded(tool: Tool, command: str, make: Callable[[], bytes]) -> None:
    """A header that asks for 1,600 megapixels is refused by what it says, soon."""
    data = make()
    arguments = ["--format", "png"] if command == "convert" else []
    with within_a_minute():
        answer = tool(command, data, *arguments, max_pixels=100_000_000)
    assert refusal(*answer) in {"too_large", "damaged", "unrecognised"}


@pytest.mark.parametrize(
    "name", ["WebP of 40 bytes", "JPEG XL", "TGA", "PPM", "XCF", "PSD", "PAM", "PFM", "TIFF", "EXR"]
)
def test_too_many_pixels_are_called_so(tool: Tool, name: str) -> None:
    """The sentence says what was wrong."""
    assert message(tool("probe", LARGE[name](), max_pixels=100_000_000)) == PIXELS


def message(answer: tuple[int, str, str]) -> str:
    refusal(*answer)
    return str(json.loads(answer[2])["message"])


def test_decoded_bytes_are_bounded() -> None:
    """100 megapixels of four floats are taken, twice as many are not."""
    check_memory(100_000_000 * 16)
    with pytest.raises(Exception, match="bytes of pixels"):
        check_memory(200_000_000 * 16)


def many_frames(count: int) -> bytes:
    data = gif(duration=20)
    frame = data[data.index(b"\x21\xf9") : -1]
    return data[: data.index(b"\x21\xf9")] + frame[: len(frame) // 3] * count + b";"


@pytest.mark.parametrize(
    ("data", "limit", "is_refused"),
    [
        (saved(scene(), "PNG", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 5, True),
        (saved(scene(), "PNG", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 6, False),
        (saved(scene(), "WEBP", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 5, True),
        (saved(scene(), "AVIF", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 5, True),
        (saved(scene(), "AVIF", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 6, False),
        (saved(scene(), "GIF", save_all=True, append_images=[scene().rotate(n) for n in range(1, 6)]), 5, True),
    ],
)
def test_frames_are_bounded(tool: Tool, data: bytes, limit: int, is_refused: bool) -> None:
    """An animation of more frames than allowed is refused by a sentence that says frames."""
    answer = tool("probe", data, "--max-frames", str(limit))
    if is_refused:
        assert message(answer) == FRAMES
    else:
        assert answer[0] == 0


def test_small_frames_of_a_large_canvas_count_as_large(tool: Tool) -> None:
    """What a few bytes a frame would cost to play is counted, too."""
    first = saved(Image.new("P", (1000, 900)), "GIF")
    frame = b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    data = first[:-1] + frame * 30 + b";"
    assert tool("probe", data, "--max-frames", "10000")[0] == 0
    assert message(tool("probe", data, "--max-frames", "12")) == FRAMES


def scan_bomb(scans: int, size: int) -> bytes:
    """A progressive JPEG, its last scan over and over: each costs a pass over all pixels and hardly a byte."""
    jpeg = saved(Image.new("L", (size, size), 200), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * scans + jpeg[-2:]


@pytest.mark.parametrize(("scans", "size"), [(600, 64), (200, 4000)])
def test_scan_bombs_are_refused(tool: Tool, scans: int, size: int) -> None:
    """Many scans, or fewer of a large picture, are not decoded."""
    assert message(tool("probe", scan_bomb(scans, size), max_pixels=100_000_000)) == SCANS


def test_an_answer_comes_in_time(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever library is at work, the child ends with a sentence once its CPU time is used up."""
    exits: list[int] = []

    def work(*_: object) -> dict[str, object]:
        started = time.process_time()
        while not exits and time.process_time() - started < 20:
            zlib.compress(bytes(1_000_000))
        return {}

    monkeypatch.setattr(picture_tool, "_PROBE_MAX_CPU_S", 0.1)
    monkeypatch.setattr(picture_tool, "_WATCH_EVERY_S", 0.05)
    monkeypatch.setattr(picture_tool, "probe", work)
    monkeypatch.setattr(picture_tool.os, "_exit", exits.append)
    tool("probe", b"anything")
    assert set(exits) == {picture_tool.EXIT_REFUSED}


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"tEXt", b"iCCP"])
def test_words_do_not_hide_a_picture(probe: Callable[..., dict[str, Any]], kind: bytes) -> None:
    """A PNG shows, however much text or profile is packed into it."""
    packed = zlib.compress(bytes(80_000_000))
    content = {
        b"zTXt": b"Comment\0\0" + packed,
        b"iTXt": b"Comment\0\1\0\0\0" + packed,
        b"tEXt": b"Comment\0" + bytes(80_000_000),
        b"iCCP": b"Profile\0\0" + packed,
    }[kind]
    png = saved(scene(), "PNG")
    facts = probe(png[:33] + png_chunk(kind, content) + png[33:])
    assert (facts["width"], facts["height"]) == SIZE


def test_pages_and_loops_of_tiffs_are_not_walked(probe: Callable[..., dict[str, Any]]) -> None:
    """Hundreds of pages, and a directory that names itself as the next one, cost nothing."""
    pages = saved(scene(), "TIFF", save_all=True, append_images=[Image.new("1", (8, 8))] * 300)
    with within_a_minute():
        assert probe(pages)["frames"] == 1
    tags = [(256, "I", (8,)), (257, "I", (8,)), (258, "H", (8,)), (259, "H", (1,)), (262, "H", (1,))]
    looped = directories([*tags, (273, "I", (8,)), (277, "H", (1,)), (278, "I", (8,)), (279, "I", (64,))])
    looped = with_number(looped, 8 + 2 + 9 * 12, 8, "<I") + bytes(100)
    with within_a_minute():
        assert probe(looped)["width"] == 8


def test_an_icon_of_many_entries_is_no_icon(tool: Tool) -> None:
    """Thousands of entries, all of one picture, are not looked at."""
    png = saved(scene(), "PNG")
    count = 5000
    entry = struct.pack("<BBBBHHII", 96, 64, 0, 0, 1, 32, len(png), 6 + 16 * count)
    assert refusal(*tool("probe", struct.pack("<HHH", 0, 1, count) + entry * count + png)) == "unrecognised"
    assert tool("probe", icon(16, 32))[0] == 0


@pytest.mark.parametrize(("count", "is_taken"), [(8, True), (9, False)])
def test_layers_are_bounded(tool: Tool, count: int, is_taken: bool) -> None:
    """A GIMP file cannot ask for more to be drawn than two pictures of the largest size."""
    layer = Layer(picture=Image.linear_gradient("L").resize((500, 500)))
    answer = tool("probe", xcf([layer] * count, (500, 500), kind=1))
    assert answer[0] == 0 if is_taken else message(answer) == PIXELS


TRUNCATED: dict[str, Callable[[], bytes]] = {
    "TGA": lambda: written(scene(), "TGA"),
    "TIFF": lambda: written(scene(), "TIFF"),
    "PPM": lambda: written(scene(), "PPM"),
    "PAM": lambda: pam("RGB", "RGB"),
    "PSD": psd,
    "XCF": lambda: xcf([Layer(picture=scene())], SIZE),
    "EXR": lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le"),
    "Radiance HDR": lambda: by_ffmpeg(".hdr", "-pix_fmt", "gbrpf32le"),
    "BMP with masks": lambda: masked_bmp(16, (0xF00, 0xF0, 0xF)),
    "progressive JPEG": lambda: written(scene(), "JPEG", progressive=True),
    "APNG": lambda: written(scene(), "PNG", save_all=True, append_images=[scene().rotate(9)]),
}


@pytest.mark.parametrize("make", TRUNCATED.values(), ids=TRUNCATED)
def test_what_is_there_shows(
    probe: Callable[..., dict[str, Any]], convert: Callable[..., Image.Image], make: Callable[[], bytes]
) -> None:
    """Of a picture cut short the first part is shown and the rest is blank."""
    data = make()
    cut = data[: len(data) * 7 // 10]
    assert probe(cut)["width"] == 96
    shown = convert(cut, "png").convert("RGB")
    assert shown.size == SIZE
    assert len(shown.getcolors(10_000) or ()) > 10


WHOLE_OR_NOTHING: dict[str, Callable[[], bytes]] = {
    "HEIC": lambda: heif(scene()),
    "AVIF": lambda: saved(scene(), "AVIF"),
    "WebP": lambda: saved(scene(), "WEBP"),
    "JPEG XL": lambda: jxl(scene()),
    "PSD of 16 bits": lambda: psd(16),
    "TIFF of floats": lambda: tiff(light(), photometric="rgb"),
    "PFM": lambda: pfm(light()),
    "DNG": raw,
    "ICO": lambda: icon(48),
    "JPEG 2000": lambda: written(scene(), "JPEG2000"),
}


@pytest.mark.parametrize("make", WHOLE_OR_NOTHING.values(), ids=WHOLE_OR_NOTHING)
def test_a_cut_picture_is_shown_or_refused(tool: Tool, make: Callable[[], bytes]) -> None:
    """Kinds whose decoders want all of the file are refused by a sentence, wherever it ends."""
    data = make()
    for share in (0.1, 0.4, 0.7, 0.95):
        answer = tool("probe", data[: int(len(data) * share)])
        if answer[0]:
            assert refusal(*answer) in {"damaged", "unrecognised"}


@pytest.mark.parametrize(
    "make", [*TRUNCATED.values(), *WHOLE_OR_NOTHING.values()], ids=[*TRUNCATED, *WHOLE_OR_NOTHING]
)
def test_damage_never_escapes(tool: Tool, make: Callable[[], bytes]) -> None:
    """Changed files are read or refused, whatever their kind."""
    chance = numpy.random.default_rng(5)
    data = make()
    for _ in range(25):
        damaged = bytearray(data)
        for place in chance.integers(0, min(len(damaged), 2000), 4):
            damaged[place] = int(chance.integers(0, 256))
        answer = tool("probe", bytes(damaged))
        if answer[0]:
            refusal(*answer)


def test_a_hostile_file_ends_the_child_alone(tmp_path: Path) -> None:
    """As a program it answers as in here: exit status, one object, a sentence."""
    source = tmp_path / "picture"
    source.write_bytes(huge_webp())
    told = child("probe", source, "--max-pixels", "100000000", "--max-frames", "10")
    assert refusal(told.returncode, told.stdout, told.stderr) == "too_large"
    assert json.loads(told.stderr)["message"] == PIXELS
    source.write_bytes(io.BytesIO(b"II*\0").getvalue())
    assert child("probe", source, "--max-pixels", "100000000").returncode == picture_tool.EXIT_REFUSED

"""Cleaning takes every private byte and no pixel; samples are made by Pillow and by hand, here."""

import io
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest
from PIL import Image, ImageCms, ImageFile, ImageOps

from mediacrush.pipeline.pictures.clean import MalformedImage, clean_gif, clean_jpeg, clean_png, clean_webp
from mediacrush.pipeline.pictures.containers import MAX_PARTS, gif_start
from mediacrush.pipeline.pictures.exif import orientation_exif, read_exif
from tests.minute import within_a_minute

SECRET = b"Secret"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CLEANERS = {"JPEG": clean_jpeg, "PNG": clean_png, "WEBP": clean_webp, "GIF": clean_gif}


def picture(mode: str = "RGB", size: tuple[int, int] = (48, 32), seed: int = 1) -> Image.Image:
    """Some pixels in which every shift and every turn would show."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.Random(seed).randbytes(size[0] * size[1] * bands))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def exif(orientation: int | None = 6) -> bytes:
    """A camera's EXIF (without prefix): maker, serial number, place, comment, and a thumbnail in a second IFD."""
    block = Image.Exif()
    block[0x010F] = "SecretMaker"
    block[0x0132] = "2024:01:02 03:04:05"
    if orientation:
        block[0x0112] = orientation
    block.get_ifd(0x8769).update({0xA431: "Secret123", 0x9286: b"ASCII\0\0\0SecretComment"})
    block.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    tiff = bytearray(block.tobytes().removeprefix(b"Exif\0\0"))
    order = "<" if tiff.startswith(b"II") else ">"
    thumbnail = saved(picture(size=(8, 8)), "JPEG", comment=b"SecretThumbnail")
    following = 10 + 12 * struct.unpack_from(order + "H", tiff, 8)[0]
    start = len(tiff)
    struct.pack_into(order + "I", tiff, following, start)
    tiff += struct.pack(order + "HHHIIHHIII", 2, 0x201, 4, 1, start + 30, 0x202, 4, 1, len(thumbnail), 0)
    return bytes(tiff) + thumbnail


def private_jpeg(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(
        image or picture(),
        "JPEG",
        exif=b"Exif\0\0" + exif(),
        comment=b"SecretNote",
        xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
        **{"icc_profile": SRGB, **options},
    )


def pixels(data: bytes, *ends: type[Exception]) -> list[bytes]:
    """Every frame, up to where Pillow raises one of `ends`, decoded, and as stored: not turned."""
    image = Image.open(io.BytesIO(data))
    frames = []
    with suppress(*ends):
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            frames.append(image.tobytes())
    return frames


def tags(data: bytes) -> dict[int, object]:
    return dict(Image.open(io.BytesIO(data)).getexif())


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def apng(**options: object) -> bytes:
    frames = [picture(seed=seed) for seed in (2, 3)]
    return saved(picture(), "PNG", save_all=True, append_images=frames, duration=120, **options)


def animated_webp(**options: object) -> bytes:
    frames = [picture("RGBA", seed=seed) for seed in (2, 3)]
    return saved(picture("RGBA"), "WEBP", save_all=True, append_images=frames, lossless=True, **options)


def gif(*, mode: str = "P", **options: object) -> bytes:
    frames = [picture(mode, seed=seed) for seed in (2, 3)]
    return saved(picture(mode), "GIF", save_all=True, append_images=frames, **options)


def gif_extension(label: int, *blocks: bytes) -> bytes:
    return bytes((0x21, label)) + b"".join(bytes((len(block),)) + block for block in blocks) + b"\0"


def before_the_trailer(data: bytes, *blocks: bytes) -> bytes:
    assert data.endswith(b"\0;")
    return data[:-1] + b"".join(blocks) + b";"


def png_text() -> object:
    from PIL import PngImagePlugin  # noqa: PLC0415 - named once, here

    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SecretName")
    text.add_text("Comment", "SecretNote", zip=True)
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SecretXmp</x:xmpmeta>")
    text.add(b"tIME", b"\x07\xe8Secret"[:7])
    text.add(b"prVt", b"SecretChunk")
    return text


PRIVATE: dict[str, tuple[str, bytes]] = {
    "baseline JPEG": ("JPEG", private_jpeg()),
    "progressive JPEG": ("JPEG", private_jpeg(progressive=True)),
    "JPEG with restart markers": ("JPEG", private_jpeg(restart_marker_blocks=1)),
    "grey JPEG": ("JPEG", private_jpeg(picture("L"))),
    "CMYK JPEG": ("JPEG", private_jpeg(picture("CMYK"))),
    "4:4:4 RGB JPEG": ("JPEG", private_jpeg(keep_rgb=True)),
    "PNG": ("PNG", saved(picture("RGBA"), "PNG", exif=exif(), pnginfo=png_text(), icc_profile=SRGB)),
    "palette PNG": (
        "PNG",
        saved(picture("P"), "PNG", exif=exif(), pnginfo=png_text(), icc_profile=SRGB, transparency=3),
    ),
    "APNG": ("PNG", apng(exif=exif(), pnginfo=png_text(), icc_profile=SRGB)),
    "lossy WebP": ("WEBP", saved(picture(), "WEBP", exif=exif(), xmp=b"SecretXmp", icc_profile=SRGB)),
    "lossy WebP with alpha": (
        "WEBP",
        saved(picture("RGBA"), "WEBP", exif=exif(), xmp=b"SecretXmp", icc_profile=SRGB),
    ),
    "lossless WebP": (
        "WEBP",
        saved(picture(), "WEBP", lossless=True, exif=exif(), xmp=b"SecretXmp", icc_profile=SRGB),
    ),
    "animated WebP": ("WEBP", animated_webp(exif=exif(), xmp=b"SecretXmp", icc_profile=SRGB)),
}

PLAIN: dict[str, tuple[str, bytes]] = {
    "JPEG": ("JPEG", saved(picture(), "JPEG")),
    "progressive JPEG": ("JPEG", saved(picture(), "JPEG", progressive=True)),
    "CMYK JPEG": ("JPEG", saved(picture("CMYK"), "JPEG")),
    "PNG": ("PNG", saved(picture("RGBA"), "PNG", icc_profile=SRGB, dpi=(72, 72))),
    "APNG": ("PNG", apng()),
    "simple WebP": ("WEBP", saved(picture(), "WEBP")),
    "extended WebP": ("WEBP", saved(picture("RGBA"), "WEBP", icc_profile=SRGB)),
    "animated WebP": ("WEBP", animated_webp()),
    "GIF": ("GIF", saved(picture("P"), "GIF")),
    "interlaced GIF of its own colours": ("GIF", saved(picture("P", size=(8, 8)), "GIF", interlace=True)),
    "animated GIF": ("GIF", gif(duration=[70, 20, 500], loop=3, transparency=3, disposal=2)),
}


private = pytest.mark.parametrize(("kind", "data"), PRIVATE.values(), ids=PRIVATE)
plain = pytest.mark.parametrize(("kind", "data"), PLAIN.values(), ids=PLAIN)
everything = pytest.mark.parametrize(
    ("kind", "data"), [*PRIVATE.values(), *PLAIN.values()], ids=[*(f"private {name}" for name in PRIVATE), *PLAIN]
)


@private
def test_nothing_private_is_left(kind: str, data: bytes) -> None:
    """No private string survives, and of EXIF only the orientation does."""
    cleaned = CLEANERS[kind](data)
    assert SECRET in data
    assert SECRET not in cleaned
    assert tags(cleaned) == {0x0112: 6}
    assert len(Image.open(io.BytesIO(cleaned)).getexif().get_ifd(0x8825)) == 0


@private
def test_pixels_and_colours_stay(kind: str, data: bytes) -> None:
    """Every frame decodes to the same bytes, under the same colour profile."""
    cleaned = CLEANERS[kind](data)
    assert pixels(cleaned) == pixels(data)
    assert Image.open(io.BytesIO(cleaned)).info["icc_profile"] == SRGB


@private
def test_orientation_stays_in_effect(kind: str, data: bytes) -> None:
    """A picture that was shown upright is shown upright."""
    before, after = (ImageOps.exif_transpose(Image.open(io.BytesIO(each))) for each in (data, CLEANERS[kind](data)))
    assert after.size == before.size == (32, 48)
    assert after.tobytes() == before.tobytes()


@everything
def test_cleaning_twice_changes_nothing_more(kind: str, data: bytes) -> None:
    """What is clean stays as it is."""
    cleaned = CLEANERS[kind](data)
    assert CLEANERS[kind](cleaned) == cleaned


@plain
def test_what_holds_nothing_private_stays_byte_for_byte(kind: str, data: bytes) -> None:
    """A file with nothing private comes out identical."""
    assert CLEANERS[kind](data) == data


@everything
def test_what_follows_the_picture_is_cut(kind: str, data: bytes) -> None:
    """Bytes appended to a file, such as a phone's video, do not survive."""
    assert CLEANERS[kind](data + b"SecretVideo") == CLEANERS[kind](data)


@pytest.mark.parametrize("orientation", [None, 0, 1, 9, 65535])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_exif_is_written_for_an_upright_picture(kind: str, orientation: int | None) -> None:
    """Only orientations 2 to 8 are worth an EXIF block."""
    cleaned = CLEANERS[kind](saved(picture(), kind, exif=b"Exif\0\0" + exif(orientation)))
    assert tags(cleaned) == {}
    assert b"MM\0*" not in cleaned
    assert b"II*\0" not in cleaned


@everything
def test_truncation_raises_nothing_else(kind: str, data: bytes) -> None:
    """Cut anywhere, a file is cleaned or refused."""
    for length in range(len(data)):
        survives(CLEANERS[kind], data[:length])


@everything
def test_damage_raises_nothing_else(kind: str, data: bytes) -> None:
    """With random bytes changed, a file is cleaned, for good, or refused."""
    chance = random.Random(7)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
        survives(CLEANERS[kind], bytes(damaged))


def survives(clean: Callable[[bytes], bytes], data: bytes) -> None:
    try:
        cleaned = clean(data)
    except MalformedImage:
        return
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("clean", CLEANERS.values(), ids=CLEANERS)
@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_refused(clean: Callable[[bytes], bytes], data: bytes) -> None:
    """What is no picture of the kind is refused with a sentence."""
    with pytest.raises(MalformedImage, match=r"^The .*\.$"):
        clean(data)


def test_it_needs_no_pillow() -> None:
    """Cleaning happens in the worker, where no Pillow is loaded."""
    program = "import sys, mediacrush.pipeline.pictures.clean; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# What Pillow raises where a frame is missing or cut inside its header; browsers stop there as well.
TRUNCATED = (EOFError, OSError, IndexError, struct.error)


@pytest.fixture
def _truncated_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Pillow show what there is of files cut short, as browsers do."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


# JPEG


def test_thumbnails_in_jfif_are_cut() -> None:
    """The JFIF header stays, its thumbnail and the JFXX extension go."""
    jpeg = saved(picture(), "JPEG", dpi=(72, 72))
    assert jpeg[2:4] == b"\xff\xe0"
    header = jpeg[6:18] + b"\x02\x01" + b"Secret"
    padded = jpeg[:2] + segment(0xE0, header) + segment(0xE0, b"JFXX\0\x10Secret") + jpeg[20:]
    assert clean_jpeg(padded) == jpeg


def test_second_pictures_are_cut() -> None:
    """Of a multi-picture file only the first picture stays, and it is no longer called one."""
    exif_block = b"Exif\0\0" + exif()
    data = saved(picture(), "MPO", save_all=True, append_images=[picture(seed=2)], exif=exif_block)
    assert Image.open(io.BytesIO(data)).format == "MPO"
    cleaned = clean_jpeg(data)
    assert Image.open(io.BytesIO(cleaned)).format == "JPEG"
    assert pixels(cleaned) == pixels(data)[:1]
    assert cleaned.count(b"\xff\xd8\xff") == 1
    assert SECRET not in cleaned


def test_a_missing_end_is_added() -> None:
    """A truncated JPEG keeps what there is of its scan and gets an end."""
    jpeg = saved(picture(), "JPEG")
    assert clean_jpeg(jpeg[:-2]) == jpeg
    assert clean_jpeg(jpeg[:-40]) == jpeg[:-40] + b"\xff\xd9"


def test_a_picture_inside_the_scan_ends_it() -> None:
    """A second start of image ends the first picture where its end is missing."""
    jpeg = saved(picture(), "JPEG")
    assert clean_jpeg(jpeg[:-2] + private_jpeg()) == jpeg


def test_fill_bytes_and_junk_between_segments_are_skipped() -> None:
    """Filling (T.81, B.1.1.2) and bytes that belong to no segment are left out."""
    jpeg = saved(picture(), "JPEG")
    assert clean_jpeg(jpeg[:2] + b"\xff\xff\xff" + jpeg[2:20] + b"Secret\xff\0\xff" + jpeg[20:]) == jpeg


def test_comments_between_scans_are_dropped() -> None:
    """Metadata behind the first scan of a progressive JPEG goes too."""
    jpeg = saved(picture(), "JPEG", progressive=True)
    second_scan = jpeg.index(b"\xff\xc4", jpeg.index(b"\xff\xda"))
    commented = jpeg[:second_scan] + segment(0xFE, b"Secret") + jpeg[second_scan:]
    assert clean_jpeg(commented) == jpeg


def test_other_users_of_app2_are_dropped() -> None:
    """APP2 stays only for colour profiles; Adobe's segment keeps its twelve bytes."""
    jpeg = saved(picture("CMYK"), "JPEG")
    adobe = jpeg.index(b"\xff\xee\x00\x0eAdobe")
    longer = segment(0xEE, jpeg[adobe + 4 : adobe + 16] + b"Secret")
    assert (
        clean_jpeg(jpeg[:2] + segment(0xE2, b"MPF\0Secret") + jpeg[2:adobe] + longer + jpeg[adobe + 16 :]) == jpeg
    )


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xda\0\2" + b"\xff" * 4_000_000,
        b"\xff\xd8" + b"\xff\xd0" * 2_000_000,
        b"\xff\xd8" + b"\xff\xfe\0\2" * 1_000_000,
        saved(picture(), "JPEG")[:-2] + b"\xff\0" * 2_000_000,
    ],
    ids=["filling", "restarts", "empty comments", "stuffing"],
)
def test_large_hostile_jpegs_take_little_time(data: bytes) -> None:
    """The work grows with the size of the file, whatever is in it."""
    with within_a_minute():
        survives(clean_jpeg, data)


# PNG


def test_empty_chunks_without_end_are_refused() -> None:
    """A PNG of countless parts is refused before it is read to its end."""
    png = saved(picture(), "PNG")
    with pytest.raises(MalformedImage, match="too many"):
        clean_png(png[:33] + png_chunk(b"teSt", b"") * MAX_PARTS + png[33:])


def test_exif_behind_the_picture_counts() -> None:
    """An eXIf chunk may follow the picture; its orientation then moves before it."""
    png = saved(picture(), "PNG")
    late = png[:-12] + png_chunk(b"eXIf", exif()) + png[-12:]
    cleaned = clean_png(late)
    assert cleaned == png[:33] + png_chunk(b"eXIf", orientation_exif(6)) + png[33:]


@pytest.mark.parametrize("missing", [b"IHDR", b"IDAT"])
def test_incomplete_pngs_are_refused(missing: bytes) -> None:
    """A PNG has a header and a picture."""
    png = saved(picture(), "PNG")
    start = png.index(missing) - 4
    end = start + 12 + int.from_bytes(png[start : start + 4])
    with pytest.raises(MalformedImage):
        clean_png(png[:start] + png[end:])


@pytest.mark.usefixtures("_truncated_files")
@pytest.mark.parametrize("name", ["PNG", "palette PNG"])
def test_truncated_pngs_show_the_same(name: str) -> None:
    """Wherever its picture is cut, a PNG keeps what there is of it and gets an end."""
    data = PRIVATE[name][1]
    for length in range(data.index(b"IDAT") + 5, len(data), 7):
        cleaned = clean_png(data[:length])
        assert pixels(cleaned) == pixels(data[:length])
        assert cleaned.endswith(png_chunk(b"IEND", b""))
        assert SECRET not in cleaned


@pytest.mark.usefixtures("_truncated_files")
def test_truncated_apngs_show_the_same() -> None:
    """A frame cut short stays as far as it goes, and one without pixels goes."""
    data = apng()
    for length in range(data.index(b"fdAT") + 5, len(data), 97):
        assert pixels(clean_png(data[:length]), *TRUNCATED) == pixels(data[:length], *TRUNCATED)
    second = data.index(b"fdAT")
    assert clean_png(data[: second + 8]) == data[: second - 4] + png_chunk(b"IEND", b"")


def test_a_missing_checksum_is_mended() -> None:
    """A PNG cut in the last checksum of its picture, or behind it, becomes whole."""
    png = saved(picture(), "PNG")
    for length in range(len(png) - 16, len(png)):
        assert clean_png(png[:length]) == png


def test_damage_behind_the_picture_ends_it() -> None:
    """What is no chunk ends a PNG, as the zeros of a broken download do."""
    png = saved(picture(), "PNG")
    assert clean_png(png[:-12] + bytes(500)) == png


# WebP


def test_flags_say_what_is_left() -> None:
    """The extended header drops the XMP bit, and the EXIF bit with the block."""
    data = saved(picture(), "WEBP", exif=exif(1), xmp=b"Secret", icc_profile=SRGB)
    assert data[20] == 0x20 | 0x08 | 0x04
    assert clean_webp(data)[20] == 0x20
    assert clean_webp(saved(picture(), "WEBP", exif=exif(3)))[20] == 0x08


def test_unknown_chunks_inside_frames_are_dropped() -> None:
    """An animation frame holds chunks of its own, and secrets can hide there."""
    plain_webp = animated_webp()
    start = plain_webp.index(b"ANMF")
    size = int.from_bytes(plain_webp[start + 4 : start + 8], "little")
    content = plain_webp[start + 8 : start + 8 + size]
    hiding = riff_chunk(b"ANMF", content + riff_chunk(b"EXIF", b"Secret!"))
    data = riff(plain_webp[12:start], hiding, plain_webp[start + 8 + size :])
    assert pixels(data) == pixels(plain_webp)
    assert clean_webp(data) == plain_webp


def test_metadata_in_a_simple_webp_is_dropped() -> None:
    """A simple WebP cannot turn its picture, so nothing of its EXIF stays."""
    plain_webp = saved(picture(), "WEBP")
    assert plain_webp[12:16] == b"VP8 "
    assert clean_webp(riff(plain_webp[12:], riff_chunk(b"EXIF", exif()))) == plain_webp


def test_a_wrong_riff_size_is_mended() -> None:
    """A size beyond the end of the file becomes the real one."""
    plain_webp = saved(picture(), "WEBP")
    assert clean_webp(plain_webp[:4] + b"\xff\xff\xff\x7f" + plain_webp[8:]) == plain_webp


def test_empty_riff_chunks_without_end_are_refused() -> None:
    """A WebP of countless parts is refused before it is read to its end."""
    with pytest.raises(MalformedImage, match="too many"):
        clean_webp(riff(riff_chunk(b"teSt", b"") * (MAX_PARTS + 1)))


# GIF


def shown(data: bytes, *ends: type[Exception]) -> list[tuple[object, ...]]:
    """How often frames are repeated, and each as it is seen and for how long, up to where Pillow raises `ends`."""
    image = Image.open(io.BytesIO(data))
    frames: list[tuple[object, ...]] = [(image.size, image.info.get("loop"))]
    with suppress(EOFError, *ends):
        for number in count():
            image.seek(number)
            frames.append((image.info.get("duration"), image.convert("RGBA").tobytes()))
    return frames


GIF_XMP = b"!\xff\x0bXMP DataXMP<x:xmpmeta>SecretXmp</x:xmpmeta>\x01" + bytes(range(255, -1, -1)) + b"\0"
PRIVATE_GIF_BLOCKS = {
    "comment": gif_extension(0xFE, b"SecretNote", b"SecretNote"),
    "empty comment": gif_extension(0xFE),
    "XMP": GIF_XMP,
    "another application": gif_extension(0xFF, b"CREATOR 1.0", b"Secret"),
    "looping, misspelt": gif_extension(0xFF, b"NETSCAPE2.1", b"Secret"),
    "looping, and more": gif_extension(0xFF, b"NETSCAPE2.0", b"\1\3\0", b"Secret Secret"),
    "broken profile": gif_extension(0xFF, b"ICCRGBG1012", SRGB[:255], b"Secret"),
    "no application": gif_extension(0xFF),
}
PUBLIC_GIF_BLOCKS = {
    "looping": gif_extension(0xFF, b"NETSCAPE2.0", b"\1\3\0"),
    "looping, by its other name": gif_extension(0xFF, b"ANIMEXTS1.0", b"\1\3\0"),
    "colour profile": gif_extension(
        0xFF, b"ICCRGBG1012", *(SRGB[start : start + 255] for start in range(0, len(SRGB), 255))
    ),
    "delay": gif_extension(0xF9, b"\0\x0a\0\0"),
    "text": gif_extension(0x01, bytes(12), b"drawn"),
}


@pytest.mark.parametrize("block", PRIVATE_GIF_BLOCKS.values(), ids=PRIVATE_GIF_BLOCKS)
def test_private_blocks_go(block: bytes) -> None:
    """Comments and what applications left are dropped, before, between and behind images."""
    data = gif(duration=[70, 20, 500], loop=3)
    first, second = (found.start() for found in list(re.finditer(rb"!\xf9\x04", data))[:2])
    private_gif = data[:first] + block + data[first:second] + block + before_the_trailer(data[second:], block)
    assert clean_gif(private_gif) == data


@pytest.mark.parametrize("block", PUBLIC_GIF_BLOCKS.values(), ids=PUBLIC_GIF_BLOCKS)
def test_public_blocks_stay(block: bytes) -> None:
    """Looping, colours, delays and drawn text stay byte for byte."""
    data = before_the_trailer(gif(), block)
    assert clean_gif(data) == data


def test_a_private_gif_looks_the_same() -> None:
    """Frames, delays, loop count and pixels are those of the original, and nothing private is left."""
    data = before_the_trailer(gif(duration=[70, 20, 500], loop=3, transparency=3, comment=b"SecretNote"), GIF_XMP)
    cleaned = clean_gif(data)
    assert SECRET in data
    assert SECRET not in cleaned
    assert b"XMP" not in cleaned
    assert shown(cleaned) == shown(data)
    assert len(shown(data)) == 1 + 3
    assert clean_gif(cleaned) == cleaned


@pytest.mark.usefixtures("_truncated_files")
@pytest.mark.parametrize(
    "data", [saved(picture("P"), "GIF"), gif(duration=[70, 20, 500])], ids=["still", "animated"]
)
def test_truncated_gifs_show_the_same(data: bytes) -> None:
    """Wherever it is cut, a GIF keeps its whole blocks and what there is of its last image, and gets a trailer."""
    for length in range(data.index(b",", gif_start(data)) + 14, len(data)):
        cleaned = clean_gif(data[:length])
        assert cleaned.endswith(b"\0;")
        assert clean_gif(cleaned) == cleaned
        if length % 7 == 0:
            before, after = shown(data[:length], *TRUNCATED), shown(cleaned, *TRUNCATED)
            assert after == before[: len(after)]
            # An image without data, which is left out, draws nothing.
            assert all(frame[1] == after[-1][1] for frame in before[len(after) :])


def test_what_is_no_block_ends_a_gif() -> None:
    """Browsers take bytes between blocks for the end, and private ones may follow."""
    data = saved(picture("P"), "GIF")
    assert clean_gif(data[:-1] + b"Secret" + data[gif_start(data) :]) == data


@pytest.mark.parametrize(
    "blocks",
    [b"", b";", PUBLIC_GIF_BLOCKS["delay"], b"!,\1x\0", b"," + bytes(9) + b"\2", b"," + bytes(9) + b"\2\1"],
)
def test_gifs_without_an_image_are_refused(blocks: bytes) -> None:
    """A header and extensions alone are no picture, nor is an image that ends before its data."""
    with pytest.raises(MalformedImage, match="holds no picture"):
        clean_gif(b"GIF89a" + bytes(7) + blocks)


def test_empty_extensions_without_end_are_refused() -> None:
    """A GIF of countless parts is refused before it is read to its end."""
    with pytest.raises(MalformedImage, match="too many"):
        clean_gif(before_the_trailer(gif(), gif_extension(0xFE) * (MAX_PARTS + 1)))


@pytest.mark.parametrize(
    "tail",
    [b"," + bytes(9) + b"\2" + b"\1x" * 2_000_000, b"!\xfe" + b"\1x" * 2_000_000, b"," * 4_000_000],
    ids=["image", "comment", "commas"],
)
def test_large_hostile_gifs_take_little_time(tail: bytes) -> None:
    """The work grows with the size of the file, whatever is in it."""
    with within_a_minute():
        survives(clean_gif, gif()[:-1] + tail)


# Orientation


def tiff_block(
    order: str, *, tag: int = 0x0112, kind: int = 3, value: int = 6, ifd: int = 8, count: int = 1
) -> bytes:
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, ifd)
    return head + struct.pack(order + "HHHIHHI", count, tag, kind, 1, value, 0, 0)


@pytest.mark.parametrize(
    ("block", "orientation"),
    [
        (tiff_block("<"), 6),
        (tiff_block(">"), 6),
        (b"Exif\0\0" + tiff_block(">", value=8), 8),
        (tiff_block("<", value=9), 1),
        (tiff_block("<", tag=0x0110), 1),
        (tiff_block("<", kind=4), 1),
        (tiff_block("<", ifd=0xFFFFFFFF), 1),
        (tiff_block(">", ifd=9), 1),
        (tiff_block("<", count=65535), 6),
        (tiff_block("<", tag=0x0110, count=65535), 1),
        (tiff_block("<")[:18], 1),
        (b"II*\0", 1),
        (b"PK\3\4", 1),
        (b"", 1),
    ],
)
def test_orientation_is_read_safely(block: bytes, orientation: int) -> None:
    """Both byte orders are read; what is damaged or out of range turns nothing."""
    assert read_exif(block).orientation == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_smallest_exif_says_its_orientation(orientation: int) -> None:
    """What is built is read back, here and by Pillow, and says nothing else."""
    block = orientation_exif(orientation)
    reader = Image.Exif()
    reader.load(block)
    assert dict(reader) == {0x0112: orientation}
    assert read_exif(block).orientation == orientation

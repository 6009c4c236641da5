"""Every kind of still picture is recognised by its content, read, and shown as it was meant."""

import io
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from PIL import Image, ImageChops, ImageStat

from mediacrush.model import formats
from mediacrush.pipeline.pictures.opening import KINDS
from mediacrush.pipeline.pictures.signatures import picture_kind
from mediacrush.pipeline.probe import SNIFF_BYTES, read_pillow, sniff
from tests.minute import within_a_minute
from tests.pipeline.pictures import kinds
from tests.pipeline.pictures.kinds import (
    SIZE,
    by_ffmpeg,
    heif,
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
from tests.pipeline.pictures.xcf import DEFLATED, PLAIN, Layer, xcf

GREY = scene().convert("L")
DEEP_GREY = numpy.asarray(GREY, dtype="u2") * 257
PIXELS = numpy.asarray(scene())
PALETTE = scene().quantize(64)
ALPHA = scene().convert("RGBA")

# What is asked for: the kind, how the scene comes back (in which mode it is compared), and how far off it may be.
Case = tuple[str, Callable[[], bytes], str, float]
EXACT, CODED, CRUDE = 0.0, 6.0, 30.0

CASES: dict[str, Case] = {
    "PNG of 1 bit": ("PNG", lambda: written(GREY.convert("1"), "PNG"), "1", EXACT),
    "PNG of 4 bits": ("PNG", lambda: written(scene().quantize(16), "PNG", bits=4), "RGB", CRUDE),
    "PNG of 16 bit grey": ("PNG", lambda: written(Image.fromarray(DEEP_GREY), "PNG"), "L", EXACT),
    "PNG of 16 bit colours": ("PNG", lambda: by_ffmpeg(".png", "-pix_fmt", "rgb48be"), "RGB", 1.0),
    "PNG of 16 bits and alpha": ("PNG", lambda: by_ffmpeg(".png", "-pix_fmt", "rgba64be"), "RGB", 1.0),
    "PNG, palette": ("PNG", lambda: written(PALETTE, "PNG"), "RGB", CODED),
    "progressive JPEG": ("JPEG", lambda: written(scene(), "JPEG", quality=92, progressive=True), "RGB", CODED),
    "grey JPEG": ("JPEG", lambda: written(GREY, "JPEG", quality=92), "L", CODED),
    "CMYK JPEG, inverted as Adobe does": ("JPEG", lambda: written(scene().convert("CMYK"), "JPEG"), "RGB", CODED),
    "JPEG of several pictures": (
        "JPEG",
        lambda: written(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)], quality=92),
        "RGB",
        CODED,
    ),
    "GIF of one frame": ("GIF", lambda: written(PALETTE, "GIF"), "RGB", CODED),
    "WebP": ("WEBP", lambda: written(scene(), "WEBP", lossless=True), "RGB", EXACT),
    "AVIF": ("AVIF", lambda: written(scene(), "AVIF", quality=95, subsampling="4:4:4"), "RGB", CODED),
    "AVIF of 10 bits": ("AVIF", lambda: by_ffmpeg(".avif", "-pix_fmt", "yuv444p10le", "-crf", "10"), "RGB", CODED),
    "HEIC": ("HEIC", lambda: heif(scene(), chroma=444), "RGB", CODED),
    "HEIC of 10 bits": ("HEIC", lambda: heif(Image.fromarray(DEEP_GREY)), "L", CODED),
    "HEIC with alpha": ("HEIC", lambda: heif(ALPHA, chroma=444), "RGB", CODED),
    "JPEG XL": ("JXL", lambda: jxl(scene(), quality=95), "RGB", CODED),
    "JPEG XL without loss": ("JXL", lambda: jxl(scene(), lossless=True), "RGB", EXACT),
    "JPEG XL, grey": ("JXL", lambda: jxl(GREY, lossless=True), "L", EXACT),
    "JPEG XL of 16 bit grey": ("JXL", lambda: jxl(Image.fromarray(DEEP_GREY), lossless=True), "L", EXACT),
    "JPEG XL in boxes": ("JXL", lambda: jxl(scene(), lossless=True, use_container=True), "RGB", EXACT),
    "JPEG XL of 16 bits": ("JXL", lambda: by_ffmpeg(".jxl", "-pix_fmt", "rgb48le", "-distance", "0"), "RGB", 1.0),
    "BMP": ("BMP", lambda: written(scene(), "BMP"), "RGB", EXACT),
    "BMP, palette": ("BMP", lambda: written(PALETTE, "BMP"), "RGB", CODED),
    "BMP of 16 bits": ("BMP", lambda: by_ffmpeg(".bmp", "-pix_fmt", "rgb565le"), "RGB", CODED),
    "BMP of 12 bits": ("BMP", lambda: masked_bmp(16, (0xF00, 0xF0, 0xF)), "RGB", 10.0),
    "BMP of 30 bits": ("BMP", lambda: masked_bmp(32, (0x3FF00000, 0xFFC00, 0x3FF), 40), "RGB", 1.0),
    "BMP, OS/2": ("BMP", lambda: os2_bmp(SIZE), "RGB", EXACT),
    "BMP around a PNG": ("BMP", lambda: wrapping_bmp(written(scene(), "PNG"), 5), "RGB", EXACT),
    "BMP around a JPEG": ("BMP", lambda: wrapping_bmp(written(scene(), "JPEG", quality=92), 4), "RGB", CODED),
    "TIFF": ("TIFF", lambda: written(scene(), "TIFF"), "RGB", EXACT),
    "TIFF, LZW": ("TIFF", lambda: written(scene(), "TIFF", compression="tiff_lzw"), "RGB", EXACT),
    "TIFF, JPEG": ("TIFF", lambda: written(scene(), "TIFF", compression="jpeg", quality=95), "RGB", CODED),
    "TIFF, fax": ("TIFF", lambda: written(GREY.convert("1"), "TIFF", compression="group4"), "1", EXACT),
    "TIFF of 16 bits": ("TIFF", lambda: tiff(PIXELS.astype("u2") * 257, photometric="rgb"), "RGB", EXACT),
    "TIFF of 32 bits": ("TIFF", lambda: tiff(PIXELS.astype("u4") * 0x01010101, photometric="rgb"), "RGB", EXACT),
    "TIFF, CMYK": ("TIFF", lambda: written(scene().convert("CMYK"), "TIFF"), "RGB", EXACT),
    "TIFF in planes": (
        "TIFF",
        lambda: tiff(PIXELS.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"),
        "RGB",
        EXACT,
    ),
    "TIFF of several pages": (
        "TIFF",
        lambda: written(scene(), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))] * 3),
        "RGB",
        EXACT,
    ),
    "TIFF, big": ("TIFF", lambda: tiff(PIXELS, photometric="rgb", bigtiff=True), "RGB", EXACT),
    "TIFF of floats": ("TIFF", lambda: tiff(light(), photometric="rgb"), "RGB", 1.0),
    "TIFF of halves": ("TIFF", lambda: tiff(light().astype("f2"), photometric="rgb"), "RGB", 1.0),
    "TIFF of doubles": ("TIFF", lambda: tiff(light().astype("f8"), photometric="rgb"), "RGB", 1.0),
    "TIFF of grey halves": ("TIFF", lambda: tiff(numpy.asarray(GREY).astype("f2")), "L", 1.0),
    "ICO": ("ICO", lambda: kinds.icon(16, 48, 32), "RGB", CRUDE),
    "TGA": ("TGA", lambda: written(scene(), "TGA"), "RGB", EXACT),
    "TGA, packed": ("TGA", lambda: written(scene(), "TGA", compression="tga_rle"), "RGB", EXACT),
    "TGA, grey": ("TGA", lambda: written(GREY, "TGA"), "L", EXACT),
    "TGA, palette": ("TGA", lambda: written(PALETTE, "TGA"), "RGB", CODED),
    "TGA with alpha": ("TGA", lambda: written(ALPHA, "TGA"), "RGB", EXACT),
    "TGA of FFmpeg": ("TGA", lambda: by_ffmpeg(".tga"), "RGB", EXACT),
    "PBM": ("PBM", lambda: written(GREY.convert("1"), "PPM"), "1", EXACT),
    "PGM": ("PGM", lambda: written(GREY, "PPM"), "L", EXACT),
    "PGM of 16 bits": ("PGM", lambda: b"P5\n96 64\n65535\n" + DEEP_GREY.astype(">u2").tobytes(), "L", EXACT),
    "PPM": ("PPM", lambda: written(scene(), "PPM"), "RGB", EXACT),
    "PPM in text": ("PPM", lambda: b"P3\n# by hand\n96 64\n255\n" + text(PIXELS), "RGB", EXACT),
    "PGM in text": ("PGM", lambda: b"P2 96 64 255\n" + text(numpy.asarray(GREY)), "L", EXACT),
    "PBM in text": ("PBM", lambda: b"P1\n96 64\n" + text(1 - numpy.asarray(GREY.convert("1"))), "1", EXACT),
    "PAM": ("PAM", lambda: pam("RGB", "RGB"), "RGB", EXACT),
    "PAM with alpha": ("PAM", lambda: pam("RGBA", "RGB_ALPHA"), "RGB", EXACT),
    "PAM of 16 bits": ("PAM", lambda: pam("RGB", "RGB", 65535), "RGB", 1.0),
    "PAM of 16 bit grey": ("PAM", lambda: pam("L", "GRAYSCALE", 65535), "L", 1.0),
    "PAM of 5 bits": ("PAM", lambda: pam("RGB", "RGB", 31), "RGB", 8.0),
    "PAM of FFmpeg": ("PAM", lambda: by_ffmpeg(".pam", "-pix_fmt", "ya8"), "L", CODED),
    "PFM": ("PFM", lambda: pfm(light()), "RGB", 1.0),
    "PFM of FFmpeg": ("PFM", lambda: by_ffmpeg(".pfm", "-pix_fmt", "gbrpf32le"), "RGB", 255.0),
    "JPEG 2000": ("JP2", lambda: written(scene(), "JPEG2000"), "RGB", EXACT),
    "JPEG 2000, lossy": (
        "JP2",
        lambda: written(scene(), "JPEG2000", irreversible=True, quality_layers=[8]),
        "RGB",
        10.0,
    ),
    "JPEG 2000, bare": ("J2C", lambda: written(scene(), "JPEG2000", no_jp2=True), "RGB", EXACT),
    "JPEG 2000 of 16 bits": ("JP2", lambda: written(Image.fromarray(DEEP_GREY), "JPEG2000"), "L", EXACT),
    "PSD": ("PSD", psd, "RGB", EXACT),
    "PSD, packed": ("PSD", lambda: psd(packed=True), "RGB", EXACT),
    "PSD of 16 bits": ("PSD", lambda: psd(16), "RGB", EXACT),
    "PSD of 16 bits, packed": ("PSD", lambda: psd(16, packed=True), "RGB", EXACT),
    "PSB": ("PSB", lambda: psd(version=2), "RGB", EXACT),
    "XCF": ("XCF", lambda: xcf([Layer(picture=scene())], SIZE), "RGB", EXACT),
    "XCF, deflated": (
        "XCF",
        lambda: xcf([Layer(picture=ALPHA)], SIZE, version=11, compression=DEFLATED),
        "RGB",
        EXACT,
    ),
    "XCF, plain": ("XCF", lambda: xcf([Layer(picture=ALPHA)], SIZE, version=3, compression=PLAIN), "RGB", EXACT),
    "XCF, grey": ("XCF", lambda: xcf([Layer(picture=GREY)], SIZE, kind=1), "L", EXACT),
    "XCF, palette": (
        "XCF",
        lambda: xcf([Layer(picture=PALETTE)], SIZE, kind=2, palette=bytes(PALETTE.getpalette() or ())),
        "RGB",
        CODED,
    ),
    "EXR": ("EXR", lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le"), "RGB", 255.0),
    "EXR of halves": ("EXR", lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrapf32le", "-format", "half"), "RGB", 255.0),
    "Radiance HDR": ("HDR", lambda: by_ffmpeg(".hdr", "-pix_fmt", "gbrpf32le"), "RGB", 255.0),
    "DNG": ("DNG", raw, "RGB", 255.0),
    "DNG with a large preview": ("DNG", lambda: raw(preview=(80, 54)), "RGB", CRUDE),
    "NEF": ("NEF", lambda: raw(b"NIKON CORPORATION", preview=(80, 54)), "RGB", CRUDE),
    "NEF, developed": ("NEF", lambda: raw(b"NIKON CORPORATION"), "RGB", CRUDE),
    "ARW": ("ARW", lambda: raw(b"SONY", preview=(80, 54)), "RGB", CRUDE),
    "PEF": ("PEF", lambda: raw(b"PENTAX", preview=(80, 54)), "RGB", CRUDE),
    "SRW": ("SRW", lambda: raw(b"SAMSUNG", preview=(80, 54)), "RGB", CRUDE),
    "raw of another maker": ("RAW", lambda: raw(b"Leaf", preview=(80, 54)), "RGB", CRUDE),
    "CR2 that libraw does not know": ("CR2", kinds.cr2, "RGB", CODED),
}
# Written by hand from their descriptions, since nothing at hand writes them: their first bytes only.
UNWRITTEN = {
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "RAF": b"FUJIFILMCCD-RAW 0201FF383501",
    "ORF": b"IIRO\x08\0\0\0",
    "RW2": b"IIU\0\x18\0\0\0",
}


def text(numbers: "numpy.ndarray[Any, Any]") -> bytes:
    return b" ".join(b"%d" % number for number in numpy.asarray(numbers, dtype="u4").flatten())


def os2_bmp(size: tuple[int, int]) -> bytes:
    rows = PIXELS[::-1, :, ::-1].tobytes()
    head = (12).to_bytes(4, "little") + b"".join(number.to_bytes(2, "little") for number in (*size, 1, 24))
    return b"BM" + (26 + len(rows)).to_bytes(4, "little") + bytes(4) + (26).to_bytes(4, "little") + head + rows


def wrapping_bmp(data: bytes, compression: int) -> bytes:
    bare = written(Image.new("RGB", SIZE), "BMP")[:54]
    return bare[:30] + bytes([compression, 0, 0, 0]) + bare[34:] + data


def cases() -> list[Any]:
    return [pytest.param(*case, id=name) for name, case in CASES.items()]


def difference(image: Image.Image, wanted: Image.Image, mode: str) -> float:
    """How far the two are apart, on average over pixels, in 255ths."""
    image, wanted = (each.convert("L") if mode == "1" else each.convert(mode) for each in (image, wanted))
    wanted = wanted if wanted.size == image.size else wanted.resize(image.size)
    return max(ImageStat.Stat(ImageChops.difference(image, wanted)).mean)


def as_shown(image: Image.Image) -> Image.Image:
    """16 bit greys as 8, which Pillow would clip."""
    return image.point(lambda grey: grey / 257).convert("L") if image.mode.startswith("I") else image


@pytest.mark.parametrize(("kind", "make", "mode", "tolerance"), cases())
def test_every_kind_is_read(
    probe: Callable[..., dict[str, Any]],
    convert: Callable[..., Image.Image],
    kind: str,
    make: Callable[[], bytes],
    mode: str,
    tolerance: float,
) -> None:
    """The content says what it is, the facts are right, and what is shown is what was painted."""
    data = make()
    facts = probe(data)
    assert (facts["format"], facts["frames"], facts["duration_s"]) == (kind, 1, None)
    assert max(facts["width"], facts["height"]) in {96, 80, 48}
    assert read_pillow(facts, len(data)).mime.startswith("image/")
    wanted = scene().convert("L").convert("1") if mode == "1" else scene()
    shown = as_shown(convert(data, "png"))
    assert shown.size == (facts["width"], facts["height"])
    assert difference(shown, wanted, mode) <= tolerance
    assert as_shown(convert(data, "jpeg")).size == shown.size


@pytest.mark.parametrize(("kind", "make", "mode", "tolerance"), cases())
def test_every_kind_is_taken_at_upload(kind: str, make: Callable[[], bytes], mode: str, tolerance: float) -> None:
    """The first bytes lead to a row that is read as a picture, and is not refused; whatever libmagic says."""
    mime = sniff(make()[:SNIFF_BYTES])
    row = formats.by_mime(mime)
    assert not formats.is_hopeless(mime)
    assert row is not None
    assert row.pillow in {kind, "TIFF" if kind in {"NEF", "ARW", "PEF", "SRW", "RAW"} else kind}


@pytest.mark.parametrize(("kind", "head"), UNWRITTEN.items())
def test_raws_that_are_not_tiffs_are_known(kind: str, head: bytes) -> None:
    """The raws of Canon, Fuji, Olympus and Panasonic are told by their first bytes."""
    row = formats.by_mime(sniff(head + bytes(100)))
    assert row is not None
    assert row.pillow == kind


def test_every_kind_has_a_row_and_a_sample() -> None:
    """What can be read has a name, and no row promises what cannot be read. SVG has its samples in test_svg."""
    rows = {row.pillow for row in formats.FORMATS if row.pillow}
    assert rows == set(KINDS)
    assert {kind for kind, *_ in CASES.values()} | UNWRITTEN.keys() | {"SVG"} == rows


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\1\xba" + bytes(100),
        b"\0\0\1\xb3\x14\0\xf0\x13\xff\xff\xe0\x18" + bytes(100),
        b"\0\0\1\0\0\x0f\xff\xf8" + bytes(100),
        b"BM is how this text begins, and nothing follows from it",
        b"P1 is a title, not a picture",
        b"P5 7 dwarfs",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42mif1" + bytes(100),
        b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(100),
        b"RIFF\x10\0\0\0WAVEfmt " + bytes(100),
        b"\0\0\2\0\1\0\x20\x20\0\0\0\0" + bytes(100),
        bytes(4096),
        b"\xff\xfb\x90\x44" + bytes(100),
        b"",
    ],
    ids=["PS", "MPEG", "MPEG picture", "BM", "P1", "P5", "MP4", "MP4 2", "WAV", "CUR", "zeros", "MP3", "nothing"],
)
def test_what_only_looks_like_a_picture_is_left_to_libmagic(data: bytes) -> None:
    """Weak signatures are looked at closely: no film, sound or text is read as a picture, as libmagic would."""
    row = formats.by_mime(sniff(data))
    assert row is None or row.pillow is None


@pytest.mark.parametrize(
    ("fact", "value", "names"),
    [
        ("is_deep", True, ["PNG of 16 bit colours", "TIFF of 16 bits", "HEIC of 10 bits", "AVIF of 10 bits"]),
        ("is_deep", True, ["JPEG XL of 16 bits", "PSD of 16 bits", "EXR", "Radiance HDR", "PFM", "TIFF of floats"]),
        (
            "is_deep",
            True,
            ["JPEG 2000 of 16 bits", "PGM of 16 bits", "PAM of 16 bits", "DNG"],
        ),
        ("is_deep", False, ["PNG, palette", "HEIC", "AVIF", "JPEG XL", "TIFF", "PSD", "XCF", "JPEG 2000", "PPM"]),
        ("is_lossy", True, ["HEIC", "AVIF", "JPEG XL", "JPEG 2000, lossy", "DNG", "EXR", "grey JPEG"]),
        (
            "is_lossy",
            False,
            ["JPEG XL without loss", "JPEG 2000", "PSD", "XCF", "TIFF", "TGA", "WebP", "PAM"],
        ),
        ("has_alpha", True, ["HEIC with alpha", "TGA with alpha", "PAM with alpha", "PNG of 16 bits and alpha"]),
        ("has_alpha", False, ["HEIC", "TGA", "PAM", "JPEG XL", "EXR", "PSD of 16 bits"]),
    ],
)
def test_facts_of_kinds(probe: Callable[..., dict[str, Any]], fact: str, value: bool, names: list[str]) -> None:
    """Depth, loss and alpha are told as they are."""
    assert {name: probe(CASES[name][1]())[fact] for name in names} == dict.fromkeys(names, value)


def test_the_largest_picture_of_an_icon_is_taken(probe: Callable[..., dict[str, Any]]) -> None:
    """An icon is shown as large as it can be."""
    facts = probe(kinds.icon(16, 48, 32))
    assert facts["width"] == 48


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("preview", [(16, 12), (80, 54)])
def test_raws_stand_upright(
    convert: Callable[..., Image.Image], orientation: int, preview: tuple[int, int]
) -> None:
    """A raw is turned as its camera was, whether its preview or its mosaic is shown."""
    shown = convert(raw(b"NIKON CORPORATION", preview=preview, orientation=orientation), "png")
    turn = {1: 0, 3: 180, 6: 270, 8: 90}[orientation]
    assert difference(shown, scene().rotate(turn, expand=True), "RGB") < CRUDE


@pytest.mark.parametrize(("preview", "size"), [((47, 31), SIZE), ((49, 33), (49, 33))])
def test_a_preview_counts_from_half_the_size(
    probe: Callable[..., dict[str, Any]], preview: tuple[int, int], size: tuple[int, int]
) -> None:
    """The camera's own JPEG is shown where it is at least half as large as the sensor each way."""
    facts = probe(raw(b"NIKON CORPORATION", preview=preview))
    assert (facts["width"], facts["height"]) == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_stands_upright(convert: Callable[..., Image.Image], orientation: int) -> None:
    """A HEIC is turned once: by its own properties, not again by what EXIF says of them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = convert(heif(scene(), chroma=444, exif=exif.tobytes()), "png")
    upright = Image.open(io.BytesIO(written(scene(), "PNG", exif=exif)))
    wanted = upright if orientation == 1 else turned(upright, orientation)
    assert shown.size == wanted.size
    assert difference(shown, wanted, "RGB") < CODED


def turned(image: Image.Image, orientation: int) -> Image.Image:
    transposes = Image.Transpose
    turns = {
        2: transposes.FLIP_LEFT_RIGHT,
        3: transposes.ROTATE_180,
        4: transposes.FLIP_TOP_BOTTOM,
        5: transposes.TRANSPOSE,
        6: transposes.ROTATE_270,
        7: transposes.TRANSVERSE,
        8: transposes.ROTATE_90,
    }
    return image.transpose(turns[orientation])


@pytest.mark.parametrize(
    "head",
    [
        b"P1" + b" " * 4000,
        b"P1 " + b"#a\n" * 1300,
        b"P1" + b"\n#\n" * 1300,
        b"P1 1" + b" " * 4000 + b"x",
        b"P6" + b" #\n " * 900,
    ],
)
def test_no_text_takes_long_to_be_none(head: bytes) -> None:
    """What begins like a Netpbm picture and is none is told in no time, at upload."""
    with within_a_minute():
        for _ in range(100):  # a hundredth of it for each
            picture_kind(head[:SNIFF_BYTES])

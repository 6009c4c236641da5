"""What a picture carries beside its pixels is named, and only what surely carries nothing is called clean."""

import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageCms

from tests.pipeline.pictures.kinds import (
    SIZE,
    by_ffmpeg,
    directories,
    heif,
    icon,
    jxl,
    light,
    pam,
    pfm,
    psd,
    psd_resource,
    raw,
    scene,
    tga_with_footer,
    tiff,
    written,
)
from tests.pipeline.pictures.test_clean import exif, png_chunk
from tests.pipeline.pictures.xcf import Layer, xcf

CAMERA = ["camera", "comment", "date", "location", "serial number", "thumbnail"]
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Make="M" exif:GPSLatitude="1"/></x:xmpmeta>'
OWNED = xcf([Layer(picture=scene())], SIZE, parasites={"gimp-metadata": b"<tag name='Exif.GPSInfo.GPSLatitude'/>"})


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def with_attribute(name: bytes, kind: bytes, value: bytes) -> bytes:
    """An EXR with one attribute more; its table of offsets does not matter here."""
    data = by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le")
    return data[:8] + name + b"\0" + kind + b"\0" + struct.pack("<I", len(value)) + value + data[8:]


def plain_tiff(*more: tuple[int, str, Any]) -> bytes:
    tags = [(256, "I", (8,)), (257, "I", (8,)), (258, "H", (8,)), (259, "H", (1,)), (262, "H", (1,))]
    tags += [(273, "I", (-1,)), (277, "H", (1,)), (278, "I", (8,)), (279, "I", (64,)), *more]
    return directories(tags, blobs=[bytes(range(64))])


PRIVATE: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "HEIC with EXIF": (lambda: heif(scene(), exif=exif(1)), CAMERA),
    "HEIC with XMP": (lambda: heif(scene(), xmp=XMP), ["camera", "location"]),
    "AVIF with EXIF": (lambda: written(scene(), "AVIF", exif=exif(1)), CAMERA[:-1]),
    "AVIF with XMP": (lambda: written(scene(), "AVIF", xmp=XMP), ["camera", "location"]),
    "JPEG XL with EXIF": (lambda: jxl(scene(), exif=exif(1)), CAMERA),
    "JPEG XL with XMP": (lambda: jxl(scene(), xmp=XMP), ["camera", "location"]),
    "JPEG XL with packed EXIF": (lambda: jxl(scene(), exif=exif(1), compress_metadata=True), ["other"]),
    "JPEG 2000 with a comment": (lambda: written(scene(), "JPEG2000", comment="Secret"), ["comment"]),
    "JPEG 2000 with EXIF": (
        lambda: written(scene(), "JPEG2000") + box(b"uuid", b"JpgTiffExif->JP2" + exif(1)),
        CAMERA,
    ),
    "JPEG 2000 with XMP": (
        lambda: (
            written(scene(), "JPEG2000") + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)
        ),
        ["camera", "location"],
    ),
    "TIFF with GPS": (
        lambda: written(scene(), "TIFF", exif=exif(1)),
        ["camera", "comment", "date", "location", "serial number"],
    ),
    "TIFF of a map": (lambda: plain_tiff((33922, "s", b"12345678")), ["location"]),
    "TIFF with XMP": (lambda: plain_tiff((700, "B", tuple(XMP))), ["camera", "location"]),
    "PSD with a thumbnail": (lambda: psd(8, psd_resource(1036, bytes(40))), ["thumbnail"]),
    "PSD with EXIF": (lambda: psd(8, psd_resource(1033, b"") + psd_resource(1058, exif(1))), CAMERA),
    "PSD with XMP": (lambda: psd(16, psd_resource(1060, XMP)), ["camera", "location"]),
    "PSD with IPTC": (lambda: psd(8, psd_resource(1028, b"\x1c\x02\x50\0\4name")), ["owner"]),
    "XCF with metadata": (lambda: OWNED, ["location"]),
    "XCF with a comment": (
        lambda: xcf([Layer(picture=scene())], SIZE, parasites={"gimp-comment": b"Secret"}),
        ["comment"],
    ),
    "EXR with an owner": (lambda: with_attribute(b"owner", b"string", b"Secret"), ["owner"]),
    "EXR with a place": (lambda: with_attribute(b"longitude", b"float", bytes(4)), ["location"]),
    "HDR with a comment": (
        lambda: by_ffmpeg(".hdr", "-pix_fmt", "gbrpf32le").replace(b"\n\n", b"\n# Secret\n\n", 1),
        ["comment"],
    ),
    "TGA with an author": (lambda: tga_with_footer(b"Secret"), ["owner"]),
    "TGA with a stamp": (lambda: tga_with_footer(stamp=True), ["thumbnail"]),
    "TGA with a text": (lambda: written(scene(), "TGA", id_section=b"Secret"), ["comment"]),
    "PPM with a comment": (lambda: b"P6\n# Secret\n1 1\n255\nabc", ["comment"]),
    "ICO with a text": (
        lambda: with_text(icon(48)),
        ["comment"],
    ),
    "NEF": (lambda: raw(b"NIKON CORPORATION"), ["camera", "thumbnail"]),
}

CLEAN: dict[str, Callable[[], bytes]] = {
    "HEIC": lambda: heif(scene()),
    "AVIF": lambda: written(scene(), "AVIF"),
    "AVIF with alpha": lambda: written(scene().convert("RGBA"), "AVIF"),
    "JPEG XL": lambda: jxl(scene()),
    "JPEG XL in boxes": lambda: jxl(scene(), use_container=True),
    "JPEG 2000": lambda: written(scene(), "JPEG2000"),
    "TIFF": lambda: written(scene(), "TIFF"),
    "TIFF by hand": plain_tiff,
    "TIFF of floats": lambda: tiff(light(), photometric="rgb"),
    "BMP": lambda: written(scene(), "BMP"),
    "BMP, palette": lambda: written(scene().quantize(16), "BMP"),
    "TGA": lambda: written(scene(), "TGA"),
    "PPM": lambda: written(scene(), "PPM"),
    "PBM": lambda: written(scene().convert("1"), "PPM"),
    "PPM in text": lambda: b"P3\n1 1\n255\n1 2 3\n",
    "PAM": lambda: pam("RGB", "RGB"),
    "PFM": lambda: pfm(light()),
}


def with_more(make: Callable[[], bytes]) -> bytes:
    return make() + b"Secret"


# Nothing private is found in these, and nobody can be sure.
UNPROVEN: dict[str, Callable[[], bytes]] = {
    **{
        f"{name} and more": (lambda make=make: make() + b"Secret")
        for name, make in CLEAN.items()
        if name != "JPEG XL"
    },
    "AVIF in motion": lambda: written(scene(), "AVIF", save_all=True, append_images=[scene().rotate(5)]),
    "HEIC with a box more": lambda: heif(scene()) + box(b"free", b"Secret"),
    "TIFF of two pages": lambda: written(scene(), "TIFF", save_all=True, append_images=[scene()]),
    "TIFF with a tag of its own": lambda: plain_tiff((65000, "s", b"Secret")),
    "TIFF with software": lambda: plain_tiff((305, "s", b"Secret")),
    "TIFF with a gap": lambda: plain_tiff() + b"Secret" * 10,
    "PSD": psd,
    "XCF": lambda: xcf([Layer(picture=scene())], SIZE),
    "EXR": lambda: by_ffmpeg(".exr", "-pix_fmt", "gbrpf32le"),
    "Radiance HDR": lambda: by_ffmpeg(".hdr", "-pix_fmt", "gbrpf32le"),
    "ICO": lambda: icon(48),
    "TGA, packed": lambda: written(scene(), "TGA", compression="tga_rle"),
}


def with_text(ico: bytes) -> bytes:
    """An icon of one PNG, a text in it."""
    return ico[: 22 + 33] + png_chunk(b"tEXt", b"Comment\0Secret") + ico[22 + 33 :]


@pytest.mark.parametrize(("make", "words"), PRIVATE.values(), ids=PRIVATE)
def test_what_is_found_is_named(
    probe: Callable[..., dict[str, Any]], make: Callable[[], bytes], words: list[str]
) -> None:
    """Private metadata of every kind of file has a plain word."""
    facts = probe(make())
    assert facts["removed"] == words
    assert facts["has_private"] is True


@pytest.mark.parametrize("make", CLEAN.values(), ids=CLEAN)
def test_what_is_surely_clean_is_called_so(probe: Callable[..., dict[str, Any]], make: Callable[[], bytes]) -> None:
    """Every byte of the file is accounted for."""
    facts = probe(make())
    assert (facts["has_private"], facts["removed"]) == (False, [])


@pytest.mark.parametrize("make", UNPROVEN.values(), ids=UNPROVEN)
def test_what_cannot_be_shown_clean_is_private(
    probe: Callable[..., dict[str, Any]], make: Callable[[], bytes]
) -> None:
    """Where a byte is left that could say anything, the file is not served as it is."""
    assert probe(make())["has_private"] is True


def wide_profile() -> bytes:
    """sRGB's profile with a red and a green far out, as Display P3 has them."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag, primary in ((b"rXYZ", (0.5151, 0.2412, -0.0011)), (b"gXYZ", (0.2919, 0.6922, 0.0419))):
        at = profile.index(tag)
        start = int.from_bytes(profile[at + 4 : at + 8]) + 8
        profile[start : start + 12] = struct.pack(">3i", *(round(value * 65536) for value in primary))
    return bytes(profile)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize(("profile", "is_wide"), [(SRGB, False), (wide_profile(), True)], ids=["sRGB", "P3"])
def test_wide_gamuts_are_told(
    probe: Callable[..., dict[str, Any]], kind: str, profile: bytes, is_wide: bool
) -> None:
    """A profile whose colours go beyond sRGB's makes a picture one of a wide gamut."""
    assert probe(written(scene(), kind, icc_profile=profile))["has_wide_gamut"] is is_wide


def test_wide_gamuts_of_other_readers(
    probe: Callable[..., dict[str, Any]], convert: Callable[..., Image.Image]
) -> None:
    """A HEIC keeps its profile on the way, and PNG's coding points count as well."""
    data = heif(scene(), icc_profile=wide_profile())
    assert probe(data)["has_wide_gamut"] is True
    assert convert(data, "jpeg").info["icc_profile"] == wide_profile()
    png = written(scene(), "PNG")
    assert probe(png[:33] + png_chunk(b"cICP", bytes((9, 13, 0, 1))) + png[33:])["has_wide_gamut"] is True
    assert probe(png)["has_wide_gamut"] is False


def test_nothing_private_reaches_a_rendition(convert: Callable[..., Image.Image], tmp_path: Any) -> None:
    """What is made of a picture carries neither EXIF nor XMP."""
    for make in (lambda: heif(scene(), exif=exif(6), xmp=XMP), lambda: raw(b"NIKON CORPORATION")):
        assert not {"exif", "xmp"} & convert(make(), "jpeg").info.keys()
        assert b"NIKON" not in (tmp_path / "output").read_bytes()

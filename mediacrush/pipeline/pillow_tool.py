"""Reads and converts pictures with Pillow, as a program of its own: the only place where Pillow is imported.

    python -I pillow_tool.py probe INPUT --max-pixels N
    python -I pillow_tool.py convert INPUT OUTPUT --max-pixels N --format png|jpeg|webp
                                     [--quality N] [--lossless]

Knows pictures and their metadata; knows nothing of plans, storage or the rest of the package, which it cannot
import: it runs by its path in a child process with limits of its own, so that a hostile picture takes down
nothing else. Each picture costs a start of it, so it loads the one Pillow plugin that the file's first bytes
call for and keeps away from slow imports (dataclasses alone would take a tenth of its start-up time).

`probe` prints one JSON object, described at `probe` below. A picture that is refused ends either command with
exit status 3 and one JSON object on standard error: {"error": KIND, "message": SENTENCE}, where KIND is

- unrecognised: not one of the formats below, or Pillow finds no picture in it
- damaged: nothing of the picture can be decoded
- too_large: more pixels than --max-pixels, or more than the output format or the memory can hold
"""

import argparse
import importlib
import io
import json
import logging
import os
import re
import struct
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from PIL import Image, ImageFile, UnidentifiedImageError

EXIT_REFUSED = 3
_STDERR = 2
_SENTENCES = {
    "unrecognised": "This is not a picture of a kind that can be read here.",
    "damaged": "This picture is damaged and cannot be shown.",
    "too_large": "This picture has more pixels than can be taken here.",
}

# Pillow's format: the plugin that reads it, and how its files start. Patterns are compiled only where needed:
# compiling all of them takes longer than reading a small picture.
_FORMATS = {
    "JPEG": ("JpegImagePlugin", rb"\xff\xd8\xff"),
    "PNG": ("PngImagePlugin", rb"\x89PNG\r\n\x1a\n"),
    "GIF": ("GifImagePlugin", rb"GIF8[79]a"),
    "WEBP": ("WebPImagePlugin", rb"(?s)RIFF.{4}WEBP"),
    "AVIF": ("AvifImagePlugin", rb"(?s).{4}ftyp(avi[fs]|m[is]f1)"),
    "BMP": ("BmpImagePlugin", rb"BM"),
    "TIFF": ("TiffImagePlugin", rb"II[*+]\0|MM\0[*+]"),
}

# Both bound the time spent on files made of countless tiny parts; real files stay far below.
_MAX_PARTS = 200_000
_MAX_FRAMES = 10_000

_IGNORED_DELAY_S = 0.010_1  # a hair above 10 ms, whatever fraction it came from


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or EXIT_REFUSED after reporting why.

    Raises OSError when the input cannot be read or the output not be written: no fault of the picture.
    """
    options = _parser().parse_args(arguments)
    data = Path(options.input).read_bytes()
    _limit_pillow(options.max_pixels)
    try:
        with _silence():
            answer = options.run(data, options)
    except Exception as error:  # noqa: BLE001 - on hostile files Pillow's plugins raise nearly every kind there is
        kind = _refusal(error)
        print(json.dumps({"error": kind, "message": _SENTENCES[kind]}), file=sys.stderr)
        return EXIT_REFUSED
    if options.command == "probe":
        print(json.dumps(answer))
    else:
        Path(options.output).write_bytes(answer)
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("input")
    shared.add_argument("--max-pixels", type=int, required=True)
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    probing = commands.add_parser("probe", parents=[shared])
    probing.set_defaults(run=lambda data, options: probe(data, options.max_pixels))
    converting = commands.add_parser("convert", parents=[shared])
    converting.add_argument("output")
    converting.add_argument("--format", choices=tuple(_TARGETS), required=True)
    converting.add_argument("--quality", type=int)
    converting.add_argument("--lossless", action="store_true")
    converting.set_defaults(
        run=lambda data, options: convert(
            data,
            options.format,
            quality=options.quality,
            lossless=options.lossless,
            max_pixels=options.max_pixels,
        )
    )
    return parser


def _limit_pillow(max_pixels: int) -> None:
    """Let Pillow refuse large pictures itself, show what there is of truncated ones, and warn of nothing else."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def _silence() -> Iterator[None]:
    """Keep standard error for the one report: libtiff, written in C, complains there by itself."""
    kept = os.dup(_STDERR)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(null)
        os.close(kept)


def _refusal(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "unrecognised"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning | MemoryError):
        return "too_large"
    return "damaged"


# Commands.


def probe(data: bytes, max_pixels: int) -> dict[str, Any]:
    """Read the facts of a picture and prove that it decodes (of an animation: its first frame).

    Returns `format` (Pillow's name), `width` and `height` in pixels as displayed, `frames` of an animation
    (counted up to 10,000; pages and second pictures are none), `duration_s` of one play of it or None,
    `has_alpha`, `mode` (Pillow's), `is_lossy`, `has_private`, and `removed`: sorted plain words for the
    private metadata in it. Raises whatever Pillow does; see `main`.
    """
    name = _sniff(data)
    image = _open(data, name, max_pixels)
    (width, height), mode, has_alpha = image.size, image.mode, image.has_transparency_data
    # An eighth of the size, in grey, proves as much; only JPEG can do it, others ignore it.
    image.draft("L", (max(1, width // 8), max(1, height // 8)))
    _load(image, data, name, max_pixels)
    facts = _READERS.get(name, _read_nothing)(data)
    words = facts.words | _metadata_words(image, name, data)
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    return {
        "format": name,
        "width": width,
        "height": height,
        "frames": getattr(image, "n_frames", 1) if name == "AVIF" else facts.frames,
        "duration_s": facts.duration_s,
        "has_alpha": has_alpha or facts.has_alpha,
        "mode": mode,
        "is_lossy": name in {"JPEG", "AVIF"} or facts.is_lossy,
        "has_private": bool(words),
        "removed": sorted(words),
    }


def convert(
    data: bytes, target: str, *, quality: int | None = None, lossless: bool = False, max_pixels: int
) -> bytes:
    """Write the first frame of a picture as `target` (png, jpeg or webp), turned the way it is displayed.

    `quality` is 1 to 100, for JPEG and WebP; `lossless` is for WebP. An ICC profile stays where it still
    fits, other metadata does not. Raises whatever Pillow does; see `main`.
    """
    name = _sniff(data)
    image = _open(data, name, max_pixels)
    if max(image.size) > _TARGETS[target].max_side:
        raise Image.DecompressionBombError(f"{target} cannot hold {image.size}")
    _load(image, data, name, max_pixels)
    picture = _fit(_turned(image), target)
    profile = picture.info.get("icc_profile", b"")
    # Writers take comments, resolution and more from here; transparency is the one thing they need.
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    options = _save_options(picture, target, quality, lossless)
    if _profile_fits(profile, picture.mode):
        options["icc_profile"] = profile
    importlib.import_module(f"PIL.{_FORMATS[target.upper()][0]}")
    output = io.BytesIO()
    try:
        picture.save(output, target, **options)
    except (OSError, ValueError) as error:
        # The picture was decoded, so it is none of its faults: encoders fail so where memory ends.
        raise MemoryError(f"{target} could not be encoded") from error
    return output.getvalue()


# Opening and decoding.


def _sniff(data: bytes) -> str:
    for name, (_, signature) in _FORMATS.items():
        if re.match(signature, data):
            return name
    raise UnidentifiedImageError("no known signature")


def _open(data: bytes, name: str, max_pixels: int) -> ImageFile.ImageFile:
    """Read the header, like Image.open, which would load five plugins first: 10 ms more.

    Raises UnidentifiedImageError when it is none, DecompressionBombError when it announces too many pixels.
    """
    importlib.import_module(f"PIL.{_FORMATS[name][0]}")
    read_header, _ = Image.OPEN[name]
    try:
        image = read_header(io.BytesIO(data), "")
    except (SyntaxError, IndexError, TypeError, struct.error) as error:
        raise UnidentifiedImageError(f"no {name} header") from error
    if image.width * image.height > max_pixels:
        raise Image.DecompressionBombError(f"{image.size} is more than {max_pixels} pixels")
    return image


def _load(image: ImageFile.ImageFile, data: bytes, name: str, max_pixels: int) -> None:
    """Decode. Raises, mostly OSError, when nothing of the picture can be decoded.

    Told to accept truncated files, Pillow passes over every error of a decoder and leaves the pixels blank.
    So where they all came out the same, they have to come out without an error too.
    """
    image.load()
    if _is_flat(image):
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        _open(data, name, max_pixels).load()
        ImageFile.LOAD_TRUNCATED_IMAGES = True


def _is_flat(image: Image.Image) -> bool:
    extrema = _native_16_bits(image).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band[0] == band[1] for band in bands)


def _native_16_bits(image: Image.Image) -> Image.Image:
    """Pillow can hardly do a thing with 16 bit greys in a stated byte order; converted directly they clip."""
    return image.convert("I").convert("I;16") if image.mode in {"I;16B", "I;16L", "I;16N"} else image


# Converting.


class _Target(NamedTuple):
    """An output format: the Pillow modes it is written from, and the longest side in pixels it can have."""

    modes: frozenset[str]
    max_side: int


_TARGETS = {
    "png": _Target(frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}), 2**31 - 1),
    "jpeg": _Target(frozenset({"L", "RGB"}), 65_500),  # libjpeg's JPEG_MAX_DIMENSION
    "webp": _Target(frozenset({"RGB", "RGBA"}), 16_383),  # 14 bits (RFC 9649, section 2.6)
}
# Grey modes of more than 8 bits, and what their white may be.
_DEEP_WHITES = {
    "I;16": (65_535.0,),
    "I": (65_535.0, 4_294_967_295.0),
    "F": (1.0, 255.0, 65_535.0, 4_294_967_295.0),
}
_ICC_SPACE = slice(16, 20)  # ICC.1:2022, 7.2.6: the colour space of the picture
_FAST_PNG_PIXELS = 4_000_000  # from here on, zlib's level 6 costs more time than its few percent are worth


# Orientation (EXIF 2.32, 4.6.4) to what undoes it.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = range(5, 9)


def _turned(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _fit(image: Image.Image, target: str) -> Image.Image:
    """Bring a picture into a mode that `target` is written from."""
    modes = _TARGETS[target].modes
    image = _native_16_bits(image)
    if image.mode in _DEEP_WHITES and image.mode not in modes:
        image = _to_8_bits(image)
    if image.mode == "CMYK":
        image = _to_srgb(image)
    is_keyed = "transparency" in image.info and target != "png"
    if image.mode in modes and not is_keyed:
        return image
    if not image.has_transparency_data:
        return image.convert("L" if image.mode == "1" and "L" in modes else "RGB")
    image = image.convert("RGBA")
    return image if "RGBA" in modes else _on_white(image)


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    page.info = image.info
    return page


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Scale deep greys so that white stays white, which has to be guessed for 32 bit integers and floats."""
    highest = cast(float, image.getextrema()[1])
    whites = _DEEP_WHITES[image.mode]
    scale = 255 / next((white for white in whites if highest <= white), whites[-1])
    grey = image.point(lambda value: value * scale + 0.5).convert("L")
    # A transparent grey is named by its deep value.
    grey.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return grey


def _to_srgb(image: Image.Image) -> Image.Image:
    """Turn CMYK into sRGB, through the embedded profile when there is a working one."""
    from PIL import ImageCms  # noqa: PLC0415 - few pictures need it, and it is slow to load

    profile = image.info.get("icc_profile", b"")
    if profile[_ICC_SPACE] != b"CMYK":
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        converted = None
    return converted or image.convert("RGB")


def _profile_fits(profile: bytes, mode: str) -> bool:
    return profile[_ICC_SPACE] == (b"GRAY" if mode in {"1", "L", "LA", "I;16"} else b"RGB ")


def _save_options(picture: Image.Image, target: str, quality: int | None, lossless: bool) -> dict[str, Any]:
    if target == "png":
        return {"compress_level": 6 if picture.width * picture.height < _FAST_PNG_PIXELS else 3}
    if target == "jpeg":
        return {"quality": quality or 90, "optimize": True, "progressive": True}
    return {"quality": quality or 82, "method": 4, "lossless": lossless}


# What containers say without decoding: a walk over their parts, linear in the size of the file.


class _Facts(NamedTuple):
    frames: int = 1
    duration_s: float | None = None
    is_lossy: bool = False
    has_alpha: bool = False
    words: frozenset[str] = frozenset()


def _animation(delays_s: list[float]) -> tuple[int, float | None]:
    """Count frames and add up their delays, in seconds; a still has one frame and no duration."""
    counted = delays_s[:_MAX_FRAMES]
    if len(counted) <= 1:
        return 1, None
    return len(counted), round(sum(map(_played_s, counted)), 3)


def _played_s(delay_s: float) -> float:
    """Browsers and FFmpeg play a delay of 10 ms or less as 100 ms."""
    return delay_s if delay_s > _IGNORED_DELAY_S else 0.1


def _read_nothing(_: bytes) -> _Facts:
    return _Facts()


def _read_png(data: bytes) -> _Facts:
    """PNG, section 11: frame delays are fractions of a second in fcTL, a denominator of 0 means 100."""
    delays, words, is_animated = [], set(), False
    for kind, content in islice(_png_chunks(data), _MAX_PARTS):
        if kind == b"acTL":
            is_animated = True
        elif kind == b"fcTL":
            delays.append(int.from_bytes(content[20:22]) / (int.from_bytes(content[22:24]) or 100))
        elif kind == b"tIME":
            words.add("date")
        elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
            words.add(_PNG_WORDS.get(content.split(b"\0")[0], "other"))
    frames, duration_s = _animation(delays if is_animated else [])
    return _Facts(frames=frames, duration_s=duration_s, words=frozenset(words))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's kind and the first 80 bytes of its content: room for a keyword."""
    start = 8
    while start < len(data):
        size = int.from_bytes(data[start : start + 4])
        yield data[start + 4 : start + 8], data[start + 8 : start + 8 + min(size, 80)]
        start += size + 12


def _read_webp(data: bytes) -> _Facts:
    """RFC 9649, section 2.7: an ANMF chunk holds its duration in milliseconds, then chunks of its own."""
    delays, is_lossy = [], False
    for kind, content in islice(_riff_chunks(data), _MAX_PARTS):
        if kind == b"ANMF":
            delays.append(int.from_bytes(content[12:15], "little") / 1000)
        # Only lossy pictures have their alpha in a chunk of its own.
        is_lossy = is_lossy or kind == b"VP8 " or (kind == b"ANMF" and content[16:20] in {b"VP8 ", b"ALPH"})
    frames, duration_s = _animation(delays)
    return _Facts(frames=frames, duration_s=duration_s, is_lossy=is_lossy)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's kind and the first 20 bytes of its content: room for a frame's header."""
    start = 12
    while start < len(data):
        size = int.from_bytes(data[start + 4 : start + 8], "little")
        yield data[start : start + 4], data[start + 8 : start + 8 + min(size, 20)]
        start += 8 + size + size % 2


_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21
_GIF_CONTROL, _GIF_COMMENT, _GIF_APPLICATION = 0xF9, 0xFE, 0xFF


def _read_gif(data: bytes) -> _Facts:
    """GIF89a: a control block holds the delay of the image behind it, in hundredths of a second."""
    delays, words, has_alpha, delay_s = [], set(), False, 0.0
    for label, content in islice(_gif_blocks(data), _MAX_PARTS):
        if label == _GIF_CONTROL:
            has_alpha = has_alpha or bool(int.from_bytes(content[1:2]) & 1)
            delay_s = int.from_bytes(content[2:4], "little") / 100
        elif label == _GIF_IMAGE:
            delays.append(delay_s)
            delay_s = 0.0
        elif label == _GIF_COMMENT:
            words.add("comment")
        elif label == _GIF_APPLICATION and content[1:12] == b"XMP DataXMP":
            words |= _xmp_words(content)
    frames, duration_s = _animation(delays)
    return _Facts(frames=frames, duration_s=duration_s, has_alpha=has_alpha, words=frozenset(words))


def _gif_blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each block's label and its content, still cut into sub-blocks; images have the label 0x2C."""
    start = 13 + _gif_table_size(data[10:11])
    while len(block := data[start : start + 10]) > 1:
        if block[0] == _GIF_IMAGE:
            label, content = _GIF_IMAGE, start + 11 + _gif_table_size(block[9:10])
        elif block[0] == _GIF_EXTENSION:
            label, content = block[1], start + 2
        else:
            return
        start = _gif_end(data, content)
        yield label, data[content:start]


def _gif_table_size(flags: bytes) -> int:
    """The size in bytes of the colour table that a descriptor's flags announce."""
    bits = int.from_bytes(flags)
    return 3 << ((bits & 7) + 1) if bits & 0x80 else 0


def _gif_end(data: bytes, start: int) -> int:
    """Skip sub-blocks, each behind its length, up to the empty one that ends them."""
    while start < len(data) and data[start]:
        start += 1 + data[start]
    return start + 1


_READERS: dict[str, Callable[[bytes], _Facts]] = {"PNG": _read_png, "WEBP": _read_webp, "GIF": _read_gif}


# Metadata: what there is, in words a visitor understands.

_PNG_WORDS = {
    b"Author": "owner",
    b"Copyright": "owner",
    b"Creation Time": "date",
    b"Source": "camera",
    b"Title": "comment",
    b"Description": "comment",
    b"Comment": "comment",
}

_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_EXIF_IFD, _GPS_IFD, _GPS_VERSION, _ORIENTATION, _SHORT = 0x8769, 0x8825, 0, 0x0112, 3
_EXIF_WORDS = {
    0x010E: "comment",  # ImageDescription
    0x010F: "camera",  # Make
    0x0110: "camera",  # Model
    0x0132: "date",  # DateTime
    0x013B: "owner",  # Artist
    0x8298: "owner",  # Copyright
    0x83BB: "other",  # IPTC
    0x8649: "other",  # Photoshop
    0x9003: "date",  # DateTimeOriginal
    0x9004: "date",  # DateTimeDigitized
    0x927C: "camera",  # MakerNote
    0x9286: "comment",  # UserComment
    0x9C9B: "comment",  # XPTitle
    0x9C9C: "comment",  # XPComment
    0x9C9D: "owner",  # XPAuthor
    0x9C9E: "comment",  # XPKeywords
    0x9C9F: "comment",  # XPSubject
    0xA420: "serial number",  # ImageUniqueID
    0xA430: "owner",  # CameraOwnerName
    0xA431: "serial number",  # BodySerialNumber
    0xA433: "camera",  # LensMake
    0xA434: "camera",  # LensModel
    0xA435: "serial number",  # LensSerialNumber
    0xC62F: "serial number",  # CameraSerialNumber (DNG)
}

_XMP_WORDS = {
    "location": rb"GPS(Latitude|Longitude|Position)|photoshop:(City|State|Country)|:Location",
    "camera": rb"tiff:(Make|Model)|aux:Lens|:LensModel",
    "serial number": rb"SerialNumber",
    "owner": rb"dc:(creator|rights)|OwnerName|photoshop:(Credit|AuthorsPosition)",
    "thumbnail": rb"xmp:Thumbnails|xmpGImg:|xapGImg:",
    "date": rb"xmp:(Create|Modify|Metadata)Date|DateCreated|DateTimeOriginal",
    "comment": rb"dc:(description|title|subject)|UserComment|photoshop:Headline",
}

# IPTC-IIM 4.2, record 2: by-lines, dates, places and texts.
_IPTC_DATASET = rb"(?s)\x1c\x02(.)"
_IPTC_WORDS = (
    dict.fromkeys((5, 25, 40, 105, 120), "comment")
    | dict.fromkeys((55, 60, 62, 63), "date")
    | dict.fromkeys((80, 85, 110, 115, 116, 118, 122), "owner")
    | dict.fromkeys((26, 27, 90, 92, 95, 100, 101), "location")
)


def _metadata_words(image: ImageFile.ImageFile, name: str, data: bytes) -> set[str]:
    """Name the private metadata that Pillow found beside the picture."""
    if name == "JPEG":
        segments = [_segment_words(*segment) for segment in getattr(image, "applist", ())]
        return set().union(*segments)
    words = _tag_words(_read_exif(data)) if name == "TIFF" else _exif_words(image.info.get("exif", b""))
    return words | _xmp_words(image.info.get("xmp", b""))


def _segment_words(kind: str, payload: bytes) -> set[str]:
    if kind == "COM":
        return {"comment"}
    for start, words in _SEGMENT_WORDS.items():
        if payload.startswith(start):
            return words(payload)
    return {"other"}


def _xmp_words(packet: bytes) -> set[str]:
    words = {word for word, pattern in _XMP_WORDS.items() if re.search(pattern, packet)}
    return words or ({"other"} if packet else set())


def _iptc_words(payload: bytes) -> set[str]:
    datasets = {found[0] for found in re.findall(_IPTC_DATASET, payload)}
    return {_IPTC_WORDS[dataset] for dataset in datasets if dataset in _IPTC_WORDS} or {"other"}


def _exif_words(block: bytes) -> set[str]:
    """Name what an EXIF block holds; one that only says the orientation holds nothing."""
    exif = _read_exif(block)
    words = _tag_words(exif) | ({"thumbnail"} if exif.thumbnail else set())
    is_plain = not block or exif.tags == {_ORIENTATION}
    return words or (set() if is_plain else {"other"})


def _tag_words(exif: "_Exif") -> set[str]:
    words = {_EXIF_WORDS[tag] for tag in exif.tags if tag in _EXIF_WORDS}
    return words | ({"location"} if exif.gps_tags - {_GPS_VERSION} else set())


_SEGMENT_WORDS: dict[bytes, Callable[[bytes], set[str]]] = {
    b"Exif\0\0": _exif_words,
    b"http://ns.adobe.com/": _xmp_words,
    b"Photoshop 3.0\0": _iptc_words,
    b"JFIF\0": lambda payload: {"thumbnail"} if any(payload[12:14]) else set(),
    b"JFXX\0": lambda _: {"thumbnail"},
    b"ICC_PROFILE\0": lambda _: set(),
    b"Adobe": lambda _: set(),
}


# EXIF (EXIF 2.32, 4.6): read here rather than by Pillow, which raises on damaged blocks and, where they lack
# an orientation, takes one from XMP: no browser does.


class _Exif(NamedTuple):
    orientation: int = 1
    tags: frozenset[int] = frozenset()
    gps_tags: frozenset[int] = frozenset()
    thumbnail: bool = False


class _Directory(NamedTuple):
    """The entries of an IFD, tag to type and value (or the offset of it), and the offset of the next IFD."""

    entries: dict[int, tuple[bytes, bytes]]
    following: int


def _read_exif(block: bytes) -> _Exif:
    """Read an EXIF block or a TIFF file; what is damaged reads as absent."""
    tiff = block.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return _Exif()
    entries, following = _read_directory(tiff, int.from_bytes(tiff[4:8], order), order)
    details, gps = (
        _read_directory(tiff, int.from_bytes(entries[tag][1], order), order).entries if tag in entries else {}
        for tag in (_EXIF_IFD, _GPS_IFD)
    )
    kind, value = entries.get(_ORIENTATION, (b"", b""))
    return _Exif(
        orientation=int.from_bytes(value[:2], order) if int.from_bytes(kind, order) == _SHORT else 1,
        tags=frozenset(entries.keys() | details.keys()),
        gps_tags=frozenset(gps),
        thumbnail=following != 0 and bool(_read_directory(tiff, following, order).entries),
    )


def _read_directory(tiff: bytes, offset: int, order: Literal["little", "big"]) -> _Directory:
    first = offset + 2
    end = first + int.from_bytes(tiff[offset:first], order) * 12
    entries = {
        int.from_bytes(tiff[start : start + 2], order): (
            tiff[start + 2 : start + 4],
            tiff[start + 8 : start + 12],
        )
        for start in range(first, min(end, len(tiff)), 12)
    }
    return _Directory(entries, int.from_bytes(tiff[end : end + 4], order))


def _orientation(image: Image.Image) -> int:
    """How a loaded picture lies in its file, 1 to 8 (EXIF); Pillow turns TIFFs itself."""
    return _read_exif(image.info.get("exif", b"")).orientation


if __name__ == "__main__":
    sys.exit(main())

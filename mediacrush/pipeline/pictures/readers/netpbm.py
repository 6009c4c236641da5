"""PAM, the one of the Netpbm family that Pillow does not read (netpbm.sourceforge.net/doc/pam.html)."""

import re

from PIL import Image

from mediacrush.pipeline.pictures.refusals import Damaged, check_memory, check_pixels

_HEADER = re.compile(rb"P7\s(.{0,8000}?)\nENDHDR\n", re.DOTALL)
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_MAX_BYTE, _MAX_SAMPLE = 255, 65_535


def read_pam(data: bytes, max_pixels: int) -> Image.Image:
    """Black and white, grey or colours, with or without alpha. Greys of more than 8 bits keep 16."""
    width, height, depth, highest, start = _read_header(data)
    check_pixels(width, height, max_pixels)
    check_memory(width * height * depth * 8)
    sample_size = 1 if highest <= _MAX_BYTE else 2
    wanted = width * height * depth * sample_size
    samples = data[start : start + wanted]
    if not samples:
        raise Damaged("no pixels")
    samples += bytes(wanted - len(samples))
    if highest == _MAX_BYTE:
        return Image.frombytes(_MODES[depth], (width, height), samples)
    return _scaled(samples, (width, height, depth), highest)


def _read_header(data: bytes) -> tuple[int, int, int, int, int]:
    """Width, height, channels, the highest sample, and where the pixels start."""
    found = _HEADER.match(data)
    lines = [line.split() for line in found[1].splitlines() if not line.startswith(b"#")] if found else []
    fields = {words[0]: words[1] for words in lines if len(words) > 1}
    try:
        width, height, depth, highest = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    except (KeyError, ValueError) as error:
        raise Damaged("no PAM header") from error
    if found is None or depth not in _MODES or not 0 < highest <= _MAX_SAMPLE:
        raise Damaged("no PAM header")
    return width, height, depth, highest, found.end()


def _scaled(samples: bytes, shape: tuple[int, int, int], highest: int) -> Image.Image:
    import numpy  # noqa: PLC0415

    width, height, depth = shape
    numbers = numpy.frombuffer(samples, ">u2" if highest > _MAX_BYTE else "u1").astype("u4")
    white = _MAX_SAMPLE if depth == 1 and highest > _MAX_BYTE else _MAX_BYTE
    scaled = numpy.minimum((numbers * white + highest // 2) // highest, white)
    mode = "I;16" if white == _MAX_SAMPLE else _MODES[depth]
    return Image.frombytes(mode, (width, height), scaled.astype("<u2" if mode == "I;16" else "u1").tobytes())

"""What a container says of its picture without decoding it: frames and their delays, loss, alpha, texts."""

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from mediacrush.pipeline.pictures.boxes import all_boxes
from mediacrush.pipeline.pictures.containers import (
    GIF_APPLICATION,
    GIF_COMMENT,
    GIF_CONTROL,
    GIF_IMAGE,
    MAX_PARTS,
    RIFF_HEADER_SIZE,
    gif_blocks,
    png_chunks,
    riff_chunks,
)
from mediacrush.pipeline.pictures.items import read_items
from mediacrush.pipeline.pictures.jxl import read_jxl_header
from mediacrush.pipeline.pictures.metadata import png_text_word, xmp_words

_IGNORED_DELAY_S = 0.010_1  # a hair above 10 ms, whatever fraction it came from
_KEYWORD_SIZE = 80  # 79 bytes at most and the zero that ends them (PNG, 11.3.3.1)


class Facts(NamedTuple):
    """A still has one frame, and no duration (of one play). Of an animated JPEG XL it is only known that it has
    more: then `frames` is 2. The streams are where FFmpeg finds the frames of an animation, and their alpha."""

    frames: int = 1
    duration_s: float | None = None
    is_lossy: bool = False
    has_alpha: bool = False
    words: frozenset[str] = frozenset()
    film_stream: int = 0
    alpha_stream: int | None = None


def read_facts(name: str, data: bytes) -> Facts:
    """Read what a file of the kind `name` says; of most kinds, nothing that its reader does not know."""
    return _READERS[name](data) if name in _READERS else Facts()


def _animation(delays_s: list[float]) -> tuple[int, float | None]:
    """Count frames and add up their delays, in seconds."""
    if len(delays_s) <= 1:
        return 1, None
    return len(delays_s), round(sum(map(_played_s, delays_s)), 3)


def _played_s(delay_s: float) -> float:
    """Browsers and FFmpeg play a delay of 10 ms or less as 100 ms."""
    return delay_s if delay_s > _IGNORED_DELAY_S else 0.1


def _read_png(data: bytes) -> Facts:
    """PNG, section 11: frame delays are fractions of a second in fcTL, a denominator of 0 means 100."""
    delays, words, is_animated = [], set(), False
    for kind, content, *_ in islice(png_chunks(data), MAX_PARTS):
        if kind == b"acTL":
            is_animated = True
        elif kind == b"fcTL":
            delays.append(int.from_bytes(content[20:22]) / (int.from_bytes(content[22:24]) or 100))
        elif kind == b"tIME":
            words.add("date")
        elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
            words.add(png_text_word(bytes(content[:_KEYWORD_SIZE]).split(b"\0")[0]))
    frames, duration_s = _animation(delays if is_animated else [])
    return Facts(frames=frames, duration_s=duration_s, words=frozenset(words))


def _read_webp(data: bytes) -> Facts:
    """RFC 9649, section 2.7: an ANMF chunk holds its duration in milliseconds, then chunks of its own."""
    delays, is_lossy = [], False
    for kind, content, *_ in islice(riff_chunks(memoryview(data)[RIFF_HEADER_SIZE:]), MAX_PARTS):
        if kind == b"ANMF":
            delays.append(int.from_bytes(content[12:15], "little") / 1000)
        # Only lossy pictures have their alpha in a chunk of its own.
        is_lossy = is_lossy or kind == b"VP8 " or (kind == b"ANMF" and content[16:20] in {b"VP8 ", b"ALPH"})
    frames, duration_s = _animation(delays)
    return Facts(frames=frames, duration_s=duration_s, is_lossy=is_lossy)


def _read_gif(data: bytes) -> Facts:
    """GIF89a: a control block holds the delay of the image behind it, in hundredths of a second."""
    delays, words, has_alpha, delay_s = [], set(), False, 0.0
    for block in islice(gif_blocks(data), MAX_PARTS):
        if block.kind == GIF_CONTROL:
            has_alpha = has_alpha or bool(int.from_bytes(block.content[1:2]) & 1)
            delay_s = int.from_bytes(block.content[2:4], "little") / 100
        elif block.kind == GIF_IMAGE:
            delays.append(delay_s)
            delay_s = 0.0
        elif block.kind == GIF_COMMENT:
            words.add("comment")
        elif block.kind == GIF_APPLICATION and block.starts_with(b"\x0bXMP DataXMP"):
            words |= xmp_words(bytes(block.content))
    frames, duration_s = _animation(delays)
    return Facts(frames=frames, duration_s=duration_s, has_alpha=has_alpha, words=frozenset(words))


def _read_avif(data: bytes) -> Facts:
    """ISO 14496-12: a sequence is a film; `stts` of its first track has the frames, `mdhd` the clock."""
    frames, ticks, ticks_per_s, tracks = 0, 0, 0, 0
    for kind, content, *_ in all_boxes(memoryview(data)):
        tracks += kind == b"trak"
        if kind == b"mdhd" and not ticks_per_s:
            start = 20 if content[:1].tobytes() == b"\1" else 12
            ticks_per_s = int.from_bytes(content[start : start + 4])
        elif kind == b"stts" and not frames:
            for start in range(8, min(len(content), 8 + 8 * MAX_PARTS) - 7, 8):
                count, delay = (int.from_bytes(content[at : at + 4]) for at in (start, start + 4))
                frames, ticks = frames + count, ticks + count * delay
    if frames <= 1:
        return Facts(is_lossy=True)
    duration_s = round(ticks / ticks_per_s, 3) if ticks and ticks_per_s else None
    # To FFmpeg each still item is a stream, and the tracks follow them: colours, then alpha.
    stills = sum(item.kind == b"av01" for item in read_items(data))
    return Facts(
        frames=frames,
        duration_s=duration_s,
        is_lossy=True,
        film_stream=stills,
        alpha_stream=stills + 1 if tracks > 1 else None,
    )


def _read_jxl(data: bytes) -> Facts:
    header = read_jxl_header(data)
    return Facts(frames=2 if header.is_animated else 1, is_lossy=header.is_lossy)


def _read_jpeg_2000(data: bytes) -> Facts:
    """ISO 15444-1, A.6.1: the last byte of the COD segment is 1 for the wavelet that loses nothing."""
    start = data.find(b"\xff\x52")
    return Facts(is_lossy=data[start + 13 : start + 14] != b"\1")


def _read_lossy(_: bytes) -> Facts:
    """Photos, and light that is tone-mapped: nothing that has to stay as it is to the last bit."""
    return Facts(is_lossy=True)


_READERS: dict[str, Callable[[bytes], Facts]] = {
    "PNG": _read_png,
    "WEBP": _read_webp,
    "GIF": _read_gif,
    "AVIF": _read_avif,
    "JXL": _read_jxl,
    "JP2": _read_jpeg_2000,
    "J2C": _read_jpeg_2000,
    **dict.fromkeys(("JPEG", "HEIC", "EXR", "HDR", "PFM"), _read_lossy),
    **dict.fromkeys(("DNG", "CR2", "CR3", "NEF", "ARW", "PEF", "SRW", "RAF", "ORF", "RW2", "RAW"), _read_lossy),
}

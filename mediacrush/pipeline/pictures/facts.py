"""What a container says of its picture without decoding it: frames and their delays, loss, alpha, texts."""

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

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
from mediacrush.pipeline.pictures.metadata import png_text_word, xmp_words

_MAX_FRAMES = 10_000
_IGNORED_DELAY_S = 0.010_1  # a hair above 10 ms, whatever fraction it came from
_KEYWORD_SIZE = 80  # 79 bytes at most and the zero that ends them (PNG, 11.3.3.1)


class Facts(NamedTuple):
    """`frames` of an animation are counted up to 10,000; a still has one, and no duration (of one play)."""

    frames: int = 1
    duration_s: float | None = None
    is_lossy: bool = False
    has_alpha: bool = False
    words: frozenset[str] = frozenset()


def read_facts(name: str, data: bytes) -> Facts:
    """Read what a file of Pillow's format `name` says; of most formats, nothing that Pillow does not know."""
    return _READERS[name](data) if name in _READERS else Facts()


def _animation(delays_s: list[float]) -> tuple[int, float | None]:
    """Count frames and add up their delays, in seconds."""
    counted = delays_s[:_MAX_FRAMES]
    if len(counted) <= 1:
        return 1, None
    return len(counted), round(sum(map(_played_s, counted)), 3)


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


_READERS: dict[str, Callable[[bytes], Facts]] = {"PNG": _read_png, "WEBP": _read_webp, "GIF": _read_gif}

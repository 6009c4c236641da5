"""The parts of MP4 and Matroska files."""

import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl")


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of an MP4."""
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box, one after the other."""
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        yield kind, data[8:size]
        data = data[size:]


def with_boxes(data: bytes, change: Callable[[bytes, bytes], bytes]) -> bytes:
    """The MP4 with each innermost box as `change` (from kind and content) makes it."""
    return b"".join(
        box(kind, with_boxes(content, change)) if kind in _PARENTS else change(kind, content)
        for kind, content in boxes(data)
    )


def element(number: int, *content: bytes | int | str) -> bytes:
    """An element of a Matroska file."""
    parts = [
        part.to_bytes(8, "big") if isinstance(part, int) else part.encode() if isinstance(part, str) else part
        for part in content
    ]
    data = b"".join(parts)
    return number.to_bytes(-(-number.bit_length() // 8), "big") + (len(data) | 1 << 56).to_bytes(8, "big") + data


_EBML = element(0x1A45DFA3, element(0x4282, "matroska"), element(0x4287, 4), element(0x4285, 2))


def matroska(*parts: bytes) -> bytes:
    """A Matroska file of these parts of its segment."""
    return _EBML + element(0x18538067, *parts)


def track(number: int, kind: int, codec: str, *more: bytes) -> bytes:
    """A track: 1 is video, 2 sound."""
    return element(
        0xAE, element(0xD7, number), element(0x73C5, number), element(0x83, kind), element(0x86, codec), *more
    )


def ffmpeg_bytes(path: Path, *arguments: str) -> bytes:
    """What ffmpeg makes of these arguments."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments, str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()

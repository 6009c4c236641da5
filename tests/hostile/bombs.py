"""Files that announce or hold too much."""

import random
import struct
import zlib
from functools import cache
from pathlib import Path

from tests.hostile.containers import box, boxes, element, ffmpeg_bytes, matroska, track, with_boxes
from tests.samples import Samples

_MAX_U32 = 2**32 - 1


def _pcm_tracks(count: int) -> bytes:
    sound = element(0xE1, element(0xB5, struct.pack(">d", 8000.0)), element(0x9F, 1), element(0x6264, 16))
    tracks = element(0x1654AE6B, *(track(n, 2, "A_PCM/INT/LIT", sound) for n in range(1, count + 1)))
    blocks = (element(0xA3, b"\x81\0\0\0", bytes(16000)) for _ in range(3))
    return matroska(element(0x1549A966, element(0x2AD7B1, 1_000_000)), tracks, element(0x1F43B675, *blocks))


def _mp4_tracks(samples: Samples, count: int) -> bytes:
    parts = dict(boxes(samples.bytes("sound.m4a")))
    moov = dict(boxes(parts[b"moov"]))
    whole = (box(kind, parts[kind]) for kind in (b"ftyp", b"free", b"mdat") if kind in parts)
    return b"".join(whole) + box(b"moov", box(b"mvhd", moov[b"mvhd"]), box(b"trak", moov[b"trak"]) * count)


def _endless_mp4(samples: Samples) -> bytes:
    """One second of pictures, each of which is said to stay for years."""

    def change(kind: bytes, content: bytes) -> bytes:
        if kind in (b"mvhd", b"mdhd"):
            content = content[:12] + struct.pack(">II", 1, _MAX_U32 - 1) + content[20:]
        elif kind == b"stts":
            content = struct.pack(">IIII", 0, 1, 50, 2**26)
        elif kind == b"edts":
            return b""
        return box(kind, content)

    return with_boxes(samples.bytes("silent.mp4"), change)


def _slow_film(folder: Path, seconds: int) -> bytes:
    """A frame an hour."""
    source = f"color=size=320x240:rate=1/3600:duration={seconds}"
    return ffmpeg_bytes(folder / "slow.mkv", "-f", "lavfi", "-i", source, "-c:v", "mpeg4")


def _two_moments(folder: Path) -> bytes:
    """Six frames that no browser plays, four hours less ten minutes apart, at 60 a second."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=60:duration=0.1")
    times = ("-vf", "setpts='N/60/TB+gte(N,3)*13800/TB'", "-fps_mode", "passthrough")
    return ffmpeg_bytes(folder / "moments.mp4", *source, *times, "-c:v", "libx264", "-pix_fmt", "yuv444p")


def _grows(samples: Samples, folder: Path) -> bytes:
    """A film whose pictures become larger than any that are taken, once it plays."""
    (folder / "frames.mjpeg").write_bytes(samples.bytes("plain.jpg") * 10 + _jpeg(samples, 12_000, 10_000) * 10)
    source = ("-f", "mjpeg", "-r", "10", "-i", str(folder / "frames.mjpeg"))
    return ffmpeg_bytes(folder / "grows.mkv", *source, "-c", "copy")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *extra: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + bytes(width * 3)) * min(height, 100))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


@cache
def _zeros(megabytes: int) -> bytes:
    """So many compressed: a thousandth of them."""
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(bytes(10**6)) for _ in range(megabytes)) + squeeze.flush()


def _jpeg(samples: Samples, width: int, height: int) -> bytes:
    data = bytearray(samples.bytes("plain.jpg"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _gif(frames: int, size: int = 1, delay_cs: int = 2) -> bytes:
    picture = struct.pack("<4sHBB", b"\x21\xf9\x04\x04", delay_cs, 0, 0)
    picture += struct.pack("<BHHHHB", 0x2C, 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    head = b"GIF89a" + struct.pack("<HHBBB", size, size, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + loop + picture * frames + b";"


def _large_avi(samples: Samples) -> bytes:
    data = bytearray(samples.bytes("clip.avi"))
    for marker, offset in ((b"avih", 40), (b"strf", 12)):
        at = data.index(marker) + offset
        data[at : at + 8] = struct.pack("<II", 65535, 65535)
    return bytes(data)


def _raw_film(width: int, height: int, block: bytes, *, compressed: bool = False) -> bytes:
    squeezed = element(0x6D80, element(0x6240, element(0x5032, 1), element(0x5034, element(0x4254, 0))))
    more = (squeezed,) if compressed else ()
    size = element(0xE0, element(0xB0, width), element(0xBA, height), element(0x2EB524, b"I420"))
    tracks = element(0x1654AE6B, track(1, 1, "V_UNCOMPRESSED", size, *more))
    blocks = element(0x1F43B675, element(0xE7, 0), element(0xA3, b"\x81\0\0\x80", block))
    return matroska(element(0x1549A966, element(0x2AD7B1, 1_000_000)), tracks, blocks)


def _compressed_header(samples: Samples) -> bytes:
    """A QuickTime film whose index unfolds to gigabytes."""
    folded = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", _MAX_U32 - 7), _zeros(300)))
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", folded)


def _nested(depth: int) -> bytes:
    sizes = (8 * (depth - level) for level in range(depth))
    inner = b"".join(struct.pack(">I4s", size, (b"moov", b"trak")[size % 16 // 8]) for size in sizes)
    return box(b"ftyp", b"isom", bytes(4), b"isom") + inner


def _ogg_page(serial: int, sequence: int, flags: int, position: int, packet: bytes) -> bytes:
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, serial, sequence, 0) + bytes((1, len(packet)))
    page = bytearray(head + packet)
    crc = 0
    for byte in page:
        crc = (crc << 8) & _MAX_U32 ^ _OGG_CRC[(crc >> 24) ^ byte]
    page[22:26] = struct.pack("<I", crc)
    return bytes(page)


def _ogg_crc_table() -> list[int]:
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        table.append(crc & _MAX_U32)
    return table


_OGG_CRC = _ogg_crc_table()
_OPUS_HEAD = struct.pack("<8sBBHIHB", b"OpusHead", 1, 1, 0, 48000, 0, 0)
_OPUS_TAGS = struct.pack("<8sI1sI", b"OpusTags", 1, b"x", 0)


def _oggs(count: int, *, chained: bool) -> bytes:
    """So many Opus streams, one after the other or all at once."""
    heads = [_ogg_page(n, 0, 2, 0, _OPUS_HEAD) for n in range(count)]
    tags = [_ogg_page(n, 1, 0, 0, _OPUS_TAGS) for n in range(count)]
    sounds = [_ogg_page(n, 2, 4, 960, b"\xf8\xff\xfe") for n in range(count)]
    if chained:
        return b"".join(page for stream in zip(heads, tags, sounds, strict=True) for page in stream)
    return b"".join(heads + tags + sounds)


def _long_tags() -> bytes:
    """More text than we read of ffprobe's answer, beside a second of sound."""
    tag = element(0x67C8, element(0x45A3, "TITLE"), element(0x4487, "x" * 12_000_000))
    sound = _pcm_tracks(1)
    at = sound.index(b"\x18\x53\x80\x67") + 12
    return matroska(sound[at:], element(0x1254C367, element(0x7373, tag)))


def bombs(samples: Samples, folder: Path) -> dict[str, bytes]:
    """Files that want more than anybody has, by what they want."""
    big = 65535
    sound = samples.bytes("song.mp3")
    tag_size = bytes((0x7F, 0x7F, 0x7F, 0x7F))  # synchsafe: 256 MiB less one byte
    wav = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", _MAX_U32, b"WAVE", b"fmt ", 16, 1, big, _MAX_U32, 0, 0, 16, b"data", 9
    )
    return {
        "Matroska with 10,000 streams": _pcm_tracks(10_000),
        "Matroska with 500 streams": _pcm_tracks(500),
        "MP4 with 10,000 streams": _mp4_tracks(samples, 10_000),
        "MP4 with 500 streams": _mp4_tracks(samples, 500),
        "Ogg with 3,000 streams": _oggs(3000, chained=False),
        "MP4 of many years": _endless_mp4(samples),
        "a frame an hour for six hours": _slow_film(folder, 6 * 3600),
        "PNG of 65,535 pixels squared": _png(big, big),
        "JPEG of 65,500 pixels squared": _jpeg(samples, 65500, 65500),
        "GIF of 65,535 pixels squared": _gif(2, big),
        "raw film of 65,535 pixels squared": _raw_film(big, big, bytes(1000)),
        "Y4M of 65,535 pixels squared": b"YUV4MPEG2 W65535 H65535 F25:1 C420\nFRAME\n" + bytes(5000),
        "IVF of 65,535 pixels squared": struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", big, big, 25, 1, 9, 0)
        + struct.pack("<IQ", 10, 0)
        + b"\x10\x02\0\x9d\x01\x2a\xff\x3f\xff\x3f",
        "GIF of 25,000 frames": _gif(25_000),
        "GIF that takes 18 hours": _gif(100, delay_cs=big),
        "QuickTime index of inflated gigabytes": _compressed_header(samples),
        "MP4 boxes nested 100,000 deep": _nested(100_000),
        "MP4 boxes of no length": box(b"ftyp", b"isom", bytes(4), b"isom")
        + struct.pack(">I4sQ", 1, b"moov", 0) * 50_000,
        "MP4 box without end": box(b"ftyp", b"isom", bytes(4), b"isom") + struct.pack(">I4s", 0, b"moov") * 50_000,
        "WAV of 65,535 channels": wav + bytes(5000),
        "ID3 tag of 256 MB without a sound": b"ID3\x04\0\0" + tag_size + bytes(5000),
        "noise": random.Random(1).randbytes(300_000),
        "a sound cut in its tag": sound[:500],
    }


def heavy_but_honest(samples: Samples, folder: Path) -> dict[str, bytes]:
    """Files that look like bombs and can be shown all the same, or be refused: both is right."""
    sound = samples.bytes("song.mp3")
    return {
        "AVI whose header says 65,535 pixels squared": _large_avi(samples),
        "film of a picture of inflated 300 MB": _raw_film(640, 480, _zeros(300), compressed=True),
        "Ogg of 2,000 chained streams": _oggs(2000, chained=True),
        "ID3 tag of 256 MB before a sound": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + sound,
        "two moments hours apart": _two_moments(folder),
        "film that grows to 120 megapixels": _grows(samples, folder),
        "a thousand ID3 tags before a sound": b"ID3\x04\0\0\0\0\0\x0a".ljust(20, b"\0") * 1000 + sound,
        "PNG with 300 MB of inflated text": _png(64, 64, _chunk(b"zTXt", b"Comment\0\0" + _zeros(300))),
        "PNG with a profile of inflated 300 MB": _png(64, 64, _chunk(b"iCCP", b"profile\0\0" + _zeros(300))),
        "PNG that announces 4 billion frames": _png(64, 64, _chunk(b"acTL", struct.pack(">II", _MAX_U32 // 2, 0))),
        "12 MB of tags": _long_tags(),
        "trailing gigabytes announced": samples.bytes("clip.mov") + struct.pack(">I4s", 0x7FFFFFFF, b"mdat"),
    }

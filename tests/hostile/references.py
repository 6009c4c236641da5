"""Files that name other files and addresses."""

import struct
from pathlib import Path

from tests.canary import Canary
from tests.hostile.containers import box, element, ffmpeg_bytes, matroska, with_boxes

# FFmpeg skips an ID3 tag before it looks what a file is, while libmagic calls all of it an MP3.
_MP3_MASK = b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)


def _hls(target: str) -> bytes:
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n"
    return f"{head}#EXTINF:10.0,\n{target}\n#EXT-X-ENDLIST\n".encode()


def _hls_key(target: str) -> bytes:
    return f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:10.0,\n{target}\n#EXT-X-ENDLIST\n'.encode()


def _hls_master(target: str) -> bytes:
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\n{target}\n".encode()


def _dash(target: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT10S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1000" codecs="avc1.640028"><BaseURL>{target}</BaseURL></Representation></AdaptationSet>'
        "</Period></MPD>"
    ).encode()


def _sdp(canary: Canary) -> bytes:
    lines = ("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "c=IN IP4 127.0.0.1", "t=0 0")
    media = (f"m=video {canary.port} RTP/AVP 96", "a=rtpmap:96 H264/90000")
    return "\r\n".join((*lines, *media, "")).encode()


def _external_mov(folder: Path, entry: bytes) -> bytes:
    """A QuickTime film whose pictures are said to lie elsewhere; they do not lie here."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x48:duration=1:rate=5", "-c:v", "mpeg4")
    film = ffmpeg_bytes(folder / "inner.mov", *source)

    def change(kind: bytes, content: bytes) -> bytes:
        if kind == b"dref":
            return box(b"dref", bytes(4), struct.pack(">I", 1), entry)
        return b"" if kind in (b"mdat", b"wide", b"free") else box(kind, content)

    return with_boxes(film, change)


def _alias(path: str) -> bytes:
    """A Macintosh alias record: a volume and a file name, then the absolute path as a record of type 2."""
    name = path.encode()
    record = bytes(10) + b"\x03mac".ljust(28, b"\0") + bytes(12) + b"\x06canary".ljust(64, b"\0") + bytes(16)
    record += struct.pack(">hh", 1, 1) + bytes(16) + struct.pack(">HH", 2, len(name)) + name + bytes(len(name) % 2)
    return box(b"alis", bytes(4), record, b"\xff\xff\0\0")


def _reference_movie(url: str) -> bytes:
    location = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(url) + 1), url.encode(), b"\0")
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", box(b"rmra", box(b"rmda", location)))


def _linked_matroska(target: str) -> bytes:
    chapter = element(
        0x45B9, element(0x45DD, 1), element(0xB6, element(0x73C4, 1), element(0x6E67, bytes(range(16))))
    )
    info = element(
        0x1549A966,
        *(element(0x73A4, bytes(16)), element(0x3EB923, bytes(range(16))), element(0x3E83BB, target)),
        *(element(0x3CB923, bytes(range(16))), element(0x3C83AB, target), element(0x2AD7B1, 1_000_000)),
    )
    return matroska(info, element(0x1043A770, chapter))


def references(canary: Canary, folder: Path) -> dict[str, bytes]:
    """Every kind of file that names another, each once with the canary's file and once with its address."""
    texts: dict[str, bytes] = {}
    for to, target in (("file", str(canary.file)), ("url", canary.url)):
        uri = f"file://{canary.file}" if to == "file" else target
        texts |= {
            f"HLS playlist to a {to}": _hls(uri),
            f"HLS playlist with a key from a {to}": _hls_key(uri),
            f"HLS master playlist to a {to}": _hls_master(uri),
            f"concat script to a {to}": f"ffconcat version 1.0\nfile '{target}'\n".encode(),
            f"DASH manifest to a {to}": _dash(uri),
            f"ASX playlist to a {to}": f'<asx version="3.0"><entry><ref href="{uri}"/></entry></asx>'.encode(),
            f"reference list to a {to}": f"[Reference]\r\nRef1={uri}\r\n".encode(),
            f"RealAudio list to a {to}": f"{uri}\n".encode(),
        }
    texts |= {
        "image pattern": f"{canary.file.parent}/canary%03d.png\n".encode(),
        "session description": _sdp(canary),
        "VobSub index": b"# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\n",
    }
    masked = {f"{name} behind an ID3 tag": _MP3_MASK + text for name, text in texts.items()}
    torn = {f"{name} with a zero byte": text + b"\0\n" for name, text in texts.items()}
    url = canary.url.encode() + b"\0"
    path = f"file://{canary.file}".encode() + b"\0"
    return (
        texts
        | masked
        | torn
        | {
            "QuickTime film with data at a URL": _external_mov(folder, box(b"url ", bytes(4), url)),
            "QuickTime film with data in a file": _external_mov(folder, box(b"url ", bytes(4), path)),
            "QuickTime film with data behind an alias": _external_mov(folder, _alias(str(canary.file))),
            "QuickTime reference movie": _reference_movie(canary.url),
            "Matroska with linked segments": _linked_matroska(f"file://{canary.file}"),
            "AVI without pictures": b"RIFF"
            + struct.pack("<I", 200)
            + b"AVI LIST"
            + canary.url.encode()
            + bytes(100),
            "ASF that is a list": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
            + canary.url.encode()
            + bytes(100),
        }
    )

"""What is no media, and media broken so far that nothing, or only a part, can be shown."""

import gzip
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from mediacrush.model.media import BlobType
from tests.corpus.animations import moving
from tests.corpus.cases import ERROR, RED, REFUSED, UNRECOGNISED, Case, Expected, of_bytes
from tests.corpus.films import AAC, MPEG4, VP9, X264, clip
from tests.corpus.scenes import cut, quadrants
from tests.hostile.containers import box, boxes
from tests.pipeline.pictures.kinds import written

# A refusal where libmagic is sure; else whatever says most plainly what is wrong.
_BROKEN = (ERROR, UNRECOGNISED)
_PICTURE = ("original|optimised",)


def bad(name: str, make: Callable[[Path], None], *outcomes: str, word: str = "") -> Case:
    """A row: a file of which nothing can be shown, how that may be called, and a word that the sentence has."""
    return Case(name=name, make=make, expect=Expected(outcomes=outcomes or _BROKEN, message=word))


def torn_picture(name: str, data: Callable[[], bytes], share: float = 0.6) -> Case:
    """A row: the first part of a picture, which is shown: what is there, in the size that it was meant to have."""

    def make() -> bytes:
        whole = data()
        return whole[: int(len(whole) * share)]

    return Case(
        name=name,
        make=of_bytes(make),
        expect=Expected(
            blob_type=BlobType.IMAGE, width=_LARGE[0], height=_LARGE[1], names=_PICTURE, top_only=True, colours=_TOP
        ),
    )


_LARGE = (320, 240)
_TOP = (RED, (0, 255, 0), (0, 0, 0), (0, 0, 0))


def noisy() -> Image.Image:
    """The four colours with a grain, so that a file's bytes are spread over its rows."""
    grain = Image.frombytes("RGB", _LARGE, random.Random(1).randbytes(_LARGE[0] * _LARGE[1] * 3))
    return Image.blend(quadrants(_LARGE), grain, 0.05)


def zipped() -> bytes:
    """An archive of one text."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("a.txt", "no media")
    return output.getvalue()


def without_index() -> Callable[[Path], None]:
    """A maker of an MP4 whose camera was switched off before it wrote the index."""

    def make(path: Path) -> None:
        clip(*X264, *AAC, "-f", "mp4")(path)
        kept = (box(kind, content) for kind, content in boxes(path.read_bytes()) if kind != b"moov")
        path.write_bytes(b"".join(kept))

    return make


def wav_of_nothing() -> bytes:
    """A whole header and not one sample."""
    head = struct.pack("<IHHIIHH", 16, 1, 1, 44100, 88200, 2, 16)
    return b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + head + b"data" + bytes(4)


_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\nsegment.ts\n#EXT-X-ENDLIST\n"
_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(200)

_NO_MEDIA = (
    bad("text.txt", of_bytes(lambda: b"Nothing to see, nothing to hear.\n" * 9), REFUSED),
    bad("page.html", of_bytes(lambda: b"<!doctype html><title>x</title><p>y</p>"), REFUSED),
    bad("data.json", of_bytes(lambda: json.dumps({"no": ["media"]}).encode()), REFUSED),
    bad("archive.zip", of_bytes(zipped), REFUSED),
    bad("archive.gz", of_bytes(lambda: gzip.compress(b"no media" * 50)), REFUSED),
    bad("document.pdf", of_bytes(lambda: _PDF), REFUSED),
    bad("program", of_bytes(lambda: _ELF), REFUSED),
    bad("playlist.m3u8", of_bytes(lambda: _PLAYLIST), REFUSED, *_BROKEN),
    bad("playlist-called.mp4", of_bytes(lambda: b"\n" + _PLAYLIST + b"\0"), REFUSED, *_BROKEN),
    bad("text-called.jpg", of_bytes(lambda: b"This is no photo at all.\n" * 9), REFUSED),
    bad("empty.mp4", of_bytes(lambda: b""), REFUSED, word="empty"),
    bad("junk.bin", of_bytes(lambda: random.Random(2).randbytes(20_000))),
    bad("zeros.bin", of_bytes(lambda: bytes(20_000))),
)

_TOO_BROKEN = (
    bad("jpeg-header-only.jpg", of_bytes(lambda: written(quadrants((64, 48)), "JPEG")[:60]), word="damaged"),
    bad("png-header-only.png", of_bytes(lambda: written(quadrants((64, 48)), "PNG")[:40]), word="picture"),
    bad("gif-header-only.gif", of_bytes(lambda: moving("GIF")[:13]), word="damaged"),
    bad("webp-header-only.webp", of_bytes(lambda: written(quadrants((64, 48)), "WEBP")[:20]), word="damaged"),
    bad("mp4-header-only.mp4", cut(clip(*X264, *AAC), 0.004, ".mp4")),
    bad("mp4-without-index.mp4", without_index(), word="index"),
    bad("mkv-header-only.mkv", cut(clip(*X264, *AAC), 0.02, ".mkv")),
    bad("webm-header-only.webm", cut(clip(*VP9), 0.02, ".webm")),
    bad("avi-header-only.avi", cut(clip(*MPEG4), 0.02, ".avi")),
    bad("wav-of-nothing.wav", of_bytes(wav_of_nothing)),
    bad("mp3-tag-only.mp3", of_bytes(lambda: b"ID3\x03\0\0\0\0\x07\x76" + bytes(1014))),
    bad("flac-header-only.flac", of_bytes(lambda: b"fLaC\x80\0\0\x22" + bytes(10))),
)


def odd(name: str, size: tuple[int, int], kind: str) -> Case:
    """A row: a picture that is whole and has a strange shape."""
    make = of_bytes(lambda: written(Image.new("RGB", size, RED), kind))
    expect = Expected(
        blob_type=BlobType.IMAGE, width=size[0], height=size[1], names=_PICTURE, colours=(RED, RED, RED, RED)
    )
    return Case(name=name, make=make, expect=expect)


_PARTS = (
    torn_picture("half.jpg", lambda: written(noisy(), "JPEG", quality=90)),
    torn_picture("half-progressive.jpg", lambda: written(noisy(), "JPEG", quality=90, progressive=True)),
    torn_picture("half.png", lambda: written(noisy(), "PNG")),
    torn_picture("half.gif", lambda: written(noisy().quantize(256), "GIF", interlace=0)),
    odd("one-pixel.png", (1, 1), "PNG"),
    odd("one-pixel.gif", (1, 1), "GIF"),
    odd("one-pixel.jpg", (1, 1), "JPEG"),
    odd("strip.png", (1, 5000), "PNG"),
    odd("ribbon.jpg", (5000, 1), "JPEG"),
)

BROKEN: tuple[Case, ...] = (*_NO_MEDIA, *_TOO_BROKEN, *_PARTS)

"""Sounds: every container and codec, with tags in every encoding that people wrote them in."""

import struct
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mediacrush.model.media import BlobType
from tests.corpus.cases import FLAT, SECRET, Case, Expected
from tests.corpus.scenes import by_ffmpeg, cut, quadrants, run_ffmpeg, surround, tone

_SECONDS = 0.6
_NAMES = ("mp3|original", "opus|original", "waveform")
_TITLE, _ARTIST = "Füße & <b>Köpfe</b>", "Björk"
_SONG = ("-metadata", f"title={_TITLE}", "-metadata", f"artist={_ARTIST}", "-metadata", f"comment={SECRET}")
_SUNG = (("title", _TITLE), ("artist", _ARTIST))


def sound(
    name: str,
    make: Callable[[Path], None],
    *names: str,
    duration_s: float | None = _SECONDS,
    removed: bool = False,
    tags: tuple[tuple[str, str], ...] = (),
    texts: tuple[tuple[str, str], ...] = (),
) -> Case:
    """A row: a sound by its file name, its maker, and the published names beside MP3, Opus and waveform."""
    return Case(
        name=name,
        make=make,
        expect=Expected(
            blob_type=BlobType.AUDIO,
            duration_s=duration_s,
            has_audio=True,
            names=(*_NAMES, *names),
            removed=removed,
            tags=tags,
            texts=texts,
            # What a cover shows.
            colours=FLAT,
        ),
    )


def note(*words: str, rate: int = 44100) -> Callable[[Path], None]:
    """A maker of the tone with these encoders."""
    return by_ffmpeg(*tone(_SECONDS, rate), *words)


# File name, what ffmpeg is told.
_PLAIN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mp3.mp3", ("-c:a", "libmp3lame", "-b:a", "128k")),
    ("mp3-vbr.mp3", ("-c:a", "libmp3lame", "-q:a", "4", "-ac", "2")),
    ("mp3-22-khz.mp3", ("-c:a", "libmp3lame", "-ar", "22050")),
    ("aac.aac", ("-c:a", "aac")),
    ("m4a-aac.m4a", ("-c:a", "aac")),
    ("m4a-alac.m4a", ("-c:a", "alac")),
    ("m4b.m4b", ("-c:a", "aac", "-f", "ipod", "-brand", "M4B ")),
    ("flac.flac", ("-c:a", "flac")),
    ("flac-24-bit.flac", ("-c:a", "flac", "-sample_fmt", "s32")),
    ("wav-8-bit.wav", ("-c:a", "pcm_u8")),
    ("wav-16-bit.wav", ("-c:a", "pcm_s16le")),
    ("wav-24-bit.wav", ("-c:a", "pcm_s24le")),
    ("wav-32-bit.wav", ("-c:a", "pcm_s32le")),
    ("wav-float.wav", ("-c:a", "pcm_f32le")),
    ("wav-double.wav", ("-c:a", "pcm_f64le")),
    ("wav-mu-law.wav", ("-c:a", "pcm_mulaw")),
    ("wav-adpcm.wav", ("-c:a", "adpcm_ima_wav")),
    ("wave64.w64", ("-c:a", "pcm_s16le")),
    ("aiff.aiff", ("-c:a", "pcm_s16be")),
    ("aiff-24-bit.aif", ("-c:a", "pcm_s24be", "-f", "aiff")),
    ("au.au", ("-c:a", "pcm_s16be")),
    ("au-mu-law.au", ("-c:a", "pcm_mulaw")),
    ("caf.caf", ("-c:a", "pcm_s16le")),
    ("caf-alac.caf", ("-c:a", "alac")),
    ("ogg-vorbis.ogg", ("-c:a", "libvorbis")),
    ("ogg-opus.opus", ("-c:a", "libopus")),
    ("ogg-flac.oga", ("-c:a", "flac", "-f", "ogg")),
    ("wma-2.wma", ("-c:a", "wmav2")),
    ("wma-1.wma", ("-c:a", "wmav1")),
    ("ac3.ac3", ("-c:a", "ac3")),
    ("eac3.eac3", ("-c:a", "eac3")),
    ("mp2.mp2", ("-c:a", "mp2")),
    ("mka-opus.mka", ("-c:a", "libopus")),
    ("mka-flac.mka", ("-c:a", "flac")),
    ("webm-opus.weba", ("-c:a", "libopus", "-f", "webm")),
    ("tta.tta", ("-c:a", "tta")),
    ("wavpack.wv", ("-c:a", "wavpack")),
    ("amr-nb.amr", ("-c:a", "libopencore_amrnb", "-ar", "8000", "-b:a", "12.2k")),
    ("sound-called.mp4", ("-c:a", "flac", "-compression_level", "1", "-f", "flac")),
    ("sound-without-extension", ("-c:a", "libmp3lame", "-b:a", "96k", "-f", "mp3")),
)


def _id3(*fields: tuple[bytes, bytes]) -> bytes:
    frames = b"".join(name + struct.pack(">IH", len(content), 0) + content for name, content in fields)
    size = len(frames)
    return b"ID3\x03\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + frames


def id3_of(encoding: int, codec: str) -> Callable[[Path], None]:
    """A maker of an MP3 whose tags are in one of the encodings of ID3."""

    def field(text: str) -> bytes:
        return bytes([encoding]) + text.encode(codec)

    def make(path: Path) -> None:
        note("-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0")(path)
        comment = bytes([encoding]) + b"eng" + "\0".encode(codec) + SECRET.encode(codec)
        fields = ((b"TIT2", field(_TITLE)), (b"TPE1", field(_ARTIST)), (b"COMM", comment))
        path.write_bytes(_id3(*fields) + path.read_bytes())

    return make


def with_cover(*words: str) -> Callable[[Path], None]:
    """A maker of a song with a picture."""

    def make(path: Path) -> None:
        with TemporaryDirectory() as folder:
            cover = Path(folder, "cover.jpg")
            quadrants((64, 64)).save(cover, comment=SECRET.encode())
            attached = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
            run_ffmpeg(*tone(_SECONDS), "-i", cover, *attached, *words, path)

    return make


def with_chapters(path: Path) -> None:
    """An audiobook of two chapters."""
    marks = ";FFMETADATA1\n" + "".join(
        f"[CHAPTER]\nTIMEBASE=1/10\nSTART={start}\nEND={end}\ntitle=Part {start}\n"
        for start, end in ((0, 3), (3, 6))
    )
    with TemporaryDirectory() as folder:
        beside = Path(folder, "chapters.txt")
        beside.write_text(f";FFMETADATA1\n{marks}")
        run_ffmpeg(*tone(_SECONDS), "-i", beside, *("-map_chapters", "1", "-c:a", "aac", "-f", "ipod"), path)


_PARTS = (
    ("chapters", "00:00:00.000 --> 00:00:00.300\nPart 0\n"),
    ("chapters", "00:00:00.300 --> 00:00:00.600\nPart 3\n"),
)
_MORE = (
    sound("tags-latin-1.mp3", id3_of(0, "latin-1"), removed=True, tags=_SUNG),
    sound("tags-utf-16.mp3", id3_of(1, "utf-16"), removed=True, tags=_SUNG),
    sound("tags-utf-8.mp3", id3_of(3, "utf-8"), removed=True, tags=_SUNG),
    sound("tags.flac", note("-c:a", "flac", *_SONG), removed=True, tags=_SUNG),
    sound("tags.m4a", note("-c:a", "aac", *_SONG), removed=True, tags=_SUNG),
    sound("tags.ogg", note("-c:a", "libvorbis", *_SONG), removed=True, tags=_SUNG),
    sound("tags.opus", note("-c:a", "libopus", *_SONG), removed=True, tags=_SUNG),
    sound("tags.wma", note("-c:a", "wmav2", *_SONG), removed=True, tags=_SUNG),
    sound("tags.wav", note("-c:a", "pcm_s16le", *_SONG), removed=True, tags=_SUNG),
    sound("tags.mka", note("-c:a", "flac", *_SONG), removed=True, tags=_SUNG),
    sound("tags.aiff", note("-c:a", "pcm_s16be", "-write_id3v2", "1", *_SONG), removed=True, tags=_SUNG),
    sound("cover.mp3", with_cover("-c:a", "libmp3lame"), "cover"),
    sound("cover.m4a", with_cover("-c:a", "aac"), "cover"),
    sound("cover.flac", with_cover("-c:a", "flac"), "cover"),
    sound("chapters.m4b", with_chapters, "chapters", texts=_PARTS),
    sound("sound-5.1.flac", by_ffmpeg(*surround(_SECONDS), "-c:a", "flac")),
    sound("sound-5.1.ac3", by_ffmpeg(*surround(_SECONDS), "-c:a", "ac3")),
    sound("torn.mp3", cut(note("-c:a", "libmp3lame"), 0.7, ".mp3"), duration_s=None),
    sound("torn.flac", cut(note("-c:a", "flac"), 0.7, ".flac"), duration_s=None),
    sound("torn.ogg", cut(by_ffmpeg(*tone(3), "-c:a", "libvorbis"), 0.7, ".ogg"), duration_s=None),
    sound("torn.wav", cut(note("-c:a", "pcm_s16le"), 0.7, ".wav"), duration_s=None),
)

SOUNDS: tuple[Case, ...] = (*(sound(name, note(*words)) for name, words in _PLAIN), *_MORE)

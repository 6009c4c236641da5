"""Recordings with a secret in them, wherever one can be: what cameras, phones, editors and people write.

Each function makes the bytes of one file. SECRET stands in it as it is, or in two bytes a character.
"""

import struct
import subprocess
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg

from tests.hostile.containers import box, boxes, element
from tests.samples import picture, private_exif

SECRET = "SecretMarker"
_SECRET = SECRET.encode()
_FILM = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1")
_SOUND = ("-f", "lavfi", "-i", "sine=frequency=330:duration=2")
_BOTH = (*_FILM, *_SOUND)
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_XMP = f"<x:xmpmeta><exif:GPSLatitude>{SECRET}</exif:GPSLatitude></x:xmpmeta>".encode()


def made(folder: Path, name: str, *arguments: str) -> bytes:
    """What ffmpeg makes of these arguments, under this name."""
    path = folder / name
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments, str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def tagged(*names: str) -> tuple[str, ...]:
    """ffmpeg's arguments for tags with the secret."""
    return tuple(part for name in names for part in ("-metadata", f"{name}={SECRET}"))


def private_jpeg() -> bytes:
    """A photo that says where it was taken, with the secret in a comment."""
    buffer, exif = BytesIO(), private_exif()
    del exif[0x0112]  # it would turn the frames of a film
    picture(64, 64).save(buffer, "JPEG", exif=exif, comment=_SECRET)
    return buffer.getvalue()


# MP4 and QuickTime.


def _mp4(folder: Path, *arguments: str, name: str = "film.mp4") -> bytes:
    return made(folder, name, *_BOTH, *_X264, "-c:a", "aac", *arguments)


def _with_user_data(data: bytes, *user_data: bytes) -> bytes:
    """The film with these boxes in its `moov`, which stands behind the pictures, so that nothing moves."""
    return b"".join(
        box(kind, content + box(b"udta", *user_data)) if kind == b"moov" else box(kind, content)
        for kind, content in boxes(data)
    )


def mp4_boxes(folder: Path) -> bytes:
    """What phones and action cameras keep in `udta`."""
    text = struct.pack(">HH", len(_SECRET), 0x15C7) + _SECRET
    texts = (b"\xa9xyz", b"\xa9mak", b"\xa9mod", b"\xa9swr", b"\xa9cmt")
    names = (b"CAME", b"SNum", b"GPMF", b"FIRM", b"auth", b"XyZ0")
    return _with_user_data(
        _mp4(folder),
        *(box(name, text) for name in texts),
        *(box(name, bytes(4), _SECRET) for name in names),
        box(b"loci", bytes(4), b"\x15\xc7", _SECRET, bytes(14), b"earth\0\0"),
        box(b"XMP_", _XMP),
        box(b"thmb", private_jpeg()),
    )


def mp4_items(folder: Path) -> bytes:
    """Apple's tags, named and numbered."""
    arguments = (
        "-movflags",
        "use_metadata_tags",
        *tagged("location", "com.apple.quicktime.make", "comment", "title"),
    )
    return _mp4(folder, *arguments, "-metadata", "creation_time=2024-01-02T03:04:05Z")


def mp4_top(folder: Path) -> bytes:
    """Boxes beside the film: XMP, what is free, and what nobody knows."""
    uuid = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    return (
        _mp4(folder)
        + box(b"uuid", uuid, _XMP)
        + box(b"free", _SECRET)
        + box(b"skip", _SECRET)
        + box(b"WTF?", _SECRET)
    )


def mp4_handlers(folder: Path) -> bytes:
    return _mp4(folder, "-metadata:s:v", f"handler_name={SECRET}", "-metadata:s:a", f"handler_name={SECRET}")


def mov_timecode(folder: Path) -> bytes:
    return _mp4(folder, "-timecode", "01:02:03:04", *tagged("comment"), name="film.mov")


def mp4_subtitles(folder: Path) -> bytes:
    """A drone's log, as subtitles."""
    (folder / "log.srt").write_text(f"1\n00:00:00,000 --> 00:00:01,000\nGPS({SECRET})\n")
    return made(
        folder,
        "film.mp4",
        *(*_BOTH, "-i", str(folder / "log.srt"), "-map", "0", "-map", "1", "-map", "2"),
        *(*_X264, "-c:a", "aac", "-c:s", "mov_text"),
    )


# Between the frames.


def h264_sei(folder: Path, name: str) -> bytes:
    message = f"h264_metadata=sei_user_data=086f3693b7b34f2c965321492feee5b8+{SECRET}"
    return made(folder, name, *_BOTH, *_X264, "-bsf:v", message)


def avchd(folder: Path) -> bytes:
    """Date, place and maker, five bytes each, as camcorders write them into the stream."""
    plain = made(folder, "plain.h264", *_FILM, *_X264, "-x264-params", "keyint=5")
    fields = b"".join(bytes((name,)) + _SECRET[:4] for name in (0x18, 0x19, 0xB2, 0xE0))
    message = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM" + b"\4" + fields + _SECRET
    sei = b"\0\0\0\1\6\5" + bytes((len(message),)) + message + b"\x80"
    at = plain.index(b"\0\0\0\1\x67")
    (folder / "camera.h264").write_bytes(plain[:at] + sei + plain[at:])
    return made(folder, "camera.m2ts", "-i", str(folder / "camera.h264"), "-c", "copy")


_HEVC = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "log-level=error:info=0:keyint=5",
    "-pix_fmt",
    "yuv420p",
)


_IDRS = (b"\0\0\0\1\x26\1", b"\0\0\0\1\x28\1", b"\0\0\1\x26\1", b"\0\0\1\x28\1")


def _hevc_with_sei(folder: Path) -> Path:
    plain = made(folder, "plain.hevc", *_FILM, *_HEVC)
    message = bytes.fromhex("086f3693b7b34f2c965321492feee5b8") + _SECRET
    sei = b"\0\0\0\1\x4e\1\5" + bytes((len(message),)) + message + b"\x80"
    at = next(plain.index(start) for start in _IDRS if start in plain)
    (folder / "secret.hevc").write_bytes(plain[:at] + sei + plain[at:])
    return folder / "secret.hevc"


def hevc_sei(folder: Path, name: str) -> bytes:
    data = made(folder, "secret.mp4", "-i", str(_hevc_with_sei(folder)), "-c", "copy")
    if name.endswith("mp4"):
        return data
    return made(folder, name, "-i", str(folder / "secret.mp4"), "-c", "copy")


def hevc_header(folder: Path) -> bytes:
    """The message stands in the header of the stream, which no filter reaches."""
    data = made(folder, "plain.mp4", *_FILM, *_HEVC)
    moov = dict(boxes(data))[b"moov"]
    at = moov.index(b"hvcC") + 4
    size = int.from_bytes(moov[at - 8 : at - 4]) - 8
    unit = b"\x4e\1\5" + bytes((16 + len(_SECRET),)) + bytes(16) + _SECRET + b"\x80"
    more = b"\x27" + struct.pack(">HH", 1, len(unit)) + unit
    header = bytearray(moov[at : at + size] + more)
    header[22] += 1
    return b"".join(
        _grown(kind, content, bytes(header), len(more)) if kind == b"moov" else box(kind, content)
        for kind, content in boxes(data)
    )


def _grown(kind: bytes, content: bytes, header: bytes, more: int) -> bytes:
    """The box with a longer `hvcC`, and every box around that as much longer."""
    if kind == b"hvcC":
        return box(kind, header)
    if b"hvcC" not in content:
        return box(kind, content)
    skipped = {b"stsd": 8, b"hvc1": 78, b"hev1": 78}.get(kind, 0)
    inner = b"".join(_grown(k, c, header, more) for k, c in boxes(content[skipped:]))
    return box(kind, content[:skipped], inner)


def av1_metadata(folder: Path, name: str) -> bytes:
    plain = made(folder, "plain.obu", *_FILM, "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime")
    private = bytes((6,)) + _SECRET + b"\x80"
    unit = b"\x2a" + bytes((len(private),)) + private
    (folder / "secret.obu").write_bytes(plain.replace(b"\x12\0", b"\x12\0" + unit, 1))
    return made(folder, name, "-f", "obu", "-i", str(folder / "secret.obu"), "-c", "copy")


def mpeg2_user_data(folder: Path, name: str) -> bytes:
    plain = made(folder, "plain.m2v", *_FILM, "-c:v", "mpeg2video", "-b:v", "1M", "-bf", "0")
    at = plain.index(b"\0\0\1\0")  # the first picture
    (folder / "secret.m2v").write_bytes(plain[:at] + b"\0\0\1\xb2" + _SECRET + plain[at:])
    return made(folder, name, "-fflags", "+genpts", "-r", "25", "-i", str(folder / "secret.m2v"), "-c", "copy")


def mpeg4_user_data(folder: Path) -> bytes:
    plain = made(folder, "plain.m4v", *_FILM, "-c:v", "mpeg4")
    at = plain.index(b"\0\0\1\xb2")
    (folder / "secret.m4v").write_bytes(plain[:at] + b"\0\0\1\xb2" + _SECRET + plain[at:])
    return made(folder, "film.avi", "-i", str(folder / "secret.m4v"), "-c", "copy")


def mjpeg_frames(folder: Path, name: str) -> bytes:
    """Every frame is a photo with all that a camera writes into one."""
    (folder / "frames.mjpeg").write_bytes(private_jpeg() * 10)
    return made(folder, name, "-f", "mjpeg", "-r", "10", "-i", str(folder / "frames.mjpeg"), "-c", "copy")


# RIFF, AIFF, CAF.


def _chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}4sI", name, len(content)) + content + bytes(len(content) % 2)


def _in_riff(data: bytes, *chunks: bytes) -> bytes:
    body = data[8:] + bytes(len(data) % 2) + b"".join(chunks)
    return data[:4] + struct.pack("<I", len(body)) + body


def id3(*frames: bytes, version: int = 4) -> bytes:
    body = b"".join(frames) + bytes(20)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes((version, 0, 0)) + size + body


def frame(name: bytes, content: bytes) -> bytes:
    """A frame of ID3 2.4, of at most 127 bytes, or larger ones with their size in four bytes of seven bits."""
    size = bytes(len(content) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return name + size + bytes(2) + content


def wav(folder: Path, chunk: str) -> bytes:
    plain = made(folder, "sound.wav", *_SOUND, "-bitexact")
    if chunk == "trailing":
        return plain + _SECRET
    return _in_riff(plain, _WAV_CHUNKS[chunk])


_WAV_CHUNKS = {
    "INFO": _chunk(b"LIST", b"INFO" + _chunk(b"IART", b"Singer\0") + _chunk(b"ICMT", _SECRET)),
    "bext": _chunk(b"bext", _SECRET.ljust(602, b"\0")),
    "iXML": _chunk(b"iXML", _SECRET),
    "_PMX": _chunk(b"_PMX", _XMP),
    "id3": _chunk(b"id3 ", id3(frame(b"COMM", b"\0eng\0" + _SECRET))),
    "JUNK": _chunk(b"JUNK", _SECRET),
    "exif": _chunk(b"LIST", b"exif" + _chunk(b"ecor", _SECRET)),
    "labels": _chunk(b"LIST", b"adtl" + _chunk(b"labl", bytes(4) + _SECRET)),
}
WAV_CHUNKS = (*_WAV_CHUNKS, "trailing")


def avi_chunks(folder: Path) -> bytes:
    plain = made(folder, "film.avi", *_BOTH, "-c:v", "mjpeg", "-c:a", "libmp3lame", *tagged("title", "comment"))
    return _in_riff(plain, *_WAV_CHUNKS.values(), _chunk(b"IDIT", _SECRET))


def aiff(folder: Path) -> bytes:
    plain = made(folder, "sound.aiff", *_SOUND)
    texts = (_chunk(name, _SECRET, ">") for name in (b"AUTH", b"ANNO", b"(c) ", b"APPL"))
    body = plain[8:] + b"".join(texts) + _chunk(b"ID3 ", id3(frame(b"PRIV", _SECRET)), ">")
    return plain[:4] + struct.pack(">I", len(body)) + body


def caf(folder: Path) -> bytes:
    plain = made(folder, "sound.caf", *_SOUND)
    at = plain.index(b"data")
    info = struct.pack(">I", 1) + b"recorded date\0" + _SECRET + b"\0"
    chunks = struct.pack(">4sq", b"info", len(info)) + info + struct.pack(">4sq", b"uuid", len(_SECRET)) + _SECRET
    return plain[:at] + chunks + plain[at:]


# Matroska.


def matroska_all(folder: Path, name: str, *codecs: str) -> bytes:
    """Tags, titles, chapters, attachments, what is void and what nobody knows. The segment has no end of its own,
    so what is appended is in it."""
    (folder / "note.txt").write_text(SECRET)
    (folder / "chapters").write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={SECRET}\n")
    attached = (
        ("-attach", str(folder / "note.txt"), "-metadata:s:t", "mimetype=text/plain")
        if name.endswith("mkv")
        else ()
    )
    data = made(
        folder,
        name,
        *(*_BOTH, "-i", str(folder / "chapters"), "-map", "0", "-map", "1", "-map_chapters", "2", *codecs),
        *(*tagged("title", "comment", "location"), "-metadata:s:v", f"title={SECRET}", *attached, "-live", "1"),
    )
    date = element(0x1549A966, element(0x4461, 700_000_000), element(0x7384, SECRET))
    return data + date + element(0xEC, _SECRET) + element(0x5678, _SECRET)


def webm_codec_comments(folder: Path) -> bytes:
    """The comments of Vorbis go with its header wherever that goes."""
    plain = made(folder, "sound.webm", *_SOUND, "-c:a", "libvorbis")
    at = plain.index(b"encoder=Lav")
    end = plain.index(b"\1\5vorbis", at)
    return plain[:at] + f"comment={SECRET}".encode().ljust(end - at) + plain[end:]


# MP3, FLAC, Ogg.


def mp3(folder: Path, place: str) -> bytes:
    plain = made(folder, "sound.mp3", *_SOUND, "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_id3v1", "0")
    return _MP3_PLACES[place](plain)


def _ape_tag() -> bytes:
    item = struct.pack("<II", len(_SECRET), 0) + b"Comment\0" + _SECRET
    ends = [
        struct.pack("<8sIIIIQ", b"APETAGEX", 2000, len(item) + 32, 1, flags, 0)
        for flags in (0xA0000000, 0x80000000)
    ]
    return ends[0] + item + ends[1]


_MP3_FRAMES = {
    "PRIV": _SECRET + b"\0" + _SECRET,
    "GEOB": b"\0\0\0\0" + _SECRET,
    "COMM": b"\0eng\0" + _SECRET,
    "UFID": b"http://www.example.com\0" + _SECRET,
    "OWNE": b"\0EUR1.00\x0020240102" + _SECRET,
    "WXXX": b"\0\0" + _SECRET,
    "TXXX": b"\0account\0" + _SECRET,
    "TDRC": b"\x032024-01-02T03:04:05 " + _SECRET,
    "TENC": b"\1\xff\xfe" + SECRET.encode("utf-16-le"),
    "XHD3": _SECRET,
    "APIC": b"\0image/jpeg\0\3\0" + private_jpeg(),
}
_MP3_PLACES = {
    **{
        name: lambda plain, n=name, c=content: id3(frame(n.encode(), c)) + plain
        for name, content in _MP3_FRAMES.items()
    },
    "padding of ID3": lambda plain: id3(bytes(9) + _SECRET) + plain,
    "ID3v1": lambda plain: plain + b"TAG" + bytes(94) + _SECRET.ljust(30, b"\0") + b"\0",
    "APE": lambda plain: plain + _ape_tag(),
    "end": lambda plain: plain + _SECRET,
    "middle": lambda plain: plain[:5000] + _SECRET + plain[5000:],
    "middle, with a broken tag,": lambda plain: (
        plain[:5000] + _SECRET + plain[5000:] + b"APETAGEX" + b"\xff" * 16 + bytes(8)
    ),
}
MP3_PLACES = tuple(_MP3_PLACES)


def flac(folder: Path, place: str) -> bytes:
    plain = made(folder, "sound.flac", *_SOUND, *(tagged("comment") if place == "comment" else ()))
    if place == "comment":
        return plain
    if place == "end":
        return plain + _SECRET
    kind = {"APPLICATION": 2, "PADDING": 1, "PICTURE": 6, "unknown": 99}[place]
    cover = private_jpeg()
    mime = struct.pack(">II10s", 3, 10, b"image/jpeg")
    content = (
        mime + struct.pack(">6I", 0, 64, 64, 24, 0, len(cover)) + cover if place == "PICTURE" else b"test" + _SECRET
    )
    block = bytes((kind,)) + len(content).to_bytes(3) + content
    return plain[:42] + block + plain[42:]  # behind STREAMINFO


def ogg(folder: Path, codec: str) -> bytes:
    return made(folder, "sound.ogg", *_SOUND, "-c:a", codec, *tagged("comment", "location"))


def ogv(folder: Path) -> bytes:
    return made(folder, "film.ogv", *_BOTH, "-c:v", "libtheora", "-c:a", "libvorbis", *tagged("comment"))


# The others.


def asf(folder: Path, name: str) -> bytes:
    sources = (*_BOTH, "-c:v", "wmv2") if name.endswith("wmv") else _SOUND
    return made(folder, name, *sources, *tagged("copyright", "comment", "WM/UserWebURL"))


def flv(folder: Path) -> bytes:
    plain = made(folder, "film.flv", *_BOTH, *_X264, "-c:a", "aac", *tagged("location", "comment"))
    script = b"\2\0\x0aonCuePoint\2" + struct.pack(">H", len(_SECRET)) + _SECRET
    return plain + struct.pack(">B3sI3s", 18, len(script).to_bytes(3), 0, bytes(3)) + script + bytes(4)


def transport_stream(folder: Path) -> bytes:
    names = ("-metadata", f"service_name={SECRET}", "-metadata", f"service_provider={SECRET}")
    return made(folder, "film.ts", *_BOTH, *_X264, "-c:a", "aac", *names)


def frames(folder: Path, name: str, place: str) -> bytes:
    """Sound without a container, with the secret in a tag before it or loose behind it."""
    plain = made(folder, name, *_SOUND, "-ac", "1", "-ar", "8000" if name.endswith("amr") else "48000")
    return id3(frame(b"COMM", b"\0eng\0" + _SECRET)) + plain if place == "tag" else plain + _SECRET

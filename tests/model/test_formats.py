"""The table of formats does not contradict itself, and FFmpeg knows what it names."""

import subprocess
from collections import defaultdict

import pytest

from mediacrush.model import formats
from mediacrush.model.formats import DEMUXERS, FORMATS, Format
from mediacrush.model.media import BlobType
from mediacrush.pipeline.tools import Tools

MP4_FAMILY = "mov,mp4,m4a,3gp,3g2,mj2"


def known_demuxers(program: tuple[str, ...]) -> set[str]:
    """The names of the demuxers that this program has, as it writes them: ` D   name  description`."""
    answer = subprocess.run([*program, "-v", "error", "-demuxers"], check=True, capture_output=True, text=True)
    _, _, table = answer.stdout.partition("---\n")
    return {line[5:].split()[0] for line in table.splitlines()}


def test_every_container_of_the_table_is_known_to_both_programs(tools: Tools) -> None:
    """ffprobe recognises and FFmpeg reads every container that has a row; a misspelt one would never match."""
    named = {row.demuxer for row in FORMATS if row.demuxer}
    assert named - known_demuxers(tools.ffprobe) == set()
    assert named - known_demuxers(tools.ffmpeg) == set()


def test_ffmpeg_knows_every_demuxer_it_may_use(tools: Tools) -> None:
    """Animations are recognised by Pillow, so what reads them needs to be known to FFmpeg only."""
    assert set(DEMUXERS) - known_demuxers(tools.ffmpeg) == set()


@pytest.mark.parametrize(
    "demuxer",
    [
        *("hls", "applehttp", "dash", "webm_dash_manifest", "concat", "image2", "imf", "sdp", "rtp", "rtsp", "sap"),
        *("vobsub", "avisynth", "vapoursynth", "dvdvideo", "bluray", "libcdio", "ffmetadata", "mpjpeg", "ipmovie"),
        *("tty", "txd", "xbin", "bin", "adf", "idf", "svg_pipe", "libgme", "libopenmpt"),
        *("srt", "ass", "webvtt", "subviewer", "microdvd", "sami", "lrc", "scc", "tedcaptions"),
        *("rawvideo", "data", "s16le", "u8", "alaw", "mulaw", "codec2raw"),
        *("lavfi", "fbdev", "x11grab", "v4l2", "video4linux2", "alsa", "pulse", "kmsgrab", "oss", "jack"),
    ],
)
def test_what_opens_more_than_its_input_is_not_there(demuxer: str) -> None:
    """No playlist, script, device, text or headerless data is read, under any of a demuxer's names."""
    assert demuxer not in {name for names in DEMUXERS for name in names.split(",")}


def test_no_demuxer_is_a_device(tools: Tools) -> None:
    """Cameras, screens and generators (`d` in FFmpeg's list) are not input."""
    answer = subprocess.run([*tools.ffmpeg, "-v", "error", "-devices"], check=True, capture_output=True, text=True)
    _, _, table = answer.stdout.partition("---\n")
    devices = {name for line in table.splitlines() for name in line[4:].split()[0].split(",")}
    assert "lavfi" in devices
    assert not devices & {name for names in DEMUXERS for name in names.split(",")}


def test_no_mime_type_names_two_rows_of_one_container() -> None:
    """Relatives in one container are told apart by their MIME types, so none belongs to two of a kind."""
    claimed: dict[tuple[str | None, str | None, BlobType, str], list[Format]] = defaultdict(list)
    for row in FORMATS:
        for mime in {row.mime, *row.aliases}:
            claimed[row.demuxer or row.pillow, row.codec, row.kind, mime].append(row)
    assert [rows for rows in claimed.values() if len(rows) > 1] == []


def test_a_mime_type_has_one_kind_save_for_containers_of_both() -> None:
    """Only the MIME types of a few containers may turn out to be a film or a sound."""
    kinds: dict[str, set[BlobType]] = defaultdict(set)
    for row in FORMATS:
        for mime in (row.mime, *row.aliases):
            kinds[mime].add(row.kind)
    both = {mime for mime, found in kinds.items() if len(found) > 1}
    assert both == {"application/ogg", "video/x-ms-asf", "video/mp2t", "video/x-flv"}


def test_an_extension_stands_for_one_mime_type() -> None:
    """A web server that serves by extension sends the MIME type that the table has."""
    mimes: dict[str, set[str]] = defaultdict(set)
    for row in FORMATS:
        mimes[row.extension].add(row.mime)
    assert {extension: found for extension, found in mimes.items() if len(found) > 1} == {}


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: f"{row.mime} in {row.demuxer or row.pillow}")
def test_every_row_is_whole(row: Format) -> None:
    """Pillow or FFmpeg reads a row, not both; its kind is its MIME type's; its extension can stand in a link."""
    assert (row.pillow is None) != (row.demuxer is None)
    assert row.mime.startswith((f"{row.kind}/", "application/"))
    assert row.extension.isalnum()
    assert row.extension.islower() or row.extension[0].isdigit()
    assert row.kind is BlobType.IMAGE or not (row.shown_by_browsers or row.can_animate)
    assert not formats.is_hopeless(row.mime)
    found = formats.by_mime(row.mime)
    assert found is not None
    assert (found.mime, found.kind) == (row.mime, row.kind)


@pytest.mark.parametrize(
    ("mime", "expected"),
    [
        ("image/jpeg", "image/jpeg"),
        ("video/x-m4v", "video/mp4"),
        ("audio/x-wav", "audio/wav"),
        ("audio/x-m4a", "audio/mp4"),
        ("application/x-matroska", "video/x-matroska"),
        ("text/plain", None),
        ("application/octet-stream", None),
        ("", None),
    ],
)
def test_aliases_lead_to_their_row(mime: str, expected: str | None) -> None:
    """What libmagic calls a format leads to its one row; what it cannot name to none."""
    row = formats.by_mime(mime)
    assert (row.mime if row else None) == expected


@pytest.mark.parametrize(
    ("demuxer", "kind", "sniffed", "mime", "extension"),
    [
        (MP4_FAMILY, BlobType.VIDEO, "video/mp4", "video/mp4", "mp4"),
        (MP4_FAMILY, BlobType.VIDEO, "video/x-m4v", "video/mp4", "mp4"),
        (MP4_FAMILY, BlobType.VIDEO, "video/quicktime", "video/quicktime", "mov"),
        (MP4_FAMILY, BlobType.VIDEO, "video/3gpp2", "video/3gpp", "3gp"),
        (MP4_FAMILY, BlobType.VIDEO, "application/octet-stream", "video/mp4", "mp4"),
        (MP4_FAMILY, BlobType.AUDIO, "audio/x-m4a", "audio/mp4", "m4a"),
        (MP4_FAMILY, BlobType.AUDIO, "video/mp4", "audio/mp4", "m4a"),
        ("matroska,webm", BlobType.VIDEO, "video/x-matroska", "video/x-matroska", "mkv"),
        ("matroska,webm", BlobType.VIDEO, "video/webm", "video/webm", "webm"),
        ("matroska,webm", BlobType.VIDEO, "application/octet-stream", "video/x-matroska", "mkv"),
        ("matroska,webm", BlobType.AUDIO, "video/webm", "audio/x-matroska", "mka"),
        ("ogg", BlobType.VIDEO, "application/ogg", "video/ogg", "ogv"),
        ("ogg", BlobType.AUDIO, "application/ogg", "audio/ogg", "ogg"),
        ("asf", BlobType.AUDIO, "video/x-ms-asf", "audio/x-ms-wma", "wma"),
        ("asf", BlobType.VIDEO, "video/x-ms-asf", "video/x-ms-wmv", "wmv"),
        ("mp3", BlobType.AUDIO, "text/html", "audio/mpeg", "mp3"),
        ("w64", BlobType.AUDIO, "audio/x-w64", "audio/wav", "wav"),
        ("mpegts", BlobType.AUDIO, "video/mp2t", "audio/x-mpegts", "mpegts"),
        ("flv", BlobType.AUDIO, "video/x-flv", "audio/x-flv", "f4a"),
        ("wsvqa", BlobType.VIDEO, "application/octet-stream", "video/x-wsvqa", "wsvqa"),
        ("a_b,c", BlobType.AUDIO, "application/octet-stream", "audio/x-a-b", "a-b"),
        ("flac", BlobType.VIDEO, "audio/flac", "video/x-flac", "flac"),
    ],
)
def test_relatives_are_told_apart(demuxer: str, kind: BlobType, sniffed: str, mime: str, extension: str) -> None:
    """libmagic decides between relatives, the likeliest stands where it does not, and the unlisted get a name."""
    row = formats.by_demuxer(demuxer, kind, sniffed)
    assert (row.mime, row.extension, row.kind) == (mime, extension, kind)


@pytest.mark.parametrize(
    ("demuxer", "codec", "mime", "extension"),
    [
        ("mp3", "mp3", "audio/mpeg", "mp3"),
        ("mp3", "mp2", "audio/mpeg", "mp2"),
        ("amr", "amr_nb", "audio/amr", "amr"),
        ("amr", "amr_wb", "audio/amr-wb", "awb"),
    ],
)
def test_a_codec_tells_sounds_apart(demuxer: str, codec: str, mime: str, extension: str) -> None:
    """Where one container has several codecs with names of their own, the codec decides."""
    row = formats.by_demuxer(demuxer, BlobType.AUDIO, "audio/mpeg", codec)
    assert (row.mime, row.extension) == (mime, extension)


@pytest.mark.parametrize(
    ("mime", "kind", "extension"),
    [
        ("image/png", BlobType.IMAGE, "png"),
        ("video/webm", BlobType.VIDEO, "webm"),
        ("audio/x-flac", BlobType.AUDIO, "flac"),
        ("image/x-sgi", BlobType.IMAGE, "bin"),
        ("audio/x-mod", BlobType.AUDIO, "bin"),
        ("application/octet-stream", BlobType.VIDEO, "bin"),
    ],
)
def test_guess_always_answers(mime: str, kind: BlobType, extension: str) -> None:
    """Before the probe a record has the kind that the MIME type suggests; what suggests none may be a film."""
    row = formats.guess(mime)
    assert (row.kind, row.extension) == (kind, extension)


@pytest.mark.parametrize(
    ("mime", "hopeless"),
    [
        ("text/plain", True),
        ("text/html", True),
        ("application/zip", True),
        ("application/pdf", True),
        ("font/ttf", True),
        ("application/x-dosexec", True),
        ("image/jpeg", False),
        ("image/heic", False),
        ("application/octet-stream", False),
        ("application/ogg", False),
        ("application/mxf", False),
        ("", False),
    ],
)
def test_only_what_is_surely_no_media_is_hopeless(mime: str, hopeless: bool) -> None:
    """Text, archives, documents and programs are refused at once; what is unclear is probed."""
    assert formats.is_hopeless(mime) is hopeless

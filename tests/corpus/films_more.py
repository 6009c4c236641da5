"""Films with more in them than pictures and one sound, films in unusual order, and films that break off."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.corpus.cases import PLACE, SECRET, Case
from tests.corpus.films import AAC, COPIED, MP3, MPEG2, MPEG4, OPUS, VP9, X264, clip, row
from tests.corpus.scenes import TAGS, by_ffmpeg, copied, cut, film, quadrants, run_ffmpeg, surround, tone
from tests.pipeline.fonts_made import sfnt

_SRT = "1\n00:00:00,100 --> 00:00:00,300\nHallo <i>du</i>\n\n2\n00:00:00,350 --> 00:00:00,500\nund ihr\n"
_ASS = (
    "[Script Info]\nScriptType: v4.00+\nPlayResX: 160\nPlayResY: 120\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize\nStyle: Default,Corpus,20\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:00.10,0:00:00.40,Default,,0,0,0,,{\\b1}Hallo\n"
)
_VTT = "WEBVTT\n\n00:00.100 --> 00:00.400\nHallo\n"
_CHAPTERS = (
    ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=3\ntitle=One\n"
    "[CHAPTER]\nTIMEBASE=1/10\nSTART=3\nEND=6\ntitle=Two\n"
)
_MARKS = (
    ("chapters", "00:00:00.000 --> 00:00:00.300\nOne\n"),
    ("chapters", "00:00:00.300 --> 00:00:00.600\nTwo\n"),
)


def with_text(extension: str, text: str, *words: str) -> Callable[[Path], None]:
    """A maker of a film with a text beside it as a further input."""

    def make(path: Path) -> None:
        with TemporaryDirectory() as folder:
            beside, font = Path(folder, f"beside{extension}"), Path(folder, "corpus.ttf")
            beside.write_text(text)
            font.write_bytes(sfnt())
            told = (word.replace("{font}", str(font)) for word in words)
            run_ffmpeg(*film(), *tone(), "-i", beside, *told, path)

    return make


def with_cover(*words: str) -> Callable[[Path], None]:
    """A maker of a film with a black still in it that is its cover."""

    def make(path: Path) -> None:
        with TemporaryDirectory() as folder:
            cover = Path(folder, "cover.jpg")
            quadrants((64, 64)).point(lambda _: 0).save(cover, comment=SECRET.encode())
            run_ffmpeg(*film(), *tone(), "-i", cover, *("-map", "0:v", "-map", "1", "-map", "2"), *words, path)

    return make


_ALL = ("-map", "0", "-map", "1", "-map", "2")
_JOINED = (*X264, *AAC)
_SUBTITLED = ("subtitles.1",)

_EXTRAS = (
    row(
        "subtitles-srt.mkv",
        with_text(".srt", _SRT, *_ALL, *_JOINED, "-c:s", "srt", "-metadata:s:s:0", "language=ger"),
        *_SUBTITLED,
        has_subtitles=True,
        texts=(("subtitles.1", "00:00.100 --> 00:00.300\nHallo <i>du</i>\n"), ("subtitles.1", "und ihr")),
    ),
    row(
        "subtitles-ass-font.mkv",
        with_text(
            *(".ass", _ASS, *_ALL, *_JOINED, "-c:s", "ass", "-attach", "{font}"),
            *("-metadata:s:t:0", "mimetype=application/x-truetype-font", "-metadata:s:t:0", "filename=corpus.ttf"),
        ),
        *_SUBTITLED,
        "subtitles.1.ass",
        "font.1",
        has_subtitles=True,
        texts=(
            ("subtitles.1", "Hallo"),
            ("subtitles.1.ass", "{\\b1}Hallo"),
            ("subtitles.1.ass", "Default,Corpus,20"),
        ),
    ),
    row(
        "subtitles-mov-text.mp4",
        with_text(".srt", _SRT, *_ALL, *_JOINED, "-c:s", "mov_text"),
        *_SUBTITLED,
        has_subtitles=True,
        texts=(("subtitles.1", "und ihr"),),
    ),
    row(
        "subtitles-webvtt.webm",
        with_text(".vtt", _VTT, *_ALL, *VP9, *OPUS, "-c:s", "webvtt"),
        *_SUBTITLED,
        has_subtitles=True,
        texts=(("subtitles.1", "00:00.100 --> 00:00.400\nHallo\n"),),
    ),
    *(
        row(name, with_text(".txt", _CHAPTERS, "-map_chapters", "2", *_JOINED), "chapters", texts=_MARKS)
        for name in ("chapters.mkv", "chapters.mp4")
    ),
    row("cover.mp4", with_cover(*_JOINED, "-c:v:1", "mjpeg", "-disposition:v:1", "attached_pic")),
    row(
        "cover-first.mp4",
        copied(
            with_cover(*_JOINED, "-c:v:1", "mjpeg", "-disposition:v:1", "attached_pic"),
            (),
            *("-map", "0:2", "-map", "0:0", "-map", "0:1", "-c", "copy", "-disposition:v:0", "attached_pic"),
            suffix=".mp4",
        ),
    ),
    row("sound-5.1.mkv", by_ffmpeg(*film(), *surround(), *X264, "-c:a", "ac3")),
    row("sound-5.1.mp4", by_ffmpeg(*film(), *surround(), *X264, "-c:a", "aac")),
    row("two-sounds.mkv", by_ffmpeg(*film(), *tone(), *tone(), *_ALL, *_JOINED)),
    row("timecode.mov", clip(*_JOINED, "-timecode", "01:02:03:04", *TAGS), removed=True),
)

_ORDERS = (
    row("index-last.mp4", clip(*_JOINED, "-movflags", "-faststart"), *COPIED),
    row("index-first.mp4", clip(*X264, *AAC, "-ac", "2", "-movflags", "+faststart"), *COPIED),
    row("fragmented.mp4", clip(*_JOINED, "-g", "5", "-movflags", "+frag_keyframe+empty_moov+default_base_moof")),
    row("fragmented-dash.mp4", clip(*_JOINED, "-g", "5", "-movflags", "+dash+cmaf")),
    # The first half is in the file and must not be shown.
    row(
        "edit-list.mp4",
        copied(
            by_ffmpeg(*film(seconds=1), *tone(1), *_JOINED, "-g", "50"),
            ("-ss", "0.5"),
            *("-c", "copy"),
            suffix=".mp4",
        ),
        duration_s=0.5,
    ),
    row("mp4-private.mp4", clip(*_JOINED, *TAGS, "-movflags", "use_metadata_tags"), removed=True),
    row("mov-private.mov", clip(*_JOINED, *TAGS), removed=True),
    row("mkv-private.mkv", clip(*_JOINED, *TAGS), removed=True),
    row("webm-private.webm", clip(*VP9, *OPUS, *TAGS), removed=True),
    row("avi-private.avi", clip(*MPEG4, *MP3, *TAGS), removed=True),
    row("flv-private.flv", clip(*_JOINED, *TAGS), removed=True),
    row(
        "ts-private.ts",
        clip(*_JOINED, "-metadata", f"service_name={SECRET}", "-metadata", f"service_provider={PLACE}"),
        removed=True,
    ),
    row("asf-private.wmv", clip("-c:v", "wmv2", "-c:a", "wmav2", "-metadata", f"author={SECRET}"), removed=True),
)


def torn(suffix: str, *words: str) -> Callable[[Path], None]:
    """A maker of the first three fifths of two seconds."""
    return cut(by_ffmpeg(*film(seconds=2), *tone(2), *words), 0.6, suffix)


# What is there plays: how much that is depends on where frames lie.
_TORN = tuple(
    row(name, torn(Path(name).suffix, *words), duration_s=None)
    for name, words in (
        ("torn.mp4", (*_JOINED, "-movflags", "+faststart")),
        ("torn-fragmented.mp4", (*_JOINED, "-g", "5", "-movflags", "+frag_keyframe+empty_moov")),
        ("torn.mkv", (*_JOINED,)),
        ("torn.webm", (*VP9, *OPUS)),
        ("torn.ts", (*MPEG2, "-c:a", "mp2")),
        ("torn.avi", (*MPEG4, *MP3)),
        ("torn.flv", (*_JOINED,)),
    )
)

MORE_FILMS: tuple[Case, ...] = (*_EXTRAS, *_ORDERS, *_TORN)

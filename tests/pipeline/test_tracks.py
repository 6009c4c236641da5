"""Subtitles, fonts and chapters: which are taken, and what the real tools make of them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.errors import StepFailed
from mediacrush.model.media import BlobType, Role
from mediacrush.pipeline.probe import Attachment, Chapter, Probe, SubtitleStream
from mediacrush.pipeline.steps import Stage, Step
from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.tracks import language_tag, tracks
from tests.pipeline.doing import done, planned
from tests.pipeline.fonts_made import sfnt
from tests.samples import Samples, ffmpeg

FILM = Probe(
    mime="video/x-matroska",
    extension="mkv",
    kind=BlobType.VIDEO,
    size_bytes=1_000_000,
    duration_s=60.0,
    streams=(0,),
)
SRT = SubtitleStream(index=2, codec="subrip", language="ger", title="", is_default=True, is_forced=False)
ASS = replace(SRT, index=3, codec="ass", language="en", title="Signs\n& songs")
PICTURES = replace(SRT, index=4, codec="hdmv_pgs_subtitle")
FONT = Attachment(index=5, filename="arial.ttf", mime="application/x-truetype-font")


def named(probe: Probe) -> list[str]:
    """The steps for a film, as `name suffix mime language label`."""
    return [" ".join(map(str, _facts(step))) for step in tracks(probe, 0)]


def _facts(step: Step) -> tuple[object, ...]:
    (output,) = step.outputs
    assert (step.stage, step.may_fail, output.role) == (Stage.DEFERRED, True, Role.EXTRA)
    return step.name, output.suffix, output.mime, output.language, output.label


def test_nothing_is_made_of_nothing() -> None:
    """A film without texts has no step for them; subtitles that are pictures stay where they are."""
    assert named(FILM) == []
    assert named(replace(FILM, subtitles=(PICTURES,), attachments=(FONT,))) == []


def test_text_subtitles_become_webvtt() -> None:
    """Numbered in their order, with the tag of their language and the name that somebody gave them."""
    unnamed = replace(SRT, codec="mov_text", language="und")
    assert named(replace(FILM, subtitles=(PICTURES, SRT, unnamed))) == [
        "subtitles.1 .subtitles.1.de.vtt text/vtt de None",
        "subtitles.2 .subtitles.2.vtt text/vtt None None",
    ]


def test_scripts_stay_scripts_as_well() -> None:
    """With the fonts that came along, and no other attachment; fonts without scripts are of no use."""
    others = (
        Attachment(index=6, filename="cover.jpg", mime="image/jpeg"),
        Attachment(index=7, filename="x", mime="application/vnd.ms-opentype"),
        Attachment(index=8, filename="../../etc/passwd.TTC", mime=""),
    )
    probe = replace(FILM, subtitles=(ASS,), attachments=(FONT, *others))
    assert named(probe) == [
        "subtitles.1 .subtitles.1.en.vtt text/vtt en Signs & songs",
        "subtitles.1.ass .subtitles.1.en.ass text/x-ssa en Signs & songs",
        "font.1 .font.1.ttf font/ttf None None",
        "font.2 .font.2.otf font/otf None None",
        "font.3 .font.3.ttc font/collection None None",
    ]
    assert named(replace(probe, subtitles=(SRT,))) == ["subtitles.1 .subtitles.1.de.vtt text/vtt de None"]


def test_there_are_never_too_many() -> None:
    """Of a thousand subtitles and fonts 32 each are taken."""
    probe = replace(FILM, subtitles=(ASS,) * 1000, attachments=(FONT,) * 1000)
    names = [line.split()[0] for line in named(probe)]
    assert sum(name.endswith(".ass") for name in names) == sum(name.startswith("font") for name in names) == 32


def test_chapters_are_a_track() -> None:
    """Written at once, for nothing has to be read."""
    probe = replace(FILM, chapters=(Chapter(start_s=0.0, end_s=30.0, title="One"),))
    assert named(probe) == ["chapters .chapters.vtt text/vtt None None"]


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("ger", "de"),
        ("deu", "de"),
        ("de", "de"),
        ("chi", "zh"),
        ("zho-Hant", "zh-Hant"),
        ("pt-br", "pt-BR"),
        ("es-419", "es-419"),
        ("en-x-bobs-phone", "en"),
        ("und", None),
        ("mul", None),
        ("", None),
        (None, None),
        ("../../x", None),
        ("<b>", None),
        ("de\n", None),
    ],
)
def test_language_tags(code: str | None, tag: str | None) -> None:
    """What containers write becomes what browsers know; what is none, or says more than a language, does not."""
    assert language_tag(code) == tag


# With real files.

_SRT = "1\n00:00:00,500 --> 00:00:01,500\nTschüss <i>du</i> & <b>ihr</b>\n"
_LOG = "1\n00:00:00,000 --> 00:00:01,000\n[iso : 110] [latitude: 47.123456] [longtitude: 8.123456]\n"
_ASS = """[Script Info]
Title: SecretTitle
ScriptType: v4.00+

[Aegisub Project Garbage]
Video File: /home/SecretName/film.mkv

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, Encoding
Style: Default,Arial,48,&H00FFFFFF,2,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,SecretNote
Dialogue: 0,0:00:00.50,0:00:01.50,Default,,0,0,0,,{\\b1}Sign{\\b0}
"""
_CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=Anfang & <Ende>\n"


@pytest.fixture
def film(tmp_path: Path, samples: Samples) -> Path:
    """A Matroska film with German and English subtitles, a camera's log, a font, a fake font and chapters."""
    texts = {"de.srt": _SRT, "en.ass": _ASS, "log.srt": _LOG, "chapters": _CHAPTERS, "fake.ttf": "no font"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "real.otf").write_bytes(sfnt(b"OTTO"))
    inputs = [
        str(samples["clip.mkv"]),
        *(str(tmp_path / name) for name in ("de.srt", "en.ass", "log.srt", "chapters")),
    ]
    ffmpeg(
        tmp_path / "film.mkv",
        *(word for name in inputs for word in ("-i", name)),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_chapters", "4", "-c", "copy"),
        *(
            "-metadata:s:s:0",
            "language=ger",
            "-metadata:s:s:0",
            "title=Für alle",
            "-metadata:s:s:1",
            "language=eng",
        ),
        *("-attach", str(tmp_path / "fake.ttf"), "-attach", str(tmp_path / "real.otf")),
        *("-metadata:s:t:0", "mimetype=application/x-truetype-font"),
        *("-metadata:s:t:1", "mimetype=application/vnd.ms-opentype"),
    )
    return tmp_path / "film.mkv"


def test_everything_that_is_read(film: Path, tmp_path: Path, tools: Tools) -> None:
    """Each text comes out as players want it; a camera's log and a fake font do not come out at all."""
    workdir = tmp_path / "job"
    steps = planned(film, workdir, tools)
    assert done(steps["subtitles.1"], workdir, tools)["subtitles.1"].read_text() == (
        "WEBVTT\n\n00:00.500 --> 00:01.500\nTschüss <i>du</i> &amp; <b>ihr</b>\n"
    )
    assert steps["subtitles.1"].outputs[0].suffix == ".subtitles.1.de.vtt"
    assert steps["subtitles.1"].outputs[0].label == "Für alle"
    assert "Sign" in done(steps["subtitles.2"], workdir, tools)["subtitles.2"].read_text()
    script = done(steps["subtitles.2.ass"], workdir, tools)["subtitles.2.ass"].read_text()
    assert "{\\b1}Sign{\\b0}" in script
    assert "Style: Default,Arial,48" in script
    assert "Secret" not in script
    assert done(steps["chapters"], workdir, tools)["chapters"].read_text() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nAnfang &amp; &lt;Ende&gt;\n"
    )
    assert done(steps["font.2"], workdir, tools)["font.2"].read_bytes() == sfnt(b"OTTO")
    for name in ("subtitles.3", "font.1"):
        with pytest.raises(StepFailed):
            done(steps[name], workdir, tools)
    assert not list(workdir.glob("raw.*"))


def test_subtitles_of_an_mp4(tmp_path: Path, samples: Samples, tools: Tools) -> None:
    """MP4 has a kind of its own."""
    (tmp_path / "de.srt").write_text(_SRT)
    ffmpeg(
        tmp_path / "film.mp4",
        *("-i", str(samples["silent.mp4"]), "-i", str(tmp_path / "de.srt")),
        *("-map", "0", "-map", "1", "-c:v", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=deu"),
    )
    workdir = tmp_path / "job"
    step = planned(tmp_path / "film.mp4", workdir, tools)["subtitles.1"]
    assert step.outputs[0].language == "de"
    assert "Tschüss <i>du</i> &amp; <b>ihr</b>" in done(step, workdir, tools)["subtitles.1"].read_text()


def test_damaged_subtitles_harm_nothing(film: Path, tmp_path: Path, tools: Tools) -> None:
    """Where the words are no text at all, their step fails or leaves them out; the film plays."""
    content = film.read_bytes()
    damaged = tmp_path / "damaged.mkv"
    damaged.write_bytes(content.replace("Tschüss".encode(), b"\xff\xfe\0\0\xff\xff\xff\xff"))
    workdir = tmp_path / "job"
    steps = planned(damaged, workdir, tools)
    with pytest.raises(StepFailed):
        done(steps["subtitles.1"], workdir, tools)
    assert done(steps["original"], workdir, tools)


def test_chapters_of_a_sound(tmp_path: Path, samples: Samples, tools: Tools) -> None:
    """An audio book has chapters, too."""
    (tmp_path / "chapters").write_text(_CHAPTERS)
    source = tmp_path / "book.m4a"
    ffmpeg(
        source,
        *("-i", str(samples["sound.m4a"]), "-i", str(tmp_path / "chapters")),
        *("-map", "0", "-map_chapters", "1", "-c", "copy"),
    )
    workdir = tmp_path / "job"
    step = planned(source, workdir, tools)["chapters"]
    assert "Anfang &amp; &lt;Ende&gt;" in done(step, workdir, tools)["chapters"].read_text()


def test_a_cameras_log_is_not_in_the_original_either(film: Path, tmp_path: Path, tools: Tools) -> None:
    """The film as published for download has no word of where the camera was."""
    workdir = tmp_path / "job"
    assert b"47.123456" in film.read_bytes()
    original = done(planned(film, workdir, tools)["original"], workdir, tools)["original"]
    assert b"47.123456" not in original.read_bytes()


def test_a_film_of_the_texts_plays(film: Path, tmp_path: Path, tools: Tools) -> None:
    """What is published of the film itself has none of the texts in it."""
    workdir = tmp_path / "job"
    paths = done(planned(film, workdir, tools)["mp4"], workdir, tools)
    path = next(path for path in paths.values() if path.suffix == ".mp4")
    command = [*tools.ffprobe, "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", str(path)]
    kinds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert set(kinds) == {"video", "audio"}

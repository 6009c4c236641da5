"""Steps that make what a film is read by: subtitles with their fonts, and chapters."""

import re
from collections.abc import Iterator

from langcodes import standardize_tag
from langcodes.tag_parser import LanguageTagError

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import attachment_arguments, text_arguments
from mediacrush.pipeline.ladder import remux_cost_s
from mediacrush.pipeline.probe import Attachment, Probe, SubtitleStream
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool
from mediacrush.pipeline.texts import chapters_webvtt, plain_title

# Subtitles that are text; the others are pictures, or need a television.
_TEXTS = frozenset({"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"})
_SCRIPTS = frozenset({"ass", "ssa"})
_MOST = 32
# Language, script and region; what else may be in a tag says more than a player wants to know.
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?(?![^-])")
# ISO 639-2's words for "undetermined", "none", "several" and "not listed".
_NO_LANGUAGES = frozenset({"und", "zxx", "mul", "mis"})
# What FFmpeg may write before it is told to stop: more than is published, so that too much is known as such.
_TEXT_BYTES = 6_000_000
_FONT_KINDS = {
    "ttf": "font/ttf",
    "otf": "font/otf",
    "ttc": "font/collection",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
_FONT_MIMES = {
    "application/x-truetype-font": "ttf",
    "application/x-font-ttf": "ttf",
    "application/font-sfnt": "ttf",
    "application/vnd.ms-opentype": "otf",
    "application/x-font-otf": "otf",
    "application/font-woff": "woff",
    **{mime: kind for kind, mime in _FONT_KINDS.items()},
}


def tracks(probe: Probe, stream: int) -> list[Step]:
    """Every text subtitle as WebVTT; scripts also as they are, with the fonts that came along; chapters.

    `stream` is the index of the film's pictures.
    """
    subtitles = [s for s in probe.subtitles if s.codec in _TEXTS][:_MOST]
    has_script = any(s.codec in _SCRIPTS for s in subtitles)
    fonts = list(_fonts(probe))[:_MOST] if has_script else []
    chapter_step = chapters(probe)
    return [
        *(step for number, s in enumerate(subtitles, start=1) for step in _subtitle(probe, s, number)),
        *(_font(probe, a, kind, stream, number) for number, (a, kind) in enumerate(fonts, start=1)),
        *([chapter_step] if chapter_step else []),
    ]


def chapters(probe: Probe) -> Step | None:
    """The chapters of a film or a sound, where it has any."""
    text = chapters_webvtt(probe.chapters, probe.duration_s)
    if text is None:
        return None
    output = Output(name="chapters", suffix=".chapters.vtt", mime="text/vtt", role=Role.EXTRA)
    return Step(
        stage=Stage.DEFERRED,
        commands=(Command(tool=Tool.WRITE, arguments=(output.path, text)),),
        outputs=(output,),
        may_fail=True,
    )


def _subtitle(probe: Probe, stream: SubtitleStream, number: int) -> Iterator[Step]:
    language, label = language_tag(stream.language), plain_title(stream.title) or None
    name = f"subtitles.{number}"
    suffix = f".{name}.{language}" if language else f".{name}"
    vtt = Output(
        name=name, suffix=f"{suffix}.vtt", mime="text/vtt", role=Role.EXTRA, language=language, label=label
    )
    yield _text(probe, stream, vtt, "webvtt", {"c:s": "webvtt", "f": "webvtt"})
    if stream.codec in _SCRIPTS:
        script = Output(
            name=f"{name}.ass",
            suffix=f"{suffix}.ass",
            mime="text/x-ssa",
            role=Role.EXTRA,
            language=language,
            label=label,
        )
        yield _text(probe, stream, script, "ass", {"c:s": "copy", "f": "ass"})


def _text(
    probe: Probe, stream: SubtitleStream, output: Output, kind: str, options: dict[str, str | float | None]
) -> Step:
    raw = f"raw.{output.name}"
    arguments = text_arguments(raw, stream.index, options={**options, "fs": _TEXT_BYTES})
    return _extra(
        output,
        Command(tool=Tool.FFMPEG, arguments=arguments),
        Command(tool=Tool.REFINE, arguments=(kind, raw, output.path)),
        cost_s=remux_cost_s(probe.size_bytes),
    )


def _fonts(probe: Probe) -> Iterator[tuple[Attachment, str]]:
    """The attachments that call themselves fonts, by type or else by name, and of which kind."""
    for attachment in probe.attachments:
        extension = (attachment.filename or "").lower().rpartition(".")[2]
        kind = extension if extension in _FONT_KINDS else _FONT_MIMES.get((attachment.mime or "").lower())
        if kind:
            yield attachment, kind


def _font(probe: Probe, attachment: Attachment, kind: str, stream: int, number: int) -> Step:
    output = Output(name=f"font.{number}", suffix=f".font.{number}.{kind}", mime=_FONT_KINDS[kind], role=Role.EXTRA)
    raw = f"raw.{output.name}"
    return _extra(
        output,
        Command(tool=Tool.FFMPEG, arguments=attachment_arguments(raw, attachment.index, stream)),
        Command(tool=Tool.REFINE, arguments=("font", raw, output.path)),
        cost_s=0.1,
    )


def _extra(output: Output, *commands: Command, cost_s: float) -> Step:
    return Step(stage=Stage.DEFERRED, commands=commands, outputs=(output,), cost_s=cost_s, may_fail=True)


def language_tag(code: str | None) -> str | None:
    """A container's word for a language (ISO 639, old or new) as the BCP 47 tag that browsers know, or None."""
    try:
        tag = standardize_tag(code or "")
    except LanguageTagError:
        return None
    known = _LANGUAGE.match(tag)
    return known[0] if known and known[1] not in _NO_LANGUAGES else None

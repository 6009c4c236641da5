"""Texts that play beside a film: subtitles as they came, made safe to publish; chapters, written anew. Pure.

What a tool wrote is hostile: it is taken apart, and only what is understood is put together again.
"""

import re
from collections.abc import Iterable, Sequence

from mediacrush.pipeline.probe import Chapter

_CHAPTERS_MAX = 500
_TITLE_MAX_CHARACTERS = 300
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_TIME = r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}"
_CUE_TIMES = re.compile(rf"{_TIME} --> {_TIME}(?: [\w:%.,-]+)*")
# A sign that begins neither a tag nor an entity of WebVTT stands for itself, and must be written so.
_BARE_AND = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d+|#x[\da-f]+);)", re.IGNORECASE)
_BARE_LESS = re.compile(r"<(?!/?(?:i|b|u|c|v|lang|ruby|rt)[\s.>]|(?:\d+:)?\d\d:\d\d\.\d{3}>)")

# What players read of a script's head; the rest of it tells of the author's machine: paths, names, notes.
_ASS_INFO = frozenset(
    {
        "scripttype",
        "playresx",
        "playresy",
        "layoutresx",
        "layoutresy",
        "wrapstyle",
        "scaledborderandshadow",
        "ycbcr matrix",
        "timer",
        "collisions",
        "kerning",
        "language",
    }
)
_ASS_STYLES, _ASS_EVENTS = ("[v4+ styles]", "[v4 styles]", "[v4 styles+]"), "[events]"
_ASS_TEXT_FIELD = 9
_TAGS = re.compile(r"<[^>]*>|\{[^}]*\}")

# A place as cameras of drones and cars write it: by name and to hundreds of metres or better, or as a pair.
_PLACE = re.compile(
    r"""\b(?:GPS|HOME)\b[\s:=(\[]*[-+NSEW]?\s*\d{1,3}[.,]\d{3}
    | \b(?:lat|latitude|lng|lon|long|longt?itude)\b[\s:=\])]*[-+NSEW]?\s*\d{1,3}[.,]\d{3}
    | [-+]\d{2}\.\d{3,}[-+]\d{3}\.\d{3}
    | \d{1,3}\.\d{3,}\s*°?\s*[NS]\b[\s,;/]*\d{1,3}\.\d{3,}\s*°?\s*[EW]\b
    | \b[NS][\s:=]*\d{1,2}\.\d{3,}\s*°?[\s,;/]*[EW][\s:=]*\d{1,3}\.\d{3}
    | \d{1,3}°\s*\d{1,2}['\u2032]\s*\d{1,2}(?:[.,]\d+)?["\u2033]?\s*[NSEW]\b
    | \$G[PNL](?:RMC|GGA|GLL)\b""",
    re.IGNORECASE | re.VERBOSE,
)
# What a camera says of itself. People in films say such words too, but not in every other line.
_READOUT = re.compile(
    r"""\bISO\b[\s:]*\d | \bshutter\s*:? | \bfnum\b | \bF/?\d\.\d | \bGPS\b | \bSrtCnt\b | \bDiffTime\b
    | \bBAROMETER\b | \b(?:rel_alt|abs_alt|altitude)\b | \bH\.S\b | \blatitude\b | \d\s*(?:km/h|mph|knots)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_READOUT_SHARE = 0.5


def is_telemetry(cues: Sequence[str]) -> bool:
    """Whether these lines are a camera's log of where it was, and no words for people.

    One exact place is enough; what only sounds like a camera must be in every other cue.
    """
    spoken = [_TAGS.sub(" ", cue) for cue in cues]
    if any(_PLACE.search(text) for text in (*cues, *spoken)):
        return True
    readouts = sum(1 for text in spoken if _READOUT.search(text))
    return bool(cues) and readouts >= len(cues) * _READOUT_SHARE


def webvtt_cues(text: str) -> list[tuple[str, str]]:
    """The cues of a WebVTT file: the line of times, and the words, safe to be written again. Styles, regions and
    notes are no cues."""
    cues = []
    for block in re.split(r"\n[ \t]*\n", _plain_lines(text)):
        lines = block.strip("\n").split("\n")
        place = next((n for n, line in enumerate(lines) if _CUE_TIMES.fullmatch(line.strip())), None)
        words = [] if place is None else [_cue_line(line) for line in lines[place + 1 :]]
        if place is not None and any(words):
            cues.append((lines[place].strip(), "\n".join(word for word in words if word)))
    return cues


def webvtt(cues: Iterable[tuple[str, str]]) -> str:
    """A WebVTT file of these cues: line of times, words."""
    return "WEBVTT\n\n" + "\n".join(f"{times}\n{words}\n" for times, words in cues)


def _cue_line(line: str) -> str:
    escaped = _BARE_LESS.sub("&lt;", _BARE_AND.sub("&amp;", line.strip()))
    return escaped.replace("-->", "--&gt;")


def ass_lines(text: str) -> list[str]:
    """The lines of an ASS or SSA script that a player needs: head, styles, dialogue."""
    kept, section = [], ""
    for line in (line.strip() for line in _plain_lines(text).split("\n")):
        if line.startswith("["):
            section = line.lower()
            if section == "[script info]" or section in _ASS_STYLES or section == _ASS_EVENTS:
                kept.append(line)
        elif _is_needed(section, line.partition(":")[0].strip().lower()):
            kept.append(line)
    return kept


def _is_needed(section: str, key: str) -> bool:
    if section == "[script info]":
        return key in _ASS_INFO
    if section in _ASS_STYLES:
        return key in ("format", "style")
    return section == _ASS_EVENTS and key in ("format", "dialogue")


def ass_cues(lines: Iterable[str]) -> list[str]:
    """What is said in these lines of a script."""
    dialogue = (line for line in lines if line.lower().startswith("dialogue:"))
    return [line.split(",", _ASS_TEXT_FIELD)[-1] for line in dialogue]


def chapters_webvtt(chapters: Iterable[Chapter], duration_s: float | None) -> str | None:
    """The chapters of a media as WebVTT, one cue each; None when there is none worth the name.

    A chapter ends at the latest where the next one begins; those without a length are left out.
    """
    end_s = duration_s or float("inf")
    in_order = sorted(
        (max(0.0, c.start_s), min(c.end_s, end_s), n, c.title)
        for n, c in enumerate(chapters, start=1)
        if c.start_s < end_s and c.end_s < float("inf")
    )[:_CHAPTERS_MAX]
    starts = [*(start for start, *_ in in_order), float("inf")][1:]
    cues = [
        (f"{timestamp(start)} --> {timestamp(min(end, following))}", plain_title(title) or f"Chapter {n}")
        for (start, end, n, title), following in zip(in_order, starts, strict=True)
        if min(end, following) - start >= 0.001  # noqa: PLR2004  # WebVTT counts milliseconds
    ]
    return webvtt((times, _escaped(title)) for times, title in cues) if cues else None


def plain_title(text: str | None) -> str:
    """A name from outside as one short line of plain text, or ''."""
    return " ".join(_CONTROLS.sub(" ", text or "").split())[:_TITLE_MAX_CHARACTERS].strip()


def timestamp(seconds: float) -> str:
    """A time as WebVTT has it: `01:02:03.456`."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain_lines(text: str) -> str:
    """Lines that end as WebVTT's and Unix's do, without controls."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"))

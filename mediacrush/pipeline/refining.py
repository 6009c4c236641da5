"""From what a tool took out of an original to what is published: hostile bytes in, known content out."""

from collections.abc import Callable
from pathlib import Path

from mediacrush.errors import StepFailed
from mediacrush.pipeline import texts
from mediacrush.pipeline.fonts import is_font
from mediacrush.pipeline.waveform import waveform_json

# Karaoke for a whole film has 3 MB. The largest fonts, of Chinese, have 30.
TEXT_MAX_BYTES, FONT_MAX_BYTES = 5_000_000, 32_000_000


def refine(kind: str, raw: Path) -> bytes:
    """What is published of the file `raw`: `webvtt`, `ass`, `font` or `levels` (which become a waveform).

    Raises StepFailed when it is no such thing, is too large or must stay private.
    """
    return _REFINERS[kind](raw)


def _webvtt(raw: Path) -> bytes:
    cues = texts.webvtt_cues(_text(raw))
    _refuse_telemetry([words for _, words in cues])
    return texts.webvtt(cues).encode()


def _ass(raw: Path) -> bytes:
    lines = texts.ass_lines(_text(raw))
    _refuse_telemetry(texts.ass_cues(lines))
    return "".join(f"{line}\n" for line in lines).encode()


def _refuse_telemetry(cues: list[str]) -> None:
    if not cues:
        raise StepFailed("These subtitles are empty.")
    if texts.is_telemetry(cues):
        raise StepFailed("These subtitles tell where the camera was.")


def _text(raw: Path) -> str:
    return _bytes(raw, TEXT_MAX_BYTES).decode("utf-8", "replace")


def _font(raw: Path) -> bytes:
    content = _bytes(raw, FONT_MAX_BYTES)
    if not is_font(content):
        raise StepFailed("This attachment is no font.")
    return content


def _levels(raw: Path) -> bytes:
    try:
        with raw.open(encoding="ascii", errors="replace") as lines:
            return waveform_json(lines).encode()
    except (FileNotFoundError, ValueError) as error:
        raise StepFailed("There is no sound in this file that can be measured.") from error


def _bytes(raw: Path, limit: int) -> bytes:
    if raw.is_file() and raw.stat().st_size <= limit:
        return raw.read_bytes()
    raise StepFailed("What is attached to this file is missing or too large.")


_REFINERS: dict[str, Callable[[Path], bytes]] = {
    "webvtt": _webvtt,
    "ass": _ass,
    "font": _font,
    "levels": _levels,
}

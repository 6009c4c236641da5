"""The border between what tools took out of a file and what is published."""

from pathlib import Path

import pytest

from mediacrush.errors import StepFailed
from mediacrush.model.media import Role
from mediacrush.pipeline.refining import FONT_MAX_BYTES, TEXT_MAX_BYTES, refine
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool
from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import done
from tests.pipeline.fonts_made import sfnt

_VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{}\n\n"
_ASS = "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{}\n"

REFUSED = {
    "no cues": ("webvtt", b"WEBVTT\n\n"),
    "nothing": ("webvtt", b""),
    "noise": ("webvtt", bytes(range(256)) * 100),
    "a camera's log": ("webvtt", _VTT.format("GPS(47.1234,8.1234,12)").encode()),
    "a camera's log as a script": ("ass", _ASS.format("{GPS(47.1234,8.1234,12)}").encode()),
    "a script of nothing": ("ass", b"[Script Info]\nScriptType: v4.00+\n"),
    "too much text": ("webvtt", (_VTT.format("x") * 200_000).encode()),
    "a page as a font": ("font", b"<html>"),
    "too large a font": ("font", sfnt() + bytes(FONT_MAX_BYTES)),
    "no levels": ("levels", b"nothing\xff measured"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_published(tmp_path: Path, name: str) -> None:
    """One plain sentence says why."""
    kind, content = REFUSED[name]
    raw = tmp_path / "raw"
    raw.write_bytes(content)
    with pytest.raises(StepFailed, match=r"^[A-Z][^/\n]+\.$"):
        refine(kind, raw)


@pytest.mark.parametrize("kind", ["webvtt", "ass", "font", "levels"])
def test_what_no_tool_has_made(tmp_path: Path, kind: str) -> None:
    """A tool that wrote nothing, and did not say so, has failed."""
    with pytest.raises(StepFailed):
        refine(kind, tmp_path / "raw")


def test_words_come_out_clean(tmp_path: Path) -> None:
    """Broken letters are marked as such, zeros are gone."""
    raw = tmp_path / "raw"
    raw.write_bytes(_VTT.format("a\0b{}").encode().replace(b"{}", b"\xff"))
    assert refine("webvtt", raw).decode().endswith("\nab\ufffd\n")
    assert TEXT_MAX_BYTES < FONT_MAX_BYTES


def _step(*commands: Command) -> Step:
    output = Output(name="x", suffix=".vtt", mime="text/vtt", role=Role.EXTRA)
    return Step(stage=Stage.DEFERRED, commands=commands, outputs=(output,))


def test_raw_files_do_not_stay(tmp_path: Path, tools: Tools) -> None:
    """Whether they could be refined or not."""
    refining = Command(tool=Tool.REFINE, arguments=("webvtt", "raw", "~hash~.vtt"))
    good = Command(tool=Tool.WRITE, arguments=("raw", _VTT.format("x")))
    assert done(_step(good, refining), tmp_path, tools)["x"].read_text() == _VTT.format("x").removesuffix("\n")
    assert [path.name for path in tmp_path.iterdir()] == ["~hash~.vtt"]
    bad = Command(tool=Tool.WRITE, arguments=("raw", "nonsense"))
    with pytest.raises(StepFailed):
        done(_step(bad, refining), tmp_path, tools)
    assert list(tmp_path.iterdir()) == []


def test_the_first_attempt_that_succeeds_is_the_last(tmp_path: Path, tools: Tools) -> None:
    """A command that stands by for an earlier one runs only when that has made nothing."""
    attempts = [
        Command(tool=Tool.WRITE, arguments=(name, text), unless_made="~hash~.vtt")
        for name, text in (("elsewhere", "0"), ("~hash~.vtt", "1"), ("~hash~.vtt", "2"))
    ]
    assert done(_step(*attempts), tmp_path, tools)["x"].read_text() == "1"

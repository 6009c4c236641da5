"""The picture tool, run in this process: what it answers, and what it refuses."""

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFile

from mediacrush.pipeline.pictures import tool as picture_tool
from mediacrush.pipeline.tools import PICTURE_TOOL

MAX_PIXELS = 1_000_000

Answer = tuple[int, str, str]
Tool = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _limits_end_with_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tool sets in Pillow is meant for a process of its own."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", ImageFile.LOAD_TRUNCATED_IMAGES)


@pytest.fixture
def tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Run a command of the tool in this process."""

    def run(command: str, data: bytes, *arguments: str, max_pixels: int = MAX_PIXELS) -> Answer:
        source = tmp_path / "input"
        source.write_bytes(data)
        output = [str(tmp_path / "output")] if command in {"convert", "optimise"} else []
        words = [command, str(source), *output, *arguments, "--max-pixels", str(max_pixels)]
        status = picture_tool.main(words)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def probe(tool: Tool) -> Callable[..., dict[str, Any]]:
    def run(data: bytes, **options: Any) -> dict[str, Any]:
        status, output, error = tool("probe", data, **options)
        assert (status, error) == (0, "")
        facts: dict[str, Any] = json.loads(output)
        return facts

    return run


@pytest.fixture
def refused(tool: Tool) -> Callable[..., str]:
    def run(data: bytes, *arguments: str, command: str = "probe", **options: Any) -> str:
        status, output, error = tool(command, data, *arguments, **options)
        return refusal(status, output, error)

    return run


@pytest.fixture
def convert(tool: Tool, tmp_path: Path) -> Callable[..., Image.Image]:
    def run(data: bytes, target: str, *arguments: str) -> Image.Image:
        assert tool("convert", data, "--format", target, *arguments) == (0, "", "")
        image = Image.open(io.BytesIO((tmp_path / "output").read_bytes()))
        assert image.format == target.upper()
        image.load()
        return image

    return run


def refusal(status: int, output: str, error: str) -> str:
    """The kind of a refusal, which is one object with a sentence and nothing else."""
    assert (status, output) == (picture_tool.EXIT_REFUSED, "")
    report = json.loads(error)
    assert set(report) == {"error", "message"}
    assert report["message"].endswith(".")
    return str(report["error"])


def child(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*PICTURE_TOOL, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)

"""Ladders as FFmpeg really makes them: one process, rungs that agree with each other, an MP4 beside them."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.model.media import Role
from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, STEM, Rules, Step
from mediacrush.pipeline.tools import Tools
from tests.samples import ffmpeg

LIMITS = Limits(timeout_s=120)
# Large enough for a ladder, whatever the sample has.
LARGE = 40_000_000
_SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=9")
_FILMS = {
    "with sound": (
        "testsrc2=size=960x540:rate=30:duration=9",
        (*_SOUND, "-c:v", "mpeg4", "-c:a", "aac", "-ac", "6"),
    ),
    "silent": ("testsrc2=size=960x540:rate=30:duration=9", ("-c:v", "mpeg4")),
    "odd, anamorphic, 60 a second": ("testsrc2=size=853x481:rate=60:duration=9,setsar=4/3", ("-c:v", "mpeg4")),
}


@pytest.fixture(scope="module", params=_FILMS)
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of nine seconds that no browser plays."""
    source, arguments = _FILMS[request.param]
    path = tmp_path_factory.mktemp("films") / "film.mkv"
    ffmpeg(path, "-f", "lavfi", "-i", source, *arguments)
    return path


def step_named(name: str, workdir: Path, tools: Tools) -> Step:
    """The step of this name in the plan for a large film."""
    probe = replace(probe_original(workdir, tools, LIMITS), size_bytes=LARGE)
    return next(step for step in plan_for(probe, Rules()).steps if step.name == name)


def stream_facts(path: Path, tools: Tools) -> list[str]:
    """Codec, size and number of frames of each stream, as ffprobe counts them."""
    entries = "stream=codec_name,width,height,nb_read_frames"
    command = [
        *tools.ffprobe,
        "-v",
        "error",
        "-count_frames",
        "-show_entries",
        entries,
        "-of",
        "csv=p=0",
        str(path),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def key_times(path: Path, tools: Tools) -> list[float]:
    """When the key frames of a film are shown, in seconds."""
    entries = "packet=pts_time,flags"
    command = [*tools.ffprobe, "-v", "error", "-select_streams", "v", "-show_entries", entries]
    answer = subprocess.run([*command, "-of", "csv=p=0", str(path)], check=True, capture_output=True, text=True)
    return [round(float(line.split(",")[0]), 2) for line in answer.stdout.split() if ",K" in line]


@pytest.mark.parametrize("name", ["low.hls", "hls"])
def test_a_ladder_is_whole(film: Path, tmp_path: Path, tools: Tools, name: str) -> None:
    """The manifest names every rung, each playlist lies within its file, key frames stand at the same times in
    all of them, and the MP4 has every frame of the source."""
    shutil.copyfile(film, tmp_path / INPUT)
    step = step_named(name, tmp_path, tools)
    paths = execute_step(step, tmp_path, tools, LIMITS, lambda _: None)
    files = {output.name: path for output, path in zip(step.outputs, paths, strict=True)}
    manifest = files[name].read_text()
    parts = [output for output in step.outputs if output.role is Role.PART]
    for output in parts:
        if output.suffix.endswith(".m3u8"):
            assert output.path in manifest
            media = tmp_path / output.path.replace(".m3u8", ".mp4")
            playlist = (tmp_path / output.path).read_text()
            ranges = re.findall(r'BYTERANGE[:=]"?(\d+)@(\d+)', playlist)
            assert max(int(size) + int(start) for size, start in ranges) == media.stat().st_size
            assert set(re.findall(r"[^\s\"]*\.mp4", playlist)) == {media.name}
            assert "#EXT-X-ENDLIST" in playlist
    rungs = [tmp_path / o.path for o in parts if o.mime == "video/mp4"]
    assert len({tuple(key_times(path, tools)) for path in rungs}) == 1
    assert manifest.count("#EXT-X-STREAM-INF") == len(rungs)
    assert all(word in manifest for word in ("BANDWIDTH=", "RESOLUTION=", 'CODECS="avc1.'))
    mp4 = stream_facts(files["low" if name == "low.hls" else "mp4"], tools)
    source = stream_facts(film, tools)
    frames = int(source[0].split(",")[-1])
    shown = int(mp4[0].split(",")[-1])
    assert mp4[0].startswith("h264,")
    # Small rungs have no more than 30 frames a second.
    assert shown in (frames, frames // 2)
    assert len(mp4) == len(source)
    content = files["low" if name == "low.hls" else "mp4"].read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_the_whole_ladder_is_one_run(film: Path, tmp_path: Path, tools: Tools) -> None:
    """All rungs come from one decode in one process; the second command only joins what is there."""
    shutil.copyfile(film, tmp_path / INPUT)
    step = step_named("hls", tmp_path, tools)
    encode, join = step.commands
    rungs = [o for o in step.outputs if o.role is Role.PART and o.mime == "video/mp4"]
    assert encode.arguments.count("-i") == 1
    assert f"split={len(rungs)}" in " ".join(encode.arguments)
    assert join.arguments[join.arguments.index("-c") + 1] == "copy"
    assert all(
        STEM in path for option, path in zip(join.arguments, join.arguments[1:], strict=False) if option == "-i"
    )

"""Films that are encoded in pieces and joined: frame for frame and sample for sample what one run makes."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.errors import StepFailed
from mediacrush.pipeline.cuts import pieces_of
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import Probe, probe_original
from mediacrush.pipeline.steps import INPUT, Rules, Step
from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import LIMITS, done
from tests.samples import ffmpeg

# Large enough for a ladder, whatever the sample has.
LARGE = 40_000_000
# Every frame has a brightness of its own among its fifty neighbours.
_STEPS, _STEP, _BLACK = 50, 4, 18
# Containers round times, each in its own way.
_MS = 0.001
_COUNTED = f"geq=lum='{_BLACK}+mod(N,{_STEPS})*{_STEP}':cb=128:cr=128"
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-x264-params")


def _film(rate: str, *arguments: str, size: str = "576:324", shape: str = "") -> Callable[[Path], None]:
    def make(path: Path) -> None:
        frames = f"color=gray:size=16x16:rate={rate}:duration=10,{_COUNTED},scale={size}:flags=neighbor{shape}"
        sound = ("-f", "lavfi", "-i", "aevalsrc=sin(t*t*200):duration=10:sample_rate=44100")
        ffmpeg(path, *sound, "-f", "lavfi", "-i", frames, "-map", "1", "-map", "0", *arguments)

    return make


def _late(path: Path) -> None:
    """Its sound begins at 5 s, its first frame 0.7 s later."""
    film = path.with_name("whole.mkv")
    _film("24000/1001", *_X264, "open-gop=1:bframes=3:keyint=12:scenecut=0", "-c:a", "flac")(film)
    twice = ("-itsoffset", "5.7", "-i", str(film), "-itsoffset", "5", "-i", str(film))
    ffmpeg(path, *twice, "-map", "0:v", "-map", "1:a", "-c", "copy")


def _cut(path: Path) -> None:
    """An edit list hides its first 0.9 s, up to the middle of a group of frames."""
    film = path.with_name("whole.mp4")
    _film("10", *_X264, "bframes=2:keyint=8:scenecut=0", "-c:a", "aac")(film)
    ffmpeg(path, "-ss", "0.9", "-i", str(film), "-c", "copy")


_FILMS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "closed groups, copied sound": ("mp4", _film("10", *_X264, "keyint=10:bframes=2:scenecut=0", "-c:a", "aac")),
    "open groups, begins late": ("mkv", _late),
    "50 a second, turned": ("mov", _film("50", *_X264, "keyint=40:scenecut=0", "-c:a", "pcm_s16le")),
    "variable rate": (
        "mkv",
        _film(
            "20",
            *_X264,
            "keyint=6:scenecut=0",
            "-fps_mode",
            "vfr",
            shape=",select='not(mod(n\\,3))+lt(mod(n\\,40)\\,9)'",
        ),
    ),
    "edit list": ("mp4", _cut),
    "VP9, silent": ("webm", _film("10", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-g", "10", "-an")),
}


def _numbers(path: Path, tools: Tools) -> list[int]:
    """The number of every frame of a film, by its brightness."""
    shown = "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"
    command = (*tools.ffmpeg, "-v", "error", "-i", str(path), "-vf", f"format=yuv420p,{shown}", "-f", "null", "-")
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lights = [float(line.partition("=")[2]) for line in answer.split() if "YAVG" in line]
    return [round((light - _BLACK) / _STEP) for light in lights]


def _packets(path: Path, tools: Tools) -> tuple[list[float], list[bool]]:
    """When every frame of a film is shown, in that order, and whether it is a key frame."""
    command = (*tools.ffprobe, "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time,flags")
    answer = subprocess.run((*command, "-of", "csv=p=0", str(path)), check=True, capture_output=True, text=True)
    rows = sorted((float(line.split(",")[0]), ",K" in line) for line in answer.stdout.split())
    return [time_s for time_s, _ in rows], [is_key for _, is_key in rows]


def _heard(path: Path, tools: Tools) -> bytes:
    command = (*tools.ffmpeg, "-v", "error", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "framemd5", "-")
    return subprocess.run(command, check=True, capture_output=True).stdout


def _divided(workdir: Path, tools: Tools) -> tuple[Probe, dict[str, Step]]:
    """The facts, large enough for a ladder, and the steps in pieces of the film in the folder."""
    probe = replace(probe_original(workdir, tools, LIMITS), size_bytes=LARGE)
    pieces = pieces_of(probe, 3, 4, workdir, tools, LIMITS)
    assert len(pieces) > 2
    probe = replace(probe, pieces=pieces)
    return probe, {step.name: step for step in plan_for(probe, Rules()).steps}


@pytest.fixture(scope="module", params=_FILMS)
def workdir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job's folder with one of the films."""
    suffix, make = _FILMS[request.param]
    folder = tmp_path_factory.mktemp("job")
    film = folder / f"film.{suffix}"
    make(film)
    if "turned" in request.param:
        turned = folder / f"turned.{suffix}"
        ffmpeg(turned, "-display_rotation", "90", "-i", str(film), "-c", "copy")
        film = turned
    film.rename(folder / INPUT)
    return folder


def _in_one_and_in_pieces(step: Step, workdir: Path, tools: Tools) -> list[dict[str, Path]]:
    """What one run makes and what pieces make, in folders of their own."""
    made = []
    for name in ("one", "pieces"):
        folder = workdir / f"{step.name}.{name}"
        folder.mkdir()
        (folder / INPUT).hardlink_to(workdir / INPUT)
        for piece in step.pieces if name == "pieces" else ():
            done(piece, folder, tools)
        made.append(done(replace(step, commands=step.join) if name == "pieces" else step, folder, tools))
    return made


def _lengths(playlist: Path) -> list[float]:
    """Seconds of every segment."""
    return [float(row[8:-1]) for row in playlist.read_text().split() if row.startswith("#EXTINF:")]


def test_a_ladder_of_pieces_is_the_one_of_a_single_run(workdir: Path, tools: Tools) -> None:
    """In every rung the same frames, the same ones of them key frames, at the same times; the same segments; the
    sound to the byte."""
    probe, steps = _divided(workdir, tools)
    one, joined = _in_one_and_in_pieces(steps["hls"], workdir, tools)
    films = [name for name in one if name.endswith("p.mp4") or name in ("mp4", "light")]
    assert len(films) > 2
    for name in films:
        assert _numbers(joined[name], tools) == _numbers(one[name], tools), name
        (times, keys), (joined_times, joined_keys) = (_packets(made[name], tools) for made in (one, joined))
        assert joined_times == pytest.approx(times, abs=_half_a_frame_s(probe)), name
        assert joined_keys == keys, name
    for name in (name for name in one if name.endswith("p.m3u8")):
        assert _lengths(joined[name]) == pytest.approx(_lengths(one[name]), abs=_half_a_frame_s(probe)), name
    if probe.audio:
        assert joined["audio.mp4"].read_bytes() == one["audio.mp4"].read_bytes()
    manifests = [made["hls"].read_text() for made in (one, joined)]
    told = [[line for line in text.splitlines() if "BANDWIDTH" not in line] for text in manifests]
    assert told[0] == told[1]
    assert manifests[0].count("BANDWIDTH") == manifests[1].count("BANDWIDTH")


def test_a_film_of_pieces_is_the_one_of_a_single_run(workdir: Path, tools: Tools) -> None:
    """The same frames as one run's, as far from each other as in the source, and the same sound."""
    probe, steps = _divided(workdir, tools)
    one, joined = (made["webm"] for made in _in_one_and_in_pieces(steps["webm"], workdir, tools))
    assert _numbers(joined, tools) == _numbers(one, tools)
    (times, _), (joined_times, _) = (_packets(film, tools) for film in (one, joined))
    assert joined_times == pytest.approx(times, abs=_half_a_frame_s(probe))
    shown = [time_s for time_s in _packets(workdir / INPUT, tools)[0] if time_s > -_MS]
    since_first = [[time_s - film[0] for time_s in film] for film in (shown[-len(joined_times) :], joined_times)]
    assert since_first[1] == pytest.approx(since_first[0], abs=2 * _MS)
    if probe.audio:
        assert _heard(joined, tools) == _heard(one, tools)


def _half_a_frame_s(probe: Probe) -> float:
    """What one run moves frames by, to have them at the film's rate; pieces leave them where they are."""
    assert probe.video
    return 0.5 / probe.video.frame_rate + _MS


def test_a_film_that_cannot_be_entered_is_noticed(tmp_path: Path, tools: Tools) -> None:
    """Its pictures are refreshed bit by bit, and never whole: decoding that begins in its middle gives no frame
    for a while, though the container calls that a key frame. The piece fails, so that the step is done whole."""
    film = tmp_path / "film.mkv"
    _film("10", *_X264, "intra-refresh=1:keyint=10:bframes=0", "-an", size="160:90")(film)
    film.rename(tmp_path / INPUT)
    _, steps = _divided(tmp_path, tools)
    first, second, *_ = steps["webm"].pieces
    done(first, tmp_path, tools)
    with pytest.raises(StepFailed):
        done(second, tmp_path, tools)

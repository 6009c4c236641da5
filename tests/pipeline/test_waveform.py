"""The waveform of sounds that are known exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.waveform import waveform_json
from tests.pipeline.doing import made
from tests.samples import ffmpeg


def waveform(tmp_path: Path, tools: Tools, source: str, *options: str, name: str = "sound.wav") -> dict[str, Any]:
    """What is published of the sound that this lavfi source makes."""
    path = tmp_path / name
    ffmpeg(path, "-f", "lavfi", "-i", source, *options)
    content: dict[str, Any] = json.loads(made(path, tmp_path / "job", tools, "waveform")["waveform"].read_text())
    assert content["version"] == 1
    assert 1 <= len(content["peaks"]) <= 1000
    assert all(0 <= peak <= 1 for peak in content["peaks"])
    return content


def test_silence(tmp_path: Path, tools: Tools) -> None:
    """Nothing is zero."""
    content = waveform(tmp_path, tools, "anullsrc=r=44100:d=3")
    assert content["duration"] == 3.0
    assert content["peaks"] == [0.0] * 1000


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_a_ramp(tmp_path: Path, tools: Tools, rate: int) -> None:
    """A tone that grows evenly is a straight line, at any rate."""
    content = waveform(tmp_path, tools, f"aevalsrc=sin(2000*2*PI*t)*t/10:s={rate}:d=10", "-c:a", "pcm_s24le")
    assert len(content["peaks"]) == 1000
    for n, peak in enumerate(content["peaks"]):
        assert peak == pytest.approx(n / 1000, abs=0.01)


def test_a_burst_is_where_it_is(tmp_path: Path, tools: Tools) -> None:
    """A twentieth of a second in a minute of silence is found in its place, and as loud as it is."""
    content = waveform(tmp_path, tools, "aevalsrc=0.7*sin(440*2*PI*t)*between(t\\,41.7\\,41.75):s=48000:d=60")
    loud = [n for n, peak in enumerate(content["peaks"]) if peak > 0.05]
    assert loud == [695]
    assert content["peaks"][695] == pytest.approx(0.7, abs=0.01)


def test_a_single_loud_sample_counts(tmp_path: Path, tools: Tools) -> None:
    """Nothing is averaged away."""
    content = waveform(tmp_path, tools, "aevalsrc=0.9*eq(n\\,100000):s=44100:d=10")
    assert max(content["peaks"]) == pytest.approx(0.9, abs=0.01)


def test_louder_than_full_scale_is_full(tmp_path: Path, tools: Tools) -> None:
    """What is recorded too loud is one, and no more."""
    content = waveform(tmp_path, tools, "aevalsrc=3*sin(440*2*PI*t):s=44100:d=2", "-c:a", "pcm_f32le")
    assert set(content["peaks"]) == {1.0}


@pytest.mark.parametrize("sides", ["0|0.5*sin(440*2*PI*t)", "0.5*sin(440*2*PI*t)|0"])
def test_one_silent_side(tmp_path: Path, tools: Tools, sides: str) -> None:
    """The louder side counts: it is not halved because the other is silent."""
    content = waveform(tmp_path, tools, f"aevalsrc={sides}:s=44100:d=10")
    assert content["peaks"] == pytest.approx([0.5] * 1000, abs=0.01)


def test_sides_that_cancel(tmp_path: Path, tools: Tools) -> None:
    """Two sides of opposite sign are no silence."""
    content = waveform(tmp_path, tools, "aevalsrc=0.5*sin(440*2*PI*t)|-0.5*sin(440*2*PI*t):s=44100:d=10")
    assert min(content["peaks"]) > 0.45


@pytest.mark.parametrize("samples", [1, 2, 17])
def test_a_sound_of_a_few_samples(tmp_path: Path, tools: Tools, samples: int) -> None:
    """However short, it has a peak."""
    content = waveform(tmp_path, tools, "aevalsrc=0.5:s=44100:d=1", "-af", f"atrim=end_sample={samples}")
    assert content["peaks"][0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.ogg", "libvorbis"), ("a.aac", "aac")])
def test_compressed_sounds(tmp_path: Path, tools: Tools, name: str, codec: str) -> None:
    """Half silence, half tone, in formats of which some do not say how long they are."""
    source = "aevalsrc=0.5*sin(440*2*PI*t)*gt(t\\,10):s=44100:d=20"
    content = waveform(tmp_path, tools, source, "-c:a", codec, name=name)
    assert content["duration"] == pytest.approx(20, abs=1)
    count = len(content["peaks"])
    assert max(content["peaks"][: int(count * 0.45)]) < 0.02
    assert min(content["peaks"][int(count * 0.55) : int(count * 0.9)]) > 0.4


def level(n: int, decibels: str) -> list[str]:
    return [f"frame:{n:<4} pts:{n * 100:<7} pts_time:{n * 0.5}\n", f"lavfi.astats.Overall.Peak_level={decibels}\n"]


def test_lines_become_peaks() -> None:
    """Decibels become amplitudes; what is no number is as loud as can be."""
    lines = [line for n, text in enumerate(["-inf", "-6.020600", "0.5", "nonsense"]) for line in level(n, text)]
    expected = {"version": 1, "duration": 2.0, "peaks": [0.0, 0.5, 1.0, 1.0]}
    assert json.loads(waveform_json(lines)) == expected


def test_many_windows_become_a_thousand_peaks() -> None:
    """The highest of each run stays."""
    lines = (line for n in range(10_007) for line in level(n, "-20" if n % 7 else "-6.0206"))
    peaks = json.loads(waveform_json(lines))["peaks"]
    assert len(peaks) == 1000
    assert set(peaks) == {0.501, 0.5} or set(peaks) == {0.5}


def test_nothing_measured_is_an_error() -> None:
    """A file without sound has no waveform."""
    with pytest.raises(ValueError, match="level"):
        waveform_json([])

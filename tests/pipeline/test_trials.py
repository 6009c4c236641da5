"""Trying a second of a film before all of it is encoded: real encoders, real VMAF."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.pipeline import trials
from mediacrush.pipeline.encoders import film_options
from mediacrush.pipeline.facts import Probe
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Encoder, Rules, Step
from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.trials import is_untried, tried
from tests.samples import ffmpeg

LIMITS = Limits(timeout_s=60)
# Detail that grows all the time, which AV1 needs more for than most; and large areas of one colour.
HARD, EASY = "mandelbrot=size=320x180:rate=25", "testsrc2=size=320x180:rate=25"


def film(workdir: Path, source: str, seconds: float, tools: Tools) -> Probe:
    ffmpeg(workdir / INPUT, *("-f", "lavfi", "-i", source, "-t", str(seconds), "-c:v", "ffv1", "-f", "matroska"))
    return probe_original(workdir, tools, LIMITS)


def step_for(probe: Probe, encoder: Encoder) -> Step:
    return next(step for step in plan_for(probe, Rules()).steps if step.encoder is encoder)


def own_number(probe: Probe, encoder: Encoder) -> int:
    """What the film's kind of pictures gets without a trial."""
    return int(film_options(encoder, replace(probe, crfs={}))["crf"] or 0)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The VMAF of each trial, as it was measured."""
    seen: list[float] = []
    measured = trials._looks

    def watched(probe: Probe, *rest: object) -> float | None:
        found = measured(probe, *rest)  # type: ignore[arg-type]
        assert found is not None
        seen.append(found)
        return found

    monkeypatch.setattr(trials, "_looks", watched)
    return seen


def test_a_film_that_would_look_bad_gets_more(tmp_path: Path, tools: Tools, looks: list[float]) -> None:
    """The number goes down until the samples look right, and no further than it may."""
    probe = film(tmp_path, HARD, 6, tools)
    found = tried(probe, step_for(probe, Encoder.AV1), tmp_path, tools, LIMITS)
    own = own_number(found, Encoder.AV1)
    assert looks[0] < 92
    assert own - 12 <= found.crfs[Encoder.AV1] < own
    assert len(looks) < 2 or looks[-1] > looks[0]


def test_a_film_that_looks_better_than_it_must_gets_less(tmp_path: Path, tools: Tools, looks: list[float]) -> None:
    """Nobody sees what is beyond, and everybody downloads it."""
    probe = film(tmp_path, EASY, 6, tools)
    found = tried(probe, step_for(probe, Encoder.H264), tmp_path, tools, LIMITS)
    own = own_number(found, Encoder.H264)
    assert looks[0] > 97
    assert own < found.crfs[Encoder.H264] <= own + 5


def test_a_film_that_looks_right_is_left_alone(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the bounds one trial is enough, and its number is the kind's own."""
    probe = film(tmp_path, HARD, 6, tools)
    tries = []
    monkeypatch.setattr(trials, "_looks", lambda *_: tries.append(1) or 94.0)
    found = tried(probe, step_for(probe, Encoder.H264), tmp_path, tools, LIMITS)
    assert found.crfs == {Encoder.H264: own_number(found, Encoder.H264)}
    assert len(tries) == 1


@pytest.mark.parametrize("looks", [0.0, 50.0, 99.9])
@pytest.mark.parametrize("encoder", Encoder)
def test_no_number_leaves_its_bounds(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch, encoder: Encoder, looks: float
) -> None:
    """However a film looks: beyond them it is the film's fault."""
    probe = film(tmp_path, HARD, 6, tools)
    monkeypatch.setattr(trials, "_looks", lambda *_: looks)
    found = tried(probe, step_for(probe, encoder), tmp_path, tools, LIMITS)
    lowest, highest = {Encoder.H264: (17, 34), Encoder.AV1: (18, 63)}[encoder]
    assert lowest <= found.crfs[encoder] <= highest
    assert abs(found.crfs[encoder] - own_number(found, encoder)) <= 12


def test_a_short_film_is_not_tried(tmp_path: Path, tools: Tools, looks: list[float]) -> None:
    """It is small whatever it gets."""
    probe = film(tmp_path, HARD, 2, tools)
    found = tried(probe, step_for(probe, Encoder.H264), tmp_path, tools, LIMITS)
    assert found.crfs == {Encoder.H264: own_number(found, Encoder.H264)}
    assert looks == []


def test_where_nothing_can_be_told_the_kinds_own_number_stays(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An FFmpeg of the operator's may have no VMAF, and a film may break in the middle."""
    probe = film(tmp_path, HARD, 6, tools)
    step = step_for(probe, Encoder.H264)
    monkeypatch.setattr(trials, "own_arguments", lambda *_, **__: ("-lavfi", "no_such_filter", "-f", "null", "-"))
    found = tried(probe, step, tmp_path, tools, LIMITS)
    assert found.crfs == {Encoder.H264: own_number(found, Encoder.H264)}


def test_a_trial_leaves_nothing_behind_and_is_made_once(tmp_path: Path, tools: Tools) -> None:
    """Of its samples; and what is known of a film need not be found out again."""
    probe = film(tmp_path, HARD, 6, tools)
    step = step_for(probe, Encoder.H264)
    assert is_untried(probe, step)
    found = tried(probe, step, tmp_path, tools, LIMITS)
    assert not is_untried(found, step)
    assert is_untried(found, step_for(found, Encoder.AV1))
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("trial")]


def test_the_plan_is_made_with_what_was_found(tmp_path: Path, tools: Tools) -> None:
    """Each encoder is told its own number."""
    probe = replace(film(tmp_path, HARD, 6, tools), crfs={Encoder.H264: 31, Encoder.AV1: 47})
    for encoder, crf in probe.crfs.items():
        arguments = step_for(probe, encoder).commands[0].arguments
        assert arguments[arguments.index("-crf") + 1] == str(crf)

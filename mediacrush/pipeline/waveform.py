"""The step that measures how loud a sound is at each moment, for players to draw."""

import json
import re
from array import array
from collections.abc import Iterable
from itertools import pairwise

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments
from mediacrush.pipeline.probe import AudioStream, Probe
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool

_PEAKS_MAX = 1000
# FFmpeg measures windows of so many samples for each second that the sound lasts: at 8 kHz that makes four windows
# a peak, at 192 kHz a hundred. So nobody has to know the rate, and no peak is far from its place.
_SAMPLES_PER_SECOND_OF_LENGTH = 2
_SAMPLES_MIN, _SAMPLES_UNKNOWN = 16, 4096
_LEVELS = "levels"
_TIME = re.compile(r"frame:\d+\s+pts:\S+\s+pts_time:(\d+(?:\.\d+)?)\s*")
_LEVEL = re.compile(r"lavfi\.astats\.Overall\.Peak_level=(\S+)\s*")
_COST_PER_SECOND = 0.003
_PATIENCE = 10


def waveform(probe: Probe, audio: AudioStream) -> Step:
    """`<hash>.waveform.json`: `duration` in seconds, and `peaks`, 0 to 1, evenly spread over it, 1,000 at most."""
    output = Output(name="waveform", suffix=".waveform.json", mime="application/json", role=Role.EXTRA)
    samples = (
        max(_SAMPLES_MIN, int(probe.duration_s * _SAMPLES_PER_SECOND_OF_LENGTH))
        if probe.duration_s
        else _SAMPLES_UNKNOWN
    )
    measure = (
        f"asetnsamples=n={samples}:p=0",
        "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level",
        f"ametadata=mode=print:key=lavfi.astats.Overall.Peak_level:file={_LEVELS}",
    )
    # Some containers only guess how long they are; but one that lies must not fill the disk with numbers.
    length = {"t": round(_PATIENCE * probe.duration_s + 60, 3)} if probe.duration_s else {}
    arguments = ffmpeg_arguments("-", [audio.index], options={"af": ",".join(measure), "f": "null", **length})
    return Step(
        stage=Stage.DEFERRED,
        commands=(
            Command(tool=Tool.FFMPEG, arguments=arguments, duration_s=probe.duration_s),
            Command(tool=Tool.REFINE, arguments=("levels", _LEVELS, output.path)),
        ),
        outputs=(output,),
        cost_s=0.1 + (probe.duration_s or 0.0) * _COST_PER_SECOND,
        may_fail=True,
    )


def waveform_json(levels: Iterable[str]) -> str:
    """What is published, from the lines of FFmpeg's `ametadata`: for each window its time, and its peak in dB
    below full scale. Raises ValueError when nothing was measured.
    """
    peaks, times = array("d"), array("d")
    for line in levels:
        if time := _TIME.fullmatch(line):
            times.append(float(time[1]))
        elif level := _LEVEL.fullmatch(line):
            peaks.append(_amplitude(level[1]))
    if not peaks:
        raise ValueError("no level")
    window_s = times[1] - times[0] if len(times) > 1 else 0.0
    return json.dumps(
        {
            "version": 1,
            "duration": round(times[-1] + window_s, 3),
            "peaks": [round(peak, 3) for peak in _highest(peaks)],
        },
        separators=(",", ":"),
    )


def _amplitude(decibels: str) -> float:
    """0 to 1. FFmpeg writes `-inf` for silence; what is louder than full scale is cut off there by every player."""
    try:
        return min(1.0, 10 ** (float(decibels) / 20))
    except (OverflowError, ValueError):
        return 1.0


def _highest(peaks: "array[float]") -> list[float]:
    """The highest of each of as many equal runs as are published."""
    count = min(len(peaks), _PEAKS_MAX)
    bounds = [len(peaks) * n // count for n in range(count + 1)]
    return [max(peaks[start:end]) for start, end in pairwise(bounds)]

"""How good a film has to be encoded to look right: a second of it is tried before all of it is.

One quality number looks different on every film. What its kind of pictures gets by default (footage.py) is right
for most; a trial finds those for which it is far off, above or below, and moves it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from mediacrush.pipeline.encoders import film_options
from mediacrush.pipeline.facts import Probe, VideoStream
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments, own_arguments, pixel_bound
from mediacrush.pipeline.filters import decoder, shaped
from mediacrush.pipeline.footage import footage_of
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.steps import Encoder, Step
from mediacrush.pipeline.tools import Tools

# Shorter films are small whatever they are told.
_SHORT_S = 4.0
# So many frames each, less of a film that has few: they begin with a key frame, which looks unlike what follows, so
# fewer of them say too little (12 were 3.4 off on a screen). Every third is compared. In all it costs 5 to 10 CPU
# seconds at 1080p.
_PLACES, _FRAMES, _SHARE, _EVERY = (1 / 5, 1 / 2, 4 / 5), 18, 0.1, 3
# So the mean was within 2.3 of the whole film's, mostly within 0.5, on the clips of docs/performance.md: what lies
# between these is left alone. VMAF 93 is what a film must not fall below.
_LOW, _HIGH = 92.0, 97.0
_AIM_UP, _AIM_DOWN = 93.5, 95.5
_TRIALS = 3
# VMAF that one more of CRF costs, roughly, and how far a trial may move it: beyond that the film is at fault, not
# the number (what came in a few bytes cannot look better than it does).
_SLOPE = {Encoder.H264: 0.8, Encoder.AV1: 0.3}
_REACH = {Encoder.H264: 5, Encoder.AV1: 12}
_RANGE = {Encoder.H264: (17, 34), Encoder.AV1: (18, 63)}
_LOSSLESS: Options = {"c:v": "libx264", "preset": "ultrafast", "qp": 0, "an": None, "f": "matroska"}
_TRY, _LOG = "trial", "trial.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """Where trials run."""

    workdir: Path
    tools: Tools
    limits: Limits

    def run(self, arguments: tuple[str, ...]) -> bool:
        command = (*self.tools.ffmpeg, *pixel_bound(self.limits.max_pixels), *arguments)
        return run_tool(command, self.workdir, self.limits).exit_status == 0


def is_untried(probe: Probe, step: Step) -> bool:
    """Whether the step's encoder could be told more of the film than is known."""
    return step.encoder is not None and probe.video is not None and step.encoder not in probe.crfs


def tried(probe: Probe, step: Step, workdir: Path, tools: Tools, limits: Limits) -> Probe:
    """The facts with what the step's encoder has to know of the film `input` in `workdir`.

    Raises StepTimedOut, ToolKilled.
    """
    video, encoder = probe.video, step.encoder
    if video is None or encoder is None:
        return probe
    if probe.footage is None:
        probe = replace(probe, footage=footage_of(probe, video, workdir, tools, limits))
    crf = int(film_options(encoder, probe)["crf"] or 0)
    size = next(((o.width, o.height) for o in step.outputs if o.width and o.height), video.displayed_size)
    job = _Job(workdir=workdir, tools=tools, limits=limits)
    samples = _samples(probe, video, size, job)
    if samples:
        crf = _searched(encoder, crf, replace(probe, crfs={}), samples, job)
        for path in (*samples, workdir / _TRY, workdir / _LOG):
            path.unlink(missing_ok=True)
    return replace(probe, crfs={**probe.crfs, encoder: crf})


def _samples(probe: Probe, video: VideoStream, size: tuple[int, int], job: _Job) -> list[Path]:
    """Frames as the encoder will get them, without loss; none of a short film, or where that fails."""
    duration_s = probe.duration_s or 0.0
    frames = min(_FRAMES, int(duration_s * video.frame_rate * _SHARE))
    if duration_s < _SHORT_S or frames < _EVERY:
        return []
    made = []
    for place in _PLACES:
        path = job.workdir / f"{_TRY}.{place:.1f}"
        arguments = ffmpeg_arguments(
            path.name,
            [video.index],
            start_s=round(duration_s * place, 3),
            filters=shaped(video, *size),
            input_options=decoder(video),
            options={**_LOSSLESS, "frames:v": frames},
        )
        if job.run(arguments):
            made.append(path)
    return made


def _searched(encoder: Encoder, own: int, probe: Probe, samples: Sequence[Path], job: _Job) -> int:
    """The CRF at which the samples look as they should; `own`, the kind's, where they do or nothing is known."""
    best, worst = _RANGE[encoder]
    lowest, highest = max(best, own - _REACH[encoder]), min(worst, own + _REACH[encoder])
    crf, slope = own, _SLOPE[encoder]
    last: tuple[int, float] | None = None
    for _ in range(_TRIALS):
        looks = _looks(replace(probe, crfs={encoder: crf}), encoder, samples, job)
        if looks is None or _LOW <= looks <= _HIGH:
            break
        if last is not None and crf != last[0] and (last[1] - looks) / (crf - last[0]) > slope / 4:
            slope = (last[1] - looks) / (crf - last[0])
        last = (crf, looks)
        aim = _AIM_UP if looks < _LOW else _AIM_DOWN
        wanted = min(highest, max(lowest, crf + round((looks - aim) / slope)))
        if wanted == crf:
            break
        crf = wanted
    return crf


def _looks(probe: Probe, encoder: Encoder, samples: Sequence[Path], job: _Job) -> float | None:
    """The mean VMAF of the samples, encoded; None where it can't be told, as by an FFmpeg that has no VMAF."""
    scores: list[float] = []
    for sample in samples:
        encoded = own_arguments(_TRY, [sample.name], options={**film_options(encoder, probe), "f": "matroska"})
        compare = f"[0:v]settb=AVTB,setpts=N[a];[1:v]settb=AVTB,setpts=N[b];[a][b]libvmaf=n_subsample={_EVERY}"
        compared = own_arguments(
            "-",
            [_TRY, sample.name],
            options={"filter_complex": f"{compare}:log_fmt=json:log_path={_LOG}", "f": "null"},
        )
        if not (job.run(encoded) and job.run(compared)):
            return None
        frames = json.loads((job.workdir / _LOG).read_text())["frames"]
        scores += [frame["metrics"]["vmaf"] for frame in frames]
    return mean(scores) if scores else None

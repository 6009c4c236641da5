"""From upload to playing: the site's times against the bare tools doing the same steps with nothing around them.

The bare side makes the same plan with the pipeline's own functions and runs its steps one after the other, at the
same low priority as the site does: on a machine that others use too, priority decides how much of it one gets.
"""

import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from secrets import SystemRandom
from statistics import mean, median

from benchmarks import media
from benchmarks.site import Site
from benchmarks.table import Table, number, spread, verdict
from mediacrush.pipeline.execute import run_command
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Rules, Stage, Step, Tool
from mediacrush.pipeline.tools import Tools
from mediacrush.pipeline.trials import is_untried, tried
from mediacrush.settings import SandboxRule

GOAL_SHARE, GOAL_S = 0.05, 0.15
_PRIORITY = ("nice", "-n", "10")
_LIMITS = Limits(timeout_s=600, sandbox=SandboxRule.OFF)
_STEP_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is uploaded, and how often. With one round the bare tools run before and after, else before or after."""

    name: str
    sample: str
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Seconds until the essential steps and until all were through, and CPU seconds of it all.

    Of the bare tools also `probe_s`, how long reading the facts takes, which is not part of their time, and the
    steps with the CPU seconds of each.
    """

    ready_s: float
    done_s: float
    cpu_s: float
    probe_s: float = 0.0
    steps: tuple[tuple[Step, float], ...] = ()


def measure(site: Site, samples: media.Media, folder: Path, tools: Tools, kinds: Sequence[Kind]) -> str:
    """Both sides alternate; a table of the times, and one of what each step costs against what is estimated."""
    table = Table(
        headings=(
            "upload",
            "until",
            "bare tools, s",
            "the site, s",
            "overhead, s",
            "goal ≤ 5 % or 0.15 s",
            "CPU, s: bare, site",
            "probe alone, s",
        )
    )
    costs = Table(headings=("upload", "step", "CPU, s", "estimated (`cost_s`), s"))
    for kind in kinds:
        bare, served = _runs(site, samples, folder, tools, kind)
        _add_rows(table, kind.name, bare, served)
        for step, cpu_s in bare[0][0].steps:
            costs.add(kind.name.partition(",")[0], step.name, number(cpu_s), number(step.cost_s))
    return f"{table}\n\n{costs}"


def _runs(
    site: Site, samples: media.Media, folder: Path, tools: Tools, kind: Kind
) -> tuple[list[list[_Run]], list[_Run]]:
    """For each round the bare runs, one or two, and the site's."""
    bare: list[list[_Run]] = []
    served: list[_Run] = []
    for _ in range(kind.rounds):
        path = samples.fresh(kind.sample)
        is_sandwich = kind.rounds == 1
        is_bare_first = is_sandwich or SystemRandom().random() < 1 / 2
        runs = [_bare(path, folder, tools)] if is_bare_first else []
        served.append(_served(site, path))
        if is_sandwich or not is_bare_first:
            runs.append(_bare(path, folder, tools))
        bare.append(runs)
        path.unlink()
    return bare, served


def _served(site: Site, path: Path) -> _Run:
    before_s = site.worker_cpu_s()
    sent = site.upload(path)
    times = site.wait(sent)
    cpu_s = site.worker_cpu_s() - before_s
    site.delete(sent)
    return _Run(ready_s=times.ready_s, done_s=times.done_s, cpu_s=cpu_s)


def _bare(path: Path, folder: Path, tools: Tools) -> _Run:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        workdir = Path(name)
        shutil.copyfile(path, workdir / INPUT)
        begun = time.monotonic()
        probe = probe_original(workdir, tools, _LIMITS)
        plan = plan_for(probe, Rules())
        probe_s = time.monotonic() - begun
        cpu_marks = [_cpu_s()]
        ready_s = 0.0
        begun = time.monotonic()
        for wanted in [step.name for step in plan.steps]:
            step = next(one for one in plan.steps if one.name == wanted)
            if is_untried(probe, step):
                probe = tried(probe, step, workdir, tools, _LIMITS)
                plan = plan_for(probe, Rules())
                step = next(one for one in plan.steps if one.name == wanted)
            _do(step, workdir, tools)
            cpu_marks.append(_cpu_s())
            if step.stage is Stage.ESSENTIAL:
                ready_s = time.monotonic() - begun
        done_s = time.monotonic() - begun
        used_s = [after - before for before, after in pairwise(cpu_marks)]
        steps = tuple(zip(plan.steps, used_s, strict=True))
        return _Run(ready_s=ready_s, done_s=done_s, cpu_s=sum(used_s), probe_s=probe_s, steps=steps)


def _do(step: Step, workdir: Path, tools: Tools) -> None:
    """The commands of a step with nothing around them; a film's poster is found at the first try or the next."""
    for command in step.commands:
        if command.tool not in (Tool.FFMPEG, Tool.PICTURE):
            run_command(command, workdir, tools, _LIMITS, lambda _: None)  # our own code; no process is started
        elif command.unless_made is None or not (workdir / command.unless_made).is_file():
            arguments = (
                (*tools.ffmpeg, *command.arguments)
                if command.tool is Tool.FFMPEG
                else (*tools.pillow, *command.arguments, "--max-pixels", str(_LIMITS.max_pixels))
            )
            subprocess.run(
                (*_PRIORITY, *arguments),
                cwd=workdir,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_STEP_TIMEOUT_S,
            )


def _cpu_s() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _add_rows(table: Table, name: str, bare: list[list[_Run]], served: list[_Run]) -> None:
    every_bare = [run for runs in bare for run in runs]
    cpu = f"{number(median(run.cpu_s for run in every_bare))}, {number(median(run.cpu_s for run in served))}"
    probe = number(median(run.probe_s for run in every_bare))
    _add_row(table, (name, "`ready`"), bare, served, lambda run: run.ready_s, ("", probe))
    _add_row(table, ("", "`done`"), bare, served, lambda run: run.done_s, (cpu, ""))


def _add_row(
    table: Table,
    names: tuple[str, str],
    bare: list[list[_Run]],
    served: list[_Run],
    seconds: Callable[[_Run], float],
    more: tuple[str, str],
) -> None:
    """`seconds` tells which of a run's times; the overhead of a round is against the mean of its bare runs."""
    bare_s = [mean(map(seconds, runs)) for runs in bare]
    overheads = [seconds(run) - base for run, base in zip(served, bare_s, strict=True)]
    allowed_s = max(GOAL_S, GOAL_SHARE * median(bare_s))
    table.add(
        *names,
        spread(seconds(run) for runs in bare for run in runs),
        spread(map(seconds, served)),
        spread(overheads),
        verdict(median(overheads) <= allowed_s),
        *more,
    )

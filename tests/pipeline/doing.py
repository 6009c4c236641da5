"""Doing one planned step on a real file, as a job does."""

import shutil
from pathlib import Path

from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Rules, Step
from mediacrush.pipeline.tools import Tools

LIMITS = Limits(timeout_s=120)


def planned(source: Path, workdir: Path, tools: Tools) -> dict[str, Step]:
    """The steps for this file, by name; the job's folder holds it afterwards."""
    workdir.mkdir(exist_ok=True)
    shutil.copyfile(source, workdir / INPUT)
    return {step.name: step for step in plan_for(probe_original(workdir, tools, LIMITS), Rules()).steps}


def made(source: Path, workdir: Path, tools: Tools, name: str) -> dict[str, Path]:
    """What the step `name` makes of this file, by the outputs' names."""
    return done(planned(source, workdir, tools)[name], workdir, tools)


def done(step: Step, workdir: Path, tools: Tools) -> dict[str, Path]:
    """What a step makes of the file in the job's folder."""
    paths = execute_step(step, workdir, tools, LIMITS, lambda _: None)
    return {output.name: path for output, path in zip(step.outputs, paths, strict=True)}

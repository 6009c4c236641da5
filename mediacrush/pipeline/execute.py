"""Doing one step of a plan in a job's folder."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from mediacrush.errors import StepFailed
from mediacrush.model.sizes import size_text
from mediacrush.pipeline.pictures.clean import MalformedImage, clean_gif, clean_jpeg, clean_png, clean_webp
from mediacrush.pipeline.probe import picture_error
from mediacrush.pipeline.run import Limits, ffmpeg_progress, run_tool
from mediacrush.pipeline.steps import INPUT, Step, Tool
from mediacrush.pipeline.tools import Tools

log = logging.getLogger(__name__)

# Cleaning holds the file and its clean copy in memory. The largest GIFs that people send are half of this.
_CLEAN_MAX_BYTES = 512_000_000
_CLEANERS = {
    "image/jpeg": clean_jpeg,
    "image/png": clean_png,
    "image/webp": clean_webp,
    "image/gif": clean_gif,
}


def execute_step(
    step: Step, workdir: Path, tools: Tools, limits: Limits, on_fraction: Callable[[float], None]
) -> Path:
    """Do `step` on the file `input` in `workdir`; the path of the whole output.

    `on_fraction` is told how much of this step is done, 0 to 1, where the tool says so.
    Raises StepFailed when the tool cannot do it, StepTimedOut when it takes longer than the limit.
    """
    output = workdir / step.output
    if step.tool is Tool.KEEP:
        os.link(workdir / INPUT, output)
    elif step.tool is Tool.CLEAN:
        _clean(step, workdir / INPUT, output)
    elif step.tool is Tool.PILLOW:
        command = (*tools.pillow, *step.arguments, "--max-pixels", str(limits.max_pixels))
        finished = run_tool(command, workdir, limits)
        if finished.exit_status != 0:
            raise StepFailed(str(picture_error(finished.error)))
    else:
        _run_ffmpeg(step, workdir, tools, limits, on_fraction)
    if not output.is_file() or output.stat().st_size == 0:
        raise StepFailed("This file holds nothing that can be shown or played.")
    return output


def _clean(step: Step, source: Path, output: Path) -> None:
    if source.stat().st_size > _CLEAN_MAX_BYTES:
        raise StepFailed(
            f"This picture's file is larger than the {size_text(_CLEAN_MAX_BYTES)} that can be taken here."
        )
    try:
        output.write_bytes(_CLEANERS[step.mime](source.read_bytes()))
    except MalformedImage as error:
        raise StepFailed("This picture is damaged beyond use.") from error


def _run_ffmpeg(
    step: Step, workdir: Path, tools: Tools, limits: Limits, on_fraction: Callable[[float], None]
) -> None:
    finished = run_tool(
        (*tools.ffmpeg, *step.arguments),
        workdir,
        limits,
        on_line=ffmpeg_progress(step.duration_s, on_fraction),
    )
    if finished.exit_status != 0:
        log.warning("step %s: ffmpeg ended with %d: %s", step.name, finished.exit_status, finished.error)
        raise StepFailed("This file could not be converted; it may be damaged.")

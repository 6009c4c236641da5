"""Doing one step of a plan in a job's folder."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mediacrush.errors import StepFailed
from mediacrush.model.sizes import size_text
from mediacrush.pipeline.ffmpeg_arguments import pixel_bound
from mediacrush.pipeline.pictures.clean import MalformedImage, clean_gif, clean_jpeg, clean_png, clean_webp
from mediacrush.pipeline.probe import picture_error
from mediacrush.pipeline.refining import refine
from mediacrush.pipeline.run import Limits, ffmpeg_progress, run_tool
from mediacrush.pipeline.steps import INPUT, Command, Step, Tool
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
) -> tuple[Path, ...]:
    """Do `step` on the file `input` in `workdir`; the paths of its whole outputs, in their order.

    `on_fraction` is told how much of this step is done, 0 to 1, where the tool says so.
    Raises StepFailed when the tool cannot do it, StepTimedOut when it takes longer than the limit.
    """
    paths = tuple(workdir / output.path for output in step.outputs)
    for path in paths:
        path.unlink(missing_ok=True)  # what an earlier step left may be a link to the input
    deadline = time.monotonic() + limits.timeout_s
    for command in step.commands:
        left = replace(limits, timeout_s=max(0.0, deadline - time.monotonic()))
        run_command(command, workdir, tools, left, on_fraction)
    if not all(path.is_file() and path.stat().st_size for path in paths):
        raise StepFailed("This file holds nothing that can be shown or played.")
    return paths


def run_command(
    command: Command, workdir: Path, tools: Tools, limits: Limits, on_fraction: Callable[[float], None]
) -> None:
    """Carry out one command of a step, unless what it makes is there. Raises as execute_step does."""
    if command.unless_made is None or not (workdir / command.unless_made).is_file():
        _RUNNERS[command.tool](command, workdir, tools, limits, on_fraction)


def _keep(command: Command, workdir: Path, *_: object) -> None:
    os.link(workdir / INPUT, workdir / command.arguments[0])


def _write(command: Command, workdir: Path, *_: object) -> None:
    name, text = command.arguments
    (workdir / name).write_text(text, encoding="utf-8")


def _refine(command: Command, workdir: Path, *_: object) -> None:
    kind, raw, name = command.arguments
    try:
        (workdir / name).write_bytes(refine(kind, workdir / raw))
    finally:
        (workdir / raw).unlink(missing_ok=True)


def _clean(command: Command, workdir: Path, *_: object) -> None:
    name, mime = command.arguments
    source = workdir / INPUT
    if source.stat().st_size > _CLEAN_MAX_BYTES:
        raise StepFailed(
            f"This picture's file is larger than the {size_text(_CLEAN_MAX_BYTES)} that can be taken here."
        )
    try:
        (workdir / name).write_bytes(_CLEANERS[mime](source.read_bytes()))
    except MalformedImage as error:
        raise StepFailed("This picture is damaged beyond use.") from error


def _convert_picture(command: Command, workdir: Path, tools: Tools, limits: Limits, *_: object) -> None:
    arguments = (*tools.pillow, *command.arguments, "--max-pixels", str(limits.max_pixels))
    finished = run_tool(arguments, workdir, limits)
    if finished.exit_status != 0:
        raise StepFailed(str(picture_error(finished.error)))


def _run_ffmpeg(
    command: Command, workdir: Path, tools: Tools, limits: Limits, on_fraction: Callable[[float], None]
) -> None:
    finished = run_tool(
        (*tools.ffmpeg, *pixel_bound(limits.max_pixels), *command.arguments),
        workdir,
        limits,
        on_line=ffmpeg_progress(command.duration_s, on_fraction, command.begins_s),
    )
    if finished.exit_status != 0:
        log.warning("ffmpeg ended with %d: %s", finished.exit_status, finished.error)
        raise StepFailed("This file could not be converted; it may be damaged.")


def _count(command: Command, workdir: Path, tools: Tools, limits: Limits, *_: object) -> None:
    name, *bounds = command.arguments
    entries = ("-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets")
    finished = run_tool((*tools.ffprobe, "-v", "error", *entries, "-of", "csv=p=0", name), workdir, limits)
    frames = [int(line.strip(b",")) for line in finished.output.split()]
    least, most = map(int, bounds[::2]), map(int, bounds[1::2])
    if not all(low <= count <= high for low, count, high in zip(least, frames, most, strict=True)):
        log.warning("%s has %s frames, not %s", name, frames, bounds)
        raise StepFailed("This film's frames could not be counted; it may be damaged.")


_RUNNERS: dict[Tool, Callable[[Command, Path, Tools, Limits, Callable[[float], None]], None]] = {
    Tool.FFMPEG: _run_ffmpeg,
    Tool.PICTURE: _convert_picture,
    Tool.CLEAN: _clean,
    Tool.KEEP: _keep,
    Tool.WRITE: _write,
    Tool.REFINE: _refine,
    Tool.COUNT: _count,
}

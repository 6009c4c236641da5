"""The only place that starts a tool: under limits, with a deadline, with live progress.

A tool gets an empty environment, no standard input, the job's folder as its working directory, and dies with the
process that started it. Nothing here knows what a tool does; who calls reads the exit status and the output.
"""

import logging
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mediacrush.errors import StepTimedOut, ToolKilled
from mediacrush.pipeline.tools import guard_command, limit_command, nice_command

log = logging.getLogger(__name__)

_READ_BYTES = 65536
_OUTPUT_MAX_BYTES = 8 * 2**20
_ERROR_TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. SVT-AV1 at 1080p maps 3 GiB of address space while it holds 0.5 GiB. `niceness` lets
    pages be served first; what somebody waits for has none. The `max_` fields are what a file may announce:
    pixels of a picture, seconds, pixels of a film's longer side, frames of an animated picture, streams."""

    timeout_s: float
    memory_bytes: int = 8 * 2**30
    output_bytes: int = 8 * 2**30
    max_pixels: int = 100_000_000
    max_duration_s: float = 4 * 3600
    max_video_side: int = 8192
    max_frames: int = 20_000
    max_streams: int = 64
    niceness: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that ended by itself. `error` is the end of what it wrote to standard error, for the log."""

    exit_status: int
    output: bytes
    error: str


def run_tool(
    command: tuple[str, ...],
    workdir: Path,
    limits: Limits,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run `command` in `workdir` and wait for it.

    `on_line` gets each line of standard output as it comes; without it the output is collected, 8 MiB at most.
    Raises StepTimedOut when the run takes longer than its limit, ToolKilled when somebody else ended it; the
    process is gone by then.
    """
    deadline = time.monotonic() + limits.timeout_s
    cpu_s = int(limits.timeout_s * 64) + 1  # a backstop against a tool that ignores the deadline on many cores
    prefix = (
        *guard_command(),
        *limit_command(cpu_s=cpu_s, memory_bytes=limits.memory_bytes, output_bytes=limits.output_bytes),
        *nice_command(limits.niceness),
    )
    with (workdir / "stderr").open("w+b") as stderr:
        process = subprocess.Popen(
            (*prefix, *command),
            cwd=workdir,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        try:
            assert process.stdout is not None  # noqa: S101  # PIPE was asked for; this is for the type checker
            output = _read_until_end(process.stdout, deadline, on_line)
            exit_status = process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise StepTimedOut("Processing this file took too long.") from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if exit_status == -signal.SIGKILL:
            raise ToolKilled("Something went wrong here while processing this file; please upload it again.")
        return Finished(exit_status=exit_status, output=output, error=_tail(stderr))


def _read_until_end(stream: IO[bytes], deadline: float, on_line: Callable[[str], None] | None) -> bytes:
    """All of the stream, or with `on_line` an empty string after the last line was handed over."""
    collected, rest = bytearray(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0 or not selector.select(remaining_s):
                raise TimeoutError
            chunk = stream.read1(_READ_BYTES)  # type: ignore[attr-defined]  # a pipe's reader is a BufferedReader
            if not chunk:
                return bytes(collected)
            if on_line is None:
                collected += chunk[: _OUTPUT_MAX_BYTES - len(collected)]
                continue
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                on_line(line.decode("ascii", "replace").strip())


def _tail(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, 2)
    stderr.seek(max(0, size - _ERROR_TAIL_BYTES))
    return stderr.read().decode("utf-8", "replace").strip()


def ffmpeg_progress(duration_s: float | None, on_fraction: Callable[[float], None]) -> Callable[[str], None]:
    """A reader of `-progress` lines that hands on the share of `duration_s` written so far, 0 to 1.

    FFmpeg writes `out_time_us=N` (or N/A before the first packet) every half second.
    """

    def read(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and duration_s and value.lstrip("-").isdigit():
            on_fraction(min(1.0, max(0.0, int(value) / 1e6 / duration_s)))

    return read

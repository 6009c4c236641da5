"""The only place that starts a tool: shut in, under limits, with a deadline, with live progress.

A tool gets an empty environment, no standard input, the job's folder as its working directory, and dies with the
process that started it. Nothing here knows what a tool does; who calls reads the exit status and the output.
"""

import os
import selectors
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from mediacrush.errors import SettingsError, StepFailed, StepTimedOut, ToolKilled
from mediacrush.pipeline import sandbox
from mediacrush.pipeline.sandbox import Allowance
from mediacrush.pipeline.tools import Tools
from mediacrush.settings import SandboxRule

_READ_BYTES = 65536
_OUTPUT_MAX_BYTES = 8 * 2**20
_ERROR_TAIL_BYTES = 2000
# Of a line that does not end.
_LINE_MAX_BYTES = 65536
# No tool of ours keeps more cores than this busy from start to end.
_CORES_MAX = 16
# How often the processes of a tool and its files are counted. A fork bomb makes some thousands in that time.
_COUNT_INTERVAL_S = 0.25
# No step makes a tenth as many, nor files that together are twice as large as one may be.
_FILES_MAX, _FILES_BYTES = 1000, 2
# With less than this left for everybody, a tool that holds on to files without a name is ended, too.
_SPACE_LEFT_BYTES = 64 * 2**20
# Ending a namespace of thousands of processes takes the kernel a second or two.
_END_S = 10.0
# What a shell and bubblewrap make of a signal that ended the command: 128 and its number.
_SIGNALLED = range(129, 160)
_TRY_S = 30.0
_BLOCK_BYTES = 512  # of `st_blocks`


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
    sandbox: SandboxRule = SandboxRule.AUTO

    @property
    def cpu_s(self) -> int:
        """CPU seconds: what the cores can give until the deadline, should nobody be there to hold to it."""
        return int(self.timeout_s * min(os.cpu_count() or 1, _CORES_MAX)) + 1


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
    """Run `command` in `workdir` and wait for it. Afterwards there are only plain files and folders in `workdir`.

    `on_line` gets each line of standard output as it comes; without it the output is collected, 8 MiB at most.
    Raises StepTimedOut when the run takes longer than its limit, StepFailed when it makes too many processes, files
    or bytes, ToolKilled when somebody else ended it, it could not be started or the disk is full; the process is
    gone by then.
    """
    deadline = time.monotonic() + limits.timeout_s
    confinement = sandbox.confinement_for(limits.sandbox)
    allowance = Allowance(
        cpu_s=max(1, limits.cpu_s),
        memory_bytes=limits.memory_bytes,
        output_bytes=limits.output_bytes,
        processes=sandbox.process_limit(),
        niceness=limits.niceness,
    )
    with sandbox.filter_for(confinement) as filter_fd:
        process = subprocess.Popen(
            sandbox.confined(
                confinement,
                command,
                workdir,
                allowance,
                read_only=_shared_files(workdir),
                filter_fd=filter_fd,
                machine=sandbox.this_machine(),
            ),
            cwd=workdir,
            env={},
            pass_fds=() if filter_fd is None else (filter_fd,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    try:
        watch = _Watch(process, deadline, allowance, workdir, has_namespace=confinement.is_bubblewrap)
        output, error = _read_until_end(process, watch, on_line)
        exit_status = watch.wait()
    finally:
        _end(process, has_namespace=confinement.is_bubblewrap)
        _sweep(workdir)
    if confinement.is_bubblewrap and exit_status in _SIGNALLED:
        exit_status = 128 - exit_status
    if exit_status == -signal.SIGXCPU:
        raise _timed_out()
    if exit_status == -signal.SIGKILL or (confinement.is_bubblewrap and error.startswith("bwrap: ")):
        raise _killed()
    return Finished(exit_status=exit_status, output=output, error=error)


def prepare_sandbox(tools: Tools, rule: SandboxRule) -> str | None:
    """Find out what holds the tools here, and that they run in it; a note for the operator, or None.

    Raises SettingsError when the rule requires what does not work, or a tool does not start.
    """
    confinement = sandbox.confinement_for(rule)
    for name, program in (("FFMPEG", tools.ffmpeg), ("FFPROBE", tools.ffprobe)):
        with tempfile.TemporaryDirectory() as folder:
            finished = run_tool(
                (*program, "-version"), Path(folder).resolve(), Limits(timeout_s=_TRY_S, sandbox=rule)
            )
        if finished.exit_status != 0:
            raise SettingsError(
                f"{name.lower()} does not start ({finished.error.splitlines()[-1:]}): set MEDIACRUSH_{name} to a "
                "static program, or to one with its libraries under /usr or in lib beside its bin."
            )
    return sandbox.note(confinement)


class _Watch:
    """The deadline of a run, and from time to time a count of what no limit of the kernel's counts: root's
    processes, and the files in the folder together."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        deadline: float,
        allowance: Allowance,
        workdir: Path,
        *,
        has_namespace: bool,
    ) -> None:
        self._process = process
        self._deadline = deadline
        self._allowance = allowance
        self._workdir = workdir
        self._counts_processes = has_namespace and os.geteuid() == 0
        self._next_count = time.monotonic() + _COUNT_INTERVAL_S

    def pause_s(self) -> float:
        """How long may be waited until the next call of this. Raises StepTimedOut, StepFailed and ToolKilled."""
        now = time.monotonic()
        if now >= self._deadline:
            raise _timed_out()
        if now >= self._next_count:
            self._count()
            self._next_count = time.monotonic() + _COUNT_INTERVAL_S
        return min(self._deadline, self._next_count) - now

    def _count(self) -> None:
        limit = self._allowance.processes
        files, size_bytes = _count_files(self._workdir)
        if (
            (self._counts_processes and _count_processes(self._process.pid, limit) > limit)
            or files > _FILES_MAX
            or size_bytes > _FILES_BYTES * self._allowance.output_bytes
        ):
            raise StepFailed("This file asks for more than can be done for it here.")
        if shutil.disk_usage(self._workdir).free < _SPACE_LEFT_BYTES:
            raise _killed()

    def wait(self) -> int:
        """The exit status, when it has ended."""
        while True:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(timeout=self.pause_s())


def _timed_out() -> StepTimedOut:
    return StepTimedOut("Processing this file took too long.")


def _killed() -> ToolKilled:
    return ToolKilled("Something went wrong here while processing this file; please upload it again.")


def _shared_files(workdir: Path) -> list[str]:
    """Names of the files that are hard links: what storage holds too, the tool must not change."""
    with os.scandir(workdir) as entries:
        return [e.name for e in entries if e.is_file(follow_symlinks=False) and e.stat().st_nlink > 1]


def _sweep(workdir: Path) -> None:
    """Remove what is neither file nor folder: we follow no link and open no pipe that a tool laid out for us."""
    folders = [str(workdir)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    folders.append(entry.path)
                elif not stat.S_ISREG(mode):
                    os.unlink(entry.path)  # noqa: PTH108  # the entry of a scan has no Path


def _end(process: subprocess.Popen[bytes], *, has_namespace: bool) -> None:
    """Have it and all of its namespace gone, and the pipes closed."""
    if process.poll() is None:
        first = _namespace_init(process.pid) if has_namespace else None
        if first is not None:
            # Bubblewrap outside ends when the kernel has ended everything in the namespace.
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_END_S)
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _namespace_init(pid: int) -> int | None:
    """The first process of the namespace that bubblewrap, `pid`, has made; None before it has."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return None


def _count_processes(pid: int, enough: int) -> int:
    """How many processes and threads `pid` and what it started have, as seen from here; counting stops at `enough`.

    Not by the namespace's own /proc: until bubblewrap has mounted that, what stands there is ours.
    """
    total, found = 0, [pid]
    while found and total <= enough:
        folder = Path(f"/proc/{found.pop()}/task")
        with suppress(OSError, ValueError):
            threads = os.listdir(folder)  # noqa: PTH208  # thousands of them, in no time
            total += len(threads)
            for thread in threads[: enough + 1]:
                found += map(int, (folder / thread / "children").read_text().split())
    return total


def _count_files(workdir: Path) -> tuple[int, int]:
    """How many entries there are in a job's folder, as far as they may be, and the bytes on disk of those that the
    tool can write."""
    files = size_bytes = 0
    with os.scandir(workdir) as entries:
        for entry in islice(entries, _FILES_MAX + 1):
            files += 1
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                size_bytes += _BLOCK_BYTES * status.st_blocks if status.st_nlink == 1 else 0
    return files, size_bytes


def _read_until_end(
    process: subprocess.Popen[bytes], watch: _Watch, on_line: Callable[[str], None] | None
) -> tuple[bytes, str]:
    """Standard output (none of it with `on_line`, which got every whole line), and the end of standard error."""
    collected, rest, error = bytearray(), b"", b""
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            selector.register(_fd(pipe), selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(watch.pause_s()):
                chunk = os.read(key.fd, _READ_BYTES)
                if not chunk:
                    selector.unregister(key.fd)
                elif key.fd == _fd(process.stderr):
                    error = (error + chunk)[-_ERROR_TAIL_BYTES:]
                elif on_line is None:
                    collected += chunk[: _OUTPUT_MAX_BYTES - len(collected)]
                else:
                    *lines, rest = (rest + chunk).split(b"\n")
                    rest = rest[:_LINE_MAX_BYTES]
                    for line in lines:
                        on_line(line.decode("ascii", "replace").strip())
    return bytes(collected), error.decode("utf-8", "replace").strip()


def _fd(pipe: IO[bytes] | None) -> int:
    assert pipe is not None  # noqa: S101  # both are pipes; this is for the type checker
    return pipe.fileno()


def ffmpeg_progress(
    duration_s: float | None, on_fraction: Callable[[float], None], begins_s: float = 0.0
) -> Callable[[str], None]:
    """A reader of `-progress` lines that hands on the share of `duration_s` written so far, 0 to 1, of what begins
    at `begins_s`.

    FFmpeg writes `out_time_us=N` (or N/A before the first packet) every half second.
    """

    def read(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and duration_s and value.lstrip("-").isdigit():
            on_fraction(min(1.0, max(0.0, (int(value) / 1e6 - begins_s) / duration_s)))

    return read

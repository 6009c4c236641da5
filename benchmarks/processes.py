"""What the kernel knows of processes: their children, CPU time and memory (Linux, /proc)."""

import ctypes
import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Positions in /proc/<pid>/stat behind the name, which stands in parentheses and may hold blanks (proc(5)).
_PARENT, _OWN_CPU, _CHILDREN_CPU = 1, slice(11, 13), slice(13, 15)
# Positions in the first line of /proc/stat: all but idle, waiting and what guests took, which is counted already.
_BUSY = (0, 1, 2, 5, 6, 7)
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_RESET_PEAK = "5"
_START_S, _STOP_S, _POLL_S = 60.0, 60.0, 0.05


def children(pid: int) -> list[int]:
    """The processes that this process started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and int(_stat(int(folder.name))[_PARENT]) == pid:
                found.append(int(folder.name))
    return found


def command_line(pid: int) -> str:
    """Program and arguments, a blank between them; empty when the process is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def cpu_s(pids: Iterable[int], *, with_children: bool = False) -> float:
    """CPU seconds that these processes have used, user and system; with those of children they have waited for."""
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        used = [*fields[_OWN_CPU], *(fields[_CHILDREN_CPU] if with_children else [])]
        ticks += sum(map(int, used))
    return ticks / _TICKS_PER_S


def busy_cpu_s() -> float:
    """CPU seconds that all processes of this machine have used since it started, and those that the machine it
    runs on gave to others (proc_stat(5))."""
    fields = Path("/proc/stat").read_text().split("\n", maxsplit=1)[0].split()[1:]
    ticks = sum(int(fields[place]) for place in _BUSY)
    return ticks / _TICKS_PER_S


def adopt_orphans() -> None:
    """Have this process become the parent of what its descendants leave behind (Linux).

    Bubblewrap ends without waiting for the tools it held, so their CPU seconds are in no worker's account.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "The kernel hands no orphans to this process.")


def adopted_cpu_s() -> float:
    """CPU seconds of all children of this process that have ended, the adopted ones with them."""
    for pid in children(os.getpid()):
        if not command_line(pid):  # it has ended and waits to be looked at
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def reset_peak(pid: int) -> None:
    """Have the kernel forget the peak memory of this process so far."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def peak_bytes(pid: int) -> int:
    """Peak resident memory (VmHWM) since the start or the last reset."""
    return _status_bytes(pid, "VmHWM:")


def resident_bytes(pid: int) -> int:
    """Resident memory at this moment."""
    return _status_bytes(pid, "VmRSS:")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(process: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until `url` answers; False when the process ends before that, or a minute passes."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(URLError, OSError), urlopen(url, timeout=5):  # noqa: S310  # our own http:// address
            return True
        time.sleep(_POLL_S)
    return False


def stop(process: subprocess.Popen[bytes], signum: int) -> None:
    """Ask the process to end and wait for it; after a minute end it."""
    if process.poll() is None:
        process.send_signal(signum)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _status_bytes(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

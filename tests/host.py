"""A Debian host of its own, with systemd as its first process, for what only root may do on a fresh machine.

It is this machine seen through an overlay: what is installed or written there lies in memory, and is gone with it.
Namespaces keep its processes, mounts and names apart; the network is this machine's, since packages come over it.
"""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.minute import A_MINUTE_S

_SYSTEMD = "/lib/systemd/systemd"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Hardware, network and logins are this machine's business; nginx starts when we say so.
_MASKED = (
    "systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service "
    "systemd-networkd.service systemd-resolved.service systemd-logind.service"
)
_BOOT = f"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1"/upper "$1"/work "$1"/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs tmpfs "$folder"; done
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mount --bind "$2" mnt
mkdir dev/shm dev/pts tmp/outside
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
: > etc/machine-id
for unit in {_MASKED}; do ln -sf /dev/null "etc/systemd/system/$unit"; done
pivot_root . tmp/outside
umount -l /tmp/outside
exec env -i container=mediacrush PATH={_PATH} {_SYSTEMD} --system --unit=basic.target --log-target=journal
"""


class Host:
    """A context manager: the host is up while it lasts. `folder` must be empty; `shared` is its /mnt."""

    def __init__(self, folder: Path, shared: Path) -> None:
        self._folder, self._shared = folder, shared

    def __enter__(self) -> Self:
        flags = ("--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child")
        with (self._folder.parent / "boot.log").open("wb") as log:
            self._boot = subprocess.Popen(
                [
                    "/usr/bin/unshare",
                    *flags,
                    "/bin/bash",
                    "-c",
                    _BOOT,
                    "boot",
                    str(self._folder),
                    str(self._shared),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + A_MINUTE_S
        while not self._is_up():
            assert time.monotonic() < deadline, "systemd did not come up"
            time.sleep(0.1)
        return self

    def __exit__(self, *error: object) -> None:
        first = self._systemd()
        if first is not None:
            os.kill(first, signal.SIGKILL)  # every process there ends with it
        self._boot.kill()
        self._boot.wait()

    def run(self, *command: str, cwd: Path | str = "/", check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command there, as root, until it ends; what it said on both channels is its `stdout`."""
        enter = ["/usr/bin/nsenter", f"--target={self._systemd()}", "--all", f"--wdns={cwd}"]
        finished = subprocess.run(
            [*enter, "env", "-i", f"PATH={_PATH}", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or finished.returncode == 0, f"{command}: {finished.stdout}\n{self.journal()}"
        return finished

    def journal(self, *units: str) -> str:
        """The last lines that these units, or all of them, have said."""
        chosen = [word for unit in units for word in ("--unit", unit)]
        enter = ["/usr/bin/nsenter", f"--target={self._systemd()}", "--all"]
        command = [*enter, "journalctl", "--no-pager", "--lines=60", "--output=cat", *chosen]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def path(self, path: str) -> Path:
        """Where a file of that host lies for this one."""
        return Path(f"/proc/{self._systemd()}/root{path}")

    def _systemd(self) -> int | None:
        """The number, here, of that host's first process."""
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def _is_up(self) -> bool:
        assert self._boot.poll() is None, (self._folder.parent / "boot.log").read_text()
        pid = self._systemd()
        if pid is None or _SYSTEMD not in Path(f"/proc/{pid}/cmdline").read_text():
            return False
        answer = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return answer in ("running", "degraded")


def missing() -> str | None:
    """Why no such host can be made here, or None."""
    if os.geteuid() != 0:
        return "only root may make a host of its own"
    if not Path(_SYSTEMD).exists():
        return "no systemd here"
    return None

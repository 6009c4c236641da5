"""Several machines on this one: network namespaces, each a host with an address of its own, joined by a bridge."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

_IP = "/sbin/ip"
_GONE_S = 30


class Network:
    """A context manager: hosts that see each other and that this process sees, as 198.18.x.254. On leaving,
    everything in them is ended and nothing of them stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"mc{os.getpid()}"
        # A range for such networks (RFC 2544), so that none is hidden that this machine needs.
        self.net = f"198.18.{os.getpid() % 256}"
        self.hosts: list[Host] = []
        self._switch = f"{self.mark}-switch"

    def __enter__(self) -> Self:
        ip("netns", "add", self._switch)
        ip("-n", self._switch, "link", "add", "bridge", "type", "bridge", "forward_delay", "0")
        ip("-n", self._switch, "link", "set", "bridge", "up")
        ip("link", "add", self.mark, "type", "veth", "peer", "name", "outside", "netns", self._switch)
        ip("-n", self._switch, "link", "set", "outside", "master", "bridge", "up")
        ip("addr", "add", f"{self.net}.254/24", "dev", self.mark)
        ip("link", "set", self.mark, "up")
        return self

    def __exit__(self, *error: object) -> None:
        for host in self.hosts:
            host.end_all()
            ip("netns", "del", host.namespace)
        ip("netns", "del", self._switch)

    def host(self, name: str) -> "Host":
        """One more host."""
        host = Host(self, name, len(self.hosts) + 1)
        ip("netns", "add", host.namespace)
        self.hosts.append(host)
        ip(
            "link",
            "add",
            "eth0",
            "netns",
            host.namespace,
            "type",
            "veth",
            "peer",
            "name",
            name,
            "netns",
            self._switch,
        )
        ip("-n", self._switch, "link", "set", name, "master", "bridge", "up")
        ip("-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", host.namespace, "link", "set", device, "up")
        return host

    def plug(self, name: str, *, is_in: bool) -> None:
        """Put a host's cable in or pull it."""
        ip("-n", self._switch, "link", "set", name, "up" if is_in else "down")


class Host:
    """One of them. What it keeps lies in `folder`, which nobody else looks at."""

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.name = name
        self.address = f"{network.net}.{number}"
        self.namespace = f"{network.mark}-{name}"
        self.folder = network.folder / name
        self.folder.mkdir()
        self._network = network
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self, command: list[str], environment: Mapping[str, str], cwd: Path) -> None:
        """Start a program there; what it prints is kept in its folder."""
        with (self.folder / "log").open("ab") as log:
            self._children.append(
                subprocess.Popen(
                    [_IP, "netns", "exec", self.namespace, *command],
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    @property
    def log(self) -> str:
        """What its programs have printed."""
        return (self.folder / "log").read_text()

    def commands(self) -> dict[int, str]:
        """What runs there: number and command line of each process."""
        found = {}
        for pid in ip("netns", "pids", self.namespace).split():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            found[int(pid)] = b" ".join(words).decode(errors="replace")
        return found

    def die(self) -> None:
        """The power goes: no goodbye to anybody, not even of the kernel's."""
        self._network.plug(self.name, is_in=False)
        self.end_all()

    def come_back(self) -> None:
        """The cable is in again; nothing runs yet."""
        self._network.plug(self.name, is_in=True)

    def end_all(self) -> None:
        """SIGKILL everything there."""
        deadline = time.monotonic() + _GONE_S
        while pids := self.commands():
            assert time.monotonic() < deadline, f"{pids} cannot be ended"
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.02)
        for child in self._children:
            child.wait()
        self._children.clear()


def ip(*arguments: str) -> str:
    """What iproute2 says."""
    done = subprocess.run([_IP, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout

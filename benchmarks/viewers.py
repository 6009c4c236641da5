"""A crowd in one process: thousands of viewers, each with a connection, who take films at their own pace.

A program of its own, as load.py is: `python -I benchmarks/viewers.py PORT ...` prints what they saw as JSON. What a
viewer receives of a body is dropped in the kernel (MSG_TRUNC), so a crowd costs little beside its server.
"""

import argparse
import heapq
import json
import random
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_HOST = "127.0.0.1"
_HEAD_BYTES, _READ_BYTES = 4096, 1 << 20
_HEAD_END = b"\r\n\r\n"
_SINK = bytearray(_READ_BYTES)
# Connections that are opened before the loop looks at those that are open: no more than a backlog holds.
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a viewer takes a film: `piece_bytes` at most, then a pause of `pause_s`."""

    piece_bytes: int
    pause_s: float


@dataclass(slots=True)
class Seen:
    """What all of them saw: `errors` by kind, seconds until each answer to a request without a range was whole."""

    answers: int = 0
    received_bytes: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    pages_s: list[float] = field(default_factory=list)
    most_at_once: int = 0

    def fail(self, kind: str) -> None:
        """Count an error."""
        self.errors[kind] = self.errors.get(kind, 0) + 1


class Viewer:
    """One person: a connection, and requests one after the other. Paced answers are those to ranges."""

    def __init__(self, port: int, requests: Iterator[tuple[bytes, bytes, bool]], pace: Pace, seen: Seen) -> None:
        self._requests, self._pace, self._seen = requests, pace, seen
        self.socket = socket.socket()
        # A viewer who takes little at a time has a small buffer; else the kernel takes the film for them.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, min(pace.piece_bytes, 1 << 18))
        self.socket.settimeout(60)
        self.socket.connect((_HOST, port))
        self.socket.setblocking(False)

    def ask(self) -> bool:
        """Send the next request; False when there is none left."""
        found = next(self._requests, None)
        if found is None:
            return False
        request, self._status, self._is_paced = found
        self._head, self._missing_bytes = b"", 0
        self._begun = time.perf_counter()
        self.socket.send(request)
        return True

    def receive(self) -> float | None:
        """Take what has come; the pause in seconds before the next look, None when the answer is whole.

        Raises ConnectionError when it breaks off, ValueError for another status than was expected.
        """
        taken = 0
        limit = self._pace.piece_bytes if self._is_paced else sys.maxsize
        while taken < limit:
            try:
                if not self._missing_bytes:
                    taken += self._receive_head()
                else:
                    wanted = min(self._missing_bytes, _READ_BYTES, limit - taken)
                    count = self.socket.recv_into(_SINK, wanted, socket.MSG_TRUNC)
                    if not count:
                        raise ConnectionError
                    self._missing_bytes -= count
                    taken += count
            except BlockingIOError:
                self._seen.received_bytes += taken
                return 0.0
            if self._head and not self._missing_bytes:
                self._seen.received_bytes += taken
                self._seen.answers += 1
                if not self._is_paced:
                    self._seen.pages_s.append(time.perf_counter() - self._begun)
                return None
        self._seen.received_bytes += taken
        return self._pace.pause_s

    def _receive_head(self) -> int:
        block = self.socket.recv(_HEAD_BYTES)
        if not block:
            raise ConnectionError
        head, end, body = block.partition(_HEAD_END)
        if not end or head.split(b" ", 2)[1] != self._status:
            raise ValueError(head.split(b"\r\n", 1)[0].decode("latin-1"))
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        length = next(value for name, _, value in lines if name.lower() == b"content-length")
        self._head = head
        self._missing_bytes = int(length) - len(body)
        return len(block)


def watch(port: int, count: int, requests: list[tuple[bytes, bytes, bool]], pace: Pace, arrive_s: float) -> Seen:
    """Have `count` viewers come within `arrive_s` seconds, each ask all `requests`, and leave."""
    seen, poll = Seen(), select.epoll()
    viewers: dict[int, Viewer] = {}
    chance = random.Random(1)  # noqa: S311  # when people arrive, the same in every run
    # When somebody does something next: a new viewer (no descriptor), or one whose pause is over.
    begun = time.monotonic()
    calendar: list[tuple[float, int]] = sorted((begun + chance.uniform(0, arrive_s), -1) for _ in range(count))

    def leave(descriptor: int) -> None:
        viewers.pop(descriptor).socket.close()

    def step(descriptor: int, viewer: Viewer) -> None:
        try:
            pause_s = viewer.receive()
            if pause_s is None:
                if not viewer.ask():
                    leave(descriptor)
                    return
                pause_s = 0.0
        except (OSError, ValueError, StopIteration) as error:
            seen.fail(str(error) or type(error).__name__)
            leave(descriptor)
            return
        if pause_s:
            # Everybody's pause is a little different, or they would all come back at once.
            heapq.heappush(calendar, (time.monotonic() + pause_s * chance.uniform(0.8, 1.2), descriptor))
        else:
            poll.modify(descriptor, select.EPOLLIN | select.EPOLLONESHOT)

    while calendar or viewers:
        arrived = 0
        while calendar and calendar[0][0] <= time.monotonic() and arrived < _AT_ONCE:
            _, descriptor = heapq.heappop(calendar)
            if descriptor >= 0:
                if viewer := viewers.get(descriptor):
                    step(descriptor, viewer)
                continue
            arrived += 1
            try:
                viewer = Viewer(port, iter(requests), pace, seen)
                viewer.ask()
            except OSError as error:
                seen.fail(type(error).__name__)
                continue
            viewers[viewer.socket.fileno()] = viewer
            poll.register(viewer.socket.fileno(), select.EPOLLIN | select.EPOLLONESHOT)
            seen.most_at_once = max(seen.most_at_once, len(viewers))
        wait_s = max(0.0, calendar[0][0] - time.monotonic()) if calendar else 60.0
        events = poll.poll(wait_s, maxevents=256)
        if not events and not calendar:
            for descriptor in list(viewers):
                seen.fail("silence")
                leave(descriptor)
        for descriptor, _ in events:
            if viewer := viewers.get(descriptor):
                step(descriptor, viewer)
    return seen


def main() -> int:
    """Run as the arguments say and print what was seen as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--viewers", type=int, required=True)
    parser.add_argument("--arrive", type=float, required=True, help="seconds within which all of them come")
    parser.add_argument("--page", action="append", default=[], help="path that each of them asks for first")
    parser.add_argument("--film", required=True, help="path of what they watch")
    parser.add_argument("--range", type=int, required=True, help="bytes of a range")
    parser.add_argument("--ranges", type=int, required=True, help="how many of them each asks for")
    parser.add_argument("--piece", type=int, required=True, help="bytes taken at once")
    parser.add_argument("--pause", type=float, required=True, help="seconds between two pieces")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ranges = [
        (options.film, f"Range: bytes={n * options.range}-{(n + 1) * options.range - 1}", b"206", True)
        for n in range(options.ranges)
    ]
    pages = [(path, "Accept: */*", b"200", False) for path in options.page]
    requests = [
        (f"GET {path} HTTP/1.1\r\nHost: {_HOST}:{options.port}\r\n{line}\r\n\r\n".encode(), status, is_paced)
        for path, line, status, is_paced in [*pages, *ranges]
    ]
    begun = time.monotonic()
    pace = Pace(piece_bytes=options.piece, pause_s=options.pause)
    seen = watch(options.port, options.viewers, requests, pace, options.arrive)
    times = sorted(seen.pages_s) or [0.0]
    print(
        json.dumps(
            {
                "answers": seen.answers,
                "expected": options.viewers * len(requests),
                "received_bytes": seen.received_bytes,
                "errors": seen.errors,
                "most_at_once": seen.most_at_once,
                "page_p50_s": times[len(times) // 2],
                "page_p99_s": times[len(times) * 99 // 100],
                "took_s": time.monotonic() - begun,
                "cpu_s": time.process_time(),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A small load generator: one request again and again, or some in turn, over a few kept-alive connections.

A program of its own (`python -I benchmarks/load.py ...`), so that it takes nothing from the process that measures.
Answers to one request have one length, so a whole answer is recognised by counting: about 20 us of CPU a request,
against several hundred of the server.
"""

import argparse
import itertools
import json
import select
import socket
import sys
import time
from collections.abc import Iterator

_READ_BYTES = 1 << 20
_HEAD_END = b"\r\n\r\n"
_NO_BODY = b"304"


class _Connection:
    """One kept-alive connection with one request under way."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes]) -> None:
        self._requests = requests
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self.send()

    def send(self) -> None:
        """Begin the next request."""
        self.begun = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self, expected_bytes: int) -> bytes | None:
        """What has come of the answer, when it is whole; raises ConnectionError when the server hangs up."""
        block = self.socket.recv(_READ_BYTES)
        if not block:
            raise ConnectionError
        if len(block) == expected_bytes and not self._received:
            return block
        self._received += block
        if len(self._received) < _whole_length(self._received):
            return None
        answer, self._received = bytes(self._received), bytearray()
        return answer


def _whole_length(received: bytearray) -> int:
    """The length of the answer that begins with these bytes; one more than there are when that is not known yet."""
    head, end, _ = received.partition(_HEAD_END)
    if not end:
        return len(received) + 1
    status = bytes(head.split(b" ", 2)[1])
    if status == _NO_BODY:
        return len(head) + len(end)
    lines = bytes(head).lower().split(b"\r\n")
    length = next(line for line in lines if line.startswith(b"content-length:"))
    return len(head) + len(end) + int(length.partition(b":")[2])


def run(
    address: tuple[str, int],
    requests: list[bytes],
    *,
    status: int,
    connections: int,
    warm_up_s: float,
    duration_s: float,
) -> dict[str, float]:
    """Send these in turn for `warm_up_s` and then `duration_s` seconds; what the second phase did, and all requests
    in `all`.

    Raises RuntimeError for an answer with another status.
    """
    good = f"HTTP/1.1 {status} ".encode()
    poll = select.epoll()
    clients: dict[int, _Connection] = {}
    in_turn = itertools.cycle(requests)

    def connect() -> None:
        client = _Connection(address, in_turn)
        clients[client.socket.fileno()] = client
        poll.register(client.socket.fileno(), select.EPOLLIN)

    for _ in range(connections):
        connect()
    latencies: list[float] = []
    answered, expected_bytes = 0, 0
    counted_from = time.perf_counter() + warm_up_s
    end = counted_from + duration_s
    now = time.perf_counter()
    while now < end:
        for descriptor, _ in poll.poll(end - now):
            client = clients[descriptor]
            try:
                answer = client.receive(expected_bytes)
            except ConnectionError:
                poll.unregister(descriptor)
                clients.pop(descriptor).socket.close()
                connect()
                continue
            if answer is None:
                continue
            if not answer.startswith(good):
                raise RuntimeError(f"Answered with {answer[:100]!r}")
            expected_bytes = len(answer)
            answered += 1
            now = time.perf_counter()
            if now >= counted_from:
                latencies.append(now - client.begun)
            client.send()
        now = time.perf_counter()
    latencies.sort()
    return {
        "per_s": len(latencies) / duration_s,
        "p50_s": latencies[len(latencies) // 2],
        "p99_s": latencies[len(latencies) * 99 // 100],
        "all": answered,
        "cpu_s": time.process_time(),
        "answer_bytes": expected_bytes,
    }


def main() -> int:
    """Run as the arguments say and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("paths", nargs="+", metavar="path")
    parser.add_argument("--header", action="append", default=[], help="Name: value")
    parser.add_argument("--status", type=int, default=200, help="the status every answer must have")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--warm-up", type=float, default=0.5, help="seconds that are not counted")
    parser.add_argument("--duration", type=float, default=2.0, help="seconds")
    options = parser.parse_args()
    lines = [f"Host: {options.host}:{options.port}", *options.header, "", ""]
    result = run(
        (options.host, options.port),
        ["\r\n".join([f"GET {path} HTTP/1.1", *lines]).encode() for path in options.paths],
        status=options.status,
        connections=options.connections,
        warm_up_s=options.warm_up,
        duration_s=options.duration,
    )
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

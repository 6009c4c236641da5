"""Taking in the bytes of one upload in constant memory, hashed on the way."""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

from mediacrush.errors import BackendUnavailable, TooLarge
from mediacrush.model.sizes import size_text
from mediacrush.pipeline.probe import SNIFF_BYTES

# Small pieces are joined to blocks of this size: hashlib and write() release the interpreter for as long.
_BLOCK_BYTES = 256 * 1024
# Blocks that may wait for a thread; with the one it works on, what an upload holds in memory.
_WAITING_BLOCKS = 8
# The disk begins to write while more arrives, so that little is left to wait for at the end.
_FLUSH_BYTES = 16 * 2**20


def file_too_large(max_bytes: int) -> TooLarge:
    """The error for a file of more than `max_bytes`, known from its declared length or from what arrived."""
    return TooLarge(f"This file is larger than the {size_text(max_bytes)} that this site takes.")


def drop_abandoned(folder: Path, older_than_s: float) -> None:
    """Remove what processes that were killed have left in a folder for bodies of uploads."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > older_than_s:
                path.unlink()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledFile:
    """A whole upload on disk. `head` are its first bytes, enough to recognise it by."""

    path: Path
    size_bytes: int
    md5: bytes
    sha256: bytes
    head: bytes


class Spool:
    """A file that grows as the body arrives; a context manager that leaves nothing behind.

    MD5 is computed in one thread, SHA-256 and writing in another, while the caller waits for the network.
    `write` raises TooLarge as soon as the body is longer than `max_bytes`; it and `finish` raise BackendUnavailable
    when the disk does not take it.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._path = folder / uuid4().hex
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._flushed_bytes = 0
        self._pieces: list[bytes] = []
        self._pieces_bytes = 0
        self._head = b""
        # MD5 names, SHA-256 identifies (model/hashes.py): the name needs no strength.
        self._md5, self._sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        self._lines = (_Line(self._md5.update), _Line(self._store))

    def __enter__(self) -> Self:
        self._file = self._path.open("wb", buffering=0)
        for line in self._lines:
            line.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            line.end()
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Take in the next bytes."""
        self._size_bytes += len(data)
        if self._size_bytes > self._max_bytes:
            raise file_too_large(self._max_bytes)
        self._pieces.append(data)
        self._pieces_bytes += len(data)
        if self._pieces_bytes >= _BLOCK_BYTES:
            self._hand_over()

    def finish(self) -> SpooledFile:
        """The whole file; it is gone when the context ends."""
        self._hand_over()
        for line in self._lines:
            line.end()
        self._raise_trouble()
        return SpooledFile(
            path=self._path,
            size_bytes=self._size_bytes,
            md5=self._md5.digest(),
            sha256=self._sha256.digest(),
            head=self._head,
        )

    def _hand_over(self) -> None:
        block = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._pieces_bytes = [], 0
        self._head = self._head or block[:SNIFF_BYTES]
        self._raise_trouble()
        for line in self._lines:
            line.put(block)

    def _raise_trouble(self) -> None:
        for line in self._lines:
            if line.trouble is not None:
                raise BackendUnavailable(
                    "The disk here is full or broken; please try again later."
                ) from line.trouble

    def _store(self, block: bytes) -> None:
        self._sha256.update(block)
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
        end = self._file.tell()
        if end - self._flushed_bytes >= _FLUSH_BYTES:
            # On Linux this starts the writing of what is dirty, and waits for nothing.
            os.posix_fadvise(
                self._file.fileno(), self._flushed_bytes, end - self._flushed_bytes, os.POSIX_FADV_DONTNEED
            )
            self._flushed_bytes = end


class _Line:
    """A thread that does one thing to every block, in order. `trouble` is the error that stopped it; then it takes
    blocks all the same and drops them, so that nobody waits for it."""

    def __init__(self, work: Callable[[bytes], object]) -> None:
        self._work = work
        self._blocks: Queue[bytes | None] = Queue(_WAITING_BLOCKS)
        self._thread = Thread(target=self._run, name="spool", daemon=True)
        self.trouble: OSError | None = None

    def start(self) -> None:
        """Begin to take blocks."""
        self._thread.start()

    def put(self, block: bytes) -> None:
        """Hand over a block; waits while too many are waiting."""
        self._blocks.put(block)

    def end(self) -> None:
        """Wait until all that was handed over is done. Again is harmless."""
        if self._thread.is_alive():
            self._blocks.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (block := self._blocks.get()) is not None:
            if self.trouble is None:
                try:
                    self._work(block)
                except OSError as error:
                    self.trouble = error

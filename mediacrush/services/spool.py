"""Taking in the bytes of one upload in constant memory, hashed on the way."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from mediacrush.errors import BackendUnavailable, TooLarge
from mediacrush.model.sizes import size_text
from mediacrush.pipeline.probe import SNIFF_BYTES

# Digests and disk each have a thread: hashlib and write() release the interpreter for blocks of this size.
_BLOCK_BYTES = 2**20
# The disk is told to write while more arrives, so that little is left to wait for at the end.
_FLUSH_BYTES = 64 * 2**20


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

    `write` raises TooLarge as soon as the body is longer than `max_bytes`; it and `finish` raise BackendUnavailable
    when the disk does not take it.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._path = folder / uuid4().hex
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._flushed_bytes = 0
        self._block = bytearray()
        self._head = b""
        # MD5 names, SHA-256 identifies (model/hashes.py): the name needs no strength.
        self._md5, self._sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        self._working: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._file = self._path.open("wb", buffering=0)
        self._threads = ThreadPoolExecutor(max_workers=3, thread_name_prefix="spool")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True)
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Take in the next bytes."""
        self._size_bytes += len(data)
        if self._size_bytes > self._max_bytes:
            raise TooLarge(f"This file is larger than the {size_text(self._max_bytes)} that this site takes.")
        self._block += data
        if len(self._block) >= _BLOCK_BYTES:
            self._hand_over()

    def finish(self) -> SpooledFile:
        """The whole file; it is gone when the context ends."""
        self._hand_over()
        self._wait()
        return SpooledFile(
            path=self._path,
            size_bytes=self._size_bytes,
            md5=self._md5.digest(),
            sha256=self._sha256.digest(),
            head=self._head,
        )

    def _hand_over(self) -> None:
        """Give a block to the threads as soon as they are done with the one before: at most two are in memory."""
        block, self._block = bytes(self._block), bytearray()
        self._head = self._head or block[:SNIFF_BYTES]
        self._wait()
        self._working = [
            self._threads.submit(self._md5.update, block),
            self._threads.submit(self._sha256.update, block),
            self._threads.submit(self._write, block),
        ]

    def _wait(self) -> None:
        try:
            for future in self._working:
                future.result()
        except OSError as error:
            raise BackendUnavailable("The disk here is full or broken; please try again later.") from error
        finally:
            self._working = []

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
        self._flushed_bytes += len(block)
        if self._flushed_bytes >= _FLUSH_BYTES:
            self._flushed_bytes = 0
            os.fdatasync(self._file.fileno())

"""Storage in a folder of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from uuid import uuid4

from mediacrush import metrics
from mediacrush.errors import BackendUnavailable
from mediacrush.storage.base import split_key

# Two characters spread a million media over 4,096 folders.
_SHARD_CHARACTERS = 2


class LocalStorage:
    """Keys as files under `root`: `public/CPvuR5lRhmS0.mp4` is `root/public/CP/CPvuR5lRhmS0.mp4`.

    Spool and jobs' folders should be on the same file system: then storing and fetching are hard links, at no cost.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, path: Path) -> None:
        with _reported():
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{uuid4().hex}")
            try:
                _link_or_copy(path, temporary)
                _sync(temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            _sync(target.parent)

    def fetch(self, key: str, path: Path) -> None:
        with _reported():
            try:
                _link_or_copy(self._path(key), path)
            except FileNotFoundError:
                raise KeyError(key) from None

    def exists(self, key: str) -> bool:
        return self.local_path(key) is not None

    def delete(self, key: str) -> None:
        with _reported():
            self._path(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[str]:
        with _reported(), suppress(FileNotFoundError):
            for folder in self._root.iterdir():
                for path in folder.glob("*/*"):
                    key = f"{folder.name}/{path.name}"
                    if key.startswith(prefix) and not path.name.startswith("."):
                        yield key

    def local_path(self, key: str) -> Path | None:
        path = self._path(key)
        with _reported(), suppress(FileNotFoundError):
            if S_ISREG(path.stat().st_mode):
                return path
        return None

    def signed_url(self, key: str, *, method: str = "GET", download_name: str | None = None) -> str | None:
        return None

    def hosts(self) -> tuple[str, ...]:
        return ()

    def _path(self, key: str) -> Path:
        folder, name = split_key(key)
        return self._root / folder / name[:_SHARD_CHARACTERS] / name


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        metrics.BACKEND_ERRORS.labels("storage").inc()
        raise BackendUnavailable("The storage cannot be written or read right now; please try again.") from error


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link, or where the file system has none (or it is another one) a copy."""
    try:
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        shutil.copyfile(source, target)


def _sync(path: Path) -> None:
    """Have what `path` names, a file's bytes or a folder's entries, written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

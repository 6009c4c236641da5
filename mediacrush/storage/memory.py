"""The fake that ships with the interface: a storage for tests that need no disk to survive."""

from collections.abc import Iterator
from pathlib import Path


class MemoryStorage:
    """Files in a dict."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def put(self, key: str, path: Path) -> None:
        self._files[key] = path.read_bytes()

    def fetch(self, key: str, path: Path) -> None:
        path.write_bytes(self._files[key])

    def exists(self, key: str) -> bool:
        return key in self._files

    def delete(self, key: str) -> None:
        self._files.pop(key, None)

    def list(self, prefix: str) -> Iterator[str]:
        yield from [key for key in self._files if key.startswith(prefix)]

    def local_path(self, key: str) -> Path | None:
        return None

    def signed_url(self, key: str, *, method: str = "GET", download_name: str | None = None) -> str | None:
        return None

    def hosts(self) -> tuple[str, ...]:
        return ()

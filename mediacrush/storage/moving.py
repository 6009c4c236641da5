"""Two storages as one while everything moves from the former to the new one (services/move.py copies)."""

from collections.abc import Iterator
from pathlib import Path

from mediacrush.storage.base import Storage


class MovingStorage:
    """Writes go to `new`; what is not there yet is read from `former`; a delete is for both."""

    def __init__(self, new: Storage, former: Storage) -> None:
        self.new = new
        self.former = former

    def put(self, key: str, path: Path) -> None:
        self.new.put(key, path)

    def fetch(self, key: str, path: Path) -> None:
        try:
            self.new.fetch(key, path)
        except KeyError:
            self.former.fetch(key, path)

    def exists(self, key: str) -> bool:
        return self.new.exists(key) or self.former.exists(key)

    def delete(self, key: str) -> None:
        # The former first: whoever copies looks there after the copy, and takes it back.
        self.former.delete(key)
        self.new.delete(key)

    def list(self, prefix: str) -> Iterator[str]:
        seen = set()
        for storage in (self.new, self.former):
            for key in storage.list(prefix):
                if key not in seen:
                    seen.add(key)
                    yield key

    def local_path(self, key: str) -> Path | None:
        path = self.new.local_path(key)
        if path is None and not self.new.exists(key):
            path = self.former.local_path(key)
        return path

    def signed_url(self, key: str, *, method: str = "GET", download_name: str | None = None) -> str | None:
        storage = self.new if self.new.exists(key) else self.former
        return storage.signed_url(key, method=method, download_name=download_name)

    def hosts(self) -> tuple[str, ...]:
        return self.new.hosts() + self.former.hosts()

"""What every storage can do; tests/storage/ holds every implementation to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Files by key. A key is a relative path of two or more plain names, such as `public/CPvuR5lRhmS0.mp4`.

    Every method raises BackendUnavailable when the storage does not answer or is full.
    """

    def put(self, key: str, path: Path) -> None:
        """Store the file at `path` under `key`, in place of what is there. Whole or not at all, and safe from a
        power cut when this returns. The file at `path` is left where it is and must not be changed after."""

    def fetch(self, key: str, path: Path) -> None:
        """Make the bytes of `key` readable at `path`, which must not exist. Raises KeyError when there are none."""

    def exists(self, key: str) -> bool:
        """Whether `key` is stored."""

    def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when it is not there."""

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, in no order."""

    def local_path(self, key: str) -> Path | None:
        """Where `key` lies on this machine's disk, for serving it from there; None when it does not."""

    def signed_url(self, key: str, *, method: str = "GET", download_name: str | None = None) -> str | None:
        """An address under which anybody gets the bytes of `key` for some hours without asking us, by HTTP's
        `method`, to be saved as `download_name` if one is given; None where storage has no addresses."""

    def hosts(self) -> tuple[str, ...]:
        """Where `signed_url` leads, each with its scheme: `https://bucket.s3.example`."""


def split_key(key: str) -> tuple[str, str]:
    """The folder and the name of a key. Raises ValueError for what is none, such as a path that leads elsewhere."""
    folder, _, name = key.partition("/")
    if not folder or not name or "/" in name or name.startswith(".") or folder.startswith("."):
        raise ValueError(f"Not a storage key: {key!r}")
    return folder, name

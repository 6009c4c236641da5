"""What a CDN must be told; the fakes ship with the interface, CloudFront is in cloudfront.py."""

from collections.abc import Sequence
from typing import Protocol


class CDN(Protocol):
    """Caches near the viewers, which keep published files for a year."""

    def invalidate(self, paths: Sequence[str]) -> None:
        """Have it forget `paths`, such as `/CPvuR5lRhmS0*`. Raises BackendUnavailable when it does not answer."""


class NoCDN:
    """Where there is none, or one that cannot be told."""

    def invalidate(self, paths: Sequence[str]) -> None:
        pass


class ListCDN:
    """The fake for tests: what it was told is in `invalidated`, a list a call."""

    def __init__(self) -> None:
        self.invalidated: list[list[str]] = []

    def invalidate(self, paths: Sequence[str]) -> None:
        self.invalidated.append(list(paths))

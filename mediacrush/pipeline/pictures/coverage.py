"""Whether known parts make up a whole file, so that nothing hides between or behind them."""

from collections.abc import Iterable


def has_unknown_bytes(parts: Iterable[tuple[int, int]], data: bytes) -> bool:
    """Whether a byte of `data` is not 0 and in none of the parts (from start to end); zeros are padding."""
    reached = 0
    for start, end in [*sorted(parts), (len(data), len(data))]:
        if any(data[reached:start]):
            return True
        reached = max(reached, end)
    return False

"""Numbers as people read them: medians with their range, in markdown tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

_WHOLE_FROM, _TENTHS_FROM = 100, 10


@dataclass(slots=True, kw_only=True)
class Table:
    """A markdown table that grows by rows."""

    headings: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One more row."""
        self.rows.append(cells)

    def __str__(self) -> str:
        lines = [self.headings, ["---"] * len(self.headings), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits or so: 1,234 or 12.3 or 0.123."""
    size = abs(value)
    if size >= _WHOLE_FROM:
        return f"{value:,.0f}"
    if size >= _TENTHS_FROM:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3f}"


def spread(values: Iterable[float]) -> str:
    """The median, and the range where there are several: `0.61 [0.58 to 0.66]`."""
    known = sorted(values)
    if len(known) == 1:
        return number(known[0])
    return f"{number(median(known))} [{number(known[0])} to {number(known[-1])}]"


def verdict(is_reached: bool) -> str:
    """Whether a goal is reached, in a word."""
    return "yes" if is_reached else "**no**"

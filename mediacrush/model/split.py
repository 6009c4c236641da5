"""A long film whose frames several workers encode, each some of them: what a record says of that. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Frames that follow each other: when the first of them is shown, in seconds from the start of the recording,
    and how many they are."""

    start_s: float
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceWork:
    """How much of a piece is done, 0 to 1, and the seconds that were spent on it."""

    fraction: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A step of a media's plan that is done in pieces; `is_given_up`: that did not work, it is to be done whole.

    `footage` and `crfs`, the quality numbers by encoder, are what was found out about the film before it was split:
    every piece is encoded like the others.
    """

    step: str
    pieces: tuple[Piece, ...]
    footage: str | None = None
    crfs: Mapping[str, int] = field(default_factory=dict)
    is_given_up: bool = False

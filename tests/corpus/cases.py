"""What a file of the corpus is, and what must come out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mediacrush.model.media import BlobType

# Who made a file and where: planted wherever a format has room for it, and in no published byte.
SECRET, PLACE = "SECRET-OWNER", "+52.5170+013.3889/"

Colour = tuple[int, int, int]
Quadrants = tuple[Colour, Colour, Colour, Colour]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Top left, top right, bottom left, bottom right, as displayed.
FLAT: Quadrants = (RED, GREEN, BLUE, WHITE)

# The words for an outcome: a status of the API, or REFUSED for an upload that is not accepted at all.
DONE, ERROR, UNRECOGNISED, REFUSED = "done", "error", "unrecognised", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come out. Width and height are pixels as displayed, `duration_s` seconds; None: not looked at.

    `outcomes`: any of these is right. `names` are published names that must be there, alternatives parted by `|`.
    `colours` of the four quarters may be off by `tolerance` in each channel (255ths). `removed`: something private
    was planted and must be listed as removed. `keeps_profile`: colours mean what its profile says. `keeps_alpha`: a
    published picture is as transparent as what was sent. `full_range`: H.264 that is copied and has black at 0.
    `was_interlaced`: what came in fields must come out in frames. `top_only`: of a torn picture the lower quarters
    may be anything. `texts` are published names and what these files must say. `frame_rate` is the source's, in
    frames a second. `message` is a word that the sentence of a failure must have.
    """

    outcomes: tuple[str, ...] = (DONE,)
    blob_type: BlobType | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    duration_off_s: float = 0.25
    has_audio: bool = False
    has_subtitles: bool = False
    is_animation: bool = False
    names: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    colours: Quadrants | None = None
    tolerance: int = 70
    removed: bool = False
    keeps_profile: bool = False
    keeps_alpha: bool = False
    full_range: bool = False
    was_interlaced: bool = False
    top_only: bool = False
    message: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    frame_rate: float | None = None

    @property
    def words(self) -> str:
        """What must come out, in one line for the index of the corpus."""
        if self.outcomes != (DONE,):
            return " or ".join(self.outcomes)
        size = f"{self.width}x{self.height}" if self.width else ""
        length = f"{self.duration_s:g} s" if self.duration_s else ""
        kind = "animation" if self.is_animation else str(self.blob_type)
        return ", ".join(part for part in (kind, size, length, " ".join(self.names)) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file: its name, which need not tell the truth; `make` writes it to a path; what must come out."""

    name: str
    make: Callable[[Path], None]
    expect: Expected


def of_bytes(make: Callable[[], bytes]) -> Callable[[Path], None]:
    """A maker of a file from a maker of its bytes."""

    def write(path: Path) -> None:
        path.write_bytes(make())

    return write

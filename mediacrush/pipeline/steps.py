"""What a plan is made of: frozen values that describe work, and do none."""

from dataclasses import dataclass, replace
from enum import StrEnum

from mediacrush.model.media import Role

# Every job has a folder of its own; in it the original has this name and no extension, because FFmpeg takes some
# formats by the name.
INPUT = "input"


class Tool(StrEnum):
    """Who does a step."""

    FFMPEG = "ffmpeg"
    PILLOW = "pillow"
    CLEAN = "clean"
    KEEP = "keep"


class Stage(StrEnum):
    """Essential: needed before every browser can show the media. Deferred: makes it better afterwards."""

    ESSENTIAL = "essential"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of one tool, which makes one file.

    `arguments` are complete but for the program; paths in them are relative to the job's folder.
    `suffix` follows the hash in the published file's name, dot included.
    `cost_s` is an estimate in CPU seconds of this kind of machine (docs/performance.md): it weighs progress and
    chooses the queue, nothing else. `duration_s` is the length of the output, for reading FFmpeg's progress.
    `must_be_smaller`: published only if smaller than everything already listed for this media.
    `may_fail`: a failure is logged and the file left out.
    """

    name: str
    stage: Stage
    role: Role
    tool: Tool
    arguments: tuple[str, ...] = ()
    suffix: str
    mime: str
    codecs: str | None = None
    preference: int = 0
    plays_in_browsers: bool = True
    cost_s: float = 0.05
    duration_s: float | None = None
    must_be_smaller: bool = False
    may_fail: bool = False

    @property
    def output(self) -> str:
        """The file it writes, in the job's folder."""
        return f"{self.name}{self.suffix[self.suffix.rindex('.') :]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order in which they run, essential ones first; no two of them share a suffix."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        suffixes = [step.suffix for step in self.steps]
        if len(set(suffixes)) != len(suffixes):
            raise ValueError(f"Two steps would publish under one name: {suffixes}")
        stages = [step.stage for step in self.steps]
        if stages != sorted(stages, key=list(Stage).index):
            raise ValueError("An essential step stands behind a deferred one")

    @property
    def cost_s(self) -> float:
        return sum(step.cost_s for step in self.steps)


def make_plan(*steps: Step | None) -> Plan:
    """A plan of these steps (None: left out), essential ones moved to the front.

    People link to `/<hash>.mp4` and expect it to play, so where an original and a rendition would have the same
    name, the original becomes `.original.mp4`.
    """
    wanted = [step for step in steps if step is not None]
    renditions = {step.suffix for step in wanted if step.role is not Role.ORIGINAL}
    named = [
        replace(step, suffix=f".original{step.suffix}")
        if step.role is Role.ORIGINAL and step.suffix in renditions
        else step
        for step in wanted
    ]
    return Plan(steps=tuple(sorted(named, key=lambda step: list(Stage).index(step.stage))))

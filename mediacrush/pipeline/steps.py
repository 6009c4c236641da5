"""What a plan is made of: frozen values that describe work, and do none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mediacrush.model.media import Role

# Every job has a folder of its own; in it the original has this name and no extension, because FFmpeg takes some
# formats by the name.
INPUT = "input"
# What a job calls its files until they are published as `<hash><suffix>`. A manifest that names its neighbours by
# this gets the hash written in its place.
STEM = "~hash~"


class Tool(StrEnum):
    """Who carries out a command."""

    FFMPEG = "ffmpeg"
    PICTURE = "picture"
    CLEAN = "clean"
    KEEP = "keep"
    WRITE = "write"
    REFINE = "refine"
    COUNT = "count"


class Encoder(StrEnum):
    """What a film is encoded with, where its own stream is not copied."""

    H264 = "h264"
    AV1 = "av1"


class Stage(StrEnum):
    """Essential: needed before every browser can show the media. Deferred: makes it better afterwards."""

    ESSENTIAL = "essential"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator wants of renditions: the shorter side of films in pixels, and how many bytes a film for
    chats may have (0: none is made)."""

    rendition_height: int = 1080
    chat_max_bytes: int = 10**7


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One run of one tool. `arguments` are complete but for the program; paths in them are relative to the job's
    folder. KEEP takes the name of the output, CLEAN its name and MIME type, WRITE its name and its text; REFINE
    the kind of content (refining.py), and the names of a raw file that it takes away and of the output; COUNT the
    name of a film and, for each of its video streams, the fewest and the most frames that it may have.
    `duration_s` is the length of what FFmpeg writes, where its progress is to be told, and `begins_s` the time at
    which that begins. `unless_made`: not run when an earlier command of the step has made this file."""

    tool: Tool
    arguments: tuple[str, ...]
    duration_s: float | None = None
    begins_s: float = 0.0
    unless_made: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that a step makes and publishes; fields as in PublishedFile.

    `suffix` follows the hash in the published file's name, dot included. `names_neighbours`: a text in which STEM
    stands for the hash. `min_saving`: published only if this share smaller than every full-size file already
    listed, or than what it replaces. `max_bytes`: published only up to this size. Where the last output of a step
    is not published, none is.
    """

    name: str
    suffix: str
    mime: str
    role: Role
    codecs: str | None = None
    preference: int = 0
    plays_in_browsers: bool = True
    is_full_size: bool = True
    width: int | None = None
    height: int | None = None
    language: str | None = None
    label: str | None = None
    names_neighbours: bool = False
    min_saving: float | None = None
    max_bytes: int | None = None

    @property
    def path(self) -> str:
        """Its file in the job's folder."""
        return f"{STEM}{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands that together make one or several files, published in their order when all of them are there.

    `cost_s` is an estimate in CPU seconds of this kind of machine (docs/performance.md): it weighs progress and
    chooses the queue, nothing else. `may_fail`: a failure is logged and the files left out. `replaces` names the
    step whose file this one's takes the place of. `unless_smaller_than`: left out when a full-size file of its last
    output's type with no more bytes than this is there already. `encoder`: what is told how good the whole film has
    to be, so that has to be found out by then (trials.py); the plan is made anew with it. `is_divisible`: its film
    may be encoded in pieces. Where it is known how (pieces.py), `pieces` are steps that encode one each, and `join`
    makes of their files, in place of `commands`, the outputs.
    """

    stage: Stage
    commands: tuple[Command, ...]
    outputs: tuple[Output, ...]
    cost_s: float = 0.05
    may_fail: bool = False
    replaces: str | None = None
    unless_smaller_than: int | None = None
    encoder: Encoder | None = None
    is_divisible: bool = False
    pieces: tuple["Step", ...] = ()
    join: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        """The name of its last output: once that is published, so is all that the step makes."""
        return self.outputs[-1].name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order in which they run, essential ones first; no two of them share a suffix."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        suffixes = [output.suffix for step in self.steps if step.replaces is None for output in step.outputs]
        if len(set(suffixes)) != len(suffixes):
            raise ValueError(f"Two steps would publish under one name: {suffixes}")
        stages = [step.stage for step in self.steps]
        if stages != sorted(stages, key=list(Stage).index):
            raise ValueError("An essential step stands behind a deferred one")

    @property
    def cost_s(self) -> float:
        return sum(step.cost_s for step in self.steps)

    def progress(self, settled: Collection[str], fractions: Mapping[str, float]) -> float:
        """How much of all is done, 0 to 1, when the steps of these names are, and so much of each of the others."""
        done_s = sum(
            step.cost_s * (1.0 if step.name in settled else fractions.get(step.name, 0.0)) for step in self.steps
        )
        return round(min(1.0, done_s / self.cost_s), 3)


def make_plan(*steps: Step | None) -> Plan:
    """A plan of these steps (None: left out), essential ones moved to the front.

    People link to `/<hash>.mp4` and expect it to play, so where an original and a rendition would have the same
    name, the original becomes `.original.mp4`.
    """
    wanted = [step for step in steps if step is not None]
    taken = {output.suffix for step in wanted for output in step.outputs if output.role is not Role.ORIGINAL}
    named = [_rename(step, taken) for step in wanted]
    return Plan(steps=tuple(sorted(named, key=lambda step: list(Stage).index(step.stage))))


def _rename(step: Step, taken: set[str]) -> Step:
    """The step with its original, if that would stand in a rendition's place, under another name."""
    clashing = [o for o in step.outputs if o.role is Role.ORIGINAL and o.suffix in taken]
    if not clashing:
        return step
    outputs = tuple(replace(o, suffix=f".original{o.suffix}") if o in clashing else o for o in step.outputs)
    paths = {old.path: new.path for old, new in zip(step.outputs, outputs, strict=True)}
    commands = tuple(
        replace(command, arguments=tuple(paths.get(argument, argument) for argument in command.arguments))
        for command in step.commands
    )
    return replace(step, outputs=outputs, commands=commands)

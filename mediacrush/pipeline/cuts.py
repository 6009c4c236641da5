"""Where a film is cut into pieces: near key frames, so that little is decoded twice, and where a segment of its
ladder begins, so that a ladder of pieces is the one that a single run makes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from mediacrush.errors import StepFailed, StepTimedOut
from mediacrush.model.split import Piece
from mediacrush.pipeline.hls import SEGMENT_S
from mediacrush.pipeline.ladder import MAX_FRAME_RATE
from mediacrush.pipeline.probe import ONLY_THE_INPUT, Probe, VideoStream
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.steps import INPUT
from mediacrush.pipeline.tools import Tools

# They have an index, and times that are the same wherever reading begins.
_SEEKABLE = frozenset({"video/mp4", "video/quicktime", "video/x-matroska", "video/webm"})
# Some of its frames are never shown.
_UNCOUNTABLE = frozenset({"vp8"})
# Frames nearer to each other than this may be one to an encoder.
_APART_S = 0.001
# Of a piece, what may be decoded for nothing; and how far from where it should end, for a better place.
_WASTE, _REACH = 0.2, 0.25
# A film of four hours at 60 frames a second has fewer.
_FRAMES_MAX = 1_000_000
# Reading what packets there are takes a second a gigabyte.
_READ_TIMEOUT_S = 120.0
_PIECES_MAX = 200


class _TooMany(Exception):
    """More frames than are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTimes:
    """When frames are shown, in seconds from the start of the recording, in that order; and those of key frames."""

    shown: Sequence[float]
    key: Sequence[float]


def pieces_of(
    probe: Probe, workers: int, piece_s: float, workdir: Path, tools: Tools, limits: Limits
) -> tuple[Piece, ...]:
    """The pieces of the film `input` in `workdir` for so many workers; none where it is better encoded in one.
    Raises ToolKilled."""
    wanted = wanted_pieces(probe, workers, piece_s)
    if not wanted or probe.video is None:
        return ()
    times = _frame_times(probe.video, workdir, tools, limits)
    return divided(times, probe.duration_s or 0.0, wanted) if times else ()


def wanted_pieces(probe: Probe, workers: int, piece_s: float) -> int:
    """How many pieces of about `piece_s` seconds there should be, as many for each worker; 0 for a film that is too
    short, or whose pieces could not be joined as one run would have made it."""
    video, duration_s = probe.video, probe.duration_s or 0.0
    if video is None or not piece_s or workers <= 1 or duration_s < 2 * piece_s:
        return 0
    is_exact = (
        probe.mime in _SEEKABLE
        and video.codec not in _UNCOUNTABLE
        and not video.is_interlaced  # whose frames are made of their neighbours
        and 0 < video.frame_rate <= MAX_FRAME_RATE
    )
    each = max(1, round(duration_s / (workers * piece_s)))
    return min(workers * each, int(2 * duration_s / piece_s), _PIECES_MAX) if is_exact else 0


def divided(times: FrameTimes, duration_s: float, wanted: int) -> tuple[Piece, ...]:
    """About so many pieces of about one length; none where too much would be decoded twice. What is shown after
    `duration_s` is left out, as everywhere."""
    first_s = times.shown[0]
    shown = bisect_left(times.shown, first_s + round(duration_s, 3))
    length_s = (times.shown[shown - 1] - first_s) / wanted
    starts = [0]
    for number in range(1, wanted):
        due_s = first_s + number * length_s
        segments = _segments(due_s - first_s, length_s)
        places = (_Place.at(times, first_s + segment * SEGMENT_S) for segment in segments)
        fitting = [place for place in places if place and starts[-1] < place.index < shown]
        if not fitting:
            continue
        best = min(fitting, key=lambda place: place.waste_s + abs(place.time_s - due_s) / 4)
        if best.waste_s > _WASTE * length_s:
            return ()
        starts.append(best.index)
    if len(starts) == 1:
        return ()
    ends = [*starts[1:], shown]
    return tuple(
        Piece(start_s=round(times.shown[start], 6), frames=end - start)
        for start, end in zip(starts, ends, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A frame that a piece may begin with, and the seconds that have to be decoded before it."""

    index: int
    time_s: float
    waste_s: float

    @classmethod
    def at(cls, times: FrameTimes, segment_s: float) -> "_Place | None":
        """The first frame of the segment that begins there; None where there is none, or it has no clear time."""
        index = bisect_left(times.shown, segment_s - _APART_S / 10)
        keys = bisect_right(times.key, times.shown[index]) if 0 < index < len(times.shown) else 0
        if not keys or times.shown[index] - times.shown[index - 1] < _APART_S:
            return None
        time_s = times.shown[index]
        return cls(index=index, time_s=time_s, waste_s=time_s - times.key[keys - 1])


def _segments(due_s: float, length_s: float) -> range:
    """Numbers of the ladder's segments that begin near this time of the film."""
    nearest = round(due_s / SEGMENT_S)
    reach = int(_REACH * length_s / SEGMENT_S)
    return range(max(1, nearest - reach), nearest + reach + 1)


def _frame_times(video: VideoStream, workdir: Path, tools: Tools, limits: Limits) -> FrameTimes | None:
    """From what the container says of its packets, without decoding one; None where it does not say when one of
    them is shown, or two are shown at a time."""
    lines: list[str] = []

    def read(line: str) -> None:
        lines.append(line)
        if len(lines) > _FRAMES_MAX:
            raise _TooMany

    command = (
        *(*tools.ffprobe, "-v", "error", *ONLY_THE_INPUT),
        *("-select_streams", str(video.index), "-show_entries", "packet=pts_time,flags:format=start_time"),
        *("-of", "csv=p=0", INPUT),
    )
    bounded = replace(limits, timeout_s=min(limits.timeout_s, _READ_TIMEOUT_S))
    try:
        finished = run_tool(command, workdir, bounded, on_line=read)
    except (_TooMany, StepFailed, StepTimedOut):
        return None
    return read_times(lines) if finished.exit_status == 0 else None


def read_times(lines: Sequence[str]) -> FrameTimes | None:
    """The times in ffprobe's lines: `pts_time,flags` of each packet, last `start_time` of the recording."""
    *packets, start = [line.split(",") for line in lines] or [["N/A"]]
    try:
        start_s = float(start[0])
        shown = [(float(time_s) - start_s, "K" in flags) for time_s, flags, *_ in packets if "D" not in flags]
    except ValueError:
        return None
    shown.sort()
    if not shown or any(later[0] <= earlier[0] for earlier, later in pairwise(shown)):
        return None
    return FrameTimes(shown=[time_s for time_s, _ in shown], key=[time_s for time_s, is_key in shown if is_key])

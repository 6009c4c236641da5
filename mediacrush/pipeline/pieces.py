"""A film that is encoded in pieces: what FFmpeg is told so that they make, joined, what one run would have made.

A piece begins at a frame's own time, and every run knows the recording's times: so a frame falls into one piece,
whatever key frame its decoding began at. Pieces are NUT files, which keep times exactly; their frames are counted.
The sound is no part of a piece. It is made while they are joined, in one go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mediacrush.model.media import Role
from mediacrush.model.split import Piece
from mediacrush.pipeline.facts import Probe
from mediacrush.pipeline.ffmpeg_arguments import Options
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool

# FFmpeg rounds times to those of its streams; frames of one film are further apart (cuts.py sees to it).
_BEFORE_S = 50e-6
_SEEK_S = 1e-6
# To each piece's encoder. By itself FFmpeg moves frames to what it takes for the film's rate, each piece's by other
# fractions of a frame. NUT loses frames that are decoded before time 0, as some of a first piece are.
PIECE_OPTIONS: Options = {"fps_mode": "vfr", "enc_time_base": "filter", "output_ts_offset": 10, "f": "nut"}
LIST = "pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece's place in its film: seconds from the start of the recording; `first_s` is the film's first frame."""

    number: int
    piece: Piece
    first_s: float
    ends_s: float
    is_last: bool

    @property
    def begins_s(self) -> float:
        return self.piece.start_s - _BEFORE_S

    @property
    def input_options(self) -> dict[str, str | float | None]:
        """What stands in front of the input: begin at the key frame before, and keep the recording's times."""
        seek = {"ss": f"{self.piece.start_s + _SEEK_S:.6f}", "noaccurate_seek": None} if self.number else {}
        return {"copyts": None, "start_at_zero": None, **seek}

    @property
    def trim(self) -> str:
        """The filter, last of all, that leaves this piece's frames."""
        start = f"start={self.begins_s:.6f}:" if self.number else ""
        return f"trim={start}end={self.ends_s:.6f}"

    def key_frames(self, apart_s: int) -> str:
        """Where one run over the whole film would force them: FFmpeg counts from the first frame it gets."""
        since_s = self.piece.start_s - self.first_s
        late_s = max(0.0, since_s - round(since_s / apart_s) * apart_s)
        return f"expr:gte(t+{late_s:.6f},n_forced*{apart_s})"

    def frames(self, frame_rate: float | None) -> tuple[int, int]:
        """The fewest and the most frames that this piece has; where they are brought to a rate, it begins and ends
        between two of them."""
        if frame_rate is None:
            return self.piece.frames, self.piece.frames
        frames = round(self.ends_s * frame_rate) - round(self.begins_s * frame_rate)
        slack = int(not self.number) + int(self.is_last)
        return frames - slack, frames + slack


def spans(probe: Probe) -> tuple[Span, ...]:
    """The pieces of a film, in order; none of one that is not split."""
    if not probe.pieces or not probe.duration_s:
        return ()
    first_s = probe.pieces[0].start_s
    ends_s = [piece.start_s - _BEFORE_S for piece in probe.pieces[1:]]
    ends_s.append(first_s + round(probe.duration_s, 3))
    last = len(ends_s) - 1
    return tuple(
        Span(number=number, piece=piece, first_s=first_s, ends_s=end_s, is_last=number == last)
        for number, (piece, end_s) in enumerate(zip(probe.pieces, ends_s, strict=True))
    )


def piece_path(span: Span) -> str:
    """Its file in the job's folder."""
    return _output(span).path


def piece_step(span: Span, arguments: tuple[str, ...], frame_rates: Sequence[float | None], cost_s: float) -> Step:
    """The step that encodes one piece; `frame_rates`: what the frames of each of its streams are brought to."""
    bounds = (str(bound) for frame_rate in frame_rates for bound in span.frames(frame_rate))
    encode = Command(
        tool=Tool.FFMPEG,
        arguments=arguments,
        duration_s=span.ends_s - span.begins_s,
        begins_s=max(0.0, span.begins_s),
    )
    count = Command(tool=Tool.COUNT, arguments=(piece_path(span), *bounds))
    return Step(stage=Stage.DEFERRED, commands=(encode, count), outputs=(_output(span),), cost_s=cost_s)


def listed(every_span: Sequence[Span]) -> Command:
    """Write down the pieces, one after the other, for FFmpeg's demuxer of such lists."""
    lines = ["ffconcat version 1.0"]
    for number, span in enumerate(every_span):
        lines.append(f"file {piece_path(span)}")
        if not span.is_last:
            lines.append(f"duration {every_span[number + 1].piece.start_s - span.piece.start_s:.6f}")
    return Command(tool=Tool.WRITE, arguments=(LIST, "\n".join([*lines, ""])))


def counted(path: str, every_span: Sequence[Span]) -> Command:
    """See that a joined film has all frames."""
    frames = str(sum(span.piece.frames for span in every_span))
    return Command(tool=Tool.COUNT, arguments=(path, frames, frames))


def _output(span: Span) -> Output:
    name = f"piece.{span.number}"
    return Output(name=name, suffix=f".{name}", mime="application/octet-stream", role=Role.PART)

"""Where films are cut: by tables, no tool is run."""

from dataclasses import replace

import pytest

from mediacrush.model.media import BlobType
from mediacrush.pipeline.cuts import FrameTimes, divided, read_times, wanted_pieces
from mediacrush.pipeline.facts import Probe, VideoStream

FILM = Probe(
    mime="video/mp4",
    extension="mp4",
    kind=BlobType.VIDEO,
    size_bytes=10**8,
    duration_s=180.0,
    video=VideoStream(
        index=0,
        codec="h264",
        profile="High",
        level=40,
        pixel_format="yuv420p",
        width=1920,
        height=1080,
        frame_rate=30,
    ),
)


def _changed(**fields: object) -> Probe:
    assert FILM.video is not None
    of_video = {name: value for name, value in fields.items() if hasattr(FILM.video, name)}
    of_film = {name: value for name, value in fields.items() if name not in of_video}
    return replace(FILM, **of_film, video=replace(FILM.video, **of_video))  # type: ignore[arg-type]


def _times(seconds: float, rate: float, key_every_s: float, first_s: float = 0.0) -> FrameTimes:
    shown = [first_s + number / rate for number in range(round(seconds * rate))]
    step = round(key_every_s * rate)
    return FrameTimes(shown=shown, key=shown[::step])


@pytest.mark.parametrize(
    ("workers", "piece_s", "duration_s", "pieces"),
    [
        (1, 30, 180, 0),
        (2, 0, 180, 0),
        (2, 30, 59, 0),
        (2, 30, 60, 2),
        (2, 30, 180, 6),
        (2, 30, 200, 6),
        (4, 30, 180, 8),
        (16, 30, 180, 12),
        (16, 30, 7200, 200),
    ],
)
def test_as_many_pieces_for_each_worker(workers: int, piece_s: float, duration_s: float, pieces: int) -> None:
    """A multiple of the workers, of about the length that is wanted, none shorter than half of it, 200 at most."""
    assert wanted_pieces(_changed(duration_s=duration_s), workers, piece_s) == pieces


@pytest.mark.parametrize(
    "what",
    [
        {"mime": "video/mp2t"},
        {"mime": "video/x-msvideo"},
        {"codec": "vp8"},
        {"is_interlaced": True},
        {"frame_rate": 0.0},
        {"frame_rate": 120.0},
        {"duration_s": None},
    ],
)
def test_what_could_not_be_joined_exactly_is_not_split(what: dict[str, object]) -> None:
    """No index, frames that are made of neighbours or never shown, a rate that is changed, an unknown length."""
    assert wanted_pieces(_changed(**what), 2, 30) == 0


@pytest.mark.parametrize(
    ("times", "wanted", "starts"),
    [
        # On the ladder's segments of four seconds, whatever the key frames are.
        (_times(60, 25, 1), 2, [0, 28]),
        (_times(60, 25, 2), 3, [0, 20, 40]),
        # Near a key frame rather than in the middle: 7 s apart are at 28, 35, 56.
        (_times(84, 25, 7), 3, [0, 28, 56]),
        # Counted from the first frame, as FFmpeg does.
        (_times(60, 25, 1, first_s=1.5), 2, [1.5, 29.5]),
        # The first frame that is shown then or later.
        (_times(60, 24000 / 1001, 1.001), 2, [0, 28.028]),
        # One key frame, as of a stream that was recorded: nothing can be begun without decoding all before it.
        (_times(60, 25, 60), 2, []),
        # No frame where a piece could begin.
        (FrameTimes(shown=[0.0, 0.1, 0.2], key=[0.0]), 2, []),
        (FrameTimes(shown=[0.0], key=[0.0]), 2, []),
        # Two frames at nearly one time are no place to cut; one segment later or earlier is.
        (
            FrameTimes(
                shown=sorted([*_times(60, 25, 1).shown, 27.9995, 31.9995]), key=[0.0, 24.0, 28.0, 31.0, 36.0]
            ),
            2,
            [0, 24],
        ),
    ],
)
def test_pieces_begin_where_little_is_decoded_twice(times: FrameTimes, wanted: int, starts: list[float]) -> None:
    """The pieces' beginnings, in seconds; and every frame is in one piece."""
    pieces = divided(times, 100.0, wanted)
    assert [piece.start_s for piece in pieces] == pytest.approx(starts, abs=1e-5)
    assert not pieces or sum(piece.frames for piece in pieces) == len(times.shown)
    assert all(piece.frames for piece in pieces)


def test_frames_after_the_end_are_in_no_piece() -> None:
    """No rendition has them: a film lasts as long as it says, from its first frame on."""
    pieces = divided(_times(60, 25, 1, first_s=2.0), 40.0, 2)
    assert [(piece.start_s, piece.frames) for piece in pieces] == [(2.0, 500), (22.0, 500)]


@pytest.mark.parametrize(
    ("lines", "shown", "key"),
    [
        # Frames come in the order in which they are decoded, and count from the start of the recording.
        ("1.5,K__|1.7,___|1.6,___|1.5", [0, 0.1, 0.2], [0]),
        ("1.5,K__,|1.6,K__,|1.0", [0.5, 0.6], [0.5, 0.6]),
        # What an edit list cuts off is not shown.
        ("-0.1,KD_|0.0,K__|0.1,_D_|0.2,___|0.0", [0, 0.2], [0]),
        ("0.0,K__|N/A,___|0.0", None, None),
        ("0.0,K__|0.1,___|N/A", None, None),
        ("0.0,K__|0.1,___|0.1,___|0.0", None, None),
        ("0.0", None, None),
        ("", None, None),
    ],
)
def test_times_are_read_or_the_film_is_left_whole(
    lines: str, shown: list[float] | None, key: list[float] | None
) -> None:
    """A packet without a time, two at one time, or none: nobody knows where the film could be cut."""
    times = read_times(lines.split("|") if lines else [])
    if shown is None:
        assert times is None
    else:
        assert times is not None
        assert times.shown == pytest.approx(shown)
        assert times.key == pytest.approx(key)

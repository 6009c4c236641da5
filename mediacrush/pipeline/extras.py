"""What is made alongside a media and is no alternative to playing it: poster, cover art."""

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments
from mediacrush.pipeline.ladder import POSTER_COST_S
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Stage, Step, Tool

# MJPEG's scale runs from 2 (best) to 31; 3 is about JPEG quality 90.
_JPEG_SCALE = 3
# A film often begins black: look a little way in, and there take the frame most like its neighbours.
_POSTER_AT = 0.1
_POSTER_AT_MOST_S = 10.0
_POSTER_FRAMES = 24


def poster(probe: Probe, stream: int, shape: tuple[str, ...]) -> Step:
    """A still of a film or animation. `shape` are the filters that bring its frames to the displayed shape.

    Named `<hash>.jpg`: clients since 2013 look for a video's poster there.
    """
    shows_first_frame = probe.is_animation or not probe.duration_s
    start_s = 0.0 if shows_first_frame else min(_POSTER_AT_MOST_S, (probe.duration_s or 0.0) * _POSTER_AT)
    pick = () if shows_first_frame else (f"thumbnail={_POSTER_FRAMES}",)
    return _still("poster", Stage.DEFERRED, stream, filters=(*pick, *shape), start_s=round(start_s, 3))


def cover(probe: Probe) -> Step | None:
    """The cover art of a sound, if it has one: it is half of what the page shows, and costs next to nothing."""
    if probe.cover_index is None:
        return None
    return _still("cover", Stage.ESSENTIAL, probe.cover_index, filters=("format=yuvj420p",))


def _still(name: str, stage: Stage, stream: int, filters: tuple[str, ...], start_s: float = 0.0) -> Step:
    return Step(
        name=name,
        stage=stage,
        role=Role.EXTRA,
        tool=Tool.FFMPEG,
        arguments=ffmpeg_arguments(
            f"{name}.jpg",
            [stream],
            start_s=start_s,
            filters=filters,
            options={"frames:v": 1, "c:v": "mjpeg", "q:v": _JPEG_SCALE, "update": 1},
        ),
        suffix=".jpg",
        mime="image/jpeg",
        plays_in_browsers=False,
        cost_s=POSTER_COST_S,
        may_fail=True,
    )

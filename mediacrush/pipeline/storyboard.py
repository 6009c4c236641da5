"""The step that makes a film's storyboard: one picture with a small still for each moment, and where each one is.

Players show these while somebody looks for a place in the film.
"""

import math
from dataclasses import dataclass

from mediacrush.model.media import Role
from mediacrush.pipeline import ladder
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments
from mediacrush.pipeline.filters import AS_JPEG, coloured, decoder, key_frames, still
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool
from mediacrush.pipeline.texts import timestamp, webvtt

# A film that is over before anybody looked for a place in it needs none.
_FROM_S = 5.0
_TILES_MAX, _COLUMNS = 100, 10
_TILE_WIDTH, _TILE_HEIGHT_MAX = 160, 284
_INTERVAL_MIN_MS = 1000
# Up to here every frame is decoded: a clip may have one key frame only. Beyond, key frames are near enough.
_EVERY_FRAME_S = 60.0
# Save those that no other is made from: a third of the work.
_EASY: Options = {"skip_frame": "noref"}
_EASY_SHARE = 0.65
# MJPEG's scale runs from 2 (best) to 31. At this size nobody sees 5 from 3.
_JPEG_SCALE = 5
_COST_PER_TILE_S = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """So many tiles of so many pixels, row by row; tile n is shown from n to n + 1 intervals."""

    tiles: int
    columns: int
    rows: int
    width: int
    height: int
    interval_ms: int
    duration_s: float


def layout_for(width: int, height: int, duration_s: float) -> Layout:
    """The layout for a film of this size in pixels as displayed: 100 tiles at most, at least a second apart."""
    interval_ms = max(_INTERVAL_MIN_MS, math.ceil(duration_s * 1000 / _TILES_MAX))
    tiles = min(_TILES_MAX, max(1, math.ceil(duration_s * 1000 / interval_ms)))
    scale = min(1.0, _TILE_WIDTH / width, _TILE_HEIGHT_MAX / height)
    columns = min(_COLUMNS, tiles)
    return Layout(
        tiles=tiles,
        columns=columns,
        rows=math.ceil(tiles / columns),
        width=max(2, round(width * scale / 2) * 2),
        height=max(2, round(height * scale / 2) * 2),
        interval_ms=interval_ms,
        duration_s=duration_s,
    )


def layout_webvtt(layout: Layout, sheet: str) -> str:
    """One cue a tile, whose words are the address of the sheet and the tile's place on it in pixels (Media
    Fragments URI 1.0, 4.2.2)."""
    return webvtt(_cue(layout, n, sheet) for n in range(layout.tiles))


def _cue(layout: Layout, number: int, sheet: str) -> tuple[str, str]:
    row, column = divmod(number, layout.columns)
    start_s = number * layout.interval_ms / 1000
    end_s = min(layout.duration_s, start_s + layout.interval_ms / 1000)
    place = f"{column * layout.width},{row * layout.height},{layout.width},{layout.height}"
    return f"{timestamp(start_s)} --> {timestamp(end_s)}", f"{sheet}#xywh={place}"


def storyboard(probe: Probe, video: VideoStream) -> Step | None:
    """The storyboard of a film; None where it is too short, or nobody knows how long."""
    if not probe.duration_s or probe.duration_s < _FROM_S:
        return None
    layout = layout_for(*video.displayed_size, probe.duration_s)
    sheet = Output(name="storyboard.sheet", suffix=".storyboard.jpg", mime="image/jpeg", role=Role.EXTRA)
    index = Output(
        name="storyboard", suffix=".storyboard.vtt", mime="text/vtt", role=Role.EXTRA, names_neighbours=True
    )
    is_short = probe.duration_s <= _EVERY_FRAME_S
    # Two key frames an interval at most: then the one that is shown is half an interval away, or the next one is
    # farther than that.
    source = _EASY if is_short else key_frames(video, layout.interval_ms / 2000)
    arguments = ffmpeg_arguments(
        sheet.path,
        [video.index],
        input_options={**decoder(video), **source},
        filters=_filters(video, layout),
        options={"frames:v": 1, "c:v": "mjpeg", "q:v": _JPEG_SCALE, "update": 1},
    )
    return Step(
        stage=Stage.DEFERRED,
        commands=(
            Command(tool=Tool.FFMPEG, arguments=arguments),
            Command(tool=Tool.WRITE, arguments=(index.path, layout_webvtt(layout, sheet.path))),
        ),
        outputs=(sheet, index),
        cost_s=_EASY_SHARE * ladder.ladder_cost_s((), probe) if is_short else layout.tiles * _COST_PER_TILE_S,
        may_fail=True,
    )


def _filters(video: VideoStream, layout: Layout) -> tuple[str, ...]:
    """Each tile shows the film at the middle of its interval; the last frame stands for what comes after it, so
    that there are always as many tiles as cues."""
    return (
        f"fps=1000/{layout.interval_ms}:start_time=0:eof_action=pass",
        *still(video, layout.width, layout.height),
        *coloured(video),
        "tpad=stop=-1:stop_mode=clone",
        f"tile={layout.columns}x{layout.rows}:nb_frames={layout.tiles}",
        *AS_JPEG,
    )

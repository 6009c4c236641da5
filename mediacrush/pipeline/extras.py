"""What is made alongside a media and is one picture: poster, cover art."""

from collections.abc import Iterable
from dataclasses import replace

from mediacrush.model.media import Role
from mediacrush.pipeline.encoders import PREVIEW_QUALITY
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments, graph_arguments, join_arguments
from mediacrush.pipeline.filters import AS_JPEG, ON_WHITE, coloured, decoder, is_rgb, key_frames, still
from mediacrush.pipeline.ladder import POSTER_COST_S, Target
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool

# MJPEG's scale runs from 2 (best) to 31; 3 is about JPEG quality 90.
_JPEG: Options = {"frames:v": 1, "c": "mjpeg", "q:v": 3, "update": 1}
# A film often begins black: look a little way in, and there take the frame most like its neighbours. Of key frames,
# which cost a hundredth of all, a dozen within two minutes.
_LOOK_AT, _LOOK_AT_MOST_S = 0.1, 10.0
_KEY_FRAMES, _KEY_FRAMES_WITHIN_S, _KEY_FRAMES_APART_S = 12, 120.0, (0.2, 3.0)
# Where those show nothing: these frames of all, in the middle, where any beginning is over; then from the start.
_FRAMES, _MIDDLE_S, _START_S = 24, 3.0, 20.0
# Bits of information in a frame's brightness. One colour has none, noise in the dark one, words on black up to one
# and a half; film has five to seven, a page of text two.
_SOMETHING, _HARDLY_ANYTHING = 1.8, 0.3
_COVER_SIDE = 1200
# For link cards (docs/embedding.md): as wide as the widest of them asks for, no taller than a phone's screen, and
# small enough for all. A cover's is square and always of one size, as readers want to know it.
_PREVIEW_BOX, _PREVIEW_MAX_BYTES, _SQUARE = (1200, 1800), 1_000_000, 600

_POSTER = Output(name="poster", suffix=".jpg", mime="image/jpeg", role=Role.EXTRA)
_COVER = Output(name="cover", suffix=".jpg", mime="image/jpeg", role=Role.EXTRA)
_PREVIEW = Output(
    name="preview", suffix=".preview.jpg", mime="image/jpeg", role=Role.EXTRA, max_bytes=_PREVIEW_MAX_BYTES
)


def film_poster(probe: Probe, video: VideoStream, target: Target) -> Step:
    """A still of a film that shows something, where anything in it does.

    Named `<hash>.jpg`: clients since 2013 look for a video's poster there.
    """
    shape, colours = still(video, target.width, target.height), coloured(video)
    if video.has_alpha or is_rgb(video):  # what looks for something to show takes neither
        shape, colours = (*shape, *colours), ()
    duration_s = probe.duration_s or 0.0
    low_s, high_s = _KEY_FRAMES_APART_S
    keys = {
        **key_frames(video, min(high_s, max(low_s, duration_s / 2 / _KEY_FRAMES))),
        # From the key frame before: there may be none behind.
        "noaccurate_seek": None,
        "ss": round(min(_LOOK_AT_MOST_S, duration_s * _LOOK_AT), 3),
        "t": _KEY_FRAMES_WITHIN_S,
    }
    middle = {"ss": round(duration_s / 2, 3), "t": _MIDDLE_S}

    def find(source: Options, frames: int) -> tuple[str, ...]:
        return ffmpeg_arguments(
            _POSTER.path,
            [video.index],
            input_options={**decoder(video), **source},
            filters=(*shape, *_showing(_SOMETHING), f"thumbnail={frames}", *colours, *AS_JPEG),
            options=_JPEG,
        )

    anything = _first_of_anything(
        f"[0:{video.index}]",
        {**decoder(video), "t": _START_S},
        shape=shape,
        pick=f"thumbnail={_FRAMES}",
        colours=colours,
    )
    return _poster(target, (find(keys, _KEY_FRAMES), find(middle, _FRAMES), anything))


def loop_poster(frames: str, shape: tuple[str, ...], target: Target) -> Step:
    """The first frame of an animation that shows something: where it starts is where the eye expects it to.

    `frames` is the beginning of a filter graph that has its frames; `shape` are the filters that bring them to the
    displayed shape, the size of `target`, and colours.
    """
    first = _first_of_anything(frames, {"t": _START_S}, shape=shape, pick="null", colours=())
    return _poster(target, (first,))


def cover(probe: Probe) -> Step | None:
    """The cover art of a sound, if it has one: it is half of what the page shows, and costs next to nothing.

    It is a picture file within the file, of any kind and honesty: taken out as it is, read by the tool for
    pictures, then brought to size.
    """
    if probe.cover_index is None:
        return None
    raw, whole = "raw.cover", "whole.cover"
    box = ("--box", f"{_COVER_SIDE}x{_COVER_SIDE}")
    square = (
        f"scale={_SQUARE}:{_SQUARE}:force_original_aspect_ratio=decrease,pad={_SQUARE}:{_SQUARE}:-1:-1:color=white"
    )
    return Step(
        stage=Stage.ESSENTIAL,
        commands=(
            Command(
                tool=Tool.FFMPEG,
                arguments=ffmpeg_arguments(
                    raw, [probe.cover_index], options={"c": "copy", "f": "image2", "update": 1}
                ),
            ),
            Command(tool=Tool.PICTURE, arguments=("convert", raw, whole, "--format", "png", *box)),
            Command(
                tool=Tool.FFMPEG,
                arguments=join_arguments(
                    _COVER.path, [whole], options={**_JPEG, "vf": ",".join((ON_WHITE, *AS_JPEG))}
                ),
            ),
            Command(
                tool=Tool.FFMPEG,
                arguments=join_arguments(
                    _PREVIEW.path, [whole], options={**_JPEG, "vf": ",".join((ON_WHITE, square, *AS_JPEG))}
                ),
            ),
        ),
        outputs=(replace(_PREVIEW, width=_SQUARE, height=_SQUARE), _COVER),
        cost_s=POSTER_COST_S,
        may_fail=True,
    )


def _showing(bits: float) -> tuple[str, str]:
    """The filters that let pass what has more than these bits of information in it."""
    key = "lavfi.entropy.entropy.normal.Y"
    return "entropy", f"metadata=mode=select:key={key}:value={bits}:function=greater"


def _first_of_anything(
    frames: str, source: Options, *, shape: Iterable[str], pick: str, colours: Iterable[str]
) -> tuple[str, ...]:
    """The frame that `pick` takes of those that show something; else of those that hardly do; else the first.
    `frames` is the beginning of a filter graph that has them."""
    entropy, some = _showing(_SOMETHING)
    _, hardly_any = _showing(_HARDLY_ANYTHING)
    graph = (
        f"{frames}{','.join((*shape, entropy))},split=3[a][b][c];"
        f"[a]{some},{pick}[some];[b]{hardly_any},{pick}[hardly];[c]trim=end_frame=1[first];"
        f"[some][hardly][first]{','.join(('concat=n=3', *colours, *AS_JPEG))}[still]"
    )
    return graph_arguments(_POSTER.path, graph, ["[still]"], input_options=source, options=_JPEG)


def _poster(target: Target, attempts: Iterable[tuple[str, ...]]) -> Step:
    """A poster by the first of these calls of FFmpeg that makes one; where it is too large for a link card, a
    smaller one too."""
    commands = [Command(tool=Tool.FFMPEG, arguments=arguments, unless_made=_POSTER.path) for arguments in attempts]
    outputs = [replace(_POSTER, width=target.width, height=target.height)]
    scale = min(_PREVIEW_BOX[0] / target.width, _PREVIEW_BOX[1] / target.height)
    if scale < 1:
        width, height = max(1, round(target.width * scale)), max(1, round(target.height * scale))
        options = ("--format", "jpeg", "--quality", str(PREVIEW_QUALITY), "--box", f"{width}x{height}")
        arguments = ("convert", _POSTER.path, _PREVIEW.path, *options)
        commands.append(Command(tool=Tool.PICTURE, arguments=arguments))
        outputs.insert(0, replace(_PREVIEW, width=width, height=height))
    return Step(
        stage=Stage.DEFERRED,
        commands=tuple(commands),
        outputs=tuple(outputs),
        cost_s=POSTER_COST_S,
        may_fail=True,
    )

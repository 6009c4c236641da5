"""Steps for a silent loop (GIF, WebP, APNG, AVIF): it becomes a film at a fraction of its bytes."""

from mediacrush.model import formats
from mediacrush.model.media import Role
from mediacrush.pipeline import extras, ladder
from mediacrush.pipeline.encoders import WEBP_QUALITY, av1_options, h264_loop_options
from mediacrush.pipeline.ffmpeg_arguments import Options, graph_arguments
from mediacrush.pipeline.filters import NAMED_BT709, ON_WHITE
from mediacrush.pipeline.ladder import Target
from mediacrush.pipeline.originals import original_picture
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Command, Output, Plan, Rules, Stage, Step, Tool, make_plan


def plan_animation(probe: Probe, rules: Rules) -> Plan:
    """MP4 for every browser, AV1 WebM, a poster; the original stays, as it is what an `<img>` can show."""
    target = ladder.target_for(probe, rules.rendition_height)
    shape = (
        *((ON_WHITE,) if probe.has_alpha else ()),
        f"scale={target.width}:{target.height}:out_range=limited:out_color_matrix=bt709",
        NAMED_BT709,
        "format=yuv420p",
    )
    row = formats.by_mime(probe.mime)
    is_shown = row is not None and row.shown_by_browsers
    # A GIF stands behind its films in `files`; a WebP or PNG before them, since clients show it by its type.
    is_first = is_shown and probe.mime != "image/gif"
    original = original_picture(probe, preference=-1 if is_first else 9, plays_in_browsers=is_shown)
    return make_plan(
        original,
        _loop(
            probe,
            target,
            name="mp4",
            stage=Stage.ESSENTIAL,
            filters=shape,
            preference=0,
            options={**h264_loop_options(), "movflags": "+faststart"},
        ),
        extras.loop_poster(_frames(probe), shape, target),
        _loop(
            probe,
            target,
            name="webm",
            stage=Stage.DEFERRED,
            filters=shape,
            preference=1,
            options=av1_options(None),
        ),
        _see_through(probe, target) if probe.has_alpha and not (original and is_shown) else None,
    )


def _see_through(probe: Probe, target: Target) -> Step:
    """An animated WebP: the films have no alpha, and the original is nothing that browsers may or can show."""
    output = Output(name="webp", suffix=".webp", mime="image/webp", role=Role.RENDITION, preference=-1)
    scale = f"scale={target.width}:{target.height}"
    options: Options = {"c:v": "libwebp_anim", "q:v": WEBP_QUALITY, "loop": 0, "fpsmax": ladder.MAX_FRAME_RATE}
    return Step(
        stage=Stage.DEFERRED,
        commands=(
            Command(
                tool=Tool.FFMPEG,
                arguments=_arguments(probe, output, (scale, "format=yuva420p"), options),
                duration_s=probe.duration_s,
            ),
        ),
        outputs=(output,),
        cost_s=target.h264_cost_s * 4,
        may_fail=True,
    )


def _loop(
    probe: Probe,
    target: Target,
    *,
    name: str,
    stage: Stage,
    filters: tuple[str, ...],
    preference: int,
    options: Options,
) -> Step:
    is_deferred = stage is Stage.DEFERRED
    output = Output(
        name=name,
        suffix=f".{name}",
        mime=f"video/{name}",
        role=Role.RENDITION,
        codecs=target.av1_codec if is_deferred else None,
        preference=preference,
        width=target.width,
        height=target.height,
    )
    arguments = _arguments(probe, output, filters, {**options, "fpsmax": ladder.MAX_FRAME_RATE})
    return Step(
        stage=stage,
        commands=(Command(tool=Tool.FFMPEG, arguments=arguments, duration_s=probe.duration_s),),
        outputs=(output,),
        cost_s=target.av1_cost_s if is_deferred else target.h264_cost_s * 2,
        may_fail=is_deferred,
    )


def _arguments(probe: Probe, output: Output, filters: tuple[str, ...], options: Options) -> tuple[str, ...]:
    """FFmpeg's arguments for one film or picture of all frames."""
    graph = f"{_frames(probe)}{','.join(filters)}[film]"
    return graph_arguments(output.path, graph, ["[film]"], options=options)


def _frames(probe: Probe) -> str:
    """The beginning of a filter graph that has all frames. An AVIF's alpha is a film of its own."""
    film = f"[0:{probe.film_stream}]"
    return film if probe.alpha_stream is None else f"{film}[0:{probe.alpha_stream}]alphamerge,"

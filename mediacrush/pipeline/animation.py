"""Steps for a silent loop (GIF, WebP, APNG, AVIF): it becomes a film at a fraction of its bytes."""

from mediacrush.model.media import Role
from mediacrush.pipeline import extras, ladder
from mediacrush.pipeline.encoders import av1_options, h264_loop_options
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments, graph_arguments
from mediacrush.pipeline.filters import ON_WHITE
from mediacrush.pipeline.ladder import Target
from mediacrush.pipeline.originals import original_picture
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Command, Output, Plan, Rules, Stage, Step, Tool, make_plan


def plan_animation(probe: Probe, rules: Rules) -> Plan:
    """MP4 for every browser, AV1 WebM, a poster; the original stays, as it is what an `<img>` can show."""
    target = ladder.target_for(probe, rules.rendition_height)
    shape = (
        *((ON_WHITE,) if probe.has_alpha else ()),
        f"scale={target.width}:{target.height}",
        "format=yuv420p",
    )
    return make_plan(
        # A GIF stands behind its films in `files`; a WebP or PNG before them, since clients show it by its type.
        original_picture(probe, preference=9 if probe.mime == "image/gif" else -1, plays_in_browsers=True),
        _loop(
            probe,
            target,
            name="mp4",
            stage=Stage.ESSENTIAL,
            filters=shape,
            preference=0,
            options={**h264_loop_options(), "movflags": "+faststart"},
        ),
        extras.loop_poster(probe.film_stream, shape),
        _loop(
            probe,
            target,
            name="webm",
            stage=Stage.DEFERRED,
            filters=shape,
            preference=1,
            options=av1_options(None),
        ),
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
    )
    every_option = {**options, "fpsmax": ladder.MAX_FRAME_RATE}
    if probe.alpha_stream is None:
        arguments = ffmpeg_arguments(output.path, [probe.film_stream], filters=filters, options=every_option)
    else:
        # An AVIF's alpha is a film of its own.
        merged = f"[0:{probe.film_stream}][0:{probe.alpha_stream}]alphamerge,{','.join(filters)}[film]"
        arguments = graph_arguments(output.path, merged, ["[film]"], options=every_option)
    return Step(
        stage=stage,
        commands=(Command(tool=Tool.FFMPEG, arguments=arguments, duration_s=probe.duration_s),),
        outputs=(output,),
        cost_s=target.av1_cost_s if is_deferred else target.h264_cost_s * 2,
        may_fail=is_deferred,
    )

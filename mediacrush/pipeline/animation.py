"""Steps for a silent loop (GIF, animated WebP, APNG): it becomes a film at a fraction of its bytes."""

from mediacrush.model.media import Role
from mediacrush.pipeline import extras, ladder
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments
from mediacrush.pipeline.ladder import Target
from mediacrush.pipeline.originals import original_picture
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Plan, Stage, Step, Tool, make_plan

_STREAM = 0
# H.264 and browsers' AV1 have no alpha: what is transparent is shown on white, as most pages that held GIFs were.
_ON_WHITE = "format=rgba,split[top][under];[under]drawbox=color=white:replace=1:t=fill[white];[white][top]overlay"


def plan_animation(probe: Probe) -> Plan:
    """MP4 for every browser, AV1 WebM, a poster; the original stays, as it is what an `<img>` can show."""
    target = ladder.target_for(probe)
    shape = (
        *((_ON_WHITE,) if probe.has_alpha else ()),
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
            options={
                "c:v": "libx264",
                "preset": ladder.H264_LOOP_PRESET,
                "crf": ladder.H264_LOOP_CRF,
                "profile:v": "high",
                "movflags": "+faststart",
            },
        ),
        extras.poster(probe, _STREAM, shape),
        _loop(
            probe,
            target,
            name="webm",
            stage=Stage.DEFERRED,
            filters=shape,
            preference=1,
            options={"c:v": "libsvtav1", "preset": ladder.AV1_LOOP_PRESET, "crf": ladder.AV1_CRF},
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
    return Step(
        name=name,
        stage=stage,
        role=Role.RENDITION,
        tool=Tool.FFMPEG,
        arguments=ffmpeg_arguments(
            f"{name}.{name}", [_STREAM], filters=filters, options={**options, "fpsmax": ladder.MAX_FRAME_RATE}
        ),
        suffix=f".{name}",
        mime=f"video/{name}",
        codecs=target.av1_codec if is_deferred else None,
        preference=preference,
        cost_s=target.av1_cost_s if is_deferred else target.h264_cost_s * 2,
        duration_s=probe.duration_s,
        may_fail=is_deferred,
    )

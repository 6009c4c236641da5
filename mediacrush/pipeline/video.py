"""Steps for a film: an MP4 that every browser plays, an AV1 WebM at a fraction of its bytes, a poster."""

from mediacrush.model.media import Role
from mediacrush.pipeline import extras, ladder
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments
from mediacrush.pipeline.ladder import Target
from mediacrush.pipeline.originals import original_recording
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import Plan, Stage, Step, Tool, make_plan

_H264_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_H264_MAX_LEVEL = 52  # 5.2: 4K at 60 frames a second, what hardware decoders take
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1"})
_DEINTERLACE = "bwdif=deint=interlaced"


def plan_video(probe: Probe, video: VideoStream) -> Plan:
    """MP4 first: a copy of the streams where browsers play them, else H.264 and AAC. Then WebM, poster, original.

    A copied MP4 is the original itself, cleaned of its tags and with its index in front.
    """
    target = ladder.target_for(probe)
    is_original = probe.mime == "video/mp4" and can_copy_video(video) and can_copy_audio(probe)
    plays = probe.mime == "video/webm" and video.codec in _WEBM_CODECS
    original = original_recording(probe, stage=Stage.DEFERRED, preference=9, plays_in_browsers=plays)
    return make_plan(
        None if is_original else original,
        _mp4(probe, video, target, role=Role.ORIGINAL if is_original else Role.RENDITION),
        extras.poster(probe, video.index, _shape(video, target)),
        _webm(probe, video, target),
    )


def can_copy_video(video: VideoStream) -> bool:
    """Whether every browser plays this stream as it is: H.264, 8 bit 4:2:0, progressive, square pixels."""
    return (
        video.codec == "h264"
        and video.profile in _H264_PROFILES
        and video.level <= _H264_MAX_LEVEL
        and video.pixel_format in ("yuv420p", "yuvj420p")
        and video.pixel_aspect == 1.0
        and not video.is_interlaced
    )


def can_copy_audio(probe: Probe) -> bool:
    """Whether there is no sound, or AAC-LC in mono or stereo."""
    audio = probe.audio
    return audio is None or (audio.codec == "aac" and audio.profile == "LC" and audio.channels <= 2)  # noqa: PLR2004


def _mp4(probe: Probe, video: VideoStream, target: Target, role: Role) -> Step:
    copies_video = can_copy_video(video)
    picture: Options = (
        {"c:v": "copy"}
        if copies_video
        else {
            "c:v": "libx264",
            "preset": ladder.H264_PRESET,
            "crf": ladder.H264_CRF,
            "profile:v": "high",
            "fpsmax": ladder.MAX_FRAME_RATE,
        }
    )
    sound: Options = (
        {"c:a": "copy"} if can_copy_audio(probe) else {"c:a": "aac", "b:a": ladder.AAC_BITRATE, "ac": 2}
    )
    return _film(
        probe,
        video,
        name="original" if role is Role.ORIGINAL else "mp4",
        role=role,
        stage=Stage.ESSENTIAL,
        suffix=".mp4",
        mime="video/mp4",
        filters=() if copies_video else _shape(video, target),
        options={**picture, **(sound if probe.audio else {}), "movflags": "+faststart"},
        cost_s=ladder.remux_cost_s(probe.size_bytes) if copies_video else target.h264_cost_s,
    )


def _webm(probe: Probe, video: VideoStream, target: Target) -> Step:
    sound: Options = {"c:a": "libopus", "b:a": ladder.OPUS_BITRATE, "ac": 2, "ar": 48000} if probe.audio else {}
    return _film(
        probe,
        video,
        name="webm",
        role=Role.RENDITION,
        stage=Stage.DEFERRED,
        suffix=".webm",
        mime="video/webm",
        codecs=f"{target.av1_codec},opus" if probe.audio else target.av1_codec,
        preference=1,
        filters=_shape(video, target),
        options={
            "c:v": "libsvtav1",
            "preset": ladder.AV1_PRESET,
            "crf": ladder.AV1_CRF,
            "fpsmax": ladder.MAX_FRAME_RATE,
            **sound,
        },
        cost_s=target.av1_cost_s,
        may_fail=True,
    )


def _film(
    probe: Probe,
    video: VideoStream,
    *,
    name: str,
    role: Role,
    stage: Stage,
    suffix: str,
    mime: str,
    filters: tuple[str, ...],
    options: Options,
    cost_s: float,
    codecs: str | None = None,
    preference: int = 0,
    may_fail: bool = False,
) -> Step:
    streams = [video.index, *([probe.audio.index] if probe.audio else [])]
    # FFmpeg stretches the last frame of some variable-rate inputs; the source's own length is the truth.
    length = {"t": round(probe.duration_s, 3)} if probe.duration_s else {}
    return Step(
        name=name,
        stage=stage,
        role=role,
        tool=Tool.FFMPEG,
        arguments=ffmpeg_arguments(f"{name}{suffix}", streams, filters=filters, options={**options, **length}),
        suffix=suffix,
        mime=mime,
        codecs=codecs,
        preference=preference,
        cost_s=cost_s,
        duration_s=probe.duration_s,
        may_fail=may_fail,
    )


def _shape(video: VideoStream, target: Target) -> tuple[str, ...]:
    """The filters that make frames progressive, square-pixelled, at most 1080p and 8 bit 4:2:0."""
    return (
        *((_DEINTERLACE,) if video.is_interlaced else ()),
        *((f"scale={target.width}:{target.height}", "setsar=1") if ladder.needs_scaling(video, target) else ()),
        "format=yuv420p",
    )

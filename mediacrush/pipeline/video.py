"""Steps for a film: an MP4 that every browser plays, an AV1 WebM at a fraction of its bytes, a ladder where the
film is long or large, a small MP4 for chats, and what stands beside them."""

from dataclasses import replace

from mediacrush.model.media import Role
from mediacrush.pipeline import extras, ladder
from mediacrush.pipeline.encoders import (
    AAC_SMALL_BPS,
    OPUS,
    aac_options,
    copies_audio,
    copies_video,
    film_options,
    h264_options,
    mixed_down,
)
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments, pieces_arguments
from mediacrush.pipeline.filters import decoder, shaped
from mediacrush.pipeline.hls import ladder_step
from mediacrush.pipeline.ladder import Target
from mediacrush.pipeline.originals import original_recording
from mediacrush.pipeline.payloads import clean_copy_options
from mediacrush.pipeline.pieces import LIST, PIECE_OPTIONS, Span, counted, listed, piece_path, piece_step, spans
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import Command, Encoder, Output, Plan, Rules, Stage, Step, Tool, make_plan
from mediacrush.pipeline.storyboard import storyboard
from mediacrush.pipeline.tracks import tracks

_WEBM_CODECS = frozenset({"vp8", "vp9", "av1"})
# A second MP4 beside one that plays must be worth its place in storage.
_LIGHT_SAVES = 0.3
# What is left of a chat's limit after the container, and after the encoder has overdrawn its buffer once.
_CHAT_SHARE, _CHAT_MIN_BPS, _CHAT_SIDE = 0.93, 120_000, 720
_CHAT_BITS_PER_PIXEL = 0.045

_MP4 = Output(name="mp4", suffix=".mp4", mime="video/mp4", role=Role.RENDITION)
_ORIGINAL = replace(_MP4, name="original", role=Role.ORIGINAL)
_LIGHT = replace(_MP4, name="light", suffix=".light.mp4", preference=2, min_saving=_LIGHT_SAVES)
_LOW = replace(_MP4, name="low", suffix=".low.mp4", preference=5, is_full_size=False)


def plan_video(probe: Probe, video: VideoStream, rules: Rules) -> Plan:
    """MP4 first: a copy of the streams where browsers play them, else H.264 and AAC. Then all the rest.

    A copied MP4 is the original itself, cleaned of its tags and with its index in front. Of a film that takes long
    to encode the lowest rung comes first, so that it plays within seconds; its full-size MP4 comes with the ladder.
    """
    target = ladder.target_for(probe, rules.rendition_height)
    plays = probe.mime == "video/webm" and video.codec in _WEBM_CODECS
    mp4s = _mp4s(probe, video, target)
    is_published = any(output.role is Role.ORIGINAL for step in mp4s for output in step.outputs)
    original = original_recording(probe, stage=Stage.DEFERRED, preference=9, plays_in_browsers=plays)
    return make_plan(
        None if is_published else original,
        # Before a ladder, which takes long; what plays first comes first in any case.
        extras.film_poster(probe, video, target),
        *tracks(probe, video.index),
        storyboard(probe, video),
        *mp4s,
        _webm(probe, video, target),
        _chat(probe, video, target, rules),
    )


def _mp4s(probe: Probe, video: VideoStream, target: Target) -> list[Step]:
    """The MP4 for every browser, and the ladder or the lighter MP4 where there is reason for one."""
    copies, fits = copies_video(video), ladder.fits(probe, target)
    is_original = probe.mime == "video/mp4" and copies and copies_audio(probe)
    if is_original and not fits:
        # It plays in most browsers as it is, at once; the MP4 of a size for every device follows.
        first = _film(probe, video, target, replace(_ORIGINAL, preference=9), copies=True)
        return [first, _smaller(probe, video, target, _MP4)]
    if copies and fits:
        first = _film(probe, video, target, _ORIGINAL if is_original else _MP4, copies=True)
        is_worth_it = ladder.needs_ladder(probe) or ladder.is_heavy(probe, target)
        return [first, _smaller(probe, video, target, _LIGHT)] if is_worth_it else [first]
    if not ladder.needs_ladder(probe):
        return [_film(probe, video, target, _MP4, copies=False)]
    return [_low(probe, video, target), _smaller(probe, video, target, _MP4)]


def _smaller(probe: Probe, video: VideoStream, target: Target, film: Output) -> Step:
    """`film` encoded after something plays already, with a ladder where the film is long or large."""
    may_fail = film is _LIGHT
    if not ladder.needs_ladder(probe):
        return replace(_film(probe, video, target, film, copies=False), stage=Stage.DEFERRED, may_fail=may_fail)
    rungs = ladder.rungs_for(probe, target)
    return ladder_step(
        probe,
        video,
        rungs,
        prefix="",
        stage=Stage.DEFERRED,
        film=replace(film, width=target.width, height=target.height),
        cost_s=ladder.ladder_cost_s(rungs, probe),
        may_fail=may_fail,
    )


def _low(probe: Probe, video: VideoStream, target: Target) -> Step:
    """A low rung alone: it plays while the others are made."""
    rung = ladder.low_rung_for(probe, target)
    return ladder_step(
        probe,
        video,
        (rung,),
        prefix="low.",
        stage=Stage.ESSENTIAL,
        film=replace(_LOW, width=rung.width, height=rung.height),
        cost_s=ladder.ladder_cost_s((rung,), probe),
    )


def _film(probe: Probe, video: VideoStream, target: Target, output: Output, *, copies: bool) -> Step:
    """One MP4 of the whole film; `copies`: its frames stay as they are."""
    picture: Options = clean_copy_options(video) if copies else film_options(Encoder.H264, probe)
    sound: Options = {}
    if probe.audio:
        sound = {"c:a": "copy"} if copies_audio(probe) else aac_options(probe.audio)
    width, height = (probe.width, probe.height) if copies else (target.width, target.height)
    return _encode(
        probe,
        video,
        replace(output, width=width, height=height),
        stage=Stage.ESSENTIAL,
        filters=() if copies else shaped(video, target.width, target.height),
        picture=picture,
        sound=sound,
        container={"movflags": "+faststart"},
        cost_s=ladder.remux_cost_s(probe.size_bytes) if copies else target.h264_cost_s,
        may_fail=False,
        encoder=None if copies else Encoder.H264,
    )


def _webm(probe: Probe, video: VideoStream, target: Target) -> Step:
    output = Output(
        name="webm",
        suffix=".webm",
        mime="video/webm",
        role=Role.RENDITION,
        codecs=f"{target.av1_codec},opus" if probe.audio else target.av1_codec,
        preference=1,
        width=target.width,
        height=target.height,
    )
    return _encode(
        probe,
        video,
        output,
        stage=Stage.DEFERRED,
        filters=shaped(video, target.width, target.height),
        picture=film_options(Encoder.AV1, probe),
        sound={**OPUS, **mixed_down(probe.audio)} if probe.audio else {},
        container={},
        cost_s=target.av1_cost_s,
        may_fail=True,
        encoder=Encoder.AV1,
    )


def _chat(probe: Probe, video: VideoStream, target: Target, rules: Rules) -> Step | None:
    """An MP4 that chats take, unless the film is too long to be worth looking at in so few bytes."""
    if not rules.chat_max_bytes or not probe.duration_s:
        return None
    bits, sound_bps = rules.chat_max_bytes * 8 * _CHAT_SHARE, AAC_SMALL_BPS if probe.audio else 0
    # Each encoder may overdraw its buffer of a second once; whether there is such an MP4 depends on no pieces.
    if int(bits / (probe.duration_s + 1) - sound_bps) < _CHAT_MIN_BPS:
        return None
    video_bps = int(bits / (probe.duration_s + max(1, len(probe.pieces))) - sound_bps)
    size = ladder.size_for_rate(target, video_bps / _CHAT_BITS_PER_PIXEL, _CHAT_SIDE)
    output = Output(
        name="chat",
        suffix=".chat.mp4",
        mime="video/mp4",
        role=Role.RENDITION,
        preference=6,
        is_full_size=False,
        max_bytes=rules.chat_max_bytes,
        width=size.width,
        height=size.height,
    )
    return replace(
        _encode(
            probe,
            video,
            output,
            stage=Stage.DEFERRED,
            filters=shaped(video, size.width, size.height),
            picture={**h264_options(None), "maxrate": video_bps, "bufsize": video_bps},
            sound=aac_options(probe.audio, AAC_SMALL_BPS) if probe.audio else {},
            container={"movflags": "+faststart"},
            cost_s=size.h264_cost_s + 0.3 * target.h264_cost_s,
            may_fail=True,
        ),
        unless_smaller_than=rules.chat_max_bytes,
    )


def _encode(
    probe: Probe,
    video: VideoStream,
    output: Output,
    *,
    stage: Stage,
    filters: tuple[str, ...],
    picture: Options,
    sound: Options,
    container: Options,
    cost_s: float,
    may_fail: bool,
    encoder: Encoder | None = None,
) -> Step:
    """One file of the whole film: `picture` tells its encoder, without `filters` its copier, `sound` that of the
    sound, and `container` what they are put into."""
    audio = probe.audio.index if probe.audio else None
    # FFmpeg stretches the last frame of some variable-rate inputs; the source's own length is the truth.
    length = {"t": round(probe.duration_s, 3)} if probe.duration_s else {}
    arguments = ffmpeg_arguments(
        output.path,
        [video.index, *([] if audio is None else [audio])],
        filters=filters,
        input_options=decoder(video) if filters else {},
        options={**picture, **sound, **container, **length},
    )
    every_span = spans(probe) if filters else ()
    join: tuple[Command, ...] = ()
    if every_span:
        joined = pieces_arguments(
            output.path,
            LIST,
            1,
            audio,
            first_s=every_span[0].first_s,
            options={**sound, **container, **length},
        )
        join = (
            listed(every_span),
            Command(tool=Tool.FFMPEG, arguments=joined),
            counted(output.path, every_span),
        )
    return Step(
        stage=stage,
        commands=(Command(tool=Tool.FFMPEG, arguments=arguments, duration_s=probe.duration_s),),
        outputs=(output,),
        cost_s=cost_s,
        may_fail=may_fail,
        encoder=encoder,
        is_divisible=bool(filters),
        pieces=tuple(_piece(video, span, filters, picture, cost_s / len(every_span)) for span in every_span),
        join=join,
    )


def _piece(video: VideoStream, span: Span, filters: tuple[str, ...], picture: Options, cost_s: float) -> Step:
    arguments = ffmpeg_arguments(
        piece_path(span),
        [video.index],
        filters=(*filters, span.trim),
        input_options={**decoder(video), **span.input_options},
        options={**picture, **PIECE_OPTIONS},
    )
    return piece_step(span, arguments, [None], cost_s)

"""Steps for a sound: MP3 and Ogg Opus, the original, its cover art."""

from mediacrush.model.media import Role
from mediacrush.pipeline import extras
from mediacrush.pipeline.encoders import MP3, OPUS, mixed_down
from mediacrush.pipeline.ffmpeg_arguments import Options, ffmpeg_arguments
from mediacrush.pipeline.ladder import audio_cost_s
from mediacrush.pipeline.originals import original_recording
from mediacrush.pipeline.probe import AudioStream, Probe
from mediacrush.pipeline.steps import Command, Output, Plan, Stage, Step, Tool, make_plan
from mediacrush.pipeline.tracks import chapters
from mediacrush.pipeline.waveform import waveform

# Container and codec that an <audio> element of every current browser plays as it is; PCM has a codec a format.
_PLAYED_AS_IS = frozenset(
    {
        ("audio/mpeg", "mp3"),
        ("audio/flac", "flac"),
        ("audio/mp4", "aac"),
        ("audio/aac", "aac"),
        ("audio/ogg", "opus"),
        ("audio/wav", "pcm_u8"),
        ("audio/wav", "pcm_s16le"),
        ("audio/wav", "pcm_s24le"),
    }
)


def plan_audio(probe: Probe, audio: AudioStream) -> Plan:
    """MP3 first, for every browser; then Opus at half the bytes. A source that is one of them stands for it."""
    is_mp3 = probe.mime == "audio/mpeg" and audio.codec == "mp3"
    is_opus = probe.mime == "audio/ogg" and audio.codec == "opus"
    plays = (probe.mime, audio.codec) in _PLAYED_AS_IS
    original = original_recording(
        probe,
        stage=Stage.ESSENTIAL if is_mp3 else Stage.DEFERRED,
        preference=0 if is_mp3 else 9,
        plays_in_browsers=plays,
    )
    return make_plan(
        original,
        None if is_mp3 and original else _mp3(probe, audio),
        extras.cover(probe),
        None if is_opus and original else _opus(probe, audio),
        waveform(probe, audio),
        chapters(probe),
    )


def _mp3(probe: Probe, audio: AudioStream) -> Step:
    return _sound(
        probe,
        audio,
        name="mp3",
        stage=Stage.ESSENTIAL,
        suffix=".mp3",
        mime="audio/mpeg",
        options=MP3,
    )


def _opus(probe: Probe, audio: AudioStream) -> Step:
    return _sound(
        probe,
        audio,
        name="opus",
        stage=Stage.DEFERRED,
        suffix=".ogg",
        mime="audio/ogg",
        codecs="opus",
        preference=1,
        may_fail=True,
        options=OPUS,
    )


def _sound(
    probe: Probe,
    audio: AudioStream,
    *,
    name: str,
    stage: Stage,
    suffix: str,
    mime: str,
    options: Options,
    codecs: str | None = None,
    preference: int = 0,
    may_fail: bool = False,
) -> Step:
    output = Output(name=name, suffix=suffix, mime=mime, role=Role.RENDITION, codecs=codecs, preference=preference)
    arguments = ffmpeg_arguments(output.path, [audio.index], options={**options, **mixed_down(audio)})
    return Step(
        stage=stage,
        commands=(Command(tool=Tool.FFMPEG, arguments=arguments, duration_s=probe.duration_s),),
        outputs=(output,),
        cost_s=audio_cost_s(probe.duration_s),
        may_fail=may_fail,
    )

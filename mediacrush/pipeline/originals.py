"""The step that publishes an original: as uploaded, less what is private."""

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments
from mediacrush.pipeline.ladder import remux_cost_s
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Command, Output, Stage, Step, Tool

# Containers that FFmpeg writes as well as it reads, so that a copy without tags loses nothing else.
_REWRITABLE = frozenset(
    {"mp4", "mov", "mkv", "webm", "avi", "flv", "ts", "ogv", "mp3", "m4a", "flac", "ogg", "mka"}
)


# pictures/clean.py removes private data from these without touching a pixel.
_CLEANABLE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


def original_picture(probe: Probe, *, preference: int, plays_in_browsers: bool) -> Step | None:
    """A still or animated picture, cleaned where we can; None where something private would have to stay in it."""
    is_cleanable = probe.mime in _CLEANABLE
    if probe.has_private_data and not is_cleanable:
        return None
    output = _original(probe, preference=preference, plays_in_browsers=plays_in_browsers)
    command = (
        Command(tool=Tool.CLEAN, arguments=(output.path, probe.mime))
        if is_cleanable
        else Command(tool=Tool.KEEP, arguments=(output.path,))
    )
    return Step(stage=Stage.ESSENTIAL, commands=(command,), outputs=(output,))


def original_recording(probe: Probe, *, stage: Stage, preference: int, plays_in_browsers: bool) -> Step | None:
    """A film or a sound: byte for byte where nothing private is in it, else its streams in the same container
    without tags, subtitles and data.

    None where neither is possible: then a rendition stands for the original.
    """
    if probe.has_private_data and probe.extension not in _REWRITABLE:
        return None
    output = _original(probe, preference=preference, plays_in_browsers=plays_in_browsers)
    command = (
        Command(
            tool=Tool.FFMPEG,
            arguments=ffmpeg_arguments(output.path, probe.streams, options={"c": "copy"}),
            duration_s=probe.duration_s,
        )
        if probe.has_private_data
        else Command(tool=Tool.KEEP, arguments=(output.path,))
    )
    return Step(
        stage=stage,
        commands=(command,),
        outputs=(output,),
        cost_s=remux_cost_s(probe.size_bytes) if probe.has_private_data else 0.05,
        may_fail=stage is Stage.DEFERRED,
    )


def _original(probe: Probe, *, preference: int, plays_in_browsers: bool) -> Output:
    return Output(
        name="original",
        suffix=f".{probe.extension}",
        mime=probe.mime,
        role=Role.ORIGINAL,
        preference=preference,
        plays_in_browsers=plays_in_browsers,
    )

"""The step that publishes an original: as uploaded, less what is private."""

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments
from mediacrush.pipeline.ladder import remux_cost_s
from mediacrush.pipeline.payloads import clean_copy_options
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import INPUT, Command, Output, Stage, Step, Tool

# Containers that FFmpeg writes as well as it reads, so that a copy without tags loses nothing else; and those of
# them whose index it can put in front.
_INDEXED = frozenset({"mp4", "mov", "3gp", "m4a"})
_REWRITABLE = _INDEXED | {
    *("mkv", "webm", "avi", "flv", "wmv", "ts", "mpg", "ogv"),
    *("mp3", "mp2", "aac", "ac3", "eac3", "flac", "ogg", "wav", "aiff", "au", "caf", "wma", "amr", "mka"),
}

SVG_MIME = "image/svg+xml"
# pictures/clean.py removes private data from these without touching a pixel; a drawing is sanitised.
_CLEANABLE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", SVG_MIME})


def original_picture(probe: Probe, *, preference: int, plays_in_browsers: bool) -> Step | None:
    """A still or animated picture, cleaned where we can; None where something private would have to stay in it."""
    is_cleanable = probe.mime in _CLEANABLE
    if probe.has_private_data and not is_cleanable:
        return None
    output = _original(probe, preference=preference, plays_in_browsers=plays_in_browsers)
    command = (
        Command(tool=Tool.PICTURE, arguments=("optimise", INPUT, output.path))
        if probe.mime == SVG_MIME
        else Command(tool=Tool.CLEAN, arguments=(output.path, probe.mime))
        if is_cleanable
        else Command(tool=Tool.KEEP, arguments=(output.path,))
    )
    return Step(stage=Stage.ESSENTIAL, commands=(command,), outputs=(output,))


def original_recording(probe: Probe, *, stage: Stage, preference: int, plays_in_browsers: bool) -> Step | None:
    """A film or a sound: byte for byte where it is certain that nothing private is in it, else its streams in the
    same container, without subtitles, data, covers and all tags but those that name a song.

    None where neither is possible: then a rendition stands for the original.
    """
    if probe.has_private_data and not (probe.can_be_copied and probe.extension in _REWRITABLE):
        return None
    output = _original(probe, preference=preference, plays_in_browsers=plays_in_browsers)
    command = (
        Command(tool=Tool.FFMPEG, arguments=_copy(probe, output.path), duration_s=probe.duration_s)
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


def _copy(probe: Probe, path: str) -> tuple[str, ...]:
    """FFmpeg's arguments for a clean copy of the streams."""
    frames = clean_copy_options(probe.video) if probe.video else {}
    index = {"movflags": "+faststart"} if probe.extension in _INDEXED else {}
    arguments = ffmpeg_arguments(path, probe.streams, options={"c": "copy", **frames, **index})
    place = arguments.index(path)  # ffmpeg-python cannot repeat an option
    tags = (part for name, value in probe.tags.items() for part in ("-metadata", f"{name}={value}"))
    return (*arguments[:place], *tags, *arguments[place:])


def _original(probe: Probe, *, preference: int, plays_in_browsers: bool) -> Output:
    return Output(
        name="original",
        suffix=f".{probe.extension}",
        mime=probe.mime,
        role=Role.ORIGINAL,
        preference=preference,
        plays_in_browsers=plays_in_browsers,
    )

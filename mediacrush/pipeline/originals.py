"""The step that publishes an original: as uploaded, less what is private."""

from mediacrush.model.media import Role
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments
from mediacrush.pipeline.ladder import remux_cost_s
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Stage, Step, Tool

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
    return Step(
        name="original",
        stage=Stage.ESSENTIAL,
        role=Role.ORIGINAL,
        tool=Tool.CLEAN if is_cleanable else Tool.KEEP,
        suffix=f".{probe.extension}",
        mime=probe.mime,
        preference=preference,
        plays_in_browsers=plays_in_browsers,
    )


def original_recording(probe: Probe, *, stage: Stage, preference: int, plays_in_browsers: bool) -> Step | None:
    """A film or a sound: byte for byte where nothing private is in it, else its streams in the same container
    without tags, subtitles and data.

    None where neither is possible: then a rendition stands for the original.
    """
    if probe.has_private_data and probe.extension not in _REWRITABLE:
        return None
    suffix = f".{probe.extension}"
    return Step(
        name="original",
        stage=stage,
        role=Role.ORIGINAL,
        tool=Tool.FFMPEG if probe.has_private_data else Tool.KEEP,
        arguments=ffmpeg_arguments(f"original{suffix}", probe.streams, options={"c": "copy"})
        if probe.has_private_data
        else (),
        suffix=suffix,
        mime=probe.mime,
        preference=preference,
        plays_in_browsers=plays_in_browsers,
        cost_s=remux_cost_s(probe.size_bytes) if probe.has_private_data else 0.05,
        duration_s=probe.duration_s,
        may_fail=stage is Stage.DEFERRED,
    )

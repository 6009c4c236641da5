"""Which walker reads which container, by FFmpeg's name of it."""

from collections.abc import Callable
from pathlib import Path

from mediacrush.pipeline.containers.asf import walk_asf
from mediacrush.pipeline.containers.flv import walk_flv
from mediacrush.pipeline.containers.frames import walk_ac3, walk_adts, walk_amr, walk_mpeg_audio
from mediacrush.pipeline.containers.iso import walk_iso
from mediacrush.pipeline.containers.matroska import walk_matroska
from mediacrush.pipeline.containers.riff import walk_aiff, walk_caf, walk_riff
from mediacrush.pipeline.containers.walking import Findings, NotUnderstood, Walk, mapped
from mediacrush.pipeline.containers.xiph import walk_flac, walk_ogg

_WALKERS: dict[str, Callable[[Walk], None]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": walk_iso,
    "matroska,webm": walk_matroska,
    "avi": walk_riff,
    "wav": walk_riff,
    "aiff": walk_aiff,
    "caf": walk_caf,
    "mp3": walk_mpeg_audio,
    "aac": walk_adts,
    "ac3": walk_ac3,
    "eac3": walk_ac3,
    "amr": walk_amr,
    "flac": walk_flac,
    "ogg": walk_ogg,
    "asf": walk_asf,
    "flv": walk_flv,
}


def find_private(path: Path, demuxer: str, *, is_sound: bool) -> Findings:
    """What the container at `path` tells beside its media. What no walker knows is not verified; of what one did
    not understand to its end, a copy may take along anything."""
    walker = _WALKERS.get(demuxer)
    if walker is None:
        return Findings()
    walk = Walk(data=mapped(path), is_sound=is_sound)
    try:
        walker(walk)
    except (NotUnderstood, IndexError, ValueError):
        walk.stuck()
    return walk.findings()

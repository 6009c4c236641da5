"""What kind of pictures a film has, as far as encoders care: looked at only before something is encoded.

One quality number gives a face in soft light half of what it needs and a street twice; docs/performance.md has the
clips that the limits were found with.
"""

import re
from pathlib import Path
from statistics import median

from mediacrush.pipeline.facts import Footage, Probe, VideoStream
from mediacrush.pipeline.ffmpeg_arguments import ffmpeg_arguments, pixel_bound
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.tools import Tools

# ITU-T P.910's spatial information, the median of these key frames: 15 for waves, 17 for a face filmed by a phone,
# 62 for an animated film, 146 for a street, 207 for a page of text.
_KEY_FRAMES, _SMOOTH_BELOW, _DETAILED_FROM = 8, 25.0, 100.0
# The share of frames that are as the one before, in these seconds: 0.01 for what a camera saw, 0.5 and more for
# screens. Two of them differ when their mean brightness, of 255, does by this.
_STILL_S, _STILL_FROM, _SAME_BELOW = 3.0, 0.3, 0.05
_LOOK_AT = 0.1
_FACTS = "looks"


def footage_of(probe: Probe, video: VideoStream, workdir: Path, tools: Tools, limits: Limits) -> Footage:
    """Look at a few frames of the film `input` in `workdir`; PLAIN where they tell nothing.

    Raises StepTimedOut.
    """
    start_s = round((probe.duration_s or 0.0) * _LOOK_AT, 3)
    differences = _measured(
        "lavfi.signalstats.YDIF",
        ffmpeg_arguments(
            "-",
            [video.index],
            input_options={"ss": start_s, "t": _STILL_S},
            filters=("scale=480:-2:flags=fast_bilinear", "signalstats", _printing("lavfi.signalstats.YDIF")),
            options={"f": "null", "an": None},
        ),
        workdir,
        tools,
        limits,
    )
    if differences and sum(d < _SAME_BELOW for d in differences) / len(differences) >= _STILL_FROM:
        return Footage.STILL
    details = _measured(
        "lavfi.siti.si",
        ffmpeg_arguments(
            "-",
            [video.index],
            input_options={"skip_frame": "nokey"},
            filters=("siti", _printing("lavfi.siti.si")),
            options={"f": "null", "an": None, "frames:v": _KEY_FRAMES},
        ),
        workdir,
        tools,
        limits,
    )
    return _by_detail(median(details)) if details else Footage.PLAIN


def _by_detail(spatial_information: float) -> Footage:
    if spatial_information < _SMOOTH_BELOW:
        return Footage.SMOOTH
    return Footage.DETAILED if spatial_information >= _DETAILED_FROM else Footage.PLAIN


def _printing(key: str) -> str:
    return f"metadata=mode=print:key={key}:file={_FACTS}"


def _measured(key: str, arguments: tuple[str, ...], workdir: Path, tools: Tools, limits: Limits) -> list[float]:
    """What FFmpeg printed under this key, a number a frame; nothing where it failed."""
    facts = workdir / _FACTS
    facts.unlink(missing_ok=True)
    run_tool((*tools.ffmpeg, *pixel_bound(limits.max_pixels), *arguments), workdir, limits)
    if not facts.is_file():
        return []
    found = re.findall(rf"^{re.escape(key)}=(\d+(?:\.\d+)?)$", facts.read_text("ascii", "replace"), re.MULTILINE)
    return [float(number) for number in found]

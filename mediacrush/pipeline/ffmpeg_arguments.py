"""How we call FFmpeg: the options that every call shares. ffmpeg-python builds the lists; run.py runs them."""

from collections.abc import Iterable, Mapping

import ffmpeg

from mediacrush.model.formats import DEMUXERS
from mediacrush.pipeline.steps import INPUT

# FFmpeg's own option names and their values; None: a bare flag.
Options = Mapping[str, str | float | None]

# Nothing but the input itself may be opened, whatever the input asks for.
_INPUT_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}
_GLOBAL_OPTIONS = ("-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.5")
# No tag, chapter, subtitle or data of the original reaches a rendition: they may name people and places (drones
# write where they are into subtitles).
_CLEAN_OPTIONS = {"map_metadata": -1, "map_chapters": -1, "dn": None, "sn": None}


def ffmpeg_arguments(
    output: str,
    streams: Iterable[int],
    *,
    start_s: float | None = None,
    filters: Iterable[str] = (),
    options: Options,
) -> tuple[str, ...]:
    """The arguments that turn the streams with these indexes of the input into the file `output`.

    `filters` are applied to the video in order; `start_s` skips into the input.
    """
    source = ffmpeg.input(INPUT, **_INPUT_OPTIONS, **({"ss": start_s} if start_s else {}))
    chain = ",".join(filters)
    every_option = {**_CLEAN_OPTIONS, **options} | ({"vf": chain} if chain else {})
    call = ffmpeg.output(*(source[str(index)] for index in streams), output, **every_option)
    return tuple(call.global_args(*_GLOBAL_OPTIONS).overwrite_output().get_args())

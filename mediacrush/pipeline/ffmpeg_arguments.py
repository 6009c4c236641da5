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


def pixel_bound(max_pixels: int) -> tuple[str, ...]:
    """What stands in front of every call's arguments: frames that are larger than the film said are not decoded."""
    return ("-max_pixels", str(max_pixels))


def ffmpeg_arguments(
    output: str,
    streams: Iterable[int],
    *,
    start_s: float | None = None,
    filters: Iterable[str] = (),
    input_options: Options | None = None,
    options: Options,
) -> tuple[str, ...]:
    """The arguments that turn the streams with these indexes of the input into the file `output`.

    `filters` are applied to the video in order; `start_s` skips into the input.
    """
    source = ffmpeg.input(INPUT, **_input(start_s, input_options))
    chain = ",".join(filters)
    every_option = {**_CLEAN_OPTIONS, **options} | ({"vf": chain} if chain else {})
    return _arguments(ffmpeg.output(*(source[str(index)] for index in streams), output, **every_option))


def graph_arguments(
    output: str, graph: str, maps: Iterable[str], *, input_options: Options | None = None, options: Options
) -> tuple[str, ...]:
    """The arguments that run the input through a filter graph (FFmpeg's syntax, input 0) and write what `maps`
    names, labels of the graph or streams such as `0:1`, in one process."""
    source = ffmpeg.input(INPUT, **_input(None, input_options))
    every_option = {**_CLEAN_OPTIONS, "filter_complex": graph, **options}
    arguments = _arguments(ffmpeg.output(source, output, **every_option))
    place = arguments.index(output)  # ffmpeg-python cannot repeat an option
    return (*arguments[:place], *(part for name in maps for part in ("-map", name)), *arguments[place:])


def text_arguments(output: str, stream: int, *, options: Options) -> tuple[str, ...]:
    """The arguments that write one subtitle stream of the input, and nothing else, into the file `output`."""
    source = ffmpeg.input(INPUT, **_INPUT_OPTIONS)
    clean = {name: value for name, value in _CLEAN_OPTIONS.items() if name != "sn"}
    every_option = {**clean, **options}
    return _arguments(ffmpeg.output(source[str(stream)], output, **every_option))


def attachment_arguments(output: str, attachment: int, stream: int) -> tuple[str, ...]:
    """The arguments that write the attachment with this index into the file `output`. FFmpeg must be given any
    stream to do besides; of `stream` it takes nothing."""
    source = ffmpeg.input(INPUT, **_input(None, {f"dump_attachment:{attachment}": output}))
    return _arguments(ffmpeg.output(source[str(stream)], "-", **{"c": "copy", "t": 0, "f": "null"}))


def join_arguments(output: str, parts: Iterable[str], *, options: Options) -> tuple[str, ...]:
    """The arguments that copy the streams of files that this job made into one file."""
    return own_arguments(output, parts, options={"c": "copy", **options})


def pieces_arguments(
    output: str, pieces: str, films: int, sound: int | None, *, first_s: float, options: Options
) -> tuple[str, ...]:
    """The arguments that copy the first `films` streams of the pieces listed in the file `pieces`, shown from
    `first_s` on, and take the stream `sound` of the input, into one output."""
    whitelists = {"protocol_whitelist": "file", "format_whitelist": "concat,nut"}
    late = {"itsoffset": f"{first_s:.6f}"} if first_s else {}
    film = ffmpeg.input(pieces, f="concat", safe=0, **whitelists, **late)
    streams = [film[str(number)] for number in range(films)]
    if sound is not None:
        streams.append(ffmpeg.input(INPUT, **_INPUT_OPTIONS)[str(sound)])
    return _arguments(ffmpeg.output(*streams, output, **{**_CLEAN_OPTIONS, "c:v": "copy", **options}))


def own_arguments(output: str, parts: Iterable[str], *, options: Options) -> tuple[str, ...]:
    """The arguments that make the file `output` of files that this job made."""
    sources = [ffmpeg.input(part, **_INPUT_OPTIONS) for part in parts]
    return _arguments(ffmpeg.output(*sources, output, **{**_CLEAN_OPTIONS, **options}))


def _input(start_s: float | None, options: Options | None) -> dict[str, object]:
    return {**_INPUT_OPTIONS, **(options or {}), **({"ss": start_s} if start_s else {})}


def _arguments(call: "ffmpeg.nodes.OutputStream") -> tuple[str, ...]:
    return tuple(call.global_args(*_GLOBAL_OPTIONS).overwrite_output().get_args())

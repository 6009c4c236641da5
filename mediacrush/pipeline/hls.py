"""Steps that make a film adaptive: HLS with one file a rung, all rungs from one process and one decode.

A rung is a playlist and one fragmented MP4 that it points into by byte ranges, so a ladder is a dozen files and not
thousands. Sound is apart, so that changing rungs never repeats it.
"""

from mediacrush.model.media import Role
from mediacrush.pipeline.encoders import aac_options, copies_audio, film_options
from mediacrush.pipeline.ffmpeg_arguments import Options, graph_arguments, join_arguments, pieces_arguments
from mediacrush.pipeline.filters import decoder, shaped
from mediacrush.pipeline.ladder import Rung
from mediacrush.pipeline.pieces import LIST, PIECE_OPTIONS, Span, counted, listed, piece_path, piece_step, spans
from mediacrush.pipeline.probe import Probe, VideoStream
from mediacrush.pipeline.steps import STEM, Command, Encoder, Output, Stage, Step, Tool

MANIFEST_MIME = "application/vnd.apple.mpegurl"
# Apple asks for 6 s; 4 s let a player change its mind sooner and cost 2 % of bytes (docs/performance.md).
SEGMENT_S = 4
_AUDIO = "audio"


def ladder_step(
    probe: Probe,
    video: VideoStream,
    rungs: tuple[Rung, ...],
    *,
    prefix: str,
    stage: Stage,
    film: Output,
    cost_s: float,
    may_fail: bool = False,
) -> Step:
    """All `rungs` (lowest first), and their top rung joined with the sound as the MP4 `film`.

    `prefix` begins the suffix of every part, so that two ladders of one media never share a name. The manifest is
    the last output, so its name, `<prefix>hls`, is the step's.
    """
    parts = [rung.name for rung in rungs] + ([_AUDIO] if probe.audio else [])
    manifest = Output(
        name=f"{prefix}hls",
        suffix=f".{prefix}m3u8",
        mime=MANIFEST_MIME,
        role=Role.RENDITION,
        preference=8,
        is_full_size=False,
        names_neighbours=True,
    )
    playlists = f"{STEM}.{prefix}%v.m3u8"
    labels = [f"[v{n}]" for n in range(len(rungs))]
    muxed = _muxer_options(probe, rungs, prefix, manifest)
    encode = graph_arguments(
        playlists,
        _graph(video, rungs),
        [*labels, *([f"0:{probe.audio.index}"] if probe.audio else [])],
        input_options=decoder(video),
        options={**_encoder_options(probe, rungs, f"expr:gte(t,n_forced*{SEGMENT_S})"), **muxed},
    )
    top = [f"{STEM}.{prefix}{name}.mp4" for name in (rungs[-1].name, *([_AUDIO] if probe.audio else []))]
    film_of_top = Command(
        tool=Tool.FFMPEG, arguments=join_arguments(film.path, top, options={"movflags": "+faststart"})
    )
    every_span = spans(probe)
    return Step(
        stage=stage,
        commands=(Command(tool=Tool.FFMPEG, arguments=encode, duration_s=probe.duration_s), film_of_top),
        outputs=(*(part for name in parts for part in _parts(prefix, name)), film, manifest),
        cost_s=cost_s,
        may_fail=may_fail,
        encoder=Encoder.H264 if film.is_full_size else None,
        is_divisible=True,
        pieces=tuple(_piece(probe, video, rungs, span, cost_s / len(every_span)) for span in every_span),
        join=_joined(playlists, probe, rungs, every_span, muxed, (film_of_top, film)) if every_span else (),
    )


def _piece(probe: Probe, video: VideoStream, rungs: tuple[Rung, ...], span: Span, cost_s: float) -> Step:
    """One piece of every rung, in one file."""
    arguments = graph_arguments(
        piece_path(span),
        _graph(video, rungs, span.trim),
        [f"[v{n}]" for n in range(len(rungs))],
        input_options={**decoder(video), **span.input_options},
        options={**_encoder_options(probe, rungs, span.key_frames(SEGMENT_S)), **PIECE_OPTIONS},
    )
    return piece_step(span, arguments, [_fewer_frames(rung, rungs[-1]) for rung in rungs], cost_s)


def _joined(
    playlists: str,
    probe: Probe,
    rungs: tuple[Rung, ...],
    every_span: tuple[Span, ...],
    muxed: Options,
    film: tuple[Command, Output],
) -> tuple[Command, ...]:
    """The ladder of its pieces and the sound, then the film of its top rung."""
    arguments = pieces_arguments(
        playlists,
        LIST,
        len(rungs),
        probe.audio.index if probe.audio else None,
        first_s=every_span[0].first_s,
        options=muxed,
    )
    make_film, output = film
    return (
        listed(every_span),
        Command(tool=Tool.FFMPEG, arguments=arguments),
        make_film,
        counted(output.path, every_span),
    )


def _parts(prefix: str, name: str) -> tuple[Output, Output]:
    """The one file of a rung, and the playlist of its segments."""
    mime = "audio/mp4" if name == _AUDIO else "video/mp4"
    whole = f"{prefix}{name}"
    return (
        Output(name=f"{whole}.mp4", suffix=f".{whole}.mp4", mime=mime, role=Role.PART),
        Output(
            name=f"{whole}.m3u8",
            suffix=f".{whole}.m3u8",
            mime=MANIFEST_MIME,
            role=Role.PART,
            names_neighbours=True,
        ),
    )


def _graph(video: VideoStream, rungs: tuple[Rung, ...], *more: str) -> str:
    """Decode and shape once, to the top rung; the others are scaled from that. `more` filters end each of them."""
    top = rungs[-1]
    labels = "".join(f"[s{n}]" for n in range(len(rungs)))
    shape = ",".join(shaped(video, top.width, top.height))
    return ";".join(
        [
            f"[0:{video.index}]{shape},split={len(rungs)}{labels}",
            *(f"[s{n}]{','.join((_smaller(rung, top), *more))}[v{n}]" for n, rung in enumerate(rungs)),
        ]
    )


def _fewer_frames(rung: Rung, top: Rung) -> float | None:
    """What the frames of a rung are brought to, where they are too many for it."""
    return rung.frame_rate if rung.frame_rate < top.frame_rate else None


def _smaller(rung: Rung, top: Rung) -> str:
    """Frames are dropped only where there are too many: the filter makes a variable rate constant."""
    if rung == top:
        return "null"
    frame_rate = _fewer_frames(rung, top)
    fewer = f"fps={frame_rate:g}," if frame_rate else ""
    return f"{fewer}scale={rung.width}:{rung.height},setsar=1"


def _encoder_options(probe: Probe, rungs: tuple[Rung, ...], key_frames: str) -> Options:
    caps = {
        f"{option}:v:{n}": bits
        for n, rung in enumerate(rungs)
        for option, bits in (("maxrate", rung.max_bps), ("bufsize", 2 * rung.max_bps))
    }
    return {
        **film_options(Encoder.H264, probe),
        **caps,
        "force_key_frames": key_frames,
        "sc_threshold": 0,
        # As in the MP4s: no frame is made up where the film has none, be that for hours.
        "fps_mode": "vfr",
    }


def _muxer_options(probe: Probe, rungs: tuple[Rung, ...], prefix: str, manifest: Output) -> Options:
    """With the sound, which is encoded once."""
    group = f",agroup:{_AUDIO}" if probe.audio else ""
    variants = [f"v:{n}{group},name:{rung.name}" for n, rung in enumerate(rungs)]
    sound: dict[str, str | float | None] = {}
    if probe.audio:
        variants.append(f"a:0,agroup:{_AUDIO},name:{_AUDIO},default:yes")
        sound = {"c:a": "copy"} if copies_audio(probe) else aac_options(probe.audio)
    return {
        **sound,
        **({"t": round(probe.duration_s, 3)} if probe.duration_s else {}),
        "f": "hls",
        "hls_time": SEGMENT_S,
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_flags": "single_file+independent_segments",
        "hls_segment_filename": f"{STEM}.{prefix}%v.mp4",
        "master_pl_name": manifest.path,
        "var_stream_map": " ".join(variants),
    }

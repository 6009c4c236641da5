"""Facts read from a file's content: what it is, how large, how long, what is in it.

Our own signatures and libmagic name the bytes, the picture tool reads pictures, ffprobe everything else, and its
container is walked for what ffprobe passes over. The name of the file and the MIME type that a client claims are
never asked for.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pylibmagic  # noqa: F401  # must come before magic: it tells ctypes where the bundled libmagic is

# isort: split
import magic

from mediacrush.errors import ProcessingError, StepFailed, Unrecognised
from mediacrush.model import formats
from mediacrush.model.media import BlobType
from mediacrush.pipeline.containers.find import find_private
from mediacrush.pipeline.containers.frames import counts_its_frames
from mediacrush.pipeline.containers.walking import mapped
from mediacrush.pipeline.facts import Attachment, AudioStream, Chapter, Probe, SubtitleStream, VideoStream
from mediacrush.pipeline.payloads import has_unknown_user_data, payload_words
from mediacrush.pipeline.pictures.refusals import TooManyFrames
from mediacrush.pipeline.recordings import possible_covers, read_ffprobe, with_findings
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.sniffing import other_mime, picture_mime
from mediacrush.pipeline.steps import INPUT
from mediacrush.pipeline.tools import Tools

__all__ = [
    "ONLY_THE_INPUT",
    "SNIFF_BYTES",
    "Attachment",
    "AudioStream",
    "Chapter",
    "Probe",
    "SubtitleStream",
    "VideoStream",
    "picture_error",
    "probe_original",
    "read_pillow",
    "sniff",
]

# libmagic needs the first 2 KiB for nearly everything; an MP4's brand or a tar's magic sits within the first 512 B.
SNIFF_BYTES = 4096
# To ffprobe and ffmpeg: open nothing but the input, as nothing but what we take.
ONLY_THE_INPUT = ("-protocol_whitelist", "file", "-format_whitelist", ",".join(formats.DEMUXERS))
# Without an index their length is only guessed from how many bits the first frames take; FLAC's header tells that
# of the whole, also where only a part of it is there.
_UNINDEXED = frozenset(
    {"flac", "mp3", "aac", "ac3", "eac3", "dts", "h264", "hevc", "mpegvideo", "m4v", "amr", "truehd", "mlp", "roq"}
)
# Where a container does not say whether a film is interlaced, its first frames do.
_MAY_BE_INTERLACED = frozenset(
    {"h264", "mpeg2video", "vc1", "dvvideo", "mpeg4", "mjpeg", "prores", "rawvideo", "hevc"}
)
_FRAMES_LOOKED_AT = 8
_COVERS_LOOKED_AT = 2
_PLAYLISTS = (b"#EXTM3U", b"[playlist]", b"ffconcat", b"<MPD", b"<smil", b"<asx", b"[Reference]", b"v=0", b"<?wpl")

# The first box of an MP4 or QuickTime file; FFmpeg takes odder ones for it, too, and misses an index in those.
_ISO_STARTS = frozenset(b"ftyp styp mdat moov wide free skip pnot".split())

_ANYTHING = "application/octet-stream"
_NOTHING = "This is no photo, animation, film or sound that can be read here."
_EMPTY = "This file is empty."
_PLAYLIST = "This is a playlist, not the media itself."
_NO_INDEX = "This recording's index is missing: it was probably not saved to its end."


def sniff(head: bytes) -> str:
    """The MIME type of a file by its beginning (SNIFF_BYTES are enough): ours of pictures, else libmagic's."""
    head = head[:SNIFF_BYTES]
    return picture_mime(head) or _other_mime(head)


def _other_mime(head: bytes) -> str:
    """libmagic gives up on what was made to keep it busy: then it is anything, and FFmpeg has a look."""
    try:
        return other_mime(str(magic.from_buffer(head, mime=True)))
    except magic.MagicException:
        return _ANYTHING


def probe_original(workdir: Path, tools: Tools, limits: Limits) -> Probe:
    """Read the facts of the file `input` in `workdir`.

    Raises Unrecognised when no tool can read it, StepFailed when it is damaged or announces more than the limits
    allow, StepTimedOut when reading it takes too long.
    """
    path = workdir / INPUT
    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    if not head:
        raise Unrecognised(_EMPTY)
    sniffed = sniff(head)
    row = formats.by_mime(sniffed)
    if row is None or not row.pillow:
        probe = _probe_recording(workdir, tools, limits, head, sniffed)
    else:
        try:
            probe = _with_length(
                workdir, tools, limits, _probe_picture(workdir, tools, limits, path.stat().st_size)
            )
        except Unrecognised as refusal:
            probe = _probe_no_picture(workdir, tools, limits, head, refusal)
    _require_bounds(probe, limits)
    return probe


def _probe_no_picture(workdir: Path, tools: Tools, limits: Limits, head: bytes, refusal: Unrecognised) -> Probe:
    """What begins like a picture and is none may still be a film; else it is what the picture tool said."""
    try:
        return _probe_recording(workdir, tools, limits, head, _other_mime(head))
    except Unrecognised:
        raise refusal from None


def _require_bounds(probe: Probe, limits: Limits) -> None:
    """Raises StepFailed for what announces more than the limits allow."""
    if probe.pixels > limits.max_pixels:
        raise StepFailed(
            f"Its pictures are larger than the {limits.max_pixels / 1e6:.0f} megapixels that this site takes."
        )
    if probe.video and max(probe.video.width, probe.video.height) > limits.max_video_side:
        raise StepFailed(f"Its pictures are wider or taller than the {limits.max_video_side} pixels taken here.")
    if probe.duration_s is not None and probe.duration_s > limits.max_duration_s:
        raise StepFailed(f"It is longer than the {limits.max_duration_s / 60:.0f} minutes that this site takes.")


def _probe_picture(workdir: Path, tools: Tools, limits: Limits, size_bytes: int) -> Probe:
    bounds = ("--max-pixels", str(limits.max_pixels), "--max-frames", str(limits.max_frames))
    finished = run_tool((*tools.pillow, "probe", INPUT, *bounds), workdir, limits)
    if finished.exit_status != 0:
        raise picture_error(finished.error)
    return read_pillow(json.loads(finished.output), size_bytes)


def _with_length(workdir: Path, tools: Tools, limits: Limits, probe: Probe) -> Probe:
    """The probe of an animation whose header does not say how long it lasts, with what its frames say: JPEG XL's
    have to be decoded for that."""
    if not probe.is_animation or probe.duration_s is not None:
        return probe
    duration_s, frames = _played(workdir, tools, limits, "-frames:v", str(limits.max_frames + 1))
    if frames > limits.max_frames:
        raise StepFailed(TooManyFrames.sentence)
    return replace(probe, duration_s=duration_s or None, frames=frames)


def picture_error(report: str) -> ProcessingError:
    """The error that the Pillow tool reported on its last line of standard error."""
    try:
        error = json.loads(report.splitlines()[-1])
        kind, message = str(error["error"]), str(error["message"])
    except (IndexError, KeyError, TypeError, ValueError):
        return StepFailed("This picture could not be read; it may be damaged.")
    return Unrecognised(message) if kind == "unrecognised" else StepFailed(message)


def read_pillow(facts: dict[str, Any], size_bytes: int) -> Probe:
    """The probe of a picture from the Pillow tool's answer. Several frames make it an animation."""
    row = formats.by_pillow(facts["format"])
    if row is None:
        raise Unrecognised("This kind of picture is not known here.")
    is_animation = row.can_animate and facts["frames"] > 1
    return Probe(
        mime=row.mime,
        extension=row.extension,
        kind=BlobType.VIDEO if is_animation else BlobType.IMAGE,
        size_bytes=size_bytes,
        is_animation=is_animation,
        width=facts["width"],
        height=facts["height"],
        duration_s=facts["duration_s"] if is_animation else None,
        frames=facts["frames"] if is_animation else 0,
        is_lossy=facts["is_lossy"],
        is_deep=facts["is_deep"],
        has_wide_gamut=facts["has_wide_gamut"],
        has_alpha=facts["has_alpha"],
        film_stream=facts["film_stream"],
        alpha_stream=facts["alpha_stream"],
        has_private_data=facts["has_private"],
        removed=tuple(facts["removed"]),
    )


def _probe_recording(workdir: Path, tools: Tools, limits: Limits, head: bytes, sniffed: str) -> Probe:
    path = workdir / INPUT
    facts = _ffprobe(workdir, tools, limits, head)
    for stream in possible_covers(facts)[:_COVERS_LOOKED_AT]:
        if _has_one_packet(workdir, tools, limits, stream["index"]):
            stream["nb_frames"] = "1"
    probe = read_ffprobe(facts, sniffed, path.stat().st_size)
    # What is too large is not looked into any further.
    _require_bounds(replace(probe, duration_s=None), limits)
    demuxer = str(facts["format"]["format_name"])
    findings = find_private(path, demuxer, is_sound=probe.kind is BlobType.AUDIO)
    probe = _with_payloads(with_findings(probe, findings), path)
    is_guessed = demuxer in _UNINDEXED and not (demuxer == "mp3" and counts_its_frames(mapped(path)))
    if probe.duration_s is None or is_guessed or findings.is_truncated:
        probe = replace(probe, duration_s=_measured_s(workdir, tools, limits, probe) or probe.duration_s)
    if probe.kind is BlobType.AUDIO and not probe.duration_s:
        raise StepFailed("There is no sound in this recording.")
    return _with_fields(workdir, tools, limits, probe, facts)


def _ffprobe(workdir: Path, tools: Tools, limits: Limits, head: bytes) -> dict[str, Any]:
    command = (
        *(*tools.ffprobe, "-v", "error", *ONLY_THE_INPUT, "-max_streams", str(limits.max_streams)),
        *("-show_format", "-show_streams", "-show_programs", "-show_chapters", "-of", "json", INPUT),
    )
    finished = run_tool(command, workdir, limits)
    if "max_streams" in finished.error:
        raise StepFailed(f"It holds more than the {limits.max_streams} films, sounds and subtitles taken here.")
    if finished.exit_status != 0:
        raise _unreadable(head, finished.error)
    try:
        facts: dict[str, Any] = json.loads(finished.output)
    except ValueError as error:
        raise StepFailed("This file carries more text beside its media than can be read here.") from error
    return facts


def _has_one_packet(workdir: Path, tools: Tools, limits: Limits, stream: int) -> bool:
    command = (
        *(*tools.ffprobe, "-v", "error", *ONLY_THE_INPUT, "-select_streams", str(stream)),
        *("-read_intervals", "%+#2", "-show_entries", "packet=stream_index", "-of", "csv=p=0", INPUT),
    )
    return len(run_tool(command, workdir, limits).output.split()) == 1


def _unreadable(head: bytes, complaint: str) -> ProcessingError:
    if "moov atom not found" in complaint and head[4:8] in _ISO_STARTS:
        return StepFailed(_NO_INDEX)
    is_playlist = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAYLISTS) or b"<MPD" in head
    return Unrecognised(_PLAYLIST if is_playlist else _NOTHING)


def _with_payloads(probe: Probe, path: Path) -> Probe:
    """The probe with what stands between the frames of a film."""
    if probe.video is None:
        return probe
    data = mapped(path)
    words = set(probe.removed) | payload_words(data)
    is_stuck = probe.video.codec == "mpeg4" and probe.can_be_copied and has_unknown_user_data(data)
    return replace(probe, removed=tuple(sorted(words)), can_be_copied=probe.can_be_copied and not is_stuck)


def _measured_s(workdir: Path, tools: Tools, limits: Limits, probe: Probe) -> float:
    """Seconds of what is really there, from reading all of it without decoding; 0 when even that fails."""
    maps = tuple(part for index in probe.streams for part in ("-map", f"0:{index}"))
    duration_s, frames = _played(workdir, tools, limits, *maps, "-c", "copy")
    if duration_s or not probe.video or not probe.video.frame_rate:
        return duration_s
    return frames / probe.video.frame_rate  # raw streams have frames and no times


def _played(workdir: Path, tools: Tools, limits: Limits, *options: str) -> tuple[float, int]:
    """Seconds and frames that FFmpeg comes to, read with these options; what it came to before it failed."""
    told = {"out_time_us": 0, "frame": 0}

    def read(line: str) -> None:
        key, _, value = line.partition("=")
        if key in told and value.strip().isdigit():
            told[key] = max(told[key], int(value))

    command = (
        *(*tools.ffmpeg, "-max_pixels", str(limits.max_pixels), "-nostdin", "-v", "error"),
        *(*ONLY_THE_INPUT, "-i", INPUT, *options, "-f", "null", "-progress", "pipe:1", "-"),
    )
    run_tool(command, workdir, limits, on_line=read)
    return told["out_time_us"] / 1e6, told["frame"]


def _with_fields(workdir: Path, tools: Tools, limits: Limits, probe: Probe, facts: dict[str, Any]) -> Probe:
    """The probe of a film whose container does not say whether it is interlaced, with what its frames say.

    FFmpeg's deinterlacers go by that, too. It costs 30 ms; to look at the pictures themselves would cost seconds.
    """
    video = probe.video
    if video is None or video.codec not in _MAY_BE_INTERLACED:
        return probe
    stream = next(s for s in facts["streams"] if s.get("index") == video.index)
    if stream.get("field_order", "unknown") != "unknown":
        return probe
    command = (
        *(*tools.ffprobe, "-v", "error", *ONLY_THE_INPUT, "-select_streams", str(video.index)),
        *("-read_intervals", f"%+#{_FRAMES_LOOKED_AT}", "-show_entries", "frame=interlaced_frame"),
        *("-of", "csv=p=0", INPUT),
    )
    flags = run_tool(command, workdir, limits).output.split()
    is_interlaced = sum(flag.startswith(b"1") for flag in flags) * 2 > len(flags)
    return replace(probe, video=replace(video, is_interlaced=is_interlaced))

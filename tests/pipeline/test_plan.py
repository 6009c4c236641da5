"""From facts to work, as a table: what is made of each kind of upload, in which order, with which arguments."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain

import pytest

from mediacrush.model.formats import DEMUXERS
from mediacrush.model.media import BlobType, Role
from mediacrush.pipeline.plan import plan_for
from mediacrush.pipeline.probe import AudioStream, Probe, VideoStream
from mediacrush.pipeline.steps import INPUT, Plan, Stage, Step, Tool
from mediacrush.pipeline.video import can_copy_audio, can_copy_video

H264 = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=40,
    pixel_format="yuv420p",
    width=1280,
    height=720,
    frame_rate=30.0,
)
HEVC = replace(H264, codec="hevc", profile="Main", level=93)
AAC = AudioStream(index=1, codec="aac", profile="LC", channels=2)
SURROUND = AudioStream(index=1, codec="ac3", profile="", channels=6)


def film(
    mime: str, extension: str, video: VideoStream = H264, audio: AudioStream | None = AAC, **facts: object
) -> Probe:
    """A film of 20 seconds."""
    width, height = video.displayed_size
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.VIDEO,
        size_bytes=5_000_000,
        width=width,
        height=height,
        duration_s=20.0404,
        video=video,
        audio=audio,
        streams=tuple(stream.index for stream in (video, audio) if stream),
    )
    return replace(probe, **facts)


def sound(mime: str, extension: str, codec: str, channels: int = 2, **facts: object) -> Probe:
    """A sound of 200 seconds."""
    audio = AudioStream(index=0, codec=codec, profile="", channels=channels)
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.AUDIO,
        size_bytes=5_000_000,
        duration_s=200.0,
        audio=audio,
        streams=(0,),
    )
    return replace(probe, **facts)


def still(mime: str, extension: str, **facts: object) -> Probe:
    """A picture of 0.48 megapixels."""
    probe = Probe(mime=mime, extension=extension, kind=BlobType.IMAGE, size_bytes=90_000, width=800, height=600)
    return replace(probe, **facts)


def loop(mime: str, extension: str, **facts: object) -> Probe:
    """An animation of odd size, two seconds long."""
    probe = Probe(
        mime=mime,
        extension=extension,
        kind=BlobType.VIDEO,
        size_bytes=900_000,
        is_animation=True,
        width=101,
        height=77,
        duration_s=2.0,
        is_lossy=False,
    )
    return replace(probe, **facts)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of an upload; its steps as `name stage role tool suffix`; and, by step, arguments that matter
    (None: must not be there)."""

    probe: Probe
    steps: tuple[str, ...]
    arguments: dict[str, dict[str, str | None]] = field(default_factory=dict)


ON_WHITE = "format=rgba,split[top][under];[under]drawbox=color=white:replace=1:t=fill[white];[white][top]overlay"
POSTER = "poster deferred extra ffmpeg .jpg"
WEBM = "webm deferred rendition ffmpeg .webm"
WEBP = "webp deferred rendition pillow .webp"
MP3 = "mp3 essential rendition ffmpeg .mp3"
OPUS = "opus deferred rendition ffmpeg .ogg"
MP4 = "mp4 essential rendition ffmpeg .mp4"

ROWS = {
    "JPEG": Row(
        probe=still("image/jpeg", "jpg"),
        steps=("original essential original clean .jpg", WEBP),
        arguments={"webp": {"--format": "webp", "--quality": "82"}},
    ),
    "JPEG that knows where it was taken": Row(
        probe=still("image/jpeg", "jpg", has_private_data=True),
        steps=("original essential original clean .jpg", WEBP),
    ),
    "JPEG too long for WebP": Row(
        probe=still("image/jpeg", "jpg", width=16384, height=100),
        steps=("original essential original clean .jpg",),
    ),
    "PNG": Row(
        probe=still("image/png", "png", is_lossy=False),
        steps=("original essential original clean .png", WEBP),
        arguments={"webp": {"--format": "webp", "--quality": None}},
    ),
    "lossy WebP": Row(
        probe=still("image/webp", "webp"),
        steps=("original essential original clean .webp", "jpeg deferred rendition pillow .jpg"),
        arguments={"jpeg": {"--format": "jpeg", "--quality": "90"}},
    ),
    "WebP with private data": Row(
        probe=still("image/webp", "webp", has_private_data=True),
        steps=("original essential original clean .webp", "jpeg deferred rendition pillow .jpg"),
    ),
    "lossless WebP": Row(
        probe=still("image/webp", "webp", is_lossy=False),
        steps=("original essential original clean .webp", "png deferred rendition pillow .png"),
        arguments={"png": {"--format": "png", "--quality": None}},
    ),
    "transparent WebP": Row(
        probe=still("image/webp", "webp", has_alpha=True),
        steps=("original essential original clean .webp", "png deferred rendition pillow .png"),
    ),
    "AVIF": Row(
        probe=still("image/avif", "avif"),
        steps=("original essential original keep .avif", "jpeg deferred rendition pillow .jpg", WEBP),
    ),
    "transparent AVIF": Row(
        probe=still("image/avif", "avif", has_alpha=True),
        steps=("original essential original keep .avif", "png deferred rendition pillow .png", WEBP),
    ),
    # It cannot be cleaned, so it is not served, and what is made of it is what the page has to show.
    "AVIF with private data": Row(
        probe=still("image/avif", "avif", has_private_data=True),
        steps=("jpeg essential rendition pillow .jpg", WEBP),
    ),
    "still GIF": Row(
        probe=still("image/gif", "gif", is_lossy=False),
        steps=("original essential original clean .gif", WEBP),
    ),
    "BMP": Row(
        probe=still("image/bmp", "bmp", is_lossy=False),
        steps=("original essential original keep .bmp", "png essential rendition pillow .png", WEBP),
    ),
    "TIFF": Row(
        probe=still("image/tiff", "tif", is_lossy=False),
        steps=("original essential original keep .tif", "png essential rendition pillow .png", WEBP),
    ),
    "TIFF with private data": Row(
        probe=still("image/tiff", "tif", is_lossy=False, has_private_data=True),
        steps=("png essential rendition pillow .png", WEBP),
    ),
    "TIFF with JPEG inside": Row(
        probe=still("image/tiff", "tif"),
        steps=("original essential original keep .tif", "jpeg essential rendition pillow .jpg", WEBP),
    ),
    "opaque GIF loop": Row(
        probe=loop("image/gif", "gif"),
        steps=("original essential original clean .gif", MP4, POSTER, WEBM),
        arguments={
            "mp4": {
                "-c:v": "libx264",
                "-vf": "scale=100:76,format=yuv420p",
                "-movflags": "+faststart",
                "-c:a": None,
            },
            "webm": {"-c:v": "libsvtav1", "-vf": "scale=100:76,format=yuv420p", "-c:a": None},
            "poster": {"-ss": None, "-frames:v": "1", "-vf": "scale=100:76,format=yuv420p"},
        },
    ),
    "transparent GIF loop": Row(
        probe=loop("image/gif", "gif", has_alpha=True),
        steps=("original essential original clean .gif", MP4, POSTER, WEBM),
        arguments={name: {"-vf": f"{ON_WHITE},scale=100:76,format=yuv420p"} for name in ("mp4", "webm", "poster")},
    ),
    "GIF loop with private data": Row(
        probe=loop("image/gif", "gif", has_private_data=True),
        steps=("original essential original clean .gif", MP4, POSTER, WEBM),
    ),
    "GIF loop of one pixel's width": Row(
        probe=loop("image/gif", "gif", width=1, height=3),
        steps=("original essential original clean .gif", MP4, POSTER, WEBM),
        arguments={"mp4": {"-vf": "scale=2:2,format=yuv420p"}},
    ),
    "huge GIF loop": Row(
        probe=loop("image/gif", "gif", width=4000, height=3000),
        steps=("original essential original clean .gif", MP4, POSTER, WEBM),
        arguments={"mp4": {"-vf": "scale=1440:1080,format=yuv420p"}},
    ),
    "animated WebP": Row(
        probe=loop("image/webp", "webp", has_alpha=True, has_private_data=True),
        steps=("original essential original clean .webp", MP4, POSTER, WEBM),
        arguments={"mp4": {"-vf": f"{ON_WHITE},scale=100:76,format=yuv420p"}},
    ),
    "APNG": Row(
        probe=loop("image/png", "png", has_alpha=True),
        steps=("original essential original clean .png", MP4, POSTER, WEBM),
    ),
    "MP4 from a phone": Row(
        probe=film("video/mp4", "mp4", has_private_data=True),
        steps=("original essential original ffmpeg .mp4", POSTER, WEBM),
        arguments={
            "original": {"-c:v": "copy", "-c:a": "copy", "-vf": None, "-movflags": "+faststart", "-t": "20.04"},
            "poster": {"-ss": "2.004", "-vf": "thumbnail=24,format=yuv420p"},
            "webm": {"-c:v": "libsvtav1", "-c:a": "libopus", "-vf": "format=yuv420p", "-t": "20.04"},
        },
    ),
    "MP4 that nothing private is in": Row(
        probe=film("video/mp4", "mp4"),
        steps=("original essential original ffmpeg .mp4", POSTER, WEBM),
    ),
    "MP4 with HEVC": Row(
        probe=film("video/mp4", "mp4", HEVC),
        steps=(MP4, "original deferred original keep .original.mp4", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "libx264", "-c:a": "copy", "-vf": "format=yuv420p", "-movflags": "+faststart"}},
    ),
    "MP4 with HEVC from a phone": Row(
        probe=film("video/mp4", "mp4", HEVC, has_private_data=True),
        steps=(MP4, "original deferred original ffmpeg .original.mp4", POSTER, WEBM),
        arguments={"original": {"-c": "copy", "-vf": None}},
    ),
    "H.264 in MKV": Row(
        probe=film("video/x-matroska", "mkv"),
        steps=(MP4, "original deferred original keep .mkv", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "copy", "-c:a": "copy", "-vf": None, "-movflags": "+faststart"}},
    ),
    "H.264 in MOV from a phone": Row(
        probe=film("video/quicktime", "mov", has_private_data=True),
        steps=(MP4, "original deferred original ffmpeg .mov", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "copy", "-c:a": "copy"}, "original": {"-c": "copy"}},
    ),
    # We cannot write this container without loss, so with something private in it the renditions stand for it.
    "RealMedia with private data": Row(
        probe=film("video/vnd.rn-realvideo", "rm", replace(H264, codec="rv40", profile=""), has_private_data=True),
        steps=(MP4, POSTER, WEBM),
    ),
    "10-bit H.264": Row(
        probe=film("video/mp4", "mp4", replace(H264, profile="High 10", pixel_format="yuv420p10le")),
        steps=(MP4, "original deferred original keep .original.mp4", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "libx264", "-vf": "format=yuv420p", "-profile:v": "high"}},
    ),
    "interlaced": Row(
        probe=film("video/mp2t", "ts", replace(H264, width=1920, height=1080, is_interlaced=True), SURROUND),
        steps=(MP4, "original deferred original keep .ts", POSTER, WEBM),
        arguments={
            "mp4": {"-c:v": "libx264", "-vf": "bwdif=deint=interlaced,format=yuv420p"},
            "webm": {"-vf": "bwdif=deint=interlaced,format=yuv420p"},
            "poster": {"-vf": "thumbnail=24,bwdif=deint=interlaced,format=yuv420p"},
        },
    ),
    "anamorphic": Row(
        probe=film("video/mp4", "mp4", replace(H264, width=1440, height=1080, pixel_aspect=4 / 3)),
        steps=(MP4, "original deferred original keep .original.mp4", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "libx264", "-vf": "scale=1920:1080,setsar=1,format=yuv420p"}},
    ),
    # FFmpeg turns frames before the filters see them, so the scale is that of the picture as shown.
    "4K from a phone held upright": Row(
        probe=film("video/mp4", "mp4", replace(HEVC, width=3840, height=2160, rotation=270), has_private_data=True),
        steps=(MP4, "original deferred original ffmpeg .original.mp4", POSTER, WEBM),
        arguments={
            "mp4": {"-vf": "scale=1080:1920,setsar=1,format=yuv420p"},
            "webm": {"-vf": "scale=1080:1920,setsar=1,format=yuv420p"},
            "poster": {"-vf": "thumbnail=24,scale=1080:1920,setsar=1,format=yuv420p"},
        },
    ),
    "odd size": Row(
        probe=film("video/x-msvideo", "avi", replace(H264, codec="mpeg4", profile="", width=321, height=241)),
        steps=(MP4, "original deferred original keep .avi", POSTER, WEBM),
        arguments={"mp4": {"-vf": "scale=320:240,setsar=1,format=yuv420p"}},
    ),
    "no sound": Row(
        probe=film("video/mp4", "mp4", audio=None),
        steps=("original essential original ffmpeg .mp4", POSTER, WEBM),
        arguments={
            "original": {"-c:v": "copy", "-c:a": None, "-ac": None},
            "webm": {"-c:a": None, "-ac": None, "-b:a": None},
        },
    ),
    "5.1 sound": Row(
        probe=film("video/mp4", "mp4", audio=replace(AAC, channels=6)),
        steps=(MP4, "original deferred original keep .original.mp4", POSTER, WEBM),
        arguments={
            "mp4": {"-c:v": "copy", "-c:a": "aac", "-ac": "2", "-b:a": "160k"},
            "webm": {"-c:a": "libopus", "-ac": "2", "-b:a": "96k", "-ar": "48000"},
        },
    ),
    "WebM": Row(
        probe=film(
            "video/webm", "webm", replace(H264, codec="vp9", profile="Profile 0"), replace(AAC, codec="opus")
        ),
        steps=(MP4, "original deferred original keep .original.webm", POSTER, WEBM),
        arguments={"mp4": {"-c:v": "libx264", "-c:a": "aac"}},
    ),
    "film of unknown length": Row(
        probe=film("video/x-matroska", "mkv", duration_s=None),
        steps=(MP4, "original deferred original keep .mkv", POSTER, WEBM),
        arguments={"mp4": {"-t": None}, "poster": {"-ss": None, "-vf": "format=yuv420p"}},
    ),
    "MP3": Row(
        probe=sound("audio/mpeg", "mp3", "mp3"),
        steps=("original essential original keep .mp3", OPUS),
        arguments={"opus": {"-c:a": "libopus", "-b:a": "96k", "-ar": "48000", "-ac": None}},
    ),
    "MP3 with cover": Row(
        probe=sound("audio/mpeg", "mp3", "mp3", cover_index=1),
        steps=("original essential original keep .mp3", "cover essential extra ffmpeg .jpg", OPUS),
        arguments={"cover": {"-frames:v": "1", "-c:v": "mjpeg"}},
    ),
    "MP3 with private data": Row(
        probe=sound("audio/mpeg", "mp3", "mp3", has_private_data=True),
        steps=("original essential original ffmpeg .mp3", OPUS),
        arguments={"original": {"-c": "copy"}},
    ),
    "MP2": Row(
        probe=sound("audio/mpeg", "mp3", "mp2"),
        steps=(MP3, "original deferred original keep .original.mp3", OPUS),
    ),
    "FLAC": Row(
        probe=sound("audio/flac", "flac", "flac"),
        steps=(MP3, "original deferred original keep .flac", OPUS),
        arguments={"mp3": {"-c:a": "libmp3lame", "-q:a": "2", "-ac": None}},
    ),
    "5.1 FLAC": Row(
        probe=sound("audio/flac", "flac", "flac", channels=6),
        steps=(MP3, "original deferred original keep .flac", OPUS),
        arguments={"mp3": {"-ac": "2"}, "opus": {"-ac": "2"}},
    ),
    "Opus": Row(
        probe=sound("audio/ogg", "ogg", "opus"),
        steps=(MP3, "original deferred original keep .ogg"),
    ),
    "Vorbis": Row(
        probe=sound("audio/ogg", "ogg", "vorbis"),
        steps=(MP3, "original deferred original keep .original.ogg", OPUS),
    ),
    "AAC": Row(
        probe=sound("audio/mp4", "m4a", "aac"),
        steps=(MP3, "original deferred original keep .m4a", OPUS),
    ),
    "ALAC": Row(
        probe=sound("audio/mp4", "m4a", "alac"),
        steps=(MP3, "original deferred original keep .m4a", OPUS),
    ),
    "APE with private data": Row(
        probe=sound("audio/x-ape", "ape", "ape", has_private_data=True),
        steps=(MP3, OPUS),
    ),
}
PLANS = {name: plan_for(row.probe) for name, row in ROWS.items()}

every_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def step_of(name: str, step: str) -> Step:
    """The step of this name in the plan of this row."""
    return next(found for found in PLANS[name].steps if found.name == step)


def steps_by(plan: Plan, tool: Tool) -> list[Step]:
    """The steps that this tool does."""
    return [step for step in plan.steps if step.tool is tool]


_FLAGS = frozenset({"-dn", "-sn", "-nostdin", "-y"})


def options_of(step: Step) -> tuple[list[tuple[str, str | None]], list[str]]:
    """FFmpeg's arguments as it reads them: options with their values, in order, and the files to write."""
    options: list[tuple[str, str | None]] = []
    files: list[str] = []
    rest = iter(step.arguments)
    for argument in rest:
        if not argument.startswith("-"):
            files.append(argument)
        else:
            options.append((argument, None if argument in _FLAGS else next(rest)))
    return options, files


@pytest.mark.parametrize("name", ROWS)
def test_each_kind_gets_its_steps(name: str) -> None:
    """The steps of each kind of upload, in the order in which they run."""
    steps = tuple(f"{step.name} {step.stage} {step.role} {step.tool} {step.suffix}" for step in PLANS[name].steps)
    assert steps == ROWS[name].steps


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.arguments])
def test_each_kind_gets_its_arguments(name: str) -> None:
    """The arguments in which one kind differs from another."""
    for step, expected in ROWS[name].arguments.items():
        arguments = step_of(name, step).arguments
        found = {key: arguments[arguments.index(key) + 1] if key in arguments else None for key in expected}
        assert found == expected


@every_plan
def test_essential_steps_come_first(plan: Plan) -> None:
    """What every browser needs is made before anything else."""
    stages = [step.stage for step in plan.steps]
    assert stages == sorted(stages, key=[Stage.ESSENTIAL, Stage.DEFERRED].index)


@every_plan
def test_there_is_always_something_to_show_first(plan: Plan) -> None:
    """`ready` means that it plays, so an essential step makes a file that browsers show."""
    first = [step for step in plan.steps if step.stage is Stage.ESSENTIAL]
    assert any(step.plays_in_browsers and step.role is not Role.EXTRA for step in first)


@every_plan
def test_names_and_suffixes_are_unique(plan: Plan) -> None:
    """No step overwrites another's file, in the job's folder or in storage."""
    for kind in ("name", "suffix", "output"):
        assert max(Counter(getattr(step, kind) for step in plan.steps).values()) == 1
    assert INPUT not in {step.output for step in plan.steps}


@every_plan
def test_the_published_mp4_and_mp3_play_everywhere(plan: Plan) -> None:
    """People link to `/<hash>.mp4` and `/<hash>.mp3` and expect them to play."""
    for step in plan.steps:
        if step.suffix in (".mp4", ".mp3"):
            assert step.plays_in_browsers
            assert step.stage is Stage.ESSENTIAL
            assert step.preference == 0


@pytest.mark.parametrize("name", ROWS)
def test_what_is_private_is_never_kept(name: str) -> None:
    """An original that carries something private is not published byte for byte."""
    kept = any(step.tool is Tool.KEEP for step in PLANS[name].steps)
    assert not (kept and ROWS[name].probe.has_private_data)


@every_plan
def test_only_what_is_essential_must_succeed(plan: Plan) -> None:
    """A deferred step or an extra that fails is left out, since the media plays without; nothing else may fail."""
    optional = {step.name for step in plan.steps if step.stage is Stage.DEFERRED or step.role is Role.EXTRA}
    assert {step.name for step in plan.steps if step.may_fail} == optional


@every_plan
def test_the_mime_type_fits_the_suffix(plan: Plan) -> None:
    """A web server that serves by the name of the file sends the MIME type that the API says."""
    by_suffix = {
        **{".mp4": "video/mp4", ".webm": "video/webm", ".jpg": "image/jpeg", ".png": "image/png"},
        **{".webp": "image/webp", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"},
    }
    for step in plan.steps:
        if step.role is not Role.ORIGINAL:
            assert step.mime == by_suffix[step.suffix]


@every_plan
def test_costs_are_positive(plan: Plan) -> None:
    """Progress is weighed by cost, so each step has one."""
    assert all(step.cost_s > 0 for step in plan.steps)


@every_plan
def test_ffmpeg_reads_the_input_alone(plan: Plan) -> None:
    """FFmpeg opens the file `input`, as one of the formats we know, and nothing that is named inside it."""
    for step in steps_by(plan, Tool.FFMPEG):
        options, _ = options_of(step)
        assert [value for option, value in options if option == "-i"] == [INPUT]
        before = dict(options[: options.index(("-i", INPUT))])
        assert before["-protocol_whitelist"] == "file"
        assert before["-format_whitelist"] == ",".join(DEMUXERS)
        assert set(before) <= {"-protocol_whitelist", "-format_whitelist", "-ss"}
        assert not {"-filter_complex", "-lavfi", "-filter_script", "-attach"} & set(step.arguments)


@every_plan
def test_no_filter_opens_a_file(plan: Plan) -> None:
    """Only filters are used that work on the frames before them; some others read files of their own."""
    for step in steps_by(plan, Tool.FFMPEG):
        chain = dict(options_of(step)[0]).get("-vf") or ""
        names = {re.sub(r"\[\w*\]", "", part).partition("=")[0] for part in re.split("[,;]", chain) if part}
        assert names <= {"scale", "setsar", "format", "bwdif", "thumbnail", "split", "drawbox", "overlay"}


@every_plan
def test_ffmpeg_writes_its_output_alone(plan: Plan) -> None:
    """FFmpeg writes the step's file, reports its progress, and asks nothing."""
    for step in steps_by(plan, Tool.FFMPEG):
        options, files = options_of(step)
        assert files == [step.output]
        for option in (("-progress", "pipe:1"), ("-nostdin", None), ("-y", None)):
            assert option in options


@every_plan
def test_ffmpeg_carries_nothing_over(plan: Plan) -> None:
    """No tag, chapter, subtitle or data stream of the original reaches what is published; streams are named."""
    for step in steps_by(plan, Tool.FFMPEG):
        options, _ = options_of(step)
        for option in (("-map_metadata", "-1"), ("-map_chapters", "-1"), ("-dn", None), ("-sn", None)):
            assert option in options
        maps = {value for option, value in options if option == "-map"}
        assert maps
        assert maps <= {"0:0", "0:1"}


@every_plan
def test_ffmpeg_is_told_each_option_once(plan: Plan) -> None:
    """Of an option that stands twice the first would be without effect."""
    for step in steps_by(plan, Tool.FFMPEG):
        counts = Counter(option for option, _ in options_of(step)[0])
        assert {option for option, count in counts.items() if count > 1} <= {"-map"}


@every_plan
def test_pillow_reads_the_input_alone(plan: Plan) -> None:
    """The Pillow tool converts the file `input` to the step's file."""
    for step in steps_by(plan, Tool.PILLOW):
        assert step.arguments[:3] == ("convert", INPUT, step.output)


@every_plan
def test_keeping_and_cleaning_take_no_arguments(plan: Plan) -> None:
    """Where no program runs there is nothing to tell it; only originals are kept or cleaned."""
    for step in (*steps_by(plan, Tool.KEEP), *steps_by(plan, Tool.CLEAN)):
        assert step.arguments == ()
        assert step.role is Role.ORIGINAL


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.probe.kind is BlobType.IMAGE])
def test_the_first_of_an_images_files_is_an_image(name: str) -> None:
    """Clients take the first entry of an image's files for its `<img>`; every browser shows what plays at once."""
    listed = sorted((s for s in PLANS[name].steps if s.role is not Role.EXTRA), key=lambda step: step.preference)
    assert all(step.mime.startswith("image/") for step in listed)
    assert listed[0].plays_in_browsers


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("opaque GIF loop", ["mp4", "webm", "original"]),
        ("animated WebP", ["original", "mp4", "webm"]),
        ("APNG", ["original", "mp4", "webm"]),
        ("MP4 from a phone", ["original", "webm"]),
        ("MP4 with HEVC", ["mp4", "webm", "original"]),
        ("MP3", ["original", "opus"]),
        ("FLAC", ["mp3", "opus", "original"]),
        ("JPEG", ["original", "webp"]),
        ("BMP", ["png", "webp", "original"]),
        ("AVIF", ["original", "jpeg", "webp"]),
    ],
)
def test_files_are_preferred_in_this_order(name: str, order: list[str]) -> None:
    """The order of `files` in the API."""
    listed = [step for step in PLANS[name].steps if step.role is not Role.EXTRA]
    assert [step.name for step in sorted(listed, key=lambda step: (step.preference, step.name))] == order


@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("MP4 from a phone", True),
        ("MP4 with HEVC", False),
        ("H.264 in MKV", False),
        ("H.264 in MOV from a phone", False),
        ("10-bit H.264", False),
        ("WebM", True),
        ("MP3", True),
        # Layer II: no browser has a decoder for it.
        ("MP2", False),
        ("FLAC", True),
        ("AAC", True),
        ("ALAC", False),
        # It stands for the Opus rendition, which is said to play.
        ("Opus", True),
        ("BMP", False),
        ("TIFF", False),
        ("AVIF", True),
        ("opaque GIF loop", True),
    ],
)
def test_originals_say_whether_browsers_play_them(name: str, plays: bool) -> None:
    """A page offers an original to a browser only where browsers play it."""
    assert step_of(name, "original").plays_in_browsers is plays


@pytest.mark.parametrize(
    ("name", "step", "codecs"),
    [
        ("MP4 from a phone", "webm", "av01.0.05M.08,opus"),
        ("no sound", "webm", "av01.0.05M.08"),
        ("4K from a phone held upright", "webm", "av01.0.08M.08,opus"),
        ("opaque GIF loop", "webm", "av01.0.00M.08"),
        ("FLAC", "opus", "opus"),
    ],
)
def test_codecs_are_named_for_browsers(name: str, step: str, codecs: str) -> None:
    """A browser learns from the codecs whether to load a file at all."""
    assert step_of(name, step).codecs == codecs


def test_a_webp_must_be_worth_it() -> None:
    """A WebP beside a picture is published only where it is smaller; nothing else is weighed."""
    for step in chain.from_iterable(plan.steps for plan in PLANS.values()):
        assert step.must_be_smaller is (step.name == "webp")


def test_costs_grow_with_the_work() -> None:
    """A copy is cheap whatever its length; a transcode of ten times the film costs ten times as much."""
    short = film("video/mp4", "mp4", HEVC, duration_s=60.0)
    long = replace(short, duration_s=600.0)
    copied = film("video/mp4", "mp4", duration_s=600.0)
    cost = {name: plan_for(probe).steps[0].cost_s for name, probe in (("short", short), ("long", long))}
    assert cost["long"] == pytest.approx(10 * cost["short"])
    assert plan_for(copied).steps[0].cost_s < 1 < cost["short"]


@pytest.mark.parametrize(
    ("change", "can_copy"),
    [
        ({}, True),
        ({"profile": "Constrained Baseline"}, True),
        ({"profile": "Main"}, True),
        ({"pixel_format": "yuvj420p"}, True),
        ({"level": 52}, True),
        ({"rotation": 90}, True),
        ({"codec": "hevc"}, False),
        ({"profile": "High 10"}, False),
        ({"profile": "High 4:2:2"}, False),
        ({"profile": "Extended"}, False),
        ({"profile": ""}, False),
        ({"pixel_format": "yuv422p"}, False),
        ({"pixel_format": "yuv420p10le"}, False),
        ({"level": 60}, False),
        ({"pixel_aspect": 4 / 3}, False),
        ({"is_interlaced": True}, False),
    ],
)
def test_only_what_every_browser_plays_is_copied(change: dict[str, object], can_copy: bool) -> None:
    """H.264 in 8 bit 4:2:0, progressive, with square pixels is copied; the rest is made so."""
    assert can_copy_video(replace(H264, **change)) is can_copy


@pytest.mark.parametrize(
    ("audio", "can_copy"),
    [
        (None, True),
        (AAC, True),
        (replace(AAC, channels=1), True),
        (replace(AAC, channels=3), False),
        (replace(AAC, profile="HE-AAC"), False),
        (replace(AAC, profile=""), False),
        (replace(AAC, codec="mp3", profile=""), False),
        (SURROUND, False),
    ],
)
def test_only_plain_aac_is_copied(audio: AudioStream | None, can_copy: bool) -> None:
    """AAC-LC in mono or stereo, or silence, is copied; other sound is encoded."""
    assert can_copy_audio(film("video/mp4", "mp4", audio=audio)) is can_copy

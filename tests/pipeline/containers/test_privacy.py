"""Nothing that a recording says beside its media is served: secrets are planted where devices and programs keep
them, and looked for in what the real tools make of it."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from mediacrush.pipeline.execute import execute_step
from mediacrush.pipeline.originals import original_recording
from mediacrush.pipeline.probe import Probe, probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT, Stage, Tool
from mediacrush.pipeline.tools import Tools
from tests.pipeline import doing
from tests.pipeline.containers import planting
from tests.pipeline.containers.planting import SECRET

_LIMITS = Limits(timeout_s=60)
_ENCODED = (SECRET.encode(), SECRET.encode("utf-16-le"), b"SecretCamera")


@dataclass(frozen=True, slots=True)
class Planted:
    """How a file is made, the words for what was found in it, and whether an original can be served at all."""

    make: Callable[[Path], bytes]
    words: set[str]
    is_served: bool = True


_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")

PLANTED = {
    "boxes of MP4": Planted(
        planting.mp4_boxes,
        {"location", "camera", "serial number", "comment", "software", "owner", "thumbnail", "other"},
    ),
    "items of MP4": Planted(planting.mp4_items, {"location", "camera", "comment", "date"}),
    "boxes beside an MP4": Planted(planting.mp4_top, {"location", "other"}),
    "handlers of MP4": Planted(planting.mp4_handlers, set()),
    "time code of QuickTime": Planted(planting.mov_timecode, {"date", "comment"}),
    "subtitles of a drone": Planted(planting.mp4_subtitles, set()),
    **{
        f"SEI of H.264 in {name}": Planted(partial(planting.h264_sei, name=f"film.{name}"), set())
        for name in ("mp4", "mov", "mkv", "ts", "flv")
    },
    "AVCHD": Planted(planting.avchd, {"camera", "date", "location"}),
    **{
        f"SEI of HEVC in {name}": Planted(partial(planting.hevc_sei, name=f"film.{name}"), set())
        for name in ("mp4", "mkv", "ts")
    },
    "header of HEVC": Planted(planting.hevc_header, set(), is_served=False),
    "metadata of AV1": Planted(partial(planting.av1_metadata, name="film.mp4"), set()),
    **{
        f"user data of MPEG-2 in {name}": Planted(partial(planting.mpeg2_user_data, name=f"film.{name}"), set())
        for name in ("ts", "mpg")
    },
    "user data of MPEG-2 in mkv": Planted(
        partial(planting.mpeg2_user_data, name="film.mkv"), set(), is_served=False
    ),
    "user data of MPEG-4": Planted(planting.mpeg4_user_data, set(), is_served=False),
    **{
        f"frames of MJPEG in {name}": Planted(partial(planting.mjpeg_frames, name=f"film.{name}"), set())
        for name in ("avi", "mov", "mkv")
    },
    **{
        f"{chunk} of WAV": Planted(partial(planting.wav, chunk=chunk), words)
        for chunk, words in {
            "INFO": {"comment"},
            "bext": {"comment", "date", "owner"},
            "iXML": {"other"},
            "_PMX": {"location"},
            "id3": {"comment"},
            "JUNK": {"other"},
            "exif": {"camera", "date"},
            "labels": {"comment"},
            "trailing": {"other"},
        }.items()
    },
    "chunks of AVI": Planted(planting.avi_chunks, {"camera", "comment", "date", "location", "other", "owner"}),
    "chunks of AIFF": Planted(planting.aiff, {"comment", "other", "owner"}),
    "chunks of CAF": Planted(planting.caf, {"date", "other"}),
    "Matroska": Planted(
        lambda folder: planting.matroska_all(folder, "film.mkv", *_X264), {"comment", "date", "location", "other"}
    ),
    "WebM": Planted(
        lambda folder: planting.matroska_all(folder, "film.webm", *_VP9), {"comment", "date", "location", "other"}
    ),
    "Vorbis in WebM": Planted(planting.webm_codec_comments, {"comment"}, is_served=False),
    **{
        f"{place} of MP3": Planted(
            partial(planting.mp3, place=place), words, not place.startswith(("end", "middle"))
        )
        for place, words in {
            "PRIV": {"other"},
            "GEOB": {"other"},
            "COMM": {"comment"},
            "UFID": {"serial number"},
            "OWNE": {"owner"},
            "WXXX": {"owner"},
            "TXXX": {"owner"},
            "TDRC": {"date"},
            "TENC": {"owner"},
            "XHD3": {"other"},
            "APIC": {"camera", "comment", "location"},
            "padding of ID3": {"other"},
            "ID3v1": {"comment"},
            "APE": {"comment"},
            "end": set(),
            "middle": set(),
            "middle, with a broken tag,": set(),
        }.items()
    },
    **{
        f"{place} of FLAC": Planted(partial(planting.flac, place=place), words, place != "end")
        for place, words in {
            "APPLICATION": {"other"},
            "PADDING": {"other"},
            "PICTURE": {"camera", "comment", "location"},
            "unknown": {"other"},
            "comment": {"comment"},
            "end": set(),
        }.items()
    },
    **{
        f"comments of {codec}": Planted(partial(planting.ogg, codec=codec), words)
        for codec, words in {
            "libvorbis": {"comment", "location"},
            "libopus": {"comment", "location"},
            "flac": {"comment", "location"},
        }.items()
    },
    "comments of Theora": Planted(planting.ogv, {"comment"}),
    "WMA": Planted(partial(planting.asf, name="sound.wma"), {"comment", "owner"}),
    "WMV": Planted(partial(planting.asf, name="film.wmv"), {"comment", "owner"}),
    "FLV": Planted(planting.flv, {"comment", "location"}),
    "services of MPEG-TS": Planted(planting.transport_stream, set()),
    **{
        f"tag in front of {name}": Planted(
            partial(planting.frames, name=f"sound.{name}", place="tag"), set(), is_served=name == "aac"
        )
        for name in ("aac", "ac3", "eac3")
    },
    **{
        f"end of {name}": Planted(
            partial(planting.frames, name=f"sound.{name}", place="end"), set(), is_served=False
        )
        for name in ("aac", "ac3", "eac3")
    },
}


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """A job's folder, which holds nothing yet."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def published(probe: Probe, workdir: Path, tools: Tools) -> Path | None:
    """The original as it is published, None where it is not."""
    step = original_recording(probe, stage=Stage.DEFERRED, preference=9, plays_in_browsers=True)
    return execute_step(step, workdir, tools, _LIMITS, lambda _: None)[0] if step else None


def decoded(path: Path, *maps: str) -> list[str]:
    """The sum of every frame of these streams, in order of the streams."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    sums = []
    for stream in maps:
        command = [program, "-v", "fatal", "-i", str(path), "-map", stream, "-f", "framemd5", "-"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        sums += [line.rsplit(",")[-1].strip() for line in answer.splitlines() if not line.startswith("#")]
    return sums


def _is_secret_in(data: bytes) -> bool:
    return any(marker in data for marker in _ENCODED)


@pytest.mark.parametrize("name", PLANTED)
def test_nothing_private_is_served(tmp_path: Path, workdir: Path, tools: Tools, name: str) -> None:
    """Wherever the secret was, the original as published is without it, or is not served; what it showed and
    sounded like has not changed by a bit; and what was removed is said in plain words."""
    planted = PLANTED[name]
    data = planted.make(tmp_path)
    assert _is_secret_in(data) or "time code" in name
    (workdir / INPUT).write_bytes(data)
    probe = probe_original(workdir, tools, _LIMITS)
    assert planted.words <= set(probe.removed)
    assert probe.removed == tuple(sorted(set(probe.removed)))
    original = published(probe, workdir, tools)
    assert (original is not None) is planted.is_served
    if original is None:
        return
    assert not _is_secret_in(original.read_bytes())
    maps = [f"0:{'v' if probe.video else 'a'}:0", *(["0:a:0"] if probe.video and probe.audio else [])]
    before, after = decoded(workdir / INPUT, *maps), decoded(original, *maps)
    assert len(before) > 5
    assert after == before


CLEAN: dict[str, tuple[str, ...]] = {
    "sound.wav": ("-bitexact",),
    "sound.flac": ("-metadata", "title=Song", "-metadata", "date=1999"),
    "sound.mp3": ("-c:a", "libmp3lame", "-metadata", "title=Song", "-metadata", "artist=Singer"),
    "sound.mp2": ("-c:a", "mp2"),
    "sound.ogg": ("-c:a", "libvorbis", "-metadata", "title=Song"),
    "sound.opus": (
        "-c:a",
        "libopus",
    ),
    "sound.aiff": (),
    "sound.aac": (),
    "sound.ac3": (),
    "sound.eac3": (),
}


@pytest.mark.parametrize("name", CLEAN)
def test_what_says_nothing_is_served_as_it_came(tmp_path: Path, workdir: Path, tools: Tools, name: str) -> None:
    """A sound with no more beside it than its title is published byte for byte."""
    source = ("-f", "lavfi", "-i", "sine=frequency=330:duration=2")
    data = planting.made(tmp_path, name, *source, *CLEAN[name])
    (workdir / INPUT).write_bytes(data)
    probe = probe_original(workdir, tools, _LIMITS)
    assert (probe.has_private_data, probe.removed) == (False, ())
    original = published(probe, workdir, tools)
    assert original is not None
    assert original.read_bytes() == data


@pytest.mark.parametrize("name", ["film.webm", "film.ogv"])
def test_a_clean_film_is_served_as_it_came(tmp_path: Path, workdir: Path, tools: Tools, name: str) -> None:
    """A film whose codec has no room for text, in a container that says nothing, is published byte for byte."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=160x120:duration=1")
    codec = ("-c:v", "libvpx", "-deadline", "realtime") if name == "film.webm" else ("-c:v", "libtheora")
    data = planting.made(tmp_path, name, *source, *codec)
    (workdir / INPUT).write_bytes(data)
    original = published(probe_original(workdir, tools, _LIMITS), workdir, tools)
    assert original is not None
    assert original.read_bytes() == data


def test_a_cleaned_song_keeps_its_names(tmp_path: Path, workdir: Path, tools: Tools) -> None:
    """The title and the singer are what a song is called; they stay when all else goes."""
    names = {"title": "Füße", "artist": "-y Singer", "album": "It's = one", "composer": "C"}
    tags = [part for name, value in names.items() for part in ("-metadata", f"{name}={value}")]
    (workdir / INPUT).write_bytes(
        planting.made(
            tmp_path, "sound.mp3", "-f", "lavfi", "-i", "sine=duration=1", *tags, *planting.tagged("comment")
        )
    )
    probe = probe_original(workdir, tools, _LIMITS)
    assert (probe.tags, probe.removed) == (names, ("comment",))
    original = published(probe, workdir, tools)
    assert original is not None
    original.rename(workdir / INPUT)
    assert probe_original(workdir, tools, _LIMITS).tags == names


def test_what_cannot_be_cleaned_is_not_planned(tmp_path: Path, workdir: Path, tools: Tools) -> None:
    """DV has the date in every frame, and no copy can lose it."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=720x576:rate=25:duration=0.2", "-pix_fmt", "yuv420p")
    (workdir / INPUT).write_bytes(planting.made(tmp_path, "film.dv", *source))
    probe = probe_original(workdir, tools, _LIMITS)
    assert original_recording(probe, stage=Stage.DEFERRED, preference=9, plays_in_browsers=False) is None


def test_a_kept_original_is_a_link(tmp_path: Path, workdir: Path, tools: Tools) -> None:
    """Nothing is written where nothing has to change."""
    source = ("-f", "lavfi", "-i", "sine=duration=1", "-bitexact")
    (workdir / INPUT).write_bytes(planting.made(tmp_path, "sound.wav", *source))
    step = original_recording(
        probe_original(workdir, tools, _LIMITS), stage=Stage.DEFERRED, preference=9, plays_in_browsers=True
    )
    assert step is not None
    assert [command.tool for command in step.commands] == [Tool.KEEP]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("song.mp3", partial(planting.mp3, place="APIC")),
        ("film.avi", partial(planting.mjpeg_frames, name="film.avi")),
        ("film.mp4", planting.mp4_boxes),
        ("film.m2ts", planting.avchd),
    ],
)
def test_no_rendition_and_no_extra_tells(tmp_path: Path, tools: Tools, name: str, make: Any) -> None:
    """Whatever is made of a film or a sound, poster and cover included, the secret is in none of it."""
    (tmp_path / name).write_bytes(make(tmp_path))
    steps = doing.planned(tmp_path / name, tmp_path / "job", tools)
    assert {"original"} < set(steps)
    for step in steps.values():
        for output in doing.done(step, tmp_path / "job", tools).values():
            content = output.read_bytes()
            assert not _is_secret_in(content), output.name
            assert b"Exif\0\0" not in content

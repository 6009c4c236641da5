"""Facts read from content: from what ffprobe and the Pillow tool answer, and from real files."""

import json
import math
import os
import random
import shutil
import subprocess
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediacrush.errors import ProcessingError, StepFailed, StepTimedOut, Unrecognised
from mediacrush.model.media import BlobType
from mediacrush.pipeline.probe import (
    AudioStream,
    Probe,
    VideoStream,
    picture_error,
    probe_original,
    read_ffprobe,
    read_pillow,
    sniff,
)
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT
from mediacrush.pipeline.tools import Tools
from tests.samples import Samples, ffmpeg

LIMITS = Limits(timeout_s=20)

# As ffprobe writes them, less what we do not read.
FILM: dict[str, Any] = {
    "index": 0,
    "codec_name": "h264",
    "profile": "High",
    "codec_type": "video",
    "width": 1280,
    "height": 720,
    "sample_aspect_ratio": "1:1",
    "pix_fmt": "yuv420p",
    "level": 31,
    "field_order": "progressive",
    "r_frame_rate": "30/1",
    "avg_frame_rate": "30000/1001",
    "duration": "12.512500",
    "disposition": {"default": 1, "attached_pic": 0},
    "tags": {"language": "und", "handler_name": "VideoHandler", "vendor_id": "[0][0][0][0]"},
}
SOUND: dict[str, Any] = {
    "index": 1,
    "codec_name": "aac",
    "profile": "LC",
    "codec_type": "audio",
    "channels": 2,
    "r_frame_rate": "0/0",
    "avg_frame_rate": "0/0",
    "duration": "12.480000",
    "disposition": {"default": 1, "attached_pic": 0},
    "tags": {"language": "und", "handler_name": "SoundHandler"},
}
COVER: dict[str, Any] = {
    **FILM,
    "index": 2,
    "codec_name": "mjpeg",
    "disposition": {"default": 0, "attached_pic": 1},
    "tags": {"comment": "Cover (front)"},
}
MP4: dict[str, Any] = {
    "filename": "input",
    "format_name": "mov,mp4,m4a,3gp,3g2,mj2",
    "duration": "12.520000",
    "probe_score": 100,
    "tags": {"major_brand": "isom", "minor_version": "512", "encoder": "Lavf63.1.102"},
}
MP3: dict[str, Any] = {"format_name": "mp3", "duration": "3.000000", "probe_score": 51}
MISSING = object()


def changed(fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The fields with some replaced, or left out where MISSING."""
    return {name: value for name, value in {**fields, **changes}.items() if value is not MISSING}


def read(*streams: Any, container: Any = MP4, sniffed: str = "video/mp4") -> Probe:
    """The probe of a file with these streams."""
    return read_ffprobe({"streams": list(streams), "format": container}, sniffed, 1000)


def read_film(**changes: Any) -> VideoStream:
    """The video stream with these changes to ffprobe's answer."""
    video = read(changed(FILM, **changes), SOUND).video
    assert video is not None
    return video


# What ffprobe answers.


def test_a_film_is_read() -> None:
    """Every fact of a plain MP4 is where it belongs."""
    assert read(FILM, SOUND) == Probe(
        mime="video/mp4",
        extension="mp4",
        kind=BlobType.VIDEO,
        size_bytes=1000,
        width=1280,
        height=720,
        duration_s=12.52,
        video=VideoStream(
            index=0,
            codec="h264",
            profile="High",
            level=31,
            pixel_format="yuv420p",
            width=1280,
            height=720,
            frame_rate=30000 / 1001,
        ),
        audio=AudioStream(index=1, codec="aac", profile="LC", channels=2),
        streams=(0, 1),
    )


def test_a_sound_with_a_cover_is_a_sound() -> None:
    """Cover art is no film; the tags that describe the music are kept."""
    tags = {"TITLE": " Füße ", "artist": "Björk", "Album": "Debut", "composer": "", "genre": "Pop"}
    probe = read(SOUND, COVER, container={**MP3, "tags": tags}, sniffed="audio/mpeg")
    assert (probe.kind, probe.mime, probe.video, probe.cover_index) == (BlobType.AUDIO, "audio/mpeg", None, 2)
    assert (probe.width, probe.height, probe.duration_s) == (None, None, 3.0)
    assert probe.tags == {"title": "Füße", "artist": "Björk", "album": "Debut"}


@pytest.mark.parametrize("size", [{"width": 0, "height": 0}, {"width": MISSING, "height": MISSING}])
def test_a_cover_need_not_have_a_size(size: dict[str, Any]) -> None:
    """The bundled ffprobe has no decoder for PNG and says 0 by 0; FFmpeg can read that cover all the same."""
    assert read(SOUND, changed(COVER, codec_name="png", **size), container=MP3).cover_index == 2


def test_a_film_may_have_a_cover() -> None:
    """The picture that stands for a film is neither the film nor its cover art, even where it comes first."""
    probe = read(changed(COVER, index=0), changed(FILM, index=1), changed(SOUND, index=2))
    assert probe.video is not None
    assert (probe.kind, probe.video.index, probe.cover_index) == (BlobType.VIDEO, 1, None)


def test_the_first_of_several_streams_counts() -> None:
    """Of several films and sounds the first are taken."""
    probe = read(
        changed(SOUND, index=0, codec_name="mp3"), changed(FILM, index=1), SOUND, changed(FILM, index=3, width=8)
    )
    assert probe.video is not None
    assert probe.audio is not None
    assert (probe.video.index, probe.audio.index) == (1, 0)


def test_music_alone_has_tags() -> None:
    """A film's tags are nobody's business; its title is what its uploader gives it."""
    assert read(FILM, SOUND, container={**MP4, "tags": {"title": "VID_2024", "artist": "Me"}}).tags == {}


def test_tags_of_a_stream_count() -> None:
    """Ogg keeps its tags on the stream; where the container has one too, that one is taken."""
    stream = changed(SOUND, tags={"ARTIST": "Stream", "TITLE": "Stream"})
    container = {**MP3, "format_name": "ogg", "tags": {"title": "Container"}}
    assert read(stream, container=container, sniffed="audio/ogg").tags == {"title": "Container", "artist": "Stream"}


def test_long_tags_are_cut() -> None:
    """A tag that is a book is cut to 300 characters."""
    assert read(SOUND, container={**MP3, "tags": {"title": "x" * 5000}}).tags == {"title": "x" * 300}


@pytest.mark.parametrize(
    ("side_data", "rotation", "displayed"),
    [
        (MISSING, 0, (1280, 720)),
        ([], 0, (1280, 720)),
        ([{"side_data_type": "Display Matrix", "rotation": 0}], 0, (1280, 720)),
        ([{"side_data_type": "Display Matrix", "rotation": 90}], 90, (720, 1280)),
        ([{"side_data_type": "Display Matrix", "rotation": -90}], 270, (720, 1280)),
        ([{"side_data_type": "Display Matrix", "rotation": 180}], 180, (1280, 720)),
        ([{"side_data_type": "Display Matrix", "rotation": -180}], 180, (1280, 720)),
        ([{"side_data_type": "CPB properties"}, {"rotation": -90}], 270, (720, 1280)),
        ([{"side_data_type": "CPB properties", "max_bitrate": 0}], 0, (1280, 720)),
        ([{"rotation": "N/A"}], 0, (1280, 720)),
    ],
)
def test_rotation_turns_the_picture(side_data: Any, rotation: int, displayed: tuple[int, int]) -> None:
    """A phone held upright stores a turned picture and says so beside it; what counts is what is shown."""
    probe = read(changed(FILM, side_data_list=side_data))
    assert probe.video is not None
    assert (probe.video.rotation, probe.video.displayed_size) == (rotation, displayed)
    assert (probe.video.width, probe.video.height) == (1280, 720)
    assert (probe.width, probe.height) == displayed


@pytest.mark.parametrize(
    ("text", "aspect", "displayed"),
    [
        ("1:1", 1.0, (1280, 720)),
        ("4:3", 4 / 3, (1707, 720)),
        ("9:16", 9 / 16, (720, 720)),
        ("0:1", 1.0, (1280, 720)),
        ("1:0", 1.0, (1280, 720)),
        ("N/A", 1.0, (1280, 720)),
        ("", 1.0, (1280, 720)),
        ("nan:nan", 1.0, (1280, 720)),
        (MISSING, 1.0, (1280, 720)),
        (None, 1.0, (1280, 720)),
    ],
)
def test_pixels_need_not_be_square(text: Any, aspect: float, displayed: tuple[int, int]) -> None:
    """A pixel's aspect widens what is shown; one that is not known means square."""
    video = read_film(sample_aspect_ratio=text)
    assert video.pixel_aspect == pytest.approx(aspect)
    assert video.displayed_size == displayed


def test_a_negative_aspect_is_unknown() -> None:
    """No picture has a width below zero: such an aspect is damage, and the pixels count as square."""
    assert read_film(sample_aspect_ratio="-4:3").displayed_size == (1280, 720)


def test_a_turned_picture_may_have_wide_pixels() -> None:
    """The aspect belongs to the stored width, which becomes the height when the picture is turned."""
    video = read_film(width=1440, height=1080, sample_aspect_ratio="4:3", side_data_list=[{"rotation": 90}])
    assert video.displayed_size == (1080, 1920)


@pytest.mark.parametrize(
    ("average", "real", "rate"),
    [
        ("30000/1001", "30/1", 30000 / 1001),
        ("0/0", "25/1", 25.0),
        ("N/A", "25/1", 25.0),
        (MISSING, "25/1", 25.0),
        ("0/0", "0/0", 0.0),
        (MISSING, MISSING, 0.0),
        ("25", MISSING, 0.0),
        ("nan/1", "25/1", 25.0),
    ],
)
def test_frame_rates_are_fractions(average: Any, real: Any, rate: float) -> None:
    """The average rate counts, else the nominal one, else none is known."""
    assert read_film(avg_frame_rate=average, r_frame_rate=real).frame_rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("order", "is_interlaced"),
    [
        ("progressive", False),
        ("tt", True),
        ("bb", True),
        ("tb", True),
        ("bt", True),
        ("unknown", False),
        (MISSING, False),
    ],
)
def test_interlacing_is_read(order: Any, is_interlaced: bool) -> None:
    """Only a field order that is known makes a film interlaced."""
    assert read_film(field_order=order).is_interlaced is is_interlaced


@pytest.mark.parametrize(
    ("container", "streams", "duration_s"),
    [
        ("12.520000", ("1.0", "2.0"), 12.52),
        ("N/A", ("12.512500", "12.48"), 12.5125),
        (MISSING, ("3.0", "12.5"), 12.5),
        ("0.000000", ("3.0", MISSING), 3.0),
        (MISSING, (MISSING, MISSING), None),
        ("N/A", ("N/A", "N/A"), None),
        ("nan", ("inf", "-inf"), None),
        ("inf", ("3.0", "nan"), 3.0),
        ("1e300", ("3.0", MISSING), 3.0),
        ("-5.0", ("3.0", MISSING), 3.0),
        ("-5.0", ("-1.0", MISSING), None),
        ("soon", ("", None), None),
    ],
)
def test_durations_are_positive_seconds(container: Any, streams: tuple[Any, Any], duration_s: float | None) -> None:
    """The container's duration counts, else its longest stream's; what is no length of time is none."""
    film, sound = changed(FILM, duration=streams[0]), changed(SOUND, duration=streams[1])
    assert read(film, sound, container=changed(MP4, duration=container)).duration_s == duration_s


@pytest.mark.parametrize("score", [MISSING, 0, 1, 25])
def test_a_guess_is_no_find(score: Any) -> None:
    """Noise in which FFmpeg thinks to see a format is refused."""
    with pytest.raises(Unrecognised):
        read(FILM, SOUND, container=changed(MP4, probe_score=score))


@pytest.mark.parametrize("score", [26, 51, 100])
def test_a_find_is_enough(score: int) -> None:
    """MP3 and MPEG streams, which have no header of their own, never reach the full score."""
    assert read(FILM, container=changed(MP4, probe_score=score)).kind is BlobType.VIDEO


@pytest.mark.parametrize(
    "streams",
    [
        (),
        (COVER,),
        (changed(FILM, codec_type="subtitle", width=MISSING),),
        (changed(FILM, codec_type="data", width=MISSING),),
        (changed(FILM, width=0, height=0),),
        (changed(FILM, width=MISSING, height=MISSING),),
        (changed(SOUND, codec_name=MISSING),),
    ],
)
def test_without_film_and_sound_there_is_no_media(streams: tuple[Any, ...]) -> None:
    """A container of subtitles, of a cover alone, or of streams that nobody can decode is not recognised."""
    with pytest.raises(Unrecognised):
        read(*streams)


def test_a_film_that_cannot_be_decoded_leaves_its_sound() -> None:
    """A stream without a size is passed over; the sound beside it is a sound."""
    probe = read(changed(FILM, width=0, height=0), SOUND, sniffed="audio/mp4")
    assert (probe.kind, probe.mime, probe.video) == (BlobType.AUDIO, "audio/mp4", None)


@pytest.mark.parametrize(
    ("name", "is_private"),
    [
        ("location", True),
        ("location-eng", True),
        ("com.apple.quicktime.location.ISO6709", True),
        ("com.apple.quicktime.make", True),
        ("com.android.version", True),
        ("creation_time", True),
        ("make", True),
        ("MODEL", True),
        ("serial_number", True),
        ("owner", True),
        ("author", True),
        ("software", True),
        # The buyer's mail address, in music from a shop.
        ("account_id", True),
        ("encoded_by", True),
        ("something nobody has heard of", True),
        ("encoder", False),
        ("major_brand", False),
        ("compatible_brands", False),
        ("handler_name", False),
        ("vendor_id", False),
        ("language", False),
        ("title", False),
        ("artist", False),
        ("track", False),
        ("BPS", False),
    ],
)
def test_private_tags_are_recognised(name: str, is_private: bool) -> None:
    """Where, when, by whom and with what something was made is private, on the file or on any stream of it."""
    tags = {name: "something"}
    assert read(FILM, SOUND, container=changed(MP4, tags=tags)).has_private_data is is_private
    assert read(changed(FILM, tags=tags), SOUND, container=changed(MP4, tags={})).has_private_data is is_private
    assert read(FILM, changed(SOUND, tags=tags), container=changed(MP4, tags={})).has_private_data is is_private


def test_the_kind_of_a_cover_is_not_private() -> None:
    """A cover's `comment` says which side of the record it shows; the song beside it can be served as it is."""
    assert not read(SOUND, COVER, container={**MP3, "tags": {"title": "Song"}}).has_private_data


def test_a_track_of_positions_is_private() -> None:
    """Action cameras write where they are into a stream of data beside the film, not into a tag."""
    track = {"index": 2, "codec_type": "data", "codec_tag_string": "gpmd", "tags": {"handler_name": "GoPro MET"}}
    assert read(FILM, SOUND, track).has_private_data


STRANGE: dict[str, Any] = {
    "nothing": {},
    "no streams": {"format": MP4},
    "no container": {"streams": [FILM, SOUND]},
    "an empty stream": {"format": MP4, "streams": [{}, FILM]},
    "no score": {"format": {**MP4, "probe_score": "N/A"}, "streams": [FILM]},
    "a score as text": {"format": {**MP4, "probe_score": "100"}, "streams": [FILM]},
    **{
        f"a film with {name}": {"format": MP4, "streams": [changed(FILM, **changes), SOUND]}
        for name, changes in {
            "no index": {"index": MISSING},
            "a size as text": {"width": "1280", "height": "720"},
            "a size in words": {"width": "wide", "height": "N/A"},
            "a negative width": {"width": -1280},
            "no width": {"width": MISSING},
            "no height": {"height": MISSING},
            "a height of 0": {"height": 0},
            "an unknown level": {"level": "N/A"},
            "no level": {"level": MISSING},
            "no codec": {"codec_name": MISSING, "profile": MISSING, "pix_fmt": MISSING},
            "no tags": {"tags": MISSING},
            "no disposition": {"disposition": MISSING},
            "side data of nothing": {"side_data_list": [{}]},
            "endless pixels": {"sample_aspect_ratio": "1000000000:1"},
            "a fantastic rate": {"avg_frame_rate": "1e300/1"},
        }.items()
    },
    **{
        f"a sound with {name}": {"format": MP3, "streams": [changed(SOUND, **changes)]}
        for name, changes in {
            "no index": {"index": MISSING},
            "channels as text": {"channels": "2"},
            "unknown channels": {"channels": "N/A"},
            "no channels": {"channels": MISSING},
            "no profile": {"profile": MISSING},
        }.items()
    },
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_answer_is_read_or_refused(name: str) -> None:
    """Whatever a file makes ffprobe answer, the probe has facts of the right kinds, or the file is refused."""
    try:
        probe = read_ffprobe(deepcopy(STRANGE[name]), "video/mp4", 1000)
    except ProcessingError:
        return
    json.dumps(probe.metadata, allow_nan=False)
    if probe.video is None:
        assert probe.audio is not None
        assert isinstance(probe.audio.index, int)
        assert isinstance(probe.audio.channels, int)
    else:
        assert isinstance(probe.video.index, int)
        assert all(isinstance(side, int) and side > 1 for side in (probe.width, probe.height))
        assert math.isfinite(probe.video.frame_rate)


# What the Pillow tool answers.

PICTURE: dict[str, Any] = {
    "format": "JPEG",
    "width": 800,
    "height": 600,
    "frames": 1,
    "duration_s": None,
    "has_alpha": False,
    "mode": "RGB",
    "is_lossy": True,
    "has_private": False,
    "removed": [],
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("image/jpeg", "jpg", BlobType.IMAGE, False, None)),
        ({"format": "PNG"}, ("image/png", "png", BlobType.IMAGE, False, None)),
        ({"format": "GIF", "frames": 1}, ("image/gif", "gif", BlobType.IMAGE, False, None)),
        ({"format": "GIF", "frames": 8, "duration_s": 0.64}, ("image/gif", "gif", BlobType.VIDEO, True, 0.64)),
        ({"format": "WEBP", "frames": 2, "duration_s": 1.0}, ("image/webp", "webp", BlobType.VIDEO, True, 1.0)),
        ({"format": "PNG", "frames": 2, "duration_s": None}, ("image/png", "png", BlobType.VIDEO, True, None)),
        # A second picture in a JPEG, a page in a TIFF: nothing that moves.
        ({"frames": 2, "duration_s": 1.0}, ("image/jpeg", "jpg", BlobType.IMAGE, False, None)),
        ({"format": "TIFF", "frames": 9}, ("image/tiff", "tif", BlobType.IMAGE, False, None)),
    ],
)
def test_several_frames_make_an_animation(changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    """A GIF, WebP or PNG of several frames is a silent film; anything else is a still."""
    probe = read_pillow({**PICTURE, **changes}, 1000)
    assert (probe.mime, probe.extension, probe.kind, probe.is_animation, probe.duration_s) == expected
    assert (probe.width, probe.height, probe.size_bytes) == (800, 600, 1000)


@pytest.mark.parametrize("fact", ["is_lossy", "has_alpha", "has_private"])
@pytest.mark.parametrize("value", [True, False])
def test_facts_of_a_picture_are_handed_on(fact: str, value: bool) -> None:
    """What the Pillow tool found out is in the probe."""
    probe = read_pillow({**PICTURE, fact: value}, 1000)
    assert getattr(probe, "has_private_data" if fact == "has_private" else fact) is value


def test_an_unknown_picture_is_not_recognised() -> None:
    """A format that has no row in the table is refused."""
    with pytest.raises(Unrecognised):
        read_pillow({**PICTURE, "format": "PSD"}, 1000)


@pytest.mark.parametrize(
    ("report", "kind", "sentence"),
    [
        ('{"error": "unrecognised", "message": "No picture."}', Unrecognised, "No picture."),
        ('{"error": "damaged", "message": "Damaged."}', StepFailed, "Damaged."),
        ('{"error": "too_large", "message": "Too large."}', StepFailed, "Too large."),
        ('a warning\n{"error": "damaged", "message": "Damaged."}', StepFailed, "Damaged."),
        ("", StepFailed, None),
        ("Traceback (most recent call last):\nMemoryError", StepFailed, None),
        ("[]", StepFailed, None),
        ("{}", StepFailed, None),
        ("5", StepFailed, None),
    ],
)
def test_the_pillow_tools_report_becomes_an_error(report: str, kind: type, sentence: str | None) -> None:
    """The last line of a report says what was wrong; a tool that died without one leaves a sentence of ours."""
    error = picture_error(report)
    assert type(error) is kind
    assert str(error) == sentence if sentence else "picture" in str(error)


# What the API says of it.


@pytest.mark.parametrize(
    ("probe", "metadata"),
    [
        (
            read(FILM, SOUND),
            {
                "dimensions": {"width": 1280, "height": 720},
                "duration": 12.52,
                "has_audio": True,
                "has_video": True,
            },
        ),
        (
            read(SOUND, container={**MP3, "duration": "3.00049", "tags": {"title": "Song"}}),
            {"duration": 3.0, "has_audio": True, "has_video": False, "title": "Song"},
        ),
        (
            read_pillow(PICTURE, 1000),
            {"dimensions": {"width": 800, "height": 600}, "has_audio": False, "has_video": False},
        ),
        (
            read_pillow({**PICTURE, "format": "GIF", "frames": 8, "duration_s": 0.64}, 1000),
            {
                "dimensions": {"width": 800, "height": 600},
                "duration": 0.64,
                "has_audio": False,
                "has_video": True,
            },
        ),
    ],
    ids=["film", "sound", "picture", "animation"],
)
def test_metadata_is_what_clients_read(probe: Probe, metadata: dict[str, Any]) -> None:
    """The API's `metadata`: what is not known is not there."""
    assert probe.metadata == metadata


# Real files.


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """A job's folder, which holds nothing yet."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


IMAGE, VIDEO, AUDIO = BlobType.IMAGE, BlobType.VIDEO, BlobType.AUDIO

# What is sniffed; then the probe's MIME type, extension, kind, whether it moves, its size, duration, and codecs.
SAMPLES = {
    "photo.jpg": ("image/jpeg", "image/jpeg", "jpg", IMAGE, False, (600, 800), None, None, None),
    "plain.jpg": ("image/jpeg", "image/jpeg", "jpg", IMAGE, False, (320, 200), None, None, None),
    "picture.png": ("image/png", "image/png", "png", IMAGE, False, (320, 200), None, None, None),
    "picture.webp": ("image/webp", "image/webp", "webp", IMAGE, False, (320, 200), None, None, None),
    "picture.avif": ("image/avif", "image/avif", "avif", IMAGE, False, (320, 200), None, None, None),
    "picture.bmp": ("image/bmp", "image/bmp", "bmp", IMAGE, False, (320, 200), None, None, None),
    "picture.tif": ("image/tiff", "image/tiff", "tif", IMAGE, False, (320, 200), None, None, None),
    "one-frame.gif": ("image/gif", "image/gif", "gif", IMAGE, False, (320, 200), None, None, None),
    "loop.gif": ("image/gif", "image/gif", "gif", VIDEO, True, (101, 77), 0.64, None, None),
    "transparent.gif": ("image/gif", "image/gif", "gif", VIDEO, True, (101, 77), 0.64, None, None),
    "loop.webp": ("image/webp", "image/webp", "webp", VIDEO, True, (101, 77), 0.64, None, None),
    "loop.png": ("image/png", "image/png", "png", VIDEO, True, (101, 77), 0.64, None, None),
    "phone.mp4": ("video/mp4", "video/mp4", "mp4", VIDEO, False, (640, 360), 3.0, "h264", "aac"),
    "silent.mp4": ("video/mp4", "video/mp4", "mp4", VIDEO, False, (320, 240), 2.0, "h264", None),
    "clip.mkv": ("video/x-matroska", "video/x-matroska", "mkv", VIDEO, False, (320, 240), 2.0, "h264", "aac"),
    "clip.mov": ("video/quicktime", "video/quicktime", "mov", VIDEO, False, (320, 240), 2.0, "h264", "aac"),
    "clip.webm": ("video/webm", "video/webm", "webm", VIDEO, False, (320, 240), 2.0, "vp8", "opus"),
    "hevc.mp4": ("video/mp4", "video/mp4", "mp4", VIDEO, False, (640, 360), 3.0, "hevc", "aac"),
    "song.mp3": (None, "audio/mpeg", "mp3", AUDIO, False, None, 3.0, None, "mp3"),
    "sound.wav": ("audio/x-wav", "audio/wav", "wav", AUDIO, False, None, 2.0, None, "pcm_s16le"),
    "sound.flac": ("audio/flac", "audio/flac", "flac", AUDIO, False, None, 2.0, None, "flac"),
    "sound.m4a": ("audio/x-m4a", "audio/mp4", "m4a", AUDIO, False, None, 2.0, None, "aac"),
    "sound.ogg": ("audio/ogg", "audio/ogg", "ogg", AUDIO, False, None, 2.0, None, "vorbis"),
    "sound.opus": ("audio/ogg", "audio/ogg", "ogg", AUDIO, False, None, 2.0, None, "opus"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_recognised(samples: Samples, workdir: Path, tools: Tools, name: str) -> None:
    """Each kind of file is known by its content, under a name that says nothing."""
    sniffed, mime, extension, kind, is_animation, size, duration_s, video, audio = SAMPLES[name]
    shutil.copyfile(samples[name], workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert (probe.mime, probe.extension, probe.kind, probe.is_animation) == (mime, extension, kind, is_animation)
    assert (probe.width, probe.height) == (size or (None, None))
    assert probe.duration_s == (pytest.approx(duration_s, abs=0.1) if duration_s else None)
    assert (probe.video.codec if probe.video else None) == video
    assert (probe.audio.codec if probe.audio else None) == audio
    assert probe.size_bytes == samples[name].stat().st_size
    if sniffed:
        assert sniff(samples.bytes(name)[:4096]) == sniffed


@pytest.mark.parametrize(
    ("name", "is_private"),
    [("photo.jpg", True), ("plain.jpg", False), ("phone.mp4", True), ("silent.mp4", False), ("song.mp3", False)],
)
def test_private_data_is_found(samples: Samples, workdir: Path, tools: Tools, name: str, is_private: bool) -> None:
    """Real files that say where they come from are recognised, and files that do not are left alone."""
    shutil.copyfile(samples[name], workdir / INPUT)
    assert probe_original(workdir, tools, LIMITS).has_private_data is is_private


@pytest.mark.parametrize(
    ("name", "is_lossy", "has_alpha"),
    [
        ("plain.jpg", True, False),
        ("picture.png", False, False),
        ("picture.webp", True, False),
        ("loop.gif", False, False),
        ("transparent.gif", False, True),
    ],
)
def test_losses_and_transparency_are_found(
    samples: Samples, workdir: Path, tools: Tools, name: str, is_lossy: bool, has_alpha: bool
) -> None:
    """What a picture must be written as depends on how it was."""
    shutil.copyfile(samples[name], workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert (probe.is_lossy, probe.has_alpha) == (is_lossy, has_alpha)


def test_a_song_has_its_tags_and_its_cover(samples: Samples, workdir: Path, tools: Tools) -> None:
    """Tags of any alphabet are read as they are, and the cover is found."""
    shutil.copyfile(samples["song.mp3"], workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.tags == {
        "title": "Füße & <b>Köpfe</b>",
        "artist": "Björk",
        "album": "Debut",
        "composer": "Nellee",
    }
    assert probe.cover_index == 1


def test_a_turned_film_is_shown_upright(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A real display matrix makes a portrait of a landscape."""
    ffmpeg(workdir / "turned.mp4", "-display_rotation", "90", "-i", str(samples["phone.mp4"]), "-c", "copy")
    (workdir / "turned.mp4").rename(workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.video is not None
    assert (probe.width, probe.height) == (360, 640)
    assert (probe.video.width, probe.video.height, probe.video.rotation) == (640, 360, 90)


def test_wide_pixels_and_fields_are_found(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A real interlaced, anamorphic film says so."""
    source = ("-i", str(samples["silent.mp4"]), "-t", "0.5")
    ffmpeg(
        workdir / "tv.mkv",
        *source,
        *("-vf", "setsar=4/3,fieldorder=tff", "-c:v", "mpeg2video", "-flags", "+ildct+ilme"),
    )
    (workdir / "tv.mkv").rename(workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.video is not None
    assert probe.video.is_interlaced
    assert probe.video.pixel_aspect == pytest.approx(4 / 3, rel=0.01)
    assert (probe.width, probe.height) == (427, 240)


# What is no media, and what would like to be.

JUNK = {
    "empty": b"",
    "one byte": b"\0",
    "zeros": bytes(100_000),
    "text": b"Just a letter to somebody.\n" * 500,
    "HTML": b"<!DOCTYPE html><html><body><video src='input'></video></body></html>",
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/hosts"/></svg>',
    "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 50,
    "styled subtitles": b"[Script Info]\nScriptType: v4.00+\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,Hi\n",
    "ANSI art": b"\x1b[31mHello\x1b[0m\n" * 500,
    "session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(500),
    "archive": b"PK\x03\x04" + bytes(500),
    "PDF": b"%PDF-1.7\n" + bytes(500),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_is_not_recognised(workdir: Path, tools: Tools, name: str) -> None:
    """What is no media ends as unrecognised, with a sentence that names neither files nor programs."""
    (workdir / INPUT).write_bytes(JUNK[name])
    with pytest.raises(Unrecognised) as error:
        probe_original(workdir, tools, LIMITS)
    assert str(error.value).endswith(".")
    assert not any(word in str(error.value).lower() for word in ("/", "input", "ffprobe", "ffmpeg", "pillow"))


def test_random_bytes_are_not_recognised(workdir: Path, tools: Tools) -> None:
    """Noise is nothing, though FFmpeg may hear music in it."""
    for seed in range(20):
        (workdir / INPUT).write_bytes(random.Random(seed).randbytes(50_000))
        with pytest.raises(Unrecognised):
            probe_original(workdir, tools, LIMITS)


SCRIPTS = {
    "HLS": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{}\n#EXT-X-ENDLIST\n",
    "HLS of playlists": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000\n{}\n",
    "concat": "ffconcat version 1.0\nfile {}\n",
    "concat with a protocol": "ffconcat version 1.0\nfile file:{}\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="1"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "playlist": "[playlist]\nFile1={}\nNumberOfEntries=1\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_opens_no_file(samples: Samples, workdir: Path, tools: Tools, name: str) -> None:
    """A file that names another one is not recognised, even though that one is a film."""
    shutil.copyfile(samples["phone.mp4"], workdir / "named.mp4")
    (workdir / INPUT).write_text(SCRIPTS[name].format("named.mp4"))
    with pytest.raises(Unrecognised):
        probe_original(workdir, tools, LIMITS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_named_file_is_not_even_opened(workdir: Path, tools: Tools, name: str) -> None:
    """The named file is a pipe that nobody writes to: opening it would wait until the time is over."""
    os.mkfifo(workdir / "named.mp4")
    (workdir / INPUT).write_text(SCRIPTS[name].format("named.mp4"))
    with pytest.raises(Unrecognised):
        probe_original(workdir, tools, Limits(timeout_s=5))


def test_without_our_list_the_named_file_would_be_opened(samples: Samples, workdir: Path, tools: Tools) -> None:
    """The other tests of scripts would notice: ffprobe itself does open what such a script names."""
    shutil.copyfile(samples["phone.mp4"], workdir / "named.mp4")
    (workdir / INPUT).write_text(SCRIPTS["concat"].format("named.mp4"))
    command = [*tools.ffprobe, "-v", "error", "-protocol_whitelist", "file", "-show_streams", INPUT]
    answer = subprocess.run(command, cwd=workdir, check=True, capture_output=True, text=True)
    assert "codec_name=h264" in answer.stdout


@pytest.mark.parametrize("name", ["plain.jpg", "loop.gif", "silent.mp4"])
def test_too_many_pixels_are_refused(samples: Samples, workdir: Path, tools: Tools, name: str) -> None:
    """A picture or a film that is larger than the site takes is refused before anything decodes it."""
    shutil.copyfile(samples[name], workdir / INPUT)
    assert probe_original(workdir, tools, LIMITS).pixels > 7000
    with pytest.raises(StepFailed, match="pixels"):
        probe_original(workdir, tools, replace(LIMITS, max_pixels=7000))


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"BM", b"RIFF\x10\0\0\0WEBPVP8 "]
)
def test_a_picture_in_name_only_is_refused(workdir: Path, tools: Tools, head: bytes) -> None:
    """What begins like a picture and is none is a failure of the file's, not of ours."""
    (workdir / INPUT).write_bytes(head + random.Random(1).randbytes(2000))
    with pytest.raises(ProcessingError) as error:
        probe_original(workdir, tools, LIMITS)
    assert isinstance(error.value, Unrecognised | StepFailed)
    assert "/" not in str(error.value)


def test_more_tags_than_can_be_read_are_refused(samples: Samples, workdir: Path, tools: Tools) -> None:
    """A sound that carries more megabytes of tags than an answer may have is refused; it is no fault of ours."""
    (workdir / "tags").write_text(f";FFMETADATA1\ntitle={'x' * 9_000_000}\n")
    sources = ("-i", str(samples["sound.flac"]), "-f", "ffmetadata", "-i", str(workdir / "tags"))
    ffmpeg(workdir / "tagged.flac", *sources, "-map", "0", "-map_metadata", "1", "-c", "copy")
    (workdir / "tagged.flac").rename(workdir / INPUT)
    try:
        probe = probe_original(workdir, tools, LIMITS)
    except (Unrecognised, StepFailed):
        return
    assert probe.mime == "audio/flac"
    assert len(probe.tags["title"]) == 300


def test_probing_has_its_time(samples: Samples, workdir: Path, tools: Tools) -> None:
    """Reading that takes too long is a timeout, of pictures and of films."""
    for name in ("plain.jpg", "silent.mp4"):
        shutil.copyfile(samples[name], workdir / INPUT)
        with pytest.raises(StepTimedOut):
            probe_original(workdir, tools, Limits(timeout_s=0))

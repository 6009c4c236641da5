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
from mediacrush.pipeline.containers.walking import Findings
from mediacrush.pipeline.probe import (
    Attachment,
    AudioStream,
    Chapter,
    Probe,
    SubtitleStream,
    VideoStream,
    picture_error,
    probe_original,
    read_pillow,
    sniff,
)
from mediacrush.pipeline.recordings import read_ffprobe, with_findings
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
    return read_ffprobe({"streams": list(streams), "format": container}, sniffed, 1_000_000)


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
        size_bytes=1_000_000,
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
        audio_count=1,
        streams=(0, 1),
        has_private_data=True,
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
    ("name", "word"),
    [
        ("location", "location"),
        ("location-eng", "location"),
        ("com.apple.quicktime.location.ISO6709", "location"),
        ("com.apple.quicktime.make", "camera"),
        ("com.android.version", "camera"),
        ("creation_time", "date"),
        ("make", "camera"),
        ("MODEL", "camera"),
        ("serial_number", "serial number"),
        ("owner", "owner"),
        ("author", "owner"),
        ("software", "software"),
        ("encoder", "software"),
        # The buyer's mail address, in music from a shop.
        ("account_id", "serial number"),
        ("encoded_by", "owner"),
        ("something nobody has heard of", "other"),
        ("title", "comment"),
        ("_STATISTICS_WRITING_DATE_UTC", "date"),
        ("major_brand", None),
        ("compatible_brands", None),
        ("handler_name", None),
        ("vendor_id", None),
        ("BPS", None),
    ],
)
def test_private_tags_have_a_word(name: str, word: str | None) -> None:
    """Where, when, by whom and with what a film was made is private, on the file or on any stream of it."""
    tags, words = {name: "something"}, (word,) if word else ()
    assert read(FILM, SOUND, container=changed(MP4, tags=tags)).removed == words
    assert read(changed(FILM, tags=tags), SOUND, container=changed(MP4, tags={})).removed == words
    assert read(FILM, changed(SOUND, tags=tags), container=changed(MP4, tags={})).removed == words


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("title", "Song", None),
        ("TITLE", "Song", None),
        ("artist", "Singer", None),
        ("track", "1/9", None),
        ("genre", "Pop", None),
        ("date", "1999", None),
        ("date", "2024-01-02T03:04:05", "date"),
        ("encoder", "LAME 64bits version 3.100", None),
        ("encoder", "Somebody's phone", "software"),
        ("language", "eng", None),
        ("language", "at Jane's home", "other"),
        ("comment", "for Jane", "comment"),
        ("comment", "", None),
        ("replaygain_track_gain", "-7.2 dB", None),
    ],
)
def test_a_song_may_say_what_it_is_called(name: str, value: str, word: str | None) -> None:
    """What describes the music is harmless in a sound, as long as it looks like that."""
    probe = read(SOUND, container={**MP3, "tags": {name: value}}, sniffed="audio/mpeg")
    assert probe.removed == ((word,) if word else ())


def test_the_kind_of_a_cover_is_not_private() -> None:
    """A cover's `comment` says which side of the record it shows."""
    assert read(SOUND, COVER, container={**MP3, "tags": {"title": "Song"}}).removed == ()


@pytest.mark.parametrize(
    ("tag", "words"),
    [("gpmd", ("camera", "location")), ("camm", ("camera", "location")), ("tmcd", ("date",)), ("what", ("other",))],
)
def test_tracks_of_data_have_words(tag: str, words: tuple[str, ...]) -> None:
    """Action cameras write where they are into a stream of data beside the film, not into a tag."""
    track = {"index": 2, "codec_type": "data", "codec_tag_string": tag, "tags": {}}
    probe = read(FILM, SOUND, track)
    assert (probe.removed, probe.streams) == (words, (0, 1))


@pytest.mark.parametrize(
    ("codec", "is_verified", "is_served_as_is"),
    [("vp9", True, True), ("vp9", False, False), ("h264", True, False), ("mpeg4", True, False)],
)
def test_only_what_is_verified_is_served_as_it_came(codec: str, is_verified: bool, is_served_as_is: bool) -> None:
    """A container that nobody has understood, and frames with room for text between them, may hold anything."""
    probe = read(changed(FILM, codec_name=codec), container=changed(MP4, format_name="matroska,webm"))
    found = with_findings(probe, Findings(is_verified=is_verified))
    assert found.has_private_data is not is_served_as_is
    assert not with_findings(probe, Findings(is_verified=True, is_stuck=True)).can_be_copied


def test_subtitles_fonts_and_chapters_are_read() -> None:
    """What comes along with a film is listed, its texts made short and printable; pictures of text are not text."""
    text = {"index": 2, "codec_type": "subtitle", "codec_name": "ass"}
    streams = [
        FILM,
        SOUND,
        {
            **text,
            "tags": {"language": "GER", "title": "For\u202cced\x07\n"},
            "disposition": {"forced": 1, "default": 1},
        },
        {**text, "index": 3, "codec_name": "hdmv_pgs_subtitle"},
        {**text, "index": 4, "codec_name": "subrip", "tags": {"language": "<script>"}},
        {"index": 5, "codec_type": "attachment", "codec_name": "ttf", "tags": {"filename": "../../a.ttf"}},
        {"index": 6, "codec_type": "attachment", "tags": {"filename": "B.OTF", "mimetype": "application/x"}},
        {"index": 7, "codec_type": "attachment", "tags": {"filename": "note.txt", "mimetype": "text/plain"}},
    ]
    chapters = [
        {"start_time": "0.000000", "end_time": "1.500000", "tags": {"title": " One\0 "}},
        {"start_time": "1.500000", "end_time": "1.500000"},
        {"start_time": "1.5", "end_time": "nan"},
        {"start_time": "1.5", "end_time": "2.5"},
    ]
    probe = read_ffprobe({"streams": streams, "format": MP4, "chapters": chapters}, "video/mp4", 1_000_000)
    assert probe.subtitles == (
        SubtitleStream(index=2, codec="ass", language="ger", title="Forced", is_forced=True, is_default=True),
        SubtitleStream(index=4, codec="subrip"),
    )
    assert probe.attachments == (
        Attachment(index=5, filename="a.ttf", mime=""),
        Attachment(index=6, filename="B.OTF", mime="application/x"),
    )
    assert probe.chapters == (
        Chapter(start_s=0.0, end_s=1.5, title="One"),
        Chapter(start_s=1.5, end_s=2.5, title=""),
    )
    assert probe.metadata["has_subtitles"] is True


def test_colours_are_read() -> None:
    """What the light means is known where the film says it, and HDR by its transfer."""
    colours = {"color_primaries": "bt2020", "color_space": "bt2020nc", "color_range": "tv"}
    video = read_film(**colours, color_transfer="smpte2084", pix_fmt="yuv420p10le")
    assert (video.color_primaries, video.color_space, video.color_range) == ("bt2020", "bt2020nc", "tv")
    assert (video.is_hdr, video.bits) == (True, 10)
    assert read_film(color_transfer="arib-std-b67").is_hdr
    assert (read_film(color_transfer="bt709").is_hdr, read_film(color_space="unknown").color_space) == (False, "")


@pytest.mark.parametrize(
    ("changes", "has_alpha", "bits"),
    [
        ({"pix_fmt": "yuv420p"}, False, 8),
        ({"pix_fmt": "yuva444p10le"}, True, 10),
        ({"pix_fmt": "yuva444p12le"}, True, 12),
        ({"pix_fmt": "rgba"}, True, 8),
        ({"pix_fmt": "argb"}, True, 8),
        ({"pix_fmt": "rgba64be"}, True, 16),
        ({"pix_fmt": "pal8"}, True, 8),
        ({"pix_fmt": "gbrap"}, True, 8),
        ({"pix_fmt": "gray10le"}, False, 10),
        ({"pix_fmt": "rgb24"}, False, 8),
        ({"pix_fmt": "p010le"}, False, 10),
        ({"pix_fmt": "yuv422p", "bits_per_raw_sample": "10"}, False, 10),
        ({"pix_fmt": "yuv420p", "tags": {"alpha_mode": "1"}}, True, 8),
        ({"pix_fmt": MISSING}, False, 8),
    ],
)
def test_alpha_and_depth_are_read(changes: dict[str, Any], has_alpha: bool, bits: int) -> None:
    """The pixel format says both; VP8 and VP9 say in a tag that they have alpha."""
    video = read_film(**changes)
    assert (video.has_alpha, video.bits) == (has_alpha, bits)


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"bit_rate": "1000000", "nb_frames": "375"}, (1_000_000, 375, False)),
        ({}, (1_872_000, None, False)),
        # More than the whole file has: MPEG-1's word for "varies".
        ({"bit_rate": "104857200"}, (1_872_000, None, False)),
        ({"avg_frame_rate": "24/1", "r_frame_rate": "30/1"}, (1_872_000, None, True)),
        ({"avg_frame_rate": "25/1", "r_frame_rate": "50/1"}, (1_872_000, None, False)),
        ({"avg_frame_rate": "0/0"}, (1_872_000, None, False)),
    ],
)
def test_rates_are_read(changes: dict[str, Any], facts: tuple[int, int | None, bool]) -> None:
    """Bits a second are the stream's, or what the file's sounds leave; frames may come unevenly."""
    container = changed(MP4, bit_rate="2000000")
    video = read(changed(FILM, **changes), changed(SOUND, bit_rate="128000"), container=container).video
    assert video is not None
    assert (video.bitrate_bps, video.frame_count, video.is_variable_rate) == facts


def test_the_sound_is_read() -> None:
    """Hertz and bits a second of the first sound, and how many there are."""
    probe = read(FILM, changed(SOUND, sample_rate="48000", bit_rate="128000"), changed(SOUND, index=2))
    assert probe.audio is not None
    assert (probe.audio.sample_rate, probe.audio.bitrate_bps, probe.audio_count) == (48000, 128_000, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"codec_name": "mjpeg", "nb_frames": "1"},
        {"codec_name": "png", "avg_frame_rate": "0/0"},
        {"codec_name": "mjpeg", "avg_frame_rate": "90000/1"},
    ],
)
def test_a_still_beside_a_sound_is_a_cover(changes: dict[str, Any]) -> None:
    """Some containers do not say that a picture is a cover; a film of one photo is none."""
    still = changed(FILM, index=1, **changes)
    probe = read(changed(SOUND, index=0), still, container=changed(MP4, format_name="matroska,webm"))
    assert (probe.kind, probe.cover_index, probe.streams) == (BlobType.AUDIO, 1, (0,))
    assert read(still).kind is BlobType.VIDEO


def test_an_old_tag_turns_the_picture() -> None:
    """Before there was a matrix, phones wrote degrees clockwise into a tag."""
    assert read_film(tags={"rotate": "90"}).rotation == 270


def test_what_is_encrypted_is_said_to_be() -> None:
    """Nobody can play it without a key, which is another thing than damage."""
    with pytest.raises(StepFailed, match="protected"):
        read(changed(FILM, codec_tag_string="encv"), SOUND)


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
        probe = read_ffprobe(deepcopy(STRANGE[name]), "video/mp4", 1_000_000)
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
    "film_stream": 0,
    "alpha_stream": None,
    "has_alpha": False,
    "mode": "RGB",
    "is_lossy": True,
    "is_deep": False,
    "has_wide_gamut": False,
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
        read_pillow({**PICTURE, "format": "PCX"}, 1000)


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
                "frame_rate": 29.97,
                "has_audio": True,
                "has_video": True,
                "has_subtitles": False,
            },
        ),
        (
            read(SOUND, container={**MP3, "duration": "3.00049", "tags": {"title": "Song", "comment": "Hi"}}),
            {
                "duration": 3.0,
                "has_audio": True,
                "has_video": False,
                "has_subtitles": False,
                "privacy": {"removed": ["comment"]},
                "title": "Song",
            },
        ),
        (
            read_pillow({**PICTURE, "removed": ["camera", "location"]}, 1000),
            {
                "dimensions": {"width": 800, "height": 600},
                "has_audio": False,
                "has_video": False,
                "has_subtitles": False,
                "privacy": {"removed": ["camera", "location"]},
            },
        ),
        (
            read_pillow({**PICTURE, "format": "GIF", "frames": 8, "duration_s": 0.64}, 1000),
            {
                "dimensions": {"width": 800, "height": 600},
                "duration": 0.64,
                "frame_rate": 12.5,
                "has_audio": False,
                "has_video": True,
                "has_subtitles": False,
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
    """Real files that say where they come from are recognised, and nothing is said of files that do not."""
    shutil.copyfile(samples[name], workdir / INPUT)
    assert bool(probe_original(workdir, tools, LIMITS).removed) is is_private


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


def test_a_film_may_only_say_by_its_frames_that_it_is_interlaced(workdir: Path, tools: Tools) -> None:
    """DV has no word for it in front; its frames have."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=720x576:rate=25:duration=0.4", "-pix_fmt", "yuv420p")
    ffmpeg(workdir / "tape.dv", *source)
    (workdir / "tape.dv").rename(workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.video is not None
    assert probe.video.is_interlaced


@pytest.mark.parametrize("flip", [0, 180, 270])
def test_every_turn_is_read(samples: Samples, workdir: Path, tools: Tools, flip: int) -> None:
    """A real display matrix of any quarter."""
    ffmpeg(workdir / "turned.mov", "-display_rotation", str(flip), "-i", str(samples["silent.mp4"]), "-c", "copy")
    (workdir / "turned.mov").rename(workdir / INPUT)
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.video is not None
    assert probe.video.rotation == flip


def test_hdr_is_read_from_a_real_film(workdir: Path, tools: Tools) -> None:
    """HDR10 as a phone writes it: 10 bits, and what they mean."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=0.4", "-pix_fmt", "yuv420p10le")
    colours = ("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv")
    x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
    ffmpeg(workdir / "hdr.mp4", *source, *x265, *colours)
    (workdir / "hdr.mp4").rename(workdir / INPUT)
    video = probe_original(workdir, tools, LIMITS).video
    assert video is not None
    assert (video.is_hdr, video.bits, video.color_primaries) == (True, 10, "bt2020")


RAW: dict[str, tuple[str, ...]] = {
    "film.h264": ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    "film.m2v": ("-c:v", "mpeg2video"),
    "film.mjpeg.mkv": ("-c:v", "mjpeg", "-live", "1"),
    "sound.aac": ("-c:a", "aac", "-b:a", "20k"),
    "sound.mp3": ("-c:a", "libmp3lame", "-q:a", "5", "-write_xing", "0"),
    "sound.amr": ("-ar", "8000", "-ac", "1"),
}


@pytest.mark.parametrize("name", RAW)
def test_what_has_no_length_is_measured(workdir: Path, tools: Tools, name: str) -> None:
    """A stream without an index, loud first and silent after: its length is not guessed from its start."""
    film = "testsrc2=size=160x120:rate=25:duration=4"
    sound = "anoisesrc=duration=4,volume='if(lt(t,0.5),1,0)':eval=frame"
    ffmpeg(workdir / name, "-f", "lavfi", "-i", sound if name.startswith("sound") else film, *RAW[name])
    (workdir / name).rename(workdir / INPUT)
    assert probe_original(workdir, tools, LIMITS).duration_s == pytest.approx(4.0, abs=0.15)


def test_a_film_that_broke_off_is_as_long_as_what_is_there(workdir: Path, tools: Tools) -> None:
    """An index in front promises more than a broken download holds."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=10")
    ffmpeg(workdir / "whole.mp4", *source, "-c:v", "mpeg4", "-g", "5", "-movflags", "+faststart")
    data = (workdir / "whole.mp4").read_bytes()
    (workdir / INPUT).write_bytes(data[: len(data) // 2])
    probe = probe_original(workdir, tools, LIMITS)
    assert probe.duration_s is not None
    assert 3 < probe.duration_s < 7


def test_a_cover_in_any_container_is_no_film(workdir: Path, tools: Tools) -> None:
    """A photo beside a sound, as a plain stream of video."""
    sources = ("-f", "lavfi", "-i", "sine=duration=2", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=1:duration=1")
    for name in ("song.mka", "song.m4a.mov"):
        maps = ("-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "mjpeg", "-frames:v", "1")
        ffmpeg(workdir / name, *sources, *maps)
        (workdir / name).rename(workdir / INPUT)
        probe = probe_original(workdir, tools, LIMITS)
        assert (probe.kind, probe.video, probe.cover_index is not None) == (BlobType.AUDIO, None, True)


def test_a_film_under_the_name_of_a_picture_is_a_film(samples: Samples, workdir: Path, tools: Tools) -> None:
    """What begins like a picture, and is none to the picture tool, is offered to ffprobe: the content decides."""
    refusal = 'echo \'{"error": "unrecognised", "message": "No."}\' >&2; exit 3'
    refusing = replace(tools, pillow=("/bin/sh", "-c", refusal))
    shutil.copyfile(samples["loop.gif"], workdir / INPUT)
    assert probe_original(workdir, refusing, LIMITS).kind is BlobType.VIDEO
    (workdir / INPUT).write_bytes(b"GIF89a" + random.Random(1).randbytes(2000))
    with pytest.raises(Unrecognised, match=r"^No\.$"):
        probe_original(workdir, refusing, LIMITS)


# What is no media, and what would like to be.


def without_index(samples: Samples) -> bytes:
    data = samples.bytes("silent.mp4")
    return data[: data.index(b"moov") - 4]


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (lambda _: b"", Unrecognised, "empty"),
        (lambda _: b"#EXTM3U\n#EXTINF:1,\na.mp3\n", Unrecognised, "playlist"),
        (lambda _: b"\xef\xbb\xbf[playlist]\nFile1=a.mp3\n", Unrecognised, "playlist"),
        (lambda _: b'<?xml version="1.0"?><MPD></MPD>', Unrecognised, "playlist"),
        (without_index, StepFailed, "index is missing"),
        (lambda samples: samples.bytes("silent.mp4").replace(b"avc1\0\0", b"encv\0\0"), StepFailed, "protected"),
        (lambda _: bytes(5000), Unrecognised, "no photo"),
    ],
    ids=["empty", "M3U", "PLS", "DASH", "no index", "encrypted", "nothing"],
)
def test_a_refusal_says_what_was_wrong(
    samples: Samples, workdir: Path, tools: Tools, content: Any, error: type, sentence: str
) -> None:
    """Who uploads what cannot be played is told why, in a sentence."""
    (workdir / INPUT).write_bytes(content(samples))
    with pytest.raises(error, match=sentence):
        probe_original(workdir, tools, LIMITS)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"max_video_side": 319}, "wider or taller"),
        ({"max_duration_s": 1.5}, "longer"),
        ({"max_streams": 1}, "more than"),
        ({"max_pixels": 320 * 240 - 1}, "megapixels"),
    ],
)
def test_what_announces_too_much_is_refused(
    samples: Samples, workdir: Path, tools: Tools, limits: dict[str, Any], sentence: str
) -> None:
    """Each limit has a sentence of its own, and the limit itself is within it."""
    shutil.copyfile(samples["clip.mkv"], workdir / INPUT)
    within = {"max_video_side": 320, "max_duration_s": 2.1, "max_streams": 2, "max_pixels": 320 * 240}
    assert probe_original(workdir, tools, replace(LIMITS, **within)).video
    with pytest.raises(StepFailed, match=sentence):
        probe_original(workdir, tools, replace(LIMITS, **limits))


JUNK = {
    "empty": b"",
    "one byte": b"\0",
    "zeros": bytes(100_000),
    "text": b"Just a letter to somebody.\n" * 500,
    "HTML": b"<!DOCTYPE html><html><body><video src='input'></video></body></html>",
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


def test_what_libmagic_gives_up_on_may_be_anything() -> None:
    """A hundred tags, each of which sends it on to the next: such an upload is looked at like any other."""
    assert sniff(b"ID3\x04\0\0\0\0\0\x0a".ljust(20, b"\0") * 100) == "application/octet-stream"


def test_a_rate_that_so_few_bytes_cannot_hold_is_none() -> None:
    """A file that says sixty frames a second for hours in a few bytes has no such frames: none are made up."""
    film = {"codec_type": "video", "codec_name": "mpeg4", "index": 0, "width": 64, "height": 48}
    facts = {
        "streams": [{**film, "avg_frame_rate": "60/1", "r_frame_rate": "60/1"}],
        "format": {**MP4, "duration": "14400"},
    }
    rates = [read_ffprobe(deepcopy(facts), "video/mp4", size).video for size in (20_000, 50_000_000)]
    assert [round(video.frame_rate, 2) if video else None for video in rates] == [0.35, 60]

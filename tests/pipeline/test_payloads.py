"""What stands between frames, and what copies do about it."""

import pytest

from mediacrush.pipeline.facts import VideoStream
from mediacrush.pipeline.payloads import (
    can_be_cleaned,
    clean_copy_options,
    has_unknown_user_data,
    header_has_text,
    is_bare,
    payload_words,
)

MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"


@pytest.mark.parametrize(
    ("codec", "bitstream_filter"),
    [
        ("h264", "filter_units=remove_types=6"),
        ("hevc", "filter_units=remove_types=39|40"),
        ("av1", "filter_units=remove_types=5"),
        ("mpeg2video", "filter_units=remove_types=178"),
        ("mjpeg", "filter_units=remove_types=225-237|239|254"),
        ("vp9", None),
        ("mpeg4", None),
    ],
)
def test_copies_are_filtered(codec: str, bitstream_filter: str | None) -> None:
    """Each codec that has room for text loses it in a copy."""
    video = VideoStream(index=0, codec=codec, profile="", level=0, pixel_format="yuv420p", width=2, height=2)
    expected = {"c:v": "copy"} | ({"bsf:v": bitstream_filter} if bitstream_filter else {})
    assert clean_copy_options(video) == expected


@pytest.mark.parametrize(
    ("codec", "extension", "is_clean"),
    [
        ("vp9", "webm", True),
        ("h264", "mp4", True),
        ("h264", "avi", False),
        ("hevc", "mov", True),
        ("hevc", "avi", False),
        ("mpeg2video", "ts", True),
        ("mpeg2video", "mkv", False),
        ("mpeg4", "avi", True),
        ("mpeg4", "ts", False),
        ("dvvideo", "dv", False),
        ("vc1", "mkv", False),
        ("a codec of tomorrow", "mp4", False),
    ],
)
def test_a_copy_is_clean_or_not(codec: str, extension: str, is_clean: bool) -> None:
    """What no filter knows, or stands in a header that no filter reaches, is not copied."""
    assert can_be_cleaned(codec, extension) is is_clean
    assert is_bare(codec) is (codec == "vp9")


@pytest.mark.parametrize(
    ("text", "is_unknown"),
    [
        (b"Lavc63.1.102", False),
        (b"DivX503b1393p", False),
        (b"XviD0064", False),
        (b"", True),
        (b"52.5170 13.3889", True),
        (b"Lavc\xff\xfe", True),
    ],
)
def test_user_data_of_mpeg4_is_an_encoders_name_or_unknown(text: bytes, is_unknown: bool) -> None:
    """It cannot be taken out, so it has to be what every encoder writes."""
    assert has_unknown_user_data(b"\0\0\1\xb0\xf5\0\0\1\xb2" + text + b"\0\0\1\xb6") is is_unknown


def test_without_user_data_there_is_none() -> None:
    """Other units are no text."""
    assert not has_unknown_user_data(b"\0\0\1\xb0\xf5\0\0\1\xb6text")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((0x18, 0x19), {"date"}),
        ((0xB0, 0xB2), {"location"}),
        ((0x70,), {"camera"}),
        ((0xE0, 0xE4), {"camera"}),
        ((0x01,), {"other"}),
        ((), {"other"}),
    ],
)
def test_camcorders_words(names: tuple[int, ...], words: set[str]) -> None:
    """The fields that Sony and Panasonic write have names of one byte."""
    fields = b"".join(bytes((name, 1, 2, 3, 4)) for name in names)
    assert payload_words(b"frames" + MDPM + bytes((len(names),)) + fields) == words
    assert payload_words(b"frames") == set()


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_a_header_that_is_cut_off_is_read_to_its_end(size: int) -> None:
    """Whatever a header claims to hold, it is read no further than it is."""
    assert isinstance(header_has_text("hevc", (bytes(22) + b"\xff" * 40)[:size]), bool)
    assert isinstance(header_has_text("av1", (bytes(4) + b"\x2e" * 40)[:size]), bool)

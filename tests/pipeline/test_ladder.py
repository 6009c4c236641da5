"""Sizes, rates and costs of what is encoded."""

from dataclasses import replace

import pytest

from mediacrush.model.media import BlobType
from mediacrush.pipeline.ladder import (
    audio_cost_s,
    fit,
    needs_scaling,
    remux_cost_s,
    target_for,
)
from mediacrush.pipeline.probe import Probe, VideoStream

VIDEO = VideoStream(
    index=0,
    codec="hevc",
    profile="Main",
    level=93,
    pixel_format="yuv420p",
    width=1280,
    height=720,
    frame_rate=30.0,
)


def film(video: VideoStream | None = VIDEO, duration_s: float | None = 10.0, **facts: object) -> Probe:
    width, height = video.displayed_size if video else (320, 240)
    probe = Probe(
        mime="video/mp4",
        extension="mp4",
        kind=BlobType.VIDEO,
        size_bytes=1,
        width=width,
        height=height,
        duration_s=duration_s,
        video=video,
    )
    return replace(probe, **facts)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1280, 720), (1280, 720)),
        ((1920, 1080), (1920, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((3840, 2160), (1920, 1080)),
        ((2160, 3840), (1080, 1920)),
        ((1921, 1080), (1920, 1078)),
        ((4000, 1000), (1920, 480)),
        ((1000, 4000), (480, 1920)),
        ((3000, 3000), (1080, 1080)),
        ((1440, 1440), (1080, 1080)),
        ((101, 77), (100, 76)),
        ((1, 1), (2, 2)),
        ((3, 1), (2, 2)),
        ((10000, 1), (1920, 2)),
        ((1, 10000), (2, 1920)),
    ],
)
def test_pictures_fit_into_1080p(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    """Larger pictures shrink into 1920 by 1080 either way up, none grows, and every side is even."""
    assert fit(*size) == fitted


def test_every_size_fits() -> None:
    """Whatever the size, the result is even, at least 2 by 2, inside the box, and nearly of the same shape."""
    for width in range(1, 4200, 97):
        for height in range(1, 4200, 89):
            fitted_width, fitted_height = fit(width, height)
            assert fitted_width % 2 == fitted_height % 2 == 0
            assert min(fitted_width, fitted_height) >= 2
            assert max(fitted_width, fitted_height) <= 1920
            assert min(fitted_width, fitted_height) <= 1080
            assert fitted_width <= max(2, width)
            assert fitted_height <= max(2, height)


@pytest.mark.parametrize(
    ("rate", "duration_s", "frame_rate", "frames"),
    [
        (30.0, 10.0, 30.0, 300),
        (120.0, 10.0, 60, 600),
        (0.0, 10.0, 30.0, 300),
        (25.0, None, 25.0, 1500),
        (1000.0, None, 60, 3600),
    ],
)
def test_frames_are_counted(rate: float, duration_s: float | None, frame_rate: float, frames: float) -> None:
    """At most 60 frames a second count; where rate or length is unknown, 30 a second and a minute are assumed."""
    target = target_for(film(replace(VIDEO, frame_rate=rate), duration_s))
    assert target.frame_rate == frame_rate
    assert target.megapixels_in_all == pytest.approx(frames * 1280 * 720 / 1e6)


def test_the_target_is_the_displayed_size() -> None:
    """A film is scaled to what is seen: turned, with square pixels."""
    turned = replace(VIDEO, width=3840, height=2160, rotation=90)
    wide = replace(VIDEO, width=720, height=576, pixel_aspect=64 / 45)
    assert [(t.width, t.height) for t in map(target_for, map(film, (turned, wide)))] == [(1080, 1920), (1024, 576)]


def test_an_animation_has_a_target_too() -> None:
    """Pillow knows no frame rate; an animation is taken for one of 30 frames a second."""
    target = target_for(film(None, 2.0, is_animation=True))
    assert (target.width, target.height, target.frame_rate) == (320, 240, 30.0)
    assert target.megapixels_in_all == pytest.approx(60 * 320 * 240 / 1e6)


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({}, False),
        ({"rotation": 90}, False),
        ({"width": 1281}, True),
        ({"width": 3840, "height": 2160}, True),
        ({"pixel_aspect": 4 / 3}, True),
        # Nearly square: the size stays, the pixels must still be made square.
        ({"pixel_aspect": 1.0001}, True),
    ],
)
def test_only_what_must_be_is_scaled(change: dict[str, object], needed: bool) -> None:
    """Frames that have the right size and square pixels are left alone, however they are turned."""
    video = replace(VIDEO, **change)
    assert needs_scaling(video, target_for(film(video))) is needed


@pytest.mark.parametrize(
    ("width", "height", "rate", "level"),
    [
        (100, 76, 25.0, "00"),
        (426, 240, 30.0, "00"),
        (640, 360, 30.0, "01"),
        (854, 480, 30.0, "04"),
        (1280, 720, 30.0, "05"),
        (1280, 720, 60.0, "08"),
        (1920, 1080, 30.0, "08"),
        (1920, 1080, 60.0, "09"),
        (1080, 1920, 60.0, "09"),
    ],
)
def test_av1_levels_fit_the_pictures(width: int, height: int, rate: float, level: str) -> None:
    """The level in the codec's name is the lowest of the AV1 specification that holds this size and rate."""
    video = replace(VIDEO, width=width, height=height, frame_rate=rate)
    assert target_for(film(video)).av1_codec == f"av01.0.{level}M.08"


def test_costs_grow_with_pictures_seconds_and_bytes() -> None:
    """Costs are positive, and grow with what they are the cost of."""
    small, large = (target_for(film(replace(VIDEO, width=w, height=h))) for w, h in ((320, 180), (1280, 720)))
    assert 0 < small.h264_cost_s < large.h264_cost_s
    assert large.h264_cost_s == pytest.approx(16 * small.h264_cost_s)
    assert 0 < large.av1_cost_s < large.h264_cost_s
    assert 0 < remux_cost_s(0) < remux_cost_s(10**9) < 60
    assert 0 < audio_cost_s(1) < audio_cost_s(None) < audio_cost_s(3600)

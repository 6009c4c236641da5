"""Sizes, rates and costs of what is encoded."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mediacrush.model.media import BlobType
from mediacrush.pipeline.ladder import (
    audio_cost_s,
    fit,
    fits,
    is_heavy,
    ladder_cost_s,
    low_rung_for,
    needs_ladder,
    remux_cost_s,
    rungs_for,
    size_for_rate,
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
    assert fit(*size, 1080) == fitted


def test_every_size_fits() -> None:
    """Whatever the size, the result is even, at least 2 by 2, inside the box, and nearly of the same shape."""
    for width in range(1, 4200, 97):
        for height in range(1, 4200, 89):
            fitted_width, fitted_height = fit(width, height, 1080)
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
    target = target_for(film(replace(VIDEO, frame_rate=rate), duration_s), 1080)
    assert target.frame_rate == frame_rate
    assert target.megapixels_in_all == pytest.approx(frames * 1280 * 720 / 1e6)


def test_the_target_is_the_displayed_size() -> None:
    """A film is scaled to what is seen: turned, with square pixels."""
    turned = replace(VIDEO, width=3840, height=2160, rotation=90)
    wide = replace(VIDEO, width=720, height=576, pixel_aspect=64 / 45)
    assert [(t.width, t.height) for t in (target_for(film(video), 1080) for video in (turned, wide))] == [
        (1080, 1920),
        (1024, 576),
    ]


def test_an_animation_has_a_target_too() -> None:
    """Pillow knows no frame rate; an animation is taken for one of 30 frames a second."""
    target = target_for(film(None, 2.0, is_animation=True), 1080)
    assert (target.width, target.height, target.frame_rate) == (320, 240, 30.0)
    assert target.megapixels_in_all == pytest.approx(60 * 320 * 240 / 1e6)


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
    assert target_for(film(video), 1080).av1_codec == f"av01.0.{level}M.08"


def test_costs_grow_with_pictures_seconds_and_bytes() -> None:
    """Costs are positive, and grow with what they are the cost of."""
    small, large = (target_for(film(replace(VIDEO, width=w, height=h)), 1080) for w, h in ((320, 180), (1280, 720)))
    assert 0 < small.h264_cost_s < large.h264_cost_s
    assert large.h264_cost_s == pytest.approx(16 * small.h264_cost_s)
    assert 0 < large.av1_cost_s < large.h264_cost_s
    assert 0 < remux_cost_s(0) < remux_cost_s(10**9) < 60
    assert 0 < audio_cost_s(1) < audio_cost_s(None) < audio_cost_s(3600)


def sized(width: int, height: int, rate: float = 30.0, megabits: float = 8.0, duration_s: float = 60.0) -> Probe:
    """A film of this size that spends so many megabits a second."""
    video = replace(VIDEO, width=width, height=height, frame_rate=rate)
    return film(video, duration_s, size_bytes=int(megabits * 1e6 / 8 * duration_s))


@pytest.mark.parametrize(
    ("probe", "rungs"),
    [
        (sized(1920, 1080), ["568x320", "852x480", "1280x720", "1920x1080"]),
        (sized(3840, 2160, megabits=50), ["568x320", "852x480", "1280x720", "1920x1080"]),
        (sized(1080, 1920), ["320x568", "480x852", "720x1280", "1080x1920"]),
        (sized(1920, 804), ["568x238", "852x356", "1280x536", "1920x804"]),
        (sized(640, 360), ["426x240", "640x360"]),
        (sized(320, 240), ["320x240"]),
        # Sent in so few bits that smaller rungs would save nothing worth the look.
        (sized(1920, 1080, megabits=0.3), ["1280x720", "1920x1080"]),
        (sized(1920, 1080, megabits=0.1), ["1920x1080"]),
    ],
    ids=["1080p", "4K", "upright", "cinema", "360p", "tiny", "low rate", "very low rate"],
)
def test_rungs_follow_the_source(probe: Probe, rungs: list[str]) -> None:
    """Each rung has two thirds of the height of the next, as long as it is worth having."""
    found = rungs_for(probe, target_for(probe, 1080))
    assert [f"{rung.width}x{rung.height}" for rung in found] == rungs


@pytest.mark.parametrize("width", [240, 426, 641, 1280, 1919, 3840])
@pytest.mark.parametrize("rate", [1.0, 24.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("megabits", [0.2, 2.0, 40.0])
def test_rungs_rise(width: int, rate: float, megabits: float) -> None:
    """Pixels and bits rise from rung to rung, every side is even, the last is the target."""
    probe = sized(width, width * 9 // 16, rate, megabits)
    target = target_for(probe, 1080)
    rungs = rungs_for(probe, target)
    assert (rungs[-1].width, rungs[-1].height) == (target.width, target.height)
    assert all(low.max_bps < high.max_bps and low.width < high.width for low, high in pairwise(rungs))
    assert all(rung.width % 2 == rung.height % 2 == 0 for rung in rungs)
    assert all(rung.frame_rate <= min(60, rate) for rung in rungs)
    assert len({rung.name for rung in rungs}) == len(rungs)


def test_small_rungs_have_fewer_frames() -> None:
    """Who watches 480 lines needs no 60 frames a second of them."""
    probe = sized(1280, 720, rate=60.0)
    assert [rung.frame_rate for rung in rungs_for(probe, target_for(probe, 1080))] == [30, 30, 60]


def test_the_low_rung_is_small_whatever_the_source_spends() -> None:
    """It is there to play soon, so it is small even where no ladder would have it."""
    for probe in (sized(1920, 1080, megabits=0.1), sized(1080, 1920)):
        rung = low_rung_for(probe, target_for(probe, 1080))
        assert min(rung.width, rung.height) == 240
    tiny = sized(160, 120)
    rung = low_rung_for(tiny, target_for(tiny, 1080))
    assert (rung.width, rung.height) == (160, 120)


@pytest.mark.parametrize(
    ("duration_s", "size_bytes", "needed"),
    [(30.0, 10**6, False), (60.0, 10**6, True), (30.0, 68 * 10**6, True), (5.0, 68 * 10**6, False)],
)
def test_long_or_large_films_get_a_ladder(duration_s: float, size_bytes: int, needed: bool) -> None:
    """A short film has arrived before a player could choose."""
    assert needs_ladder(film(duration_s=duration_s, size_bytes=size_bytes)) is needed


def test_a_film_of_unknown_length_gets_no_ladder() -> None:
    """Nobody knows then what it would be worth."""
    assert not needs_ladder(film(duration_s=None, size_bytes=10**9))


def test_what_spends_many_bits_is_heavy() -> None:
    """A phone's 18 megabits at 1080p are heavy, four are not."""
    heavy, light = sized(1920, 1080, megabits=18), sized(1920, 1080, megabits=4)
    assert [is_heavy(probe, target_for(probe, 1080)) for probe in (heavy, light)] == [True, False]


def test_what_is_small_enough_fits() -> None:
    """A pixel that is cut off to make a side even counts for nothing."""
    for probe, expected in ((sized(1920, 1080), True), (sized(1919, 1079), True), (sized(3840, 2160), False)):
        assert fits(probe, target_for(probe, 1080)) is expected


def test_a_target_shrinks_to_a_rate() -> None:
    """Pixels a second stay below what is given, the shape stays, and nothing grows."""
    target = target_for(sized(1920, 1080), 1080)
    small = size_for_rate(target, 5_000_000, 720)
    assert small.width * small.height * small.frame_rate <= 5_000_000
    assert small.width / small.height == pytest.approx(16 / 9, rel=0.02)
    assert small.megapixels_in_all < target.megapixels_in_all
    assert size_for_rate(target, 1e12, 720).short_side == 720
    assert size_for_rate(target, 1e12, 4000).width == 1920


def test_a_ladder_costs_less_than_its_rungs_alone() -> None:
    """All rungs share one decode."""
    probe = sized(1920, 1080)
    rungs = rungs_for(probe, target_for(probe, 1080))
    alone = sum(ladder_cost_s((rung,), probe) for rung in rungs)
    assert ladder_cost_s(rungs[-1:], probe) < ladder_cost_s(rungs, probe) < alone

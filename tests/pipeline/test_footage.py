"""Looking at a film before it is encoded: real films of each kind, by the real FFmpeg."""

from pathlib import Path

import pytest

from mediacrush.pipeline.encoders import av1_options, h264_options
from mediacrush.pipeline.facts import Footage
from mediacrush.pipeline.footage import footage_of
from mediacrush.pipeline.probe import probe_original
from mediacrush.pipeline.run import Limits
from mediacrush.pipeline.steps import INPUT
from mediacrush.pipeline.tools import Tools
from tests.samples import ffmpeg

LIMITS = Limits(timeout_s=60)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # A page that stands still but for one jump a second.
        ("testsrc=size=640x360:rate=30:duration=4,fps=1,fps=30", Footage.STILL),
        ("gradients=size=640x360:rate=30:duration=4:speed=0.05:seed=1", Footage.SMOOTH),
        ("mandelbrot=size=640x360:rate=30", Footage.PLAIN),
        ("nullsrc=size=640x360:rate=30:duration=4,geq=random(1)*255:128:128", Footage.DETAILED),
    ],
    ids=["still", "smooth", "plain", "detailed"],
)
def test_films_are_told_apart(source: str, expected: Footage, tmp_path: Path, tools: Tools) -> None:
    """By how much they move and how fine their details are."""
    ffmpeg(tmp_path / "film.mkv", "-f", "lavfi", "-i", source, "-t", "4", "-c:v", "ffv1")
    (tmp_path / "film.mkv").rename(tmp_path / INPUT)
    probe = probe_original(tmp_path, tools, LIMITS)
    assert probe.video is not None
    assert footage_of(probe, probe.video, tmp_path, tools, LIMITS) is expected


def test_what_cannot_be_looked_at_is_plain(tmp_path: Path, tools: Tools) -> None:
    """A film that breaks off before its first key frame says nothing of itself, and is encoded all the same."""
    ffmpeg(tmp_path / "film.mkv", "-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", "-c:v", "ffv1")
    (tmp_path / "film.mkv").rename(tmp_path / INPUT)
    probe = probe_original(tmp_path, tools, LIMITS)
    (tmp_path / INPUT).write_bytes(b"nothing")
    assert probe.video is not None
    assert footage_of(probe, probe.video, tmp_path, tools, LIMITS) is Footage.PLAIN


@pytest.mark.parametrize("footage", [*Footage, None])
def test_every_kind_has_its_settings(footage: Footage | None) -> None:
    """Whatever was seen, or nothing, an encoder is told quality and effort."""
    assert {"c:v", "preset", "crf"} <= h264_options(footage).keys() & av1_options(footage).keys()

"""Films whose colours are named wrongly, or not at all: every rendition is made all the same."""

from pathlib import Path

import pytest

from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import made
from tests.samples import ffmpeg

# ITU-T H.273's numbers of primaries, transfer and matrix. 2 is "unknown", 0 and 3 are reserved.
PQ, HLG, LOG = 16, 18, 9
NAMED = {
    "PQ and nothing else": (2, PQ, 2),
    "HLG and nothing else": (2, HLG, 2),
    "PQ with reserved names": (0, PQ, 3),
    "PQ with the matrix of RGB": (9, PQ, 0),
    "PQ with the matrix of SDR": (1, PQ, 1),
    "PQ in ICtCp": (9, PQ, 14),
    "HLG in constant luminance": (9, HLG, 10),
    "SDR with the matrix of RGB": (1, 1, 0),
    "SDR in YCgCo": (1, 1, 8),
    "SDR with a logarithm": (1, LOG, 1),
    "nothing": (2, 2, 2),
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
def test_no_name_of_colours_stops_a_film(tmp_path: Path, tools: Tools, named: tuple[int, int, int]) -> None:
    """MP4, poster and storyboard are made of it, and a viewer sees something."""
    plain, film = tmp_path / "plain.mp4", tmp_path / "film.mkv"
    ffmpeg(
        plain,
        *("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10:duration=6", "-vf", "format=yuv420p10le"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "10"),
    )
    primaries, transfer, matrix = named
    names = f"colour_primaries={primaries}:transfer_characteristics={transfer}:matrix_coefficients={matrix}"
    ffmpeg(film, "-i", str(plain), "-c", "copy", "-bsf:v", f"h264_metadata={names}")
    for step in ("mp4", "poster", "storyboard"):
        assert all(path.stat().st_size for path in made(film, tmp_path / step, tools, step).values())

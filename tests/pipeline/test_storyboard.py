"""The storyboard: its index as text, and each still at its moment."""

import re
from pathlib import Path

import pytest
from PIL import Image

from mediacrush.pipeline.storyboard import layout_for, layout_webvtt
from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import made, planned
from tests.samples import ffmpeg

_CUE = re.compile(r"(\d\d):(\d\d):(\d\d\.\d{3}) --> \S+\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)")


@pytest.mark.parametrize(
    ("size", "duration_s", "tiles", "grid", "tile", "interval_ms"),
    [
        ((1920, 1080), 5.0, 5, (5, 1), (160, 90), 1000),
        ((1920, 1080), 30.5, 31, (10, 4), (160, 90), 1000),
        ((1920, 1080), 600.0, 100, (10, 10), (160, 90), 6000),
        ((1920, 1080), 14400.0, 100, (10, 10), (160, 90), 144_000),
        ((1920, 1080), 100.001, 100, (10, 10), (160, 90), 1001),
        ((1080, 1920), 30.0, 30, (10, 3), (160, 284), 1000),
        ((64, 48), 10.0, 10, (10, 1), (64, 48), 1000),
        ((8000, 100), 10.0, 10, (10, 1), (160, 2), 1000),
        ((100, 8000), 10.0, 10, (10, 1), (4, 284), 1000),
        ((8192, 2), 10.0, 10, (10, 1), (160, 2), 1000),
    ],
)
def test_layout(
    size: tuple[int, int],
    duration_s: float,
    tiles: int,
    grid: tuple[int, int],
    tile: tuple[int, int],
    interval_ms: int,
) -> None:
    """At most 100 tiles, ten in a row, at least a second apart, in the film's own proportions, of even size."""
    layout = layout_for(*size, duration_s)
    assert (layout.tiles, (layout.columns, layout.rows)) == (tiles, grid)
    assert ((layout.width, layout.height), layout.interval_ms) == (tile, interval_ms)


def test_the_index_names_each_tile_with_its_time() -> None:
    """Cues follow each other without a gap, the last ends with the film, and each names its place on the sheet."""
    text = layout_webvtt(layout_for(320, 180, 11.5), "x.jpg")
    cues = text.removeprefix("WEBVTT\n\n").strip().split("\n\n")
    assert len(cues) == 12
    assert cues[0] == "00:00:00.000 --> 00:00:01.000\nx.jpg#xywh=0,0,160,90"
    assert cues[9] == "00:00:09.000 --> 00:00:10.000\nx.jpg#xywh=1440,0,160,90"
    assert cues[11] == "00:00:11.000 --> 00:00:11.500\nx.jpg#xywh=160,90,160,90"


def grey_film(path: Path, seconds: int, gop: str, *options: str) -> Path:
    """A film that tells the time: its brightness grows evenly from dark to bright."""
    source = (
        f"color=black:size=160x90:rate=5:duration={seconds},"
        f"geq=lum='30+200*T/{seconds}':cb=128:cr=128,format=yuv420p"
    )
    keys = ("-g", "100000", "-force_key_frames", gop, "-sc_threshold", "0")
    ffmpeg(
        path, "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", *keys, *options
    )
    return path


def times(sheet: Path, index: Path, seconds: float) -> list[tuple[float, float]]:
    """For each cue its beginning, and the second of which its tile is."""
    found = []
    with Image.open(sheet) as image:
        for hours, minutes, s, _, x, y, width, height in _CUE.findall(index.read_text()):
            box = (int(x), int(y), int(x) + int(width), int(y) + int(height))
            assert box[2] <= image.width
            assert box[3] <= image.height
            # The film's greys go from 16 to 235, a JPEG's from 0 to 255.
            centre = image.convert("L").crop(box).getpixel((int(width) // 2, int(height) // 2))
            light = centre * 219 / 255 + 16
            found.append((int(hours) * 3600 + int(minutes) * 60 + float(s), (light - 30) / 200 * seconds))
    return found


@pytest.mark.parametrize(
    ("seconds", "keys", "tolerance_s"),
    [
        (12, "expr:eq(n,0)", 1.0),  # one key frame: every frame is looked at
        (200, "expr:gte(t,n_forced*0.4)", 2.0),  # many more than are needed
        (200, "expr:gte(t,n_forced*2)", 2.5),
        (200, "0,5,7,9,60,61,100,150,190", 60.0),  # few: what is shown is the one before
    ],
)
@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_each_tile_shows_its_moment(
    tmp_path: Path, tools: Tools, seconds: int, keys: str, tolerance_s: float, container: str
) -> None:
    """As many tiles as cues, each of its time or, where key frames are rare, of the last one before that."""
    source = grey_film(tmp_path / f"film.{container}", seconds, keys)
    files = made(source, tmp_path / "job", tools, "storyboard")
    layout = layout_for(160, 90, seconds)
    shown = times(files["storyboard.sheet"], files["storyboard"], seconds)
    assert abs(len(shown) - layout.tiles) <= 1  # a container may call it some milliseconds longer
    middle = layout.interval_ms / 2000
    for start_s, shown_s in shown:
        assert -tolerance_s <= shown_s - (start_s + middle) <= middle + 1.5 + seconds / 200, (start_s, shown_s)


def test_each_tile_of_rare_key_frames_is_the_one_before(tmp_path: Path, tools: Tools) -> None:
    """Gaps are filled with the last key frame, also at the end."""
    source = grey_film(tmp_path / "film.mp4", 200, "0,60,120")
    files = made(source, tmp_path / "job", tools, "storyboard")
    shown = times(files["storyboard.sheet"], files["storyboard"], 200)
    for start_s, shown_s in shown:
        assert shown_s == pytest.approx((start_s + 1) // 60 * 60 if start_s < 179 else 120, abs=3), start_s


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg", "mpeg2video"])
def test_an_avi_has_a_storyboard(tmp_path: Path, tools: Tools, codec: str) -> None:
    """Its packets tell no time of showing; every frame of some codecs is a key frame."""
    source = tmp_path / "film.avi"
    ffmpeg(source, "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=70", "-c:v", codec, "-q:v", "8")
    files = made(source, tmp_path / "job", tools, "storyboard")
    with Image.open(files["storyboard.sheet"]) as sheet:
        tiles = [sheet.crop((x, 0, x + 160, 120)).tobytes() for x in range(0, 1600, 160)]
    assert len(set(tiles)) == 10


def test_short_films_and_loops_have_none(tmp_path: Path, tools: Tools) -> None:
    """What is over in a moment needs no map."""
    source = tmp_path / "film.mp4"
    ffmpeg(source, "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=3")
    assert "storyboard" not in planned(source, tmp_path / "job", tools)
    loop = tmp_path / "loop.gif"
    ffmpeg(loop, "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=5:duration=8")
    assert "storyboard" not in planned(loop, tmp_path / "job", tools)

"""Stills of films that need more than to be made smaller: both kinds, by the real tools."""

from pathlib import Path

import pytest
from PIL import Image, ImageStat

from mediacrush.pipeline.tools import Tools
from tests.pipeline.doing import made
from tests.samples import ffmpeg

_TEST = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8")
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25")
_PQ = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
FILMS = {
    "interlaced": (
        "film.mkv",
        (*_TEST, "-vf", "interlace", *_X264, "-flags", "+ilme+ildct", "-pix_fmt", "yuv420p"),
    ),
    "HDR": ("film.mkv", (*_TEST, "-vf", "format=yuv420p10le,setparams=range=tv", *_X264, *_PQ)),
    "4:4:4": ("film.mkv", (*_TEST, *_X264, "-pix_fmt", "yuv444p")),
    "many frames a second": (
        "film.mp4",
        ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=120:duration=8", *_X264, "-pix_fmt", "yuv420p"),
    ),
    "oblong pixels": ("film.mkv", (*_TEST, "-vf", "scale=160:180,setsar=2", *_X264, "-pix_fmt", "yuv420p")),
    "transparent": (
        "film.webm",
        (
            *(*_TEST, "-vf", "format=yuva420p,geq=lum='p(X,Y)':a='if(lt(X,W/2),0,255)'", "-c:v", "libvpx-vp9"),
            *("-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuva420p", "-g", "25", "-r", "5"),
        ),
    ),
}


@pytest.mark.parametrize("name", FILMS)
def test_poster_and_storyboard(tmp_path: Path, tools: Tools, name: str) -> None:
    """In the proportions of the film as displayed, with its moments in order, in colours of its own."""
    filename, arguments = FILMS[name]
    source = tmp_path / filename
    ffmpeg(source, *arguments)
    with Image.open(made(source, tmp_path / "job", tools, "poster")["poster"]) as poster:
        assert poster.size == (320, 180)
        assert max(ImageStat.Stat(poster.convert("RGB")).stddev) > 30
        if name == "transparent":
            assert min(poster.convert("L").crop((0, 0, 150, 180)).getextrema()) > 240
    files = made(source, tmp_path / "job", tools, "storyboard")
    with Image.open(files["storyboard.sheet"]) as sheet:
        assert sheet.size in ((160 * 8, 90), (160 * 9, 90))  # a container counts the last frame twice
        tiles = [sheet.crop((160 * n, 0, 160 * n + 160, 90)).tobytes() for n in range(8)]
    assert len(set(tiles)) == 8


def test_fields_are_not_mixed(tmp_path: Path, tools: Tools) -> None:
    """A still of an interlaced film has no comb: of two fields that are unlike it shows one."""
    source = tmp_path / "film.mkv"
    # Odd lines from a moment at which the picture is black, even ones from one at which it is white.
    comb = "color=gray:size=320x180:rate=25:duration=8,geq=lum='if(mod(Y,2),16,235)':cb=128:cr=128,setfield=tff"
    ffmpeg(
        source,
        "-f",
        "lavfi",
        "-i",
        comb,
        *_X264,
        "-qp",
        "5",
        "-flags",
        "+ilme+ildct",
        "-x264opts",
        "tff=1",
        "-pix_fmt",
        "yuv420p",
    )
    with Image.open(made(source, tmp_path / "job", tools, "poster")["poster"]) as poster:
        column = [poster.convert("L").getpixel((160, y)) for y in range(40, 140)]
    assert max(column) - min(column) < 40

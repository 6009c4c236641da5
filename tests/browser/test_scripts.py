"""Subtitles in ASS, as a browser draws them over a film."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mediacrush.vendor import VENDOR
from tests.browser.waits import wait_for, wait_until
from tests.browser.watch import Watch
from tests.samples import ffmpeg
from tests.site import Site

# A font that browsers are sent too: here it comes along with the film.
_FONT = VENDOR / "jassub" / "dist" / "default.woff2"
_SCRIPT = """[Script Info]
ScriptType: v4.00+
PlayResX: 640
PlayResY: 360

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Bold, BorderStyle, Outline, Alignment
Style: Default,Liberation Sans,120,&H000000FF,&H000000FF,0,1,0,5

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:08.00,Default,,0,0,0,,Words
"""


@pytest.fixture(scope="module")
def film(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of eight white seconds with large red words in the middle, and their font, done."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "words.ass").write_text(_SCRIPT)
    ffmpeg(
        folder / "film.mkv",
        *("-f", "lavfi", "-i", "color=white:size=640x360:duration=8:rate=10", "-i", str(folder / "words.ass")),
        *("-map", "0", "-map", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:s", "copy"),
        *("-attach", str(_FONT), "-metadata:s:t:0", "mimetype=font/woff2"),
    )
    hash_: str = site.upload(folder / "film.mkv").json["hash"]
    site.wait_for(hash_, "done")
    return hash_


def _red(page: Page) -> int:
    """How many pixels over the film are red."""
    with Image.open(BytesIO(page.locator("media-controller").screenshot())) as shot:
        red, green, _ = shot.convert("RGB").split()
        return sum(r > 200 and g < 60 for r, g in zip(red.tobytes(), green.tobytes(), strict=True))


def _play_with_words(page: Page, film: str) -> None:
    page.goto(f"/{film}")
    page.get_by_role("switch", name="closed captions").click()
    page.get_by_role("button", name="play", exact=True).click()


def test_styles_and_fonts_are_drawn(page: Page, film: str) -> None:
    """In their colour, place and font, which came with the film; turned off, they are gone."""
    page.route("**/default.woff2", lambda route: route.abort())
    _play_with_words(page, film)
    expect(page.locator("video")).to_have_class("fill has-script")
    wait_until(page, "document.querySelector('video').ended")
    page.locator("video").evaluate("video => { video.currentTime = 4; }")
    wait_for(lambda: _red(page) > 2000, "red words")
    page.get_by_role("switch", name="closed captions").click()
    wait_for(lambda: _red(page) == 0, "no words")


def test_plain_subtitles_stay_where_styles_cannot_be_drawn(page: Page, film: str, watch: Watch) -> None:
    """The same words, as WebVTT."""
    watch.expect("failed: GET")
    page.route("**/jassub/**", lambda route: route.abort())
    _play_with_words(page, film)
    wait_until(page, "document.querySelector('video').textTracks[0].activeCues?.length === 1")
    expect(page.locator("video")).to_have_class("fill")
    assert page.evaluate("document.querySelector('video').textTracks[0].mode") == "showing"

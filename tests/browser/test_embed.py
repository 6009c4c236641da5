"""A frame on somebody else's page, in a sandbox that gives it no origin and no storage."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.site import Site

# As a forum embeds what it does not know: scripts, and nothing else.
_PAGE = """
<script>
  window.told = [];
  addEventListener("message", (event) => told.push({ ...event.data, origin: event.origin }));
</script>
<iframe sandbox="allow-scripts" allow="autoplay" width="640" height="360" src="ADDRESS"></iframe>
"""

Embed = Callable[..., Frame]


@pytest.fixture
def embed(page: Page, watch: Watch, site: Site, published: Callable[[str], Upload]) -> Iterator[Embed]:
    """Opens a page of another origin with the frame of a sample in it; the frame."""
    with ExitStack() as stack:

        def open_page(sample: str, options: str = "") -> Frame:
            frame_address = f"{site.url}/{published(sample).hash}/frame{options}"
            address = stack.enter_context(other_site(_PAGE.replace("ADDRESS", frame_address)))
            watch.allow(address)
            page.goto(address)
            handle = page.locator("iframe").element_handle()
            frame = handle.content_frame()
            assert frame is not None
            return frame

        yield open_page


def test_a_film_tells_its_size_and_obeys(page: Page, embed: Embed, published: Callable[[str], Upload]) -> None:
    """It posts width, height and hash to the page, plays and pauses when the page says so, and not before."""
    frame = embed("phone.mp4")
    wait_until(page, "told.length > 0")
    told = page.evaluate("told")
    expected = {"width": 640, "height": 360, "media": published("phone.mp4").hash, "origin": "null"}
    assert told == [expected]
    video = frame.locator("video")
    expect(video).to_have_js_property("paused", True)
    page.evaluate("frames[0].postMessage({ action: 'play' }, '*')")
    wait_until(frame, "document.querySelector('video').currentTime > 0.1")
    page.evaluate("frames[0].postMessage({ action: 'pause' }, '*')")
    expect(video).to_have_js_property("paused", True)


def test_a_frame_in_a_frame_is_heard_by_both(
    page: Page, watch: Watch, site: Site, published: Callable[[str], Upload]
) -> None:
    """A page that is framed itself: its own frame's page gets the size as its parent, the outermost as top; either
    may have it played."""
    hash_ = published("phone.mp4").hash
    inner = _PAGE.replace("ADDRESS", f"{site.url}/{hash_}/frame")
    with other_site(inner) as inner_address:
        outer = _PAGE.replace(' sandbox="allow-scripts"', "").replace("ADDRESS", inner_address)
        with other_site(outer) as outer_address:
            watch.allow(inner_address)
            watch.allow(outer_address)
            page.goto(outer_address)
            wait_until(page, "told.length > 0")
            middle = page.frames[1]
            wait_until(middle, "told.length > 0")
            for other in (page, middle):
                assert other.evaluate("[told[0].width, told[0].height, told[0].media]") == [640, 360, hash_]
            video = page.frames[2].locator("video")
            for other, path in ((page, "frames[0].frames[0]"), (middle, "frames[0]")):
                other.evaluate(f"{path}.postMessage({{ action: 'play' }}, '*')")
                expect(video).to_have_js_property("paused", False)
                other.evaluate(f"{path}.postMessage({{ action: 'pause' }}, '*')")
                expect(video).to_have_js_property("paused", True)


def test_an_animation_plays_at_once(page: Page, embed: Embed) -> None:
    """Without a word from the page; what it is smaller than the frame, it fills."""
    frame = embed("loop.gif")
    wait_until(frame, "document.querySelector('video').currentTime > 0.1")
    assert page.evaluate("told.length") == 1
    box = frame.locator("video").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (640, 360)


def test_a_song_asks_for_a_card(page: Page, embed: Embed) -> None:
    """A song has no size of its own: it asks for that of its card, and plays."""
    frame = embed("song.mp3")
    wait_until(page, "told.length > 0")
    assert page.evaluate("[told[0].width, told[0].height]") == [560, 168]
    expect(frame.get_by_text("Björk")).to_be_visible()
    page.evaluate("frames[0].postMessage({ action: 'play' }, '*')")
    wait_until(frame, "document.querySelector('audio').currentTime > 0.1")


@pytest.mark.parametrize(("options", "is_shown"), [("", True), ("#nobrand", False), ("?nobrand", False)])
def test_the_brand_leads_to_the_page(embed: Embed, options: str, is_shown: bool) -> None:
    """A small mark in the corner, unless the embedding page does not want it."""
    brand = embed("picture.png", options).get_by_role("link", name="MediaCrush")
    expect(brand).to_be_visible() if is_shown else expect(brand).to_have_count(0)
    if is_shown:
        expect(brand).to_have_attribute("target", "_blank")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_brand_is_read_on_a_song_s_card(page: Page, embed: Embed, scheme: Literal["light", "dark"]) -> None:
    """In the colours of the card, by day and by night."""
    page.emulate_media(color_scheme=scheme)
    frame = embed("song.mp3")
    muted = frame.locator(".sleeve .muted").evaluate("node => getComputedStyle(node).color")
    expect(frame.get_by_role("link", name="MediaCrush")).to_have_css("color", muted)


def test_direct_is_the_media_alone(page: Page, published: Callable[[str], Upload]) -> None:
    """No header, no links: the picture, fitted to the window."""
    page.set_viewport_size({"width": 500, "height": 500})
    page.goto(f"/{published('photo.jpg').hash}/direct")
    image = page.get_by_role("img", name="JPEG picture")
    expect(image).to_have_js_property("naturalWidth", 600)
    box = image.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (375, 500)
    expect(page.get_by_role("banner")).to_have_count(0)

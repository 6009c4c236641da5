"""The pages of an album as a visitor meets them: with and without JavaScript, on a phone and on a desktop."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.browser.conftest import Upload
from tests.browser.layout import WATCH_LAYOUT, shift
from tests.browser.test_mediacrush_js import make_album
from tests.browser.waits import wait_until
from tests.site import Site

# Pixels: --touch of site.css.
_FINGER = 44
_SAMPLES = ("photo.jpg", "silent.mp4", "loop.gif", "song.mp3")

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def album(site: Site, published: Callable[[str], Upload]) -> str:
    """A picture, a film, an animation and a song."""
    return make_album(site, *(published(sample).hash for sample in _SAMPLES))


@pytest.fixture
def plain_page(new_context: NewContext) -> Page:
    """A tab of a visitor without JavaScript."""
    return new_context(java_script_enabled=False).new_page()


def requested(page: Page, *kinds: str) -> list[str]:
    """Fills, from now on, with the addresses of requests of these kinds."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type in kinds:
            found.append(request.url)

    page.on("request", note)
    return found


def test_a_list_plays_in_its_place(page: Page, album: str) -> None:
    """A film when its picture is clicked, an animation while it is in sight, a song by its own controls."""
    page.goto(f"/{album}")
    film = page.locator('[data-film]:not([data-film="animation"])')
    expect(film.locator("video")).to_have_count(0)
    film.get_by_role("link", name="Play MP4 video").click()
    wait_until(page, "document.querySelector('[data-film=\"\"] video').currentTime > 0.1")
    assert page.url.endswith(f"/{album}")
    page.locator('[data-film="animation"]').scroll_into_view_if_needed()
    animation = page.locator('[data-film="animation"] video')
    expect(animation).to_have_js_property("paused", False)
    expect(animation).to_have_js_property("muted", True)
    animation.click()
    expect(animation).to_have_js_property("paused", True)
    animation.click()
    expect(animation).to_have_js_property("paused", False)
    page.evaluate("scrollTo(0, 0)")
    expect(animation).to_have_js_property("paused", True)


def test_who_wants_stillness_has_it(new_context: NewContext, album: str) -> None:
    """An animation waits to be clicked where motion is not wanted."""
    page = new_context(reduced_motion="reduce").new_page()
    page.goto(f"/{album}")
    animation = page.locator('[data-film="animation"]')
    animation.scroll_into_view_if_needed()
    expect(animation.get_by_role("link", name="Play GIF")).to_be_visible()
    expect(page.locator("video")).to_have_count(0)
    animation.get_by_role("link").click()
    expect(animation.locator("video")).to_have_js_property("paused", False)


def test_a_list_loads_what_is_in_sight(
    page: Page, site: Site, published: Callable[[str], Upload], new_picture: Callable[..., Path]
) -> None:
    """A picture far below is fetched when the visitor comes near, no film or sound before it is played."""
    last = site.upload(new_picture()).json["hash"]
    site.wait_for(last, "done")
    tall = published("photo.jpg").hash
    fillers = [site.upload(new_picture(height=4000, width=8)).json["hash"] for _ in range(6)]
    for filler in fillers:
        site.wait_for(filler, "done")
    hash_ = make_album(site, tall, *fillers, published("song.mp3").hash, last)
    images, media = requested(page, "image"), requested(page, "media")
    page.goto(f"/{hash_}", wait_until="networkidle")
    assert any(tall in url for url in images)
    assert not any(last in url for url in images)
    page.locator(".item").last.scroll_into_view_if_needed()
    expect(page.locator(".item picture img").last).to_have_js_property("naturalWidth", 64)
    assert media == []


@pytest.mark.parametrize("layout", ["", "/focus"])
def test_nothing_jumps(page: Page, album: str, layout: str) -> None:
    """Each media has its room before it is loaded."""
    page.add_init_script(WATCH_LAYOUT)
    page.goto(f"/{album}{layout}", wait_until="networkidle")
    expect(page.locator(".is-image img, .item img").first).to_have_js_property("naturalWidth", 600)
    assert shift(page) == 0


def test_more_comes_as_one_scrolls(page: Page, site: Site, new_picture: Callable[..., Path]) -> None:
    """Of a long album the beginning is there at once, the rest before anybody reaches the end; what is not ready
    yet says so, and becomes the picture."""
    hashes = [site.upload(new_picture(width=8, height=8)).json["hash"] for _ in range(26)]
    hash_ = make_album(site, *hashes)
    assert site.get(f"/{hash_}").body.count(b'<li class="item"') == 24
    page.goto(f"/{hash_}")
    page.mouse.wheel(0, 1000)
    expect(page.locator(".item")).to_have_count(26)
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
    expect(page.locator(".item img")).to_have_count(26)
    names = [link.get_attribute("href") for link in page.locator(".item-name a").all()]
    assert names == [f"/{name}" for name in hashes]
    page.goto(f"/{hash_}/focus?item=26")
    expect(page.locator(".strip a")).to_have_count(13)
    expect(page.locator(".strip [aria-current]")).to_be_in_viewport()


def test_arrow_keys_turn(page: Page, album: str) -> None:
    """Right and left lead on and back, and stop at the ends; a player that has the focus keeps them for itself."""
    page.goto(f"/{album}/focus")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".place")).to_have_text("1 of 4")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".place")).to_have_text("2 of 4")
    page.locator("video").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, "document.readyState === 'complete'")
    expect(page.locator(".place")).to_have_text("2 of 4")
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".place")).to_have_text("3 of 4")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".place")).to_have_text("4 of 4")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".place")).to_have_text("3 of 4")


def test_turning_keeps_the_page(page: Page, album: str) -> None:
    """The next media comes into the same page, by the strip too; each has its address, to which one comes back."""
    page.goto(f"/{album}/focus")
    page.evaluate("window.marked = true")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("group", name="Player")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?item=2$"))
    expect(page.get_by_role("link", name="Next")).to_be_focused()
    page.get_by_role("navigation", name="Items").get_by_role("link", name="4:").click()
    expect(page.locator("audio")).to_be_attached()
    page.go_back()
    expect(page.locator(".place")).to_have_text("2 of 4")
    page.go_back()
    expect(page.locator("#stage picture img")).to_be_visible()
    assert page.evaluate("marked")


def test_a_finger_turns(new_context: NewContext, album: str) -> None:
    """From right to left to the next, back to the last; a short way is none."""
    page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto(f"/{album}/focus", wait_until="networkidle")
    session = page.context.new_cdp_session(page)

    def swipe(start: int, end: int) -> None:
        for kind, x in (("Start", start), ("Move", (start + end) // 2), ("Move", end)):
            session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [{"x": x, "y": 100}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(200, 170)
    expect(page.locator(".place")).to_have_text("1 of 4")
    swipe(300, 80)
    expect(page.locator(".place")).to_have_text("2 of 4")
    swipe(80, 300)
    expect(page.locator(".place")).to_have_text("1 of 4")


def test_the_buttons_stay_where_they_are(page: Page, album: str) -> None:
    """From one media to the next, whatever their shapes: who clicks through an album need not aim again."""
    page.goto(f"/{album}/focus")
    places = []
    for number in range(1, 5):
        expect(page.locator(".place")).to_have_text(f"{number} of 4")
        places.append(page.locator(".turn").bounding_box())
        if number < 4:
            page.get_by_role("link", name="Next").click()
    assert places == [places[0]] * 4


def test_without_javascript(plain_page: Page, album: str, site: Site) -> None:
    """The list shows pictures and leads to what plays; one at a time there are links, and players that play."""
    page = plain_page
    page.goto(f"/{album}")
    expect(page.locator(".item")).to_have_count(4)
    expect(page.get_by_role("img", name="JPEG picture")).to_be_visible()
    page.get_by_role("link", name="Play MP4 video").click()
    expect(page.locator("video[controls]")).to_be_visible()
    page.goto(f"/{album}/focus")
    for number in (2, 3, 4):
        page.get_by_role("link", name="Next").click()
        expect(page.locator(".place")).to_have_text(f"{number} of 4")
    expect(page.locator("audio[controls]")).to_be_visible()
    page.get_by_role("link", name="Shuffle").click()
    expect(page).to_have_url(f"{site.url}/{album}/random")
    expect(page.locator(".item")).to_have_count(4)


def test_a_zip_by_the_button(page: Page, album: str) -> None:
    """One click has it packed and, when it is there, downloads it; the button is a link from then on."""
    page.goto(f"/{album}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    content = Path(download.value.path()).read_bytes()
    assert len(ZipFile(BytesIO(content)).namelist()) == len(_SAMPLES)
    expect(page.get_by_role("link", name="Download all")).to_have_attribute("href", f"/download/{album}.zip")


def test_a_zip_says_how_far_it_is(page: Page, site: Site, published: Callable[[str], Upload]) -> None:
    """While it is packed there is a bar with its percent; the link comes when it is whole."""
    hash_ = make_album(site, published("loop.gif").hash)
    answers = [{"status": "success", "progress": 0.42}] * 2
    page.route(
        "**/api/album/zip",
        lambda route: route.fulfill(json=answers.pop()) if answers else route.continue_(),
    )
    page.goto(f"/{hash_}")
    with page.expect_download():
        page.get_by_role("button", name="Download all").click()
        expect(page.get_by_text("Packing, 42 %")).to_be_visible()
        expect(page.get_by_role("progressbar", name="Packed")).to_have_js_property("value", 0.42)


def test_a_zip_without_javascript(plain_page: Page, site: Site, published: Callable[[str], Upload]) -> None:
    """The button leads to a page that looks again by itself until the link is there."""
    page = plain_page
    hash_ = make_album(site, published("photo.jpg").hash, published("loop.gif").hash)
    page.goto(f"/{hash_}/focus")
    page.get_by_role("button", name="Download all").click()
    expect(page.get_by_role("link", name="Download all")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert len(ZipFile(download.value.path()).namelist()) == 2


def test_a_zip_that_cannot_be(page: Page, site: Site, published: Callable[[str], Upload]) -> None:
    """The site's sentence stands in the button's place."""
    hash_ = make_album(site, published("photo.jpg").hash)

    def refuse(route: Route) -> None:
        route.fulfill(json={"error": 413, "message": "This album holds too much for a zip."})

    page.route("**/api/album/zip", refuse)
    page.goto(f"/{hash_}")
    page.get_by_role("button", name="Download all").click()
    expect(page.locator(".zip").get_by_role("status")).to_have_text("This album holds too much for a zip.")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1280, 800)])
def test_it_fits_every_screen(new_context: NewContext, album: str, width: int, height: int) -> None:
    """Nothing is wider than the screen, and what is touched is large enough for a finger."""
    page = new_context(viewport={"width": width, "height": height}).new_page()
    for layout in ("list", "focus", "focus?item=2", "focus?item=4", "delete"):
        page.goto(f"/{album}/{layout}")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, layout
        heights = "nodes => nodes.map((node) => node.getBoundingClientRect().height)"
        targets = page.locator("main :is(.button, .quiet):visible").evaluate_all(heights)
        assert targets
        assert min(targets) >= _FINGER, layout


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "/focus", "/frame"])
def test_words_can_be_read_by_day_and_night(new_context: NewContext, album: str, scheme: str, path: str) -> None:
    """Dark on light or light on dark as the visitor wants it, also on the bar of the frame."""
    page = new_context(color_scheme=scheme).new_page()
    page.goto(f"/{album}{path}")
    # The links to the next media have a ground of their own on every page that has them.
    element = page.locator(".turn .button" if path else "body").first
    ground, ink = element.evaluate("node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]")
    assert (luma(ground) > luma(ink)) == (scheme == "light")


def luma(colour: str) -> int:
    """How bright `rgb(r, g, b)` is: the sum of its parts."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

"""The controls of a film and of a sound: what one sees, what keys and fingers do, what stays without our script."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Upload
from tests.browser.waits import wait_for, wait_until
from tests.browser.watch import Watch
from tests.samples import ffmpeg
from tests.site import Site

# Pixels: --touch of site.css.
_FINGER = 44
_CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1
START=0
END=6
title=First & last
[CHAPTER]
TIMEBASE=1/1
START=6
END=12
title=Second
"""
_AT = "document.querySelector('video, audio').currentTime"
_PLAYER = "document.querySelector('media-controller')"
_DRESSED = "document.querySelector('.is-dressed') !== null"
_BUTTONS = ".controls > :is(button, [role='button']):visible"
_EDGES = "nodes => nodes.map((n) => n.getBoundingClientRect()).map((r) => [r.x, r.y, r.right, r.bottom])"
_LOADED = f"document.querySelector('video').readyState >= 2 && {_DRESSED}"

NewContext = Callable[..., BrowserContext]
Publish = Callable[[str], Upload]


@pytest.fixture(scope="module")
def film(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of a film of 12 seconds with sound, subtitles in two languages and two chapters, done."""
    folder = tmp_path_factory.mktemp("film")
    for language, words in (("eng", "Hello"), ("ger", "Hallo")):
        (folder / f"{language}.srt").write_text(f"1\n00:00:00,000 --> 00:00:12,000\n{words}\n")
    (folder / "chapters").write_text(_CHAPTERS)
    ffmpeg(
        folder / "film.mkv",
        *("-f", "lavfi", "-i", "testsrc2=size=640x360:duration=12:rate=10"),
        *("-f", "lavfi", "-i", "sine=440:duration=12"),
        *("-i", str(folder / "eng.srt"), "-i", str(folder / "ger.srt"), "-i", str(folder / "chapters")),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_chapters", "4"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-c:a", "aac", "-c:s", "srt"),
        *("-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger"),
    )
    hash_: str = site.upload(folder / "film.mkv").json["hash"]
    site.wait_for(hash_, "done")
    return hash_


def test_every_control_has_a_name(page: Page, film: str) -> None:
    """As a screen reader says it; the browser's own controls are gone."""
    page.goto(f"/{film}")
    player = page.get_by_role("group", name="Player")
    for name in ("play", "mute", "settings", "enter fullscreen mode"):
        expect(player.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(player.get_by_role("switch", name="closed captions", checked=False)).to_be_visible()
    expect(player.get_by_role("slider", name="volume")).to_have_value("1")
    expect(player.get_by_role("slider", name="seek")).to_have_attribute("aria-valuetext", "0 seconds of 12 seconds")
    expect(page.locator("video")).to_have_js_property("controls", False)


def test_what_one_came_to_see_is_there_first(page: Page, film: str) -> None:
    """The still of a film, before what the controls are made of is so much as asked for; until then the browser's
    own controls show."""
    held: list[Route] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/*.jpg*", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it is given
    page.goto(f"/{film}", wait_until="domcontentloaded")
    wait_for(lambda: bool(held), "the still is asked for")
    script = "import(document.querySelector('script[type=module]').src)"
    page.evaluate(f"{script}.then(() => fetch('/about')).then(() => {{}})")
    video = page.locator("video")
    expect(video).to_have_js_property("controls", True)
    assert not any("/media-chrome/" in url for url in asked)
    for route in held:
        route.continue_()
    page.unroute("**/*.jpg*")
    wait_until(page, _DRESSED)
    expect(video).to_have_js_property("controls", False)
    assert any("/media-chrome/" in url for url in asked)


def test_keys_move_a_film(page: Page, film: str) -> None:
    """Space and arrows at once; letters once the player has the focus, so that none is meant for somebody else."""
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    video = page.locator("video")
    page.keyboard.press("m")
    expect(video).to_have_js_property("muted", False)
    page.keyboard.press("ArrowRight")
    wait_until(page, f"{_AT} === 5")
    page.keyboard.press("m")
    expect(video).to_have_js_property("muted", True)
    page.keyboard.press("l")
    wait_until(page, f"{_AT} > 11.9")
    page.keyboard.press("j")
    wait_until(page, f"Math.abs({_AT} - 2) < 0.2")
    page.keyboard.press("ArrowLeft")
    wait_until(page, f"{_AT} === 0")
    page.keyboard.press("5")
    wait_until(page, f"Math.abs({_AT} - 6) < 0.2")
    page.keyboard.press("ArrowDown")
    wait_until(page, "document.querySelector('video').volume < 0.95")
    page.keyboard.press("Space")
    expect(video).to_have_js_property("paused", False)
    page.keyboard.press("k")
    expect(video).to_have_js_property("paused", True)
    at = video.evaluate("v => v.currentTime")
    page.keyboard.press(".")
    wait_until(page, f"Math.abs({_AT} - {at} - 0.04) < 0.01")
    for _ in range(2):
        page.keyboard.press(",")
    wait_until(page, f"Math.abs({_AT} - {at} + 0.04) < 0.01")
    page.keyboard.press("Shift+>")
    expect(video).to_have_js_property("playbackRate", 1.25)
    page.keyboard.press("Shift+<")
    expect(video).to_have_js_property("playbackRate", 1)
    page.keyboard.press("f")
    # The player hears of it after the document has it, and until then the key would ask for it once more.
    wait_until(page, f"document.fullscreenElement === {_PLAYER} && {_PLAYER}.hasAttribute('mediaisfullscreen')")
    page.keyboard.press("f")
    wait_until(page, "document.fullscreenElement === null")


def test_a_picture_in_the_picture(page: Page, film: str, published: Publish) -> None:
    """Where the browser can do that there is a button, which is also the way back; a sound has none, and what only
    others can do is not offered."""
    page.goto(f"/{film}")
    player = page.get_by_role("group", name="Player")
    assert page.evaluate("document.pictureInPictureEnabled")
    player.get_by_role("button", name="enter picture in picture mode").click()
    wait_until(page, "document.pictureInPictureElement === document.querySelector('video')")
    player.get_by_role("button", name="exit picture in picture mode").click()
    wait_until(page, "document.pictureInPictureElement === null")
    expect(player.get_by_role("button", name="enter picture in picture mode")).to_be_visible()
    expect(page.locator("media-airplay-button")).to_be_hidden()
    page.goto(f"/{published('song.mp3').hash}")
    expect(player.get_by_role("button", name="play", exact=True)).to_be_visible()
    expect(page.locator("media-pip-button")).to_have_count(0)


def test_keys_of_others_stay_theirs(page: Page, film: str) -> None:
    """A field is typed and moved in, a button pressed, and a page scrolled, while a film is there."""
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    page.get_by_role("textbox", name="Link to this page").focus()
    for key in ("ArrowRight", "Space", "m"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Copy", exact=True).press("Space")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("ArrowDown")
    video = page.locator("video")
    assert video.evaluate("v => [v.paused, v.muted, v.volume, v.currentTime]") == [True, False, 1, 0]


def test_subtitles_are_chosen_by_their_language(page: Page, film: str) -> None:
    """None at first; one of two by the menu; off and on again by a key."""
    page.goto(f"/{film}")
    page.get_by_role("button", name="settings").click()
    page.get_by_role("menuitem", name="Subtitles").click()
    choice = page.locator("media-captions-menu").get_by_role("menuitemradio")
    modes = "() => [...document.querySelector('video').textTracks].slice(0, 2).map((track) => track.mode)"
    assert page.evaluate(modes) == ["disabled", "disabled"]
    expect(choice).to_have_count(3)
    choice.get_by_text("German").click()
    assert page.evaluate(modes) == ["disabled", "showing"]
    page.keyboard.press("Escape")
    page.locator("video").focus()
    page.keyboard.press("c")
    assert page.evaluate(modes) == ["disabled", "disabled"]
    page.keyboard.press("c")
    expect(page.get_by_role("switch", name="closed captions", checked=True)).to_be_visible()
    assert page.evaluate(modes) == ["disabled", "showing"]


def test_a_place_is_seen_before_one_goes_there(page: Page, film: str) -> None:
    """Over the bar the pointer shows a still, the time and the chapter, and turns on nothing else; a click goes
    there."""
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    expect(page.locator(".chapter")).to_have_text("First & last")
    bar = page.locator("media-time-range").bounding_box()
    assert bar is not None
    x, y = bar["x"] + bar["width"] * 0.75, bar["y"] + bar["height"] / 2
    page.mouse.move(x - 200, y)
    wait_until(page, "[...document.querySelector('video').textTracks].at(-1).cues?.length > 0")
    page.mouse.move(x, y)
    expect(page.locator("media-preview-chapter-display")).to_have_text("Second")
    expect(page.locator("media-preview-time-display")).to_have_text("0:09")
    still = page.locator("media-preview-thumbnail")
    expect(still.locator("img")).to_have_attribute("src", re.compile(r"\.storyboard\.jpg$"))
    expect(still).to_be_visible()
    size = still.bounding_box()
    assert size is not None
    assert (size["width"], size["height"]) == (160, 90)
    page.mouse.click(x, y)
    wait_until(page, f"Math.abs({_AT} - 9) < 0.2")
    expect(page.locator(".chapter")).to_have_text("Second")
    page.mouse.move(0, 0)
    expect(still).to_be_hidden()
    assert page.evaluate("document.querySelector('video').textTracks[0].mode") == "disabled"


def test_how_it_is_listened_to_is_remembered(page: Page, film: str, published: Publish) -> None:
    """Volume, silence and speed hold for whatever this browser plays next; that something is played again and again
    does not."""
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    page.get_by_role("slider", name="volume").fill("0.5")
    page.get_by_role("button", name="mute", exact=True).click()
    page.get_by_role("button", name="settings").click()
    page.get_by_role("menuitemcheckbox", name="Loop").click()
    expect(page.locator("video")).to_have_js_property("loop", True)
    page.get_by_role("menuitem", name="Speed").click()
    page.locator("media-playback-rate-menu").get_by_role("menuitemradio", name="1.5x").click()
    expect(page.locator("video")).to_have_js_property("playbackRate", 1.5)
    page.goto(f"/{published('song.mp3').hash}")
    expect(page.get_by_role("button", name="unmute")).to_be_visible()
    assert page.locator("audio").evaluate("a => [a.volume, a.muted, a.playbackRate, a.loop]") == [
        0.5,
        True,
        1.5,
        False,
    ]
    loop = page.get_by_role("button", name="Loop")
    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    expect(page.locator("audio")).to_have_js_property("loop", True)


def test_controls_leave_a_film_that_plays(page: Page, film: str) -> None:
    """And are back with the pointer, or with the focus."""
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    page.locator("video").click(position={"x": 100, "y": 100})
    controls = page.locator(".controls")
    expect(controls).to_have_css("opacity", "0")
    page.mouse.move(300, 200)
    expect(controls).to_have_css("opacity", "1")
    expect(controls).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    expect(controls).to_have_css("opacity", "1")


def test_a_sound_shows_its_waveform(page: Page, published: Publish) -> None:
    """Where one looks for a place in it; the part that was played has a colour of its own."""
    page.goto(f"/{published('song.mp3').hash}")
    expect(page.locator(".wave")).to_have_count(2)
    page.get_by_role("button", name="play", exact=True).press("Space")
    wait_until(page, f"{_AT} > 0.1")
    expect(page.get_by_role("button", name="pause")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="play", exact=True)).to_be_visible()
    page.get_by_role("slider", name="seek").fill("0.5")
    wait_until(page, "document.querySelector('.rail').style.getPropertyValue('--played') >= 0.5")


@pytest.mark.parametrize(("width", "height"), [(300, 150), (360, 740), (460, 168), (560, 168), (1280, 800)])
@pytest.mark.parametrize("sample", ["film", "song.mp3"])
def test_controls_fit_every_frame(
    new_context: NewContext, film: str, published: Publish, sample: str, width: int, height: int
) -> None:
    """In one line, none over another, each large enough for a finger."""
    hash_ = film if sample == "film" else published(sample).hash
    page = new_context(viewport={"width": width, "height": height}, has_touch=True).new_page()
    page.goto(f"/{hash_}/frame?nobrand")
    expect(page.get_by_role("button", name="play", exact=True)).to_be_visible()
    boxes = sorted(page.locator(_BUTTONS).evaluate_all(_EDGES))
    [seek] = page.locator("media-time-range").evaluate_all(_EDGES)
    assert len(boxes) >= 3
    assert len({y for _, y, _, _ in boxes}) == 1
    assert all(right - x >= _FINGER and bottom - y >= _FINGER for x, y, right, bottom in boxes)
    assert all(one[2] <= other[0] for one, other in pairwise(boxes))
    assert boxes[0][0] >= 0
    assert boxes[-1][2] <= width
    assert boxes[0][3] <= height
    assert 0 <= seek[0] < seek[2] - _FINGER
    assert seek[2] <= width


@pytest.mark.parametrize("path", ["", "/frame?nobrand"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_controls_of_a_sound_begin_where_its_name_does(
    new_context: NewContext, published: Publish, width: int, path: str
) -> None:
    """In one line, though it lasts for hours."""
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    page.goto(f"/{published('song.mp3').hash}{path}")
    play = page.get_by_role("button", name="play", exact=True)
    expect(play).to_be_visible()
    page.locator("media-time-display").evaluate("time => time.setAttribute('mediaduration', 10 * 3600)")
    expect(page.locator("media-time-display")).to_have_text(re.compile("10:00:00"))
    boxes = page.locator(_BUTTONS).evaluate_all(_EDGES)
    assert len({y for _, y, _, _ in boxes}) == 1
    [name] = page.locator(".track").evaluate_all(_EDGES)
    assert boxes[0] == play.evaluate_all(_EDGES)[0]
    assert boxes[0][0] == pytest.approx(name[0], abs=0.5)


def test_a_finger_brings_the_controls_back(new_context: NewContext, film: str) -> None:
    """The first touch plays; while it plays a touch shows the controls and another hides them, and it plays on."""
    page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto(f"/{film}")
    wait_until(page, _LOADED)
    video, controls = page.locator("video"), page.locator(".controls")
    place = {"x": 60, "y": 40}
    video.tap(position=place)
    expect(video).to_have_js_property("paused", False)
    expect(controls).to_have_css("opacity", "0")
    video.tap(position=place)
    expect(controls).to_have_css("opacity", "1")
    video.tap(position=place)
    expect(controls).to_have_css("opacity", "0")
    expect(video).to_have_js_property("paused", False)


@pytest.mark.parametrize("script", ["js/controls.js", "vendor/media-chrome/**"])
def test_without_our_script_the_browser_s_controls_stay(page: Page, film: str, watch: Watch, script: str) -> None:
    """A script that does not arrive takes no control away, nor do packages that were never fetched."""
    watch.expect("failed: GET")
    page.route(f"**/{script}", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto(f"/{film}")
    expect(page.locator("video")).to_have_attribute("controls", "")
    expect(page.locator(".controls")).to_have_count(0)

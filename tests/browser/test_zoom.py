"""A picture looked at closely: by wheel, mouse, fingers, keys and buttons."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Page, expect

from tests.browser.conftest import Upload
from tests.browser.waits import wait_until

NewContext = Callable[..., BrowserContext]

_PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
_PLACE = """() => {
  const { a, e, f } = new DOMMatrix(getComputedStyle(document.querySelector("a.fill")).transform);
  return [a, e, f];
}"""
# How large it is and where its middle is; the movement of a step has ended.
_IS_STILL = """(() => {
  const picture = document.querySelector("a.fill");
  return !picture.classList.contains("is-gliding") && picture.getAnimations().length === 0;
})()"""


@pytest.fixture
def address(published: Callable[[str], Upload]) -> str:
    """The page of a photo of 2,400 by 1,600 pixels, of which a desktop loads the half at first."""
    return f"/{published('large.jpg').hash}"


def place(page: Page) -> list[float]:
    """How many times larger than fitted the picture is, and how far right and down of the middle."""
    wait_until(page, _IS_STILL)
    found: list[float] = page.evaluate(_PLACE)
    return found


def middle(page: Page) -> tuple[float, float]:
    """The middle of the stage, in the window."""
    box: FloatRect | None = page.locator("#stage").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def tap_until_it_clicks(page: Page, x: float, y: float) -> None:
    """As a person does. To the browser a tap is no click when it ends a fling, nor when its two commands come so
    far apart that it is a finger held down."""
    page.evaluate("addEventListener('click', () => { window.clicks = 1; })")
    for _ in range(10):
        page.touchscreen.tap(x, y)
        page.wait_for_timeout(1000)
        if page.evaluate("window.clicks"):
            return
    pytest.fail("no tap became a click")


def test_the_wheel_and_the_mouse(page: Page, address: str) -> None:
    """The wheel zooms to where the pointer is and loads every pixel, a drag pans, a double click goes there and
    back; the wheel downwards scrolls the page as ever."""
    page.goto(address)
    shown = page.locator("#stage img")
    wait_until(page, "document.querySelector('#stage img').currentSrc.endsWith('.1280w.webp')")
    x, y = middle(page)
    page.mouse.move(x + 100, y)
    page.mouse.wheel(0, 300)
    wait_until(page, "scrollY > 0")
    assert place(page) == [1, 0, 0]
    page.evaluate("scrollTo(0, 0)")
    page.mouse.wheel(0, -500)
    wait_until(page, "document.querySelector('#stage').classList.contains('is-zoomed')")
    scale, right, _ = place(page)
    assert right == pytest.approx(-100 * (scale - 1), abs=1)
    wait_until(page, "!/\\d+w\\.webp$/.test(document.querySelector('#stage img').currentSrc)")
    expect(shown).to_have_js_property("naturalWidth", 2400)
    page.mouse.down()
    page.mouse.move(x + 160, y + 40, steps=3)
    page.mouse.up()
    assert place(page) == pytest.approx([scale, right + 60, 40], abs=1)
    page.mouse.dblclick(x, y)
    assert place(page) == [1, 0, 0]
    page.wait_for_timeout(400)  # the next click is no part of the last double click
    page.mouse.dblclick(x, y)
    assert place(page)[0] == pytest.approx(
        2400 / page.locator("#stage .box").evaluate("box => box.clientWidth"), rel=0.01
    )
    assert page.url.endswith(address)


def test_keys_and_buttons(page: Page, address: str) -> None:
    """Plus and minus on the picture, arrows when it is larger than the stage, 0 and Escape to fit; buttons too."""
    page.goto(address)
    page.locator("#stage a.fill").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    scale = place(page)[0]
    assert scale == pytest.approx(1.4**2, rel=0.01)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert place(page)[1:] == [-80, -80]
    page.keyboard.press("-")
    assert place(page)[0] == pytest.approx(1.4, rel=0.01)
    page.keyboard.press("0")
    assert place(page) == [1, 0, 0]
    page.get_by_role("button", name="Zoom in").click()
    assert place(page)[0] == pytest.approx(1.4, rel=0.01)
    page.keyboard.press("Escape")
    assert place(page) == [1, 0, 0]
    page.get_by_role("button", name=re.compile("^Full size")).click()
    expect(page.get_by_role("button", name="Fit, now at 100 %")).to_have_text("100 %")
    page.locator("#link").focus()
    page.keyboard.press("-")
    expect(page.get_by_role("button", name="Fit, now at 100 %")).to_be_visible()
    expect(page.get_by_role("link", name="Open the original")).to_have_attribute("href", re.compile(r"\.jpg$"))


def test_fingers(new_context: NewContext, address: str) -> None:
    """Two fingers apart zoom, one pans what is zoomed, a tap goes back; one finger on a fitted picture scrolls."""
    page = new_context(**_PHONE).new_page()
    page.goto(address)
    wait_until(page, "document.querySelector('#stage').classList.contains('has-zoom')")
    x, y = middle(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x + right, "y": y + down, "id": n} for n, (right, down) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    touch("touchStart", (-40, 0), (40, 0))
    for reach in (50, 65, 80):
        touch("touchMove", (-reach, 0), (reach, 0))
    touch("touchEnd")
    assert place(page)[0] == pytest.approx(2, rel=0.1)
    touch("touchStart", (0, 0))
    touch("touchMove", (30, 0))
    touch("touchMove", (60, 0))
    touch("touchEnd")
    assert place(page)[1] == pytest.approx(60, abs=5)
    tap_until_it_clicks(page, x, y)
    assert place(page) == [1, 0, 0]

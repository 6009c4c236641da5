"""Pictures that are more than one file, or more than a picture: photos in sizes, drawings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Upload
from tests.browser.waits import wait_until
from tests.site import Site

Publish = Callable[[str], Upload]

_SHOWN = "document.querySelector('[data-player] picture img')"


@pytest.mark.parametrize(
    ("screen", "density", "ending"),
    [
        ({"width": 390, "height": 844}, 1, ".640w.webp"),
        ({"width": 390, "height": 844}, 2, ".1280w.webp"),
        ({"width": 1280, "height": 800}, 1, ".1280w.webp"),
        ({"width": 1440, "height": 1000}, 2, ".webp"),
    ],
    ids=["phone", "sharp phone", "desktop", "sharp desktop"],
)
def test_a_photo_is_loaded_as_large_as_the_screen_shows_it(
    new_context: Callable[..., BrowserContext],
    published: Publish,
    screen: dict[str, int],
    density: int,
    ending: str,
) -> None:
    """A phone does not load the pixels of a desktop, and a sharp screen loads all there are."""
    upload = published("large.jpg")
    page = new_context(viewport=screen, device_scale_factor=density).new_page()
    page.goto(f"/{upload.hash}")
    wait_until(page, f"{_SHOWN}.complete && {_SHOWN}.naturalWidth > 0")
    loaded = page.evaluate(f"{_SHOWN}.currentSrc")
    assert loaded.endswith(f"/{upload.hash}{ending}")
    # What the browser says of a picture from a `srcset` is its size in the page's pixels, in proportion.
    width, height = page.evaluate(f"[{_SHOWN}.naturalWidth, {_SHOWN}.naturalHeight]")
    assert width / height == pytest.approx(1.5, rel=0.01)


def test_a_drawing_is_drawn_and_does_nothing(page: Page, site: Site, published: Publish) -> None:
    """In its page and as a file of its own: no script runs, and nothing else is asked for."""
    upload = published("drawing.svg")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{upload.hash}")
    wait_until(page, f"{_SHOWN}.complete && {_SHOWN}.naturalWidth === 200")
    answer = page.goto(f"/{upload.hash}.svg")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert page.evaluate("document.documentElement.localName") == "svg"
    assert page.evaluate("origin") == "null"
    assert not any("tracked" in url for url in asked)
    assert b"script" not in site.get(f"/{upload.hash}.svg").body.lower()

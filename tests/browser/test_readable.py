"""Whether every page can be read and touched: contrast of its words, size of what a finger aims at."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Upload
from tests.browser.test_mediacrush_js import make_album
from tests.browser.watch import Watch
from tests.site import Site

# WCAG 2.2, 1.4.3 (AA): words against what is behind them. Those over pictures have a ground of their own that is
# drawn, not computed.
_FAINT = """() => {
  const parts = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const light = (byte) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim();
  for (const node of document.querySelectorAll("body *")) {
    const hasWords = [...node.childNodes].some(isText);
    const style = getComputedStyle(node);
    const isSeen = node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    if (!hasWords || !isSeen || node.closest(".sr, .skip, .box, .veil, option")) continue;
    const [one, other] = [luminance(parts(style.color)), luminance(ground(node))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${node.className} ${node.textContent.trim()}`);
  }
  return found;
}"""
# 2.5.5 asks for 44 pixels; links within sentences are excepted, and the media itself has its own size.
_SMALL = """() => [...document.querySelectorAll("a, button, select, input:not([type='checkbox'], [type='radio'])")]
  .filter((node) => node.checkVisibility() && !node.closest(".sr, .skip, .description"))
  .filter((node) => !node.matches(":is(p, li, dd, .track) > a:not(.quiet), a.fill, #file"))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([, { height }]) => height < 43.5)
  .map(([node, { height }]) => `${height}: ${node.className} ${node.textContent.trim()}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_and_fingers_hit(
    new_context: Callable[..., BrowserContext],
    watch: Watch,
    site: Site,
    published: Callable[[str], Upload],
    scheme: str,
) -> None:
    """On a phone, by day and by night, on every kind of page."""
    watch.expect("404: GET")
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = new_context(color_scheme=scheme, **phone).new_page()
    picture, film, song = (published(name).hash for name in ("photo.jpg", "phone.mp4", "song.mp3"))
    album = make_album(site, picture, film, song)
    plain = (
        "/",
        "/mine",
        "/about",
        "/apps",
        "/serious",
        "/AAAAAAAAAAAA",
        f"/{picture}/delete",
        f"/report/{picture}",
    )
    for address in (*plain, f"/{picture}", f"/{film}", f"/{song}", f"/{album}", f"/{album}/focus"):
        page.goto(address)
        if address in (f"/{film}", f"/{song}"):
            expect(page.locator(".controls")).to_be_visible()
        assert page.evaluate(_FAINT) == [], address
        assert page.evaluate(_SMALL) == [], address

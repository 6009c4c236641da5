"""Light or dark: as the system has it, until somebody chooses."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.watch import Watch
from tests.site import Site

_CARD = {"light": "rgb(255, 255, 255)", "dark": "rgb(25, 28, 26)"}
_STAGE_DARK = "rgb(10, 11, 10)"
LIGHT, DARK = "rgb(251, 252, 251)", "rgb(17, 19, 18)"
# What is chosen when the first of its body is there, before any module runs.
_FIRST_THEME = """new MutationObserver((_, observer) => {
  if (!document.body) return;
  window.firstTheme = document.documentElement.dataset.theme;
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });"""

_NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } });"


def _frame_colour(page: Page) -> str:
    colour: str = page.evaluate("document.querySelector('[name=\"theme-color\"]').content")
    return colour


def test_the_switch_is_remembered(context: BrowserContext, published: Callable[[str], Upload]) -> None:
    """Chosen once it holds on every page and in every tab, from the first moment; the system's is one choice."""
    context.add_init_script(_FIRST_THEME)
    page, other = context.new_page(), context.new_page()
    page.emulate_media(color_scheme="light")
    page.goto("/")
    other.goto("/about")
    expect(page.locator("body")).to_have_css("background-color", LIGHT)
    expect(page.get_by_role("radio", name="As the system")).to_be_checked()
    page.get_by_role("radio", name="As the system").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for one in (page, other):
        expect(one.locator("body")).to_have_css("background-color", DARK)
        expect(one.get_by_role("radio", name="Dark")).to_be_checked()
        assert _frame_colour(one) == "#111312"
    page.goto(f"/{published('photo.jpg').hash}")
    assert page.evaluate("firstTheme") == "dark"
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.get_by_title("As the system").click()
    expect(page.locator("body")).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", DARK)


def test_without_storage_it_lasts_as_long_as_the_page(page: Page) -> None:
    """A browser that keeps nothing for a site still switches."""
    page.add_init_script(_NO_STORAGE)
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    page.get_by_title("Light").click()
    expect(page.locator("body")).to_have_css("background-color", LIGHT)


def test_what_was_chosen_holds_for_the_media_alone(
    context: BrowserContext, published: Callable[[str], Upload]
) -> None:
    """On its own page and in its frame, from the first moment."""
    context.add_init_script(_FIRST_THEME)
    page = context.new_page()
    page.emulate_media(color_scheme="light")
    page.goto("/about")
    page.get_by_title("Dark").click()
    page.goto(f"/{published('photo.jpg').hash}/direct")
    assert page.evaluate("firstTheme") == "dark"
    expect(page.locator("body")).to_have_css("background-color", _STAGE_DARK)
    page.goto(f"/{published('song.mp3').hash}/frame")
    expect(page.locator(".sleeve")).to_have_css("background-color", _CARD["dark"])
    page.emulate_media(color_scheme="dark")
    page.goto("/about")
    page.get_by_title("Light").click()
    page.goto(f"/{published('song.mp3').hash}/frame")
    expect(page.locator(".sleeve")).to_have_css("background-color", _CARD["light"])


@pytest.mark.parametrize("sandbox", ["", " sandbox=allow-scripts"])
def test_elsewhere_a_frame_is_as_the_system_has_it(
    page: Page, site: Site, watch: Watch, published: Callable[[str], Upload], sandbox: str
) -> None:
    """In a sandbox, where nothing is stored, and on another site, where what is stored is another's: its card is
    seen, and the page shows through around it."""
    page.emulate_media(color_scheme="light")
    page.goto("/about")
    page.get_by_title("Dark").click()
    frame = f"<iframe{sandbox} src={site.url}/{published('song.mp3').hash}/frame width=560 height=168></iframe>"
    with other_site(frame) as address:
        watch.allow(address)
        page.goto(address)
        card = page.frame_locator("iframe").locator(".sleeve")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(card).to_have_css("background-color", _CARD[scheme])
        ground = page.frame_locator("iframe").locator("html, body")
        for element in ground.all():
            expect(element).to_have_css("background-color", "rgba(0, 0, 0, 0)")

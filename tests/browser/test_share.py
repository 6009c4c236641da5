"""Every way to share a page, copied as a person copies it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Upload
from tests.browser.test_mediacrush_js import make_album
from tests.site import Site

Publish = Callable[[str], Upload]

_WAYS = {
    "Direct link": "direct",
    "Markdown": "markdown",
    "HTML": "html",
    "BBCode": "bbcode",
    "Script": "div",
    "Frame": "iframe",
}


@pytest.mark.parametrize("kind", ["picture", "album"])
def test_each_has_its_button(page: Page, site: Site, published: Publish, kind: str) -> None:
    """What the API says of a media and of an album; the link is there for cameras too."""
    hash_ = published("picture.png").hash
    if kind == "album":
        hash_ = make_album(site, hash_)
    texts = site.get(f"/api/{hash_}/share").json
    page.goto(f"/{hash_}")
    page.get_by_text("More ways to share").click()
    for name, key in _WAYS.items():
        page.get_by_role("button", name=f"Copy: {name}").click()
        expect(page.get_by_label(name, exact=True)).to_have_value(texts[key].replace("\n", ""))
        assert page.evaluate("navigator.clipboard.readText()") == texts[key].replace("\n", "")
    code = page.get_by_role("img", name="QR code")
    code.scroll_into_view_if_needed()
    expect(code).to_have_js_property("complete", True)
    assert code.evaluate("image => image.naturalWidth") > 0


def test_an_app_gets_the_link(new_context: Callable[..., BrowserContext], site: Site, published: Publish) -> None:
    """Where the browser can hand it on; elsewhere there is no such button."""
    hash_ = published("picture.png").hash
    page = new_context().new_page()
    button = page.get_by_role("button", name="Send to an app")
    page.add_init_script("Object.defineProperty(navigator, 'share', { value: undefined })")
    page.goto(f"/{hash_}")
    expect(page.get_by_role("link", name="Report")).to_be_visible()
    expect(button).to_have_count(0)
    page = new_context().new_page()
    page.add_init_script("navigator.share = async (what) => { window.sent = what.url; }")
    page.goto(f"/{hash_}")
    page.get_by_role("button", name="Send to an app").click()
    assert page.evaluate("sent") == f"{site.url}/{hash_}"

"""What a browser remembers of its uploads, and albums made of them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.watch import Watch
from tests.site import Site


def _upload(page: Page, *files: Path) -> None:
    page.goto("/")
    page.set_input_files("#file", list(files))
    expect(page.locator('[data-state="playable"]')).to_have_count(len(files))


@pytest.fixture
def files(new_picture: Callable[..., Path]) -> list[Path]:
    """Two pictures, one with a name that is markup."""
    return [new_picture("<b>first.png"), new_picture("second.png")]


def test_uploads_become_an_album(page: Page, files: list[Path]) -> None:
    """Two that were sent together are one link by one button, in their order."""
    _upload(page, *files)
    links = page.get_by_role("textbox", name="Link to").evaluate_all("fields => fields.map(({ value }) => value)")
    page.get_by_role("button", name="Make an album of these").click()
    expect(page).to_have_url(re.compile(r"/[\w-]{12}$"))
    expect(page.get_by_role("heading", name="Album of 2")).to_be_visible()
    shown = page.locator(".item-name a").evaluate_all("links => links.map(({ href }) => href)")
    assert shown == links
    page.goto("/mine")
    expect(page.locator(".row-facts")).to_have_text(["Album of 2", "Picture", "Picture"])


def test_one_alone_is_no_album(page: Page, files: list[Path]) -> None:
    """The button waits for a second."""
    _upload(page, files[0])
    expect(page.get_by_role("button", name="Make an album of these")).to_be_hidden()


def test_the_browser_remembers(
    page: Page, watch: Watch, files: list[Path], new_context: Callable[..., BrowserContext]
) -> None:
    """What it uploaded, the newest first, by name and picture; nobody else does, not what was deleted."""
    watch.expect("404: GET")
    _upload(page, *files)
    page.goto("/mine")
    expect(page.locator(".row-name")).to_have_count(2)
    assert sorted(page.locator(".row-name").all_text_contents()) == ["<b>first.png", "second.png"]
    expect(page.locator(".thumb img").first).to_have_js_property("naturalWidth", 64)
    page.get_by_role("link", name="Delete second.png").click()
    page.get_by_role("button", name="Delete").click()
    page.goto("/mine")
    expect(page.locator(".row-name")).to_have_text(["<b>first.png"])
    other = new_context().new_page()
    other.goto("/mine")
    expect(other.get_by_text("Nothing yet.")).to_be_visible()


def test_chosen_ones_become_an_album(page: Page, site: Site, files: list[Path]) -> None:
    """Those that are ticked, and no others."""
    _upload(page, *files)
    page.goto("/mine")
    button = page.get_by_role("button", name="Make an album")
    expect(button).to_be_disabled()
    page.get_by_role("checkbox", name="Choose second.png").check()
    button.click()
    expect(page.locator(".item")).to_have_count(1)
    assert site.get(f"/api/{page.url.rsplit('/', 1)[1]}").json["blob_type"] == "album"


def test_it_can_be_forgotten(page: Page, files: list[Path]) -> None:
    """The list, not the uploads."""
    _upload(page, *files)
    link = page.get_by_role("textbox", name="Link to").first.input_value()
    page.goto("/mine")
    page.get_by_role("button", name="Forget this list").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 200

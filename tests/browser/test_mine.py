"""A browser's own uploads: films play while they are pointed at, several go at once, the list moves on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.watch import Watch
from tests.samples import Samples


@pytest.fixture
def mine(page: Page, watch: Watch, samples: Samples, new_picture: Callable[..., Path]) -> Page:
    """Their page, with two pictures and, newest, a film."""
    watch.expect("409: POST")  # the film may be here from another test
    page.goto("/")
    page.set_input_files("#file", [new_picture("a.png"), new_picture("b.png")])
    expect(page.locator("[data-state='playable']")).to_have_count(2)
    page.set_input_files("#file", samples["phone.mp4"])
    expect(page.locator("[data-state='playable']")).to_have_count(3)
    page.goto("/mine")
    return page


def test_a_film_plays_while_one_points_at_it(mine: Page) -> None:
    """With the pointer or the keyboard, without sound; then a picture again. Not where motion is unwelcome."""
    tile, film = mine.locator(".tile").first, mine.locator("video")
    tile.hover()
    expect(film).to_have_js_property("paused", False)
    expect(film).to_have_js_property("muted", True)
    expect(film).to_have_js_property("poster", str(tile.locator("img").get_attribute("src")))
    mine.mouse.move(0, 0)
    expect(film).to_have_count(0)
    tile.get_by_role("checkbox").focus()
    expect(film).to_have_js_property("paused", False)
    mine.emulate_media(reduced_motion="reduce")
    mine.reload()
    tile.hover()
    mine.locator(".tile").nth(1).hover()
    expect(film).to_have_count(0)


def test_several_are_deleted(mine: Page) -> None:
    """Chosen one by one or all, after a page that shows which; the recent links of this browser know it too."""
    kept = mine.locator(".tile-name").nth(1).inner_text()
    boxes = mine.locator(".tile").get_by_role("checkbox")
    mine.get_by_label("All on this page").check()
    expect(mine.get_by_text("3 chosen")).to_be_visible()
    boxes.nth(1).uncheck()
    expect(mine.get_by_text("2 chosen")).to_be_visible()
    mine.get_by_role("button", name="Delete").click()
    expect(mine.get_by_role("heading", name="Delete these 2 uploads?")).to_be_visible()
    expect(mine.locator(".chosen li")).to_have_count(2)
    mine.get_by_role("button", name="Delete").click()
    expect(mine.locator(".tile-name")).to_have_text([kept])
    assert mine.evaluate("JSON.parse(localStorage.getItem('history')).length") == 1


def test_the_list_in_another_browser(mine: Page, new_context: Callable[..., BrowserContext]) -> None:
    """Downloaded here, added there: the same list, with the right to delete. A file of something else says so."""
    mine.get_by_text("Take this list to another browser").click()
    with mine.expect_download() as download:
        mine.get_by_role("button", name="Download the list").click()
    assert download.value.suggested_filename == "mediacrush-uploads.json"
    there = new_context().new_page()
    there.goto("/mine")
    there.get_by_text("Take this list to another browser").click()
    there.get_by_label("A list that was downloaded elsewhere.").set_input_files(download.value.path())
    there.get_by_role("button", name="Add it to this browser").click()
    expect(there.get_by_text("3 of 3 are listed here now.")).to_be_visible()
    expect(there.locator(".tile")).to_have_count(3)
    there.locator(".tile").first.get_by_role("link", name="Delete").click()
    expect(there.get_by_label("Delete token")).to_have_count(0)

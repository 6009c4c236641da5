"""What a person does with what they sent: find it again, put it together, name it, take it from another site."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Upload
from tests.browser.watch import Watch
from tests.site import Site

_PASTE_TEXT = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
}"""


def _playable(page: Page) -> Locator:
    return page.locator('#rows > [data-state="playable"]')


def test_files_sent_at_once_belong_to_one_browser(page: Page, new_picture: Callable[..., Path]) -> None:
    """From the very first visit: all are on the page of its uploads, and an album of them keeps their order."""
    page.goto("/")
    page.set_input_files("#file", [new_picture(f"{n}.png") for n in range(3)])
    expect(_playable(page)).to_have_count(3)
    hashes = [field.input_value().rpartition("/")[2] for field in page.locator(".row .copy input").all()]
    page.get_by_role("button", name="Make an album of these").click()
    page.wait_for_url(re.compile(r"/[\w-]{12}$"))
    names = [link.get_attribute("href") for link in page.locator(".item-name a").all()]
    assert names == [f"/{hash_}" for hash_ in hashes]
    page.get_by_role("link", name="Your uploads").click()
    listed = [link.get_attribute("href") for link in page.locator(".tile-name a").all()]
    assert len(listed) == 4
    assert set(listed[1:]) == set(names)
    page.get_by_role("button", name=re.compile("^Copy link to Album")).click()
    expect(page.get_by_role("status")).to_have_text("Link copied")


def test_one_file_is_no_album(page: Page, new_picture: Callable[..., Path]) -> None:
    """The button is there for several, and gone when they are taken off the list."""
    page.goto("/")
    button = page.get_by_role("button", name="Make an album of these")
    page.set_input_files("#file", [new_picture("a.png"), new_picture("b.png")])
    expect(button).to_be_visible()
    page.get_by_role("button", name="Remove from this list: a.png").click()
    expect(button).to_be_hidden()


@pytest.mark.parametrize("way", ["typed", "pasted"])
def test_an_address_is_fetched(
    page: Page, site: Site, watch: Watch, published: Callable[[str], Upload], way: str
) -> None:
    """Typed into the field or pasted anywhere, it becomes a row like a file's."""
    watch.expect("409")
    hash_ = published("loop.gif").hash
    address = f"{site.url}/{hash_}.gif"
    page.goto("/")
    if way == "typed":
        page.get_by_role("button", name="Web address").click()
        page.get_by_role("textbox", name="Address of a file").fill(address)
        page.get_by_role("button", name="Fetch").click()
    else:
        page.evaluate(_PASTE_TEXT, f" {address}\n")
    expect(_playable(page)).to_have_count(1)
    expect(page.locator(".row-name")).to_have_text(f"{hash_}.gif")
    link = page.locator(".row .copy input").input_value()
    assert site.get(f"/{link.rpartition('/')[2]}").status == 200


def test_an_address_that_gives_nothing_says_why(page: Page, site: Site, watch: Watch) -> None:
    """The server's sentence stands in the row; what is no address is not sent."""
    watch.expect("404")
    page.goto("/")
    page.evaluate(_PASTE_TEXT, "just some words")
    page.get_by_role("button", name="Web address").click()
    field = page.get_by_role("textbox", name="Address of a file")
    field.fill("javascript:alert(1)")
    field.press("Enter")
    assert field.evaluate("field => field.validationMessage").startswith("Give a whole address")
    expect(page.locator(".row")).to_have_count(0)
    field.fill(f"{site.url}/AAAAAAAAAAAA.png")
    field.press("Enter")
    expect(page.locator(".row-problem p")).to_contain_text("nothing")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_name_what_was_sent(page: Page, new_picture: Callable[..., Path]) -> None:
    """From the view page to its title, by the links and labels that a person sees."""
    page.goto("/")
    page.set_input_files("#file", new_picture())
    expect(_playable(page)).to_have_count(1)
    page.goto(page.locator(".row .copy input").input_value())
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Title").fill("Dots, *many* of them")
    page.get_by_label("Description").fill("As **bold** as [this](https://example.com).")
    page.get_by_label("Not safe for work").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dots, many of them")
    expect(page.locator(".description strong")).to_have_text("bold")
    expect(page.get_by_text("Marked as not safe for work.")).to_be_visible()
    page.goto("/mine")
    expect(page.locator(".tile-name")).to_have_text("Dots, many of them")
    expect(page.locator(".tile img")).to_have_count(0)  # what is veiled elsewhere is not shown in a list

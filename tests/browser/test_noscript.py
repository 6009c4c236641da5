"""Everything that matters, for those whose browser runs no scripts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Upload
from tests.browser.watch import Watch
from tests.site import Site


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A tab of a visitor without JavaScript."""
    return new_context(java_script_enabled=False).new_page()


def test_upload_watch_delete(page: Page, site: Site, watch: Watch, new_film: Callable[..., Path]) -> None:
    """The form sends, the status page moves on by itself to the page of the film, and the uploader deletes it."""
    watch.expect("404: GET")
    page.goto("/")
    page.get_by_label("Choose files").set_input_files(new_film(seconds=12))
    page.get_by_role("button", name="Upload").click()
    expect(page).to_have_url(re.compile(r"/status/[\w-]{12}$"))
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    link = page.get_by_label("Your link, which works already").input_value()
    expect(page).to_have_url(link)
    expect(page.locator("video")).to_be_visible()
    expect(page.get_by_role("textbox", name="Link to this page")).to_have_value(link)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    assert site.get(link.removeprefix(site.url)).status == 404


def test_upload_by_address(page: Page, site: Site, published: Callable[[str], Upload], watch: Watch) -> None:
    """What the site itself fetches: the form leads to the page of it, or says on a page why not."""
    watch.expect("404: POST", "415: POST")
    photo = published("photo.jpg").hash
    fetched = _fetch(page, f"{site.url}/{photo}.jpg")
    expect(fetched.get_by_role("img", name="JPEG picture")).to_have_js_property("naturalWidth", 600)
    expect(page).to_have_url(re.compile(rf"^{re.escape(site.url)}/[\w-]{{12}}$"))
    page.goto("/mine")
    expect(page.locator(".tile")).to_have_count(1)
    expect(_fetch(page, f"{site.url}/none.png").get_by_role("heading", name="Nothing to fetch")).to_be_visible()
    expect(page.get_by_text("it answers 404")).to_be_visible()
    expect(_fetch(page, f"{site.url}/about").get_by_role("heading", name="Not a media file")).to_be_visible()
    _fetch(page, "cat.gif")
    assert page.get_by_label("Address of a file").evaluate("field => !field.validity.valid")
    assert page.url == f"{site.url}/"


def _fetch(page: Page, address: str) -> Page:
    page.goto("/")
    page.get_by_label("Address of a file").fill(address)
    page.get_by_role("button", name="Fetch").click()
    return page


def test_pictures_show(page: Page, published: Callable[[str], Upload]) -> None:
    """A picture is a picture."""
    page.goto(f"/{published('photo.jpg').hash}")
    expect(page.get_by_role("img", name="JPEG picture")).to_have_js_property("naturalWidth", 600)


def test_the_veil_lifts(page: Page, site: Site, new_picture: Callable[..., Path]) -> None:
    """What is not safe for work is shown by a link."""
    upload = site.upload(new_picture()).json
    site.wait_for(upload["hash"])
    form = f"nsfw=true&delete_token={upload['delete_token']}"
    site.request("POST", f"/api/{upload['hash']}/flags", form, Content_Type="application/x-www-form-urlencoded")
    page.goto(f"/{upload['hash']}")
    expect(page.locator(".box")).to_have_css("filter", re.compile("blur"))
    page.get_by_role("link", name="Show").click()
    expect(page.locator(".box")).to_have_css("filter", "none")


def test_junk_says_why(page: Page, watch: Watch, tmp_path: Path) -> None:
    """A page with the sentence, not a page that waits for ever."""
    watch.expect("404: GET", "415: POST")
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2" * 2000)
    page.goto("/")
    page.get_by_label("Choose files").set_input_files(junk)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("This is no photo, animation, film or sound")).to_be_visible()


def test_album_report_and_delete(page: Page, site: Site, watch: Watch, new_picture: Callable[..., Path]) -> None:
    """Plain forms put two pictures into an album, report one of them, and delete both at once."""
    watch.expect("404: GET")
    for name in ("a.png", "b.png"):
        page.goto("/")
        page.get_by_label("Choose files").set_input_files(new_picture(name))
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("textbox", name="Link to this page")).to_be_visible()
    page.goto("/mine")
    boxes = page.locator(".tile").get_by_role("checkbox")
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Make an album").click()
    expect(page.get_by_role("img", name="Picture")).to_have_count(2)
    album = page.url
    page.goto("/mine")
    page.locator(".tile").last.locator(".tile-name a").click()
    page.get_by_role("link", name="Report").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank")
    page.goto("/mine")
    for box in boxes.all()[1:]:
        box.check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    assert site.get(album.removeprefix(site.url)).status == 404

"""What the page of a media and of an album is for whoever sent it, and what it is not for others."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Upload
from tests.browser.finger import Finger
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.samples import Samples
from tests.site import Site

Send = Callable[[Path], str]


@pytest.fixture
def send(page: Page, site: Site) -> Send:
    """Uploads a file as this browser, and waits until it is done; its hash."""

    def run(path: Path) -> str:
        content = {"name": path.name, "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
        hash_ = str(page.request.post("/api/upload/file", multipart={"file": content}).json()["hash"])
        site.wait_for(hash_, "done")
        return hash_

    return run


def test_others_see_nothing_of_it(page: Page, published: Callable[[str], Upload]) -> None:
    """No button to change or delete, and the site is not even asked."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{published('picture.png').hash}", wait_until="networkidle")
    expect(page.get_by_role("link", name="Report")).to_be_visible()
    for name in ("Edit", "Delete"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    assert not any("/api/" in url for url in asked)


def test_words_are_changed_in_place(page: Page, watch: Watch, send: Send, new_picture: Callable[..., Path]) -> None:
    """Title and description where they stand; Escape leaves them; why the site refused stands in the form."""
    watch.expect("404: POST", "404: GET")
    hash_ = send(new_picture())
    page.goto(f"/{hash_}")
    page.evaluate("window.marked = true")
    edit = page.get_by_role("link", name="Edit", exact=True)
    edit.click()
    page.get_by_label("Title").fill("Never kept")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("PNG picture")
    edit.click()
    page.get_by_label("Title").fill("Dots, *many* of them")
    page.get_by_label("Description").fill("As **bold** as ever.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dots, many of them")
    expect(page.locator(".description strong")).to_have_text("bold")
    expect(page).to_have_title(re.compile("^Dots, many of them"))
    edit.click()
    page.get_by_label("Not safe for work").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Marked as not safe for work.")).to_be_visible()
    edit.click()
    assert page.request.delete(f"/api/{hash_}").ok
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("has deleted it")
    assert page.evaluate("marked")


def test_settings_change_the_player(page: Page, send: Send, samples: Samples) -> None:
    """A film plays on as its owner has just set it."""
    page.goto(f"/{send(samples['silent.mp4'])}")
    expect(page.locator("video")).to_have_js_property("loop", False)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Begins again when it ends").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("video")).to_have_js_property("loop", True)
    expect(page.get_by_role("group", name="Player")).to_be_visible()


def test_deleting_is_asked_about(page: Page, site: Site, send: Send, new_picture: Callable[..., Path]) -> None:
    """In a dialog, which can be left; then it is gone."""
    hash_ = send(new_picture())
    page.goto(f"/{hash_}")
    button = page.get_by_role("link", name="Delete", exact=True)
    button.click()
    dialog = page.get_by_role("dialog", name="Delete this for good?")
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    assert site.get(f"/{hash_}").status == 404


def drag(page: Page, one: Locator, other: Locator) -> None:
    """Drag one thing over another, as a hand does."""
    one.hover()
    page.mouse.down()
    other.hover()
    other.hover(position={"x": 4, "y": 4})
    page.mouse.up()


def test_its_maker_arranges_an_album(page: Page, site: Site, published: Callable[[str], Upload]) -> None:
    """By dragging and by keys; what is taken out can be put back until it is saved; a title stands in its place."""
    first, second, third = (published(name).hash for name in ("photo.jpg", "silent.mp4", "song.mp3"))
    fourth = published("loop.gif").hash
    made = page.request.post("/api/album/create", form={"list": ",".join((first, second, third, fourth))}).json()
    page.goto(f"/{made['hash']}")
    page.get_by_role("link", name="Arrange").click()
    tiles = page.get_by_role("region", name="Arrange").get_by_role("listitem")
    expect(tiles).to_have_count(4)
    drag(page, tiles.nth(3), tiles.nth(0))
    expect(page.get_by_role("status")).to_have_text("1 of 4")
    page.get_by_role("button", name="Move 1: image").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("3 of 4")
    for name in ("Take out 3", "Take out 2", "Put back 2"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Album of 3 items")).to_be_visible()
    listed = site.get(f"/api/{made['hash']}").json["files"]
    assert [file["hash"] for file in listed] == [fourth, second, first]
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Title").fill("Three of them")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Three of them")).to_be_visible()


def test_a_finger_arranges_an_album(
    new_context: Callable[..., BrowserContext], site: Site, published: Callable[[str], Upload]
) -> None:
    """Sideways by a picture, in any direction by its grip; up and down over a picture the page scrolls, and the
    order stays."""
    page = new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True).new_page()
    names = ("photo.jpg", "silent.mp4", "loop.gif", "picture.png", "song.mp3")
    hashes = [published(name).hash for name in names]
    made = page.request.post("/api/album/create", form={"list": ",".join(hashes)}).json()
    page.goto(f"/{made['hash']}/list#arrange")
    tiles = page.get_by_role("region", name="Arrange").get_by_role("listitem")
    expect(tiles).to_have_count(5)
    finger = Finger(page)

    def order() -> list[int]:
        return [hashes.index(str(tile.get_attribute("data-hash"))) for tile in tiles.all()]

    finger.drag(tiles.nth(0).locator("img"), tiles.nth(1), right=10)
    expect(page.get_by_role("status")).to_have_text("2 of 5")
    assert order() == [1, 0, 2, 3, 4]
    finger.drag(tiles.nth(0).locator(".piece-grip svg"), tiles.nth(3), right=10)
    expect(page.get_by_role("status")).to_have_text("4 of 5")
    assert order() == [0, 2, 3, 1, 4]
    finger.drag(tiles.nth(4), tiles.nth(4), down=-150)
    wait_until(page, "scrollY > 50")
    expect(page.locator(".is-dragged")).to_have_count(0)
    assert order() == [0, 2, 3, 1, 4]
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".arranging")).to_have_count(0)
    listed = site.get(f"/api/{made['hash']}").json["files"]
    assert [file["hash"] for file in listed] == [hashes[place] for place in (0, 2, 3, 1, 4)]

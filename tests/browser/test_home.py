"""The home page as a person uses it: files in, links out."""

import base64
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Upload
from tests.browser.finger import Finger
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.samples import Samples
from tests.site import Site

_SMALL_LIMIT_BYTES = 20_000

_DROP = """({ name, files }) => {
  const dataTransfer = new DataTransfer();
  for (const { name, type, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], name, { type }));
  }
  const options = { bubbles: true, cancelable: true };
  const event = name === "paste"
    ? new ClipboardEvent(name, { ...options, clipboardData: dataTransfer })
    : new DragEvent(name, { ...options, dataTransfer });
  document.body.dispatchEvent(event);
}"""

# Every change of the first row's facts and state, as a person would see it.
_RECORD_ROWS = """() => {
  window.seen = [];
  window.mostAtOnce = 0;
  const list = document.getElementById("rows");
  new MutationObserver(() => {
    const count = list.querySelectorAll('[data-state="sending"], [data-state="storing"]').length;
    window.mostAtOnce = Math.max(window.mostAtOnce, count);
    const first = list.querySelector("li");
    const texts = first && [first.dataset.state, ...Array.from(first.querySelectorAll("p"), (p) => p.textContent)];
    if (texts) window.seen.push(texts.join(" | "));
  }).observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


@pytest.fixture
def home(page: Page) -> Page:
    """The home page, before the first upload."""
    page.goto("/")
    return page


@pytest.fixture
def limit_speed(home: Page) -> Callable[[int], None]:
    """Limits each of the home page's uploads to so many bytes a second; -1: no limit."""
    network = home.context.new_cdp_session(home)
    network.send("Network.enable")

    def limit(bytes_per_s: int) -> None:
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
        network.send("Network.emulateNetworkConditions", conditions)

    return limit


def test_choose_a_file_copy_its_link_and_open_it(home: Page, new_picture: Callable[..., Path]) -> None:
    """The whole way: choose, see it get ready, copy the link, open it: the picture is there in its true size."""
    with home.expect_file_chooser() as chooser:
        home.get_by_text("Choose files").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files(new_picture("holiday.png"))
    row = home.get_by_role("listitem")
    expect(row).to_contain_text("holiday.png")
    expect(row).to_contain_text("ready")
    link = row.get_by_role("textbox", name="Link to holiday.png").input_value()
    assert re.fullmatch(rf"{re.escape(_origin(home))}/[\w-]{{12}}", link)
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    expect(home.get_by_role("status")).to_have_text("Link copied")
    assert home.evaluate("navigator.clipboard.readText()") == link
    with home.expect_popup() as popup:
        row.get_by_role("link", name="Open holiday.png").click()
    assert popup.value.url == link
    image = popup.value.get_by_role("img")
    expect(image).to_have_js_property("naturalWidth", 64)
    expect(image).to_have_js_property("naturalHeight", 48)


def test_drop_files_anywhere(home: Page, watch: Watch, new_picture: Callable[..., Path], samples: Samples) -> None:
    """While they are held over the page it says what letting go does; dropped, each becomes a row."""
    watch.expect("409: POST")  # another test may have sent the song
    files = [_file(new_picture("one.png"), "image/png"), _file(samples["song.mp3"], "audio/mpeg")]
    catcher = home.get_by_text("Let go to upload")
    home.evaluate(_DROP, {"name": "dragenter", "files": files})
    expect(catcher).to_be_visible()
    home.evaluate(_DROP, {"name": "dragleave", "files": files})
    expect(catcher).to_be_hidden()
    home.evaluate(_DROP, {"name": "dragenter", "files": files})
    home.evaluate(_DROP, {"name": "drop", "files": files})
    expect(catcher).to_be_hidden()
    expect(home.locator(".row-name")).to_have_text(["one.png", "song.mp3"])
    expect(_rows(home, "playable")).to_have_count(2)
    expect(home.locator(".thumb img")).to_have_count(2)


def test_paste_an_image(home: Page, new_picture: Callable[..., Path]) -> None:
    """A screenshot from the clipboard is an upload too."""
    home.evaluate(_DROP, {"name": "paste", "files": [_file(new_picture("image.png"), "image/png")]})
    expect(_rows(home, "playable")).to_have_count(1)


def test_drop_a_link_or_an_address(
    home: Page, site: Site, watch: Watch, published: Callable[..., Upload], samples: Samples
) -> None:
    """Dragged here from another tab it is fetched, as one that is pasted is; other words are asked about where they
    can be mended, and in a field they are typed."""
    watch.expect("409: POST")
    mouse = home.context.new_cdp_session(home)

    def drag(kind: str, text: str, y: float = 300, *steps: str) -> None:
        data = {"items": [{"mimeType": kind, "data": text}], "dragOperationsMask": 1}
        for step in steps or ("dragEnter", "dragOver", "drop"):
            mouse.send("Input.dispatchDragEvent", {"type": step, "x": 400, "y": y, "data": data})

    photo, picture = (f"/{published(name).hash}.{name.split('.')[1]}" for name in ("photo.jpg", "picture.png"))
    drag("text/uri-list", f"{site.url}{photo}", 300, "dragEnter")
    expect(home.get_by_text("Let go to upload")).to_be_visible()
    drag("text/uri-list", f"{site.url}{photo}", 300, "drop")
    expect(home.get_by_text("Let go to upload")).to_be_hidden()
    expect(_rows(home, "playable")).to_have_count(1)
    drag("text/plain", f" {site.url}{picture}\n")
    expect(_rows(home, "playable")).to_have_count(2)
    expect(home.locator(".row-name")).to_have_text([picture[1:], photo[1:]])
    drag("text/plain", "a picture of a cat")
    field = home.get_by_label("Address of a file")
    expect(field).to_have_value("a picture of a cat")
    assert "whole address" in field.evaluate("field => field.validationMessage")
    field.fill("")
    box = field.bounding_box()
    assert box
    drag("text/plain", "https://example.com/", box["y"] + 10)
    expect(field).to_have_value("https://example.com/")
    expect(_rows(home, "playable")).to_have_count(2)


def test_three_at_a_time(home: Page, limit_speed: Callable[[int], None], new_picture: Callable[..., Path]) -> None:
    """Of many files three are sent at a time, the others wait for their turn, and all arrive."""
    home.evaluate(_RECORD_ROWS)
    limit_speed(100_000)
    home.set_input_files("#file", [new_picture(f"{number}.png", 100, 100) for number in range(5)])
    expect(_rows(home, "sending")).to_have_count(3)
    expect(_rows(home, "queued")).to_have_count(2)
    expect(_rows(home, "queued").first).to_contain_text("Waiting for its turn")
    limit_speed(-1)
    expect(_rows(home, "playable")).to_have_count(5)
    assert home.evaluate("mostAtOnce") == 3
    expect(home.locator(".row-name")).to_have_text([f"{number}.png" for number in range(5)])


def test_the_bar_moves_and_tells_the_speed(
    home: Page, limit_speed: Callable[[int], None], new_picture: Callable[..., Path]
) -> None:
    """While a file is sent: how much of it, percent, speed, time left; the bar only grows."""
    home.evaluate(_RECORD_ROWS)
    limit_speed(400_000)
    home.set_input_files("#file", new_picture(width=600, height=500))
    bar = home.get_by_role("progressbar", name="Progress of picture.png")
    expect(home.get_by_role("listitem")).to_contain_text(re.compile(r"\d+ %\d+ kB/s, \d s left"))
    expect(home.get_by_role("listitem")).to_contain_text(re.compile(r"\d+ kB of 90\d kB"))
    assert 0 < bar.evaluate("bar => bar.value") < 1
    expect(_rows(home, "playable")).to_have_count(1)
    shares = [int(share) for text in home.evaluate("seen") for share in re.findall(r"sending .*?\b(\d+) %", text)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5


def test_the_row_shows_processing(home: Page, new_film: Callable[..., Path]) -> None:
    """The link is there at once; beside it the worker's own percent grows until the film can be played."""
    home.evaluate(_RECORD_ROWS)
    home.set_input_files("#file", new_film(seconds=30))
    row = home.get_by_role("listitem")
    expect(row.get_by_role("button", name="Copy")).to_be_visible()
    expect(row).to_contain_text(re.compile(r"processing \d+ %"))
    expect(row).to_contain_text("ready")
    shares = [int(share) for text in home.evaluate("seen") for share in re.findall(r"processing (\d+) %", text)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 1
    expect(row.locator(".thumb img")).to_be_attached()


def test_what_is_no_media_says_why(home: Page, tmp_path: Path) -> None:
    """The sentence stands in the row and is read aloud; the same bytes would fail again, so there is no retry."""
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2" + os.urandom(4000))
    home.set_input_files("#file", junk)
    expect(_rows(home, "failed")).to_contain_text("This is no photo, animation, film or sound")
    expect(home.get_by_role("status")).to_contain_text("junk.bin: This is no photo")
    expect(home.get_by_role("button", name="Retry")).to_be_hidden()
    home.get_by_role("button", name="Remove from this list: junk.bin").click()
    expect(home.get_by_role("listitem")).to_have_count(0)
    expect(home.get_by_role("heading", name="Any photo, GIF, song or film.")).to_be_visible()


def test_a_film_that_breaks_can_be_sent_again(home: Page, samples: Samples, tmp_path: Path) -> None:
    """Its pictures are destroyed: the row says so, and a retry makes the site try again."""
    data = samples.bytes("clip.avi")
    movi = data.index(b"movi") + 4
    broken = tmp_path / "broken.avi"
    broken.write_bytes(data[:movi] + bytes(len(data) - movi))
    home.set_input_files("#file", broken)
    expect(_rows(home, "failed").locator(".row-problem p")).to_have_text(re.compile(r".{10,}\."))
    home.evaluate(_RECORD_ROWS)
    home.get_by_role("button", name="Retry").click()
    wait_until(home, "seen.some((text) => text.startsWith('accepted'))")
    expect(_rows(home, "failed")).to_have_count(1)


def test_a_lost_connection_can_be_tried_again(home: Page, watch: Watch, new_picture: Callable[..., Path]) -> None:
    """Nobody answers; a moment later somebody does."""
    watch.expect("ERR_CONNECTION_REFUSED")
    home.route("**/api/upload/file", lambda route: route.abort("connectionrefused"), times=1)
    home.set_input_files("#file", new_picture())
    expect(_rows(home, "failed")).to_contain_text("The connection was lost")
    home.get_by_role("button", name="Retry").click()
    expect(_rows(home, "playable")).to_have_count(1)


def test_cancel_and_try_again(
    home: Page, limit_speed: Callable[[int], None], new_picture: Callable[..., Path]
) -> None:
    """Cancelled in the middle, nothing more is sent; the row stays and offers to start over."""
    limit_speed(50_000)
    home.set_input_files("#file", new_picture(width=900, height=700))
    expect(_rows(home, "sending")).to_contain_text("kB/s")
    home.get_by_role("button", name="Cancel: picture.png").click()
    expect(_rows(home, "cancelled")).to_contain_text("Cancelled.")
    limit_speed(-1)
    home.get_by_role("button", name="Retry").click()
    expect(_rows(home, "playable")).to_have_count(1)


def test_leaving_while_uploading_warns(
    home: Page, limit_speed: Callable[[int], None], new_picture: Callable[..., Path]
) -> None:
    """The browser asks before it throws the upload away; staying, it goes on. Afterwards nobody is asked."""
    limit_speed(50_000)
    with home.expect_file_chooser() as chooser:  # a browser asks only those who have touched the page
        home.get_by_text("Choose files").click()
    chooser.value.set_files(new_picture(width=200, height=200))
    expect(_rows(home, "sending")).to_have_count(1)
    with home.expect_event("dialog") as dialog:
        home.close(run_before_unload=True)
    assert dialog.value.type == "beforeunload"
    dialog.value.dismiss()
    limit_speed(-1)
    expect(_rows(home, "playable")).to_have_count(1)
    with home.expect_event("close"):
        home.close(run_before_unload=True)


def test_already_here_is_success(
    home: Page, watch: Watch, published: Callable[..., object], samples: Samples
) -> None:
    """The same bytes a second time: the same link, and no word of an error."""
    watch.expect("409: POST")
    published("picture.png")
    home.set_input_files("#file", samples["picture.png"])
    expect(_rows(home, "playable")).to_contain_text("already here")


def test_what_the_server_has_is_not_sent(
    home: Page, site: Site, watch: Watch, new_picture: Callable[..., Path]
) -> None:
    """A worker makes the digest, and the site knows it: there is the link, and the visitor is one more owner."""
    picture = new_picture(width=300, height=300)
    hash_ = site.upload(picture).json["hash"]
    site.wait_for(hash_)
    posted: list[str] = []
    home.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    home.set_input_files("#file", picture)
    expect(_rows(home, "playable")).to_contain_text("already here")
    assert posted == [f"{site.url}/api/upload/known"]
    home.goto(f"/{hash_}/delete")
    expect(home.get_by_label("Delete token")).to_have_count(0)


def test_folders_are_taken_whole(
    home: Page, watch: Watch, new_picture: Callable[..., Path], tmp_path: Path
) -> None:
    """Chosen or dropped beside a file: what is in them and in folders of theirs, by name, but not what systems put
    there."""
    watch.expect("409: POST")  # the same three times two
    folder = tmp_path / "trip"
    (folder / "2 beach").mkdir(parents=True)
    for name in ("10.png", "9.png", "2 beach/a.png"):
        new_picture().rename(folder / name)
    (folder / ".DS_Store").write_bytes(b"x")
    loose = new_picture("loose.png")
    home.set_input_files("#folder", folder)
    expect(_rows(home, "playable")).to_have_count(3)
    names = ["a.png", "9.png", "10.png"]
    expect(home.locator(".row-name")).to_have_text(names)
    mouse = home.context.new_cdp_session(home)
    for kind in ("dragEnter", "drop"):
        data = {"items": [], "files": [str(folder), str(loose)], "dragOperationsMask": 1}
        mouse.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    expect(home.locator(".row-name")).to_have_text([*names, "loose.png", *names])
    expect(_rows(home, "playable")).to_have_count(7)


def test_record_a_sound(home: Page) -> None:
    """Somebody who lets the page listen sees how long and how loud it is; stopped, it is a row like any other."""
    home.context.grant_permissions(["microphone"])
    home.get_by_role("button", name="Record").click()
    dialog = home.get_by_role("dialog", name="Recording")
    expect(dialog.locator("[data-time]")).to_have_text(re.compile("^0:0[1-9]$"))
    wait_until(home, "document.querySelector('meter').value > 0")
    home.get_by_role("button", name="Stop and upload").click()
    expect(dialog).to_be_hidden()
    expect(_rows(home, "playable").locator(".row-name")).to_have_text(
        re.compile(r"^Recording [\d-]{10} [\d.]{5}\.webm$")
    )


def test_a_recording_that_is_not_to_be(home: Page) -> None:
    """Who does not let it listen is told how to; what is thrown away is not sent, and the microphone is closed."""
    home.get_by_role("button", name="Record").click()
    dialog = home.get_by_role("dialog")
    expect(dialog).to_contain_text("The microphone is closed to this site.")
    expect(dialog.get_by_role("button", name="Stop and upload")).to_be_hidden()
    dialog.get_by_role("button", name="Close").click()
    home.context.grant_permissions(["microphone"])
    home.get_by_role("button", name="Record").click()
    expect(dialog).to_contain_text("Recording")
    home.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(home.get_by_role("listitem").locator(".row-name")).to_have_count(0)


def test_an_album_in_the_order_of_the_list(home: Page, new_picture: Callable[..., Path]) -> None:
    """Dragged by its picture, or moved by the arrow keys: so the album has them."""
    home.set_input_files("#file", [new_picture(f"{name}.png") for name in "abcd"])
    expect(_rows(home, "playable")).to_have_count(4)
    names = home.locator(".row-name")
    grip = home.get_by_role("button", name="Move a.png").bounding_box()
    target = home.get_by_role("button", name="Move c.png").bounding_box()
    assert grip
    assert target
    home.mouse.move(grip["x"] + 20, grip["y"] + 20)
    home.mouse.down()
    home.mouse.move(grip["x"] + 20, target["y"] + 40, steps=5)
    home.mouse.up()
    expect(names).to_have_text(["b.png", "c.png", "a.png", "d.png"])
    expect(home.get_by_role("status")).to_have_text("a.png: 3 of 4")
    home.get_by_role("button", name="Move d.png").focus()
    home.keyboard.press("ArrowUp")
    home.keyboard.press("ArrowUp")
    expect(names).to_have_text(["b.png", "d.png", "c.png", "a.png"])
    expect(home.get_by_role("status")).to_have_text("d.png: 2 of 4")
    hashes = [field.input_value().rpartition("/")[2] for field in home.locator(".row .copy input").all()]
    home.get_by_role("button", name="Make an album of these").click()
    home.wait_for_url(re.compile(r"/[\w-]{12}$"))
    album = home.request.get(f"/api/{home.url.rpartition('/')[2]}").json()
    assert [file["hash"] for file in album["files"]] == hashes


def test_a_finger_puts_rows_in_order(
    new_context: Callable[..., BrowserContext], new_picture: Callable[..., Path]
) -> None:
    """By its picture a row goes up and down, and the page stays where it is; at an edge it moves along."""
    page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto("/")
    page.set_input_files("#file", [new_picture(f"{name}.png") for name in "abcd"])
    expect(_rows(page, "playable")).to_have_count(4)
    rows, names = page.locator("#rows > li"), page.locator(".row-name")
    before = page.evaluate("scrollY")
    finger = Finger(page)
    finger.drag(page.get_by_role("button", name="Move a.png"), rows.nth(1), down=10)
    expect(names).to_have_text(["b.png", "a.png", "c.png", "d.png"])
    expect(page.get_by_role("status")).to_have_text("a.png: 2 of 4")
    assert page.evaluate("scrollY") == before
    page.set_viewport_size({"width": 390, "height": 400})
    page.evaluate("scrollTo(0, 0)")
    finger.press(page.get_by_role("button", name="Move b.png"))
    finger.move(down=250)
    expect(names).to_have_text(["a.png", "c.png", "d.png", "b.png"])
    finger.lift()
    expect(page.get_by_role("status")).to_have_text("b.png: 4 of 4")


def test_recent_links_stay_in_this_browser(home: Page, new_picture: Callable[..., Path]) -> None:
    """The next visit shows them, without anything moving; each can be copied and forgotten, and all of it ended."""
    home.set_input_files("#file", [new_picture(f"{name}.png") for name in "ab"])
    expect(_rows(home, "playable")).to_have_count(2)
    links = {field.input_value() for field in home.locator(".row .copy input").all()}
    home.reload()
    recent = home.get_by_role("region", name="Recent links")
    expect(recent.get_by_role("listitem")).to_have_count(2)
    expect(recent.locator(".still img")).to_have_count(2)
    assert {link.evaluate("link => link.href") for link in recent.get_by_role("link").all()} == links
    recent.get_by_role("button", name="Copy link to a.png").click()
    expect(home.get_by_role("status")).to_have_text("Link copied")
    assert home.evaluate("navigator.clipboard.readText()") in links
    recent.get_by_role("button", name="Forget a.png").click()
    expect(recent.get_by_role("listitem")).to_have_count(1)
    recent.get_by_label("Remember them in this browser").uncheck()
    expect(recent).to_be_hidden()
    assert home.evaluate("localStorage.getItem('history')") is None
    home.set_input_files("#file", new_picture("c.png"))
    expect(_rows(home, "playable")).to_have_count(1)
    assert home.evaluate("localStorage.getItem('history')") is None


def test_keyboard_alone(home: Page, new_picture: Callable[..., Path]) -> None:
    """Tab and Enter choose a file and copy its link, and one always sees where one is."""
    with home.expect_file_chooser() as chooser:  # from the start: Playwright needs a moment to catch choosers
        home.keyboard.press("Tab")
        expect(home.get_by_text("Skip to the content")).to_be_focused()
        for _ in ("the mark", "Your uploads", "the file field"):
            home.keyboard.press("Tab")
        expect(home.locator("#file")).to_be_focused()
        expect(home.get_by_text("Choose files")).to_have_css("outline-style", "solid")
        home.keyboard.press("Enter")
    chooser.value.set_files(new_picture())
    expect(_rows(home, "playable")).to_have_count(1)
    for name in ("Folder", "Web address", "Record"):
        home.keyboard.press("Tab")
        expect(home.get_by_role("button", name=name)).to_be_focused()
    home.keyboard.press("Tab")
    expect(home.get_by_role("textbox", name="Link to")).to_be_focused()
    home.keyboard.press("Tab")
    copy = home.get_by_role("button", name="Copy")
    expect(copy).to_be_focused()
    expect(copy).to_have_css("outline-style", "solid")
    home.keyboard.press("Enter")
    expect(home.get_by_role("button", name="Copied")).to_be_visible()
    assert home.evaluate("navigator.clipboard.readText()").startswith(_origin(home))


@pytest.fixture(scope="module")
def small_site(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that takes only small files."""
    with Site(tmp_path_factory.mktemp("small"), MAX_FILE_SIZE=_SMALL_LIMIT_BYTES) as small:
        yield small


def test_refused_at_once(page: Page, watch: Watch, small_site: Site, tmp_path: Path) -> None:
    """An empty file and one over the limit are not sent at all, and the row says why."""
    watch.allow(small_site.url)
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    (tmp_path / "empty.png").touch()
    (tmp_path / "large.mp4").write_bytes(bytes(_SMALL_LIMIT_BYTES + 1))
    page.goto(small_site.url)
    expect(page.get_by_text("Up to 20 kB each.")).to_be_visible()
    page.set_input_files("#file", [tmp_path / "empty.png", tmp_path / "large.mp4"])
    expect(page.locator(".row-problem p")).to_have_text(
        ["This file is empty.", "This file is larger than the 20 kB that this site takes."]
    )
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    assert sent == []


def _rows(page: Page, state: str) -> Locator:
    return page.locator(f'#rows > [data-state="{state}"]')


def _origin(page: Page) -> str:
    origin: str = page.evaluate("location.origin")
    return origin


def _file(path: Path, mime: str) -> dict[str, str]:
    return {"name": path.name, "type": mime, "content": base64.b64encode(path.read_bytes()).decode()}

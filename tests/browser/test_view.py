"""The page of a media: what is on it, how it plays, and who may delete it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.conftest import Upload
from tests.browser.layout import WATCH_LAYOUT, shift
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.samples import Samples
from tests.site import Site

_IS_LOADED = """() => {
  const media = document.querySelector("[data-player] :is(audio, video, picture img)");
  return media.complete || media.readyState >= 1;
}"""
_FORM = "application/x-www-form-urlencoded"

Publish = Callable[[str], Upload]


@pytest.mark.parametrize(
    ("sample", "width", "height"),
    [
        ("photo.jpg", 600, 800),  # it lies on its side: EXIF says so
        ("picture.avif", 320, 200),
        ("picture.tif", 320, 200),
        ("loop.gif", 101, 77),
        ("transparent.gif", 101, 77),
        ("phone.mp4", 640, 360),
        ("song.mp3", None, None),
    ],
)
def test_the_media_is_there_and_nothing_jumps(
    page: Page, published: Publish, sample: str, width: int | None, height: int | None
) -> None:
    """In its true proportions, as large as it is or as fits, and the page stands still while it loads."""
    page.add_init_script(WATCH_LAYOUT)
    page.goto(f"/{published(sample).hash}")
    media = page.locator("[data-player] :is(audio, video, picture img)")
    wait_until(page, _IS_LOADED)
    if width and height:
        size = media.evaluate(
            "media => [media.naturalWidth ?? media.videoWidth, media.naturalHeight ?? media.videoHeight]"
        )
        # H.264 in 4:2:0 has even sides only.
        assert size[0] in (width, width // 2 * 2)
        assert size[1] in (height, height // 2 * 2)
        box = media.bounding_box()
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.03)
    page.wait_for_load_state("networkidle")
    if sample == "song.mp3":
        expect(page.locator(".wave")).to_have_count(2)
    assert shift(page) == 0


def test_a_film_plays_when_asked(page: Page, published: Publish) -> None:
    """An uploaded film does not start by itself, and plays, with its sound."""
    page.goto(f"/{published('phone.mp4').hash}")
    video = page.locator("video")
    wait_until(page, "document.querySelector('video').readyState >= 1")
    assert video.evaluate("v => [v.paused, v.autoplay, v.loop, v.muted]") == [True, False, False, False]
    expect(video).to_have_attribute("poster", re.compile(r"/[\w-]{12}\.jpg$"))
    video.focus()
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('video').currentTime > 0.2")


def test_a_gif_plays_by_itself_and_for_ever(page: Page, published: Publish) -> None:
    """Silent, looped, without a player's controls; a click or the keyboard stops it and lets it go on."""
    page.goto(f"/{published('loop.gif').hash}")
    video = page.locator("video")
    wait_until(page, "document.querySelector('video').currentTime > 0.1")
    assert video.evaluate("v => [v.controls, v.paused, v.loop, v.muted]") == [False, False, True, True]
    video.click(position={"x": 90, "y": 10})
    expect(video).to_have_js_property("paused", True)
    page.get_by_role("button", name="Play").press("Enter")
    expect(video).to_have_js_property("paused", False)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_song_shows_its_cover_and_plays(page: Page, published: Publish) -> None:
    """Cover and tags, whatever letters are in them, and sound."""
    page.goto(f"/{published('song.mp3').hash}")
    for text in ("Füße & <b>Köpfe</b>", "Björk", "Debut"):
        expect(page.locator(".sleeve-text").get_by_text(text, exact=True)).to_be_visible()
    expect(page).to_have_title(re.compile(r"^Füße & <b>Köpfe</b>"))
    expect(page.locator(".cover img")).to_have_js_property("naturalWidth", 300)
    page.locator("audio").evaluate("audio => audio.play()")
    wait_until(page, "document.querySelector('audio').currentTime > 0.2")


def test_processing_turns_into_the_player(page: Page, site: Site, new_film: Callable[..., Path]) -> None:
    """A page opened too early shows live progress, then plays, and never was another page."""
    hash_ = site.upload(new_film(seconds=20)).json["hash"]
    page.add_init_script(WATCH_LAYOUT)
    page.goto(f"/{hash_}")
    page.evaluate("window.marked = true")
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(page.locator("[data-phase]")).to_have_text("Processing")
    expect(page.locator("[data-percent]")).to_have_text(re.compile(r"[1-9]\d* %"))
    expect(page.get_by_role("group", name="Player")).to_be_visible()
    wait_until(page, "document.querySelector('video').readyState >= 1")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(re.compile(r"640 . 360"))
    assert page.evaluate("marked")
    assert shift(page) < 0.01


def test_it_says_how_many_others_wait(page: Page, site: Site, new_film: Callable[..., Path]) -> None:
    """On the page of what waits and in its row at home, as the status tells it."""
    answer: dict[str, object] = {"status": "pending", "progress": 0.0, "ahead": 2}
    page.route("**/api/*/status", lambda route: route.fulfill(json=answer))
    film = new_film()
    page.goto(f"/{site.upload(film).json['hash']}")
    phase = page.locator("[data-phase]")
    expect(phase).to_have_text("Waiting for 2 others")
    answer["ahead"] = 1
    expect(phase).to_have_text("Waiting for 1 other")
    del answer["ahead"]
    expect(phase).to_have_text("Waiting for a free worker")
    answer |= {"status": "processing", "progress": 0.25, "ahead": 3}
    expect(phase).to_have_text("Waiting for 3 others")
    expect(page.get_by_role("progressbar", name="Progress")).to_have_js_property("value", 0.25)
    page.goto("/")
    page.set_input_files("#file", new_film("another.avi"))
    facts = page.locator(".row-facts")
    expect(facts).to_contain_text("waiting for 3 others")
    del answer["ahead"]
    expect(facts).to_contain_text("processing 25 %")


def test_processing_that_fails_says_why(page: Page, site: Site, new_film: Callable[..., Path]) -> None:
    """Where the player would be stands the sentence, and a way on; links that lead nowhere are gone."""
    hash_ = site.upload(new_film()).json["hash"]
    sentence = "The pictures of this film are broken."
    failure = {"status": "error", "progress": 0.3, "message": sentence}
    page.route("**/api/*/status", lambda route: route.fulfill(json=failure))
    page.goto(f"/{hash_}")
    expect(page.get_by_role("alert")).to_have_text(sentence)
    expect(page.get_by_role("region", name="Share")).to_have_count(0)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.get_by_role("link", name="Upload another file").click()
    expect(page.get_by_text("Choose files")).to_be_visible()


def test_copy_the_links(page: Page, published: Publish, site: Site) -> None:
    """The link of the page, and that of the file itself for forums and `<img>`."""
    hash_ = published("picture.png").hash
    page.goto(f"/{hash_}")
    share = page.get_by_role("region", name="Share")
    share.get_by_role("button", name="Copy", exact=True).click()
    expect(share.get_by_text("Copied")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/{hash_}"
    share.get_by_role("button", name="Copy direct link").click()
    expect(share.get_by_text("Copied")).to_have_count(2)
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/{hash_}.png"
    expect(share.get_by_role("button", name="Copy direct link")).to_contain_text("Direct link")


def test_copy_without_the_clipboard(page: Page, published: Publish) -> None:
    """Plain http from another machine: the browser has no clipboard for pages, and copying works all the same."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.add_init_script("addEventListener('copy', () => { window.copied = String(getSelection()); })")
    page.goto(f"/{published('picture.png').hash}")
    for button in ("Copy", "Copy direct link"):
        page.evaluate("window.copied = null")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text("Copied")).not_to_have_count(0)
        wait_until(page, "window.copied !== null")


def test_download(page: Page, published: Publish, samples: Samples) -> None:
    """The original comes as a file to keep."""
    upload = published("picture.webp")
    page.goto(f"/{upload.hash}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{upload.hash}.webp"
    assert Path(download.value.path()).read_bytes() == samples.bytes("picture.webp")


def test_others_need_the_token(page: Page, watch: Watch, site: Site, new_picture: Callable[..., Path]) -> None:
    """Another browser is told that its guess is wrong, and deletes with the right token."""
    watch.expect("401: POST", "404: GET")
    upload = site.upload(new_picture()).json
    page.goto(f"/{upload['hash']}/delete")
    page.get_by_label("Delete token").fill("a guess")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_have_text("Only the person who uploaded this may delete it.")
    assert site.get(f"/{upload['hash']}").status == 200
    page.get_by_label("Delete token").fill(upload["delete_token"])
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    assert site.get(f"/{upload['hash']}").status == 404


def test_not_safe_for_work(page: Page, site: Site, new_picture: Callable[..., Path]) -> None:
    """Blurred, and out of the keyboard's reach, until somebody asks to see it."""
    upload = site.upload(new_picture()).json
    site.wait_for(upload["hash"])
    token = upload["delete_token"]
    answer = site.request(
        "POST", f"/api/{upload['hash']}/flags", "nsfw=true", X_Delete_Token=token, Content_Type=_FORM
    )
    assert answer.status == 200
    page.goto(f"/{upload['hash']}")
    box = page.locator(".box")
    expect(box).to_have_css("filter", re.compile("blur"))
    expect(box).to_have_js_property("inert", True)
    page.get_by_role("link", name="Show").click()
    expect(box).to_have_css("filter", "none")
    expect(box).to_have_js_property("inert", False)
    expect(page.get_by_text("Marked as not safe for work.")).to_have_count(0)
    expect(page.get_by_role("link", name="PNG picture")).to_be_focused()


def test_nothing_here(page: Page, watch: Watch) -> None:
    """An address without a media: a page that says so, with a way on."""
    watch.expect("404: GET")
    answer = page.goto("/AAAAAAAAAAAA")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    page.get_by_role("link", name="Upload a file").click()
    expect(page).to_have_title(re.compile("MediaCrush"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_fits(
    new_context: Callable[..., BrowserContext], watch: Watch, published: Publish, width: int, scheme: str
) -> None:
    """No page scrolls sideways on the narrowest phone, and each has the colours that the visitor's system has."""
    watch.expect("404: GET")
    context = new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    names = ("photo.jpg", "picture.png", "loop.gif", "phone.mp4", "song.mp3")
    media = [f"/{published(name).hash}" for name in names]
    frames = [f"{address}/{layout}" for address in media for layout in ("frame", "direct")]
    pages = ["/", "/mine", "/about", "/apps", "/serious", "/AAAAAAAAAAAA", f"{media[0]}/delete"]
    for address in [*pages, *media, *frames]:
        page.goto(address, wait_until="commit" if address in frames else "load")
        page.wait_for_load_state("domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        if address not in frames:
            light = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] > 128")
            assert light == (scheme == "light"), address


def test_nothing_is_below_the_fold(new_context: Callable[..., BrowserContext], published: Publish) -> None:
    """On a small desktop the media, its title and its links are seen without scrolling."""
    page = new_context(viewport={"width": 1280, "height": 720}).new_page()
    for name in ("photo.jpg", "phone.mp4"):
        page.goto(f"/{published(name).hash}")
        for role in ("Copy", "Copy direct link"):
            expect(page.get_by_role("button", name=role, exact=True)).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("link", name="Download")).to_be_in_viewport(ratio=1)


def test_a_picture_brings_little_along(page: Page, published: Publish) -> None:
    """What is loaded before anything else than the picture itself, as it goes over the wire: 15 KB of HTML, 10 of
    CSS and 20 of JavaScript at most."""
    most = {"document": 15_000, "stylesheet": 10_000, "script": 20_000}
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    page.goto(f"/{published('large.jpg').hash}", wait_until="networkidle")
    for kind, limit in most.items():
        sizes = [len(gzip.compress(a.body(), 9)) for a in answers if a.request.resource_type == kind]
        assert 0 < sum(sizes) <= limit, kind

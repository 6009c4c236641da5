"""Our frames as WordPress puts those of unknown sites on a page: shut in, a secret behind the address."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Frame, Page, Request, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.test_mediacrush_js import make_album
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.site import Site

_EMBED = (
    '<iframe sandbox="allow-scripts" security="restricted" width="600" height="400"'
    ' src="ADDRESS#?secret=a1B2c3D4e5" data-secret="a1B2c3D4e5"'
    ' frameborder="0" marginwidth="0" marginheight="0" scrolling="no"></iframe>'
)
_KINDS = {"image": "photo.jpg", "gif": "loop.gif", "video": "silent.mp4", "audio": "song.mp3"}

Embed = Callable[..., Frame]


@pytest.fixture
def embed(page: Page, watch: Watch, site: Site, published: Callable[[str], Upload]) -> Iterator[Embed]:
    """Opens a page of another site with the frame of a media of this kind, or of an album of several."""
    with ExitStack() as stack:

        def run(*kinds: str, query: str = "") -> Frame:
            hashes = [published(_KINDS[kind]).hash for kind in kinds]
            hash_ = hashes[0] if len(hashes) == 1 else make_album(site, *hashes)
            html = _EMBED.replace("ADDRESS", f"{site.url}/{hash_}/frame{query}")
            address = stack.enter_context(other_site(html))
            watch.allow(address)
            page.goto(address)
            frame = page.locator("iframe").element_handle().content_frame()
            assert frame is not None
            return frame

        yield run


@pytest.mark.parametrize("kinds", [("image",), ("gif",), ("video",), ("audio",), ("gif", "image")])
def test_every_kind_shows_itself(page: Page, site: Site, embed: Embed, kinds: tuple[str, ...]) -> None:
    """Its modules run, it is not in trouble, and it has neither an origin, nor cookies, nor storage."""
    requests: list[Request] = []
    # Playwright writes an attribute on what it calls, which a built-in method cannot take.
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108
    page.context.add_cookies([{"name": "owner", "value": "x", "url": site.url, "sameSite": "Lax"}])
    frame = embed(*kinds)
    shown = frame.locator("video, .sleeve" if kinds[0] != "image" else "img.fill")
    expect(shown).to_be_visible()
    ready = "naturalWidth > 0" if kinds[0] == "image" else "readyState > 0"
    wait_until(frame, f"document.querySelector('video, audio, img.fill').{ready}")
    expect(frame.locator("[data-trouble]")).to_be_hidden()
    assert frame.evaluate("origin") == "null"
    assert frame.evaluate("(() => { try { return document.cookie; } catch { return 'refused'; } })()") == "refused"
    assert any(request.url.endswith("/js/frame.js") for request in requests)
    assert not any("cookie" in request.all_headers() for request in requests)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_click_plays(embed: Embed, kind: str) -> None:
    """The player's own controls work, by keyboard here; the secret is taken for no option."""
    frame = embed(kind)
    media = frame.locator("video, audio")
    expect(media).to_have_js_property("autoplay", False)
    frame.get_by_role("button", name="Play").press("Space")
    wait_until(frame, "document.querySelector('video, audio').currentTime > 0.1")


def test_options_stand_in_the_query(embed: Embed) -> None:
    """Since WordPress takes the fragment."""
    frame = embed("video", query="?autoplay&mute&loop&nobrand")
    wait_until(frame, "document.querySelector('video').currentTime > 0.1")
    expect(frame.locator("video")).to_have_js_property("loop", True)
    expect(frame.locator(".brand")).to_have_count(0)


def test_an_album_is_turned_inside(page: Page, embed: Embed) -> None:
    """Next leads to the next media in the same frame, with the same options."""
    embed("gif", "image", query="?nobrand")
    shown = page.frame_locator("iframe")
    expect(shown.get_by_text("1 of 2")).to_be_visible()
    shown.get_by_role("link", name="Next").click()
    expect(shown.get_by_text("2 of 2")).to_be_visible()
    expect(shown.get_by_role("img", name="JPEG picture")).to_have_js_property("naturalWidth", 600)
    expect(shown.locator(".brand")).to_have_count(0)


def test_what_is_veiled_can_be_seen(
    page: Page, site: Site, embed: Embed, published: Callable[[str], Upload]
) -> None:
    """The veil of an album's second media lifts in place."""
    upload = published("photo.jpg")
    form = {"Content_Type": "application/x-www-form-urlencoded", "X_Delete_Token": upload.delete_token}
    assert site.request("POST", f"/api/{upload.hash}/flags", "nsfw=true", **form).status == 200
    try:
        embed("gif", "image", query="?item=2")
        shown = page.frame_locator("iframe")
        shown.get_by_role("link", name="Show").click()
        expect(shown.locator(".veil")).to_have_count(0)
        expect(shown.get_by_text("2 of 2")).to_be_visible()
    finally:
        site.request("POST", f"/api/{upload.hash}/flags", "nsfw=false", **form)

"""/static/mediacrush.js on somebody else's page, at another origin, in a real browser."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.site import Site

_SCRIPT = Path(__file__).resolve().parents[2] / "static" / "mediacrush.js"
_SAMPLES = ("plain.jpg", "loop.gif", "phone.mp4", "song.mp3")

Open = Callable[..., Page]
Published = Callable[[str], Upload]


@pytest.fixture
def open_page(page: Page, watch: Watch, site: Site) -> Iterator[Open]:
    """Opens a page of another origin with this in its body and our script; the page."""
    with ExitStack() as stack:

        def run(body: str, before: str = "", policy: str = "") -> Page:
            head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
            script = f'<script src="{site.url}/static/mediacrush.js"></script>'
            address = stack.enter_context(other_site(f"{head}<script>{before}</script>{body}{script}"))
            watch.allow(address)
            page.goto(address)
            return page

        yield run


@pytest.fixture(scope="session")
def album(site: Site, published: Published) -> str:
    """An album of everything."""
    listed = ",".join(published(name).hash for name in _SAMPLES)
    kind = "application/x-www-form-urlencoded"
    return str(site.request("POST", "/api/album/create", f"list={listed}".encode(), Content_Type=kind).json["hash"])


def div(hash_: str, options: str = "", *, identity: str = "") -> str:
    return f'<div class="mediacrush" id="{identity or hash_}" data-media="{hash_}{options}"></div>'


def test_it_is_small() -> None:
    """Under 6 kB on the way."""
    assert len(gzip.compress(_SCRIPT.read_bytes(), 9)) < 6000


def test_every_kind_is_shown(open_page: Open, published: Published, album: str) -> None:
    """A picture as an image; GIF, film, song and album as frames that play; all asked for in one request."""
    hashes = {name: published(name).hash for name in _SAMPLES}
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/" in request.url:
            asked.append(request.url)

    body = "".join(div(hash_) for hash_ in [*hashes.values(), album])
    page = open_page(f"<style>body {{ width: 700px }}</style>{body}")
    page.on("request", note)
    page.reload()
    expect(page.locator("div.mediacrush-processed")).to_have_count(5)
    expect(page.locator("div.mediacrush")).to_have_count(0)
    image = page.locator(f"[id='{hashes['plain.jpg']}'] > img")
    wait_until(page, "document.querySelector('img').naturalWidth > 0")
    assert image.evaluate("i => [i.width, i.height]") == [320, 200]
    for name, kind in (("loop.gif", "video"), ("phone.mp4", "video"), ("song.mp3", "audio")):
        frame = page.frame_locator(f"[id='{hashes[name]}'] > iframe")
        expect(frame.locator(kind)).to_be_visible() if kind == "video" else expect(
            frame.locator("body")
        ).to_be_visible()
    expect(page.frame_locator(f"[id='{album}'] > iframe").locator("body")).to_be_visible()
    assert len([url for url in asked if "/api/info" in url]) == 1


def test_frames_are_as_large_as_what_is_in_them(open_page: Open, published: Published) -> None:
    """By the messages they post: a film its own size, a song its card's; never wider than the page has room."""
    film, song = published("phone.mp4").hash, published("song.mp3").hash
    narrow = f'<section style="width: 320px">{div(film, identity="narrow")}</section>'
    page = open_page(f"<style>body {{ width: 900px }}</style>{div(film, identity='wide')}{narrow}{div(song)}")
    size = "e => [Number(e.width), Number(e.height)]"
    expect(page.locator("iframe")).to_have_count(3)
    wait_until(page, f"document.querySelector('[id=\"{song}\"] > iframe').height == 168")
    assert page.locator("#wide > iframe").evaluate(size) == [640, 360]
    assert page.locator("#narrow > iframe").evaluate(size) == [320, 180]


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ("MediaCrush.maxMediaWidth = 320", [320, 180]),
        ("MediaCrush.maxMediaHeight = 90", [160, 90]),
        ("MediaCrush.maxMediaWidth = 320; MediaCrush.preserveAspectRatio = false", [320, 360]),
    ],
)
def test_the_page_may_limit_sizes(open_page: Open, published: Published, settings: str, size: list[int]) -> None:
    """In `beforeMediaCrushLoad`, with or without the proportions."""
    before = f"window.beforeMediaCrushLoad = () => {{ {settings} }};"
    page = open_page(f"<style>body {{ width: 900px }}</style>{div(published('phone.mp4').hash)}", before)
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("width", str(size[0]))
    expect(frame).to_have_attribute("height", str(size[1]))


def test_options_reach_the_player(open_page: Open, published: Published) -> None:
    """Two of the same media on a page, each in its own way; words that are none are left out."""
    film = published("phone.mp4").hash
    page = open_page(div(film, "#loop,mute,autoplay,nobrand", identity="a") + div(film, "#x<y>", identity="b"))
    first, second = (page.frame_locator(f"#{name} > iframe").locator("video") for name in "ab")
    expect(first).to_have_js_property("loop", True)
    expect(first).to_have_js_property("muted", True)
    expect(first).to_have_js_property("paused", False)
    expect(second).to_have_js_property("loop", False)
    expect(second).to_have_js_property("paused", True)


def test_what_is_gone_is_said_plainly(open_page: Open, published: Published) -> None:
    """The rest of the page is shown all the same."""
    page = open_page(div("AAAAAAAAAAAA") + div(published("plain.jpg").hash))
    expect(page.locator("#AAAAAAAAAAAA")).to_have_text("This media was deleted, or its address is mistyped.")
    expect(page.locator("img")).to_be_visible()


def test_a_site_that_is_away_is_said_plainly(
    open_page: Open, published: Published, watch: Watch, site: Site
) -> None:
    """No error on the page, and no empty hole in it."""
    watch.expect(f"{site.url}/api/info", "net::ERR_FAILED")
    before = "window.beforeMediaCrushLoad = () => { window.fetch = () => Promise.reject(new TypeError()); };"
    page = open_page(div(published("plain.jpg").hash), before)
    expect(page.locator("div")).to_have_text("This media cannot be loaded right now.")


def test_the_page_may_do_it_all_itself(open_page: Open, published: Published) -> None:
    """With `preventMediaCrushAutoload` nothing is rendered until it says so, one element or all."""
    film, still = published("phone.mp4").hash, published("plain.jpg").hash
    page = open_page(div(film) + div(still), "window.preventMediaCrushAutoload = true;")
    expect(page.locator("div.mediacrush")).to_have_count(2)
    shown = page.evaluate(
        "hash => new Promise(done => MediaCrush.render(document.getElementById(hash), media => done(media.hash)))",
        film,
    )
    assert shown == film
    expect(page.locator("div.mediacrush-processed")).to_have_count(1)
    page.evaluate("MediaCrush.renderAll()")
    expect(page.locator("div.mediacrush-processed")).to_have_count(2)


def test_play_and_pause(open_page: Open, published: Published) -> None:
    """The element that holds the player is told."""
    film = published("phone.mp4").hash
    page = open_page(div(film, identity="film"))
    video = page.frame_locator("iframe").locator("video")
    expect(video).to_have_js_property("paused", True)
    page.evaluate("MediaCrush.play(document.getElementById('film'))")
    expect(video).to_have_js_property("paused", False)
    page.evaluate("MediaCrush.pause(document.getElementById('film'))")
    expect(video).to_have_js_property("paused", True)


def test_media_are_asked_about(open_page: Open, published: Published, album: str, watch: Watch) -> None:
    """get of one and of several, exists, checkStatus; a media has its File's fields, update and wait."""
    watch.expect("AAAAAAAAAAAA/exists", f"{album}/status")
    film, still = published("phone.mp4").hash, published("plain.jpg").hash
    page = open_page("")
    ask = "arguments_ => new Promise(done => MediaCrush[arguments_[0]](arguments_[1], (...all) => done(all)))"
    (one,) = page.evaluate(ask, ["get", film])
    assert (one["hash"], one["blob_type"], one["flags"]["loop"]) == (film, "video", False)
    several, by_hash = page.evaluate(ask, ["get", [film, "AAAAAAAAAAAA", still]])
    assert [media and media["hash"] for media in several] == [film, None, still]
    assert by_hash["AAAAAAAAAAAA"] is None
    assert by_hash[still]["url"].endswith(f"/{still}")
    assert page.evaluate(ask, ["get", "AAAAAAAAAAAA"]) == [None]
    assert page.evaluate(ask, ["exists", film]) == [True]
    assert page.evaluate(ask, ["exists", "AAAAAAAAAAAA"]) == [False]
    assert page.evaluate(ask, ["checkStatus", film])[0]["status"] == "done"
    assert page.evaluate(ask, ["checkStatus", album])[0]["blob_type"] == "album"
    for method in ("update", "wait"):
        fresh = page.evaluate(
            "([hash, word]) => new Promise(done => MediaCrush.get(hash, media => media[word](done)))",
            [film, method],
        )
        assert (fresh["hash"], fresh["status"]) == (film, "done")
    assert page.evaluate("MediaCrush.version") == 1


def test_a_page_uploads_waits_and_deletes(open_page: Open, watch: Watch) -> None:
    """A File with its progress; what it got is waited for and deleted by its token; known bytes are as good."""
    watch.expect("409")
    page = open_page("")
    page.evaluate(
        """async () => {
          const pixels = Array.from({ length: 300 }, () => Math.floor(Math.random() * 256));
          const canvas = Object.assign(document.createElement("canvas"), { width: 20, height: 20 });
          const context = canvas.getContext("2d");
          pixels.forEach((value, n) => {
            context.fillStyle = `rgb(${value} ${(value * 7) % 256} ${n % 256})`;
            context.fillRect(n % 20, Math.floor(n / 20), 1, 1);
          });
          const blob = await new Promise((done) => canvas.toBlob(done));
          window.picture = new File([blob], "x.png", { type: "image/png" });
        }"""
    )
    upload = """() => new Promise(done => {
      const seen = [];
      const note = event => seen.push(event.loaded);
      MediaCrush.upload(picture, (media, answer) => done({ media, answer, seen }), note);
    })"""
    first = page.evaluate(upload)
    assert first["media"]["hash"] == first["answer"]["hash"]
    assert first["seen"]
    waited = page.evaluate(
        "hash => new Promise(end => MediaCrush.checkStatus(hash, media => media.wait(end)))",
        first["answer"]["hash"],
    )
    assert waited["status"] in ("ready", "done")
    assert page.evaluate(upload)["media"]["hash"] == first["media"]["hash"]
    delete = "([hash, token]) => new Promise(done => MediaCrush.delete(hash, done, token))"
    watch.expect("401")
    assert page.evaluate(delete, [first["answer"]["hash"], "wrong"]) is False
    assert page.evaluate(delete, [first["answer"]["hash"], first["answer"]["delete_token"]]) is True


def test_an_address_is_uploaded_or_refused(open_page: Open, watch: Watch) -> None:
    """What cannot be fetched is null, with the answer that says why."""
    watch.expect("400")
    page = open_page("")
    media, answer = page.evaluate(
        "() => new Promise(done => MediaCrush.upload('http://10.0.0.1/a.png', (...all) => done(all)))"
    )
    assert media is None
    assert answer["error"] == 400
    assert answer["message"]


def test_a_strict_page_holds_it(open_page: Open, published: Published, site: Site) -> None:
    """No style and no script of its own in the page: a policy that names us is enough."""
    from_us = " ".join(f"{kind} {site.url};" for kind in ("connect-src", "img-src", "frame-src"))
    policy = f"default-src 'none'; script-src {site.url} 'unsafe-inline'; {from_us}"
    page = open_page(div(published("plain.jpg").hash) + div(published("phone.mp4").hash), policy=policy)
    expect(page.locator("div.mediacrush-processed")).to_have_count(2)
    expect(page.frame_locator("iframe").locator("video")).to_be_visible()


@pytest.mark.parametrize("sample", [*_SAMPLES, "album"])
def test_wordpress_holds_a_frame(
    new_context: Callable[..., BrowserContext],
    watch: Watch,
    site: Site,
    published: Published,
    album: str,
    sample: str,
) -> None:
    """Its sandbox lets scripts run and gives them no origin, and it puts a secret behind the address."""
    hash_ = album if sample == "album" else published(sample).hash
    source = f"{site.url}/{hash_}/frame#?secret=x1y2z3"
    frame = f'<iframe sandbox="allow-scripts" width="600" height="400" src="{source}"></iframe>'
    with other_site(frame) as address:
        watch.allow(address)
        page = new_context().new_page()
        page.goto(address)
        inside = page.frame_locator("iframe")
        kind = {"plain.jpg": "img", "song.mp3": "audio", "album": "img, video, audio"}.get(sample, "video")
        expect(inside.locator(kind).first).to_be_attached()
        if kind in ("video", "audio"):
            page.evaluate("frames[0].postMessage({ action: 'play' }, '*')")
            expect(inside.locator(kind)).to_have_js_property("paused", False)

"""mediacrush.js on the page of another site: what it renders, and what a page can do with it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, Locator, Page, Route, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.waits import wait_until
from tests.browser.watch import Watch
from tests.site import Site

Hashes = dict[str, str]
OpenPage = Callable[..., Page]

_KINDS = {"image": "photo.jpg", "gif": "loop.gif", "video": "silent.mp4", "audio": "song.mp3"}
# What a page is allowed that trusts nothing but itself and this site.
_STRICT = (
    "default-src 'none'; script-src SITE; connect-src SITE; img-src SITE data:; frame-src SITE; style-src 'none'; "
    "require-trusted-types-for 'script'"
)

# Calls what takes a callback, and gives the values that the callback got.
_CALL = """([name, ...values]) => new Promise((done) => {
  MediaCrush[name](...values, (...answer) => done(answer));
})"""


@pytest.fixture(scope="module")
def hashes(site: Site, published: Callable[[str], Upload]) -> Hashes:
    """A media of every kind, and an album of two of them, by kind."""
    found = {kind: published(sample).hash for kind, sample in _KINDS.items()}
    return found | {"album": make_album(site, found["image"], found["gif"])}


@pytest.fixture
def open_page(page: Page, watch: Watch, site: Site) -> Iterator[OpenPage]:
    """Opens a page of another site with this body and the script, and waits until it has rendered."""
    with ExitStack() as stack:

        def run(body: str, *, ready: bool = True, **headers: str) -> Page:
            script = f'<script src="{site.url}/static/mediacrush.js" async></script>'
            address = stack.enter_context(other_site(body + script, **headers))
            watch.allow(address)
            page.goto(address)
            if ready:
                expect(page.locator("div.mediacrush")).to_have_count(0)
            return page

        yield run


def make_album(site: Site, *hashes: str) -> str:
    """An album of these media; its hash."""
    form = urlencode({"list": ",".join(hashes)})
    answer = site.request("POST", "/api/album/create", form, Content_Type="application/x-www-form-urlencoded")
    return str(answer.json["hash"])


def div(hash_: str, options: str = "", **attributes: str) -> str:
    """What a page holds where a media shall be."""
    others = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<div class="mediacrush" data-media="{hash_}{options}"{others}></div>'


def frame_in(element: Locator) -> Frame:
    """The document of the frame that was rendered into it."""
    frame = element.locator("iframe").element_handle().content_frame()
    assert frame is not None
    return frame


def size_of(element: Locator) -> tuple[int, int]:
    """Pixels on the screen of what was rendered into it."""
    box = element.locator("img, iframe").bounding_box()
    assert box is not None
    return round(box["width"]), round(box["height"])


def test_every_kind_is_rendered(open_page: OpenPage, page: Page, hashes: Hashes) -> None:
    """A picture as <img>, all else as a frame; each as large as it says, and all asked for in one request."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/info" in request.url else None)
    open_page("".join(div(hash_, id=kind) for kind, hash_ in hashes.items()))
    expect(page.locator("div.mediacrush-processed")).to_have_count(5)
    image = page.locator("#image img")
    expect(image).to_have_js_property("naturalWidth", 600)
    sizes = {"image": (600, 800), "gif": (101, 77), "video": (320, 240), "audio": (560, 168), "album": (640, 480)}
    for kind, (width, height) in sizes.items():
        # A frame has told its size when it is that of no other guess.
        expect(page.locator(f"#{kind} :is(img, iframe)")).to_have_attribute("height", str(height))
        assert size_of(page.locator(f"#{kind}")) == (width, height)
    for kind in ("gif", "video", "audio", "album"):
        assert (
            frame_in(page.locator(f"#{kind}")).url == page.evaluate("MediaCrush.domain") + f"{hashes[kind]}/frame"
        )
    assert len(asked) == 1


def test_a_text_may_be_pasted_twice(page: Page, open_page: OpenPage, site: Site, hashes: Hashes) -> None:
    """Each brings the script along: still everything is asked for once, and shown once."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    texts = [site.get(f"/api/{hashes[kind]}/share").json["div"] for kind in ("image", "video")]
    hook = "<script>window.calls = 0; window.beforeMediaCrushLoad = () => (calls += 1);</script>"
    open_page(hook + "".join(texts))
    expect(page.locator("img, iframe")).to_have_count(2)
    wait_until(page.frames[1], "document.readyState === 'complete'")
    assert page.evaluate("calls") == 1
    assert len([url for url in asked if "/api/info" in url]) == 1
    assert len([url for url in asked if "/frame" in url and "/js/" not in url and "/css/" not in url]) == 1


def test_what_is_on_its_way_is_not_asked_for_again(page: Page, open_page: OpenPage, hashes: Hashes) -> None:
    """A page that adds things calls `renderAll` as often as it likes."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    prevent = "<script>window.preventMediaCrushAutoload = true</script>"
    open_page(prevent + div(hashes["video"]), ready=False)
    wait_until(page, "document.readyState === 'complete' && window.MediaCrush")
    assert page.evaluate("Promise.all([1, 2].map(() => MediaCrush.renderAll().then((all) => all.length)))") == [
        1,
        0,
    ]
    assert len([url for url in asked if "/api/info" in url]) == 1


@pytest.mark.parametrize(
    ("settings", "picture", "film"),
    [
        ("maxMediaWidth = 150", (150, 200), (150, 113)),
        ("maxMediaHeight = 120", (90, 120), (160, 120)),
        ("maxMediaWidth = 300; MediaCrush.maxMediaHeight = 120", (90, 120), (160, 120)),
        ("maxMediaWidth = 150; MediaCrush.preserveAspectRatio = false", (150, 800), (150, 240)),
        ("maxMediaWidth = -1", (400, 533), (320, 240)),
    ],
)
def test_limits_hold(
    open_page: OpenPage,
    hashes: Hashes,
    settings: str,
    picture: tuple[int, int],
    film: tuple[int, int],
) -> None:
    """Width and height shrink together unless the page wants otherwise, and never is it wider than its place."""
    before = f"<script>window.beforeMediaCrushLoad = () => {{ MediaCrush.{settings}; }}</script>"
    divs = "".join(div(hashes[kind], id=kind) for kind in ("image", "video"))
    page = open_page(f'{before}<section style="width: 400px">{divs}</section>')
    assert size_of(page.locator("#image")) == picture
    assert size_of(page.locator("#video")) == film


def test_a_narrower_page_shrinks_it(open_page: OpenPage, hashes: Hashes) -> None:
    """In proportion; the card of a sound keeps its height, so that its controls stay whole."""
    page = open_page("".join(div(hashes[kind], id=kind) for kind in ("image", "video", "audio")))
    expect(page.locator("#audio iframe")).to_have_attribute("height", "168")
    page.evaluate("document.body.style.width = '240px'")
    assert [size_of(page.locator(f"#{kind}")) for kind in ("image", "video", "audio")] == [
        (240, 320),
        (240, 180),
        (240, 168),
    ]


def test_each_instance_is_its_own(open_page: OpenPage, hashes: Hashes) -> None:
    """Two of the same film on one page: play and pause mean the one they are given."""
    page = open_page(div(hashes["video"], id="first") + div(hashes["video"], id="second"))
    first, second = (frame_in(page.locator(f"#{name}")) for name in ("first", "second"))
    page.evaluate("MediaCrush.play(document.querySelector('#first'))")
    expect(first.locator("video")).to_have_js_property("paused", False)
    expect(second.locator("video")).to_have_js_property("paused", True)
    page.evaluate("MediaCrush.pause(document.querySelector('#first'))")
    expect(first.locator("video")).to_have_js_property("paused", True)


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("gif", "", {"autoplay": True, "loop": True, "muted": True}),
        ("gif", "#noautoplay,noloop", {"autoplay": False, "loop": False, "muted": True}),
        ("audio", "#loop,mute", {"autoplay": False, "loop": True, "muted": True}),
        ("video", "#autoplay,loop", {"autoplay": True, "loop": True}),
    ],
)
def test_options_reach_the_player(
    open_page: OpenPage, hashes: Hashes, kind: str, options: str, expected: dict[str, bool]
) -> None:
    """What follows the hash in data-media holds for this instance."""
    frame = frame_in(open_page(div(hashes[kind], options, id="it")).locator("#it"))
    for name, value in expected.items():
        expect(frame.locator("video, audio")).to_have_js_property(name, value)


def test_no_brand(open_page: OpenPage, hashes: Hashes) -> None:
    """`nobrand` takes the mark from the corner, of an album too; without it there is one."""
    kinds = ("video", "album")
    page = open_page("".join(div(hashes[k], id=k) + div(hashes[k], "#nobrand", id=f"bare-{k}") for k in kinds))
    for kind in kinds:
        expect(frame_in(page.locator(f"#{kind}")).locator(".brand")).to_have_count(1)
        expect(frame_in(page.locator(f"#bare-{kind}")).locator(".brand")).to_have_count(0)


def test_the_page_may_render_by_itself(open_page: OpenPage, hashes: Hashes) -> None:
    """With `preventMediaCrushAutoload` nothing happens until `render` or `renderAll`."""
    prevent = (
        "<script>window.preventMediaCrushAutoload = true; window.beforeMediaCrushLoad = () => { throw 1; }</script>"
    )
    page = open_page(prevent + div(hashes["image"], id="one") + div(hashes["gif"], id="two"), ready=False)
    wait_until(page, "document.readyState === 'complete'")
    assert page.evaluate("document.querySelectorAll('img, iframe').length") == 0
    render = "new Promise((done) => MediaCrush.render(document.querySelector('#one'), (media) => done(media.hash)))"
    assert page.evaluate(render) == hashes["image"]
    expect(page.locator("#one img")).to_have_js_property("naturalWidth", 600)
    expect(page.locator("#two iframe")).to_have_count(0)
    page.evaluate("MediaCrush.renderAll()")
    expect(page.locator("#two iframe")).to_have_count(1)


def test_the_page_is_asked_before(open_page: OpenPage, hashes: Hashes) -> None:
    """`beforeMediaCrushLoad` is called once, with MediaCrush there and nothing rendered yet."""
    hook = """<script>window.seen = [];
      window.beforeMediaCrushLoad = () => seen.push([MediaCrush.version, document.querySelectorAll("img").length]);
    </script>"""
    assert open_page(hook + div(hashes["image"])).evaluate("seen") == [[1, 0]]


def call(page: Page, name: str, *values: object) -> list[object]:
    """The values that the callback of `MediaCrush.<name>` got."""
    answer: list[object] = page.evaluate(_CALL, [name, *values])
    return answer


def test_a_page_asks(open_page: OpenPage, site: Site, hashes: Hashes) -> None:
    """`get` of one and of several, `exists`, `checkStatus` call back; what is not here is null or false."""
    page = open_page("")
    film, album, unknown = hashes["video"], hashes["album"], "AAAAAAAAAAAA"
    assert page.evaluate("[MediaCrush.version, MediaCrush.domain]") == [1, f"{site.url}/"]
    facts = "({ hash, url, blob_type, files }) => [hash, url, blob_type, files.length > 0]"
    one = page.evaluate(f"new Promise((done) => MediaCrush.get('{film}', (media) => done(({facts})(media))))")
    assert one == [film, f"{site.url}/{film}", "video", True]
    several = page.evaluate(
        """(hashes) => new Promise((done) => MediaCrush.get(hashes, (array, byHash) =>
             done([array.map((media) => media?.blob_type), hashes.map((h) => byHash[h]?.hash ?? null)])))""",
        [film, unknown, album, film],
    )
    assert several == [["video", None, "album", "video"], [film, None, album, film]]
    assert call(page, "get", unknown) == [None]
    assert [call(page, "exists", hash_) for hash_ in (film, album, unknown)] == [[True], [True], [False]]
    statuses = "(hash) => new Promise((done) => MediaCrush.checkStatus(hash, ({ status }) => done(status)))"
    assert [page.evaluate(statuses, h) for h in (film, album, unknown)] == ["done", "done", "not found"]


def test_a_page_uploads_and_deletes(open_page: OpenPage, site: Site, new_picture: Callable[..., Path]) -> None:
    """A File with its progress, then `wait`, `update` and `delete` of its media, which knows its token."""
    page = open_page('<input type="file">')
    page.set_input_files("input", new_picture())
    uploaded = page.evaluate(
        """() => new Promise((done) => {
          window.sent = 0;
          const file = document.querySelector("input").files[0];
          MediaCrush.upload(file, (media, answer) => {
            window.media = media;
            media.wait(({ status, blob_type }) => done([answer.hash, media.hash, status, blob_type]));
          }, ({ loaded }) => (window.sent = loaded));
        })"""
    )
    hash_ = uploaded[0]
    assert uploaded[1] == hash_
    assert uploaded[2] in ("ready", "done")
    assert uploaded[3] == "image"
    assert page.evaluate("sent") > 64 * 48 * 3
    site.wait_for(hash_, "done")
    assert page.evaluate("new Promise((done) => media.update(({ status }) => done(status)))") == "done"
    assert call(page, "delete", hash_) == [False]
    assert page.evaluate("new Promise((done) => media.delete(done))") is True
    assert page.evaluate("new Promise((done) => media.update(({ status }) => done(status)))") == "not found"
    assert site.get(f"/api/{hash_}").status == 404


def test_a_page_uploads_an_address(open_page: OpenPage, site: Site, hashes: Hashes) -> None:
    """What is there already is a media too; a refusal says why."""
    page = open_page("")
    upload = """(address) => new Promise((done) => MediaCrush.upload(address, (media, answer) =>
      done([media && media.hash, answer.error, typeof answer.message])))"""
    address = site.url + site.get(f"/api/{hashes['gif']}").json["original"]
    assert page.evaluate(upload, address) == [hashes["gif"], 409, "string"]


def test_what_is_gone_says_so(
    open_page: OpenPage, site: Site, hashes: Hashes, new_picture: Callable[..., Path]
) -> None:
    """One plain sentence each for what was deleted since or never had a name, and the others are there."""
    answer = site.upload(new_picture()).json
    site.wait_for(answer["hash"], "done")
    site.request("DELETE", f"/api/{answer['hash']}", X_Delete_Token=answer["delete_token"])
    page = open_page(div(answer["hash"], id="deleted") + div("?", id="nameless") + div(hashes["gif"], id="gif"))
    for name in ("deleted", "nameless"):
        expect(page.locator(f"#{name}")).to_have_text("This media was deleted, or its address is mistyped.")
    expect(page.locator("#gif iframe")).to_have_count(1)


def test_a_strict_page_can_embed(open_page: OpenPage, site: Site, hashes: Hashes) -> None:
    """No inline style, no eval, no HTML from a string: with only this site allowed, every kind has its size."""
    policy = _STRICT.replace("SITE", site.url)
    page = open_page("".join(div(h, id=kind) for kind, h in hashes.items()), Content_Security_Policy=policy)
    expect(page.locator("#image img")).to_have_js_property("naturalWidth", 600)
    expect(page.locator("#album iframe")).to_have_attribute("height", "480")
    expect(page.locator("#audio iframe")).to_have_attribute("height", "168")
    expect(frame_in(page.locator("#gif")).locator("video")).to_have_js_property("paused", False)


@pytest.mark.parametrize(
    ("status", "body"),
    [(None, ""), (502, "<h1>Bad gateway</h1>"), (503, '{"error": 503, "message": "Try again."}')],
)
def test_a_site_that_is_down(
    open_page: OpenPage, page: Page, watch: Watch, hashes: Hashes, status: int | None, body: str
) -> None:
    """No answer, a proxy's page, an error: a plain sentence that does not say the media is deleted."""
    watch.expect("ERR_FAILED", f"{status}: GET")

    def answer(route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*"}
        route.abort() if status is None else route.fulfill(status=status, body=body, headers=headers)

    page.route("**/api/info*", answer)
    open_page(div(hashes["image"], id="one") + div(hashes["gif"], id="two"), ready=False)
    for name in ("one", "two"):
        expect(page.locator(f"#{name}")).to_have_text("This media cannot be loaded right now.")

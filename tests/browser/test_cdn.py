"""A site with its files in a bucket, as a browser sees it: a film, its words and stills from another origin."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from mediacrush.vendor import VENDOR
from tests.browser.other_site import other_site
from tests.browser.waits import wait_for, wait_until
from tests.browser.watch import Watch
from tests.cdn import cdn, store
from tests.s3 import S3Server
from tests.samples import ffmpeg
from tests.site import Site

_WORDS = "1\n00:00:00,000 --> 00:01:00,000\nPlain words\n"
_SCRIPT = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: Default,Liberation Sans,40,&H000000FF,5

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:01:00.00,Default,,0,0,0,,Styled words
"""
_FONT = VENDOR / "jassub" / "dist" / "default.woff2"
_PLAYS = "document.querySelector('video').currentTime > {}"
_HEIGHT = "document.querySelector('video').videoHeight === {}"
_SOURCE = "document.querySelector('video').currentSrc"
_CUE = "document.querySelector('video').textTracks[{}].activeCues?.[0]?.text === '{}'"


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> str:
    """Where the site's files are."""
    return s3_server.make_bucket()


@pytest.fixture(scope="module")
def edge(s3_server: S3Server, bucket: str) -> Iterator[str]:
    """The CDN's address, with a path in it."""
    with cdn(s3_server, bucket, prefix="site/", folder="/crush") as address:
        yield address


@pytest.fixture(scope="module")
def endpoint(s3_server: S3Server) -> Iterator[str]:
    """Where the bucket is."""
    with store(s3_server) as address:
        yield address


@pytest.fixture(scope="module")
def settings(bucket: str, endpoint: str, redis_url: str) -> dict[str, str]:
    """What sites with these files have in common."""
    return {
        "S3_BUCKET": bucket,
        "S3_PREFIX": "site",
        "S3_ENDPOINT": endpoint,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a key that only tests have",
    }


@pytest.fixture(scope="module")
def site(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str], edge: str
) -> Iterator[Site]:
    """The site before which the CDN is."""
    with Site(tmp_path_factory.mktemp("cdn"), CDN_URL=edge, **settings) as site:
        yield site


@pytest.fixture(scope="module")
def film(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of a film of a minute with a ladder, plain and styled subtitles, a font and a storyboard, done."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "plain.srt").write_text(_WORDS)
    (folder / "styled.ass").write_text(_SCRIPT)
    ffmpeg(
        folder / "film.mkv",
        *("-f", "lavfi", "-i", "testsrc2=size=640x360:duration=61:rate=4"),
        *("-i", str(folder / "plain.srt"), "-i", str(folder / "styled.ass")),
        *("-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast"),
        *("-c:s:0", "srt", "-c:s:1", "ass", "-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=eng"),
        *("-attach", str(_FONT), "-metadata:s:t:0", "mimetype=font/woff2"),
    )
    hash_: str = site.upload(folder / "film.mkv").json["hash"]
    site.wait_for(hash_, "done")
    return hash_


def _sees_all(page: Page, address: str) -> None:
    """Whoever opens the page plays the film, reads both subtitles and looks for a place by its stills."""
    page.goto(address)
    page.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
    wait_until(page, _PLAYS.format(0.5))
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    wait_until(page, _CUE.format(0, "Plain words"))
    page.evaluate(
        """() => {
          const [plain, styled] = document.querySelector("video").textTracks;
          plain.mode = "disabled";
          styled.mode = "showing";
        }"""
    )
    expect(page.locator("video")).to_have_class("fill has-script")
    wait_for(lambda: _looks_for_a_place(page), "a still")
    still = page.locator("media-preview-thumbnail img")
    wait_for(lambda: bool(still.evaluate("image => image.naturalWidth > 0")), "the sheet of stills")


def _looks_for_a_place(page: Page) -> bool:
    """Whether a still shows where the mouse moves on the bar."""
    box = page.locator("media-time-range").bounding_box()
    assert box is not None
    for place in (0.3, 0.5):
        page.mouse.move(box["x"] + place * box["width"], box["y"] + box["height"] / 2)
    return page.locator("media-preview-thumbnail").is_visible()


def _climbs(page: Page) -> None:
    """Whoever wants the lowest rung gets it by hls.js; whoever plays the ladder by the browser does."""
    page.get_by_role("button", name="settings").click()
    page.get_by_role("menuitem", name="Quality").click()
    page.locator("media-rendition-menu").get_by_role("menuitemradio").get_by_text("240p").click()
    wait_until(page, _HEIGHT.format(240))
    assert page.evaluate(_SOURCE).startswith("blob:")
    page.locator("video").evaluate(
        """video => {
          const ladder = video.querySelector('source[type^="application/vnd.apple.mpegurl"]').src;
          const bare = { src: ladder, crossOrigin: "anonymous", muted: true };
          video.replaceWith(Object.assign(document.createElement("video"), bare));
          return document.querySelector("video").play();
        }"""
    )
    wait_until(page, _PLAYS.format(0.5))


def test_a_film_comes_from_a_cdn(page: Page, film: str, watch: Watch, edge: str) -> None:
    """With all there is beside it, under our policy, and without one file from the site."""
    watch.allow(edge)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # The browser keeps the film's still as a page that needs no CORS gets it; the player must have it all the same.
    page.goto(f"/report/{film}")
    expect(page.locator("main img")).to_have_js_property("complete", True)
    _sees_all(page, f"/{film}")
    assert page.evaluate(_SOURCE).startswith(f"{edge}/{film}.")
    _climbs(page)
    kinds = {url.removeprefix(f"{edge}/{film}.") for url in asked if film in url and url.startswith(edge)}
    assert {"m3u8", "storyboard.vtt", "storyboard.jpg"} <= kinds
    ours = [url for url in asked if film in url and not url.startswith(edge)]
    assert ours == [page.url.replace(f"/{film}", f"/report/{film}"), page.url]


def test_a_film_comes_from_a_cdn_to_a_frame_of_no_origin(
    page: Page, site: Site, film: str, watch: Watch, edge: str
) -> None:
    """On somebody else's page, in a sandbox."""
    frame_tag = f'<iframe sandbox="allow-scripts" allow="autoplay" src="{site.url}/{film}/frame"></iframe>'
    with other_site(frame_tag) as address:
        for known in (edge, address):
            watch.allow(known)
        page.goto(address)
        frame = page.locator("iframe").element_handle().content_frame()
        assert isinstance(frame, Frame)
        frame.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
        wait_until(frame, _PLAYS.format(0.5))
        frame.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
        wait_until(frame, _CUE.format(0, "Plain words"))


def test_a_film_comes_from_a_bucket(
    page: Page, film: str, watch: Watch, settings: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    """Where there is no CDN: links of the site lead to the bucket, and texts come from here."""
    with Site(tmp_path / "data", **settings) as bare:
        for known in (endpoint, bare.url):
            watch.allow(known)
        _sees_all(page, f"{bare.url}/{film}")
        _climbs(page)

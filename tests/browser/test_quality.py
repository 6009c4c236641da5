"""What a film is played from: by choice, and by help where a browser needs it."""

from playwright.sync_api import Page, Request, expect

from tests.browser.waits import wait_until

_SHOWS = (
    "(() => {{ const v = document.querySelector('video'); return v.videoHeight === {} && v.currentTime > {}; }})()"
)
# As a browser that knows neither AV1 nor ladders.
_KNOWS_LITTLE = """
const known = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) {
  return /mpegurl|av01/.test(type) ? "" : known.call(this, type);
};"""


def _scripts(page: Page) -> list[str]:
    """The scripts that the page loads from now on."""
    loaded: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type == "script":
            loaded.append(request.url.rpartition("/")[2])

    page.on("request", note)
    return loaded


def test_a_rung_is_chosen(page: Page, long_film: str) -> None:
    """It goes on where it was, in the quality that was asked for, and then by itself again. What plays a ladder is
    loaded when it is needed, not before."""
    scripts = _scripts(page)
    page.goto(f"/{long_film}")
    page.get_by_role("button", name="settings").click()
    page.get_by_role("menuitem", name="Quality").click()
    choice = page.locator("media-rendition-menu").get_by_role("menuitemradio")
    expect(choice.last).to_have_text("Auto (360p)")
    page.locator("video").evaluate("video => { video.currentTime = 20; return video.play(); }")
    wait_until(page, _SHOWS.format(360, 20))
    assert "hls.min.js" not in scripts
    choice.get_by_text("240p").click()
    wait_until(page, _SHOWS.format(240, 20))
    assert "hls.min.js" in scripts
    assert page.evaluate("document.querySelector('video').currentSrc").startswith("blob:")
    page.get_by_role("menuitem", name="Quality").click()
    choice.get_by_text("Auto").click()
    wait_until(page, _SHOWS.format(360, 20))
    assert long_film in page.evaluate("document.querySelector('video').currentSrc")


def test_a_browser_that_knows_no_ladder_is_helped(page: Page, long_film: str) -> None:
    """Once the film plays, and without a choice."""
    scripts = _scripts(page)
    page.add_init_script(_KNOWS_LITTLE)
    page.goto(f"/{long_film}")
    expect(page.get_by_role("group", name="Player")).to_be_visible()
    assert "hls.min.js" not in scripts
    page.locator("video").focus()
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('video').currentSrc.startsWith('blob:')")
    wait_until(page, "document.querySelector('video').currentTime > 1")

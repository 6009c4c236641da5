"""Whether everybody can read and use every page: what axe-core finds, what fingers hit, what fits and stays put."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Upload
from tests.browser.test_mediacrush_js import make_album
from tests.browser.watch import Watch
from tests.site import Site

# A package of npm's, for tests only (package.json).
_AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# On the narrowest phone there is.
_PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}

_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shifts.push(...entry.sources.map(({ node }) => String(node?.outerHTML).slice(0, 80)));
  }
}).observe({ type: "layout-shift", buffered: true });"""
_VIOLATIONS = """async (rules) => {
  const { violations } = await axe.run(document, rules ? { runOnly: rules } : {});
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}"""
_SMALL = """() => [...document.querySelectorAll("a, button, select, summary, input")]
  .filter((node) => !["checkbox", "radio"].includes(node.type))
  .filter((node) => node.checkVisibility() && !node.closest(".sr, .skip, .description"))
  .filter((node) => !node.matches(":is(p, li, dd, .track) > a:not(.quiet), a.fill, #file"))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([, { height }]) => height < 43.5)
  .map(([node, { height }]) => `${height}: ${node.className} ${node.textContent.trim()}`)"""
_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def look(new_context: Callable[..., BrowserContext], watch: Watch) -> Iterator[Callable[..., Page]]:
    """Opens a page on a phone, lets the test do something there, and looks at it by day and by night."""
    watch.expect("404: GET", "401: POST")
    context = new_context(color_scheme="light", **_PHONE)
    context.add_init_script(path=_AXE)
    context.add_init_script(_SHIFTS)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    def look(address: str, do: Callable[[Page], object] = lambda _: None) -> Page:
        page.goto(address)
        do(page)
        problems = [
            *page.evaluate(_VIOLATIONS, None),
            *page.evaluate(_SMALL),
            *(f"moved: {part}" for part in page.evaluate("shifts")),
        ]
        if page.evaluate(_WIDE):
            problems.append("wider than the screen")
        page.emulate_media(color_scheme="dark")
        problems += [f"dark: {one}" for one in page.evaluate(_VIOLATIONS, ["color-contrast"])]
        page.emulate_media(color_scheme="light")
        if problems:
            found[address] = problems
        return page

    yield look
    assert found == {}


def test_the_pages_of_the_site(look: Callable[..., Page], new_picture: Callable[..., Path], tmp_path: Path) -> None:
    """Home in each of its states, one's own uploads, documentation, feedback and errors."""
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2" * 2000)

    def upload(page: Page) -> None:
        page.set_input_files("#file", [new_picture("a.png"), new_picture("b.png"), junk])
        expect(page.locator("[data-state='playable']")).to_have_count(2)
        expect(page.locator("[data-state='failed']")).to_have_count(1)

    def record(page: Page) -> None:
        expect(page.locator(".recent .still img")).to_have_count(2)
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_role("dialog")).to_contain_text("closed")

    def choose(page: Page) -> None:
        page.locator(".tile").first.get_by_role("checkbox").check()
        page.get_by_text("Take this list").click()

    look("/mine")
    look("/")
    look("/", upload)
    look("/", lambda page: expect(page.locator(".recent .still img")).to_have_count(2))
    look("/", record)
    page = look("/mine", choose)
    own = page.locator(".tile-name a").first.get_attribute("href")
    look("/mine", lambda page: (choose(page), page.get_by_role("button", name="Forget").click()))
    for address in (f"{own}/edit", f"{own}/delete", "/feedback", "/docs", "/docs/api", "/docs/embed", "/docs/curl"):
        look(address)
    for address in ("/docs/mediacrush.js", "/docs/sharex", "/about", "/apps", "/serious", "/AAAAAAAAAAAA"):
        look(address)


def test_the_pages_after_a_deed(
    look: Callable[..., Page],
    site: Site,
    watch: Watch,
    new_picture: Callable[..., Path],
    new_film: Callable[..., Path],
) -> None:
    """What one reads after a report, after words to who runs the site, after a delete, before several of them;
    while something waits; and when the site fails."""
    watch.expect("500: GET")

    def upload(page: Page) -> None:
        page.set_input_files("#file", [new_picture("a.png"), new_picture("b.png"), new_picture("c.png")])
        expect(page.locator("[data-state='playable']")).to_have_count(3)

    def report(page: Page) -> None:
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Report").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    def thank(page: Page) -> None:
        page.get_by_label("What is good").fill("The colours.")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    def delete(page: Page) -> None:
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", name="Deleted")).to_be_visible()

    def choose(page: Page) -> None:
        page.get_by_label("All on this page").check()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", name="Delete these 2 uploads?")).to_be_visible()

    def hold(route: Route) -> None:
        """The page as it is, which does not go on by itself."""
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('http-equiv="refresh"', 'name="held"'))

    page = look("/", upload)
    own = page.locator(".row .copy a").first.get_attribute("href")
    look(str(own).replace(site.url, "/report"), report)
    look("/feedback", thank)
    look(f"{own}/delete", delete)
    look("/mine", choose)
    look(site.broken_page(), lambda page: expect(page.get_by_role("heading", name="Our fault")).to_be_visible())
    page.route("**/status/*", hold)
    waiting = site.upload(new_film(seconds=20)).json["hash"]
    look(
        f"/status/{waiting}",
        lambda page: expect(page.get_by_text("Your link, which works already")).to_be_visible(),
    )


def test_the_pages_of_media(
    look: Callable[..., Page],
    site: Site,
    published: Callable[[str], Upload],
    new_film: Callable[..., Path],
) -> None:
    """A picture, a film, an animation, a sound, albums in every layout; what waits and what failed."""
    names = ("photo.jpg", "phone.mp4", "loop.gif", "song.mp3")
    picture, film, loop, song = (published(name).hash for name in names)
    album = make_album(site, picture, film, song)
    failed = site.upload(b"\0\0\0\x18ftypmp42" + bytes(4000)).json["hash"]
    site.wait_for(failed)
    for address in (f"/{picture}", f"/{loop}", f"/{failed}", f"/status/{failed}", f"/{picture}/preview"):
        look(address)
    for address in (f"/{film}", f"/{song}"):
        look(address, lambda page: expect(page.locator(".controls")).to_be_visible())
    for layout in ("list", "focus", "random"):
        look(f"/{album}/{layout}")
    for address in (f"/report/{picture}", f"/{picture}/delete", f"/{picture}/edit", f"/{album}/delete"):
        look(address)
    for name in (picture, film, song, album, failed):
        look(f"/{name}/frame")
    page = look(f"/{picture}/direct")
    page.route("**/api/*/status", lambda route: route.fulfill(json={"status": "processing", "progress": 0.4}))
    waiting = site.upload(new_film()).json["hash"]
    for path in (f"/{waiting}", f"/{waiting}/frame"):
        look(path, lambda page: expect(page.get_by_text("Processing")).to_be_visible())

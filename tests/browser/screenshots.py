"""`make screenshots`: every page and state of the real site, light and dark, on a phone and on a desktop, into
build/screenshots, for whoever changes the design and wants to look at it; and the two pictures of the README."""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.browser import artwork
from tests.browser.chromium import MISSING, chromium, find_chromium
from tests.browser.other_site import other_site
from tests.site import Site

_ROOT = Path(__file__).resolve().parents[2]
_README_PICTURES = _ROOT / "docs" / "screenshots"
_ALL_PICTURES = _ROOT / "build" / "screenshots"
_ALBUM = ("estuary.jpg", "cells.gif", "walk.mp4", "valley.jpg", "the-long-way-home.mp3", "ridge 0.jpg")
_FORM = {"Content_Type": "application/x-www-form-urlencoded"}
_TOO_LARGE = {"Content_Type": "multipart/form-data; boundary=x", "Content_Length": str(10**12)}
# An address for which limits hold, as those of the visitors here do not.
_SOMEBODY = "203.0.113.1"
_SLOW_BYTES_PER_S = 300_000
_PATIENCE_MS = 120_000  # the machine transcodes beside

# What begins with this is seen without JavaScript.
_PLAIN = "plain-"

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Screen:
    """A size in CSS pixels."""

    name: str
    width: int
    height: int
    scale: int
    has_touch: bool = False


DESKTOP = Screen("desktop", 1280, 800, 1)
PHONE = Screen("phone", 390, 844, 2, has_touch=True)


class Studio:
    """A site with things on it, and a browser to look at them."""

    def __init__(self, site: Site, browser: Browser, folder: Path) -> None:
        self.site = site
        self._browser = browser
        self._uploaded: dict[str, dict[str, str]] = {}
        self.files = _Files(folder)

    def hash(self, name: str, *, until: tuple[str, ...] = ("done", "unrecognised")) -> str:
        """The name of a file on the site; uploaded, and waited for, when it is first asked for."""
        if name not in self._uploaded:
            self._uploaded[name] = self.site.upload(self.files[name]).json
        hash_ = self._uploaded[name]["hash"]
        self.site.wait_for(hash_, *until)
        return hash_

    def veil(self, name: str) -> None:
        """Mark a file as not safe for work."""
        path = f"/api/{self.hash(name)}/flags?delete_token={self._uploaded[name]['delete_token']}"
        self.site.request("POST", path, "nsfw=true", Content_Type="application/x-www-form-urlencoded")

    @contextmanager
    def page(self, screen: Screen, scheme: Scheme, *, javascript: bool = True) -> Iterator[Page]:
        """A page of a visitor who was never here."""
        context = self._browser.new_context(
            base_url=self.site.url,
            viewport={"width": screen.width, "height": screen.height},
            device_scale_factor=screen.scale,
            has_touch=screen.has_touch,
            is_mobile=screen.has_touch,
            color_scheme=scheme,
            java_script_enabled=javascript,
        )
        try:
            yield context.new_page()
        finally:
            context.close()


def home(_: Studio, page: Page) -> None:
    """Before the first upload."""
    page.goto("/")


def home_dragging(_: Studio, page: Page) -> None:
    """A file is held over the page."""
    page.goto("/")
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["x"], "x.png"));
          dispatchEvent(new DragEvent("dragenter", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#catcher")).to_have_css("opacity", "1")
    page.wait_for_timeout(400)  # the corners close in


def home_uploads(studio: Studio, page: Page, *, also_troubles: bool = True) -> None:
    """Files at every point of their way, as the list shows them."""
    ready = ["cells.gif", "the-long-way-home.mp3", "estuary.jpg"]
    page.route("**/api/upload/known", lambda route: route.fulfill(json={}))  # what is sent is seen being sent
    page.goto("/")
    if also_troubles:
        page.set_input_files("#file", [studio.files["scan_0042.raw"], studio.files["empty.mov"]])
        expect(page.locator('[data-state="failed"]')).to_have_count(2)
    page.set_input_files("#file", [studio.files[name] for name in ready])
    expect(page.locator('[data-state="playable"] .thumb img')).to_have_count(
        len(ready),
    )
    _hold(page, "processing", 0.63)
    page.set_input_files("#file", studio.files["walk.mp4"])
    expect(page.locator("#rows > li").first).to_contain_text("63 %")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": _SLOW_BYTES_PER_S}
    network.send("Network.emulateNetworkConditions", conditions)
    page.set_input_files("#file", studio.files["from the summit.png"])
    expect(page.locator("#rows > li").first).to_contain_text(
        re.compile("[3-5]. %.*left"),
    )
    if also_troubles:
        page.set_input_files("#file", [studio.files[f"ridge {number}.jpg"] for number in range(3)])
        page.locator('[data-state="sending"] [data-do="remove"]').first.click()
        expect(page.locator('[data-state="cancelled"]')).to_be_visible()


def home_recent(studio: Studio, page: Page) -> None:
    """The next visit of somebody who uploaded a few files."""
    names = ["cells.gif", "the-long-way-home.mp3", "walk.mp4", "valley.jpg", "estuary.jpg"]
    page.goto("/")
    page.set_input_files("#file", [studio.files[name] for name in names])
    expect(page.locator('[data-state="playable"]')).to_have_count(
        len(names),
    )
    for name in names:
        studio.hash(name)
    page.goto("/")
    expect(page.locator(".recent .still img")).to_have_count(len(names))
    page.wait_for_load_state("networkidle")


def home_address(_: Studio, page: Page) -> None:
    """What was typed is no address."""
    page.goto("/")
    page.get_by_role("button", name="Web address").click()
    page.get_by_label("Address of a file").fill("example.com/cat.gif")
    page.get_by_role("button", name="Fetch").click()


def recording(_: Studio, page: Page) -> None:
    """The microphone is open."""
    page.context.grant_permissions(["microphone"])
    page.goto("/")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("[data-time]")).to_have_text("0:02")


def recording_refused(_: Studio, page: Page) -> None:
    """The microphone is closed to the site."""
    page.goto("/")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("dialog")).to_contain_text("closed")


def view(studio: Studio, page: Page, *, name: str, suffix: str = "") -> None:
    """The page of a file, with all it shows loaded."""
    page.goto(f"/{studio.hash(name)}{suffix}", wait_until="networkidle")
    page.wait_for_timeout(1000)  # the spinner of a film's controls


def veiled(studio: Studio, page: Page, *, suffix: str = "") -> None:
    """What is not for everybody's eyes."""
    studio.veil("veiled.jpg")
    view(studio, page, name="veiled.jpg", suffix=suffix)


def copied(studio: Studio, page: Page) -> None:
    """The moment after Copy."""
    view(studio, page, name="estuary.jpg")
    page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    page.locator("[data-copy]").first.click()
    expect(page.locator("[data-copy]").first).to_have_text("Copied")


def play(studio: Studio, page: Page) -> None:
    """A film that plays, with the pointer on it."""
    view(studio, page, name="walk.mp4")
    page.locator("video").evaluate("video => { video.muted = true; video.currentTime = 2; return video.play(); }")
    page.hover("video")
    page.wait_for_timeout(600)


def waiting(studio: Studio, page: Page, *, status: str, ahead: int = 0, suffix: str = "") -> None:
    """The page of a film that cannot be played yet, held still for the picture."""
    hash_ = studio.hash("very long.avi", until=("processing",))
    _hold(page, status, 0.63, ahead)
    page.goto(f"/{hash_}{suffix}")
    expect(page.locator("[data-phase]")).to_contain_text("Processing" if status == "processing" else "Waiting")
    page.wait_for_timeout(700)


def at(studio: Studio, page: Page, *, address: str, name: str = "estuary.jpg") -> None:
    """A page by its address, `{}` being the name of a file, which is done; of the long film, being worked on."""
    until = ("processing",) if name == "very long.avi" else ("done", "unrecognised")
    page.goto(address.format(studio.hash(name, until=until)))


def own(studio: Studio, page: Page, *names: str) -> list[str]:
    """Upload files as this browser; their names on the site."""
    hashes = []
    for name in names:
        content = {"name": name, "mimeType": "application/octet-stream", "buffer": studio.files[name].read_bytes()}
        hashes.append(page.request.post("/api/upload/file", multipart={"file": content}).json()["hash"])
        studio.site.wait_for(hashes[-1], "done")
    return hashes


def own_album(studio: Studio, page: Page) -> str:
    """Make an album as this browser; its name."""
    hashes = own(studio, page, *_ALBUM)
    made = page.request.post("/api/album/create", form={"list": ",".join(hashes)}).json()
    texts = {"title": "A walk by the *sea*", "description": "Three days in October, and what we heard on the way."}
    page.request.post(f"/api/{made['hash']}/text", form=texts)
    return str(made["hash"])


def album(studio: Studio, page: Page, *, suffix: str = "") -> None:
    """A page of an album, as its maker sees it."""
    page.goto(f"/{own_album(studio, page)}{suffix}", wait_until="networkidle")
    for item in page.locator(".item").all():
        item.scroll_into_view_if_needed()  # what is far below is loaded when one comes near
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


def album_arranged(studio: Studio, page: Page) -> None:
    """Its maker puts it in another order."""
    album(studio, page, suffix="/list")
    page.get_by_role("link", name="Arrange").click()
    page.locator(".piece-out").nth(1).click()
    page.wait_for_load_state("networkidle")


def shared(studio: Studio, page: Page) -> None:
    """All the ways to share a picture."""
    view(studio, page, name="estuary.jpg")
    page.get_by_text("More ways to share").click()
    page.wait_for_load_state("networkidle")


def zoomed(studio: Studio, page: Page) -> None:
    """A picture looked at closely."""
    view(studio, page, name="estuary.jpg")
    page.locator("a.fill").dblclick(position={"x": 200, "y": 120})
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)


def edited(studio: Studio, page: Page) -> None:
    """Its owner changes what is said of a film."""
    page.goto(f"/{own(studio, page, 'walk.mp4')[0]}", wait_until="networkidle")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Title").fill("A walk at dawn")


def delete_asked(studio: Studio, page: Page) -> None:
    """The dialog before a picture is deleted."""
    page.goto(f"/{own(studio, page, 'valley.jpg')[0]}", wait_until="networkidle")
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("dialog").wait_for()


def deleted(studio: Studio, page: Page) -> None:
    """After the delete."""
    page.goto(f"/{own(studio, page, 'ridge 2.jpg')[0]}/delete")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Deleted").wait_for()


def reported(studio: Studio, page: Page) -> None:
    """After a report."""
    at(studio, page, address="/report/{}")
    page.get_by_label("It is spam").check()
    page.get_by_role("button", name="Report").click()
    page.get_by_role("heading", name="Thank you").wait_for()


def mine(studio: Studio, page: Page) -> None:
    """What a browser sent."""
    own_album(studio, page)
    page.goto("/mine", wait_until="networkidle")


def mine_chosen(studio: Studio, page: Page, *, deed: str = "") -> None:
    """Some of it is chosen, and what shall be done with it."""
    mine(studio, page)
    for number in (1, 2, 4):
        page.locator(".tile").nth(number).get_by_role("checkbox").check()
    if deed:
        page.get_by_role("button", name=deed).click()
        page.get_by_role("heading", name=f"{deed} these 3 uploads?").wait_for()


def mine_moved(studio: Studio, page: Page) -> None:
    """The list on its way to another browser."""
    mine(studio, page)
    page.get_by_text("Take this list to another browser").click()


def thanked(_: Studio, page: Page) -> None:
    """After words to who runs the site."""
    page.goto("/feedback")
    page.get_by_role("textbox").fill("Nice.")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you").wait_for()


def broken(studio: Studio, page: Page) -> None:
    """The site has failed."""
    page.goto(studio.site.broken_page())


def refused(studio: Studio, page: Page, *, path: str, body: str, **headers: str) -> None:
    """The page of a refusal that no click leads to quickly, as the site answers it."""
    answer = studio.site.request("POST", path, body, **headers)
    page.route("**/refused", lambda route: route.fulfill(body=answer.body, content_type="text/html"))
    page.goto("/refused")


def too_often(studio: Studio, page: Page) -> None:
    """Feedback, once more than the site takes in an hour."""
    sent = _FORM | {"X_Forwarded_For": _SOMEBODY}
    studio.site.request("POST", "/feedback", "feedback=Nice", **sent)
    refused(studio, page, path="/feedback", body="feedback=Nice", **sent)


def wrong_token(studio: Studio, page: Page) -> None:
    """Somebody else tries to delete."""
    at(studio, page, address="/{}/delete")
    page.fill("#delete-token", "a guess")
    page.click("button.danger")
    page.locator("#problem").wait_for()


def own_delete(studio: Studio, page: Page) -> None:
    """The uploader is asked."""
    page.goto("/")
    page.set_input_files("#file", studio.files["valley.jpg"])
    expect(page.locator('[data-state="playable"]')).to_be_visible()
    at(studio, page, address="/{}/delete", name="valley.jpg")


def framed(studio: Studio, page: Page, *, name: str, width: int, height: int) -> None:
    """A frame on somebody's page."""
    html = (
        "<meta name=viewport content='width=device-width'>"
        f"<body style='margin:24px;font:16px serif'><p>A page of somebody else.</p>"
        f"<iframe src='{studio.site.url}/{studio.hash(name)}/frame' width='{width}' height='{height}'"
        f" style='border:0;max-width:100%'></iframe><p>It goes on below.</p>"
    )
    with other_site(html) as address:
        page.goto(address, wait_until="networkidle")


Shot = Callable[[Studio, Page], None]
SHOTS: dict[str, Shot] = {
    "home": home,
    "home-dragging": home_dragging,
    "home-uploads": home_uploads,
    "home-recent": home_recent,
    "home-address": home_address,
    "recording": recording,
    "recording-refused": recording_refused,
    "image": partial(view, name="estuary.jpg"),
    "image-copied": copied,
    "image-tall": partial(view, name="valley.jpg"),
    "image-small": partial(view, name="icon.png"),
    "image-shared": shared,
    "image-zoomed": zoomed,
    "video": partial(view, name="walk.mp4"),
    "video-edited": edited,
    "video-playing": play,
    "gif": partial(view, name="cells.gif"),
    "audio": partial(view, name="the-long-way-home.mp3"),
    "audio-plain": partial(view, name="memo.mp3"),
    "nsfw": veiled,
    "failed": partial(at, address="/{}", name="scan_0042.raw"),
    "status-failed": partial(at, address="/status/{}", name="scan_0042.raw"),
    "album": album,
    "album-focus": partial(album, suffix="/focus"),
    "album-focus-video": partial(album, suffix="/focus?item=3"),
    "album-arranged": album_arranged,
    "album-delete": partial(album, suffix="/delete"),
    "album-edit": partial(album, suffix="/edit"),
    "delete": own_delete,
    "delete-asked": delete_asked,
    "deleted": deleted,
    "report": partial(at, address="/report/{}"),
    "reported": reported,
    "mine": mine,
    "mine-chosen": mine_chosen,
    "mine-delete": partial(mine_chosen, deed="Delete"),
    "mine-forget": partial(mine_chosen, deed="Forget"),
    "mine-moved": mine_moved,
    "mine-empty": partial(at, address="/mine"),
    "feedback": partial(at, address="/feedback"),
    "thanked": thanked,
    "too-large": partial(
        refused,
        path="/api/upload/noscript",
        body="",
        Content_Length=str(10**12),
        Content_Type="multipart/form-data; boundary=x",
    ),
    "too-often": too_often,
    "delete-token": partial(at, address="/{}/delete"),
    "delete-wrong-token": wrong_token,
    "not-found": partial(at, address="/AAAAAAAAAAAA"),
    "broken": broken,
    "direct-image": partial(view, name="estuary.jpg", suffix="/direct"),
    "direct-video": partial(view, name="walk.mp4", suffix="/direct"),
    "direct-audio": partial(view, name="the-long-way-home.mp3", suffix="/direct"),
    "frame-image": partial(framed, name="estuary.jpg", width=640, height=427),
    "frame-video": partial(framed, name="walk.mp4", width=640, height=360),
    "frame-audio": partial(framed, name="the-long-way-home.mp3", width=560, height=168),
    "frame-album": partial(album, suffix="/frame"),
    **{
        f"preview-{word}": partial(view, name=name, suffix="/preview")
        for word, name in {
            "image": "estuary.jpg",
            "small": "icon.png",
            "video": "walk.mp4",
            "gif": "cells.gif",
            "audio": "the-long-way-home.mp3",
            "plain": "memo.mp3",
        }.items()
    },
    "preview-nsfw": partial(veiled, suffix="/preview"),
    "preview-album": partial(album, suffix="/preview"),
    **{
        f"docs{path.replace('/docs', '').replace('/', '-')}": partial(at, address=path)
        for path in (
            *("/docs", "/docs/api", "/docs/embed", "/docs/mediacrush.js", "/docs/curl", "/docs/sharex"),
            *("/about", "/apps", "/serious"),
        )
    },
    f"{_PLAIN}home": home,
    f"{_PLAIN}image": partial(view, name="estuary.jpg"),
    f"{_PLAIN}album": partial(album, suffix="/focus"),
    # These keep the machine busy, so they come last; soon afterwards there is nothing to wait for any more.
    f"{_PLAIN}status": partial(at, address="/status/{}", name="very long.avi"),
    "preview-waiting": partial(at, address="/{}/preview", name="very long.avi"),
    "waiting": partial(waiting, status="pending"),
    "waiting-for-others": partial(waiting, status="pending", ahead=3),
    "waiting-frame": partial(waiting, status="processing", suffix="/frame"),
    "processing": partial(waiting, status="processing"),
}


def shoot_readme(studio: Studio, folder: Path) -> None:
    """The two pictures of the README, small enough to be kept in the repository."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Shot] = {
        "home": partial(home_uploads, also_troubles=False),
        "view": partial(view, name="estuary.jpg"),
    }
    for name, shot in pictures.items():
        path = folder / f"{name}.png"
        with studio.page(DESKTOP, "light") as page:
            shot(studio, page)
            page.screenshot(path=path)
        with Image.open(path) as picture:
            picture.convert("RGB").save(path, optimize=True)
        print(path)


def shoot_all(studio: Studio, folder: Path, only: list[str], phone_width: int) -> list[str]:
    """Every page and state on every screen in every scheme; the names of those that could not be reached."""
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name, shot in SHOTS.items():
        for screen in (DESKTOP, replace(PHONE, width=phone_width)):
            for scheme in SCHEMES:
                if only and not any(word in name for word in only):
                    continue
                with studio.page(screen, scheme, javascript=not name.startswith(_PLAIN)) as page:
                    try:
                        shot(studio, page)
                    except (Error, AssertionError) as error:
                        failed.append(f"{name}-{screen.name}-{scheme}: {error}")
                    page.screenshot(path=folder / f"{name}-{screen.name}-{scheme}.png", full_page=True)
    print(folder)
    return failed


def _hold(page: Page, status: str, progress: float, ahead: int = 0) -> None:
    """Answer this page's questions for a status with this one from now on."""

    def answer(route: Route) -> None:
        route.fulfill(json={"status": status, "progress": progress, "ahead": ahead})

    page.route("**/api/*/status", answer)


class _Files:
    """Files by name, made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> Path:
        path = self._folder / name
        return path if path.exists() else _MAKERS[name](path)


def _photo(width: int, height: int, colours: artwork.Colours, seed: int = 3) -> Callable[[Path], Path]:
    return lambda path: artwork.photo(path, width, height, colours, seed=seed)


def _junk(path: Path) -> Path:
    path.write_bytes(bytes(range(256)) * 400)
    return path


def _empty(path: Path) -> Path:
    path.touch()
    return path


_MAKERS: dict[str, Callable[[Path], Path]] = {
    "estuary.jpg": _photo(2400, 1600, artwork.DAWN),
    "valley.jpg": _photo(1200, 1800, artwork.NOON, 8),
    "veiled.jpg": _photo(1600, 1200, artwork.DUSK, 11),
    "from the summit.png": _photo(2600, 1700, artwork.NOON, 4),
    "icon.png": _photo(64, 64, artwork.DUSK, 2),
    **{f"ridge {n}.jpg": _photo(1800, 1200, artwork.DUSK, 30 + n) for n in range(3)},
    "walk.mp4": artwork.film,
    "very long.avi": artwork.long_film,
    "cells.gif": artwork.loop,
    "the-long-way-home.mp3": artwork.song,
    "memo.mp3": partial(artwork.song, tagged=False),
    "scan_0042.raw": _junk,
    "empty.mov": _empty,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=_ALL_PICTURES, help="where they go (build/screenshots)")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        metavar="WORD",
        help="those with one of these in their name; readme: its two",
    )
    parser.add_argument("--phone-width", type=int, default=PHONE.width, help=f"in pixels ({PHONE.width})")
    arguments = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        sys.exit(f"{MISSING} Install one, for example with `apt-get install chromium`.")
    expect.set_options(timeout=_PATIENCE_MS)
    with tempfile.TemporaryDirectory() as name, chromium(executable) as browser:
        folder = Path(name)
        settings = {"ADDRESS_CLAIM_HOURS": 0, "TRUSTED_PROXIES": "127.0.0.1", "FEEDBACK_PER_HOUR": 1}
        with Site(folder / "data", **settings) as site:
            studio = Studio(site, browser, folder)
            if not arguments.only or "readme" in arguments.only:
                shoot_readme(studio, _README_PICTURES)
            failed = shoot_all(studio, arguments.folder, arguments.only, arguments.phone_width)
    if failed:
        sys.exit("Not as they should be:\n" + "\n".join(failed))


if __name__ == "__main__":
    main()

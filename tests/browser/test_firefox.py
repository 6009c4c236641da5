"""The same site in Firefox: a photo, a GIF, a film and a song go in, and each of them plays or shows."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import must_be_there
from tests.browser.firefox import MISSING, Firefox, find_firefox, firefox
from tests.samples import Samples
from tests.site import Site

_LINKS = "[...document.querySelectorAll('.row .copy input')].map((field) => field.value)"
_READY = "document.querySelectorAll('[data-state=\"playable\"]').length"


@pytest.fixture(scope="module")
def fox(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One for all tests: it starts slowly. Without one they are skipped; with CI=true they fail."""
    executable = find_firefox()
    if executable is None:
        if must_be_there():
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    with firefox(executable, site.url, tmp_path_factory.mktemp("firefox") / "profile") as fox:
        yield fox


def test_upload_and_look_at_each(
    fox: Firefox, site: Site, samples: Samples, new_picture: Callable[..., Path]
) -> None:
    """Four rows end in links, and an album in their order; each shows or plays there; what is sent again is
    known by its digest."""
    picture = new_picture(width=300, height=200)
    files = [picture, samples["loop.gif"], samples["phone.mp4"], samples["song.mp3"]]
    fox.open("/")
    fox.choose("#file", *files)
    fox.wait_until(f"{_READY} === 4")
    photo, loop, film, song = (link.removeprefix(site.url) for link in fox.evaluate(_LINKS))
    fox.click("#album button")
    fox.wait_until("/^.[\\w-]{12}$/.test(location.pathname)")
    album = fox.evaluate("fetch(`/api${location.pathname}`).then((answer) => answer.json())")
    assert [f"/{file['hash']}" for file in album["files"]] == [photo, loop, film, song]

    fox.open("/")
    fox.choose("#file", picture)
    fox.wait_until(f"{_READY} === 1")
    assert fox.evaluate("document.querySelector('.row-facts').textContent").endswith("already here")
    sent = fox.evaluate("performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)")
    assert "/api/upload/known" in sent
    assert "/api/upload/file" not in sent

    fox.open(photo)
    fox.wait_until("document.querySelector('.box img').naturalWidth === 300")
    for path, selector in ((loop, "video"), (film, "video"), (song, "audio")):
        fox.open(path)
        played = "[...document.querySelectorAll('video, audio')].some((media) => media.currentTime > 0.2)"
        # Without a sound card Firefox plays no sound that could be heard.
        fox.evaluate(f"Object.assign(document.querySelector('{selector}'), {{ muted: true }}).play()")
        fox.wait_until(played)
    assert [problem for problem in fox.problems if not problem.startswith("409")] == []


def test_a_quality_is_chosen(fox: Firefox, long_film: str) -> None:
    """Of a ladder, which Firefox does not climb by itself, by the menu; the film goes on where it was, and then as
    it began."""
    film = "document.querySelector('video')"
    shows = f"{film}.videoHeight === %d && {film}.currentTime > 20"
    source = f"{film}.currentSrc"
    choice = (
        "[...document.querySelector('media-rendition-menu').shadowRoot.querySelectorAll('[role=menuitemradio]')]"
        ".find(({ textContent }) => textContent.startsWith('%s'))"
    )
    fox.open(f"/{long_film}")
    fox.wait_until("document.querySelector('.controls') !== null")
    fox.evaluate(f"Object.assign({film}, {{ muted: true, currentTime: 20 }}).play()")
    fox.wait_until(shows % 360)
    first = fox.evaluate(source)
    fox.click("media-settings-menu-button")
    fox.wait_until("!document.querySelector('media-settings-menu').hidden")
    for name in ("240p", "Auto"):
        fox.click("[data-for='rendition']")
        fox.wait_until(f"({choice % name}).checkVisibility()")
        fox.click_on(choice % name)
        if name == "240p":
            fox.wait_until(shows % 240)
            assert fox.evaluate(source).startswith("blob:")
    fox.wait_until(shows % 360)
    assert fox.evaluate(source) == first
    assert [problem for problem in fox.problems if not problem.startswith("409")] == []


def test_the_theme_is_remembered(fox: Firefox) -> None:
    """The switch by a real click; the next page is dark from the start."""
    fox.open("/")
    fox.click(".theme label:last-of-type")
    dark = fox.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(17, 19, 18)"
    fox.open("/about")
    assert fox.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert fox.evaluate("document.querySelector('[name=\"theme\"]:checked').value") == "dark"


def test_record_a_sound(fox: Firefox) -> None:
    """From Firefox's own pretended microphone to a row with a link."""
    fox.open("/")
    fox.click("[data-record]")
    fox.wait_until("document.querySelector('[data-time]').textContent === '0:01'")
    fox.click("[data-stop]")
    fox.wait_until(f"{_READY} === 1")
    name = fox.evaluate("document.querySelector('.row-name').textContent")
    assert re.fullmatch(r"Recording [\d-]{10} [\d.]{5}\.(webm|ogg)", name)

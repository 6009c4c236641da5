"""The texts that people paste, read by what reads them there."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import pytest
import segno
from flask.testing import FlaskClient
from markdown_it import MarkdownIt

from mediacrush.backends import Backends
from mediacrush.model.media import Flags, Media
from mediacrush.services import albums
from mediacrush.web.cards import media_card
from mediacrush.web.share import ShareData, share_data
from mediacrush.web.urls import Urls
from tests.web.records import FILM, HASH, PHOTO, SITE, SONG, keep

_URLS = Urls(site=SITE, cdn=SITE)
_PAGE, _PREVIEW = f"{SITE}/{HASH}", f"{SITE}/{HASH}.preview.jpg"
_TITLES = [
    "plain",
    "brackets ](https://other.example) [and",
    "a \\ at the end \\",
    "`code` *stars* _lines_ ~~gone~~ | pipe",
    "!<script>alert(1)</script>",
    "\"quotes\" & 'more' &amp; &#x41;",
    "two\nlines\r\nand\ttabs",
    "\u202eright to left\u2066",
    "مرحبا بالعالم",
    "[img]x[/img] [/url]",
]


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def shared(record: Media) -> tuple[str, ShareData]:
    """The title on its card, and its texts."""
    card = media_card(record, _URLS, f"{SITE}/{HASH}.jpg", 10_000_000)
    return card.title, share_data(card)


@pytest.mark.parametrize("title", _TITLES)
@pytest.mark.parametrize(("record", "image"), [(PHOTO, f"{SITE}/{HASH}.jpg"), (FILM, _PREVIEW), (SONG, _PREVIEW)])
def test_markdown_and_html_show_a_linked_picture(record: Media, image: str, title: str) -> None:
    """One link with one picture in it, whatever the title says; the title is its alternative text."""
    shown, texts = shared(replace(record, title=title))
    for html in (MarkdownIt().render(texts.markdown), texts.html):
        read = _Elements(html)
        assert [tag for tag, _ in read.found if tag != "p"] == ["a", "img"]
        attributes = dict(read.found)
        assert attributes["a"]["href"] == _PAGE
        assert (attributes["img"]["src"], attributes["img"]["alt"]) == (image, shown)
        assert not read.text.strip()


@pytest.mark.parametrize("title", _TITLES)
@pytest.mark.parametrize("record", [replace(PHOTO, flags=Flags(nsfw=True)), replace(SONG, files=SONG.files[:1])])
def test_without_a_picture_the_title_is_the_link(record: Media, title: str) -> None:
    """Nothing of what is not safe for work stands in another page."""
    shown, texts = shared(replace(record, title=title))
    for html in (MarkdownIt().render(texts.markdown), texts.html):
        read = _Elements(html)
        assert [tag for tag, _ in read.found if tag != "p"] == ["a"]
        assert read.text.strip() == shown
    assert texts.bbcode == f"[url]{_PAGE}[/url]"


@pytest.mark.parametrize("title", _TITLES)
def test_bbcode_holds_addresses_only(title: str) -> None:
    """No forum agrees on how its brackets are written as text."""
    assert shared(replace(FILM, title=title))[1].bbcode == f"[url={_PAGE}][img]{_PREVIEW}[/img][/url]"


@pytest.mark.parametrize("title", _TITLES)
@pytest.mark.parametrize(("record", "size"), [(FILM, ("1920", "1080")), (SONG, ("560", "168"))])
def test_an_iframe_is_one_element(record: Media, size: tuple[str, str], title: str) -> None:
    """With the player's address, size and title."""
    shown, texts = shared(replace(record, title=title))
    ((tag, attributes),) = _Elements(texts.iframe).found
    assert tag == "iframe"
    assert (attributes["src"], attributes["title"]) == (f"{_PAGE}/frame", shown)
    assert (attributes["width"], attributes["height"]) == size


def test_the_div_is_what_our_script_looks_for() -> None:
    """And the script stands beside it."""
    (div, attributes), (script, source) = _Elements(shared(FILM)[1].div).found
    assert (div, attributes) == ("div", {"class": "mediacrush", "data-media": HASH})
    assert (script, source["src"]) == ("script", f"{SITE}/static/mediacrush.js")


@pytest.mark.parametrize("record", [PHOTO, FILM, SONG])
def test_the_api_gives_them(client: FlaskClient, backends: Backends, record: Media) -> None:
    """All seven, for a media and for an album."""
    keep(backends, record)
    album, _ = albums.create(backends, HASH, None, None)
    for hash_ in (HASH, album):
        content = client.get(f"/api/{hash_}/share").get_json()
        assert sorted(content) == sorted(ShareData.__slots__)
        assert content["link"] == f"http://localhost/{hash_}"
    assert client.get(f"/api/{album}/share").get_json()["direct"] == f"http://localhost/{album}"


def test_the_link_as_a_qr_code(client: FlaskClient, backends: Backends) -> None:
    """A small picture that browsers keep; none of what is not here."""
    keep(backends, PHOTO)
    answer = client.get(f"/{HASH}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    drawn = BytesIO()
    segno.make(f"http://localhost/{HASH}").save(drawn, kind="svg", light="#fff", omitsize=True)
    path = re.compile(rb' d="(M[^"]+)"')
    assert path.findall(answer.data)[-1] == path.findall(drawn.getvalue())[-1]
    assert client.get("/nothing_here/qr.svg").status_code == 404


@pytest.mark.parametrize("hash_", ["nothing_here", "short"])
def test_what_is_not_here_has_none(client: FlaskClient, hash_: str) -> None:
    """404, as everywhere."""
    answer = client.get(f"/api/{hash_}/share")
    assert (answer.status_code, answer.get_json()["error"]) == (404, 404)

"""Pages of albums: a list, one at a time, shuffled, in a frame; deleting and packing without JavaScript."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.model.media import Flags, Media, Status
from mediacrush.services import library
from mediacrush.web.caching import KEPT
from tests.samples import Samples
from tests.web.records import DRAWING, FILM, PHOTO, SONG, keep

_HASHES = tuple(letter * 12 for letter in "abcd")
_PAGES = ["/{}", "/{}/list", "/{}/focus", "/{}/random", "/{}/direct", "/{}/frame"]

Make = Callable[..., str]


@pytest.fixture
def make(client: FlaskClient, backends: Backends) -> Make:
    """Makes an album of these records, by the browser of the test; its hash."""

    def run(*records: Media, **texts: str) -> str:
        named = [named_like(record, hash_) for record, hash_ in zip(records, _HASHES, strict=False)]
        hashes = [keep(backends, record) for record in named]
        hash_ = client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"]
        if texts:
            assert client.post(f"/api/{hash_}/text", data=texts).status_code == 200
        return str(hash_)

    return run


def named_like(record: Media, hash_: str) -> Media:
    """The record under another name, its files too."""
    files = tuple(replace(file, filename=f"{hash_}{file.filename[12:]}") for file in record.files)
    return replace(record, hash=hash_, sha256=hash_[0] * 64, files=files)


def shown(html: str) -> list[str]:
    """The media that a list links to by name, in order."""
    return re.findall(r'class="(?:track|item-name)"[^>]*><a[^>]*href="/([\w-]{12})"', html)


@pytest.mark.parametrize("page", _PAGES)
def test_every_page_answers(client: FlaskClient, make: Make, page: str) -> None:
    """With a policy and without inline script or style; what it links to on this site is there."""
    hash_ = make(PHOTO, FILM, SONG, DRAWING)
    answer = client.get(page.format(hash_))
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == KEPT
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    pages = re.findall(r'href="((?:http://localhost)?/(?:static/[^"]+|[\w-]{12}(?:[/?][^"]*)?))"', answer.text)
    assert pages
    for link in pages:
        assert client.get(unescape(link)).status_code == 200, link


@pytest.mark.parametrize("page", ["/{}", "/{}/list", "/{}/focus", "/{}/random", "/{}/direct", "/{}/delete"])
def test_only_the_frame_can_be_framed(client: FlaskClient, make: Make, page: str) -> None:
    """By any site; the other pages by none."""
    hash_ = make(PHOTO)
    assert "frame-ancestors *" in client.get(f"/{hash_}/frame").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get(page.format(hash_)).headers["Content-Security-Policy"]


@pytest.mark.parametrize("layout", ["grid", "List", "lists", "focus/2", "0"])
def test_an_unknown_layout_is_not_found(client: FlaskClient, make: Make, layout: str) -> None:
    """404."""
    assert client.get(f"/{make(PHOTO)}/{layout}").status_code == 404


@pytest.mark.parametrize("layout", ["list", "focus", "random", "zip"])
def test_only_an_album_has_layouts(client: FlaskClient, make: Make, layout: str) -> None:
    """A media, and a name that nothing has, are a 404."""
    make(PHOTO)
    for hash_ in (_HASHES[0], "nothing_here"):
        call = client.post if layout == "zip" else client.get
        assert call(f"/{hash_}/{layout}").status_code == 404


def test_a_list_has_all_in_their_order(client: FlaskClient, make: Make) -> None:
    """By name, each a link to its own page; shuffled they are the same, in other orders."""
    hash_ = make(PHOTO, FILM, SONG, DRAWING)
    assert shown(client.get(f"/{hash_}").text) == list(_HASHES)
    orders = {tuple(shown(client.get(f"/{hash_}/random").text)) for _ in range(30)}
    assert {tuple(sorted(order)) for order in orders} == {_HASHES}
    assert len(orders) > 1


@pytest.mark.parametrize("layout", ["", "/random"])
def test_a_long_list_goes_on(client: FlaskClient, backends: Backends, layout: str) -> None:
    """A page at a time, by links that keep the order; each item is on one of them. The strip has those beside."""
    records = [replace(named_like(PHOTO, f"{n:012d}"), sha256=f"{n:064d}") for n in range(50)]
    hashes = [keep(backends, record) for record in records]
    hash_ = client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"]
    found, query = [], ""
    while query is not None:
        html = client.get(f"/{hash_}{layout}{query}").text
        assert ("What comes before" in html) == bool(query)
        found.append(shown(html))
        query = next(iter(re.findall(r'rel="next" href="([^"]+)"', unescape(html))), None)
    assert [len(part) for part in found] == [24, 24, 2]
    names = [name for part in found for name in part]
    assert sorted(names) == hashes
    assert (names == hashes) == (layout == "")
    assert shown(client.get(f"/{hash_}?from={'9' * 99}").text) == hashes[-1:]
    strip = re.findall(r'<a href="\?item=(\d+)"', client.get(f"/{hash_}/focus?item=20").text)
    assert strip == [str(number) for number in range(8, 33)]


def test_what_was_deleted_is_left_out(client: FlaskClient, backends: Backends, make: Make) -> None:
    """From the list and from the count; with the last one the album is not found, in any layout."""
    hash_ = make(PHOTO, SONG)
    library.delete(backends, library.find_media(backends, _HASHES[0]))
    assert shown(client.get(f"/{hash_}").text) == [_HASHES[1]]
    assert "1 of 1" in client.get(f"/{hash_}/focus?item=2").text
    library.delete(backends, library.find_media(backends, _HASHES[1]))
    for page in _PAGES:
        answer = client.get(page.format(hash_))
        assert answer.status_code == 404
        assert "There is no album of this name" in answer.text


def test_a_list_loads_lazily(client: FlaskClient, make: Make) -> None:
    """Every picture says so, no film has a poster before it is played, and no sound is fetched."""
    html = client.get(f"/{make(PHOTO, FILM, SONG, DRAWING)}").text
    images = [image for image in re.findall(r"<img[^>]*>", html) if "qr.svg" not in image]
    assert len(images) == 3
    assert all('loading="lazy"' in image for image in images)
    assert "poster=" not in re.sub(r"<template>.*?</template>", "", html, flags=re.DOTALL)
    assert re.findall(r"<audio[^>]*preload=\"(\w+)\"", html) == ["none"]


@pytest.mark.parametrize(
    ("item", "place"),
    [("", 1), ("1", 1), ("3", 3), ("4", 3), ("0", 1), ("-2", 1), ("two", 1), ("²", 1), ("٣", 1), ("9" * 5000, 3)],
)
@pytest.mark.parametrize("page", ["focus", "frame"])
def test_focus_is_one_place(client: FlaskClient, make: Make, page: str, item: str, place: int) -> None:
    """That of `item`, the nearest there is; with the ways to the one before and to the one after."""
    html = client.get(f"/{make(PHOTO, FILM, SONG)}/{page}", query_string={"item": item}).text
    assert f'data-player="{_HASHES[place - 1]}"' in html
    assert f"{place} of 3" in html
    found = dict(re.findall(r'rel="(prev|next)" href="\?item=(\d+)"', html))
    expected = {"prev": str(place - 1), "next": str(place + 1)}
    assert found == {rel: to for rel, to in expected.items() if 1 <= int(to) <= 3}


def test_options_go_along(client: FlaskClient, make: Make) -> None:
    """Those of the player, in words we know; a veil that was lifted is down again on the next media."""
    veiled = replace(FILM, flags=Flags(nsfw=True))
    hash_ = make(PHOTO, veiled, SONG)
    html = client.get(f"/{hash_}/frame?item=2&loop&nobrand&nsfw=show&x=%22%3E").text
    assert 'rel="next" href="?item=3&loop&nobrand"' in unescape(html)
    assert 'class="brand"' not in html
    assert "is-veiled" not in html
    assert re.search(r"<video[^>]* loop", html)
    covered = client.get(f"/{hash_}/frame?item=2&loop").text
    assert "is-veiled" in covered
    assert 'href="?item=2&loop&nsfw=show"' in unescape(covered)


def test_a_list_shows_nothing_that_is_veiled(client: FlaskClient, make: Make) -> None:
    """No file of it, only the way to its page."""
    html = client.get(f"/{make(replace(PHOTO, flags=Flags(nsfw=True)), SONG)}").text
    assert f"{_HASHES[0]}." not in html
    assert "Marked as not safe for work" in html
    assert shown(html) == [_HASHES[0], _HASHES[1]]


@pytest.mark.parametrize(("page", "words"), [("list", "Processing"), ("focus", "<progress")])
def test_what_is_not_ready_says_so(client: FlaskClient, make: Make, page: str, words: str) -> None:
    """The others are there all the same."""
    waiting = replace(FILM, status=Status.PROCESSING, files=())
    assert words in client.get(f"/{make(waiting, PHOTO)}/{page}").text


@pytest.mark.parametrize("page", [*_PAGES, "/{}/delete"])
def test_words_are_an_owners_not_a_programs(client: FlaskClient, make: Make, page: str) -> None:
    """The small Markdown is rendered, all else is text, wherever the words stand."""
    texts = {"title": "*Days* <script>x</script>", "description": "See [us](https://us.example) <img src=y>"}
    html = client.get(page.format(make(PHOTO, **texts))).text
    assert "<script>x" not in html
    assert "<img src=y" not in html
    assert "Days" in html
    if page in ("/{}", "/{}/focus"):
        assert "<em>Days</em>" in html
        assert '<a href="https://us.example"' in html


@pytest.mark.parametrize(("count", "words"), [(1, "Album of 1 item"), (3, "Album of 3 items")])
def test_an_album_without_a_title_is_counted(client: FlaskClient, make: Make, count: int, words: str) -> None:
    """That is its heading."""
    assert f'<h1 dir="auto">{words}</h1>' in client.get(f"/{make(*(PHOTO, FILM, SONG)[:count])}").text


def test_a_link_with_the_token_deletes_it(client: FlaskClient, stranger: FlaskClient, backends: Backends) -> None:
    """From another browser at another address: the page that asks hands the token on to its button."""
    photo = keep(backends, PHOTO)
    made = client.post("/api/album/create", data={"list": photo}).get_json()
    path = f"/{made['hash']}/delete"
    asked = stranger.get(path, query_string={"delete_token": made["delete_token"]})
    token = re.search(r'type="hidden" name="delete_token" value="([^"]+)"', asked.text)
    assert token
    assert stranger.post(path, data={"delete_token": token[1]}).status_code == 200
    assert client.get(f"/{made['hash']}").status_code == 404
    wrong = stranger.get(f"/{photo}/delete", query_string={"delete_token": '"><script>'})
    assert "<script>" not in wrong.text.split("<main")[1]


def test_its_maker_deletes_it(client: FlaskClient, make: Make) -> None:
    """After one question; the album is gone, what was in it stays."""
    hash_ = make(PHOTO)
    asked = client.get(f"/{hash_}/delete")
    assert "Delete this album?" in asked.text
    assert "delete_token" not in asked.text
    assert client.get(f"/{hash_}").status_code == 200
    answer = client.post(f"/{hash_}/delete")
    assert answer.status_code == 200
    assert "The album and its link are gone" in answer.text
    assert client.get(f"/{hash_}").status_code == 404
    assert client.get(f"/{_HASHES[0]}").status_code == 200


def test_a_stranger_needs_the_token(client: FlaskClient, stranger: FlaskClient, backends: Backends) -> None:
    """Is asked for it, is refused without it or with a wrong one in a sentence, and may with the right one."""
    made = client.post("/api/album/create", data={"list": keep(backends, PHOTO)}).get_json()
    path = f"/{made['hash']}/delete"
    assert 'name="delete_token"' in stranger.get(path).text
    for token in ("", "a guess"):
        refused = stranger.post(path, data={"delete_token": token})
        assert refused.status_code == 401
        assert "Only the person who made this album may do that." in refused.text
    assert client.get(f"/{made['hash']}").status_code == 200
    assert stranger.post(path, data={"delete_token": made["delete_token"]}).status_code == 200
    assert client.get(f"/{made['hash']}").status_code == 404


def test_packing_without_javascript(
    client: FlaskClient, uploaded: Callable[[bytes], str], work: Callable[[], object], samples: Samples
) -> None:
    """The button leads to the album, which looks again by itself until its zip is there; then that is the link."""
    hash_ = client.post("/api/album/create", data={"list": uploaded(samples.bytes("plain.jpg"))}).get_json()["hash"]
    assert f'action="/{hash_}/zip"' in client.get(f"/{hash_}").text
    answer = client.post(f"/{hash_}/zip")
    assert answer.status_code == 303
    waiting = client.get(answer.headers["Location"]).text
    assert "Packing, 0 %" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    work()
    packed = client.get(answer.headers["Location"]).text
    assert "Packing" not in packed
    assert "refresh" not in packed
    assert f'href="/download/{hash_}.zip"' in packed
    assert client.get(f"/download/{hash_}.zip").mimetype == "application/zip"


@pytest.mark.parametrize("page", ["/{}", "/{}/focus"])
def test_a_cards_own_colour_comes_first(client: FlaskClient, make: Make, page: str) -> None:
    """Who makes a card takes the first `theme-color`; a browser's two, by scheme, follow."""
    album = make(PHOTO)
    for hash_ in (album, _HASHES[0]):
        html = client.get(page.format(hash_) if hash_ == album else f"/{hash_}").text
        colours = re.findall(r'<meta name="theme-color"( media=[^>]*?)? content="([^"]+)"', html)
        assert [bool(media) for media, _ in colours] == [False, True, True]


def test_a_page_leads_to_its_preview(client: FlaskClient, backends: Backends) -> None:
    """A media's page has a link to how it looks elsewhere, and that is there."""
    path = f"/{keep(backends, PHOTO)}/preview"
    assert f'href="{path}"' in client.get(path.removesuffix("/preview")).text
    assert client.get(path).status_code == 200

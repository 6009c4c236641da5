"""The oEmbed endpoint: its types, limits, formats and errors."""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.model.media import Flags, Media, Status
from mediacrush.services import albums
from mediacrush.settings import Settings
from tests.web.records import DRAWING, FILM, HASH, PHOTO, SITE, SONG, keep


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The site has an address, and a CDN another."""
    return settings.model_copy(update={"public_url": SITE, "cdn_url": "https://cdn.example"})


def ask(client: FlaskClient, url: str = f"{SITE}/{HASH}", **parameters: object) -> dict[str, Any]:
    """The JSON answer."""
    answer = client.get("/oembed", query_string={"url": url, **parameters})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


@pytest.mark.parametrize(
    ("record", "type_", "size"),
    [
        (PHOTO, "photo", (4000, 3000)),
        (DRAWING, "photo", (300, 200)),
        (FILM, "video", (1920, 1080)),
        (SONG, "video", (560, 168)),
        (replace(PHOTO, flags=Flags(nsfw=True)), "rich", (4000, 3000)),
        (replace(FILM, flags=Flags(nsfw=True)), "video", (1920, 1080)),
        (replace(FILM, status=Status.PENDING, files=(), metadata={}), "video", (640, 360)),
    ],
)
def test_each_kind_has_its_type(
    client: FlaskClient, backends: Backends, record: Media, type_: str, size: tuple[int, int]
) -> None:
    """A photo is its picture, all else our player; what is not safe for work behind its veil."""
    keep(backends, record)
    content = ask(client)
    assert (content["version"], content["type"]) == ("1.0", type_)
    assert (content["width"], content["height"]) == size
    assert ("url" in content, "html" in content) == (type_ == "photo", type_ != "photo")
    assert content["title"]
    assert (content["provider_name"], content["provider_url"]) == ("MediaCrush", SITE)


def test_an_album_is_our_player(client: FlaskClient, backends: Backends) -> None:
    """With the first picture as its thumbnail."""
    keep(backends, PHOTO)
    album, _ = albums.create(backends, HASH, None, None)
    content = ask(client, f"{SITE}/{album}/grid")
    assert content["type"] == "rich"
    assert f'src="{SITE}/{album}/frame"' in content["html"]
    assert content["thumbnail_url"] == f"https://cdn.example/{HASH}.preview.jpg"


@pytest.mark.parametrize(
    ("limits", "url", "size"),
    [
        ({}, ".jpg", (4000, 3000)),
        ({"maxwidth": 1600}, ".preview.jpg", (1200, 900)),
        ({"maxwidth": 1200, "maxheight": 899}, ".640w.webp", (640, 480)),
        ({"maxheight": 480}, ".640w.webp", (640, 480)),
        ({"maxwidth": 320}, ".640w.webp", (320, 240)),
        ({"maxwidth": 100_000}, ".jpg", (4000, 3000)),
    ],
)
def test_a_photo_is_the_largest_that_fits(
    client: FlaskClient, backends: Backends, limits: dict[str, int], url: str, size: tuple[int, int]
) -> None:
    """With the true pixels of the picture it names; only below the smallest one it is shown smaller than it is."""
    keep(backends, PHOTO)
    content = ask(client, **limits)
    assert content["url"] == f"https://cdn.example/{HASH}{url}"
    assert (content["width"], content["height"]) == size


@pytest.mark.parametrize("record", [PHOTO, FILM, SONG, replace(PHOTO, flags=Flags(nsfw=True))])
@pytest.mark.parametrize(
    "limits", [{"maxwidth": 200}, {"maxheight": 100}, {"maxwidth": 200, "maxheight": 1}, {"maxwidth": 1}]
)
def test_limits_are_obeyed(client: FlaskClient, backends: Backends, record: Media, limits: dict[str, int]) -> None:
    """By every type, in the player's own attributes and by the thumbnail; dnt=1 changes nothing."""
    keep(backends, record)
    content = ask(client, dnt=1, format="json", **limits)
    for prefix in ("", "thumbnail_"):
        for name in ("width", "height"):
            assert 1 <= content.get(prefix + name, 1) <= limits.get(f"max{name}", 10_000)
    if "html" in content:
        assert f'width="{content["width"]}" height="{content["height"]}"' in content["html"]


@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}/{HASH}",
        f"{SITE}/{HASH}/",
        f"{SITE}/{HASH}/direct",
        f"{SITE}/{HASH}/frame",
        f"{SITE}/{HASH}.mp4",
        f"{SITE}/{HASH}.original.mp4",
        f"{SITE}/{HASH}#loop,mute",
        f"{SITE}/{HASH}?autoplay&loop",
        f"{SITE}//{HASH}",
        f"{SITE}/status/{HASH}",
        f"{SITE}/download//{HASH}.mp4",
        f"http://media.example/{HASH}",
        f"https://media.example:443/{HASH}",
        f"https://MEDIA.example/{HASH}",
        f"https://www.media.example/{HASH}",
        f"https://cdn.example/{HASH}.mp4",
        f"http://localhost/{HASH}",
    ],
)
def test_every_way_to_write_a_link(client: FlaskClient, backends: Backends, url: str) -> None:
    """Leads to the same answer, which names the page as we write it."""
    keep(backends, FILM)
    assert f'src="{SITE}/{HASH}/frame"' in ask(client, url)["html"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, 400),
        ({"url": ""}, 400),
        ({"url": "https://[::1"}, 400),
        ({"url": f"https://media.example:x/{HASH}"}, 400),
        ({"url": f"{SITE}/{HASH}", "maxwidth": "0"}, 400),
        ({"url": f"{SITE}/{HASH}", "maxwidth": "-5"}, 400),
        ({"url": f"{SITE}/{HASH}", "maxwidth": "100001"}, 400),
        ({"url": f"{SITE}/{HASH}", "maxheight": "wide"}, 400),
        ({"url": f"{SITE}/{HASH}", "maxheight": "9" * 5000}, 400),
        ({"url": f"{SITE}/{HASH}", "maxwidth": "٣"}, 400),
        ({"url": f"https://other.example/{HASH}"}, 404),
        ({"url": f"https://media.example.other.example/{HASH}"}, 404),
        ({"url": f"https://media.example:8443/{HASH}"}, 404),
        ({"url": f"ftp://media.example/{HASH}"}, 404),
        ({"url": f"//media.example/{HASH}"}, 404),
        ({"url": HASH}, 404),
        ({"url": SITE}, 404),
        ({"url": f"{SITE}/nothing_here"}, 404),
        ({"url": f"{SITE}/{HASH}longer"}, 404),
        ({"url": f"{SITE}/a/b/{HASH}"}, 404),
        ({"url": f"{SITE}/{HASH}", "format": "yaml"}, 501),
    ],
)
def test_what_cannot_be_embedded(
    client: FlaskClient, backends: Backends, parameters: dict[str, str], code: int
) -> None:
    """400 for what is no question, 404 for what is not here, 501 for another format; with a sentence, as JSON."""
    keep(backends, FILM)
    answer = client.get("/oembed", query_string=parameters)
    assert answer.status_code == code
    assert answer.get_json()["error"] == code
    assert answer.get_json()["message"].endswith(".")


@pytest.mark.parametrize(
    "title", ["a & b < c", "\x01\x0b\x1f\ufffe\uffff end", "]]>", "\U0001d54f\U0001f600", "  "]
)
def test_xml_says_what_json_says(client: FlaskClient, backends: Backends, title: str) -> None:
    """Well-formed whatever the title holds, as text/xml in UTF-8."""
    keep(backends, replace(FILM, title=title))
    answer = client.get("/oembed", query_string={"url": f"{SITE}/{HASH}", "format": "xml"})
    assert answer.mimetype == "text/xml"
    assert answer.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = fromstring(answer.data)  # noqa: S314  # our own answer
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in ask(client).items()}


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_an_answer_may_be_kept_for_five_minutes(client: FlaskClient, backends: Backends, format_: str) -> None:
    """And read from any site; an error is asked again."""
    keep(backends, FILM)
    answer = client.get("/oembed", query_string={"url": f"{SITE}/{HASH}", "format": format_})
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/oembed").headers["Cache-Control"] == "no-store"


def test_a_thumbnail_comes_whole(client: FlaskClient, backends: Backends) -> None:
    """Address, width and height; a cover whose size nobody knows is none."""
    keep(backends, SONG)
    assert len([name for name in ask(client) if name.startswith("thumbnail_")]) == 3
    backends.media.remove_files(SONG, ["preview"])
    assert not [name for name in ask(client) if name.startswith("thumbnail_")]


def test_head_is_answered(app: Flask, backends: Backends) -> None:
    """As GET is, without the body."""
    keep(backends, FILM)
    answer = app.test_client().head("/oembed", query_string={"url": f"{SITE}/{HASH}"})
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/json", b"")

"""The page that shows an uploader how the link will look elsewhere."""

import re
from dataclasses import replace
from html import escape

import pytest
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.model.media import Flags, Media, Status
from mediacrush.services import library
from mediacrush.settings import Settings
from mediacrush.web import create_app
from mediacrush.web.consumers import CONSUMERS
from tests.web.records import FILM, HASH, PHOTO, SITE, SONG, keep

_PATH = f"/{HASH}/preview"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """X reads https only."""
    return settings.model_copy(update={"public_url": SITE})


def failed(page: str) -> list[str]:
    """The sentences of the rules that do not hold, as the page shows them."""
    return [item.split("</p>")[0] for item in page.split("Does not hold: </span>")[1:]]


@pytest.mark.parametrize("record", [PHOTO, FILM, SONG])
def test_every_consumer_has_a_card(client: FlaskClient, backends: Backends, record: Media) -> None:
    """With title, picture and what it says of itself; no rule fails for what has all that it needs."""
    keep(backends, replace(record, title="A title & more"))
    page = client.get(_PATH).text
    for consumer in CONSUMERS:
        assert f'id="{consumer.key}">{consumer.name}' in page
        assert escape(consumer.reads) in page
    titled = sum(consumer.shows_text for consumer in CONSUMERS)
    assert page.count('<p class="mock-title"><bdi>A title &amp; more</bdi></p>') == titled == len(CONSUMERS) - 1
    assert page.count(f'<img src="{SITE}/{HASH}.preview.jpg"') == len(CONSUMERS)
    assert failed(page) == []


@pytest.mark.parametrize(
    ("record", "sentences"),
    [
        (
            replace(FILM, flags=Flags(nsfw=True)),
            ["A film has a file that is small enough to play in the chat."],
        ),
        (
            replace(FILM, files=tuple(f for f in FILM.files if f.name != "chat")),
            ["A film has a file that is small enough to play in the chat."],
        ),
        (
            replace(SONG, files=(SONG.files[0], replace(SONG.files[1], width=90, height=60))),
            [
                "There is a picture of at least 100 by 100 pixels.",
                "The picture has at least 200 by 200 pixels.",
                "For a large card it has at least 600 by 315 pixels.",
            ],
        ),
        (
            replace(SONG, files=(SONG.files[0], replace(SONG.files[1], width=None, height=None))),
            [
                "Each picture comes with its true width and height.",
                "There is a picture of at least 100 by 100 pixels.",
                "The picture has at least 200 by 200 pixels.",
                "For a large card it has at least 600 by 315 pixels.",
            ],
        ),
        (
            replace(PHOTO, files=tuple(f for f in PHOTO.files if f.name != "preview")),
            ["The picture is a JPEG, PNG or GIF of less than 1 MB."],
        ),
    ],
)
def test_a_rule_that_fails_is_told(
    client: FlaskClient, backends: Backends, record: Media, sentences: list[str]
) -> None:
    """Each with its sentence, under the consumer whose it is; and nothing else is."""
    keep(backends, record)
    assert failed(client.get(_PATH).text) == sentences


def test_x_wants_https(backends: Backends, settings: Settings) -> None:
    """A site that is reached by http learns that X makes no card of its links."""
    keep(backends, PHOTO)
    plain = settings.model_copy(update={"public_url": "http://media.example"})
    client = create_app(replace(backends, settings=plain)).test_client()
    page = client.get(_PATH).text
    assert failed(page) == ["Every address begins with https."]
    assert page.count(f'<p class="mock mock-link">http://media.example/{HASH}</p>') == 1


def test_the_page_is_quiet(client: FlaskClient, backends: Backends) -> None:
    """No script but the one of every page that knows light from dark, no inline style, not indexed, not framed."""
    keep(backends, FILM)
    answer = client.get(_PATH)
    assert answer.mimetype == "text/html"
    scripts = re.findall(r'<script src="/static/\w+/(\S+)"', answer.text)
    assert scripts == ["js/early.js"]
    assert "style=" not in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("title", ['"><script>x</script>', "<img src=x onerror=y>", "\u202eturned"])
def test_a_title_is_text(client: FlaskClient, backends: Backends, title: str) -> None:
    """Whatever it says."""
    keep(backends, replace(FILM, title=title))
    page = client.get(_PATH).text
    assert "<script>x" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page


def test_the_texts_to_paste_are_there(client: FlaskClient, backends: Backends) -> None:
    """As text, not as what they would make."""
    keep(backends, FILM)
    page = client.get(_PATH).text
    assert f"[![Video]({SITE}/{HASH}.preview.jpg)]({SITE}/{HASH})" in page
    assert "&lt;iframe src=" in page
    assert "<iframe" not in page


def test_what_is_not_done_says_so(client: FlaskClient, backends: Backends) -> None:
    """A site that reads the link now remembers a card without its picture."""
    keep(backends, replace(FILM, status=Status.PROCESSING, files=()))
    assert "still being processed" in client.get(_PATH).text


def test_what_is_not_safe_for_work_says_so(client: FlaskClient, backends: Backends) -> None:
    """Its uploader would wonder where the picture is."""
    keep(backends, PHOTO)
    assert "not safe for work" not in client.get(_PATH).text
    library.set_flags(backends, PHOTO, {"nsfw": True})
    page = client.get(_PATH).text
    assert "marked as not safe for work" in page
    assert f"{HASH}.preview.jpg" not in page


def test_what_is_deleted_has_no_preview(client: FlaskClient, backends: Backends) -> None:
    """A sentence says that it is gone."""
    keep(backends, PHOTO)
    library.delete(backends, PHOTO)
    answer = client.get(_PATH)
    assert answer.status_code == 404
    assert "deleted" in answer.text


@pytest.mark.parametrize("path", ["/nothing_here/preview", "/short/preview"])
def test_what_is_not_here_has_no_preview(client: FlaskClient, path: str) -> None:
    """404."""
    assert client.get(path).status_code == 404

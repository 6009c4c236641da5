"""What a link looks like elsewhere: which picture, which film, which words."""

from dataclasses import replace

import pytest

from mediacrush.model.album import Album
from mediacrush.model.media import BlobType, Flags, Media, Role, Status
from mediacrush.web.cards import Card, album_card, fit, media_card
from mediacrush.web.discord import MAX_BYTES, MAX_PICTURES, component_embed, size_bytes
from mediacrush.web.urls import Urls
from tests.web.records import DRAWING, FILM, HASH, PHOTO, SITE, SONG, file, media

_URLS = Urls(site=SITE, cdn="https://cdn.example")


def card_of(record: Media, chat_max_bytes: int = 10_000_000) -> Card:
    """Its card."""
    return media_card(record, _URLS, f"{SITE}/direct", chat_max_bytes)


def without(record: Media, *names: str) -> Media:
    """The media as it is before these files are made."""
    return replace(record, files=tuple(f for f in record.files if f.name not in names))


@pytest.mark.parametrize(
    ("record", "suffix", "size"),
    [
        (PHOTO, ".preview.jpg", (1200, 900)),
        (without(PHOTO, "preview"), ".jpg", (4000, 3000)),
        (FILM, ".preview.jpg", (1200, 675)),
        (without(FILM, "preview"), ".jpg", (1920, 1080)),
        (SONG, ".preview.jpg", (600, 600)),
        (DRAWING, ".png", (300, 200)),
    ],
)
def test_the_best_picture_stands_first(record: Media, suffix: str, size: tuple[int, int]) -> None:
    """The one that was made for cards, else the next best, with its own pixels; never a drawing."""
    still = card_of(record).images[0]
    assert still.url == f"https://cdn.example/{HASH}{suffix}"
    assert (still.width, still.height) == size


@pytest.mark.parametrize(
    "record",
    [
        without(FILM, "preview", "poster"),
        without(SONG, "preview"),
        replace(PHOTO, flags=Flags(nsfw=True)),
        replace(FILM, flags=Flags(nsfw=True)),
        replace(PHOTO, status=Status.PENDING, files=(), metadata={}),
    ],
)
def test_what_has_no_picture_to_show_has_our_sign(record: Media) -> None:
    """WhatsApp and Discord make no card without a picture."""
    card = card_of(record)
    assert card.still is None
    assert [still.url for still in card.images] == [f"{SITE}/static/img/card.jpg"]


_WHOLE = file("mp4", ".mp4", "video/mp4", size_bytes=8_000_000, width=1280, height=720)
_SMALLER = file("light", ".light.mp4", "video/mp4", size_bytes=6_000_000, width=1280, height=720)
_HUGE = replace(_WHOLE, size_bytes=80_000_000)
_LOW = file("low", ".low.mp4", "video/mp4", size_bytes=3_000_000, is_full_size=False, width=426, height=240)
_CHAT = file("chat", ".chat.mp4", "video/mp4", size_bytes=9_000_000, is_full_size=False, width=640, height=360)


@pytest.mark.parametrize(
    ("files", "limit", "chosen"),
    [
        ((_WHOLE,), 10_000_000, "mp4"),
        ((_WHOLE, _SMALLER), 10_000_000, "light"),
        ((_HUGE, _CHAT), 10_000_000, "chat"),
        ((_HUGE, _LOW), 10_000_000, "low"),
        ((_HUGE,), 10_000_000, None),
        ((_HUGE,), 0, "mp4"),
        ((), 10_000_000, None),
    ],
)
def test_a_film_plays_from_a_small_file(files: tuple[object, ...], limit: int, chosen: str | None) -> None:
    """The one for chats; else a whole one that is no larger than the setting; else none: a chat gives up on it."""
    found = card_of(media(BlobType.VIDEO, "video/mp4", *files), limit).video  # type: ignore[arg-type]
    expected = next((f for f in (_WHOLE, _SMALLER, _CHAT, _LOW) if f.name == chosen), None)
    assert (found.url if found else None) == (f"https://cdn.example/{expected.filename}" if expected else None)
    if found and expected:
        assert (found.width, found.height) == (expected.width, expected.height)


def test_what_is_not_safe_for_work_does_not_play() -> None:
    """No card holds it."""
    assert card_of(replace(FILM, flags=Flags(nsfw=True))).stream is None
    assert card_of(replace(SONG, flags=Flags(nsfw=True))).stream is None


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (None, "Video"),
        ("", "Video"),
        ("  \n ", "Video"),
        ("\u202e\u2066", "Video"),
        ("*Two*\nlines", "Two lines"),
        ("[a link](https://other.example)", "a link"),
        ('"><script>', '"><script>'),
        ("a\x00b\x07c\x1bd", "a b c d"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u05e9\u05dc \u200f\u05e2\u05dd", "\u05e9\u05dc \u200f\u05e2\u05dd"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("x" * 67, "x" * 67),
        ("x" * 68, "x" * 64 + "…"),
        ("ü" * 40, "ü" * 32 + "…"),
        ("\U0001d54f" * 17, "\U0001d54f" * 16 + "…"),
    ],
)
def test_a_title_is_one_clean_line(title: str | None, shown: str) -> None:
    """Never empty, at most 67 bytes, cut between characters; nothing in it turns the text around it."""
    card = card_of(replace(FILM, title=title))
    assert card.title == shown
    assert 0 < len(card.title.encode()) <= 67


@pytest.mark.parametrize(
    ("record", "title", "description"),
    [
        (FILM, "Video", "Video · 1920 \N{MULTIPLICATION SIGN} 1080 · 1:15"),
        (PHOTO, "Picture", "Picture · 4000 \N{MULTIPLICATION SIGN} 3000"),
        (replace(FILM, is_animation=True), "Animation", "Animation · 1920 \N{MULTIPLICATION SIGN} 1080 · 1:15"),
        (SONG, "Jóga", "Björk · Homogenic"),
        (replace(SONG, title="Mine", description="All *mine*."), "Mine", "All mine."),
        (replace(PHOTO, metadata={}), "Picture", "Picture"),
    ],
)
def test_words_are_never_missing(record: Media, title: str, description: str) -> None:
    """The owner's, else the file's own, else what it is."""
    card = card_of(record)
    assert (card.title, card.description) == (title, description)


def test_a_long_description_is_cut() -> None:
    """347 bytes, 200 on X, and an alternative text of at most 420 characters."""
    card = card_of(replace(PHOTO, description="wörd " * 400))
    assert 300 < len(card.description.encode()) <= 347
    assert len(card.summary) <= 200
    assert len(card.images[0].alt) <= 420


def test_facts_are_named_and_at_most_two() -> None:
    """Slack shows a pair for each."""
    assert card_of(FILM).facts == (("Size", "1920 \N{MULTIPLICATION SIGN} 1080"), ("Length", "1:15"))
    assert card_of(SONG).facts == (("Length", "3:01"),)


@pytest.mark.parametrize(
    ("limits", "size"),
    [
        ((None, None), (1920, 1080)),
        ((640, None), (640, 360)),
        ((None, 360), (640, 360)),
        ((640, 100), (177, 100)),
        ((4000, 4000), (1920, 1080)),
        ((1, 1), (1, 1)),
    ],
)
def test_pixels_fit(limits: tuple[int | None, int | None], size: tuple[int, int]) -> None:
    """Within both limits, in proportion, never enlarged."""
    assert fit(1920, 1080, *limits) == size


def _album(count: int, **fields: object) -> Album:
    items = tuple(replace(PHOTO, hash=f"{number:012d}", title="Tïtle " * 20) for number in range(count))
    return Album(hash=HASH, items=items, created_at=1.0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 3, 10, 11, 1024])
def test_discords_gallery_keeps_its_limits(count: int) -> None:
    """3,000 bytes and ten pictures, whatever they are called and however many there are."""
    card = album_card(_album(count, title="[x] \\* (y) " * 50, description="ü" * 2000), _URLS)
    content = component_embed(card)
    text, gallery = content["component"]["components"]
    assert size_bytes(content) <= MAX_BYTES
    assert 1 <= len(gallery["items"]) <= min(count, MAX_PICTURES)
    assert "\\[x\\]" in text["content"]


@pytest.mark.parametrize(("count", "title"), [(1, "Album of 1 item"), (12, "Album of 12 items")])
def test_an_album_is_called_by_what_it_holds(count: int, title: str) -> None:
    """Where its maker gave it no title."""
    assert album_card(_album(count), _URLS).title == title


def test_an_album_shows_four_pictures() -> None:
    """Discord shows no more than four og:image; its own gallery has ten."""
    card = album_card(_album(20), _URLS)
    assert (len(card.images), len(card.stills)) == (4, 10)


def test_discords_gallery_is_for_https() -> None:
    """It takes no other address."""
    plain = Urls(site="http://localhost:5000", cdn="http://localhost:5000")
    assert album_card(_album(2), plain).component_embed_url is None
    assert album_card(_album(2), _URLS).component_embed_url == f"{SITE}/{HASH}/discord.json"


def test_an_extra_is_no_film() -> None:
    """A part of a ladder is not what a chat plays."""
    part = file("low.mp4", ".low.mp4", "video/mp4", Role.PART)
    assert card_of(media(BlobType.VIDEO, "video/mp4", part)).video is None

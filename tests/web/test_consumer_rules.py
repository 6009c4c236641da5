"""Every rule of every consumer can fail: a page that keeps all of them, and for each rule that page with one thing
wrong."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from mediacrush.web.consumers import CONSUMERS, Consumer, Part, Rule
from mediacrush.web.preview import Preview, previews
from mediacrush.web.reading import Resource, Visit, read_head
from tests.web.records import HASH, SITE

_PAGE, _IMAGE, _FILM = f"{SITE}/{HASH}", f"{SITE}/{HASH}.jpg", f"{SITE}/{HASH}.mp4"
_JSON = f"{SITE}/oembed?url=https%3A%2F%2Fmedia.example%2F{HASH}&format=json"
_XML = _JSON.replace("json", "xml")
_GALLERY = f"{_PAGE}/discord.json"
_HEAD = f"""<head><title>Title</title>
<meta property="og:site_name" content="MediaCrush">
<meta property="og:title" content="Title">
<meta property="og:description" content="Description">
<meta property="og:url" content="{_PAGE}">
<meta property="og:type" content="video.other">
<meta property="og:image" content="{_IMAGE}">
<meta property="og:image:type" content="image/jpeg">
<meta property="og:image:width" content="1200">
<meta property="og:image:height" content="675">
<meta property="og:image:alt" content="Alt">
<meta property="og:video" content="{_FILM}">
<meta property="og:video:type" content="video/mp4">
<meta property="og:video:width" content="640">
<meta property="og:video:height" content="360">
<meta name="twitter:card" content="player">
<meta name="twitter:title" content="Title">
<meta name="twitter:description" content="Description">
<meta name="twitter:image" content="{_IMAGE}">
<meta name="twitter:image:alt" content="Alt">
<meta name="twitter:player" content="{_PAGE}/frame">
<meta name="twitter:player:width" content="640">
<meta name="twitter:player:height" content="360">
<meta name="twitter:player:stream" content="{_FILM}">
<meta name="twitter:player:stream:content_type" content="video/mp4">
<meta name="twitter:label1" content="Length">
<meta name="twitter:data1" content="1:15">
<meta name="theme-color" content="#00724e">
<link rel="alternate" type="application/json+oembed" href="{_JSON}">
<link rel="alternate" type="text/xml+oembed" href="{_XML}">
<link rel="discord:component-embed" type="application/json" href="{_GALLERY}">
</head>"""
_JPEG = Resource(mime="image/jpeg", size_bytes=90_000, width=1200, height=675)
_MP4 = Resource(mime="video/mp4", size_bytes=9_000_000, width=640, height=360)
_IFRAME = f'<iframe src="{_PAGE}/frame" width="640" height="360" title="Title" frameborder="0"></iframe>'
_ANSWER: dict[str, Any] = {
    "version": "1.0",
    "type": "video",
    "html": _IFRAME,
    "width": 640,
    "height": 360,
    "thumbnail_url": _IMAGE,
    "thumbnail_width": 1200,
    "thumbnail_height": 675,
}
_SMALLER = _ANSWER | {"width": 320, "height": 180, "thumbnail_width": 320, "thumbnail_height": 180}
_COMPONENT: dict[str, Any] = {
    "component": {"type": 17, "components": [{"type": 10, "content": "Title"}, {"type": 12, "items": [{}] * 10}]}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A page and all that its addresses lead to."""

    head: str = _HEAD
    code: int = 200
    image: Resource | None = _JPEG
    film: Resource | None = _MP4
    answer: dict[str, Any] | None = None
    smaller: dict[str, Any] | None = None
    component: dict[str, Any] | None = None
    component_bytes: int = 2900
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/html; charset=utf-8"),)

    def visit(self) -> Visit:
        """A reader's visit to the page."""
        gallery = Resource(mime="application/json", size_bytes=self.component_bytes)
        found = {_IMAGE: self.image, _FILM: self.film, _GALLERY: gallery}
        answers = {_JSON: self.answer or _ANSWER, _GALLERY: self.component or _COMPONENT}
        smaller = self.smaller or _SMALLER
        return Visit(
            url=_PAGE,
            code=self.code,
            headers=dict(self.headers),
            body=self.head.encode(),
            head=read_head(self.head),
            fetch=found.get,
            read_json=lambda address: smaller if "maxwidth=320&maxheight=240" in address else answers.get(address),
        )


GOOD = World()


def without(name: str) -> World:
    """The page without the lines that hold this name."""
    assert f'"{name}"' in _HEAD
    return replace(GOOD, head="\n".join(line for line in _HEAD.splitlines() if f'"{name}"' not in line))


def saying(name: str, content: str) -> World:
    """The page with another content of this name."""
    lines = [
        f'<meta name="{name}" content="{content}">' if f'"{name}"' in line else line for line in _HEAD.splitlines()
    ]
    assert lines != _HEAD.splitlines()
    return replace(GOOD, head="\n".join(lines))


def holding(old: str, new: str) -> World:
    """The page with another text somewhere."""
    assert old in _HEAD
    return replace(GOOD, head=_HEAD.replace(old, new))


def image(**facts: Any) -> World:
    """The page with another picture, and true to it."""
    other = replace(_JPEG, **facts)
    head = _HEAD.replace("image/jpeg", other.mime)
    head = head.replace('"1200"', f'"{other.width}"').replace('"675"', f'"{other.height}"')
    return replace(GOOD, image=other, head=head)


def film(**facts: Any) -> World:
    """The page with another film."""
    return replace(GOOD, film=replace(_MP4, **facts))


def answer(**facts: Any) -> World:
    """The page with another oEmbed answer; None takes a fact out."""
    changed = {name: value for name, value in (_ANSWER | facts).items() if value is not None}
    return replace(GOOD, answer=changed)


def headers(**values: str) -> World:
    """The page with other headers."""
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return replace(GOOD, headers=tuple((dict(GOOD.headers) | named).items()))


def component(**facts: Any) -> World:
    """The page with another gallery for Discord."""
    return replace(GOOD, component={"component": _COMPONENT["component"] | facts})


def padded(count: int) -> World:
    """The page with so much before the end of its head."""
    return holding("</head>", f"<!--{'x' * count}--></head>")


_NO_PAGE = [
    replace(GOOD, code=404),
    replace(GOOD, code=302),
    headers(content_type="application/json"),
    headers(content_disposition='attachment; filename="a.mp4"'),
]
_NO_WORDS = [without("og:title"), without("og:description"), without("og:url"), without("og:image")]
_NO_ADDRESS = [saying("og:image", f"/{HASH}.jpg"), saying("og:video", f"{HASH}.mp4"), saying("twitter:player", "x")]
_NO_SIZE = [
    without("og:image:width"),
    without("og:image:height"),
    without("og:image:type"),
    saying("og:image:width", "1201"),
    holding('"og:image"', '"og:image:url"'),
    holding(
        '<meta property="og:image" ', f'<meta property="og:image" content="{_IMAGE}">\n<meta property="og:image" '
    ),
    replace(GOOD, image=None),
]
_NO_OEMBED = [
    answer(version=None),
    answer(version="2.0"),
    answer(type="link"),
    answer(type="photo", html=None),
    answer(html=None),
    answer(width=None),
    answer(height="360"),
    answer(thumbnail_width=None),
    holding('"application/json+oembed"', '"application/json"'),
]
_NO_IFRAME = [
    answer(html=_IFRAME * 2),
    answer(html=f"<p>{_IFRAME}</p>"),
    answer(html=f"{_IFRAME} text"),
    answer(html=_IFRAME.replace("title=", "data-title=")),
    answer(html=_IFRAME.replace('width="640"', "")),
    answer(html="<script src='https://media.example/x.js'></script>"),
]
_NOT_FOUND = [
    holding('"application/json+oembed"', '"application/json"'),
    holding('"text/xml+oembed"', '"text/xml"'),
    holding("format=xml", "format=json"),
]
# By consumer and sentence: pages of which the rule must say that it does not hold.
_BROKEN: dict[tuple[str, str], list[World]] = {
    ("discord", "The link answers with a web page, not with a download."): [
        *_NO_PAGE,
        replace(GOOD, head=_HEAD + "x" * 50_000_000),
    ],
    ("discord", "There is a title, a description, an address and a picture."): _NO_WORDS,
    ("discord", "Every address is whole, from http to the end."): _NO_ADDRESS,
    ("discord", "The picture is a JPEG, PNG, GIF, WebP or AVIF."): [
        image(mime="image/svg+xml"),
        replace(GOOD, image=None),
    ],
    ("discord", "Each picture comes with its true width and height."): _NO_SIZE,
    ("discord", "A film has a file that is small enough to play in the chat."): [without("og:video")],
    ("discord", "The film is an MP4 file itself, not a page with a player."): [
        saying("og:video", f"{_PAGE}/frame"),
        film(mime="text/html"),
        replace(GOOD, film=None),
    ],
    ("discord", "The film has at most 50 MB."): [film(size_bytes=50_000_001)],
    ("discord", "The film comes with its true width and height."): [
        without("og:video:width"),
        without("og:video:height"),
        saying("og:video:height", "361"),
    ],
    ("discord", "A card with a film does not ask for a large picture in its place."): [
        saying("twitter:card", "summary_large_image")
    ],
    ("discord", "The title has at most 67 bytes, the description 347."): [
        saying("og:title", "ü" * 34),
        saying("og:description", "x" * 348),
    ],
    ("discord", "The name of the site has at most 253 bytes."): [saying("og:site_name", "x" * 254)],
    ("discord", "The colour of the edge is given as six hexadecimal digits."): [
        without("theme-color"),
        saying("theme-color", "green"),
        saying("theme-color", "#fff"),
    ],
    ("discord", "An album's gallery has at most 3,000 bytes and 10 pictures."): [
        replace(GOOD, component_bytes=3001),
        component(components=[{"type": 12, "items": [{}] * 11}]),
        component(components=[{"type": 12, "items": [{}] * 6}] * 2),
        component(components=[{"type": 10}] * 40),
        component(type=9),
        replace(GOOD, component=_COMPONENT | {"other": {}}),
    ],
    ("reddit", "The link answers with a web page, not with a download."): _NO_PAGE,
    ("reddit", "There is a picture of at least 100 by 100 pixels."): [
        image(width=99),
        image(height=99),
        without("og:image"),
    ],
    ("reddit", "The picture is not called a sprite."): [saying("og:image", f"{SITE}/Sprite.jpg")],
    ("slack", "The link answers with a web page, not with a download."): _NO_PAGE,
    ("slack", "There is a title, a description, an address and a picture."): _NO_WORDS,
    ("slack", "Each fact has a name and a value."): [without("twitter:data1"), without("twitter:label1")],
    ("slack", "The page says where its oEmbed answer is, and the answer is valid."): [*_NOT_FOUND, *_NO_OEMBED],
    ("x", "The kind of card is one that X still makes."): [
        saying("twitter:card", "photo"),
        without("twitter:card"),
    ],
    ("x", "There is a title of at most 70 characters and a description of at most 200."): [
        without("twitter:title"),
        without("twitter:description"),
        saying("twitter:title", "x" * 71),
        saying("twitter:description", "x" * 201),
    ],
    ("x", "The picture is a JPEG, PNG, WebP or GIF of less than 5 MB."): [
        image(mime="image/svg+xml"),
        image(mime="image/avif"),
        image(size_bytes=5_000_000),
        saying("twitter:image", f"{SITE}/other.jpg"),
        without("twitter:image"),
    ],
    ("x", "The picture has a description for those who do not see it, of at most 420 characters."): [
        without("twitter:image:alt"),
        saying("twitter:image:alt", "x" * 421),
    ],
    ("x", "A player comes with its width, its height and a picture, and a stream with its type."): [
        without("twitter:player"),
        without("twitter:player:width"),
        without("twitter:player:height"),
        saying("twitter:player:width", "100%"),
        without("twitter:image"),
        without("twitter:player:stream:content_type"),
        saying("twitter:player:stream:content_type", "video/webm"),
        replace(GOOD, film=None),
    ],
    ("x", "Every address begins with https."): [
        saying("twitter:player", f"http://media.example/{HASH}/frame"),
        saying("twitter:image", "http://media.example/x.jpg"),
        saying("twitter:player:stream", "//media.example/x.mp4"),
    ],
    ("mastodon", "There is a title, a description, an address and a picture."): _NO_WORDS,
    ("mastodon", "The oEmbed answer is valid and says that it is version 1.0."): _NO_OEMBED,
    ("mastodon", "The address of the oEmbed answer holds the link as `url`, so that one serves every page."): [
        holding("oembed?url=", "oembed?id="),
        holding(_JSON, f"{SITE}/oembed/{HASH}?format=json"),
        saying("og:url", f"{_PAGE}/other"),
    ],
    ("mastodon", "What is embedded is one iframe with its size and a title."): _NO_IFRAME,
    ("mastodon", "The picture is a JPEG, PNG or GIF of less than 1 MB."): [
        image(mime="image/webp"),
        image(size_bytes=1_000_000),
        replace(GOOD, image=None),
    ],
    ("mastodon", "Each picture is described in words."): [without("og:image:alt"), without("og:image")],
    ("wordpress", "The head of the page ends within 150 KB."): [padded(150_000), holding("</head>", "")],
    ("wordpress", "The page names its oEmbed answers, as JSON and as XML."): _NOT_FOUND,
    ("wordpress", "The oEmbed answer is valid, and a thumbnail has its width and height."): _NO_OEMBED,
    ("wordpress", "Asked for less width and height, the answer gives less."): [
        replace(GOOD, smaller=_SMALLER | {"width": 321}),
        replace(GOOD, smaller=_SMALLER | {"height": 241}),
        replace(GOOD, smaller=_SMALLER | {"thumbnail_width": 321}),
        replace(GOOD, smaller=_SMALLER | {"thumbnail_height": 241}),
    ],
    ("wordpress", "What is embedded is one iframe with its size and a title."): _NO_IFRAME,
    ("facebook", "The link answers with a web page, not with a download."): _NO_PAGE,
    ("facebook", "There is a title, a description, an address and a picture."): _NO_WORDS,
    ("facebook", "Every address is whole, from http to the end."): _NO_ADDRESS,
    ("facebook", "The page is packed by gzip or deflate, or not at all."): [
        headers(content_encoding="br"),
        headers(content_encoding="zstd"),
    ],
    ("facebook", "The tags stand in the first 300 KB of the page."): [padded(300_000)],
    ("facebook", "The picture is a JPEG, PNG, GIF or WebP of less than 8 MB."): [
        image(mime="image/avif"),
        image(size_bytes=8_000_000),
        replace(GOOD, image=None),
    ],
    ("facebook", "The picture has at least 200 by 200 pixels."): [image(width=199), image(height=199)],
    ("facebook", "For a large card it has at least 600 by 315 pixels."): [image(width=599), image(height=314)],
}
_RULES: dict[tuple[str, str], tuple[Consumer, Rule]] = {
    (consumer.key, rule.sentence): (consumer, rule) for consumer in CONSUMERS for rule in consumer.rules
}


def test_every_rule_is_tried() -> None:
    """A rule that is added wants pages that break it."""
    assert _BROKEN.keys() == _RULES.keys()


@pytest.mark.parametrize("key", _RULES, ids=lambda key: f"{key[0]}: {key[1]}")
def test_every_rule_holds_for_a_good_page(key: tuple[str, str]) -> None:
    """Each has something to say about this one."""
    assert _RULES[key][1].holds(GOOD.visit()) is True


@pytest.mark.parametrize(
    ("key", "number"),
    [(key, number) for key, broken in _BROKEN.items() for number in range(len(broken))],
    ids=lambda value: f"{value[0]}: {value[1]}" if isinstance(value, tuple) else str(value),
)
def test_every_rule_can_fail(key: tuple[str, str], number: int) -> None:
    """It says so of a page with one thing wrong; and the card has lost what the rule is about."""
    broken = _BROKEN[key][number]
    consumer, rule = _RULES[key]
    assert rule.holds(broken.visit()) is False
    preview = preview_of(broken, consumer.key)
    assert rule in preview.failed
    shown = preview.shown
    left = {
        Part.CARD: shown.is_card,
        Part.PICTURE: bool(shown.images),
        Part.LARGE_PICTURE: shown.is_large,
        Part.PLAYER: bool(shown.play),
    }
    assert rule.loses is None or not left[rule.loses]


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.key)
def test_a_good_page_is_shown_whole(consumer: Consumer) -> None:
    """A large picture, and what can play there."""
    shown = preview_of(GOOD, consumer.key).shown
    assert shown.is_card
    assert shown.is_large
    assert shown.images == (_IMAGE,)
    assert shown.can_play is (consumer.key in ("discord", "x", "mastodon", "wordpress"))


@pytest.mark.parametrize("html", [_IFRAME, "<p>anything</p>"])
def test_mastodon_refuses_rich(html: str) -> None:
    """Nothing plays there; its card is that of the tags."""
    shown = preview_of(answer(type="rich", html=html), "mastodon").shown
    assert (shown.is_card, shown.play, shown.images) == (True, "", (_IMAGE,))


def test_discord_shows_four_pictures() -> None:
    """Everybody else the first."""
    images = "".join(f'<meta property="og:image" content="{_IMAGE}?{n}">' for n in range(5))
    many = holding("</head>", f"{images}</head>")
    assert len(preview_of(many, "discord").shown.images) == 4
    assert len(preview_of(many, "slack").shown.images) == 1


def test_a_film_hides_the_description_in_discord() -> None:
    """Where it plays; elsewhere, and where it does not, the description is there."""
    assert preview_of(GOOD, "discord").shown.description == ""
    assert preview_of(film(size_bytes=60_000_000), "discord").shown.description == "Description"
    assert preview_of(GOOD, "slack").shown.description == "Description"


def test_x_reads_its_own_words_first() -> None:
    """And Open Graph's where it has none."""
    assert preview_of(saying("twitter:title", "Other"), "x").shown.title == "Other"
    assert preview_of(saying("twitter:title", "Other"), "slack").shown.title == "Title"
    assert preview_of(without("twitter:title"), "x").shown.title == "Title"


def test_slack_shows_facts() -> None:
    """Those that have a name and a value."""
    assert preview_of(GOOD, "slack").shown.facts == (("Length", "1:15"),)
    assert preview_of(without("twitter:data1"), "slack").shown.facts == ()
    assert preview_of(GOOD, "x").shown.facts == ()


def preview_of(world: World, key: str) -> Preview:
    """What this consumer makes of the page."""
    return next(preview for preview in previews(world.visit()) if preview.consumer.key == key)

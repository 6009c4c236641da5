"""What a consumer may ask of a page: each check says whether it holds, None where it has nothing to say."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mediacrush.web.reading import Resource, Visit

Check = Callable[[Visit], bool | None]

_SUCCESSES = range(200, 300)
_PAGE_MIMES = frozenset({"text/html", "application/xhtml+xml"})
_ADDRESSES = (
    "og:url",
    "og:image",
    "og:video",
    "og:audio",
    "twitter:image",
    "twitter:player",
    "twitter:player:stream",
)
_PAGE_MAX_BYTES = 50_000_000
# Discord's component embeds: bytes, the number of its container, parts with the container, pictures in all.
_EMBED_MAX_BYTES, _CONTAINER, _EMBED_MAX_PARTS, _EMBED_MAX_ITEMS = 3000, 17, 40, 10
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# A consumer's call, as WordPress makes it for a column of this width.
_ASKED_WIDTH, _ASKED_HEIGHT = 320, 240
_OEMBED_TYPES = {"application/json+oembed": "json", "text/xml+oembed": "xml"}
_PLAIN_PACKINGS = frozenset({"", "identity", "gzip", "deflate"})
_THUMBNAIL = frozenset({"thumbnail_url", "thumbnail_width", "thumbnail_height"})


def is_page(visit: Visit) -> bool:
    """It is there, is HTML, not sent as a download, at most 50 MB."""
    mime = visit.headers.get("content-type", "").split(";")[0].strip().lower()
    is_inline = "attachment" not in visit.headers.get("content-disposition", "")
    return visit.code in _SUCCESSES and mime in _PAGE_MIMES and is_inline and len(visit.body) <= _PAGE_MAX_BYTES


def is_packed_plainly(visit: Visit) -> bool:
    """Sent as it is, or packed as everybody can unpack it."""
    return visit.headers.get("content-encoding", "").strip().lower() in _PLAIN_PACKINGS


def within(limit_bytes: int) -> Check:
    """The head ends within so many bytes."""

    def check(visit: Visit) -> bool:
        return 0 <= visit.body.find(b"</head>") < limit_bytes

    return check


def has(*names: str) -> Check:
    """Each of these names has a content."""

    def check(visit: Visit) -> bool:
        return all(visit.head.first(name) for name in names)

    return check


def at_most_bytes(name: str, limit: int) -> Check:
    """The content of `name` has no more bytes than this."""

    def check(visit: Visit) -> bool:
        return len((visit.head.first(name) or "").encode()) <= limit

    return check


def at_most_characters(name: str, limit: int) -> Check:
    """The content of `name` has no more characters than this."""

    def check(visit: Visit) -> bool:
        return len(visit.head.first(name) or "") <= limit

    return check


def is_absolute(visit: Visit) -> bool:
    """Every address is whole."""
    addresses = [address for name in _ADDRESSES for address in visit.head.all(name)]
    return all(_is_web(address, ("http", "https")) for address in addresses)


def is_secure(visit: Visit) -> bool:
    """Every address is https."""
    addresses = [address for name in _ADDRESSES for address in visit.head.all(name)]
    return all(_is_web(address, ("https",)) for address in addresses)


def is_coloured(visit: Visit) -> bool:
    """Every theme-color has six hexadecimal digits, and there is one."""
    colours = visit.head.all("theme-color")
    return bool(colours) and all(_COLOUR.fullmatch(colour) for colour in colours)


def image(
    *mimes: str, below_bytes: int | None = None, max_width: int | None = None, name: str = "og:image"
) -> Check:
    """The picture of this name is there, is one of these, and no larger."""

    def check(visit: Visit) -> bool:
        found = visit.at(name)
        if found is None or found.mime not in mimes:
            return False
        is_light = below_bytes is None or found.size_bytes < below_bytes
        return is_light and (max_width is None or (found.width or 0) <= max_width)

    return check


def image_at_least(width: int, height: int) -> Check:
    """The picture has these pixels each way."""

    def check(visit: Visit) -> bool:
        found = visit.at("og:image")
        return found is not None and (found.width or 0) >= width and (found.height or 0) >= height

    return check


def images_are_measured(visit: Visit) -> bool:
    """Each og:image is followed by its own type, width and height, and they are true."""
    groups = _image_groups(visit)
    return bool(groups) and all(_is_true(group, visit.fetch(group["og:image"])) for group in groups)


def images_are_described(visit: Visit) -> bool:
    """Each og:image is followed by words for those who do not see it."""
    groups = _image_groups(visit)
    return bool(groups) and all(group.get("og:image:alt") for group in groups)


def plays_in_place(visit: Visit) -> bool | None:
    """A film has an og:video."""
    return bool(visit.head.first("og:video")) if visit.head.first("og:type") == "video.other" else None


def video_is_file(visit: Visit) -> bool | None:
    """og:video is the MP4 itself."""
    address = visit.head.first("og:video")
    if address is None:
        return None
    found = visit.at("og:video")
    return urlsplit(address).path.endswith(".mp4") and found is not None and found.mime == "video/mp4"


def video_at_most(limit_bytes: int) -> Check:
    """og:video has no more bytes than this."""

    def check(visit: Visit) -> bool | None:
        found = visit.at("og:video")
        return None if found is None else found.size_bytes <= limit_bytes

    return check


def video_is_measured(visit: Visit) -> bool | None:
    """og:video:width and :height are there and true."""
    found = visit.at("og:video")
    if found is None:
        return None
    said = visit.head.number("og:video:width"), visit.head.number("og:video:height")
    return None not in said and (found.width is None or said == (found.width, found.height))


def video_is_no_large_image(visit: Visit) -> bool | None:
    """A card with a film does not ask for a large picture instead."""
    has_video = visit.head.first("og:video")
    return visit.head.first("twitter:card") != "summary_large_image" if has_video else None


def component_embed(visit: Visit) -> bool | None:
    """An album's own card: at most 3,000 bytes, one container, 40 parts, 10 pictures."""
    address = visit.head.link("discord:component-embed", "application/json")
    if address is None:
        return None
    found, content = visit.fetch(address), visit.read_json(address)
    if found is None or content is None or found.size_bytes > _EMBED_MAX_BYTES:
        return False
    container = content.get("component", {})
    parts = container.get("components", [])
    items = [item for part in parts for item in part.get("items", [])]
    is_small = len(parts) < _EMBED_MAX_PARTS and len(items) <= _EMBED_MAX_ITEMS
    return set(content) == {"component"} and container.get("type") == _CONTAINER and is_small


def has_card(visit: Visit) -> bool:
    """The kind of card is one that X still makes."""
    return visit.head.first("twitter:card") in ("player", "summary_large_image", "summary")


def player_is_whole(visit: Visit) -> bool | None:
    """A player card has its frame, its pixels and a picture; a stream comes with its type."""
    head = visit.head
    if head.first("twitter:card") != "player":
        return None
    is_sized = bool(head.number("twitter:player:width") and head.number("twitter:player:height"))
    stream, type_ = visit.at("twitter:player:stream"), head.first("twitter:player:stream:content_type")
    is_true = (stream.mime if stream else None) == type_
    return bool(head.first("twitter:player") and head.first("twitter:image")) and is_sized and is_true


def labels_are_pairs(visit: Visit) -> bool | None:
    """Every twitter:labelN has its twitter:dataN."""
    pairs = [(visit.head.first(f"twitter:label{n}"), visit.head.first(f"twitter:data{n}")) for n in (1, 2)]
    return all(bool(label) == bool(data) for label, data in pairs) if any(map(any, pairs)) else None


def is_discovered(visit: Visit) -> bool:
    """The page names both oEmbed addresses, each with its format."""
    return all(_oembed_query(visit, type_).get("format") == [format_] for type_, format_ in _OEMBED_TYPES.items())


def oembed_serves_every_page(visit: Visit) -> bool:
    """Each oEmbed address holds the page's own as `url`, where that of another can stand."""
    return all(_oembed_query(visit, type_).get("url") == [visit.head.first("og:url")] for type_ in _OEMBED_TYPES)


def oembed_is_valid(visit: Visit) -> bool:
    """oEmbed 1.0, with all that its type needs, and a thumbnail whole or not at all."""
    answer = visit.oembed
    if answer is None or answer.get("version") != "1.0" or not _has_size(answer):
        return False
    needed = {"photo": "url", "video": "html", "rich": "html"}.get(str(answer.get("type")))
    return needed is not None and bool(answer.get(needed)) and len(_THUMBNAIL & set(answer)) in (0, 3)


def oembed_is_not_rich(visit: Visit) -> bool | None:
    """Mastodon takes photos and videos."""
    return visit.oembed is not None and visit.oembed.get("type") in ("photo", "video")


def oembed_is_one_iframe(visit: Visit) -> bool | None:
    """What is to be embedded stays whole when it is reduced to one iframe with plain attributes."""
    html = (visit.oembed or {}).get("html")
    if html is None:
        return None
    reader = _Elements()
    reader.feed(html)
    reader.close()
    if [tag for tag, _ in reader.found] != ["iframe"] or reader.text.strip():
        return False
    attributes = reader.found[0][1]
    return all(attributes.get(name) for name in ("src", "width", "height", "title"))


def oembed_obeys(visit: Visit) -> bool:
    """Asked for less it gives less, thumbnails too."""
    address = visit.head.link("alternate", "application/json+oembed")
    asked = f"&maxwidth={_ASKED_WIDTH}&maxheight={_ASKED_HEIGHT}&dnt=1"
    answer = visit.read_json(address + asked) if address else None
    if answer is None or not _has_size(answer):
        return False
    widths = [answer["width"], answer.get("thumbnail_width", 0)]
    heights = [answer["height"], answer.get("thumbnail_height", 0)]
    return bool(max(widths) <= _ASKED_WIDTH and max(heights) <= _ASKED_HEIGHT)


def is_no_sprite(visit: Visit) -> bool:
    """The picture's name does not say that it is a sheet of many."""
    return "sprite" not in (visit.head.first("og:image") or "").lower()


def _oembed_query(visit: Visit, type_: str) -> dict[str, list[str]]:
    """What the oEmbed address of this type asks; {} where there is none."""
    return parse_qs(urlsplit(visit.head.link("alternate", type_) or "").query)


def _has_size(answer: dict[str, Any]) -> bool:
    return all(isinstance(answer.get(name), int) and answer[name] > 0 for name in ("width", "height"))


def _is_web(address: str, schemes: tuple[str, ...]) -> bool:
    parts = urlsplit(address)
    return parts.scheme in schemes and bool(parts.netloc)


def _image_groups(visit: Visit) -> list[dict[str, str]]:
    """Each og:image with what follows it up to the next."""
    groups: list[dict[str, str]] = []
    for name, content in visit.head.metas:
        if name == "og:image":
            groups.append({name: content})
        elif name.startswith("og:image:") and groups:
            groups[-1].setdefault(name, content)
    return groups


def _is_true(group: dict[str, str], found: Resource | None) -> bool:
    if found is None:
        return False
    said = (group.get("og:image:type"), group.get("og:image:width"), group.get("og:image:height"))
    return said == (found.mime, str(found.width), str(found.height))


class _Elements(HTMLParser):
    """Every element of a fragment with its attributes, and the text between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

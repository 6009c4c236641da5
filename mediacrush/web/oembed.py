"""oEmbed 1.0: how a site that knows nothing of us embeds a link to us (oembed.com)."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Flask, request
from werkzeug import Response

from mediacrush.errors import BadRequest, NotFound, NotImplementedHere
from mediacrush.model.hashes import HASH_LENGTH
from mediacrush.model.media import BlobType
from mediacrush.web import http
from mediacrush.web.cards import SITE_NAME, Card, Still, fit, pictures
from mediacrush.web.linked import Linked, find_linked
from mediacrush.web.share import iframe

# `/<hash>` with whatever follows it: a layout, an extension. Doubled slashes are what historical clients write.
_PATH = re.compile(rf"/+(?:(?:status|download)/+)?([A-Za-z0-9_-]{{{HASH_LENGTH}}})(?:[/.].*)?")
_CACHE_S = 300
_MAX_PIXELS, _MAX_DIGITS = 100_000, 9
_PORTS = {"http": 80, "https": 443}


def register(app: Flask) -> None:
    """The one endpoint."""
    app.add_url_rule("/oembed", "oembed", _oembed)


def embedding(url: str, max_width: int | None = None, max_height: int | None = None) -> dict[str, Any]:
    """The oEmbed answer for an address of ours, within these pixels. Raises BadRequest, NotFound, MediaFailed."""
    linked = find_linked(_hash_in(url))
    sized = _sized_pictures(linked)
    if sized:
        return _photo(linked.card, sized, max_width, max_height)
    # Mastodon refuses `rich`, so what plays is a `video`, sounds too.
    type_ = "video" if linked.card.kind in (BlobType.VIDEO, BlobType.AUDIO) else "rich"
    width, height = fit(linked.card.player_width, linked.card.player_height, max_width, max_height)
    html = iframe(linked.card, width, height)
    return {**_about(linked.card, type_, max_width, max_height), "html": html, "width": width, "height": height}


def _oembed() -> Response:
    format_ = request.args.get("format", "json")
    if format_ not in ("json", "xml"):
        raise NotImplementedHere("The format is `json` or `xml`.")
    content = embedding(request.args.get("url", ""), _limit("maxwidth"), _limit("maxheight"))
    answer = http.json_answer(content) if format_ == "json" else _xml_answer(content)
    answer.headers["Cache-Control"] = f"public, max-age={_CACHE_S}"
    return answer


def _hash_in(url: str) -> str:
    """The hash in an address of ours. Raises BadRequest for none at all, NotFound for one that is not ours."""
    if not url:
        raise BadRequest("Give the address of a page here as `url`.")
    try:
        parts = urlsplit(url)
        place = _place(parts)
    except ValueError as error:
        raise BadRequest("The `url` is no web address.") from error
    found = _PATH.fullmatch(parts.path)
    ours = {_place(urlsplit(site)) for site in (http.urls().site, http.urls().cdn, request.host_url)}
    if found is None or parts.scheme not in _PORTS or place not in ours:
        raise NotFound("There is nothing to embed at this address.")
    return found[1]


def _place(parts: SplitResult) -> tuple[str, int]:
    """Host and port; a scheme's own port is 0, so that a link stays ours when the site moves from http to https.
    Raises ValueError for a port that is none."""
    port = 0 if parts.port == _PORTS.get(parts.scheme) else parts.port or 0
    return (parts.hostname or "").removeprefix("www."), port


def _limit(name: str) -> int | None:
    """A limit in pixels, or None. Raises BadRequest for what is no such number."""
    text = request.args.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and 0 < int(text) <= _MAX_PIXELS):
        raise BadRequest(f"`{name}` is a number of pixels.")
    return int(text)


def _sized_pictures(linked: Linked) -> list[Still]:
    """The pictures of an image that may be shown, the largest first."""
    media = linked.media
    if media is None or media.blob_type is not BlobType.IMAGE or media.flags.nsfw:
        return []
    return [still for still in pictures(media, http.urls()) if still.width and still.height]


def _photo(card: Card, sized: list[Still], max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """The largest picture within the limits; where none is, the smallest, to be shown smaller than it is."""
    still = next((s for s in sized if _fits(s, max_width, max_height)), sized[-1])
    width, height = fit(still.width or 1, still.height or 1, max_width, max_height)
    about = _about(card, "photo", max_width, max_height)
    return {**about, "url": still.url, "width": width, "height": height}


def _fits(still: Still, max_width: int | None, max_height: int | None) -> bool:
    return (still.width or 0) <= (max_width or _MAX_PIXELS) and (still.height or 0) <= (max_height or _MAX_PIXELS)


def _about(card: Card, type_: str, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """What every type has. The three fields of a thumbnail come together or not at all, and obey the limits."""
    still, thumbnail = card.still, {}
    if still and still.width and still.height:
        width, height = fit(still.width, still.height, max_width, max_height)
        thumbnail = {"thumbnail_url": still.url, "thumbnail_width": width, "thumbnail_height": height}
    return {
        "version": "1.0",
        "type": type_,
        "title": card.title,
        "provider_name": SITE_NAME,
        "provider_url": card.site,
        "cache_age": _CACHE_S,
        **thumbnail,
    }


def _xml_answer(content: dict[str, Any]) -> Response:
    root = Element("oembed")
    for name, value in content.items():
        SubElement(root, name).text = str(value)
    return Response(tostring(root, encoding="utf-8", xml_declaration=True), mimetype="text/xml")

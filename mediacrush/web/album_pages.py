"""Pages of albums: all media one below another, one at a time, or in another order each time."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, redirect, render_template, request
from werkzeug import Response

from mediacrush.errors import NotOwner
from mediacrush.model.album import Album
from mediacrush.services import albums
from mediacrush.web import http, markdown
from mediacrush.web.caching import keep
from mediacrush.web.cards import album_card
from mediacrush.web.page import ANY_SITE, NO_SITE, page, player_options
from mediacrush.web.page_cache import option_words
from mediacrush.web.share import share_data

_LAYOUTS = ("list", "focus", "random")
# Of a list: more come as one scrolls down. Of the strip: to either side of what is shown.
_LIST_ITEMS = 24
_STRIP_SIDE = 12
_MOST_SEED = 10**6


def register(app: Flask) -> None:
    """The addresses that only albums have; `/<hash>` and its like come here from pages.py."""
    for layout in _LAYOUTS:
        app.add_url_rule(f"/<hash:hash_>/{layout}", f"album_{layout}", _page_of(layout))
    app.add_url_rule("/<hash:hash_>/zip", "album_zip_form", _zip_form, methods=["POST"])


def album_page(album: Album, layout: str = "list") -> Response:
    """The album in this layout."""
    albums.drop_stale_zip(http.backends(), album)
    if layout == "focus":
        return _focused(album, "albums/focus.html", NO_SITE)
    items, seed = list(album.items), None
    if layout == "random":
        # What follows further down is in the same order.
        seed = _number("seed") or secrets.randbelow(_MOST_SEED) + 1
        items.sort(key=lambda media: hashlib.sha256(f"{seed} {media.hash}".encode()).digest())
    start = min(max(_number("from"), 1), len(items))
    shown = items[start - 1 : start - 1 + _LIST_ITEMS]
    end = start + len(shown)
    html = render_template(
        "albums/list.html",
        items=[http.media_view(media) for media in shown],
        layout=layout,
        start=start,
        before=max(1, start - _LIST_ITEMS) if start > 1 else None,
        after=end if end <= len(items) else None,
        query=f"?seed={seed}&from=" if seed else "?from=",
        **_about(album),
    )
    return _answer(html, NO_SITE)


def album_frame(album: Album) -> Response:
    """The album on anybody's page: one media at a time."""
    albums.drop_stale_zip(http.backends(), album)
    return _focused(album, "albums/frame.html", ANY_SITE)


def delete_page(hash_: str) -> Response:
    """Asks before the album is deleted; its media stay. Raises NotFound."""
    return _ask_to_delete(albums.find(http.backends(), hash_))


def delete_form(hash_: str) -> Response:
    """Deletes an own album. Raises NotFound."""
    album = albums.find(http.backends(), hash_)
    try:
        albums.withdraw(http.backends(), hash_, http.own_claims())
    except NotOwner as error:
        return _ask_to_delete(album, message=str(error), code=error.http_status)
    return page(render_template("albums/deleted.html"), NO_SITE)


def _ask_to_delete(album: Album, message: str | None = None, code: int = 200) -> Response:
    is_owner = http.backends().owners.is_owner(album.hash, http.own_claims())
    html = render_template("albums/delete.html", needs_token=not is_owner, message=message, **_about(album))
    return page(html, NO_SITE, code)


def _focused(album: Album, template: str, frame_ancestors: str) -> Response:
    count = len(album.items)
    place = min(max(_number("item"), 1), count)
    near = range(max(1, place - _STRIP_SIDE), min(count, place + _STRIP_SIDE) + 1)
    html = render_template(
        template,
        media=http.media_view(album.items[place - 1]),
        strip=[(number, http.media_view(album.items[number - 1])) for number in near],
        place=place,
        layout="focus",
        options=player_options(),
        kept_options=_kept_options(),
        **_about(album),
    )
    return _answer(html, frame_ancestors)


def _number(name: str) -> int:
    """The number in the query under this name, of up to seven digits; 0 for none."""
    text = request.args.get(name, "")
    return int(text[:7]) if text.isascii() and text.isdigit() else 0


def _kept_options() -> str:
    """What of the query the next media gets too: all but the lifted veil of this one."""
    words = option_words(request.query_string.decode("ascii", "replace"))
    return "".join(f"&{word}" for word in words if word != "nsfw")


def _about(album: Album) -> dict[str, Any]:
    """What every page of the album says of it: its title as text and as HTML, its description, its card, the ways
    to share it. `packed` is how much of its zip is, 0 to 1; None: nobody waits for it."""
    card = album_card(album, http.urls())
    is_awaited = "zip" in request.args and not album.has_zip
    return {
        "album": album,
        "hash": album.hash,
        "count": len(album.items),
        "share": share_data(card),
        "packed": albums.packed_share(http.backends(), album.hash) if is_awaited else None,
        "title": " ".join(markdown.plain(album.title).split()) if album.title else card.title,
        "title_html": markdown.rendered_line(album.title) if album.title else None,
        "description": markdown.rendered(album.description) if album.description else None,
        "card": card,
    }


def _page_of(layout: str) -> Callable[[str], Response]:
    return lambda hash_: album_page(albums.find(http.backends(), hash_), layout)


def _zip_form(hash_: str) -> Response:
    """The button's way without JavaScript: have it packed, and show the album until it is."""
    albums.ask_for_zip(http.backends(), hash_, http.rate_limit_client())
    return redirect(f"/{hash_}?zip", 303)


def _answer(html: str, frame_ancestors: str) -> Response:
    return keep(page(html, frame_ancestors, plays=True))

"""Pages of albums: all media one below another, one at a time, or in another order each time."""

import random
from collections.abc import Callable

from flask import Flask, redirect, render_template, request
from werkzeug import Response

from mediacrush.errors import NotOwner
from mediacrush.model.album import Album
from mediacrush.services import albums
from mediacrush.web import http, markdown
from mediacrush.web.caching import keep
from mediacrush.web.cards import Card, album_card
from mediacrush.web.page import ANY_SITE, NO_SITE, page, player_options
from mediacrush.web.page_cache import option_words
from mediacrush.web.representation import MediaView

_LAYOUTS = ("list", "focus", "random")


def register(app: Flask) -> None:
    """The addresses that only albums have; `/<hash>` and its like come here from pages.py."""
    for layout in _LAYOUTS:
        app.add_url_rule(f"/<hash:hash_>/{layout}", f"album_{layout}", _page_of(layout))
    app.add_url_rule("/<hash:hash_>/zip", "album_zip_form", _zip_form, methods=["POST"])


def album_page(album: Album, layout: str = "list") -> Response:
    """The album in this layout."""
    albums.drop_stale_zip(http.backends(), album)
    items = list(album.items)
    if layout == "random":
        random.shuffle(items)  # for the eye; nobody must be unable to guess it
    views = [http.media_view(media) for media in items]
    if layout == "focus":
        return _focused(album, views, "albums/focus.html", NO_SITE)
    is_packing = "zip" in request.args and not album.has_zip
    html = render_template(
        "albums/list.html", album=album, items=views, layout=layout, is_packing=is_packing, **_about(album)
    )
    return _answer(html, NO_SITE)


def album_frame(album: Album) -> Response:
    """The album on anybody's page: one media at a time."""
    albums.drop_stale_zip(http.backends(), album)
    views = [http.media_view(media) for media in album.items]
    return _focused(album, views, "albums/frame.html", ANY_SITE)


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
    html = render_template(
        "albums/delete.html", album=album, needs_token=not is_owner, message=message, **_about(album)
    )
    return page(html, NO_SITE, code)


def _focused(album: Album, views: list[MediaView], template: str, frame_ancestors: str) -> Response:
    text = request.args.get("item", "")
    number = int(text[:5]) if text.isascii() and text.isdigit() else 1
    place = min(max(number, 1), len(views))
    html = render_template(
        template,
        album=album,
        items=views,
        media=views[place - 1],
        place=place,
        layout="focus",
        options=player_options(),
        kept_options=_kept_options(),
        **_about(album),
    )
    return _answer(html, frame_ancestors)


def _kept_options() -> str:
    """What of the query the next media gets too: all but the lifted veil of this one."""
    words = option_words(request.query_string.decode("ascii", "replace"))
    return "".join(f"&{word}" for word in words if word != "nsfw")


def _about(album: Album) -> dict[str, str | Card | None]:
    """What the page says of the album: its title as text and as HTML, its description, its card."""
    card = album_card(album, http.urls())
    return {
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

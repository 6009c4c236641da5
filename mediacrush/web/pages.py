"""Pages for people."""

from flask import Flask, redirect, render_template
from werkzeug import Response

from mediacrush.errors import NotOwner
from mediacrush.model.album import Album
from mediacrush.model.media import BlobType, Media
from mediacrush.services import library
from mediacrush.web import album_pages, http
from mediacrush.web.caching import keep
from mediacrush.web.page import ANY_SITE, NO_SITE, page, permissions_policy, player_options
from mediacrush.web.representation import MediaView
from mediacrush.web.share import ShareData, share_data


def register(app: Flask) -> None:
    """The addresses of pages."""
    app.add_url_rule("/", "home", _home)
    app.add_url_rule("/<hash:hash_>", "view", _view)
    app.add_url_rule("/<hash:hash_>/direct", "direct", _direct)
    app.add_url_rule("/<hash:hash_>/frame", "frame", _frame)
    app.add_url_rule("/<hash:hash_>/fragment", "fragment", _fragment)
    app.add_url_rule("/status/<hash:hash_>", "status", _status)
    app.add_url_rule("/<hash:hash_>/delete", "delete_page", _delete_page)
    app.add_url_rule("/<hash:hash_>/delete", "delete_form", _delete_form, methods=["POST"])


def _home() -> Response:
    answer = page(render_template("home.html", site_url=http.urls().site), NO_SITE)
    answer.headers["Permissions-Policy"] = permissions_policy(microphone="self")
    return answer


def _view(hash_: str) -> Response:
    found = library.find_any(http.backends(), hash_)
    if isinstance(found, Album):
        return album_pages.album_page(found)
    view = http.media_view(found)
    return _media_page(view, "view.html", NO_SITE, share=share_data(view.card))


def _direct(hash_: str) -> Response:
    found = library.find_any(http.backends(), hash_)
    if isinstance(found, Album):
        return album_pages.album_page(found, "focus")
    return _media_page(http.media_view(found), "direct.html", ANY_SITE)


def _frame(hash_: str) -> Response:
    found = library.find_any(http.backends(), hash_)
    if isinstance(found, Album):
        return album_pages.album_frame(found)
    return _media_page(http.media_view(found), "frame.html", ANY_SITE)


def _fragment(hash_: str) -> Response:
    media = library.find_shown(http.backends(), hash_)
    return _media_page(http.media_view(media), "fragments/player.html", ANY_SITE)


def _is_album(hash_: str) -> bool:
    """Whether the name is an album's: media are looked for first."""
    backends = http.backends()
    return backends.media.get_version(hash_) is None and backends.albums.has_any([hash_])


def _media_page(media: MediaView, template: str, frame_ancestors: str, **also: ShareData) -> Response:
    """A page that shows one media, the same for everybody; page_cache.py keeps it."""
    html = render_template(template, media=media, options=player_options(), **also)
    is_picture = media.media.is_probed and media.media.blob_type is BlobType.IMAGE
    return keep(page(html, frame_ancestors, plays=not is_picture))


def _status(hash_: str) -> Response:
    """Progress for those without JavaScript; moves on to the page when there is something to see."""
    media = library.find_media(http.backends(), hash_)
    if media.status.is_playable:
        return redirect(f"/{hash_}")
    ahead = library.ahead_of(http.backends(), media)
    html = render_template("status.html", media=http.media_view(media), ahead=ahead, options=player_options())
    return page(html, NO_SITE)


def _delete_page(hash_: str) -> Response:
    if _is_album(hash_):
        return album_pages.delete_page(hash_)
    return _ask_to_delete(library.find_media(http.backends(), hash_))


def _delete_form(hash_: str) -> Response:
    if _is_album(hash_):
        return album_pages.delete_form(hash_)
    media = library.find_media(http.backends(), hash_)
    try:
        library.withdraw(http.backends(), hash_, http.own_claims())
    except NotOwner as error:
        return _ask_to_delete(media, message=str(error), code=error.http_status)
    return page(render_template("deleted.html"), NO_SITE)


def _ask_to_delete(media: Media, message: str | None = None, code: int = 200) -> Response:
    is_owner = http.backends().owners.is_owner(media.hash, http.own_claims())
    html = render_template(
        "delete.html",
        media=http.media_view(media),
        needs_token=not is_owner,
        message=message,
        options=player_options(),
    )
    return page(html, NO_SITE, code)

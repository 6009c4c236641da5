"""Pages for people."""

import hashlib
import threading
from collections.abc import Callable

from cachetools import LRUCache
from flask import Flask, current_app, redirect, render_template, request
from werkzeug import Response

from mediacrush.errors import NotOwner
from mediacrush.model.media import Media
from mediacrush.services import library
from mediacrush.web import http
from mediacrush.web.assets import build_id, content_security_policy

_ANY_SITE = "*"
_NO_SITE = "'none'"
_OPTION_NAMES = ("autoplay", "loop", "mute")
# Rendered pages by record version: the template costs more than all the rest of a request (docs/performance.md).
_PAGE_CACHE_BYTES = 16 * 2**20


def register(app: Flask) -> None:
    """The addresses of pages."""
    app.extensions["page_cache"] = PageCache()
    app.add_url_rule("/", "home", _home)
    app.add_url_rule("/<hash:hash_>", "view", _view)
    app.add_url_rule("/<hash:hash_>/direct", "direct", _direct)
    app.add_url_rule("/<hash:hash_>/frame", "frame", _frame)
    app.add_url_rule("/<hash:hash_>/fragment", "fragment", _fragment)
    app.add_url_rule("/status/<hash:hash_>", "status", _status)
    app.add_url_rule("/<hash:hash_>/delete", "delete_page", _delete_page)
    app.add_url_rule("/<hash:hash_>/delete", "delete_form", _delete_form, methods=["POST"])


class PageCache:
    """Rendered pages of this process by everything they depend on; safe between threads."""

    def __init__(self) -> None:
        self._pages: LRUCache[tuple[str, ...], bytes] = LRUCache(maxsize=_PAGE_CACHE_BYTES, getsizeof=len)
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        """The page, or None."""
        with self._lock:
            return self._pages.get(key)

    def put(self, key: tuple[str, ...], page: bytes) -> None:
        """Keep a page, if it is not larger than the whole cache."""
        if len(page) < _PAGE_CACHE_BYTES:
            with self._lock:
                self._pages[key] = page


def _home() -> Response:
    return _page(render_template("home.html"), _NO_SITE)


def _view(hash_: str) -> Response:
    return _media_page(hash_, "view.html", _NO_SITE)


def _direct(hash_: str) -> Response:
    return _media_page(hash_, "direct.html", _ANY_SITE)


def _frame(hash_: str) -> Response:
    return _media_page(hash_, "frame.html", _ANY_SITE)


def _fragment(hash_: str) -> Response:
    return _media_page(hash_, "fragments/player.html", _ANY_SITE)


def _media_page(hash_: str, template: str, frame_ancestors: str) -> Response:
    """A page that shows one media, the same for everybody. One round trip to Redis while the record is as it was.

    The validator is compared before anything is rendered.
    """
    version = http.backends().media.get_version(hash_)
    if version is None:
        library.find_media(http.backends(), hash_)
    key = (template, hash_, str(version), http.urls().site, *_option_words())
    etag = hashlib.sha256("\0".join((build_id(), *key)).encode()).hexdigest()[:20]
    if etag in request.if_none_match:
        answer = Response(status=304)
    else:
        answer = Response(_rendered(key, lambda: _render_media(template, hash_)), mimetype="text/html")
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors)
    return answer


def _rendered(key: tuple[str, ...], render: Callable[[], bytes]) -> bytes:
    cache: PageCache = current_app.extensions["page_cache"]
    page = cache.get(key)
    if page is None:
        page = render()
        cache.put(key, page)
    return page


def _render_media(template: str, hash_: str) -> bytes:
    """Raises NotFound, with what went wrong, for a media that failed."""
    media = library.find_shown(http.backends(), hash_)
    return render_template(template, media=http.media_view(media), options=_options()).encode()


def _option_words() -> list[str]:
    """The player options in the query string, in one order, so that equal pages have one name."""
    known = {f"{prefix}{name}" for name in _OPTION_NAMES for prefix in ("", "no")} | {"nobrand", "nsfw"}
    return sorted(name for name in request.args if name in known)


def _options() -> dict[str, bool | None]:
    """What the query string asks of the player; None: as the media's flags say."""
    words = _option_words()
    options: dict[str, bool | None] = dict.fromkeys(_OPTION_NAMES)
    for name in _OPTION_NAMES:
        if name in words or f"no{name}" in words:
            options[name] = name in words
    return options | {"nobrand": "nobrand" in words, "show_nsfw": "nsfw" in words}


def _status(hash_: str) -> Response:
    """Progress for those without JavaScript; moves on to the page when there is something to see."""
    media = library.find_media(http.backends(), hash_)
    if media.status.is_playable:
        return redirect(f"/{hash_}")
    return _page(render_template("status.html", media=http.media_view(media), options=_options()), _NO_SITE)


def _delete_page(hash_: str) -> Response:
    return _ask_to_delete(library.find_media(http.backends(), hash_))


def _delete_form(hash_: str) -> Response:
    media = library.find_media(http.backends(), hash_)
    try:
        library.withdraw(http.backends(), hash_, http.own_claims())
    except NotOwner as error:
        return _ask_to_delete(media, message=str(error), code=error.http_status)
    return _page(render_template("deleted.html"), _NO_SITE)


def _ask_to_delete(media: Media, message: str | None = None, code: int = 200) -> Response:
    is_owner = http.backends().owners.is_owner(media.hash, http.own_claims())
    page = render_template(
        "delete.html",
        media=http.media_view(media),
        needs_token=not is_owner,
        message=message,
        options=_options(),
    )
    return _page(page, _NO_SITE, code)


def _page(html: str, frame_ancestors: str, code: int = 200) -> Response:
    answer = Response(html, status=code, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors)
    return answer

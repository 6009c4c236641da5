"""The page on which an owner changes what is said of an upload."""

from flask import Flask, redirect, render_template, request
from werkzeug import Response

from mediacrush.errors import NotOwner, TextTooLong
from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.services import library, text
from mediacrush.services.text import TEXT_MAX_CHARACTERS
from mediacrush.web import http
from mediacrush.web.linked import card_of
from mediacrush.web.page import NO_SITE, page

_FLAG_TEXTS = {
    "nsfw": "Not safe for work: shown behind a veil",
    "autoplay": "Plays by itself",
    "loop": "Begins again when it ends",
    "mute": "Silent until the sound is turned on",
}


def register(app: Flask) -> None:
    """Its addresses."""
    app.add_url_rule("/<hash:hash_>/edit", "edit_page", _edit_page)
    app.add_url_rule("/<hash:hash_>/edit", "edit_form", _edit_form, methods=["POST"])


def _edit_page(hash_: str) -> Response:
    return _ask(library.find_any(http.backends(), hash_))


def _edit_form(hash_: str) -> Response:
    """Change texts and flags of an own media or album, all or nothing."""
    backends, claims = http.backends(), http.own_claims()
    found = library.find_any(backends, hash_)
    flags = {name: name in request.form for name in found.flag_names} if isinstance(found, Media) else {}
    try:
        if isinstance(found, Media) and found.is_text_locked:
            library.change_flags(backends, hash_, claims, flags)
        else:
            title, description = request.form.get("title", ""), request.form.get("description", "")
            text.change_text(backends, hash_, claims, title, description)
            if flags:
                library.change_flags(backends, hash_, claims, flags)
    except (NotOwner, TextTooLong) as error:
        return _ask(found, message=str(error), code=error.http_status)
    return redirect(f"/{hash_}", 303)


def _ask(found: Media | Album, message: str | None = None, code: int = 200) -> Response:
    """The form, with what was typed where it was refused."""
    is_owner = http.backends().owners.is_owner(found.hash, http.own_claims())
    flags = library.shown_flags(found) if isinstance(found, Media) else {}
    if message is not None:
        flags = {name: name in request.form for name in flags}
    html = render_template(
        "edit.html",
        hash=found.hash,
        card=card_of(found),
        title=request.form.get("title", found.title or ""),
        description=request.form.get("description", found.description or ""),
        max_characters=TEXT_MAX_CHARACTERS,
        is_locked=isinstance(found, Media) and found.is_text_locked,
        flags=[(name, _FLAG_TEXTS[name], is_set) for name, is_set in flags.items()],
        needs_token=not is_owner,
        message=message,
    )
    return page(html, NO_SITE, code)

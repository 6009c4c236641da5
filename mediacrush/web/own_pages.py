"""Pages for whoever uploaded: what this browser sent, and changing what is said of it."""

from flask import Flask, redirect, render_template, request
from werkzeug import Response

from mediacrush.errors import NotOwner, TextTooLong
from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.services import library, mine, text
from mediacrush.services.text import TEXT_MAX_CHARACTERS
from mediacrush.web import http
from mediacrush.web.cards import Card, album_card
from mediacrush.web.page import NO_SITE, page

_FLAG_TEXTS = {
    "nsfw": "Not safe for work: shown behind a veil",
    "autoplay": "Plays by itself",
    "loop": "Begins again when it ends",
    "mute": "Silent until somebody turns the sound on",
}


def register(app: Flask) -> None:
    """The addresses of these pages."""
    app.add_url_rule("/mine", "mine", _mine)
    app.add_url_rule("/<hash:hash_>/edit", "edit_page", _edit_page)
    app.add_url_rule("/<hash:hash_>/edit", "edit_form", _edit_form, methods=["POST"])


def _mine() -> Response:
    """What this browser uploaded and made; nobody else's browser gets the same page.

    It also gets its owner cookie here: home.js asks before it sends several files at once, each of whose answers
    would bring another.
    """
    text = request.args.get("page", "")
    number = int(text[:5]) if text.isascii() and text.isdigit() else 1
    claim, cookie = http.owner_cookie()
    shelf = mine.shelf(http.backends(), claim, number)
    html = render_template("mine.html", cards=[_card(one) for one in shelf.items], shelf=shelf)
    answer = page(html, NO_SITE)
    answer.headers["Cache-Control"] = "private, no-store"
    http.set_owner_cookie(answer, cookie)
    return answer


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
        card=_card(found),
        title=request.form.get("title", found.title or ""),
        description=request.form.get("description", found.description or ""),
        max_characters=TEXT_MAX_CHARACTERS,
        is_locked=isinstance(found, Media) and found.is_text_locked,
        flags=[(name, _FLAG_TEXTS[name], is_set) for name, is_set in flags.items()],
        needs_token=not is_owner,
        message=message,
    )
    return page(html, NO_SITE, code)


def _card(one: Media | Album) -> Card:
    return http.media_view(one).card if isinstance(one, Media) else album_card(one, http.urls())

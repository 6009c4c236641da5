"""The pages of what this browser sent: the list, deleting or forgetting several, taking it to another browser."""

import json
from typing import Any

from flask import Flask, redirect, render_template, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug import Response

from mediacrush.errors import BadRequest, NotAcceptable
from mediacrush.model.media import BlobType, Media
from mediacrush.services import albums, mine
from mediacrush.web import http
from mediacrush.web.albums_api import take_album_allowance
from mediacrush.web.cards import Card
from mediacrush.web.linked import card_of
from mediacrush.web.page import NO_SITE, page

_DEEDS = {"delete": mine.delete, "forget": mine.forget}
_FILENAME = "mediacrush-uploads.json"
# A list of as many as a browser has stays below what a form may hold.
_TITLE_CHARACTERS = 60
_NO_LIST = "This is no list of uploads that a site like this one has written."


class _Entry(BaseModel):
    """What a list must say of each upload; all else in it is for people."""

    model_config = ConfigDict(strict=True)

    hash: str = Field(pattern=r"^[A-Za-z0-9_-]{12}$")
    delete_token: str = Field(min_length=1, max_length=100)


class _List(BaseModel):
    model_config = ConfigDict(strict=True)

    uploads: list[_Entry] = Field(max_length=1000)


def register(app: Flask) -> None:
    """The addresses of these pages."""
    app.add_url_rule("/mine", "mine", _mine)
    app.add_url_rule("/mine", "mine_form", _mine_form, methods=["POST"])
    app.add_url_rule("/mine/export", "mine_export", _export, methods=["POST"])
    app.add_url_rule("/mine/import", "mine_import", _import, methods=["POST"])


def _mine() -> Response:
    """What this browser uploaded and made; nobody else's browser gets the same page.

    It also gets its owner cookie here: home.js asks before it sends several files at once, each of whose answers
    would bring another.
    """
    return _list()


def _mine_form() -> Response:
    """Do something with the chosen ones; before any of them goes, ask."""
    backends = http.backends()
    claim = http.cookie_claim_of_request()
    hashes = request.form.getlist("hash")[: mine.PAGE_ITEMS]
    deed = request.form.get("do", "")
    if deed not in _DEEDS and deed != "album":
        raise BadRequest("Say what to do with them: delete, forget or album.")
    chosen = mine.chosen(backends, claim, hashes) if claim else ()
    if not claim or not chosen:
        return _list(problem="Choose at least one of your uploads first.", code=400)
    if deed == "album":
        return _make_album(claim, [one.hash for one in reversed(chosen)])
    if "sure" not in request.form:
        html = render_template("mine_sure.html", deed=deed, cards=[card_of(one) for one in chosen])
        return page(html, NO_SITE)
    _DEEDS[deed](backends, claim, hashes)
    return redirect("/mine", 303)


def _make_album(claim: str, hashes: list[str]) -> Response:
    """An album of them, the oldest first; for those without JavaScript the only way to one."""
    take_album_allowance()
    try:
        hash_, _ = albums.create(http.backends(), ",".join(hashes), claim, http.address_claim_of_request())
    except NotAcceptable as error:
        return _list(problem=str(error), code=error.http_status)
    return redirect(f"/{hash_}", 303)


def _export() -> Response:
    """The list as a file, with what another browser needs to own the same."""
    claim, cookie = http.owner_cookie()
    uploads = [_entry(card_of(one), token) for one, token in mine.lent(http.backends(), claim)]
    text = json.dumps({"site": http.urls().site, "uploads": uploads}, indent=1, ensure_ascii=False)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_FILENAME}"'
    answer.headers["Cache-Control"] = "private, no-store"
    http.set_owner_cookie(answer, cookie)
    return answer


def _entry(card: Card, token: str) -> dict[str, Any]:
    return {"hash": card.hash, "url": card.url, "title": card.title[:_TITLE_CHARACTERS], "delete_token": token}


def _import() -> Response:
    """Take over the list of another browser: of each entry what its token shows, and nothing else."""
    file = request.files.get("list")
    try:
        found = _List.model_validate_json(file.read() if file else b"")
    except ValidationError:
        return _list(problem=_NO_LIST, code=400)
    claim, cookie = http.owner_cookie()
    taken = mine.adopt(http.backends(), claim, [(entry.hash, entry.delete_token) for entry in found.uploads])
    missed = len(found.uploads) - taken
    news = f"{taken} of {len(found.uploads)} are listed here now."
    if missed:
        news += " The others are deleted, or the list has no key to them."
    return _list(news=news, cookie=(claim, cookie))


def _list(
    *, news: str | None = None, problem: str | None = None, code: int = 200, cookie: tuple[str, str] | None = None
) -> Response:
    """The page of the list; with the sentence about what was just done, or why not."""
    text = request.args.get("page", "")
    number = int(text[:5]) if text.isascii() and text.isdigit() else 1
    claim, value = cookie or http.owner_cookie()
    shelf = mine.shelf(http.backends(), claim, number)
    tiles = [(card_of(one), isinstance(one, Media) and one.blob_type is BlobType.VIDEO) for one in shelf.items]
    html = render_template("mine.html", tiles=tiles, shelf=shelf, news=news, problem=problem)
    answer = page(html, NO_SITE, code)
    answer.headers["Cache-Control"] = "private, no-store"
    http.set_owner_cookie(answer, value)
    return answer

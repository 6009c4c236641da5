"""Asking about media and changing them."""

import re
from typing import Any

from flask import Flask, redirect, request
from werkzeug import Response

from mediacrush import __version__
from mediacrush.errors import BadRequest, NotAcceptable
from mediacrush.model.album import Album
from mediacrush.model.hashes import hashes_in, is_sha256
from mediacrush.model.media import Status
from mediacrush.services import albums, library
from mediacrush.services.text import change_text
from mediacrush.web import http
from mediacrush.web.caching import keep
from mediacrush.web.representation import any_json, media_json, status_json

# An address may hold a comma; one that separates stands before the next address.
_ADDRESSES = re.compile(r",\s*(?=[a-z]+://)", re.IGNORECASE)
_NO_FLAGS = "An album has no flags; the media in it have."


def register(app: Flask) -> None:
    """The addresses of the API, but for uploads."""
    for rule, view, methods in (
        ("/api/info", _info_list, ["GET"]),
        ("/api/exists", _exists_by_sha256, ["GET"]),
        ("/api/status", _status_list, ["GET"]),
        ("/api/<hash_>", _info, ["GET"]),
        ("/<hash:hash_>.json", _info, ["GET"]),
        ("/api/<hash_>", _delete, ["DELETE"]),
        ("/api/<hash_>/delete", _to_delete_page, ["GET"]),
        ("/api/<hash_>/exists", _exists, ["GET"]),
        ("/api/<hash_>/status", _status, ["GET"]),
        ("/api/<hash_>/owner", _owner, ["GET"]),
        ("/api/<hash_>/flags", _flags, ["GET"]),
        ("/api/<hash_>/flags", _change_flags, ["POST"]),
        ("/api/<hash_>/text", _change_text, ["POST"]),
        ("/api/url/info", _info_of_urls, ["POST"]),
        ("/version", _version, ["GET"]),
    ):
        app.add_url_rule(rule, f"{view.__name__}:{rule}", view, methods=methods)


def _info(hash_: str) -> Response:
    found = library.find_any(http.backends(), hash_)
    answer = http.json_answer(any_json(found, http.urls()))
    # Whoever waits for more to come must see it in the moment that `status` tells of it.
    is_settled = all(one.status is Status.DONE for one in (found.items if isinstance(found, Album) else [found]))
    answer.vary.add("X-CORS-Status")
    return keep(answer) if is_settled else answer


def _info_list() -> Response:
    found, urls = library.get_all(http.backends(), _listed()), http.urls()
    return http.json_answer({hash_: any_json(one, urls) if one else None for hash_, one in found.items()})


def _info_of_urls() -> Response:
    """The media that addresses gave when they were uploaded; split at commas that begin a new address."""
    text = request.form.get("list")
    if not text:
        raise BadRequest("Give the addresses as `list`, separated by commas.")
    hashes = http.backends().urls.get_many(url.strip() for url in _ADDRESSES.split(text))
    found = http.backends().media.get_many({hash_ for hash_ in hashes.values() if hash_})
    media = {url: found.get(hash_) if hash_ else None for url, hash_ in hashes.items()}
    return http.json_answer(
        {url: media_json(m, http.urls()) if m and not m.status.is_failure else None for url, m in media.items()}
    )


def _exists(hash_: str) -> Response:
    media = http.backends().media.get(hash_)
    is_album = media is None and http.backends().albums.has_any([hash_])
    exists = is_album or (media is not None and not media.status.is_failure)
    return http.json_answer({"exists": exists}, 200 if exists else 404)


def _exists_by_sha256() -> Response:
    media = http.backends().media.find_by_sha256(sha256_of(request.args.get("sha256")))
    if media is None:
        return http.json_answer({"exists": False}, 404)
    return http.json_answer({"exists": True, "hash": media.hash})


def sha256_of(text: str | None) -> str:
    """The digest that a request names. Raises BadRequest when it is none."""
    sha256 = (text or "").lower()
    if not is_sha256(sha256):
        raise BadRequest("Give the SHA-256 digest of the file as `sha256`, 64 hexadecimal digits.")
    return sha256


def _status(hash_: str) -> Response:
    _refuse_album(hash_, "An album has no status: it is there at once.")
    media = library.find_media(http.backends(), hash_)
    return http.json_answer(status_json(media, http.urls(), library.ahead_of(http.backends(), media)))


def _status_list() -> Response:
    found = http.backends().media.get_many(_listed())
    answer: dict[str, Any] = {}
    for hash_, media in found.items():
        answer[hash_] = media and {
            "status": media.status,
            "progress": media.progress,
            "file": media_json(media, http.urls()),
        }
    return http.json_answer(answer)


def _owner(hash_: str) -> Response:
    """Ours: whether whoever asks may change it. A page that is the same for everybody asks after it was shown."""
    found = library.find_any(http.backends(), hash_)
    return http.json_answer({"is_owner": http.backends().owners.is_owner(found.hash, http.own_claims())})


def _flags(hash_: str) -> Response:
    _refuse_album(hash_, _NO_FLAGS)
    media = library.find_shown(http.backends(), hash_)
    return http.json_answer({"flags": library.shown_flags(media)})


def _change_flags(hash_: str) -> Response:
    _refuse_album(hash_, _NO_FLAGS)
    changes = {name: value == "true" for name, value in request.form.items() if name != "delete_token"}
    media = library.change_flags(http.backends(), hash_, http.own_claims(), changes)
    return http.json_answer({"flags": library.shown_flags(media)})


def _refuse_album(hash_: str, sentence: str) -> None:
    """Raises NotAcceptable where the hash is an album's."""
    backends = http.backends()
    if backends.media.get(hash_) is None and backends.albums.has_any([hash_]):
        raise NotAcceptable(sentence)


def _change_text(hash_: str) -> Response:
    title, description = request.form.get("title"), request.form.get("description")
    change_text(http.backends(), hash_, http.own_claims(), title, description)
    return http.json_answer({"status": "success"})


def _delete(hash_: str) -> Response:
    backends, claims = http.backends(), http.own_claims()
    if backends.media.get(hash_) is None and backends.albums.has_any([hash_]):
        albums.withdraw(backends, hash_, claims)
    else:
        library.withdraw(backends, hash_, claims)
    return http.json_answer({"status": "success"})


def _to_delete_page(hash_: str) -> Response:
    """A GET never deletes: the page asks first."""
    if not http.backends().albums.has_any([hash_]):
        library.find_media(http.backends(), hash_)
    return redirect(f"/{hash_}/delete")


def _version() -> Response:
    return http.json_answer({"version": __version__})


def _listed() -> list[str]:
    """The hashes of the `list` parameter. Raises BadRequest when there is none."""
    text = request.args.get("list")
    if not text:
        raise BadRequest("Give the hashes as `list`, separated by commas.")
    return hashes_in(text)

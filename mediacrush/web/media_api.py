"""Asking about media and changing them."""

from typing import Any

from flask import Flask, redirect, request
from werkzeug import Response

from mediacrush import __version__
from mediacrush.errors import BadRequest
from mediacrush.model.hashes import hashes_in, is_sha256
from mediacrush.services import library
from mediacrush.web import http
from mediacrush.web.representation import media_json, status_json


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
        ("/api/<hash_>/flags", _flags, ["GET"]),
        ("/api/<hash_>/flags", _change_flags, ["POST"]),
        ("/version", _version, ["GET"]),
    ):
        app.add_url_rule(rule, f"{view.__name__}:{rule}", view, methods=methods)


def _info(hash_: str) -> Response:
    return http.json_answer(media_json(library.find_shown(http.backends(), hash_), http.urls()))


def _info_list() -> Response:
    found = http.backends().media.get_many(_listed())
    return http.json_answer(
        {
            hash_: media_json(media, http.urls()) if media and not media.status.is_failure else None
            for hash_, media in found.items()
        }
    )


def _exists(hash_: str) -> Response:
    media = http.backends().media.get(hash_)
    exists = media is not None and not media.status.is_failure
    return http.json_answer({"exists": exists}, 200 if exists else 404)


def _exists_by_sha256() -> Response:
    sha256 = request.args.get("sha256", "").lower()
    if not is_sha256(sha256):
        raise BadRequest("Give the SHA-256 digest of the file as `sha256`, 64 hexadecimal digits.")
    media = http.backends().media.find_by_sha256(sha256)
    if media is None:
        return http.json_answer({"exists": False}, 404)
    return http.json_answer({"exists": True, "hash": media.hash})


def _status(hash_: str) -> Response:
    return http.json_answer(status_json(library.find_media(http.backends(), hash_), http.urls()))


def _status_list() -> Response:
    found = http.backends().media.get_many(_listed())
    answer: dict[str, Any] = {}
    for hash_, media in found.items():
        answer[hash_] = {"status": media.status, "file": media_json(media, http.urls())} if media else None
    return http.json_answer(answer)


def _flags(hash_: str) -> Response:
    media = library.find_shown(http.backends(), hash_)
    return http.json_answer({"flags": library.shown_flags(media)})


def _change_flags(hash_: str) -> Response:
    changes = {name: value == "true" for name, value in request.form.items() if name != "delete_token"}
    media = library.change_flags(http.backends(), hash_, http.own_claims(), changes)
    return http.json_answer({"flags": library.shown_flags(media)})


def _delete(hash_: str) -> Response:
    library.withdraw(http.backends(), hash_, http.own_claims())
    return http.json_answer({"status": "success"})


def _to_delete_page(hash_: str) -> Response:
    """A GET never deletes: the page asks first."""
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

"""Taking uploads."""

from typing import Any

from flask import Flask, redirect, request
from werkzeug import Response

from mediacrush.errors import NotFound
from mediacrush.services import fetch, library, upload
from mediacrush.services.upload import Accepted
from mediacrush.web import http
from mediacrush.web.body import opened_body, spooled_file
from mediacrush.web.media_api import sha256_of
from mediacrush.web.representation import media_json, upload_json

_NOT_KNOWN = "This file is not here yet; please send it."


def register(app: Flask) -> None:
    """The addresses of uploads."""
    app.add_url_rule("/api/upload/file", "upload_file", _upload_file, methods=["POST"])
    app.add_url_rule("/api/upload/url", "upload_url", _upload_url, methods=["POST"])
    app.add_url_rule("/api/upload/known", "upload_known", _upload_known, methods=["POST"])
    app.add_url_rule("/api/upload/noscript", "upload_noscript", _upload_noscript, methods=["POST"])
    app.add_url_rule("/api/upload/noscript/url", "upload_noscript_url", _upload_noscript_url, methods=["POST"])


def _upload_file() -> Response:
    return _uploaded(*_accept())


def _upload_url() -> Response:
    return _uploaded(*_fetch())


def _fetch() -> tuple[Accepted, str]:
    """Take the file at the address in the form field `url`; also the owner cookie to answer with."""
    backends = http.backends()
    url = fetch.checked_url(request.form.get("url"))
    claim, cookie = http.owner_cookie()
    client = http.rate_limit_client()
    if client:
        fetch.take_fetch_allowance(backends, client)
        upload.take_upload_allowance(backends, client, 0)
    with fetch.fetched(backends.settings, url) as spooled:
        if client:
            upload.take_upload_allowance(backends, client, spooled.size_bytes)
        accepted = upload.accept_upload(backends, spooled, claim, http.address_claim_of_request())
    backends.urls.remember(url, accepted.hash)
    return accepted, cookie


def _uploaded(accepted: Accepted, cookie: str) -> Response:
    """The answer to an upload; 409 with the File when it was here already. `?known=ok` has 200 then: tools that are
    only configured, such as ShareX, take every other status for a failure."""
    answer = upload_json(accepted.hash, accepted.mime, accepted.delete_token, http.urls())
    if accepted.is_new:
        response = http.json_answer(answer)
    else:
        media = library.find_media(http.backends(), accepted.hash)
        known: dict[str, Any] = {accepted.hash: media_json(media, http.urls())}
        if request.args.get("known") == "ok":
            response = http.json_answer(answer | known)
        else:
            known |= {"error": 409, "message": "This file is here already."}
            response = http.json_answer(answer | known, 409)
    http.set_owner_cookie(response, cookie)
    return response


def _upload_known() -> Response:
    """Take what is here already by its digest: as if it had been sent, without sending it.

    It counts against the hour as the bytes would, and raises NotFound where they must be sent after all.
    """
    backends = http.backends()
    media = backends.media.find_by_sha256(sha256_of(request.form.get("sha256")))
    if media is None:
        raise NotFound(_NOT_KNOWN)
    client = http.rate_limit_client()
    if client:
        upload.take_upload_allowance(backends, client, media.size_bytes)
    claim, cookie = http.owner_cookie()
    accepted = upload.accept_known(backends, media, claim, http.address_claim_of_request())
    if accepted is None:
        raise NotFound(_NOT_KNOWN)
    answer = upload_json(accepted.hash, accepted.mime, accepted.delete_token, http.urls())
    response = http.json_answer(answer | {accepted.hash: media_json(media, http.urls())})
    http.set_owner_cookie(response, cookie)
    return response


def _upload_noscript() -> Response:
    return _shown(*_accept())


def _upload_noscript_url() -> Response:
    return _shown(*_fetch())


def _shown(accepted: Accepted, cookie: str) -> Response:
    """The answer to a plain form: the page that shows what becomes of it."""
    response = redirect(f"/status/{accepted.hash}", code=303)
    http.set_owner_cookie(response, cookie)
    return response


def _accept() -> tuple[Accepted, str]:
    """Take the file of this request; also the owner cookie to answer with."""
    backends = http.backends()
    claim, cookie = http.owner_cookie()
    client = http.rate_limit_client()
    # What is refused unread must not cost the hour.
    with opened_body(request, backends.settings) as body:
        if client:
            upload.take_upload_allowance(backends, client, body.size_bytes or 0)
        with spooled_file(request, body, backends.settings) as spooled:
            if client and body.size_bytes is None:
                upload.take_upload_allowance(backends, client, spooled.size_bytes)
            return upload.accept_upload(backends, spooled, claim, http.address_claim_of_request()), cookie

"""Making albums and packing them."""

from flask import Flask, request
from werkzeug import Response

from mediacrush.errors import BadRequest, NotAcceptable, TooManyRequests
from mediacrush.services import albums
from mediacrush.web import http

_HOUR_S = 3600


def register(app: Flask) -> None:
    """The addresses of the API that only albums have; the others look for an album where there is no media."""
    app.add_url_rule("/api/album/create", "create_album", _create, methods=["POST"])
    app.add_url_rule("/api/album/zip", "zip_album", _zip, methods=["POST"])
    app.add_url_rule("/api/<hash_>/order", "order_album", _order, methods=["POST"])


def _create() -> Response:
    text = request.form.get("list")
    if not text:
        raise BadRequest("Give the hashes of the album's media as `list`, separated by commas.")
    take_album_allowance()
    claim, cookie = http.owner_cookie()
    hash_, token = albums.create(http.backends(), text, claim, http.address_claim_of_request())
    urls = http.urls()
    answer = http.json_answer(
        {"hash": hash_, "url": urls.page(hash_), "delete_url": urls.delete(hash_), "delete_token": token}
    )
    http.set_owner_cookie(answer, cookie)
    return answer


def _zip() -> Response:
    hash_ = request.form.get("hash")
    if not hash_:
        raise NotAcceptable("Give the album's hash as `hash`.")
    if albums.ask_for_zip(http.backends(), hash_, http.rate_limit_client()):
        return http.json_answer({"status": "done"})
    share = albums.packed_share(http.backends(), hash_)
    return http.json_answer({"status": "success"} | ({"progress": share} if share else {}))


def _order(hash_: str) -> Response:
    """Ours: another order for an own album's media; those that are not named are taken out of it."""
    albums.reorder(http.backends(), hash_, http.own_claims(), request.form.get("list", ""))
    return http.json_answer({"status": "success"})


def take_album_allowance() -> None:
    """Count an album against this client's hour. Raises TooManyRequests when it is used up."""
    backends, client = http.backends(), http.rate_limit_client()
    limit = backends.settings.albums_per_hour
    if client is None or not limit:
        return
    wait_s = backends.limits.take("album", client, 1, limit=limit, window_s=_HOUR_S)
    if wait_s:
        raise TooManyRequests("You have made a lot of albums this hour; please go on a little later.", wait_s)

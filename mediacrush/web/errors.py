"""One handler turns every error into JSON or a page. No answer ever holds a traceback."""

import logging
from http import HTTPStatus

from flask import Flask, Response, render_template, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import HTTPException

from mediacrush.errors import (
    BackendUnavailable,
    Deleted,
    MediaCrushError,
    MediaFailed,
    NothingFetched,
    TooManyRequests,
)
from mediacrush.logs import on_one_line, request_id
from mediacrush.web.assets import content_security_policy
from mediacrush.web.caching import keep
from mediacrush.web.http import is_api_request, json_answer

log = logging.getLogger(__name__)

_TITLES = {
    400: "That did not work",
    401: "Not yours to change",
    404: "Nothing here",
    408: "Closed to changes",
    413: "Too large",
    414: "Too long",
    415: "Not a media file",
    429: "A little slower, please",
    500: "Our fault",
    503: "Back in a moment",
}
_SENTENCES = {
    400: "The request is malformed or broke off; please send it again.",
    404: "There is nothing at this address: it was deleted, or the address is mistyped.",
    405: "This address does not take that kind of request.",
    413: "The request is larger than this site takes.",
}
# What stood at these addresses and is gone: it must be gone from caches too, and a crowd may still ask for it.
_KEPT_PAGES = frozenset({"view", "direct", "frame", "fragment", "album_list", "album_focus"})
_TITLES_OF_KINDS: dict[type[MediaCrushError], str] = {
    MediaFailed: "This did not work",
    Deleted: "Deleted",
    NothingFetched: "Nothing to fetch",
}
# What a person can do about it, on the page only.
_HELP = {
    404: "Links are told apart by every letter, small and large. What its uploader deletes is gone for good.",
    413: "A film becomes much smaller when it is cut, or sent in 1080p instead of 4K.",
    415: "What is in the file decides, not its name: pictures, animations, films and sounds of nearly every kind.",
    503: "Nothing that was uploaded is lost.",
}
# In the place of that; none where the sentence says all.
_HELP_OF_KINDS: dict[type[MediaCrushError], str] = {
    MediaFailed: "Where it shows elsewhere, send it once more: then it is tried again.",
    Deleted: "",
    NothingFetched: "Open the address in a tab: it must show the file itself, to everybody, not a page with it.",
}
_OUR_FAULT = "Something went wrong here, and we have been told. Please try again in a moment."
_SERVER_ERRORS = 500


def register(app: Flask) -> None:
    """Handle what views raise."""
    app.register_error_handler(MediaCrushError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ParseException, _malformed)
    app.register_error_handler(Exception, _unexpected)


def error_answer(
    code: int, sentence: str, reference: str | None = None, title: str | None = None, help_: str | None = None
) -> Response:
    """An error as the client reads it: `{"error": code, "message": sentence}` or a page."""
    if is_api_request():
        message = f"{sentence} (Reference {reference})" if reference else sentence
        answer = json_answer({"error": code, "message": message}, code)
    else:
        title = title or _TITLES.get(code, HTTPStatus(code).phrase)
        page = render_template(
            "error.html",
            code=code,
            title=title,
            message=sentence,
            help=_HELP.get(code) if help_ is None else help_,
            reference=reference,
        )
        answer = Response(page, status=code)
        answer.headers["Content-Security-Policy"] = content_security_policy("*")
        if code == HTTPStatus.NOT_FOUND and request.endpoint in _KEPT_PAGES:
            keep(answer)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _ours(error: MediaCrushError) -> Response:
    if error.http_status == _SERVER_ERRORS:
        return _unexpected(error)
    if isinstance(error, BackendUnavailable):
        log.warning("%s %s: %s", request.method, on_one_line(request.path), error.__cause__ or error)
    title = next((title for kind, title in _TITLES_OF_KINDS.items() if isinstance(error, kind)), None)
    help_ = _HELP_OF_KINDS.get(type(error))
    if isinstance(error, TooManyRequests):
        help_ = _when_again(error)
    answer = error_answer(error.http_status, str(error), title=title, help_=help_)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def _when_again(error: TooManyRequests) -> str | None:
    """Where the error's own sentence does not say it."""
    minutes = f"{-(-error.retry_after_s // 60)} min"
    return None if minutes in str(error) else f"The next one is taken in {minutes}."


def _http(error: HTTPException) -> Response:
    code = error.code or _SERVER_ERRORS
    answer = error_answer(code, _SENTENCES.get(code, f"{HTTPStatus(code).phrase}."))
    for name in ("Allow", "Location", "Content-Range"):
        if name in (error.get_response().headers):
            answer.headers[name] = error.get_response().headers[name]
    return answer


def _malformed(_: ParseException) -> Response:
    """Gunicorn reads a body while we do, and finds out only then that its chunks are none."""
    return error_answer(400, _SENTENCES[400])


def _unexpected(error: Exception) -> Response:
    reference = request_id.get()
    log.error("%s %s: reference %s", request.method, on_one_line(request.path), reference, exc_info=error)
    return error_answer(_SERVER_ERRORS, _OUR_FAULT, reference)

"""What visitors tell the operator: reports and feedback."""

from flask import Flask, render_template, request
from werkzeug import Response

from mediacrush.errors import BadRequest, TooLarge
from mediacrush.services import moderation
from mediacrush.services.moderation import FEEDBACK_MAX_CHARACTERS, Reason
from mediacrush.web import http
from mediacrush.web.linked import find_linked
from mediacrush.web.page import NO_SITE, page

_REASON_TEXTS = {
    Reason.ILLEGAL: "It is illegal or harms somebody",
    Reason.NSFW: "It is not safe for work and not marked so",
    Reason.PRIVACY: "It shows me or my data without my consent",
    Reason.COPYRIGHT: "It is my work, used without permission",
    Reason.SPAM: "It is spam",
    Reason.OTHER: "Something else",
}


def register(app: Flask) -> None:
    """The addresses of reports and feedback."""
    app.add_url_rule("/report/<hash:hash_>", "report_page", _report_page)
    app.add_url_rule("/report/<hash:hash_>", "report_form", _report_form, methods=["POST"])
    app.add_url_rule("/api/<hash_>/report", "report", _report, methods=["POST"])
    app.add_url_rule("/api/feedback", "feedback", _feedback, methods=["POST"])
    app.add_url_rule("/feedback", "feedback_page", _feedback_page)
    app.add_url_rule("/feedback", "feedback_form", _feedback_form, methods=["POST"])


def _report_page(hash_: str) -> Response:
    moderation.find_reported(http.backends(), hash_)
    card = find_linked(hash_).card
    return page(render_template("report.html", hash=hash_, card=card, reasons=_REASON_TEXTS), NO_SITE)


def _report_form(hash_: str) -> Response:
    _take_report(hash_)
    return page(render_template("reported.html", hash=hash_), NO_SITE)


def _report(hash_: str) -> Response:
    """Ours: the same for programs, form field `reason`."""
    _take_report(hash_)
    return http.json_answer({"status": "success"})


def _take_report(hash_: str) -> None:
    moderation.report(http.backends(), hash_, request.form.get("reason", ""), http.rate_limit_client())


def _feedback() -> Response:
    _take_feedback()
    return http.json_answer({"status": "success"})


def _feedback_page() -> Response:
    return _ask_for_feedback()


def _feedback_form() -> Response:
    try:
        _take_feedback()
    except (BadRequest, TooLarge) as error:
        return _ask_for_feedback(message=str(error), code=error.http_status)
    return page(render_template("thanked.html"), NO_SITE)


def _take_feedback() -> None:
    moderation.give_feedback(http.backends(), request.form.get("feedback", ""), http.rate_limit_client())


def _ask_for_feedback(message: str | None = None, code: int = 200) -> Response:
    """The form, with what was written where it was refused."""
    html = render_template(
        "feedback.html",
        feedback=request.form.get("feedback", ""),
        max_characters=FEEDBACK_MAX_CHARACTERS,
        message=message,
        site_url=http.urls().site,
    )
    return page(html, NO_SITE, code)

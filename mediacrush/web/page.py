"""What every page for people has in common: how it may be kept, and who may frame it."""

from werkzeug import Response

from mediacrush.web.assets import content_security_policy

ANY_SITE = "*"
NO_SITE = "'none'"


def page(html: str, frame_ancestors: str, code: int = 200) -> Response:
    """The answer with this page. `frame_ancestors` says who may frame it: NO_SITE or ANY_SITE."""
    answer = Response(html, status=code, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors)
    return answer

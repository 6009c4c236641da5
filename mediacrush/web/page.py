"""What every page for people has in common: how it may be kept, who may frame it, what it asks of the player."""

from flask import request
from werkzeug import Response

from mediacrush.web.assets import content_security_policy
from mediacrush.web.page_cache import OPTION_NAMES, option_words

ANY_SITE = "*"
NO_SITE = "'none'"
# What no page of ours needs, nor gives to what it frames.
_CLOSED = ("camera", "display-capture", "geolocation", "payment", "usb")


def page(html: str, frame_ancestors: str, code: int = 200, *, plays: bool = False) -> Response:
    """The answer with this page. `frame_ancestors` says who may frame it: NO_SITE or ANY_SITE; `plays`, whether a
    film or a sound may be on it."""
    answer = Response(html, status=code, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors, plays=plays)
    answer.headers["Permissions-Policy"] = permissions_policy()
    return answer


def permissions_policy(*, microphone: str = "") -> str:
    """What a page may ask its visitor for: nothing, or the microphone where it is `self`."""
    return ", ".join((*(f"{name}=()" for name in _CLOSED), f"microphone=({microphone})"))


def player_options() -> dict[str, bool | None]:
    """What the query string asks of the player; None: as the media's flags say."""
    words = option_words(request.query_string.decode("ascii", "replace"))
    options: dict[str, bool | None] = dict.fromkeys(OPTION_NAMES)
    for name in OPTION_NAMES:
        if name in words or f"no{name}" in words:
            options[name] = name in words
    return options | {"nobrand": "nobrand" in words, "show_nsfw": "nsfw" in words}

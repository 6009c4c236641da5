"""How a link is written where people paste it."""

from dataclasses import asdict, dataclass
from html import escape
from io import BytesIO

import segno
from flask import Flask
from werkzeug import Response

from mediacrush.model.media import BlobType
from mediacrush.web import http
from mediacrush.web.cards import Card
from mediacrush.web.linked import find_linked

_DAY_S = 24 * 3600
_MARKDOWN_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>&|~!"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareData:
    """One text for each kind of place. `div` wants static/mediacrush.js on the page that holds it."""

    link: str
    direct: str
    markdown: str
    html: str
    bbcode: str
    div: str
    iframe: str


def register(app: Flask) -> None:
    """Where the API gives these texts, and the link is to be had for cameras."""
    app.add_url_rule("/api/<hash_>/share", "share", _share)
    app.add_url_rule("/<hash:hash_>/qr.svg", "qr_code", _qr_code)


def share_data(card: Card) -> ShareData:
    """All the ways to share what this card shows. What is not for everybody's eyes is linked, and not shown."""
    title, url, image = escape(card.title), escape(card.url), _image_url(card)
    label = card.title.translate(_MARKDOWN_SPECIAL)
    shown = f'<img src="{escape(image)}" alt="{title}">' if image else title
    script = escape(f"{card.site}/static/mediacrush.js")
    return ShareData(
        link=card.url,
        direct=card.direct_url,
        markdown=f"[![{label}]({image})]({card.url})" if image else f"[{label}]({card.url})",
        html=f'<a href="{url}">{shown}</a>',
        bbcode=f"[url={card.url}][img]{image}[/img][/url]" if image else f"[url]{card.url}[/url]",
        div=f'<div class="mediacrush" data-media="{card.hash}"></div>\n<script src="{script}" async></script>',
        iframe=iframe(card, card.player_width, card.player_height),
    )


def iframe(card: Card, width: int, height: int) -> str:
    """Our player as other sites hold it, in pixels."""
    return (
        f'<iframe src="{escape(card.frame_url)}" width="{width}" height="{height}" title="{escape(card.title)}" '
        'frameborder="0" scrolling="no" allow="autoplay; fullscreen" allowfullscreen></iframe>'
    )


def _image_url(card: Card) -> str | None:
    """A picture is shown itself, anything else by its still."""
    if card.still is None:
        return None
    return card.direct_url if card.kind == BlobType.IMAGE else card.still.url


def _share(hash_: str) -> Response:
    return http.json_answer(asdict(share_data(find_linked(hash_).card)))


def _qr_code(hash_: str) -> Response:
    """The link as a QR code: black on white by day and night, since many cameras read nothing else."""
    drawing = BytesIO()
    code = segno.make(find_linked(hash_).card.url, micro=False)
    code.save(drawing, kind="svg", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    answer = Response(drawing.getvalue(), mimetype="image/svg+xml")
    answer.cache_control.public = True
    answer.cache_control.max_age = _DAY_S
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer

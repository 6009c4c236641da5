"""How a link will look elsewhere: for uploaders, each consumer's card and which of its rules hold.

The page that is read is the one that we would send now; what its addresses lead to is known from the record.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, current_app, make_response, render_template
from werkzeug import Response

from mediacrush.errors import RequestError
from mediacrush.web import discord
from mediacrush.web.cards import Card
from mediacrush.web.consumers import CONSUMERS, Consumer, Rule
from mediacrush.web.linked import Linked, find_linked
from mediacrush.web.oembed import embedding
from mediacrush.web.page import NO_SITE, page
from mediacrush.web.reading import Resource, Visit, read_head
from mediacrush.web.share import share_data
from mediacrush.web.shown import Shown, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a consumer makes of a link. `failed` and `kept` are the rules that have something to say about it."""

    consumer: Consumer
    shown: Shown
    failed: tuple[Rule, ...]
    kept: tuple[Rule, ...]


def register(app: Flask) -> None:
    """The address of the page."""
    app.add_url_rule("/<hash:hash_>/preview", "preview", _preview)


def previews(visit: Visit) -> list[Preview]:
    """What every consumer makes of this page."""
    made = []
    for consumer in CONSUMERS:
        answers = [(rule, rule.holds(visit)) for rule in consumer.rules]
        failed = tuple(rule for rule, holds in answers if holds is False)
        kept = tuple(rule for rule, holds in answers if holds)
        shown = show(consumer, visit, failed)
        made.append(Preview(consumer=consumer, shown=shown, failed=failed, kept=kept))
    return made


def _preview(hash_: str) -> Response:
    linked = find_linked(hash_)
    html = render_template(
        "preview.html",
        card=linked.card,
        share=share_data(linked.card),
        previews=previews(_visit(hash_, linked)),
        is_veiled=linked.media is not None and linked.media.flags.nsfw,
        is_unfinished=linked.media is not None and not linked.media.status.is_playable,
    )
    return page(html, NO_SITE)


def _visit(hash_: str, linked: Linked) -> Visit:
    """A reader's visit to the page, without the network."""
    answer = make_response(current_app.view_functions["view"](hash_))
    known = _resources(linked.card)

    @cache
    def read_json(address: str) -> dict[str, Any] | None:
        if address == linked.card.component_embed_url:
            return discord.component_embed(linked.card)
        return _oembed_answer(address)

    def fetch(address: str) -> Resource | None:
        return known.get(address)

    return Visit(
        url=linked.card.url,
        code=answer.status_code,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=answer.get_data(),
        head=read_head(answer.get_data(as_text=True)),
        fetch=fetch,
        read_json=read_json,
    )


def _oembed_answer(address: str) -> dict[str, Any] | None:
    parts = parse_qs(urlsplit(address).query)
    limits = [int(parts[name][0]) if name in parts else None for name in ("maxwidth", "maxheight")]
    try:
        return embedding(parts["url"][0], *limits)
    except RequestError:
        return None


def _resources(card: Card) -> dict[str, Resource]:
    """What is at every address that the page may name."""
    found = {
        still.url: Resource(mime=still.mime, size_bytes=still.size_bytes, width=still.width, height=still.height)
        for still in card.images
    }
    if card.component_embed_url:
        size_bytes = discord.size_bytes(discord.component_embed(card))
        found[card.component_embed_url] = Resource(mime="application/json", size_bytes=size_bytes)
    if card.stream:
        stream = card.stream
        found[stream.url] = Resource(
            mime=stream.mime, size_bytes=stream.size_bytes, width=stream.width, height=stream.height
        )
    return found

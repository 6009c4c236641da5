"""Discord's own kind of card, for albums: a title over up to ten pictures (docs.discord.com, link previews)."""

import json
from typing import Any

from flask import Flask
from werkzeug import Response

from mediacrush.errors import NotFound
from mediacrush.web import captions, http
from mediacrush.web.cards import Card
from mediacrush.web.linked import find_linked

MAX_BYTES, MAX_PICTURES = 3000, 10
# What a picture is called there is only read aloud.
_ALT_MAX_BYTES = 120
_CACHE_S = 300
# Discord's numbers for what a card is made of.
_CONTAINER, _TEXT, _GALLERY = 17, 10, 12
_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_~|[]()<>#-:@"})


def register(app: Flask) -> None:
    """The address that an album's page names."""
    app.add_url_rule("/<hash:hash_>/discord.json", "component_embed", _component_embed)


def component_embed(card: Card) -> dict[str, Any]:
    """The card of an album as Discord wants it: one container, as many pictures as fit into its 3,000 bytes."""
    pictures = [
        {"media": {"url": still.url}, "description": captions.cut(still.alt, _ALT_MAX_BYTES)}
        for still in card.stills[:MAX_PICTURES]
    ]
    while size_bytes(made := _made(card, pictures)) > MAX_BYTES:
        pictures.pop()
    return made


def size_bytes(content: dict[str, Any]) -> int:
    """What it has as JSON."""
    return len(json.dumps(content).encode())


def _made(card: Card, pictures: list[dict[str, Any]]) -> dict[str, Any]:
    title, text = card.title.translate(_SPECIAL), card.description.translate(_SPECIAL)
    return {
        "component": {
            "type": _CONTAINER,
            "accent_color": int(card.colour.removeprefix("#"), 16),
            "components": [
                {"type": _TEXT, "content": f"### [{title}]({card.url})\n{text}"},
                {"type": _GALLERY, "items": pictures},
            ],
        }
    }


def _component_embed(hash_: str) -> Response:
    card = find_linked(hash_).card
    if card.component_embed_url is None:
        raise NotFound("There is no card of this kind for this address.")
    answer = http.json_answer(component_embed(card))
    answer.headers["Cache-Control"] = f"public, max-age={_CACHE_S}"
    return answer

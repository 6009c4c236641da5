"""The words on a card: one clean line each, cut to what readers show. Control characters are taken out
of what strangers wrote, and those that turn the direction of the text around them."""

import unicodedata

from mediacrush.model.media import BlobType, Media
from mediacrush.web import markdown

# Discord cuts at about these many bytes (seen, not promised), X at these many characters.
TITLE_MAX_BYTES, DESCRIPTION_MAX_BYTES = 67, 347
SUMMARY_MAX_BYTES, ALT_MAX_BYTES = 200, 400
_ELLIPSIS = "…"
_KIND_NAMES = {BlobType.VIDEO: "Video", BlobType.IMAGE: "Picture", BlobType.AUDIO: "Audio"}
# Embeddings, overrides and isolates of writing direction (the marks that scripts need for themselves stay), and
# what no XML may hold.
_DROPPED = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")


def title_of(media: Media) -> str:
    """What a media is called: by its owner, else by its tags, else by its kind. Never empty."""
    text = media.title or media.metadata.get("title")
    return title(text, "Animation" if media.is_animation else _KIND_NAMES[media.blob_type])


def title(text: str | None, otherwise: str) -> str:
    """A title as plain text of one line, or `otherwise` where nothing is left of it."""
    return cut(_plain(text), TITLE_MAX_BYTES) or otherwise


def description_of(media: Media) -> str:
    """What is said about a media: by its owner, else who made it, else what it is. Never empty: WhatsApp shows no
    card without one."""
    makers = [str(media.metadata[name]) for name in ("artist", "album") if media.metadata.get(name)]
    otherwise = " · ".join(value for _, value in facts_of(media))
    kind = "Animation" if media.is_animation else _KIND_NAMES[media.blob_type]
    return description(media.description) or description(" · ".join(makers)) or f"{kind} · {otherwise}".strip(" ·")


def description(text: str | None) -> str:
    """A description as plain text of one line; '' where there is none."""
    return cut(_plain(text), DESCRIPTION_MAX_BYTES)


def facts_of(media: Media) -> tuple[tuple[str, str], ...]:
    """What Slack shows as `label: data`, at most two of them."""
    facts = []
    dimensions, seconds = media.metadata.get("dimensions"), media.metadata.get("duration")
    if dimensions and media.blob_type is not BlobType.AUDIO:
        facts.append(("Size", f"{dimensions['width']} \N{MULTIPLICATION SIGN} {dimensions['height']}"))
    if seconds:
        minutes, rest = divmod(max(1, round(seconds)), 60)
        facts.append(("Length", f"{minutes}:{rest:02d}"))
    return tuple(facts)


def cut(text: str, max_bytes: int) -> str:
    """At most so many bytes of UTF-8, with an ellipsis where something is missing."""
    if len(text.encode()) <= max_bytes:
        return text
    room = max_bytes - len(_ELLIPSIS.encode())
    return text.encode()[:room].decode("utf-8", "ignore").rstrip() + _ELLIPSIS


def _plain(text: str | None) -> str:
    return " ".join(_clean(markdown.plain(_clean(text))).split()) if text else ""


def _clean(text: str) -> str:
    """Without characters that no XML may hold or that turn text around."""
    return "".join(
        " " if unicodedata.category(character) == "Cc" and character != "\n" else character
        for character in text
        if character not in _DROPPED and unicodedata.category(character) != "Cs"
    )

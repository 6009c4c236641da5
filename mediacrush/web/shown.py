"""The card that a consumer makes of a page: what it reads there, less what rules that do not hold take from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mediacrush.web.consumers import OTHER_SITES_PLAY_NONE, Consumer, Part, Rule
from mediacrush.web.reading import Visit

# A picture narrower than this is shown beside the words, not under them.
_LARGE_FROM_WIDTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands where the link was pasted. `is_card`: not the bare link. `has_text`: words stand beside the
    picture. `facts` are names with values; `images` are addresses; `can_play`: in place; `colour` is `#rrggbb`."""

    is_card: bool
    has_text: bool
    title: str
    description: str
    site: str
    facts: tuple[tuple[str, str], ...]
    images: tuple[str, ...]
    is_large: bool
    play: str
    can_play: bool
    alt: str
    colour: str | None


def show(consumer: Consumer, visit: Visit, failed: Sequence[Rule]) -> Shown:
    """The card that this consumer makes of a page for which these of its rules do not hold."""
    head, lost = visit.head, {rule.loses for rule in failed}
    play = "" if Part.PLAYER in lost else consumer.plays(visit)
    has_description = consumer.shows_text_with_video or not (play and head.first("og:video"))
    description = head.first(f"{consumer.words}:description", "og:description") or ""
    is_wide = (head.number("og:image:width") or 0) >= _LARGE_FROM_WIDTH
    return Shown(
        is_card=Part.CARD not in lost,
        has_text=consumer.shows_text,
        title=head.first(f"{consumer.words}:title", "og:title") or head.title,
        description=description if has_description else "",
        site=head.first("og:site_name") or urlsplit(visit.url).netloc,
        facts=_facts(visit) if consumer.shows_facts else (),
        images=() if Part.PICTURE in lost else tuple(head.all("og:image")[: consumer.max_images]),
        is_large=is_wide and Part.LARGE_PICTURE not in lost,
        play=play,
        can_play=bool(play) and play != OTHER_SITES_PLAY_NONE,
        alt=head.first("og:image:alt") or "",
        colour=head.first("theme-color") if consumer.shows_colour else None,
    )


def _facts(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Each label with its value, where both are there."""
    pairs = [(visit.head.first(f"twitter:label{n}"), visit.head.first(f"twitter:data{n}")) for n in (1, 2)]
    return tuple((label, data) for label, data in pairs if label and data)

"""Who makes cards of links, and what each wants of a page: rules as data, a sentence each.

docs/embedding.md says where they come from. A rule is asked of a Visit and answers whether it holds; None: it has
nothing to say about such a page. The preview page asks them of a page we would send, the tests of one we sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mediacrush.web import consumer_checks as check
from mediacrush.web.reading import Visit

_JPEG, _PNG, _GIF, _WEBP, _AVIF = (f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "avif"))
OTHER_SITES_PLAY_NONE = "Plays on our page: in place it plays only what comes from sites on its own list."


class Part(StrEnum):
    """What a card loses when a rule does not hold: all of it, its picture, the picture's size, what plays in it."""

    CARD = "card"
    PICTURE = "picture"
    LARGE_PICTURE = "large picture"
    PLAYER = "player"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`sentence` says what has to be so, `otherwise` what follows when it is not, `loses` which part of the card is
    gone then."""

    sentence: str
    otherwise: str
    holds: Callable[[Visit], bool | None]
    loses: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One place where links are pasted. `key` is one word, `reads` says how it reads a link, `words` whose tags it
    takes its words from first. `plays` says in words what a viewer can start there; '' for nothing. `max_images`:
    how many pictures of an album it shows. `shows_text`: there are words beside what is embedded, and beside a film
    (`shows_text_with_video`) a description."""

    key: str
    name: str
    reads: str
    rules: tuple[Rule, ...]
    plays: Callable[[Visit], str]
    words: str = "og"
    max_images: int = 1
    shows_text: bool = True
    shows_text_with_video: bool = True
    shows_colour: bool = False
    shows_facts: bool = False


def _plays_file(visit: Visit) -> str:
    return "Plays in the chat." if visit.head.first("og:video") else ""


def _plays_frame(visit: Visit) -> str:
    return "Plays in our player." if visit.head.first("twitter:player") else ""


def _plays_oembed(visit: Visit) -> str:
    answer = visit.oembed or {}
    return "Our player stands in the text." if answer.get("type") in ("video", "rich") else ""


def _plays_elsewhere(visit: Visit) -> str:
    return OTHER_SITES_PLAY_NONE if visit.head.first("og:video", "og:audio") else ""


_IS_PAGE = Rule(
    sentence="The link answers with a web page, not with a download.",
    otherwise="No card is made.",
    loses=Part.CARD,
    holds=check.is_page,
)
_IS_ABSOLUTE = Rule(
    sentence="Every address is whole, from http to the end.",
    otherwise="Pictures and films may be missing.",
    loses=Part.PICTURE,
    holds=check.is_absolute,
)
_HAS_WORDS = Rule(
    sentence="There is a title, a description, an address and a picture.",
    otherwise="The card is left out or has holes.",
    loses=Part.CARD,
    holds=check.has("og:title", "og:description", "og:url", "og:image"),
)

DISCORD = Consumer(
    key="discord",
    name="Discord",
    reads="Fetches the page once and reads Open Graph; plays a film from the MP4 file that the page names.",
    rules=(
        _IS_PAGE,
        _HAS_WORDS,
        _IS_ABSOLUTE,
        Rule(
            sentence="The picture is a JPEG, PNG, GIF, WebP or AVIF.",
            otherwise="The card has no picture.",
            loses=Part.PICTURE,
            holds=check.image(_JPEG, _PNG, _GIF, _WEBP, _AVIF),
        ),
        Rule(
            sentence="Each picture comes with its true width and height.",
            otherwise="Discord measures it itself, and drops it when that takes too long.",
            holds=check.images_are_measured,
        ),
        Rule(
            sentence="A film has a file that is small enough to play in the chat.",
            otherwise="Only its picture shows: it is too long for that, is not ready, or is not safe for work.",
            holds=check.plays_in_place,
        ),
        Rule(
            sentence="The film is an MP4 file itself, not a page with a player.",
            otherwise="It does not play.",
            loses=Part.PLAYER,
            holds=check.video_is_file,
        ),
        Rule(
            sentence="The film has at most 50 MB.",
            otherwise="Discord gives up on it.",
            loses=Part.PLAYER,
            holds=check.video_at_most(50_000_000),
        ),
        Rule(
            sentence="The film comes with its true width and height.",
            otherwise="It may play in the wrong shape.",
            holds=check.video_is_measured,
        ),
        Rule(
            sentence="A card with a film does not ask for a large picture in its place.",
            otherwise="The picture shows, and the film does not.",
            loses=Part.PLAYER,
            holds=check.video_is_no_large_image,
        ),
        Rule(
            sentence="The title has at most 67 bytes, the description 347.",
            otherwise="The rest is cut off.",
            holds=lambda visit: (
                check.at_most_bytes("og:title", 67)(visit) and check.at_most_bytes("og:description", 347)(visit)
            ),
        ),
        Rule(
            sentence="The name of the site has at most 253 bytes.",
            otherwise="The whole card may be missing.",
            loses=Part.CARD,
            holds=check.at_most_bytes("og:site_name", 253),
        ),
        Rule(
            sentence="The colour of the edge is given as six hexadecimal digits.",
            otherwise="The edge is grey.",
            holds=check.is_coloured,
        ),
        Rule(
            sentence="An album's gallery has at most 3,000 bytes and 10 pictures.",
            otherwise="The ordinary card is shown.",
            holds=check.component_embed,
        ),
    ),
    plays=_plays_file,
    max_images=4,
    shows_text_with_video=False,
    shows_colour=True,
)

REDDIT = Consumer(
    key="reddit",
    name="Reddit",
    reads="Takes a small picture for the list; plays only films of sites on its own list.",
    rules=(
        _IS_PAGE,
        Rule(
            sentence="There is a picture of at least 100 by 100 pixels.",
            otherwise="The post has no picture.",
            loses=Part.PICTURE,
            holds=check.image_at_least(100, 100),
        ),
        Rule(
            sentence="The picture is not called a sprite.",
            otherwise="Another picture is preferred.",
            loses=Part.PICTURE,
            holds=check.is_no_sprite,
        ),
    ),
    plays=_plays_elsewhere,
)

SLACK = Consumer(
    key="slack",
    name="Slack",
    reads="Reads oEmbed, Twitter cards and Open Graph, and shows two facts under the words.",
    rules=(
        _IS_PAGE,
        _HAS_WORDS,
        Rule(
            sentence="Each fact has a name and a value.",
            otherwise="It is left out.",
            holds=check.labels_are_pairs,
        ),
        Rule(
            sentence="The page says where its oEmbed answer is, and the answer is valid.",
            otherwise="Slack reads the other tags only.",
            holds=lambda visit: check.is_discovered(visit) and check.oembed_is_valid(visit),
        ),
    ),
    plays=_plays_elsewhere,
    shows_facts=True,
)

TWITTER = Consumer(
    key="x",
    name="X",
    reads="Makes a player card of a film or a sound, a card with a large picture of everything else.",
    rules=(
        Rule(
            sentence="The kind of card is one that X still makes.",
            otherwise="The link stays a link.",
            loses=Part.CARD,
            holds=check.has_card,
        ),
        Rule(
            sentence="There is a title of at most 70 characters and a description of at most 200.",
            otherwise="They are cut off.",
            holds=lambda visit: (
                check.has("twitter:title", "twitter:description")(visit)
                and check.at_most_characters("twitter:title", 70)(visit)
                and check.at_most_characters("twitter:description", 200)(visit)
            ),
        ),
        Rule(
            sentence="The picture is a JPEG, PNG, WebP or GIF of less than 5 MB.",
            otherwise="The card has no picture.",
            loses=Part.PICTURE,
            holds=check.image(_JPEG, _PNG, _WEBP, _GIF, below_bytes=5_000_000, name="twitter:image"),
        ),
        Rule(
            sentence="The picture has a description for those who do not see it, of at most 420 characters.",
            otherwise="They learn nothing of it.",
            holds=lambda visit: (
                check.has("twitter:image:alt")(visit) and check.at_most_characters("twitter:image:alt", 420)(visit)
            ),
        ),
        Rule(
            sentence="A player comes with its width, its height and a picture, and a stream with its type.",
            otherwise="The card has no player.",
            loses=Part.PLAYER,
            holds=check.player_is_whole,
        ),
        Rule(
            sentence="Every address begins with https.",
            otherwise="X makes no card: this site would have to be reached by https.",
            loses=Part.CARD,
            holds=check.is_secure,
        ),
    ),
    plays=_plays_frame,
    words="twitter",
)

MASTODON = Consumer(
    key="mastodon",
    name="Mastodon",
    reads="Asks oEmbed first, for photos and videos; reads Open Graph and Twitter tags for all else.",
    rules=(
        _HAS_WORDS,
        Rule(
            sentence="The oEmbed answer is valid and says that it is version 1.0.",
            otherwise="The other tags are read.",
            holds=check.oembed_is_valid,
        ),
        Rule(
            sentence="The address of the oEmbed answer holds the link as `url`, so that one serves every page.",
            otherwise="Mastodon remembers the address for a day, and asks it in vain for other pages.",
            holds=check.oembed_serves_every_page,
        ),
        Rule(
            sentence="What is embedded is one iframe with its size and a title.",
            otherwise="There is no player.",
            loses=Part.PLAYER,
            holds=check.oembed_is_one_iframe,
        ),
        Rule(
            sentence="The picture is a JPEG, PNG or GIF of less than 1 MB.",
            otherwise="Older servers show no picture.",
            holds=check.image(_JPEG, _PNG, _GIF, below_bytes=1_000_000),
        ),
        Rule(
            sentence="Each picture is described in words.",
            otherwise="Those who do not see it learn nothing of it.",
            holds=check.images_are_described,
        ),
    ),
    plays=lambda visit: _plays_oembed(visit) if check.oembed_is_not_rich(visit) else "",
)

WORDPRESS = Consumer(
    key="wordpress",
    name="WordPress",
    reads="Finds our oEmbed answer by the page and puts a photo, or our player in a locked frame, in the text.",
    rules=(
        Rule(
            sentence="The head of the page ends within 150 KB.",
            otherwise="Nothing is embedded.",
            loses=Part.CARD,
            holds=check.within(150_000),
        ),
        Rule(
            sentence="The page names its oEmbed answers, as JSON and as XML.",
            otherwise="Nothing is embedded.",
            loses=Part.CARD,
            holds=check.is_discovered,
        ),
        Rule(
            sentence="The oEmbed answer is valid, and a thumbnail has its width and height.",
            otherwise="Nothing is embedded.",
            loses=Part.CARD,
            holds=check.oembed_is_valid,
        ),
        Rule(
            sentence="Asked for less width and height, the answer gives less.",
            otherwise="It stands over the edge of the text.",
            holds=check.oembed_obeys,
        ),
        Rule(
            sentence="What is embedded is one iframe with its size and a title.",
            otherwise="Nothing is left of it.",
            loses=Part.CARD,
            holds=check.oembed_is_one_iframe,
        ),
    ),
    plays=_plays_oembed,
    shows_text=False,
)

FACEBOOK = Consumer(
    key="facebook",
    name="Facebook and WhatsApp",
    reads="Read Open Graph; WhatsApp makes no card where one of the four words is missing.",
    rules=(
        _IS_PAGE,
        _HAS_WORDS,
        _IS_ABSOLUTE,
        Rule(
            sentence="The page is packed by gzip or deflate, or not at all.",
            otherwise="Facebook cannot read it.",
            loses=Part.CARD,
            holds=check.is_packed_plainly,
        ),
        Rule(
            sentence="The tags stand in the first 300 KB of the page.",
            otherwise="WhatsApp shows the bare link.",
            loses=Part.CARD,
            holds=check.within(300_000),
        ),
        Rule(
            sentence="The picture is a JPEG, PNG, GIF or WebP of less than 8 MB.",
            otherwise="The card has no picture.",
            loses=Part.PICTURE,
            holds=check.image(_JPEG, _PNG, _GIF, _WEBP, below_bytes=8_000_000),
        ),
        Rule(
            sentence="The picture has at least 200 by 200 pixels.",
            otherwise="It is too small to be shown.",
            loses=Part.PICTURE,
            holds=check.image_at_least(200, 200),
        ),
        Rule(
            sentence="For a large card it has at least 600 by 315 pixels.",
            otherwise="It stands small beside the words.",
            loses=Part.LARGE_PICTURE,
            holds=check.image_at_least(600, 315),
        ),
    ),
    plays=_plays_elsewhere,
)

CONSUMERS = (DISCORD, REDDIT, SLACK, TWITTER, MASTODON, WORDPRESS, FACEBOOK)

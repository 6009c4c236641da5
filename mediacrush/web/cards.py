"""What a link to us looks like elsewhere: the facts behind Open Graph, Twitter cards and oEmbed.

docs/embedding.md says who reads what. Sizes are true pixels: some readers measure, and drop a card that lies.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from mediacrush.model.album import Album
from mediacrush.model.media import BlobType, Media, PublishedFile
from mediacrush.web import captions
from mediacrush.web.urls import Urls

SITE_NAME = "MediaCrush"
# What a player gets where the media has no size of its own, as frame.js tells embedding pages.
_AUDIO_SIZE, _ALBUM_SIZE, _UNKNOWN_SIZE = (560, 168), (640, 480), (640, 360)
# Discord's component embed holds 10; its gallery of og:image shows 4.
_GALLERY_MAX, _IMAGES_MAX = 10, 4
# What every reader takes as a card's picture: Mastodon's old rule is the narrowest.
CARD_MAX_WIDTH, CARD_MAX_BYTES = 1200, 1_000_000
_CARD_MIMES = frozenset({"image/jpeg", "image/png", "image/gif"})
_DRAWING = "image/svg+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A picture of it: address, MIME type, bytes, pixels where they are known, and what it shows in words."""

    url: str
    mime: str
    size_bytes: int
    alt: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A file that plays by itself: address, MIME type, bytes, pixels where it has any."""

    url: str
    mime: str
    size_bytes: int
    width: int | None = None
    height: int | None = None

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that another site may want to know of one media or album.

    `kind` is a BlobType or `album`. `stills` are its own pictures, the best one first; `video` and `audio` the file
    to play in place. A media that is marked as not safe for work shows none of them.
    """

    hash: str
    kind: str
    site: str
    url: str
    direct_url: str
    frame_url: str
    title: str
    description: str
    stills: tuple[Still, ...]
    video: Stream | None
    audio: Stream | None
    player_width: int
    player_height: int
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def still(self) -> Still | None:
        """The picture of it, where it has one."""
        return next(iter(self.stills), None)

    @property
    def images(self) -> tuple[Still, ...]:
        """What a card shows: its own pictures, or our sign. Discord and WhatsApp drop a card without any."""
        return self.stills[:_IMAGES_MAX] or (_sign(self.site, self.title),)

    @property
    def stream(self) -> Stream | None:
        """What plays, if anything does."""
        return self.video or self.audio

    @property
    def colour(self) -> str:
        """For the edge of a card where it is coloured: our green."""
        return "#00724e"

    @property
    def og_type(self) -> str:
        """Open Graph's word for it."""
        return {"video": "video.other", "audio": "music.song"}.get(self.kind, "website")

    @property
    def twitter_type(self) -> str:
        """Twitter's word for how it is shown."""
        return "player" if self.stream else "summary_large_image"

    @property
    def summary(self) -> str:
        """The description as short as Twitter shows it."""
        return captions.cut(self.description, captions.SUMMARY_MAX_BYTES)

    @property
    def component_embed_url(self) -> str | None:
        """Where Discord finds an album's gallery; it takes only https."""
        is_there = self.kind == "album" and self.stills and self.site.startswith("https://")
        return f"{self.url}/discord.json" if is_there else None

    def oembed_url(self, format_: str) -> str:
        """Where the oEmbed answer for this is, `json` or `xml`."""
        return f"{self.site}/oembed?{urlencode({'url': self.url, 'format': format_})}"


def media_card(media: Media, urls: Urls, direct_url: str, chat_max_bytes: int) -> Card:
    """The card of one media. `chat_max_bytes` is how large a film may be to play in place; 0: any size."""
    is_shown = not media.flags.nsfw
    player = _AUDIO_SIZE if media.blob_type is BlobType.AUDIO else _size(media) or _UNKNOWN_SIZE
    return Card(
        hash=media.hash,
        kind=media.blob_type,
        site=urls.site,
        url=urls.page(media.hash),
        direct_url=direct_url,
        frame_url=urls.frame(media.hash),
        title=captions.title_of(media),
        description=captions.description_of(media),
        stills=_stills(media, urls) if is_shown else (),
        video=_video(media, urls, chat_max_bytes) if is_shown else None,
        audio=_audio(media, urls) if is_shown else None,
        player_width=player[0],
        player_height=player[1],
        facts=captions.facts_of(media),
    )


def album_card(album: Album, urls: Urls) -> Card:
    """The card of an album: pictures of the first media in it that may be shown."""
    stills = [still for media in album.items if not media.flags.nsfw for still in _stills(media, urls)[:1]]
    count = len(album.items)
    items = f"{count} {'item' if count == 1 else 'items'}"
    return Card(
        hash=album.hash,
        kind="album",
        site=urls.site,
        url=urls.page(album.hash),
        direct_url=urls.page(album.hash),
        frame_url=urls.frame(album.hash),
        title=captions.title(album.title, f"Album of {items}"),
        description=captions.description(album.description) or f"Album · {items}",
        stills=tuple(stills[:_GALLERY_MAX]),
        video=None,
        audio=None,
        player_width=_ALBUM_SIZE[0],
        player_height=_ALBUM_SIZE[1],
        facts=(("Items", str(count)),),
    )


def fit(width: int, height: int, max_width: int | None, max_height: int | None) -> tuple[int, int]:
    """Pixels shrunk into the limits, in proportion; at least one each way."""
    scale = min(1.0, (max_width or width) / width, (max_height or height) / height)
    return max(1, int(width * scale + 1e-6)), max(1, int(height * scale + 1e-6))


def pictures(media: Media, urls: Urls) -> list[Still]:
    """Everything that shows a whole image, the largest first, for a reader with a limit in pixels. No drawings: few
    readers take them."""
    whole = next((f for f in media.playable_files if _is_picture(f) and f.is_full_size), None)
    first = [_still(media, whole, urls, _size(media))] if whole else []
    smaller = [f for f in media.extras if f.width and (f.name == "preview" or f.name.startswith("size."))]
    return first + [_still(media, file, urls) for file in sorted(smaller, key=lambda f: -(f.width or 0))]


def _stills(media: Media, urls: Urls) -> tuple[Still, ...]:
    """The JPEG made for cards; else the poster or cover; else the image itself, as small as readers want it."""
    for name in ("preview", "poster", "cover"):
        file = media.published(name)
        if file is not None:
            return (_still(media, file, urls),)
    shown = pictures(media, urls) if media.blob_type is BlobType.IMAGE else []
    return tuple([still for still in shown if _is_for_cards(still)][:1] or shown[:1])


def _is_picture(file: PublishedFile) -> bool:
    return file.mime.startswith("image/") and file.mime != _DRAWING


def _is_for_cards(still: Still) -> bool:
    is_small = still.size_bytes < CARD_MAX_BYTES and (still.width or 0) <= CARD_MAX_WIDTH
    return is_small and still.mime in _CARD_MIMES


def _still(media: Media, file: PublishedFile, urls: Urls, size: tuple[int, int] | None = None) -> Still:
    width, height = size or (file.width, file.height)
    alt = captions.description(media.description) or captions.title_of(media)
    return Still(
        url=urls.file(file),
        mime=file.mime,
        size_bytes=file.size_bytes,
        alt=captions.cut(alt, captions.ALT_MAX_BYTES),
        width=width,
        height=height,
    )


def _sign(site: str, alt: str) -> Still:
    """Our own picture, for what has none; static/img/card.jpg is 1200 pixels wide and 630 high."""
    return Still(
        url=f"{site}/static/img/card.jpg", mime="image/jpeg", size_bytes=0, alt=alt, width=1200, height=630
    )


def _video(media: Media, urls: Urls, chat_max_bytes: int) -> Stream | None:
    """A small H.264 MP4: the one made for chats, else the best that is small enough."""
    if media.blob_type is not BlobType.VIDEO:
        return None
    films = [f for f in media.playable_files if f.mime == "video/mp4"]
    small = [f for f in films if not chat_max_bytes or f.size_bytes <= chat_max_bytes]
    whole = sorted((f for f in small if f.is_full_size), key=lambda file: file.size_bytes)
    chosen = media.published("chat") or next(iter([*whole, *small]), None)
    if chosen is None:
        return None
    width, height = (chosen.width, chosen.height) if chosen.width else _size(media) or (None, None)
    return Stream(url=urls.file(chosen), mime=chosen.mime, size_bytes=chosen.size_bytes, width=width, height=height)


def _audio(media: Media, urls: Urls) -> Stream | None:
    if media.blob_type is not BlobType.AUDIO:
        return None
    file = next((f for f in media.playable_files if f.mime == "audio/mpeg"), next(iter(media.playable_files), None))
    return Stream(url=urls.file(file), mime=file.mime, size_bytes=file.size_bytes) if file else None


def _size(media: Media) -> tuple[int, int] | None:
    dimensions = media.metadata.get("dimensions")
    return (dimensions["width"], dimensions["height"]) if dimensions else None

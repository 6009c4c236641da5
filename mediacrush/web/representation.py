"""One shape of a media for the API, one for templates; both made here and nowhere else."""

import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mediacrush.model.album import ALBUM_MIME, Album
from mediacrush.model.media import BlobType, Media, PublishedFile
from mediacrush.model.sizes import size_text
from mediacrush.services import library
from mediacrush.web import markdown
from mediacrush.web.cards import Card, media_card
from mediacrush.web.urls import Urls, original_of

_TAGS = ("title", "artist", "album", "composer")
_SUBTITLES = "subtitles."
_FONTS = "font."
_MANIFEST_MIME = "application/vnd.apple.mpegurl"
_RUNG = re.compile(r"(\d+)p\.mp4")  # as pipeline/hls.py names them
_KIND_NAMES = {BlobType.VIDEO: "video", BlobType.IMAGE: "picture", BlobType.AUDIO: "audio"}


def media_json(media: Media, urls: Urls) -> dict[str, Any]:
    """The File object of the API."""
    original = original_of(media)
    return {
        "hash": media.hash,
        "blob_type": media.blob_type,
        "type": media.mime,
        "original": urls.path(original) if original else f"/{media.hash}.{media.extension}",
        "files": [_file_json(file, urls) for file in media.listed_files],
        "extras": [_extra_json(file, urls) for file in media.extras],
        "flags": library.shown_flags(media),
        "metadata": media.metadata,
        "compression": media.compression,
        "title": media.title,
        "description": media.description,
    }


def album_json(album: Album, urls: Urls) -> dict[str, Any]:
    """The Album object of the API."""
    return {
        "hash": album.hash,
        "blob_type": "album",
        "type": ALBUM_MIME,
        "files": [media_json(media, urls) for media in album.items],
        "metadata": {"has_zip": album.has_zip},
        "title": album.title,
        "description": album.description,
    }


def any_json(found: Media | Album, urls: Urls) -> dict[str, Any]:
    """The File or Album object of the API."""
    return album_json(found, urls) if isinstance(found, Album) else media_json(found, urls)


def status_json(media: Media, urls: Urls, ahead: int) -> dict[str, Any]:
    """The answer of `/api/<hash>/status`: with the File once the kind is known, with a sentence on failure, with
    how many others are `ahead` of it where it waits behind any."""
    answer: dict[str, Any] = {"status": media.status, "progress": media.progress}
    if ahead:
        answer["ahead"] = ahead
    if media.status.is_failure:
        return answer | {"message": media.message}
    if media.is_probed:
        answer |= {"hash": media.hash, media.hash: media_json(media, urls)}
    return answer


def upload_json(hash_: str, mime: str, delete_token: str, urls: Urls) -> dict[str, Any]:
    """What an uploader gets at once: every address that a screenshot tool wants."""
    return {
        "hash": hash_,
        "type": mime,
        "url": urls.page(hash_),
        "direct_url": urls.direct(hash_),
        "thumbnail_url": urls.thumbnail(hash_),
        "delete_url": urls.delete(hash_),
        "delete_token": delete_token,
    }


def _file_json(file: PublishedFile, urls: Urls) -> dict[str, str]:
    return {"file": urls.path(file), "url": urls.file(file), "type": file.mime}


def _extra_json(file: PublishedFile, urls: Urls) -> dict[str, str | int]:
    """What every file tells, and what a page needs to choose between extras of one type."""
    facts = {
        "name": file.name,
        "width": file.width,
        "height": file.height,
        "language": file.language,
        "label": file.label,
    }
    return _file_json(file, urls) | {name: fact for name, fact in facts.items() if fact is not None}


@dataclass(frozen=True, slots=True)
class Source:
    """One entry for a browser to choose from. What a person may choose it by: pixels, and bits a second."""

    url: str
    type: str
    width: int | None = None
    height: int | None = None
    bitrate_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """One `<track>`: what is read beside a film or a sound. `script_url`: the same as ASS, with its styles."""

    kind: str
    url: str
    language: str | None
    label: str | None
    script_url: str | None = None


@dataclass(frozen=True, slots=True)
class MediaView:
    """A media as templates see it: addresses and words, nothing to compute. `chat_max_bytes` is how large a film
    may be to play in a chat; 0: any size."""

    media: Media
    urls: Urls
    chat_max_bytes: int = 0

    def __getattr__(self, name: str) -> Any:
        """Plain fields are the media's own."""
        return getattr(self.media, name)

    @property
    def card(self) -> Card:
        """What a link to it looks like elsewhere."""
        return media_card(self.media, self.urls, self.direct_url, self.chat_max_bytes)

    @property
    def title(self) -> str | None:
        """As plain text."""
        return " ".join(markdown.plain(self.media.title).split()) if self.media.title else None

    @property
    def title_html(self) -> Markup | None:
        return markdown.rendered_line(self.media.title) if self.media.title else None

    @property
    def description(self) -> str | None:
        """As plain text."""
        return markdown.plain(self.media.description) if self.media.description else None

    @property
    def description_html(self) -> Markup | None:
        return markdown.rendered(self.media.description) if self.media.description else None

    @property
    def type(self) -> str:
        return self.media.mime

    @property
    def is_playable(self) -> bool:
        return self.media.status.is_playable

    @property
    def is_failed(self) -> bool:
        return self.media.status.is_failure

    @property
    def width(self) -> int | None:
        return self._dimension("width")

    @property
    def height(self) -> int | None:
        return self._dimension("height")

    @property
    def duration_s(self) -> float | None:
        return self.media.metadata.get("duration")

    @property
    def has_audio(self) -> bool:
        return bool(self.media.metadata.get("has_audio"))

    @property
    def removed(self) -> list[str]:
        """Plain words for the private data that was in the upload and is not in what is served."""
        words: list[str] = self.media.metadata.get("privacy", {}).get("removed", [])
        return words

    @property
    def tags(self) -> dict[str, str]:
        return {name: self.media.metadata[name] for name in _TAGS if name in self.media.metadata}

    @property
    def flags(self) -> dict[str, bool]:
        return library.shown_flags(self.media)

    @property
    def sources(self) -> list[Source]:
        """What a `<video>`, `<audio>` or `<picture>` may choose from, the fewest bytes first: browsers take the
        first that they can decode. A ladder stands before the MP4s, for those that play it by themselves."""
        playable = [f for f in self.media.playable_files if f.mime.split("/")[0] == self.media.blob_type]
        whole = sorted((f for f in playable if f.is_full_size), key=lambda file: file.size_bytes)
        ladder = self.media.published("hls" if whole else "low.hls")
        chosen = whole or playable
        if ladder is not None:
            place = next((n for n, file in enumerate(chosen) if file.mime == "video/mp4"), len(chosen))
            chosen.insert(place, ladder)
        return [self._source(file) for file in chosen]

    @property
    def rungs(self) -> list[tuple[int, int]]:
        """Widths and heights, in pixels, of the pictures in the ladder that a browser may choose from."""
        if not (self.width and self.height and self.media.published("hls")):
            return []
        sides = sorted(int(found[1]) for f in self.media.files if (found := _RUNG.fullmatch(f.name)))
        shorter = min(self.width, self.height)
        return [(self.width * side // shorter, self.height * side // shorter) for side in sides]

    @property
    def srcset(self) -> str | None:
        """A photo's sizes and their widths, for `<source srcset>`: all are WebP, the whole one too where it is."""
        sizes = [f for f in self.media.extras if f.name.startswith("size.") and f.width]
        whole = self.media.published("webp")
        if not sizes:
            return None
        entries = [f"{self.urls.file(f)} {f.width}w" for f in sorted(sizes, key=lambda f: f.width or 0)]
        return ", ".join([*entries, *([f"{self.urls.file(whole)} {self.width}w"] if whole else [])])

    @property
    def image_url(self) -> str | None:
        """What an `<img>` of every browser shows: the picture, or an animation's original."""
        images = (f for f in self.media.playable_files if f.mime.startswith("image/"))
        first = next(images, None)
        return self.urls.file(first) if first else None

    @property
    def poster_url(self) -> str | None:
        """The still that pages show before a film plays: the JPEG made for cards where there is one, since the
        poster has as many pixels as the film and would come too late on a slow network."""
        return self._extra("preview") or self._extra("poster")

    @property
    def player_poster_url(self) -> str | None:
        """The same for a player, which asks for it with CORS where it `needs_cors`, under an address of its own:
        a browser that kept what a bucket told an `<img>`, without a word of CORS, would show none."""
        return f"{self.poster_url}?with-cors" if self.poster_url and self.needs_cors else self.poster_url

    @property
    def cover_url(self) -> str | None:
        return self._extra("cover")

    @property
    def storyboard_url(self) -> str | None:
        """Small stills for looking for a place in a film, as WebVTT."""
        return self._extra("storyboard")

    @property
    def waveform_url(self) -> str | None:
        """How loud a sound is at each moment, as JSON."""
        return self._extra("waveform")

    @property
    def tracks(self) -> list[Track]:
        """Subtitles in the order of the file, then chapters. Browsers read WebVTT only."""
        texts = [f for f in self.media.extras if f.mime == "text/vtt" and f.name.startswith(_SUBTITLES)]
        texts.sort(key=lambda file: int(file.name.removeprefix(_SUBTITLES)))
        chapters = [f for f in self.media.extras if f.name == "chapters"]
        return [
            Track(kind, self.urls.file(file), file.language, file.label, self._extra(f"{file.name}.ass"))
            for kind, files in (("subtitles", texts), ("chapters", chapters))
            for file in files
        ]

    @property
    def font_urls(self) -> list[str]:
        """The fonts that came along with subtitles."""
        return [self.urls.file(f) for f in self.media.extras if f.name.startswith(_FONTS)]

    @property
    def needs_cors(self) -> bool:
        """Whether a browser must ask with CORS: it reads a track from another site only with it, and then the film
        too. A frame in a sandbox is of no site, so to it ours is another."""
        return bool(self.tracks or self.storyboard_url)

    @property
    def thumbnail_url(self) -> str | None:
        """The smallest still there is of it, or None."""
        still = self.poster_url or self.cover_url
        return still or (self.image_url if self.blob_type is BlobType.IMAGE else None)

    @property
    def small_url(self) -> str | None:
        """What a strip of many shows of it: the still with the fewest pixels, or None."""
        sizes = [f for f in self.media.extras if f.name.startswith("size.") and f.width]
        return self.urls.file(min(sizes, key=lambda f: f.width or 0)) if sizes else self.thumbnail_url

    @property
    def page_url(self) -> str:
        return self.urls.page(self.media.hash)

    @property
    def direct_url(self) -> str:
        """The file that every browser shows: what one hot-links."""
        first = next(iter(self.media.playable_files), None)
        return f"{self.urls.site}{self.urls.path(first)}" if first else self.urls.direct(self.media.hash)

    @property
    def original_url(self) -> str | None:
        original = original_of(self.media)
        return self.urls.file(original) if original else None

    @property
    def download_url(self) -> str | None:
        original = original_of(self.media)
        return self.urls.download(original) if original else None

    @property
    def size_text(self) -> str:
        return size_text(self.media.size_bytes)

    @property
    def format_text(self) -> str:
        """A short name of the original's format: `JPEG picture`, `GIF`, `MP4 video`."""
        extension = self.media.extension.upper().replace("JPG", "JPEG").replace("TIF", "TIFF")
        return extension if extension == "GIF" else f"{extension} {_KIND_NAMES[self.media.blob_type]}"

    def _dimension(self, name: str) -> int | None:
        dimensions: dict[str, int] = self.media.metadata.get("dimensions", {})
        return dimensions.get(name)

    def _source(self, file: PublishedFile) -> Source:
        kind = f'{file.mime}; codecs="{file.codecs}"' if file.codecs else file.mime
        if file.mime == _MANIFEST_MIME:
            return Source(self.urls.file(file), kind)
        rate_bps = round(8 * file.size_bytes / self.duration_s) if self.duration_s else None
        return Source(self.urls.file(file), kind, file.width or self.width, file.height or self.height, rate_bps)

    def _extra(self, name: str) -> str | None:
        file = self.media.published(name)
        return self.urls.file(file) if file else None

"""Records of media as processing leaves them, without the processing."""

from dataclasses import replace
from typing import Any

from mediacrush.backends import Backends
from mediacrush.model.media import BlobType, Media, PublishedFile, Role, Status

SITE = "https://media.example"
HASH = "abcdefghijkl"


def file(name: str, suffix: str, mime: str, role: Role = Role.RENDITION, **fields: Any) -> PublishedFile:
    """A published file of 1,000 bytes, unless `fields` say otherwise."""
    return PublishedFile(
        name=name, filename=f"{HASH}{suffix}", mime=mime, role=role, **{"size_bytes": 1000, **fields}
    )


def media(kind: BlobType, mime: str, *files: PublishedFile, **fields: Any) -> Media:
    """A media that is done."""
    values = {"status": Status.DONE, "is_probed": True, "created_at": 1.0, "size_bytes": 2000, **fields}
    return Media(
        hash=HASH,
        sha256="0" * 64,
        mime=mime,
        extension=mime.split("/")[1],
        blob_type=kind,
        original_key="originals/x",
        files=files,
        **values,
    )


PHOTO = media(
    BlobType.IMAGE,
    "image/jpeg",
    file("original", ".jpg", "image/jpeg", Role.ORIGINAL, size_bytes=4_000_000),
    file("avif", ".avif", "image/avif", preference=3),
    file("preview", ".preview.jpg", "image/jpeg", Role.EXTRA, width=1200, height=900),
    file("size.640", ".640w.webp", "image/webp", Role.EXTRA, width=640, height=480),
    metadata={"dimensions": {"width": 4000, "height": 3000}},
)
FILM = media(
    BlobType.VIDEO,
    "video/mp4",
    file("original", ".mp4", "video/mp4", Role.ORIGINAL, size_bytes=90_000_000, width=1920, height=1080),
    file("chat", ".chat.mp4", "video/mp4", preference=6, is_full_size=False, width=854, height=480),
    file("webm", ".webm", "video/webm", preference=1),
    file("poster", ".jpg", "image/jpeg", Role.EXTRA, width=1920, height=1080),
    file("preview", ".preview.jpg", "image/jpeg", Role.EXTRA, width=1200, height=675),
    metadata={"dimensions": {"width": 1920, "height": 1080}, "duration": 75.4, "has_audio": True},
)
SONG = media(
    BlobType.AUDIO,
    "audio/mpeg",
    file("original", ".mp3", "audio/mpeg", Role.ORIGINAL),
    file("preview", ".preview.jpg", "image/jpeg", Role.EXTRA, width=600, height=600),
    metadata={"duration": 181.0, "title": "Jóga", "artist": "Björk", "album": "Homogenic"},
)
DRAWING = media(
    BlobType.IMAGE,
    "image/svg+xml",
    file("original", ".svg", "image/svg+xml", Role.ORIGINAL),
    file("png", ".png", "image/png", preference=1),
    metadata={"dimensions": {"width": 300, "height": 200}},
)


def keep(backends: Backends, record: Media) -> str:
    """Write the record; its hash."""
    backends.media.create(replace(record, files=()), [record.hash])
    backends.media.add_files(record, record.files)
    return record.hash

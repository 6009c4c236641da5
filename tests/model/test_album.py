"""Albums as values."""

import string
from dataclasses import replace

import pytest

from mediacrush.model.album import Album, random_hash, zip_filename
from mediacrush.model.hashes import is_hash
from mediacrush.model.media import BlobType, Media, PublishedFile, Role


def _media(hash_: str, *files: PublishedFile) -> Media:
    return Media(
        hash=hash_,
        sha256="0" * 64,
        mime="video/x-matroska",
        extension="mkv",
        blob_type=BlobType.VIDEO,
        original_key=f"originals/{hash_}",
        size_bytes=9,
        created_at=1.0,
        files=files,
    )


def _file(name: str, role: Role = Role.RENDITION) -> PublishedFile:
    return PublishedFile(name=name, filename=f"x.{name}", mime="video/mp4", role=role, size_bytes=1)


_ORIGINAL = _file("original", Role.ORIGINAL)
_MP4, _POSTER = _file("mp4"), _file("poster", Role.EXTRA)
_WHOLE = _media("A" * 12, _MP4, _ORIGINAL, _POSTER)
_RENDERED = _media("B" * 12, _POSTER, _MP4)
_WAITING = _media("C" * 12)
_ALBUM = Album(hash="D" * 12, items=(_WHOLE, _RENDERED, _WAITING), created_at=1.0)


def test_each_media_has_one_file_that_stands_for_it() -> None:
    """The original where it is published, else what is listed first, never an extra; nothing for what waits."""
    assert _ALBUM.entries == ((_WHOLE, _ORIGINAL), (_RENDERED, _MP4))


@pytest.mark.parametrize(
    ("zipped", "has_zip"),
    [
        ((), False),
        (("A" * 12, "B" * 12), True),
        (("B" * 12, "A" * 12), False),
        (("A" * 12,), False),
        (("A" * 12, "B" * 12, "C" * 12), False),
        (("A" * 12, "B" * 12, "E" * 12), False),
    ],
    ids=["none", "all of it", "another order", "too little", "what waits", "what is gone"],
)
def test_a_zip_counts_while_it_holds_just_what_can_be_packed(zipped: tuple[str, ...], has_zip: bool) -> None:
    """Anything more was deleted since, anything less came since."""
    assert replace(_ALBUM, zipped=zipped).has_zip is has_zip


@pytest.mark.parametrize("items", [(), (_WAITING,)])
def test_an_album_with_nothing_to_pack_has_no_zip(items: tuple[Media, ...]) -> None:
    """Not even an empty one."""
    assert not replace(_ALBUM, items=items).has_zip


def test_a_zip_is_called_as_its_album() -> None:
    """In storage and in addresses."""
    assert _ALBUM.zip_filename == zip_filename(_ALBUM.hash) == "DDDDDDDDDDDD.zip"


def test_names_are_random_and_look_as_every_hash() -> None:
    """Every letter of the alphabet comes up, none other does, and none of them twice."""
    names = [random_hash() for _ in range(500)]
    assert len(set(names)) == len(names)
    assert all(map(is_hash, names))
    assert set("".join(names)) == set(string.ascii_letters + string.digits + "-_")

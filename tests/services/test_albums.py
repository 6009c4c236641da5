"""Zips of albums without HTTP: web servers send them unasked, so what is deleted must leave them at once."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import BackendUnavailable, NotAcceptable, NotFound, TooLarge, TooManyRequests
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.model.album import Album
from mediacrush.model.media import PublishedFile, Role, Status
from mediacrush.model.ownership import Claims, token_claim
from mediacrush.services import albums, fsck, library, process
from mediacrush.services.upload import Accepted

Upload = Callable[..., Accepted]
_MB = 1_000_000


def _token(token: str) -> Claims:
    return Claims(token=token_claim(token))


def _album(backends: Backends, hash_: str) -> Album:
    album = backends.albums.get(hash_)
    assert album is not None
    return album


def _stored(backends: Backends, hash_: str) -> dict[str, bytes] | None:
    """Names and contents in the album's zip as a web server would send it; None without one."""
    path = backends.storage.local_path(public_key(f"{hash_}.zip"))
    if path is None:
        return None
    with ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _publish(backends: Backends, accepted: Accepted, content: bytes, size_bytes: int | None = None) -> None:
    """The media as processing leaves it."""
    media = library.find_media(backends, accepted.hash)
    filename = f"{accepted.hash}.png"
    path = backends.settings.work_dir / "published"
    path.write_bytes(content)
    backends.storage.put(public_key(filename), path)
    path.unlink()
    file = PublishedFile(
        name="original",
        filename=filename,
        mime="image/png",
        role=Role.ORIGINAL,
        size_bytes=len(content) if size_bytes is None else size_bytes,
    )
    backends.media.add_files(media, [file])
    backends.media.finish(media)


@pytest.fixture
def three(upload: Upload, backends: Backends, jobs: ListJobQueue) -> list[Accepted]:
    """Three media that are done, each with its number as its only byte."""
    accepted = [upload(b"\0\1" + bytes([number])) for number in (1, 2, 3)]
    for number, one in enumerate(accepted, start=1):
        _publish(backends, one, bytes([number]))
    jobs.jobs.clear()
    return accepted


@pytest.fixture
def make(backends: Backends) -> Callable[[Iterable[Accepted]], tuple[str, str]]:
    """Makes an album of media: its hash and its delete token."""

    def run(media: Iterable[Accepted]) -> tuple[str, str]:
        return albums.create(backends, ",".join(one.hash for one in media), None, None)

    return run


@pytest.fixture
def packed(backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]]) -> tuple[str, str]:
    """An album of the three that is packed: its hash and its delete token."""
    hash_, token = make(three)
    albums.pack(backends, hash_)
    assert _stored(backends, hash_) == {f"000{n} {one.hash}.png": bytes([n]) for n, one in enumerate(three, 1)}
    return hash_, token


def _withdraw(backends: Backends, one: Accepted) -> None:
    library.withdraw(backends, one.hash, _token(one.delete_token))


def _take_down(backends: Backends, one: Accepted) -> None:
    library.delete(backends, library.find_media(backends, one.hash))


def _stop_and_recover(backends: Backends, one: Accepted) -> None:
    """A delete whose process died right after it began."""
    backends.media.begin_delete(library.find_media(backends, one.hash))
    library.finish_delete(backends, one.hash)


def _lose(backends: Backends, one: Accepted) -> None:
    library.record_failure(backends, library.find_media(backends, one.hash), Status.INTERNAL_ERROR, "Lost.")


@pytest.mark.parametrize("delete", [_withdraw, _take_down, _stop_and_recover, _lose])
def test_a_zip_goes_with_any_of_its_media(
    backends: Backends,
    three: list[Accepted],
    packed: tuple[str, str],
    redis: Redis,
    delete: Callable[[Backends, Accepted], None],
) -> None:
    """At once, whoever deleted it and however, without anybody asking for the album in between."""
    delete(backends, three[1])
    assert _stored(backends, packed[0]) is None
    assert _album(backends, packed[0]).zipped == ()
    assert redis.keys(f"zips:{three[1].hash}") == []


def test_every_album_loses_its_zip(
    backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]]
) -> None:
    """Of several albums those that have it; another one keeps its own."""
    with_it, also, without = (make(three[:2])[0], make(three[1:])[0], make(three[::2])[0])
    for hash_ in (with_it, also, without):
        albums.pack(backends, hash_)
    _withdraw(backends, three[1])
    assert _stored(backends, with_it) is None
    assert _stored(backends, also) is None
    assert _album(backends, without).has_zip
    assert _stored(backends, without) is not None


def test_the_last_media_takes_the_zip_along(
    backends: Backends, three: list[Accepted], packed: tuple[str, str]
) -> None:
    """Of an album that is not found any more nothing can be asked for, so nothing may be left."""
    for one in three:
        _withdraw(backends, one)
    with pytest.raises(NotFound):
        albums.find(backends, packed[0])
    assert _stored(backends, packed[0]) is None
    assert list(backends.storage.list("public/")) == []


def test_one_of_two_owners_leaves_the_zip(
    backends: Backends, upload: Upload, three: list[Accepted], packed: tuple[str, str]
) -> None:
    """As long as somebody wants the media it is in the album."""
    second = upload(b"\0\1\2")
    assert second.hash == three[1].hash
    _withdraw(backends, second)
    assert _album(backends, packed[0]).has_zip
    assert _stored(backends, packed[0]) is not None


def test_another_order_is_another_zip(backends: Backends, three: list[Accepted], packed: tuple[str, str]) -> None:
    """What was taken out of the album is not in its zip either."""
    hash_, token = packed
    albums.reorder(backends, hash_, _token(token), three[2].hash)
    assert _stored(backends, hash_) is None
    albums.pack(backends, hash_)
    assert _stored(backends, hash_) == {f"0001 {three[2].hash}.png": b"\3"}
    with pytest.raises(NotAcceptable):
        albums.reorder(backends, hash_, _token(token), three[0].hash)

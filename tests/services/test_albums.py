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


class _Storage:
    """The real one; `before` runs just before the first call of `verb`."""

    def __init__(self, storage: Any, verb: str, before: Callable[[], None]) -> None:
        self._storage, self._verb, self._before = storage, verb, before

    def __getattr__(self, name: str) -> Any:
        if name == self._verb:
            self._verb = ""
            self._before()
        return getattr(self._storage, name)


def _pack_while(backends: Backends, hash_: str, verb: str, before: Callable[[], None]) -> None:
    """Pack, and have this happen just before the zip's first such call to storage."""
    albums.pack(replace(backends, storage=_Storage(backends.storage, verb, before)), hash_)


def test_a_media_deleted_before_it_is_packed_is_left_out(
    backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]]
) -> None:
    """The zip of what is left is the right one."""
    hash_, _ = make(three)
    _pack_while(backends, hash_, "fetch", lambda: _withdraw(backends, three[1]))
    assert _album(backends, hash_).has_zip
    assert sorted((_stored(backends, hash_) or {}).values()) == [b"\1", b"\3"]


def test_a_media_deleted_after_it_was_packed_is_not_published(
    backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]]
) -> None:
    """Whoever deletes sees no zip yet, so the job takes back its own."""
    hash_, _ = make(three)
    _pack_while(backends, hash_, "put", lambda: _withdraw(backends, three[1]))
    assert _stored(backends, hash_) is None
    assert _album(backends, hash_).zipped == ()


@pytest.mark.parametrize("verb", ["fetch", "put"])
def test_an_album_deleted_while_it_is_packed_leaves_no_zip(
    backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]], redis: Redis, verb: str
) -> None:
    """Nor a record, nor a note with its media."""
    hash_, token = make(three)
    _pack_while(backends, hash_, verb, lambda: albums.withdraw(backends, hash_, _token(token)))
    assert _stored(backends, hash_) is None
    assert redis.keys(f"*{hash_}*") == []
    assert not any(redis.smembers(key) for key in redis.scan_iter("zips:*"))


def test_a_zip_stored_while_its_album_is_deleted_goes(backends: Backends, packed: tuple[str, str]) -> None:
    """A job may be through between the removal of the zip and of the record."""
    hash_, token = packed
    path = backends.settings.work_dir / "late.zip"
    path.write_bytes(b"late")

    class _Late:
        def __getattr__(self, name: str) -> Any:
            if name == "delete":
                backends.storage.put(public_key(f"{hash_}.zip"), path)
            return getattr(backends.albums, name)

    albums.withdraw(replace(backends, albums=_Late()), hash_, _token(token))  # type: ignore[arg-type]
    assert _stored(backends, hash_) is None


def test_what_is_not_published_yet_is_no_part_of_a_zip(
    backends: Backends,
    upload: Upload,
    three: list[Accepted],
    jobs: ListJobQueue,
    make: Callable[..., tuple[str, str]],
) -> None:
    """The zip of the rest is whole until it is published; then there is another one to make."""
    waiting = upload(b"\0\1waiting")
    hash_, _ = make([*three, waiting])
    jobs.jobs.clear()
    assert not albums.ask_for_zip(backends, hash_, None)
    assert jobs.jobs == [(QueueName.LATER, hash_)]
    albums.pack(backends, hash_)
    assert albums.ask_for_zip(backends, hash_, None)
    _publish(backends, waiting, b"here")
    jobs.jobs.clear()
    assert not albums.ask_for_zip(backends, hash_, None)
    albums.pack(backends, hash_)
    assert len(_stored(backends, hash_) or {}) == 4


def test_nothing_published_makes_no_zip(
    backends: Backends, upload: Upload, make: Callable[..., tuple[str, str]]
) -> None:
    """An empty archive is of no use to anybody."""
    hash_, _ = make([upload(b"\0\1a"), upload(b"\0\1b")])
    albums.pack(backends, hash_)
    assert _stored(backends, hash_) is None
    assert not _album(backends, hash_).has_zip


def test_files_that_storage_lost_make_no_zip(
    backends: Backends, three: list[Accepted], make: Callable[..., tuple[str, str]]
) -> None:
    """Records promise them, but there is nothing to pack."""
    hash_, _ = make(three)
    for one in three:
        backends.storage.delete(public_key(f"{one.hash}.png"))
    albums.pack(backends, hash_)
    assert _stored(backends, hash_) is None
    assert not _album(backends, hash_).has_zip


def test_asking_twice_is_one_job(
    backends: Backends, three: list[Accepted], jobs: ListJobQueue, make: Callable[..., tuple[str, str]]
) -> None:
    """However often somebody asks while it waits; it costs its asker's hour once."""
    small = replace(backends, settings=backends.settings.model_copy(update={"upload_bytes_per_hour": 1}))
    hash_, _ = make(three)
    for _ in range(3):
        assert not albums.ask_for_zip(small, hash_, "somebody")
    assert jobs.jobs == [(QueueName.LATER, hash_)]


def test_packing_tells_how_far_it_is(
    backends: Backends,
    three: list[Accepted],
    make: Callable[..., tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From file to file, as a share of all bytes; no longer when it is done."""
    hash_, _ = make(three)
    told, fetch = [], backends.storage.fetch

    def look(key: str, path: Path) -> None:
        told.append(albums.packed_share(backends, hash_))
        fetch(key, path)

    monkeypatch.setattr(backends.storage, "fetch", look)
    albums.pack(backends, hash_)
    assert told == pytest.approx([0, 1 / 3, 2 / 3], abs=0.001)
    assert albums.packed_share(backends, hash_) == 0


def test_packing_counts_against_the_hour(
    backends: Backends, three: list[Accepted], jobs: ListJobQueue, make: Callable[..., tuple[str, str]]
) -> None:
    """A zip fills the disk as an upload does; without a limit, or an address that is counted, nothing does."""
    limited = replace(backends, settings=backends.settings.model_copy(update={"upload_bytes_per_hour": 3}))
    unlimited = replace(backends, settings=backends.settings.model_copy(update={"upload_bytes_per_hour": 0}))
    first, second = make(three)[0], make(three)[0]
    albums.ask_for_zip(limited, first, "somebody")
    with pytest.raises(TooManyRequests) as refused:
        albums.ask_for_zip(limited, second, "somebody")
    assert 0 < refused.value.retry_after_s <= 3600
    assert jobs.jobs == [(QueueName.LATER, first)]
    for site, client in ((limited, "somebody else"), (unlimited, "somebody"), (limited, None)):
        jobs.jobs.clear()
        albums.ask_for_zip(site, second, client)
        assert jobs.jobs == [(QueueName.LATER, second)]


def test_an_album_too_large_for_a_zip(
    backends: Backends, upload: Upload, jobs: ListJobQueue, make: Callable[..., tuple[str, str]]
) -> None:
    """Refused before anything is copied, and the sentence says how large it is."""
    parts = [upload(b"\0\1x"), upload(b"\0\1y")]
    for one in parts:
        _publish(backends, one, b"", size_bytes=2100 * _MB)
    jobs.jobs.clear()
    hash_, _ = make(parts)
    with pytest.raises(TooLarge, match=r"4\.2 GB"):
        albums.ask_for_zip(backends, hash_, None)
    assert jobs.jobs == []


def test_a_full_disk_is_said(backends: Backends, upload: Upload, make: Callable[..., tuple[str, str]]) -> None:
    """Before the first byte is copied."""
    one = upload(b"\0\1x")
    _publish(backends, one, b"x", size_bytes=10**18)
    with pytest.raises(BackendUnavailable):
        albums.pack(backends, make([one])[0])
    assert list(backends.settings.work_dir.iterdir()) == []


@pytest.mark.parametrize("state", ["asked", "packed", "deleted"])
def test_a_worker_that_stops_puts_back_what_is_not_packed(
    backends: Backends, three: list[Accepted], jobs: ListJobQueue, make: Callable[..., tuple[str, str]], state: str
) -> None:
    """As it does with media; what is there already, or gone, is nobody's work."""
    hash_, token = make(three)
    if state == "packed":
        albums.pack(backends, hash_)
    if state == "deleted":
        albums.withdraw(backends, hash_, _token(token))
    process.hand_back(backends, hash_, QueueName.LATER)
    assert jobs.jobs == ([(QueueName.LATER, hash_)] if state == "asked" else [])


@pytest.mark.parametrize("problem", ["lost", "stale", "orphan"])
def test_the_operators_check_knows_zips(
    backends: Backends, three: list[Accepted], packed: tuple[str, str], tmp_path: Path, problem: str
) -> None:
    """One that is lost, one that holds too much, one of no album: each is found once, and mended."""
    hash_, key = packed[0], public_key(f"{packed[0]}.zip")
    assert list(fsck.check(backends, fix=False, settle_s=0)) == []
    if problem == "lost":
        backends.storage.delete(key)
    elif problem == "stale":
        backends.albums.update(hash_, zipped=[one.hash for one in three[:2]])
    else:
        backends.albums.delete(_album(backends, hash_))
    for fix in (False, True):
        (finding,) = fsck.check(backends, fix=fix, settle_s=0)
        assert finding.subject == (key if problem == "orphan" else hash_)
        assert (finding.mended is not None) is fix
    assert list(fsck.check(backends, fix=False, settle_s=0)) == []
    assert _stored(backends, hash_) is None

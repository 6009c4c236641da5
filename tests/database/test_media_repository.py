"""Records of media on a real server: who wins, what grows, what is gone."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediacrush.database.connection import connect_redis
from mediacrush.database.media import FAILURE_KEPT_S, Creation, Deletion, MediaRepository, piece_keys
from mediacrush.errors import BackendUnavailable
from mediacrush.model.media import BlobType, Flags, Media, PublishedFile, Role, Status
from mediacrush.model.split import Piece, PieceWork, Split

T = TypeVar("T")

NAME, SECOND_NAME, THIRD_NAME = "CPvuR5lRhmS0", "aaaaaaaaaaaa", "bbbbbbbbbbbb"
NAMES = (NAME, SECOND_NAME)


@pytest.fixture
def repository(redis: "Redis", redis_url: str) -> MediaRepository:
    """The repository over an empty database, connected as the site connects."""
    return MediaRepository(connect_redis(redis_url))


def upload(content: str = "1", number: int = 1) -> Media:
    """What the upload with this number writes for this content, not yet under any name."""
    return Media(
        hash="",
        sha256=content * 64,
        mime="image/gif",
        extension="gif",
        blob_type=BlobType.VIDEO,
        original_key=f"originals/{content}.{number}",
        size_bytes=1000,
        created_at=1.0,
    )


def created(repository: MediaRepository, media: Media | None = None, names: tuple[str, ...] = NAMES) -> Media:
    """The media as it is right after its upload."""
    outcome, hash_ = repository.create(media or upload(), names)
    assert outcome is Creation.CREATED
    return current(repository, hash_)


def current(repository: MediaRepository, hash_: str = NAME) -> Media:
    """The media as it is now, which must be there."""
    media = repository.get(hash_)
    assert media is not None
    return media


def remains(redis: "Redis") -> set[str]:
    """The keys that are there, but for the counter from which every record gets its versions, and the note that
    something of this name was deleted, which is kept for a month."""
    return set(redis.keys()) - {"versions", f"deleted:{NAME}"}


def file(name: str, **changes: object) -> PublishedFile:
    published = PublishedFile(
        name=name, filename=f"{NAME}.{name}", mime=f"video/{name}", role=Role.RENDITION, size_bytes=100
    )
    return replace(published, **changes)


def remove(repository: MediaRepository, media: Media) -> None:
    """A whole delete, storage aside."""
    repository.begin_delete(media)
    deletion = repository.pending_deletion(media.hash)
    assert deletion is not None
    repository.forget(deletion)


def at_once(*calls: Callable[[], T]) -> list[T]:
    """What the calls return, each made by a thread of its own at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# Creating.


def test_a_new_media_gets_its_first_name(repository: MediaRepository) -> None:
    """Content that nobody has uploaded gets the first of its names and is owed work."""
    assert repository.create(upload(), NAMES) == (Creation.CREATED, NAME)
    assert current(repository) == replace(upload(), hash=NAME, version=current(repository).version)
    assert repository.unfinished() == [NAME]
    assert repository.get(SECOND_NAME) is None


def test_known_content_is_not_created_again(repository: MediaRepository) -> None:
    """The same content again is KNOWN under the name it has, and its record stays as it was."""
    before = created(repository)
    assert repository.create(upload(number=2), (THIRD_NAME,)) == (Creation.KNOWN, NAME)
    assert current(repository) == before
    assert repository.get(THIRD_NAME) is None


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.READY, Status.DONE])
def test_content_is_known_in_every_status_but_failure(repository: MediaRepository, status: Status) -> None:
    """An upload that is still being processed is as known as one that is done."""
    repository.update(created(repository), status=status)
    assert repository.create(upload(number=2), NAMES) == (Creation.KNOWN, NAME)


def test_two_contents_with_one_first_name_get_two(repository: MediaRepository) -> None:
    """Content whose first name another file has gets its second, and both are found."""
    first = created(repository, upload("1"))
    second = created(repository, upload("2"))
    assert (first.hash, second.hash) == (NAME, SECOND_NAME)
    assert repository.find_by_sha256("1" * 64) == first
    assert repository.find_by_sha256("2" * 64) == second
    assert repository.create(upload("2", number=2), NAMES) == (Creation.KNOWN, SECOND_NAME)


def test_without_a_free_name_nothing_is_created(repository: MediaRepository) -> None:
    """Content all of whose names are taken is BUSY, and leaves no trace."""
    first, second = created(repository, upload("1")), created(repository, upload("2"))
    assert repository.create(upload("3"), NAMES) == (Creation.BUSY, "")
    assert repository.find_by_sha256("3" * 64) is None
    assert (current(repository, NAME), current(repository, SECOND_NAME)) == (first, second)


def test_content_that_is_being_deleted_is_busy(repository: MediaRepository) -> None:
    """While files are being removed the same content cannot come back; afterwards it can."""
    repository.begin_delete(created(repository))
    assert repository.create(upload(number=2), NAMES) == (Creation.BUSY, NAME)
    deletion = repository.pending_deletion(NAME)
    assert deletion is not None
    repository.forget(deletion)
    assert repository.create(upload(number=2), NAMES) == (Creation.CREATED, NAME)


def test_a_name_whose_media_is_being_deleted_is_taken(repository: MediaRepository) -> None:
    """Other content does not get a name while the files under it are being removed."""
    repository.begin_delete(created(repository, upload("1")))
    assert repository.create(upload("2"), NAMES) == (Creation.CREATED, SECOND_NAME)


def test_a_failed_record_is_replaced(repository: MediaRepository, redis: "Redis") -> None:
    """The same bytes after a failure get the same name and a record without a past, which does not expire."""
    failed = created(repository)
    repository.update(failed, title="Old", progress=0.7, metadata={"duration": 3}, left_out=("webm",))
    repository.count_attempt(failed)
    redis.hset(f"owners:{NAME}", "token:1", "someone")
    repository.fail(failed, Status.ERROR, "It is damaged.")
    again = created(repository, upload(number=2))
    assert again == replace(upload(number=2), hash=NAME, version=again.version)
    assert repository.find_by_sha256("1" * 64) == again
    assert repository.unfinished() == [NAME]
    assert [redis.ttl(key) for key in (f"media:{NAME}", f"sha256:{'1' * 64}", f"owners:{NAME}")] == [-1, -1, -1]


def test_a_failed_record_keeps_its_name(repository: MediaRepository) -> None:
    """Content that failed under its second name comes back under that one, even if the first is free by then."""
    other = created(repository, upload("1"))
    repository.fail(created(repository, upload("2")), Status.ERROR, "It is damaged.")
    remove(repository, other)
    assert repository.create(upload("2", number=2), NAMES) == (Creation.CREATED, SECOND_NAME)


def test_of_many_uploads_at_once_one_creates(repository: MediaRepository) -> None:
    """Sixteen people who upload the same bytes at the same moment make one record; fifteen learn its name."""
    outcomes = at_once(*(partial(repository.create, upload(number=number), NAMES) for number in range(16)))
    assert sorted(outcomes) == [(Creation.CREATED, NAME)] + [(Creation.KNOWN, NAME)] * 15


# Reading.


SPLIT, WORK = Split(step="hls", pieces=(Piece(start_s=0.0, frames=1),)), PieceWork(fraction=1.0, seconds=1.0)
EVERYTHING = Media(
    hash=NAME,
    sha256="1" * 64,
    mime="video/mp4",
    extension="mp4",
    blob_type=BlobType.AUDIO,
    original_key="originals/1.1",
    size_bytes=12_345_678_901,
    created_at=1753000000.123456,
    status=Status.READY,
    is_probed=True,
    is_animation=True,
    progress=0.125,
    message="It took too long: ü, \n and \0.",
    flags=Flags(nsfw=True, autoplay=True, loop=False, mute=True),
    metadata={"dimensions": {"width": 500, "height": 281}, "duration": 3.2, "artist": "Björk", "has_audio": False},
    title="Füße & <b>Köpfe</b>",
    description="",
    is_text_locked=True,
    left_out=("webm", "poster"),
    attempts=3,
    splits={
        "low.hls": Split(
            step="low.hls",
            pieces=(Piece(start_s=0.0, frames=100), Piece(start_s=4.004, frames=7)),
            footage="plain",
            crfs={"h264": 23},
            is_given_up=True,
        ),
        "webm": Split(step="webm", pieces=(Piece(start_s=0.5, frames=107),)),
    },
    piece_work={
        ("low.hls", 1): PieceWork(fraction=0.25, seconds=1.5),
        ("webm", 0): PieceWork(fraction=0.5, seconds=2.0),
    },
    request_id="0123456789abcdef",
)


def test_every_field_comes_back(repository: MediaRepository) -> None:
    """What is written is read: no field of Media is forgotten or changes its type."""
    given = EVERYTHING
    defaults = {field.name: field.default for field in fields(Media)}
    same = [
        name for name in defaults if getattr(given, name) == defaults[name] and name not in ("files", "version")
    ]
    assert same == [], "this test must give every field a value of its own"
    assert repository.create(given, NAMES) == (Creation.CREATED, NAME)
    files = (
        file("mp4", codecs="avc1,mp4a", preference=2, plays_in_browsers=False),
        file("original", role=Role.ORIGINAL, preference=-1, size_bytes=0),
        file("poster", role=Role.EXTRA),
    )
    for published in files:
        repository.add_files(given, [published])
    for split in given.splits.values():
        repository.record_split(given, split)
    for (step, number), work in given.piece_work.items():
        repository.record_piece(given, given.splits[step], number, work)
    read = current(repository)
    assert {published.name: published for published in read.files} == {
        published.name: published for published in files
    }
    # Publishing a file starts the attempts anew.
    assert replace(read, files=(), version=0) == replace(given, attempts=0)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": Status.DONE},
        {"is_probed": True, "is_animation": True},
        {"is_probed": False},
        {"progress": 0.5},
        {"message": "Sorry."},
        {"flags": Flags(loop=True)},
        {"metadata": {"duration": None, "tags": ["a"]}},
        {"metadata": {}},
        {"title": "Ünïcödé\n", "description": ""},
        {"left_out": ("webm",)},
        {"left_out": ()},
        {"mime": "audio/mpeg", "extension": "mp3", "blob_type": BlobType.AUDIO},
    ],
)
def test_update_sets_what_it_is_given(repository: MediaRepository, changed: dict[str, object]) -> None:
    """An update changes its fields and no other."""
    before = created(repository)
    assert repository.update(before, **changed)
    assert replace(current(repository), version=0) == replace(before, **changed, version=0)


@pytest.mark.parametrize("name", ["title", "description", "message"])
def test_update_can_clear_a_field(repository: MediaRepository, name: str) -> None:
    """A field set to None is None afterwards."""
    media = created(repository)
    repository.update(media, **{name: "Something"})
    repository.update(media, **{name: None})
    assert getattr(current(repository), name) is None


def test_many_are_read_at_once(repository: MediaRepository) -> None:
    """Each hash asked for has its media or None, in the order of the question."""
    media = created(repository)
    assert repository.get_many([THIRD_NAME, NAME]) == {THIRD_NAME: None, NAME: media}
    assert list(repository.get_many([THIRD_NAME, NAME])) == [THIRD_NAME, NAME]
    assert repository.get_many([]) == {}


def test_all_walks_over_every_media(repository: MediaRepository) -> None:
    """Every media is met once, those being deleted aside."""
    first, second = created(repository, upload("1")), created(repository, upload("2"))
    repository.begin_delete(created(repository, upload("3"), (THIRD_NAME,)))
    assert sorted(repository.all(), key=lambda media: media.sha256) == [first, second]


def test_failed_content_is_not_found(repository: MediaRepository) -> None:
    """Content whose processing failed, or which is being deleted, counts as not here."""
    media = created(repository)
    assert repository.find_by_sha256(media.sha256) == media
    repository.fail(media, Status.ERROR, "It is damaged.")
    assert repository.find_by_sha256(media.sha256) is None
    repository.begin_delete(created(repository, upload(number=2)))
    assert repository.find_by_sha256(media.sha256) is None
    assert repository.find_by_sha256("f" * 64) is None


# Changing.


Change = Callable[[MediaRepository, Media], bool]

# What a worker does that was thought dead and comes back.
by_a_late_worker = pytest.mark.parametrize(
    "change",
    [
        lambda repository, media: repository.update(media, title="Late"),
        lambda repository, media: repository.add_files(media, [file("mp4")]),
        lambda repository, media: repository.finish(media),
        lambda repository, media: repository.fail(media, Status.ERROR, "It is damaged."),
    ],
    ids=["update", "add_files", "finish", "fail"],
)


@by_a_late_worker
def test_a_deleted_media_is_not_revived(repository: MediaRepository, redis: "Redis", change: Change) -> None:
    """After a delete nothing is written, and no key comes into being."""
    media = created(repository)
    remove(repository, media)
    assert change(repository, media) is False
    assert repository.get(NAME) is None
    assert remains(redis) == set()


@by_a_late_worker
def test_a_media_that_is_being_deleted_does_not_change(repository: MediaRepository, change: Change) -> None:
    """From the moment a delete begins the record is closed, and what must go stays written down."""
    media = created(repository)
    repository.begin_delete(media)
    before = repository.pending_deletion(NAME)
    assert change(repository, media) is False
    assert repository.get(NAME) is None
    assert repository.pending_deletion(NAME) == before
    assert repository.unfinished() == [NAME]


@by_a_late_worker
def test_a_successor_is_left_alone(repository: MediaRepository, change: Change) -> None:
    """The record of a later upload under the same name belongs to that one alone."""
    media = created(repository)
    remove(repository, media)
    successor = created(repository, upload(number=2))
    assert change(repository, media) is False
    assert current(repository) == successor
    assert repository.unfinished() == [NAME]


@by_a_late_worker
def test_a_failure_stands(repository: MediaRepository, redis: "Redis", change: Change) -> None:
    """A failed media, whose files are gone, lists none again, is not called done, and makes room in time."""
    media = created(repository)
    repository.fail(media, Status.TIMEOUT, "It took too long.")
    change(repository, media)
    after = current(repository)
    assert after.status.is_failure
    assert after.files == ()
    assert redis.ttl(f"media:{NAME}") > 0


@pytest.mark.parametrize(
    ("steps", "expected"), [((0.5, 0.2), 0.5), ((0.2, 0.5), 0.5), ((0.9, 0.0, 1.0, 0.3), 1.0), ((0.0,), 0.0)]
)
def test_progress_never_falls(repository: MediaRepository, steps: tuple[float, ...], expected: float) -> None:
    """A second worker that begins anew does not turn the bar back; other fields of its update are written."""
    media = created(repository)
    for number, progress in enumerate(steps):
        repository.update(media, progress=progress, title=str(number))
    assert current(repository).progress == expected
    assert current(repository).title == str(len(steps) - 1)


def test_files_of_two_writers_are_both_kept(repository: MediaRepository) -> None:
    """Two workers that publish at once, each knowing only its own file, lose none."""
    media = created(repository)
    names = [f"step{number}" for number in range(8)]
    assert all(at_once(*(partial(repository.add_files, media, [file(name)]) for name in names)))
    assert sorted(published.name for published in current(repository).files) == names


def test_a_file_published_again_is_listed_once(repository: MediaRepository) -> None:
    """A step that ran twice has one file: the later."""
    media = created(repository)
    repository.add_files(media, [file("mp4", size_bytes=1)])
    repository.add_files(media, [file("mp4", size_bytes=2)])
    assert current(repository).files == (file("mp4", size_bytes=2),)


def test_files_can_be_unlisted(repository: MediaRepository) -> None:
    """What storage has lost is no longer listed; the rest is."""
    media = created(repository)
    for name in ("mp4", "webm", "poster"):
        repository.add_files(media, [file(name)])
    repository.remove_files(media, ["mp4", "poster", "never-there"])
    assert current(repository).files == (file("webm"),)


def test_attempts_are_counted_since_the_last_file(repository: MediaRepository) -> None:
    """Each start counts, one that was no fault of the file's is taken back, and a published file starts anew."""
    media = created(repository)
    assert [repository.count_attempt(media) for _ in range(3)] == [1, 2, 3]
    assert repository.count_attempt(media, by=-1) == 2
    assert current(repository).attempts == 2
    repository.add_files(media, [file("mp4")])
    assert repository.count_attempt(media) == 1


def test_counting_an_attempt_does_not_revive(repository: MediaRepository, redis: "Redis") -> None:
    """A start of work on a media that is gone leaves no trace."""
    media = created(repository)
    remove(repository, media)
    assert repository.count_attempt(media) == 0
    assert remains(redis) == set()


CHANGES: dict[str, Callable[[MediaRepository, Media], object]] = {
    "update": lambda repository, media: repository.update(media, title="New"),
    "add_files": lambda repository, media: repository.add_files(media, [file("webm")]),
    "remove_files": lambda repository, media: repository.remove_files(media, ["mp4"]),
    "finish": lambda repository, media: repository.finish(media),
    "fail": lambda repository, media: repository.fail(media, Status.ERROR, "It is damaged."),
}


@pytest.mark.parametrize("name", CHANGES)
def test_version_grows_with_every_change(repository: MediaRepository, name: str) -> None:
    """Whatever a reader could see differently has another version, which a cache compares."""
    media = created(repository)
    repository.add_files(media, [file("mp4")])
    before = current(repository)
    CHANGES[name](repository, before)
    after = current(repository)
    assert after != replace(before, version=after.version)
    assert after.version > before.version
    assert repository.get_version(NAME) == str(after.version)


def test_a_version_never_repeats(repository: MediaRepository) -> None:
    """A media that is deleted and uploaded again, at any speed, has no version that it had before."""
    seen = set()
    for number in range(5):
        media = created(repository, upload(number=number))
        versions = {media.version}
        for step in range(30):
            repository.update(media, title=str(step))
            versions.add(current(repository).version)
        assert len(versions) == 31
        assert not versions & seen
        seen |= versions
        remove(repository, media)


def test_there_is_no_version_of_what_is_gone(repository: MediaRepository) -> None:
    """Neither a media that never was nor one being deleted has a version."""
    assert repository.get_version(NAME) is None
    repository.begin_delete(created(repository))
    assert repository.get_version(NAME) is None


# Ending.


def test_finishing_pays_what_is_owed(repository: MediaRepository) -> None:
    """A finished media is done, whole, and owed nothing."""
    assert repository.finish(created(repository))
    assert (current(repository).status, current(repository).progress) == (Status.DONE, 1.0)
    assert repository.unfinished() == []


def test_a_failure_is_kept_for_a_week(repository: MediaRepository, redis: "Redis") -> None:
    """A failure says what went wrong, lists no file, is owed nothing, and makes room after a week."""
    media = created(repository, replace(upload(), request_id="0123456789abcdef"))
    repository.add_files(media, [file("mp4")])
    redis.hset(f"owners:{NAME}", "token:1", "someone")
    assert repository.fail(current(repository), Status.TIMEOUT, "It took too long.")
    failed = current(repository)
    assert (failed.status, failed.message, failed.files) == (Status.TIMEOUT, "It took too long.", ())
    assert failed.request_id is None
    assert repository.unfinished() == []
    for key in (f"media:{NAME}", f"sha256:{media.sha256}", f"owners:{NAME}"):
        assert FAILURE_KEPT_S - 60 < redis.ttl(key) <= FAILURE_KEPT_S


def test_a_failure_unlists_what_others_published(repository: MediaRepository) -> None:
    """A file that came after the failing worker had read the record is not listed either."""
    media = created(repository)
    repository.add_files(media, [file("mp4")])
    repository.fail(media, Status.ERROR, "It is damaged.")
    assert current(repository).files == ()


def test_a_failure_does_not_touch_a_successor(repository: MediaRepository, redis: "Redis") -> None:
    """Who uploads the bytes again in the moment in which they fail gets a record that lasts, and is worked on."""
    for number in range(0, 200, 2):
        media = created(repository, upload(number=number))
        again = partial(repository.create, upload(number=number + 1), NAMES)
        failed, (outcome, _) = at_once(partial(repository.fail, media, Status.ERROR, "It is damaged."), again)
        assert failed is True
        if outcome is Creation.CREATED:
            assert redis.ttl(f"media:{NAME}") == -1
            assert repository.unfinished() == [NAME]
        remove(repository, current(repository))


def test_a_delete_is_seen_at_once(repository: MediaRepository) -> None:
    """From its first moment nobody sees the media, and what must go from storage is written down."""
    media = created(repository)
    repository.add_files(media, [file("mp4")])
    repository.add_files(media, [file("poster", role=Role.EXTRA)])
    repository.begin_delete(media)
    assert repository.get(NAME) is None
    assert repository.get_many([NAME]) == {NAME: None}
    deletion = repository.pending_deletion(NAME)
    assert deletion is not None
    assert (deletion.hash, deletion.sha256) == (NAME, media.sha256)
    assert sorted(deletion.keys) == sorted([media.original_key, f"public/{NAME}.mp4", f"public/{NAME}.poster"])
    assert repository.unfinished() == [NAME]


def test_a_failed_media_can_be_deleted_in_peace(repository: MediaRepository, redis: "Redis") -> None:
    """A record that would have expired stays until its delete is done."""
    media = created(repository)
    repository.fail(media, Status.ERROR, "It is damaged.")
    repository.begin_delete(media)
    assert redis.ttl(f"media:{NAME}") == -1
    assert repository.unfinished() == [NAME]


def test_a_deleted_media_leaves_nothing(repository: MediaRepository, redis: "Redis") -> None:
    """After the last step of a delete the database is as if nothing had been there."""
    media = created(repository)
    redis.hset(f"owners:{NAME}", "token:1", "someone")
    remove(repository, media)
    assert remains(redis) == set()
    assert repository.pending_deletion(NAME) is None


def test_forgetting_leaves_a_successor_alone(repository: MediaRepository, redis: "Redis") -> None:
    """A delete that ends a second time, after the same bytes came back, takes nothing from them."""
    repository.begin_delete(created(repository))
    deletion = repository.pending_deletion(NAME)
    assert deletion is not None
    repository.forget(deletion)
    successor = created(repository, upload(number=2))
    redis.hset(f"owners:{NAME}", "token:1", "someone")
    repository.forget(deletion)
    assert current(repository) == successor
    assert repository.find_by_sha256(successor.sha256) == successor
    assert repository.unfinished() == [NAME]
    assert redis.exists(f"owners:{NAME}")


def test_deleting_what_is_gone_leaves_nothing(repository: MediaRepository, redis: "Redis") -> None:
    """Of two deletes at once the second finds the media gone, and makes no record of it."""
    media = created(repository)
    remove(repository, media)
    repository.begin_delete(media)
    assert repository.pending_deletion(NAME) is None
    assert remains(redis) == set()


def test_a_late_delete_leaves_a_successor_alone(repository: MediaRepository) -> None:
    """A delete of the first upload does not delete a second one of the same bytes."""
    media = created(repository)
    remove(repository, media)
    successor = created(repository, upload(number=2))
    repository.begin_delete(media)
    assert repository.get(NAME) == successor


def test_what_is_owed_work_is_listed_oldest_first(repository: MediaRepository) -> None:
    """Uploads and begun deletes are owed work from then on; what was just begun is left to who began it."""
    first = created(repository, upload("1"))
    time.sleep(0.005)
    second = created(repository, upload("2"))
    time.sleep(0.005)
    repository.mark_unfinished(THIRD_NAME)
    assert repository.unfinished() == [first.hash, second.hash, THIRD_NAME]
    assert repository.unfinished(settled_s=10) == []
    time.sleep(0.005)
    repository.begin_delete(first)
    assert repository.unfinished() == [second.hash, THIRD_NAME, first.hash]
    repository.drop_unfinished(second.hash)
    repository.drop_unfinished(THIRD_NAME)
    assert repository.unfinished() == [first.hash]


def test_a_lost_index_is_mended(repository: MediaRepository, redis: "Redis") -> None:
    """Content that lost its entry is found again; an entry of another media is not taken."""
    media = created(repository)
    redis.delete(f"sha256:{media.sha256}")
    assert repository.find_by_sha256(media.sha256) is None
    repository.index(media)
    assert repository.find_by_sha256(media.sha256) == media
    repository.index(replace(media, hash=SECOND_NAME))
    assert repository.find_by_sha256(media.sha256) == media


MEDIA = replace(upload(), hash=NAME)


def test_work_on_a_piece_is_known_until_the_split_ends(repository: MediaRepository) -> None:
    """It is the step's own: a late word of a step that is split no more is none of another's."""
    media, other = created(repository), replace(SPLIT, step="webm")
    for split in (SPLIT, other):
        assert repository.record_split(media, split)
    now = repository.record_piece(media, SPLIT, 0, WORK)
    assert now is not None
    assert (now.splits, now.piece_work) == ({SPLIT.step: SPLIT, "webm": other}, {(SPLIT.step, 0): WORK})
    assert (now.piece_seconds(SPLIT.step), now.piece_seconds("webm")) == (1.0, 0.0)
    assert now.split_fractions == {SPLIT.step: WORK.fraction / len(SPLIT.pieces), "webm": 0.0}
    repository.end_split(now, SPLIT)
    late = repository.record_piece(media, SPLIT, 0, WORK)
    assert late is not None
    assert (late.splits, late.piece_work) == ({"webm": other}, {})


def test_a_delete_names_the_pieces_too(repository: MediaRepository) -> None:
    """Made or not; and what still is made of them is known to be unwanted."""
    media = created(repository)
    splits = [SPLIT, replace(SPLIT, step="webm")]
    for split in splits:
        repository.record_split(media, split)
    repository.begin_delete(media)
    deletion = repository.pending_deletion(NAME)
    assert deletion is not None
    assert set(deletion.keys) == {media.original_key, *piece_keys(media.original_key, splits)}
    assert repository.record_piece(media, SPLIT, 0, WORK) is None


USES: dict[str, Callable[[MediaRepository], object]] = {
    "create": lambda repository: repository.create(upload(), NAMES),
    "get": lambda repository: repository.get(NAME),
    "get_many": lambda repository: repository.get_many([NAME]),
    "get_version": lambda repository: repository.get_version(NAME),
    "find_by_sha256": lambda repository: repository.find_by_sha256("1" * 64),
    "update": lambda repository: repository.update(MEDIA, title="New"),
    "add_files": lambda repository: repository.add_files(MEDIA, [file("mp4")]),
    "remove_files": lambda repository: repository.remove_files(MEDIA, ["mp4"]),
    "count_attempt": lambda repository: repository.count_attempt(MEDIA),
    "record_split": lambda repository: repository.record_split(MEDIA, SPLIT),
    "record_piece": lambda repository: repository.record_piece(MEDIA, SPLIT, 0, WORK),
    "end_split": lambda repository: repository.end_split(MEDIA, SPLIT),
    "finish": lambda repository: repository.finish(MEDIA),
    "fail": lambda repository: repository.fail(MEDIA, Status.ERROR, "It is damaged."),
    "begin_delete": lambda repository: repository.begin_delete(MEDIA),
    "pending_deletion": lambda repository: repository.pending_deletion(NAME),
    "forget": lambda repository: repository.forget(Deletion(hash=NAME, sha256="1" * 64, keys=())),
    "was_deleted": lambda repository: repository.was_deleted(NAME),
    "unfinished": lambda repository: repository.unfinished(),
    "mark_unfinished": lambda repository: repository.mark_unfinished(NAME),
    "drop_unfinished": lambda repository: repository.drop_unfinished(NAME),
    "index": lambda repository: repository.index(MEDIA),
    "all": lambda repository: list(repository.all()),
}


@pytest.mark.parametrize("name", USES)
def test_a_server_that_is_away_is_reported(tmp_path: Path, name: str) -> None:
    """Where nothing listens, each method raises BackendUnavailable with a sentence that names no address."""
    impatient = Retry(NoBackoff(), retries=0)
    repository = MediaRepository(Redis.from_url(f"unix://{tmp_path}/s", decode_responses=True, retry=impatient))
    with pytest.raises(BackendUnavailable) as error:
        USES[name](repository)
    assert str(tmp_path) not in str(error.value)


def test_every_method_is_tried_without_a_server() -> None:
    """A method that is added later is held to the same."""
    methods = {name for name, value in vars(MediaRepository).items() if callable(value) and name[0] != "_"}
    assert methods == set(USES)

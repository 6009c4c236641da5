"""Moving a running site: every file arrives, every link answers meanwhile, nothing that is deleted comes back."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import SettingsError
from mediacrush.model.media import Media
from mediacrush.services import library, move
from mediacrush.services.spool import Spool
from mediacrush.services.upload import Accepted, accept_upload
from mediacrush.settings import Settings
from mediacrush.storage.base import Storage
from mediacrush.storage.local import LocalStorage
from mediacrush.storage.memory import MemoryStorage
from mediacrush.storage.moving import MovingStorage
from mediacrush.storage.s3 import S3Storage
from mediacrush.web import create_app
from tests.s3 import S3Server
from tests.web import records

Upload = Callable[..., Accepted]


class Watched(MemoryStorage):
    """Does something at one moment of a copy: before or after a put, or before the bytes are read back."""

    def __init__(self, moment: str, happens: Callable[[str], object]) -> None:
        super().__init__()
        self._moment = moment
        self._happens = happens

    def _is(self, moment: str, key: str) -> None:
        if moment == self._moment:
            self._happens(key)

    def put(self, key: str, path: Path) -> None:
        self._is("before the put", key)
        super().put(key, path)
        self._is("after the put", key)

    def fetch(self, key: str, path: Path) -> None:
        self._is("before it is read back", key)
        super().fetch(key, path)
        self._is("after it is read back", key)


def keep(backends: Backends, record: Media) -> list[str]:
    """A record of a finished media with all its files in storage; their keys."""
    records.keep(backends, record)
    keys = [record.original_key, *(public_key(file.filename) for file in record.files)]
    path = backends.settings.work_dir / "content"
    for key in keys:
        path.write_bytes(key.encode() * 1000)
        backends.storage.put(key, path)
        path.unlink()
    return keys


def other(record: Media, number: int) -> Media:
    """The same under a name of its own."""
    hash_ = f"abcdefgh{number:04}"
    files = tuple(replace(file, filename=file.filename.replace(records.HASH, hash_)) for file in record.files)
    return replace(record, hash=hash_, sha256=f"{number:064}", original_key=f"originals/{number}", files=files)


def accept(backends: Backends, content: bytes) -> Media:
    """An upload to this site."""
    with Spool(backends.settings.spool_dir, 10**6) as spool:
        spool.write(content)
        return library.find_media(backends, accept_upload(backends, spool.finish(), None, None).hash)


def moving(backends: Backends, new: Storage) -> tuple[Backends, Storage]:
    """The site with its files on their way to `new`, and where they are."""
    settings = backends.settings.model_copy(update={"former_storage": str(backends.settings.media_dir)})
    former = backends.storage
    return replace(backends, settings=settings, storage=MovingStorage(new, former)), former


@pytest.fixture(params=["second volume", "s3"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Where files go."""
    if request.param == "second volume":
        return LocalStorage(tmp_path / "volume")
    server: S3Server = request.getfixturevalue("s3_server")
    return S3Storage(server.make_bucket(), endpoint=server.endpoint)


def answers(client: FlaskClient, path: str) -> bool:
    """Whether a link gives its file, here or where it leads."""
    answer = client.get(path, buffered=True)
    if answer.status_code == 302:
        return requests.get(answer.location, timeout=60).status_code == 200
    return answer.status_code == 200


def test_a_running_site_moves(backends: Backends, new: Storage) -> None:
    """Uploads and deletes go on, every link answers after every media that was copied, and in the end the former
    storage is needed no more."""
    kept = [keep(backends, other(record, number)) for number, record in enumerate([records.FILM, records.PHOTO])]
    doomed = other(records.SONG, 2)
    keep(backends, doomed)
    site, former = moving(backends, new)
    client = create_app(site).test_client()
    links = [key.removeprefix("public") for keys in kept for key in keys[1:]]
    uploaded = []
    for _ in move.move(site):
        if not uploaded:
            library.delete(site, library.find_media(site, doomed.hash))
            uploaded.append(accept(site, b"\0\1uploaded meanwhile"))
        assert [link for link in links if not answers(client, link)] == []
    (later,) = uploaded
    assert all((moved.problems, moved.is_left) == ((), moved.hash == later.hash) for moved in move.move(site))
    alone = create_app(replace(site, storage=new)).test_client()
    assert [link for link in links if not answers(alone, link)] == []
    library.finish_delete(site, doomed.hash)
    assert set(former.list("")) == {key for keys in kept for key in keys}
    assert set(new.list("")) == {*former.list(""), later.original_key}
    assert all(not moved.copied and not moved.problems for moved in move.move(site, verify=True))


MOMENTS = ["before the put", "after the put", "before it is read back", "after it is read back"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_deleted_during_its_copy_stays_deleted(backends: Backends, moment: str) -> None:
    """Whenever the delete comes: no file is left in either storage, and the name is free when copying is over."""
    keep(backends, records.FILM)
    seen = []

    def delete(key: str) -> None:
        if not seen:
            library.delete(site, library.find_media(site, records.HASH))
        seen.append(key)

    new = Watched(moment, delete)
    site, former = moving(backends, new)
    assert [moved.problems for moved in move.move(site)] == [()]
    assert seen
    assert list(site.storage.list("")) == []
    library.finish_delete(site, records.HASH)
    assert site.media.unfinished() == []
    assert list(former.list("")) == list(new.list("")) == []


def test_a_name_is_not_free_while_its_files_are_copied(backends: Backends) -> None:
    """Else an upload of the same bytes could have its new files taken for those that were deleted."""
    keep(backends, records.PHOTO)
    backends.moves.claim(records.HASH, "another machine:1")
    library.delete(backends, library.find_media(backends, records.HASH))
    assert backends.media.unfinished() == [records.HASH]
    backends.moves.end(records.HASH)
    library.finish_delete(backends, records.HASH)
    assert backends.media.unfinished() == []


def test_bytes_that_arrive_damaged_are_no_copy(backends: Backends) -> None:
    """They are removed and named, and the next run copies them."""
    keys = keep(backends, records.PHOTO)

    def damage(key: str) -> None:
        new._files[key] = b"damaged"

    new = Watched("after the put", damage)
    site, _ = moving(backends, new)
    (moved,) = move.move(site)
    assert (moved.copied, len(moved.problems)) == (0, len(keys))
    assert list(new.list("")) == []
    new._moment = "never"
    assert [moved.copied for moved in move.move(site)] == [len(keys)]


def test_what_was_copied_before_is_compared_when_asked(backends: Backends) -> None:
    """A later run with `verify` finds what is not the same."""
    (key, *_) = keep(backends, records.PHOTO)
    new = MemoryStorage()
    site, _ = moving(backends, new)
    list(move.move(site))
    new._files[key] = b"other"
    assert [moved.problems for moved in move.move(site)] == [()]
    assert [len(moved.problems) for moved in move.move(site, verify=True)] == [1]


def test_what_others_have_in_hand_is_left(backends: Backends, upload: Upload) -> None:
    """A media that is processed may be published anew at any moment; another machine's copy is not made twice."""
    keep(backends, records.PHOTO)
    backends.moves.claim(records.HASH, "another machine:1")
    upload(b"\0\1waiting")
    site, _ = moving(backends, MemoryStorage())
    assert [(moved.copied, moved.is_left) for moved in move.move(site)] == [(0, True), (0, True)]


def test_without_a_former_storage_there_is_nothing_to_move(backends: Backends) -> None:
    """And the sentence says which setting names it."""
    with pytest.raises(SettingsError, match="FORMER_STORAGE"):
        list(move.move(backends))


_MIGRATE = [sys.executable, "-m", "mediacrush.manage", "storage", "migrate"]


def environment(settings: Settings, server: S3Server, **more: str) -> dict[str, str]:
    """What an operator's shell has; `more` are settings by name."""
    given = {
        "DATA_DIR": str(settings.data_dir),
        "REDIS_URL": str(settings.redis_url),
        "S3_ENDPOINT": server.endpoint,
    }
    return os.environ | {f"MEDIACRUSH_{name}": value for name, value in (given | more).items()}


def test_a_bucket_moves_to_another(backends: Backends, settings: Settings, s3_server: S3Server) -> None:
    """By the operator's command, with the same bytes and headers, and nothing that is not the site's."""
    old, bucket = s3_server.make_bucket(), s3_server.make_bucket()
    former = S3Storage(old, prefix="former/site/", endpoint=s3_server.endpoint)
    keys = keep(replace(backends, storage=former), records.FILM)
    s3_server.client.put_object(Bucket=old, Key="former/public/abcdefghijkl.mp4", Body=b"somebody else's")
    found = environment(settings, s3_server, S3_BUCKET=bucket, FORMER_STORAGE=f"s3://{old}/former/site")
    done = subprocess.run([*_MIGRATE, "--verify"], env=found, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"1 media looked at, {len(keys)} files copied" in done.stdout
    new = S3Storage(bucket, endpoint=s3_server.endpoint)
    assert sorted(new.list("")) == sorted(former.list("")) == sorted(keys)
    for key in keys:
        one, other_one = (
            s3_server.client.get_object(Bucket=place, Key=name)
            for place, name in ((old, f"former/site/{key}"), (bucket, key))
        )
        assert one["Body"].read() == other_one["Body"].read()
        for header in ("ContentType", "CacheControl", "Metadata"):
            assert one[header] == other_one[header]
    client = create_app(replace(backends, storage=new)).test_client()
    assert all(answers(client, key.removeprefix("public")) for key in keys[1:])


def test_a_run_that_is_killed_is_taken_up(
    backends: Backends, settings: Settings, s3_server: S3Server, redis: Redis
) -> None:
    """Two at once, one of them killed in the middle: a third copies the rest, and says that it is through."""
    for number in range(12):
        keep(backends, other(records.SONG, number))
    bucket = s3_server.make_bucket()
    new = S3Storage(bucket, prefix="site/", endpoint=s3_server.endpoint)
    found = environment(
        settings, s3_server, S3_BUCKET=bucket, S3_PREFIX="site", FORMER_STORAGE=str(settings.media_dir)
    )
    runs = [subprocess.Popen(_MIGRATE, env=found, stdout=subprocess.DEVNULL) for _ in range(2)]
    while len(list(new.list(""))) < 4:
        assert runs[0].poll() is None
        time.sleep(0.05)
    runs[0].kill()
    assert len(list(new.list(""))) < 36
    for run in runs:
        run.wait()
    last = subprocess.run([*_MIGRATE, "--verify"], env=found, check=False, capture_output=True, text=True)
    assert (last.returncode, last.stderr) == (0, ""), last.stdout
    assert "FORMER_STORAGE can be taken out" in last.stdout
    assert set(new.list("")) == set(backends.storage.list(""))
    assert redis.keys("moving:*") == []

"""Accepting uploads: safe bytes, one page per content, owners."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable, BadRequest, NotAcceptable, TooManyRequests
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.model.media import Status
from mediacrush.model.ownership import Claims, token_claim
from mediacrush.services import library
from mediacrush.services.spool import Spool
from mediacrush.services.upload import Accepted, accept_upload, take_upload_allowance
from tests.samples import Samples

Upload = Callable[..., Accepted]

# Two blocks with one MD5 digest, published by X. Wang and H. Yu in 2005.
_COLLISION = (
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)


def _zip() -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


_COLLIDING = (
    "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70"
)


def test_original_record_and_job_are_there_when_the_answer_is_given(
    upload: Upload, backends: Backends, jobs: ListJobQueue, samples: Samples
) -> None:
    """After an upload the bytes are in storage, the record is pending and one job carries the hash."""
    accepted = upload(samples["plain.jpg"])
    media = backends.media.get(accepted.hash)
    assert media is not None
    assert media.status is Status.PENDING
    assert media.mime == "image/jpeg"
    assert list(backends.storage.list("originals/")) == [media.original_key]
    assert jobs.jobs == [(QueueName.QUICK, accepted.hash)]
    assert backends.media.unfinished() == [accepted.hash]


def test_known_bytes_gain_an_owner_and_nothing_else(upload: Upload, backends: Backends, jobs: ListJobQueue) -> None:
    """The second upload of the same bytes gets the same hash, its own token, and makes no job and no file."""
    first, second = upload(b"\0\1same"), upload(b"\0\1same")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.hash == second.hash
    assert first.delete_token != second.delete_token
    assert len(jobs.jobs) == 1
    assert len(list(backends.storage.list("originals/"))) == 1


def test_two_files_with_one_md5_never_share_a_page(upload: Upload, backends: Backends) -> None:
    """Content that clashes with another file's historical name gets one from its SHA-256."""
    first, second = upload(bytes.fromhex(_COLLISION)), upload(bytes.fromhex(_COLLIDING))
    assert first.is_new
    assert second.is_new
    assert first.hash != second.hash
    one, other = backends.media.get(first.hash), backends.media.get(second.hash)
    assert one is not None
    assert other is not None
    assert one.sha256 != other.sha256


def test_an_empty_file_is_refused(upload: Upload, backends: Backends) -> None:
    """Nothing in it: a sentence, and nothing stored."""
    with pytest.raises(BadRequest, match="empty"):
        upload(b"")
    assert list(backends.storage.list("originals/")) == []


@pytest.mark.parametrize(
    "content",
    [b"<html><body>hello</body></html>", b"just some text\n" * 20, b"%PDF-1.7\n%abc\n", _zip()],
)
def test_what_is_surely_no_media_is_refused_at_once(upload: Upload, backends: Backends, content: bytes) -> None:
    """Text, documents and archives are not even stored."""
    with pytest.raises(NotAcceptable):
        upload(content)
    assert list(backends.storage.list("originals/")) == []
    assert list(backends.media.all()) == []


def test_a_failed_media_is_tried_again(upload: Upload, backends: Backends, jobs: ListJobQueue) -> None:
    """Uploading the bytes of a failed media makes it pending under the same name, with a new original."""
    first = upload(b"\0\1junk")
    media = backends.media.get(first.hash)
    assert media is not None
    library.record_failure(backends, media, Status.UNRECOGNISED, "No.")
    assert list(backends.storage.list("originals/")) == []
    again = upload(b"\0\1junk")
    assert again.hash == first.hash
    assert again.is_new
    revived = backends.media.get(first.hash)
    assert revived is not None
    assert revived.status is Status.PENDING
    assert revived.message is None
    assert len(jobs.jobs) == 2


def test_an_upload_waits_while_the_same_bytes_are_being_deleted(
    upload: Upload, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the parts of a delete the same bytes come again: they end up here, with a page and an original."""
    accepted = upload(b"\0\1again")
    media = backends.media.get(accepted.hash)
    assert media is not None
    backends.media.begin_delete(media)

    def finish_the_delete(seconds: float) -> None:
        library.finish_delete(backends, accepted.hash)

    monkeypatch.setattr("mediacrush.services.upload.time.sleep", finish_the_delete)
    again = upload(b"\0\1again")
    assert again.is_new
    revived = backends.media.get(again.hash)
    assert revived is not None
    assert backends.storage.exists(revived.original_key)


def test_an_upload_that_finds_no_queue_is_not_lost(upload: Upload, backends: Backends) -> None:
    """The client is told to try again, and recovery finds the record all the same."""

    class NoQueue(ListJobQueue):
        def enqueue(self, queue: QueueName, hash_: str) -> None:
            raise BackendUnavailable("away")

    broken = replace(backends, jobs=NoQueue())
    with Spool(backends.settings.spool_dir, 100) as spool:
        spool.write(b"\0\1queue")
        with pytest.raises(BackendUnavailable):
            accept_upload(broken, spool.finish(), None, None)
    assert len(backends.media.unfinished()) == 1


def test_who_shows_the_same_cookie_is_one_owner(upload: Upload, backends: Backends) -> None:
    """Two uploads from one browser: either token deletes for good."""
    first = upload(b"\0\1mine", cookie="cookie:a")
    upload(b"\0\1mine", cookie="cookie:a")
    library.withdraw(backends, first.hash, Claims(token=token_claim(first.delete_token)))
    assert backends.media.get(first.hash) is None


def test_the_hour_of_a_client_has_an_end(backends: Backends) -> None:
    """Over the limit the sentence says how long to wait; another client is not concerned."""
    limited = replace(backends, settings=backends.settings.model_copy(update={"upload_bytes_per_hour": 100}))
    take_upload_allowance(limited, "one", 90)
    take_upload_allowance(limited, "one", 90)
    with pytest.raises(TooManyRequests, match="min") as refused:
        take_upload_allowance(limited, "one", 1)
    assert 0 < refused.value.retry_after_s <= 3600
    take_upload_allowance(limited, "other", 1)

"""fsck finds each thing that can be wrong between records and storage, and mends it."""

from collections.abc import Callable
from pathlib import Path

from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.job_queue import QueueName
from mediacrush.model.media import Media, Status
from mediacrush.services import fsck
from mediacrush.services.fsck import Finding
from mediacrush.services.upload import Accepted
from tests.samples import Samples

Upload = Callable[..., Accepted]
Work = Callable[[], list[tuple[QueueName, str]]]


def _check(backends: Backends, *, fix: bool = False) -> list[Finding]:
    return list(fsck.check(backends, fix=fix, settle_s=0))


def _done(upload: Upload, work: Work, backends: Backends, path: Path) -> Media:
    accepted = upload(path)
    work()
    media = backends.media.get(accepted.hash)
    assert media is not None
    assert media.status is Status.DONE
    return media


def test_a_sound_site_has_nothing_to_find(upload: Upload, work: Work, backends: Backends, samples: Samples) -> None:
    """Finished, waiting and failed media alike."""
    _done(upload, work, backends, samples["plain.jpg"])
    upload(b"\0\1junk")
    work()
    upload(b"\0\1waiting")
    assert _check(backends) == []


def test_a_file_without_a_record_is_removed(backends: Backends, tmp_path: Path) -> None:
    """Published files and originals that nobody lists go, and only with --fix."""
    (tmp_path / "x").write_bytes(b"x")
    for key in ("public/AAAAAAAAAAAA.mp4", "originals/0123"):
        backends.storage.put(key, tmp_path / "x")
    assert {finding.subject for finding in _check(backends)} == {"public/AAAAAAAAAAAA.mp4", "originals/0123"}
    assert backends.storage.exists("originals/0123")
    assert all(finding.mended for finding in _check(backends, fix=True))
    assert _check(backends) == []
    assert not backends.storage.exists("originals/0123")


def test_a_lost_rendition_is_made_again(upload: Upload, work: Work, backends: Backends, samples: Samples) -> None:
    """It is unlisted at once, and back, stored, after the worker ran."""
    media = _done(upload, work, backends, samples["loop.gif"])
    key = public_key(f"{media.hash}.mp4")
    backends.storage.delete(key)
    (finding,) = _check(backends)
    assert media.hash == finding.subject
    assert ".mp4" in finding.problem
    _check(backends, fix=True)
    unlisted = backends.media.get(media.hash)
    assert unlisted is not None
    assert unlisted.published("mp4") is None
    work()
    assert backends.storage.exists(key)
    assert _check(backends) == []


def test_what_lost_everything_says_so(upload: Upload, work: Work, backends: Backends, samples: Samples) -> None:
    """Neither rendition nor original: recorded as our failure, and the rest is removed."""
    media = _done(upload, work, backends, samples["loop.gif"])
    backends.storage.delete(public_key(f"{media.hash}.mp4"))
    backends.storage.delete(media.original_key)
    _check(backends, fix=True)
    lost = backends.media.get(media.hash)
    assert lost is not None
    assert lost.status is Status.INTERNAL_ERROR
    assert _check(backends) == []


def test_forgotten_work_is_put_back(upload: Upload, backends: Backends, redis: "Redis") -> None:
    """A record that says pending while nobody was told."""
    accepted = upload(b"\0\1forgotten")
    redis.delete("unfinished")
    (finding,) = _check(backends, fix=True)
    assert finding.subject == accepted.hash
    assert backends.media.unfinished() == [accepted.hash]


def test_a_lost_index_is_mended(
    upload: Upload, work: Work, backends: Backends, samples: Samples, redis: "Redis"
) -> None:
    """The same bytes are recognised again."""
    media = _done(upload, work, backends, samples["plain.jpg"])
    redis.delete(f"sha256:{media.sha256}")
    (finding,) = _check(backends, fix=True)
    assert finding.mended
    assert not upload(samples["plain.jpg"]).is_new
    assert _check(backends) == []


def test_a_delete_under_way_is_left_alone(upload: Upload, work: Work, backends: Backends, samples: Samples) -> None:
    """Its files are not orphans: recovery removes them with their record."""
    media = _done(upload, work, backends, samples["plain.jpg"])
    backends.media.begin_delete(media)
    assert _check(backends) == []

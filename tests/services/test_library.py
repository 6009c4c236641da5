"""Deleting and changing what is here."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable, NotAcceptable, NotFound, NotOwner
from mediacrush.job_queue import QueueName
from mediacrush.model.media import Status
from mediacrush.model.ownership import Claims, token_claim
from mediacrush.services import library, process
from mediacrush.services.upload import Accepted
from mediacrush.storage.cdn import ListCDN
from tests.samples import Samples
from tests.web import records

Upload = Callable[..., Accepted]


def _by(accepted: Accepted) -> Claims:
    return Claims(token=token_claim(accepted.delete_token))


def test_the_last_owner_takes_everything_along(
    upload: Upload,
    work: Callable[[], list[tuple[QueueName, str]]],
    backends: Backends,
    samples: Samples,
    redis: object,
) -> None:
    """With the only owner go record, original, renditions and extras."""
    accepted = upload(samples["loop.gif"])
    work()
    library.withdraw(backends, accepted.hash, _by(accepted))
    assert backends.media.get(accepted.hash) is None
    assert list(backends.storage.list("public/")) == []
    assert list(backends.storage.list("originals/")) == []
    assert backends.media.unfinished() == []
    with pytest.raises(NotFound):
        library.withdraw(backends, accepted.hash, _by(accepted))


def test_nobody_can_kill_anothers_link(upload: Upload, backends: Backends) -> None:
    """A second uploader's delete withdraws only that owner."""
    first, second = upload(b"\0\1shared"), upload(b"\0\1shared")
    library.withdraw(backends, first.hash, _by(second))
    assert backends.media.get(first.hash) is not None
    with pytest.raises(NotOwner):
        library.withdraw(backends, first.hash, _by(second))
    library.withdraw(backends, first.hash, _by(first))
    assert backends.media.get(first.hash) is None


@pytest.mark.parametrize(
    "claims",
    [Claims(), Claims(token=token_claim("guess")), Claims(cookie="cookie:other"), Claims(address="address:other")],
)
def test_a_stranger_changes_nothing(upload: Upload, backends: Backends, claims: Claims) -> None:
    """No claim, or a wrong one: 401 for delete and flags, and the media stays as it is."""
    accepted = upload(b"\0\1mine", cookie="cookie:me", address="address:home")
    before = backends.media.get(accepted.hash)
    with pytest.raises(NotOwner):
        library.withdraw(backends, accepted.hash, claims)
    with pytest.raises(NotOwner):
        library.change_flags(backends, accepted.hash, claims, {"nsfw": True})
    assert backends.media.get(accepted.hash) == before


@pytest.mark.parametrize("claims", [Claims(cookie="cookie:me"), Claims(address="address:home")])
def test_cookie_and_address_are_claims_too(upload: Upload, backends: Backends, claims: Claims) -> None:
    """Who uploaded is known by any one of them."""
    accepted = upload(b"\0\1mine", cookie="cookie:me", address="address:home")
    library.withdraw(backends, accepted.hash, claims)
    assert backends.media.get(accepted.hash) is None


def test_a_flag_that_a_kind_has_not_changes_nothing(
    upload: Upload, work: Callable[[], list[tuple[QueueName, str]]], backends: Backends, samples: Samples
) -> None:
    """Autoplay on a picture is refused, together with whatever else was asked in the same breath."""
    accepted = upload(samples["plain.jpg"])
    work()
    with pytest.raises(NotAcceptable):
        library.change_flags(backends, accepted.hash, _by(accepted), {"nsfw": True, "autoplay": True})
    assert library.shown_flags(library.find_media(backends, accepted.hash)) == {"nsfw": False}
    changed = library.change_flags(backends, accepted.hash, _by(accepted), {"nsfw": True})
    assert library.shown_flags(changed) == {"nsfw": True}
    assert library.shown_flags(library.find_media(backends, accepted.hash)) == {"nsfw": True}


@pytest.mark.parametrize("hash_", ["", "short", "thirteen-char", "../../../etc", "A" * 12, "ÄÄÄÄÄÄÄÄÄÄÄÄ"])
def test_what_is_not_here_is_not_found(backends: Backends, hash_: str) -> None:
    """Unknown and malformed names alike."""
    with pytest.raises(NotFound):
        library.find_media(backends, hash_)


class _TiredCDN(ListCDN):
    """Answers from the second call on, and looks at what storage has when it is told."""

    def __init__(self, backends: Backends, error: Exception | None = None) -> None:
        super().__init__()
        self._backends = backends
        self._error = error or BackendUnavailable("The CDN does not answer right now; please try again.")
        self.calls = 0

    def invalidate(self, paths: Sequence[str]) -> None:
        self.calls += 1
        assert list(self._backends.storage.list("")) == []
        if self.calls == 1:
            raise self._error
        super().invalidate(paths)


def test_a_cdn_is_told_once_when_the_files_are_gone(upload: Upload, backends: Backends) -> None:
    """One invalidation for all files of a media, by the path that they have there, and none for what is not
    deleted."""
    for folder in ("", "/crush"):
        settings = backends.settings.model_copy(update={"cdn_url": f"https://cdn.example{folder}"})
        site = replace(backends, cdn=ListCDN(), settings=settings)
        accepted = upload(b"\0\1mine")
        library.withdraw(site, accepted.hash, _by(accepted))
        assert site.cdn.invalidated == [[f"{folder}/{accepted.hash}*"]]
        assert site.media.unfinished() == []


def test_a_delete_that_the_cdn_did_not_hear_of_is_not_forgotten(
    upload: Upload, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To its owner it is deleted at once; recovery tells the CDN until it listens; only then is the name free."""
    monkeypatch.setattr(process, "_SETTLED_S", 0)
    cdn = _TiredCDN(backends)
    site = replace(backends, cdn=cdn)
    accepted = upload(b"\0\1mine")
    library.withdraw(site, accepted.hash, _by(accepted))
    assert (site.media.get(accepted.hash), site.media.unfinished()) == (None, [accepted.hash])
    site.jobs.jobs.clear()
    process.recover(site)
    assert (cdn.calls, cdn.invalidated, site.media.unfinished()) == (2, [[f"/{accepted.hash}*"]], [])


class _Killed(Exception):
    """The process ended in the middle."""


@pytest.mark.parametrize("error", [None, _Killed()], ids=["away", "killed"])
def test_a_failure_that_the_cdn_did_not_hear_of_is_not_forgotten(
    upload: Upload, backends: Backends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """What was published and is gone: recovery tells the CDN until it listens, and then no more."""
    monkeypatch.setattr(process, "_SETTLED_S", 0)
    cdn = _TiredCDN(backends, error)
    site = replace(backends, cdn=cdn)
    media = library.find_media(site, upload(b"\0\1mine").hash)
    (tmp_path / "file").write_bytes(b"published")
    site.storage.put(f"public/{media.hash}.mp4", tmp_path / "file")
    file = records.file("mp4", ".mp4", "video/mp4")
    site.media.add_files(media, [replace(file, filename=f"{media.hash}.mp4")])
    with suppress(_Killed):
        library.record_failure(site, media, Status.ERROR, "It is damaged.")
    assert (cdn.calls, cdn.invalidated) == (1, [])
    process.recover(site)
    process.recover(site)
    assert (cdn.calls, cdn.invalidated) == (2, [[f"/{media.hash}*"]])


def test_where_nothing_was_published_the_cdn_is_not_told(upload: Upload, backends: Backends) -> None:
    """Each invalidation costs."""
    site = replace(backends, cdn=ListCDN())
    library.record_failure(site, library.find_media(site, upload(b"\0\1mine").hash), Status.ERROR, "It is damaged.")
    process.recover(site)
    assert site.cdn.invalidated == []

"""The operator's commands, run as an operator runs them."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.job_queue import ListJobQueue
from mediacrush.model.media import Status
from mediacrush.model.sizes import size_text
from mediacrush.services import report
from mediacrush.services.spool import Spool
from mediacrush.services.upload import accept_upload
from mediacrush.settings import Settings
from tests.samples import Samples
from tests.web.records import PHOTO

Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def manage(settings: Settings) -> Manage:
    """Runs `python -m mediacrush.manage` with the settings of the test's site."""

    def run(*arguments: str, **overrides: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "MEDIACRUSH_DATA_DIR": str(settings.data_dir),
            "MEDIACRUSH_REDIS_URL": str(settings.redis_url),
        }
        command = [sys.executable, "-m", "mediacrush.manage", *arguments]
        return subprocess.run(command, env=environment | overrides, check=False, capture_output=True, text=True)

    return run


@pytest.fixture
def uploaded(backends: Backends, work: Callable[[], object]) -> Callable[[Path | bytes], str]:
    """Uploads and processes; the hash."""

    def run(content: Path | bytes) -> str:
        with Spool(backends.settings.spool_dir, 10**9) as spool:
            spool.write(content if isinstance(content, bytes) else content.read_bytes())
            hash_ = accept_upload(backends, spool.finish(), None, None).hash
        work()
        return hash_

    return run


def test_delete_removes_media_whoever_owns_them(
    manage: Manage, uploaded: Callable[..., str], backends: Backends, samples: Samples
) -> None:
    """Record and files go; an unknown name is a sentence and exit status 2."""
    hash_ = uploaded(samples["plain.jpg"])
    done = manage("delete", hash_)
    assert (done.returncode, done.stdout) == (0, f"{hash_} deleted\n")
    assert backends.media.get(hash_) is None
    assert list(backends.storage.list("public/")) == []
    again = manage("delete", hash_)
    assert again.returncode == 2
    assert again.stderr.strip().endswith(".")
    assert "Traceback" not in again.stderr


def test_nsfw_sets_the_flag_and_takes_it_back(
    manage: Manage, uploaded: Callable[..., str], backends: Backends, samples: Samples
) -> None:
    """`--off` is the way back."""
    hash_ = uploaded(samples["plain.jpg"])
    for arguments, expected in ((["nsfw", hash_], True), (["nsfw", "--off", hash_], False)):
        assert manage(*arguments).returncode == 0
        media = backends.media.get(hash_)
        assert media is not None
        assert media.flags.nsfw is expected


def test_report_counts_what_is_here_and_names_what_failed(
    manage: Manage, uploaded: Callable[..., str], backends: Backends, samples: Samples
) -> None:
    """One line a fact, by kind and by time, one a failure with its sentence; what visitors told is counted."""
    hash_ = uploaded(samples["plain.jpg"])
    backends.moderation.add_report(hash_, "spam")
    failed = uploaded(b"\0\1\2 junk")
    media = backends.media.get(failed)
    assert media is not None
    assert media.status is Status.UNRECOGNISED
    printed = manage("report")
    assert printed.returncode == 0
    kept = backends.media.get(hash_)
    assert kept is not None
    sizes = f"{size_text(kept.size_bytes)} uploaded, {size_text(sum(f.size_bytes for f in kept.files))} published"
    for line in ("media     ", "           image:", "last day  ", "last week "):
        assert f"{line} 1, {sizes}\n" in printed.stdout
    assert "visitors   1 reported (`reports`), 0 wrote (`feedback`)\n" in printed.stdout
    assert "queue      quick: 0 waiting for 0 s, 0 workers\n" in printed.stdout
    assert "failures   1 in the last week: 1 unrecognised\n" in printed.stdout
    assert f"{failed} unrecognised: {media.message}" in printed.stdout


def test_a_report_of_many_failures_names_the_last(backends: Backends) -> None:
    """The newest twenty, newest first, of however many there are: those of a bad day must not fill the screen."""
    for number in range(report.LAST_FAILURES + 5):
        media = replace(PHOTO, sha256=f"{number:064}", created_at=float(number), original_key=f"originals/{number}")
        name = f"{number:012}"
        backends.media.create(media, [name])
        backends.media.fail(replace(media, hash=name), Status.ERROR, "It broke.")
    found = report.report(backends)
    assert found.statuses == {"error": report.LAST_FAILURES + 5}
    assert [entry.hash for entry in found.failures] == [f"{number:012}" for number in range(24, 4, -1)]


def test_fsck_finds_and_mends(
    manage: Manage, uploaded: Callable[..., str], backends: Backends, jobs: ListJobQueue, samples: Samples
) -> None:
    """Exit status 1 while something is wrong, 0 when it is mended or nothing was."""
    hash_ = uploaded(samples["loop.gif"])
    assert manage("fsck").returncode == 0
    backends.storage.delete(public_key(f"{hash_}.webm"))
    found = manage("fsck")
    assert found.returncode == 1
    assert hash_ in found.stdout
    mended = manage("fsck", "--fix")
    assert mended.returncode == 0
    assert "being made again" in mended.stdout


def test_a_database_that_is_away_is_a_sentence(manage: Manage, redis: "Redis") -> None:
    """No traceback for the operator either."""
    answer = manage("report", MEDIACRUSH_REDIS_URL="unix:///nowhere/s")
    assert answer.returncode == 2
    assert "does not answer" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_reports_are_listed_and_settled(backends: Backends, manage: Manage) -> None:
    """Reports are printed with their reasons until the operator settles them."""
    backends.moderation.add_report("AAAAAAAAAAAA", "spam")
    backends.moderation.add_report("AAAAAAAAAAAA", "nsfw")
    assert manage("reports").stdout == "AAAAAAAAAAAA 2: 1 nsfw, 1 spam\n"
    assert manage("reports", "--settle", "AAAAAAAAAAAA").returncode == 0
    assert manage("reports").stdout == ""


def test_feedback_cannot_steer_the_terminal(backends: Backends, manage: Manage) -> None:
    """Feedback is printed on one line each, without control characters."""
    backends.moderation.add_feedback("good\x1b[2J\nsite")
    assert manage("feedback").stdout.endswith(" good [2J site\n")

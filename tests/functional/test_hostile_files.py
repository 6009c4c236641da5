"""Hostile uploads through the real pipeline, in this process: what they name is never opened, what they want is
bounded, and the worker lives."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mediacrush.backends import Backends
from mediacrush.errors import RequestError
from mediacrush.job_queue import ListJobQueue
from mediacrush.model.media import Status
from mediacrush.pipeline.run import Limits, run_tool
from mediacrush.pipeline.sandbox import Confinement, confinement_for
from mediacrush.pipeline.tools import Tools
from mediacrush.services import jobs as job_rules
from mediacrush.services import process
from mediacrush.services.spool import Spool
from mediacrush.services.upload import accept_upload
from mediacrush.settings import SandboxRule
from tests.canary import SECRET, Canary
from tests.hostile.bombs import bombs, heavy_but_honest
from tests.hostile.references import references
from tests.minute import A_MINUTE_S, within_a_minute
from tests.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an upload: its status, or None when it was refused at once; the sentence; seconds it took."""

    status: Status | None
    sentence: str
    took_s: float


Send = Callable[[bytes], Outcome]


@pytest.fixture
def send(backends: Backends, work: Callable[[], object]) -> Send:
    """Uploads, processes to the end, and tells the outcome."""

    def run(content: bytes) -> Outcome:
        started = time.monotonic()
        try:
            with Spool(backends.settings.spool_dir, backends.settings.max_file_size) as spool:
                spool.write(content)
                accepted = accept_upload(backends, spool.finish(), None, None)
        except RequestError as error:
            return Outcome(status=None, sentence=str(error), took_s=time.monotonic() - started)
        work()
        media = backends.media.get(accepted.hash)
        assert media is not None
        return Outcome(status=media.status, sentence=media.message or "", took_s=time.monotonic() - started)

    return run


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """Its file lies beside the data folder."""
    with Canary(tmp_path) as canary:
        yield canary


def _is_a_sentence(text: str) -> bool:
    return text.endswith(".") and text[0].isupper() and "\n" not in text and "/" not in text


def _holders_of_the_secret(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_what_a_file_names_is_never_opened(
    send: Send, canary: Canary, backends: Backends, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    """Playlists, manifests, scripts, references: each is refused with a sentence, the canaries untouched."""
    for name, content in references(canary, tmp_path).items():
        with subtests.test(name):
            outcome = send(content)
            assert outcome.status in (None, Status.UNRECOGNISED, Status.ERROR)
            assert _is_a_sentence(outcome.sentence), outcome.sentence
            assert outcome.took_s < A_MINUTE_S
    assert canary.visits() == 0
    assert _holders_of_the_secret(backends.settings.data_dir) == []
    assert backends.media.unfinished() == []


def test_what_wants_too_much_is_refused(
    send: Send, samples: Samples, backends: Backends, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    """Bombs end within a minute, with a status and a sentence, and nothing of them is kept."""
    for name, content in bombs(samples, tmp_path).items():
        with subtests.test(name):
            outcome = send(content)
            assert outcome.status in (None, Status.UNRECOGNISED, Status.ERROR, Status.TIMEOUT)
            assert _is_a_sentence(outcome.sentence), outcome.sentence
            assert outcome.took_s < A_MINUTE_S
    assert list(backends.storage.list("originals/")) == []
    assert list(backends.storage.list("public/")) == []
    assert backends.media.unfinished() == []


def test_what_only_looks_like_too_much_is_bounded(
    send: Send, samples: Samples, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    """What announces more than it holds may be shown or refused, within a minute and never as a fault of ours."""
    for name, content in heavy_but_honest(samples, tmp_path).items():
        with subtests.test(name):
            outcome = send(content)
            assert outcome.status not in (Status.INTERNAL_ERROR, Status.PENDING, Status.PROCESSING)
            assert outcome.status is Status.DONE or _is_a_sentence(outcome.sentence), outcome.sentence
            assert outcome.took_s < A_MINUTE_S


# FFmpeg told to go wherever a file sends it.
_RECKLESS = (
    *("-v", "error", "-protocol_whitelist", "file,http,tcp,crypto,data", "-allowed_extensions", "ALL"),
    *("-extension_picky", "0", "-allowed_segment_extensions", "ALL", "-f", "hls"),
)


def test_the_bait_is_real(canary: Canary, tools: Tools, tmp_path: Path) -> None:
    """A reckless ffprobe outside of the sandbox follows a playlist: the other tests prove something."""
    _reckless(canary, tools, tmp_path, SandboxRule.OFF)
    assert canary.visits() > 0


def test_the_sandbox_holds_a_reckless_tool(canary: Canary, tools: Tools, tmp_path: Path) -> None:
    """Were FFmpeg's own list of protocols to fail, there is still no network."""
    if confinement_for(SandboxRule.AUTO) is Confinement.NONE:
        pytest.skip("no sandbox works here")
    _reckless(canary, tools, tmp_path, SandboxRule.AUTO)
    assert canary.visits() == 0


def _reckless(canary: Canary, tools: Tools, tmp_path: Path, rule: SandboxRule) -> None:
    workdir = tmp_path / "job"
    workdir.mkdir()
    playlist = references(canary, tmp_path)["HLS playlist to a url"]
    (workdir / "input").write_bytes(playlist)
    run_tool((*tools.ffprobe, *_RECKLESS, "input"), workdir, Limits(timeout_s=30, sandbox=rule))


def test_a_probe_has_a_minute_not_the_jobs_hours(
    send: Send,
    samples: Samples,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file over which ffprobe broods ends in a timeout as soon as that, and the next one is processed."""
    assert job_rules._PROBE_TIMEOUT_S == A_MINUTE_S
    monkeypatch.setattr(job_rules, "_PROBE_TIMEOUT_S", 0.5)
    brooding = tmp_path / "ffprobe"
    brooding.write_text("#!/bin/sh\nexec sleep 600\n")
    brooding.chmod(0o755)
    with Spool(backends.settings.spool_dir, backends.settings.max_file_size) as spool:
        spool.write(samples.bytes("clip.mkv"))
        accepted = accept_upload(backends, spool.finish(), None, None)
    with within_a_minute():
        process.process_media(backends, replace(tools, ffprobe=(str(brooding),)), accepted.hash, jobs.jobs.pop()[0])
    media = backends.media.get(accepted.hash)
    assert media is not None
    assert media.status is Status.TIMEOUT
    assert _is_a_sentence(media.message or "")
    monkeypatch.undo()
    assert send(samples.bytes("plain.jpg")).status is Status.DONE

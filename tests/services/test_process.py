"""Processing real files with the real tools, in this process."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.database.owners import OwnerRepository
from mediacrush.errors import BackendUnavailable
from mediacrush.job_queue import ListJobQueue, QueueName
from mediacrush.model.media import BlobType, Media, Status
from mediacrush.model.ownership import Claims
from mediacrush.pipeline.tools import Tools
from mediacrush.services import library, process
from mediacrush.services.upload import Accepted
from tests.samples import Samples, frame_digests

Upload = Callable[..., Accepted]
Work = Callable[[], list[tuple[QueueName, str]]]
CLAIMS = Claims(token="token:ann", address="address:ann")


def _media(backends: Backends, accepted: Accepted) -> Media:
    media = backends.media.get(accepted.hash)
    assert media is not None
    return media


@pytest.mark.parametrize(
    ("sample", "kind", "mime", "suffixes"),
    [
        ("photo.jpg", BlobType.IMAGE, "image/jpeg", [".jpg", ".webp", ".avif"]),
        ("picture.png", BlobType.IMAGE, "image/png", [".png", ".webp"]),
        ("picture.webp", BlobType.IMAGE, "image/webp", [".webp", ".jpg"]),
        ("picture.bmp", BlobType.IMAGE, "image/bmp", [".png", ".webp", ".bmp"]),
        ("picture.tif", BlobType.IMAGE, "image/tiff", [".png", ".webp", ".tif"]),
        ("one-frame.gif", BlobType.IMAGE, "image/gif", [".gif", ".webp"]),
        ("loop.gif", BlobType.VIDEO, "image/gif", [".mp4", ".webm", ".gif"]),
        ("loop.webp", BlobType.VIDEO, "image/webp", [".webp", ".mp4", ".webm"]),
        ("loop.png", BlobType.VIDEO, "image/png", [".png", ".mp4", ".webm"]),
        ("phone.mp4", BlobType.VIDEO, "video/mp4", [".mp4", ".webm"]),
        ("silent.mp4", BlobType.VIDEO, "video/mp4", [".mp4", ".webm"]),
        ("clip.mkv", BlobType.VIDEO, "video/x-matroska", [".mp4", ".webm", ".mkv"]),
        ("clip.mov", BlobType.VIDEO, "video/quicktime", [".mp4", ".webm", ".mov"]),
        ("clip.webm", BlobType.VIDEO, "video/webm", [".mp4", ".webm", ".original.webm"]),
        ("clip.avi", BlobType.VIDEO, "video/x-msvideo", [".mp4", ".webm", ".avi"]),
        ("hevc.mp4", BlobType.VIDEO, "video/mp4", [".mp4", ".webm", ".original.mp4"]),
        ("song.mp3", BlobType.AUDIO, "audio/mpeg", [".mp3", ".ogg"]),
        ("sound.wav", BlobType.AUDIO, "audio/wav", [".mp3", ".ogg", ".wav"]),
        ("sound.flac", BlobType.AUDIO, "audio/flac", [".mp3", ".ogg", ".flac"]),
        ("sound.m4a", BlobType.AUDIO, "audio/mp4", [".mp3", ".ogg", ".m4a"]),
        ("sound.ogg", BlobType.AUDIO, "audio/ogg", [".mp3", ".ogg", ".original.ogg"]),
        ("sound.opus", BlobType.AUDIO, "audio/ogg", [".mp3", ".ogg"]),
    ],
)
def test_every_kind_ends_done_with_its_files(
    upload: Upload,
    work: Work,
    backends: Backends,
    samples: Samples,
    sample: str,
    kind: BlobType,
    mime: str,
    suffixes: list[str],
) -> None:
    """Each kind gets the files it should, all of them stored whole, and its record is finished."""
    accepted = upload(samples[sample])
    work()
    media = _media(backends, accepted)
    assert (media.status, media.message) == (Status.DONE, None)
    assert (media.blob_type, media.mime, media.progress) == (kind, mime, 1.0)
    assert [file.filename.removeprefix(media.hash) for file in media.listed_files] == suffixes
    for file in media.files:
        path = backends.storage.local_path(public_key(file.filename))
        assert path is not None
        assert path.stat().st_size == file.size_bytes > 0
    assert backends.media.unfinished() == []
    assert list(backends.settings.work_dir.iterdir()) == []


def test_a_loop_plays_like_a_gif_and_a_film_does_not(
    upload: Upload, work: Work, backends: Backends, samples: Samples
) -> None:
    """Autoplay, loop and mute are on for an animation, off for an uploaded video, silent or not."""
    loop, film = upload(samples["loop.gif"]), upload(samples["silent.mp4"])
    work()
    assert library.shown_flags(_media(backends, loop)) == {
        "autoplay": True,
        "loop": True,
        "mute": True,
        "nsfw": False,
    }
    assert library.shown_flags(_media(backends, film)) == {
        "autoplay": False,
        "loop": False,
        "mute": False,
        "nsfw": False,
    }


def test_audio_keeps_tags_and_cover(upload: Upload, work: Work, backends: Backends, samples: Samples) -> None:
    """Tags are in the metadata as they were written, the cover art is an extra that is a JPEG."""
    accepted = upload(samples["song.mp3"])
    work()
    media = _media(backends, accepted)
    assert media.metadata["artist"] == "Björk"
    assert media.metadata["title"] == "Füße & <b>Köpfe</b>"
    assert media.metadata["album"] == "Debut"
    assert media.metadata["composer"] == "Nellee"
    assert media.metadata["duration"] == pytest.approx(3, abs=0.1)
    assert {extra.name for extra in media.extras} == {"cover", "preview", "waveform"}
    cover = next(extra for extra in media.extras if extra.name == "cover")
    path = backends.storage.local_path(public_key(cover.filename))
    assert path is not None
    assert path.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("sample", ["phone.mp4", "photo.jpg"])
def test_no_served_byte_says_where_or_with_what_it_was_made(
    upload: Upload, work: Work, backends: Backends, samples: Samples, sample: str
) -> None:
    """Place and camera are in the upload and in none of the published files."""
    secrets = [b"+52.5170", b"SecretCamera", "SecretComment".encode("utf-16le"), b"GPS"]
    assert any(secret in samples.bytes(sample) for secret in secrets)
    accepted = upload(samples[sample])
    work()
    for file in _media(backends, accepted).files:
        path = backends.storage.local_path(public_key(file.filename))
        assert path is not None
        assert not any(secret in path.read_bytes() for secret in secrets), file.filename


def test_a_copied_film_keeps_every_frame_as_it_was(
    upload: Upload, work: Work, backends: Backends, samples: Samples
) -> None:
    """The published original of a phone's film decodes to the same pictures, with its index in front."""

    accepted = upload(samples["phone.mp4"])
    work()
    original = _media(backends, accepted).published("original")
    assert original is not None
    path = backends.storage.local_path(public_key(original.filename))
    assert path is not None
    assert frame_digests(path) == frame_digests(samples["phone.mp4"])
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_progress_never_falls_and_ready_comes_before_done(
    upload: Upload,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Statuses come in order, ffmpeg's progress is seen in between, and it only grows."""
    seen: list[tuple[Status, float]] = []
    update = backends.media.update

    def watched(media: Media, **fields: object) -> bool:
        result = update(media, **fields)
        current = backends.media.get(media.hash)
        assert current is not None
        seen.append((current.status, current.progress))
        return result

    monkeypatch.setattr(backends.media, "update", watched)
    accepted = upload(samples["slow.mp4"])
    while jobs.jobs:
        queue, hash_ = jobs.jobs.pop(0)
        process.process_media(backends, tools, hash_, queue)
    statuses = list(dict.fromkeys(status for status, _ in seen))
    assert statuses == [Status.PROCESSING, Status.READY, Status.DONE]
    progress = [value for _, value in seen]
    assert progress == sorted(progress)
    steps = len(_media(backends, accepted).settled_steps)
    assert len({value for value in progress if 0 < value < 1}) > steps, "ffmpeg's own reports are missing"
    assert _media(backends, accepted).progress == 1.0


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\0\1\2 no media at all" * 50, Status.UNRECOGNISED),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff" * 40, Status.ERROR),
    ],
)
def test_junk_ends_in_a_failure_with_a_sentence_and_leaves_no_file(
    upload: Upload, work: Work, backends: Backends, content: bytes, status: Status
) -> None:
    """Bytes that no tool reads: the status says so, a sentence says what was wrong, nothing stays in storage."""
    accepted = upload(content)
    work()
    media = _media(backends, accepted)
    assert media.status in (status, Status.UNRECOGNISED)
    assert media.message
    assert media.message.endswith(".")
    assert list(backends.storage.list("originals/")) == []
    assert list(backends.storage.list("public/")) == []
    assert backends.media.unfinished() == []


def test_a_film_that_breaks_off_before_its_first_frame_ends_in_error(
    upload: Upload, work: Work, backends: Backends, samples: Samples
) -> None:
    """A header without pictures is recognised, cannot be converted, and says so."""
    data = samples.bytes("clip.avi")
    accepted = upload(data[: data.index(b"movi") + 4])
    work()
    media = _media(backends, accepted)
    assert media.status in (Status.ERROR, Status.UNRECOGNISED)
    assert media.message
    assert list(backends.storage.list("originals/")) == []


def test_what_takes_too_long_ends_in_timeout(
    upload: Upload, backends: Backends, jobs: ListJobQueue, tools: Tools, samples: Samples
) -> None:
    """A transcode longer than PROCESSING_TIMEOUT is ended, and the record says so."""
    accepted = upload(samples["long.mp4"])
    impatient = replace(backends, settings=backends.settings.model_copy(update={"processing_timeout": 2}))
    while jobs.jobs:
        queue, hash_ = jobs.jobs.pop(0)
        process.process_media(impatient, tools, hash_, queue)
    media = _media(backends, accepted)
    assert media.status is Status.TIMEOUT
    assert media.message
    assert list(backends.storage.list("originals/")) == []


def test_a_lost_original_is_our_fault(upload: Upload, work: Work, backends: Backends) -> None:
    """Storage lost the bytes before a worker came: internal_error, not a word about the file."""
    accepted = upload(b"\0\1\2 whatever")
    backends.storage.delete(_media(backends, accepted).original_key)
    work()
    assert _media(backends, accepted).status is Status.INTERNAL_ERROR


def test_a_picture_over_the_pixel_limit_is_refused_from_its_header(
    upload: Upload, work: Work, backends: Backends, jobs: ListJobQueue, tools: Tools, samples: Samples
) -> None:
    """The sentence names no tool; the status is error."""
    accepted = upload(samples["picture.png"])
    small = replace(backends, settings=backends.settings.model_copy(update={"max_pixels": 1000}))
    process.process_media(small, tools, accepted.hash, QueueName.QUICK)
    media = _media(backends, accepted)
    assert media.status is Status.ERROR
    assert "pixels" in (media.message or "")


def test_long_work_leaves_the_quick_queue(
    upload: Upload, backends: Backends, jobs: ListJobQueue, tools: Tools, samples: Samples
) -> None:
    """A film that must be transcoded is handed to `long`; quick jobs behind it need not wait."""
    accepted = upload(samples["long.mp4"])
    assert jobs.jobs.pop() == (QueueName.QUICK, accepted.hash)
    process.process_media(backends, tools, accepted.hash, QueueName.QUICK)
    assert jobs.jobs == [(QueueName.LONG, accepted.hash)]
    media = _media(backends, accepted)
    assert media.is_probed
    assert media.files == ()


def test_a_job_can_run_twice_with_the_same_result(
    upload: Upload, work: Work, backends: Backends, jobs: ListJobQueue, samples: Samples
) -> None:
    """A second job for the same media finds everything settled and changes nothing."""
    accepted = upload(samples["loop.gif"])
    jobs.enqueue(QueueName.QUICK, accepted.hash)
    work()
    media = _media(backends, accepted)
    jobs.enqueue(QueueName.LATER, accepted.hash)
    work()
    assert _media(backends, accepted) == media


def test_work_goes_on_where_a_dead_worker_left_it(
    upload: Upload, work: Work, backends: Backends, jobs: ListJobQueue, samples: Samples
) -> None:
    """What was published is not made again, what was not is."""
    accepted = upload(samples["loop.gif"])
    work()
    media = _media(backends, accepted)
    mp4 = backends.storage.local_path(public_key(f"{media.hash}.mp4"))
    assert mp4 is not None
    made_at = mp4.stat().st_mtime_ns
    backends.media.remove_files(media, ["webm"])
    backends.media.update(media, status=Status.PROCESSING)
    backends.media.mark_unfinished(media.hash)
    jobs.enqueue(QueueName.QUICK, media.hash)
    work()
    again = _media(backends, accepted)
    assert again.status is Status.DONE
    assert {file.name for file in again.files} == {file.name for file in media.files}
    assert mp4.stat().st_mtime_ns == made_at


def test_a_file_that_kills_its_workers_is_given_up(
    upload: Upload, work: Work, backends: Backends, jobs: ListJobQueue
) -> None:
    """After several starts with nothing published the record says internal_error instead of processing for ever."""
    accepted = upload(b"\0\1\2 deadly")
    for _ in range(process.MAX_ATTEMPTS):
        backends.media.count_attempt(_media(backends, accepted))
    work()
    assert _media(backends, accepted).status is Status.INTERNAL_ERROR


def test_what_plays_already_survives_trouble_with_the_rest(
    upload: Upload,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ready media whose deferred work cannot be done is done with what it has."""
    monkeypatch.setattr(process, "QUICK_COST_S", 0.1)
    accepted = upload(samples["hevc.mp4"])
    while _media(backends, accepted).status is not Status.READY:
        queue, hash_ = jobs.jobs.pop(0)
        process.process_media(backends, tools, hash_, queue)
    backends.storage.delete(_media(backends, accepted).original_key)
    process.process_media(backends, tools, accepted.hash, QueueName.LATER)
    media = _media(backends, accepted)
    assert media.status is Status.DONE
    assert media.published("mp4") is not None


def test_a_killed_tool_is_tried_again_but_not_for_ever(
    upload: Upload,
    work: Work,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    samples: Samples,
    tmp_path: Path,
) -> None:
    """What kills ffmpeg may not be there the next time; a file that always does is given up."""
    killer = tmp_path / "ffmpeg"
    killer.write_text("#!/bin/sh\nkill -9 $$\n")
    killer.chmod(0o755)
    deadly = replace(tools, ffmpeg=(str(killer),))
    accepted = upload(samples["clip.mkv"])
    process.process_media(backends, deadly, accepted.hash, jobs.jobs.pop()[0])
    assert _media(backends, accepted).status is Status.PROCESSING
    assert jobs.jobs == [(QueueName.QUICK, accepted.hash)]
    again = upload(samples["clip.avi"])
    for _ in range(process.MAX_ATTEMPTS + 1):
        process.process_media(backends, deadly, again.hash, QueueName.LONG)
    assert _media(backends, again).status is Status.INTERNAL_ERROR
    jobs.jobs = [(QueueName.QUICK, accepted.hash)]
    work()
    assert _media(backends, accepted).status is Status.DONE


def test_a_full_disk_is_no_fault_of_the_file(
    upload: Upload,
    work: Work,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However often it is tried meanwhile, the media waits, and is processed when there is room."""
    accepted = upload(samples["plain.jpg"])
    full = shutil.disk_usage("/")._replace(free=1000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: full)
        for _ in range(process.MAX_ATTEMPTS * 2):
            with pytest.raises(BackendUnavailable):
                process.process_media(backends, tools, accepted.hash, QueueName.QUICK)
    work()
    assert _media(backends, accepted).status is Status.DONE


def test_deleting_during_processing_leaves_nothing(
    upload: Upload,
    backends: Backends,
    jobs: ListJobQueue,
    tools: Tools,
    samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A delete between two steps: the job ends quietly and no file of the media stays."""
    accepted = upload(samples["loop.gif"])
    add_files = backends.media.add_files

    def delete_first(media: Media, *files: object) -> bool:
        library.delete(backends, media)
        return add_files(media, *files)  # type: ignore[arg-type]

    monkeypatch.setattr(backends.media, "add_files", delete_first)
    process.process_media(backends, tools, accepted.hash, QueueName.QUICK)
    assert backends.media.get(accepted.hash) is None
    assert list(backends.storage.list("public/")) == []
    assert list(backends.storage.list("originals/")) == []


def test_recovery_takes_up_what_nobody_works_on(
    upload: Upload,
    work: Work,
    backends: Backends,
    jobs: ListJobQueue,
    samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lost job is enqueued again; one that waits is not; a delete that stopped half-way is ended."""
    monkeypatch.setattr(process, "_SETTLED_S", 0)
    lost, waiting, half_deleted = upload(samples["plain.jpg"]), upload(b"\0\1wait"), upload(b"\0\1gone")
    jobs.jobs = [(QueueName.QUICK, waiting.hash)]
    backends.media.begin_delete(_media(backends, half_deleted))
    assert process.recover(backends) == 2
    assert jobs.jobs == [(QueueName.QUICK, waiting.hash), (QueueName.QUICK, lost.hash)]
    assert backends.media.pending_deletion(half_deleted.hash) is None
    work()
    assert _media(backends, lost).status is Status.DONE
    assert process.recover(backends) == 0


def test_recovery_forgets_addresses(backends: Backends, upload: Upload, redis: "Redis") -> None:
    """An address goes when its time is over, whether or not anybody comes again."""
    hash_ = upload(b"\0\1").hash
    key = f"owners:{hash_}"
    OwnerRepository(redis, address_claim_s=0.001).add(hash_, CLAIMS)
    assert redis.hexists(key, "address:ann")
    time.sleep(0.01)
    process.recover(backends)
    assert not redis.hexists(key, "address:ann")

"""Workers die, the machine stops: nothing accepted is lost, nothing half-written is served."""

import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import pytest
from rq.job import Job, JobStatus

from mediacrush.database.connection import connect_queue_redis
from mediacrush.settings import Settings
from tests.samples import Samples, ffmpeg, frame_digests
from tests.site import Site


def _wait_until(condition: object, what: str, timeout_s: float = 120) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _transcoding(site: Site, mark: str = "-progress") -> tuple[int, int, int] | None:
    """The pids of worker, work-horse and ffmpeg of a transcode under way whose command holds this."""
    for pid, command in site.processes().items():
        if "worker.py" not in command:
            continue
        try:
            for horse in _children(pid):
                for tool in _children(horse):
                    if mark in Path(f"/proc/{tool}/cmdline").read_text():
                        return pid, horse, tool
        except OSError:
            continue
    return None


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def _is_dead(pid: int) -> bool:
    return not _is_alive(pid)


def _plays(path: Path) -> bool:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _published(site: Site) -> list[Path]:
    return [p for p in (site.data_dir / "media" / "public").rglob("*") if p.is_file()]


@pytest.mark.parametrize("victim", ["worker", "work-horse", "ffmpeg"])
def test_a_killed_worker_loses_nothing(site: Site, samples: Samples, tmp_path: Path, victim: str) -> None:
    """SIGKILL in mid-transcode: the blob is taken up by itself and ends done; no half file is ever served."""
    film = tmp_path / "film.mp4"
    # A few bytes behind the film make it another upload for each case; no reader minds a `free` box.
    film.write_bytes(samples.bytes("caught.mp4") + b"\0\0\0\x10free" + os.urandom(8))
    hash_ = site.upload(film).json["hash"]
    _wait_until(lambda: site.status(hash_)["progress"] > 0.02, "the transcode did not begin")
    _wait_until(lambda: _transcoding(site) is not None, "the transcode ended too soon")
    worker, horse, tool = _transcoding(site) or (0, 0, 0)
    assert tool
    os.kill({"worker": worker, "work-horse": horse, "ffmpeg": tool}[victim], signal.SIGKILL)
    _wait_until(lambda: not _is_alive(tool), "ffmpeg outlived its parents", timeout_s=5)
    before, served_sizes = site.status(hash_)["progress"], set()
    while (status := site.status(hash_))["status"] != "done":
        assert status["status"] in ("processing", "ready", "pending"), status
        assert status["progress"] >= before
        before = status["progress"]
        served = site.get(f"/{hash_}.mp4")
        served_sizes |= {len(served.body)} if served.status == 200 else set()
        time.sleep(0.3)
    assert served_sizes <= {len(site.get(f"/{hash_}.mp4").body)}, "half a file was served"
    for entry in status[hash_]["files"]:
        assert _plays(site.data_dir / "media" / "public" / hash_[:2] / entry["file"].removeprefix("/"))


def test_a_piece_whose_worker_dies_is_done_again_alone(tmp_path: Path) -> None:
    """ffmpeg, a work-horse and a worker are killed, each in the middle of a piece: three jobs begin again and no
    other does, and the film has every frame."""
    film = tmp_path / "film.mkv"
    # Nothing moves, so that it is made and encoded in no time; it is as large and long as what is split.
    bars = ("-f", "lavfi", "-i", "smptehdbars=size=1280x720:rate=10:duration=60")
    ffmpeg(film, *bars, "-c:v", "mpeg4", "-q:v", "9", "-g", "10")
    with Site(tmp_path / "data", WORKERS=2, PIECE_SECONDS=10) as site:
        hash_ = site.upload(film).json["hash"]
        for victim in (2, 1, 0):
            _wait_until(lambda: _transcoding(site, ".piece.") is not None, "no piece is made", timeout_s=300)
            pids = _transcoding(site, ".piece.") or (0, 0, 0)
            os.kill(pids[victim], signal.SIGKILL)
            _wait_until(partial(_is_dead, pids[2]), "ffmpeg outlived its parents", timeout_s=5)
        assert site.wait_for(hash_)["status"] == "done"
        jobs = _jobs_of_pieces(site, hash_)
        assert {job.get_status() for job in jobs} == {JobStatus.FINISHED}
        assert sum(3 - (job.retries_left or 0) for job in jobs) == 3
        assert "is given up" not in site.output
        published = site.data_dir / "media" / "public" / hash_[:2]
        for name in (f"{hash_}.mp4", f"{hash_}.webm"):
            assert len(frame_digests(published / name)) == 600, name
        assert list((site.data_dir / "media" / "pieces").rglob("*.*")) == []


def _jobs_of_pieces(site: Site, hash_: str) -> list[Job]:
    """The jobs that made a media's pieces; the queue keeps them for a day."""
    redis = connect_queue_redis(Settings(data_dir=site.data_dir).effective_redis_url)
    keys = [key.decode() for key in redis.scan_iter(f"rq:job:{hash_}-piece-*") if key.count(b":") == 2]
    return [Job.fetch(key.removeprefix("rq:job:"), connection=redis) for key in keys]


def test_ctrl_c_stops_everything_and_a_start_goes_on(samples: Samples, tmp_path: Path) -> None:
    """After Ctrl-C no process is left; started again all uploads are there, and unfinished work is finished."""
    site = Site(tmp_path / "data")
    site.start()
    photo = site.upload(samples["photo.jpg"]).json["hash"]
    site.wait_for(photo, "done")
    film = site.upload(samples["caught.mp4"]).json["hash"]
    _wait_until(lambda: _transcoding(site) is not None, "the transcode did not begin")
    assert site.stop(signal.SIGINT) == 0
    assert site.processes() == {}
    assert "Traceback" not in site.output
    site.start()
    try:
        assert site.status(photo)["status"] == "done"
        assert site.get(f"/{photo}.jpg").status == 200
        assert site.wait_for(film)["status"] == "done"
    finally:
        site.stop()
    assert site.processes() == {}


def test_pulling_the_plug_loses_no_accepted_upload(samples: Samples, tmp_path: Path) -> None:
    """SIGKILL of everything right after the answer: after a start every upload is there and ends done."""
    site = Site(tmp_path / "data")
    site.start()
    hashes = [
        site.upload(samples[name]).json["hash"] for name in ("plain.jpg", "loop.gif", "phone.mp4", "sound.wav")
    ]
    everything = [site.process.pid, *site.processes()]
    for pid in everything:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    site.process.wait()
    _wait_until(lambda: site.processes() == {}, "processes are left")
    site.start()
    try:
        for hash_ in hashes:
            assert site.wait_for(hash_)["status"] == "done"
        assert all(path.stat().st_size for path in _published(site))
    finally:
        site.stop()


def test_a_killed_supervisor_takes_everything_along(tmp_path: Path) -> None:
    """Nothing goes on unattended."""
    site = Site(tmp_path / "data")
    site.start()
    site.process.kill()
    site.process.wait()
    _wait_until(lambda: site.processes() == {}, "processes are left")


def test_a_killed_web_server_or_database_comes_back(tmp_path: Path, samples: Samples) -> None:
    """The supervisor starts again what died, with the data as they were."""
    with Site(tmp_path / "data") as site:
        hash_ = site.upload(samples["plain.jpg"]).json["hash"]
        site.wait_for(hash_, "done")
        parents = [
            pid
            for pid, command in site.processes().items()
            if ("valkey" in command or "gunicorn" in command) and pid in _children(site.process.pid)
        ]
        assert len(parents) == 2
        old = set(site.processes())
        for pid in parents:
            os.kill(pid, signal.SIGKILL)

        def is_back() -> bool:
            if any("gunicorn" in command and pid in old for pid, command in site.processes().items()):
                return False
            try:
                return site.get(f"/{hash_}").status == 200
            except OSError:
                return False

        _wait_until(is_back, "the site did not come back")
        again = site.upload(samples["loop.gif"]).json["hash"]
        assert site.wait_for(again)["status"] == "done"

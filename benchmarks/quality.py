"""How renditions look and what they weigh and cost, against what the site of 2014 made of the same film.

Looks are VMAF (model v0.6.1) at the source's own size, every frame, 100 the best; a rendition of another size is
scaled to the source's, as a player does it. What 2014 made is kept by the source's digest: it takes minutes.

`python -m benchmarks.quality FOLDER` prints the tables; the footage is kept in the folder.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks import footage
from benchmarks.site import HOST, Site, running_site
from benchmarks.table import Table, number, verdict
from mediacrush.pipeline.tools import Tools, find_tools
from mediacrush.settings import Settings

CACHE = Path(__file__).resolve().parents[1] / "build" / "quality"
GOAL_VMAF = 93.0
# Of the bytes of 2014's H.264, and of the CPU seconds of all that was made of a film then.
GOAL_AV1_SHARE, GOAL_H264_SHARE, GOAL_CPU_SHARE = 1 / 4, 1 / 2, 1 / 4
GOAL_LOOP_TIMES = 10
_PRIORITY = ("nice", "-n", "10")
_TIMEOUT_S, _PATIENCE_S = 3600, 600.0
_EVEN = ("-vf", "scale=trunc(in_w/2)*2:trunc(in_h/2)*2", "-pix_fmt", "yuv420p")
_THREADS = 2
# Name, encoder and container of what each film became in 2014.
_H264 = "H.264"
_RECIPE = (
    (_H264, ("-c:v", "libx264", "-profile:v", "baseline", "-preset", "slower", "-crf", "18", "-c:a", "aac"), "mp4"),
    ("VP8", ("-c:v", "libvpx", "-b:v", "5M", "-crf", "5", "-c:a", "libvorbis"), "webm"),
    ("Theora", ("-c:v", "libtheora", "-q:v", "5", "-c:a", "libvorbis"), "ogv"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One file that a tool made: its size and the CPU seconds, user and system, that it took."""

    name: str
    size_bytes: int
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What the site of 2014 made of a film: its H.264, that one's VMAF, and all three encodings."""

    vmaf: float
    encodings: tuple[Encoding, ...]

    @property
    def h264_bytes(self) -> int:
        return next(one.size_bytes for one in self.encodings if one.name == _H264)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the three encodings together."""
        return sum(one.cpu_s for one in self.encodings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rendition: `share` is its bytes over those of 2014's H.264, `worst` the VMAF that a twentieth of its frames
    does not reach."""

    name: str
    size_bytes: int
    share: float
    vmaf: float
    worst: float


def measure(source: Path, renditions: Mapping[str, Path], tools: Tools) -> list[Row]:
    """Each rendition's bytes, share and looks, in the order given."""
    old_bytes = old_recipe(source, tools).h264_bytes
    rows = []
    for name, path in renditions.items():
        vmaf, worst = looks(source, path, tools)
        size_bytes = path.stat().st_size
        rows.append(Row(name=name, size_bytes=size_bytes, share=size_bytes / old_bytes, vmaf=vmaf, worst=worst))
    return rows


def table(kind: str, source: Path, rows: Sequence[Row], tools: Tools) -> str:
    """The rows as markdown, 2014's own first."""
    old = old_recipe(source, tools)
    shown = Table(headings=("footage", "rendition", "MB", "of 2014's H.264", "VMAF", "worst 5 %", "goal"))
    shown.add(kind, "2014's H.264", number(old.h264_bytes / 1e6), "1", number(old.vmaf), "", "")
    # A browser without AV1 takes the smaller of two whole MP4s.
    h264 = "light.mp4" if any(row.name == "light.mp4" for row in rows) else "mp4"
    for row in rows:
        goal = {"webm": GOAL_AV1_SHARE, h264: GOAL_H264_SHARE}.get(row.name)
        is_reached = goal is not None and row.share <= goal and row.vmaf >= GOAL_VMAF
        cells = (number(row.size_bytes / 1e6), number(row.share), number(row.vmaf), number(row.worst))
        shown.add(
            "", row.name, *cells, "" if goal is None else f"≤ {goal:g}, ≥ {GOAL_VMAF:g}: {verdict(is_reached)}"
        )
    return str(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the site did with one upload: its times, the CPU seconds of its workers, and the films it published."""

    ready_s: float
    done_s: float
    cpu_s: float
    files: dict[str, Path]


def run_job(site: Site, source: Path, folder: Path, *, patience_s: float = _PATIENCE_S) -> Job:
    """Upload the film, wait until all is done, and fetch each rendition into `folder`; the upload is taken back."""
    before_s = site.worker_cpu_s()
    sent = site.upload(source)
    try:
        times = site.wait(sent, patience_s=patience_s)
        cpu_s = site.worker_cpu_s() - before_s
        files = _fetched(site, sent.hash, folder)
    finally:
        site.delete(sent)
    return Job(ready_s=times.ready_s, done_s=times.done_s, cpu_s=cpu_s, files=files)


def _fetched(site: Site, media_hash: str, folder: Path) -> dict[str, Path]:
    """The films among the published files; each is named by what stands between the hash and the end of its own."""
    address = f"http://{HOST}:{site.port}"
    with urlopen(f"{address}/api/{media_hash}", timeout=_TIMEOUT_S) as answer:  # noqa: S310  # our own http:// address
        listed = json.load(answer)["files"]
    files: dict[str, Path] = {}
    for file in listed:
        name = file["file"].removeprefix(f"/{media_hash}.")
        if not file["type"].startswith("video/"):
            continue
        path = folder / name
        with urlopen(f"{address}{file['file']}", timeout=_TIMEOUT_S) as body, path.open("wb") as target:  # noqa: S310
            shutil.copyfileobj(body, target)
        files[name] = path
    return files


def old_recipe(source: Path, tools: Tools) -> Old:
    """What 2014 made of a film: from the cache, or made now, which takes minutes."""
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:24]
    kept = CACHE / f"{digest}.json"
    if not kept.exists():
        made = _make_old(source, tools)
        CACHE.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(made)))
    known = json.loads(kept.read_text())
    return Old(vmaf=known["vmaf"], encodings=tuple(Encoding(**one) for one in known["encodings"]))


def _make_old(source: Path, tools: Tools) -> Old:
    with tempfile.TemporaryDirectory() as name:
        encodings, vmaf = [], 0.0
        for codec, options, suffix in _RECIPE:
            path = Path(name) / f"old.{suffix}"
            streams = ("-map", "0:v:0", "-map", "0:a:0?")
            cpu_s = cpu_seconds((*tools.ffmpeg, "-i", str(source), *streams, *_EVEN, *options, str(path)))
            encodings.append(Encoding(name=codec, size_bytes=path.stat().st_size, cpu_s=cpu_s))
            if codec == _H264:
                vmaf, _ = looks(source, path, tools)
    return Old(vmaf=vmaf, encodings=tuple(encodings))


def cpu_seconds(command: Sequence[str]) -> float:
    """CPU seconds, user and system, that a command and its own children used; raises CalledProcessError."""
    process = subprocess.Popen(
        (*_PRIORITY, *command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime


def looks(source: Path, rendition: Path, tools: Tools) -> tuple[float, float]:
    """VMAF of a rendition against its source: the mean of all frames, and what one in twenty falls below."""
    with tempfile.TemporaryDirectory() as name:
        graph = _graph(_frames(source, tools), _frames(rendition, tools), _frame_rate(source, tools))
        inputs = ("-i", str(rendition.resolve()), "-i", str(source.resolve()))
        command = (*_PRIORITY, *tools.ffmpeg, "-v", "error", *inputs, "-filter_complex", graph, "-f", "null", "-")
        subprocess.run(command, cwd=name, check=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S)
        measured = json.loads((Path(name) / "vmaf.json").read_text())
    frames = sorted(frame["metrics"]["vmaf"] for frame in measured["frames"])
    return measured["pooled_metrics"]["vmaf"]["mean"], frames[len(frames) // 20]


def _graph(source_frames: int, frames: int, frame_rate: str) -> str:
    """Frames are paired by their number where there are as many, as containers round times differently; else by
    their time, both brought to the source's rate."""
    pairing = f"setpts=N/({frame_rate})/TB" if frames == source_frames else f"setpts=PTS-STARTPTS,fps={frame_rate}"
    even = f"settb=AVTB,{pairing},format=yuv420p"
    return (
        f"[0:v:0]{even}[made];[1:v:0]{even},split[size][true];"
        "[made][size]scale=w=rw:h=rh:flags=bicubic[scaled];"
        f"[scaled][true]libvmaf=n_threads={_THREADS}:log_fmt=json:log_path=vmaf.json"
    )


def _frames(path: Path, tools: Tools) -> int:
    return int(_stream(path, tools, "-count_packets", "nb_read_packets"))


def _frame_rate(path: Path, tools: Tools) -> str:
    """As a fraction: `30000/1001`."""
    return _stream(path, tools, "-bitexact", "r_frame_rate")


def _stream(path: Path, tools: Tools, option: str, entry: str) -> str:
    wanted = ("-select_streams", "v:0", "-show_entries", f"stream={entry}", "-of", "csv=p=0")
    command = (*tools.ffprobe, "-v", "error", option, *wanted, str(path))
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
    return answer.stdout.split()[0].strip(",")


def main(arguments: argparse.Namespace) -> int:
    """Print what the site makes of each kind of footage. The exit status."""
    tools = find_tools(Settings(data_dir=arguments.folder / "data"))
    films = (*footage.KINDS, *(footage.MORE if arguments.more else ()), footage.PHONE_LONG)
    costs = Table(headings=("footage", "CPU s: 2014", "the site", "part", "goal ≤ 0.25", "`ready` s", "`done` s"))
    loops = Table(headings=("GIF", "MB", "rendition", "MB", "times smaller", "goal ≥ 10"))
    with (
        tempfile.TemporaryDirectory(dir=arguments.folder, prefix="bench.") as name,
        running_site(Path(name)) as site,
    ):
        for clip in (*films, *footage.LOOPS):
            if arguments.only and clip.name not in arguments.only:
                continue
            try:
                source = footage.obtain(arguments.folder, clip)
            except footage.Unavailable as error:
                print(f"{clip.kind}: left out. {error}\n", flush=True)
                continue
            fetched = Path(name) / clip.name.replace(".", "-")
            fetched.mkdir()
            job = run_job(site, source, fetched)
            if clip in footage.LOOPS:
                _add_loop(loops, clip.kind, source, job)
                continue
            if not arguments.costs_only:
                print(f"{table(clip.kind, source, measure(source, job.files, tools), tools)}\n", flush=True)
            _add_costs(costs, clip.kind, job, old_recipe(source, tools).cpu_s)
    print(costs)
    print(f"\n{loops}")
    return 0


def _add_loop(loops: Table, kind: str, source: Path, job: Job) -> None:
    size = source.stat().st_size
    for name, path in job.files.items():
        times = size / path.stat().st_size
        cells = (number(size / 1e6), name, number(path.stat().st_size / 1e6), number(times))
        loops.add(kind, *cells, verdict(times >= GOAL_LOOP_TIMES))


def _add_costs(costs: Table, kind: str, job: Job, old_s: float) -> None:
    share = job.cpu_s / old_s
    cells = (number(old_s), number(job.cpu_s), number(share), verdict(share <= GOAL_CPU_SHARE))
    costs.add(kind, *cells, number(job.ready_s), number(job.done_s))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the footage is kept")
    parser.add_argument("--more", action="store_true", help="measure the clips that were hard, too")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these clips, named as in benchmarks/footage.py")
    parser.add_argument("--costs-only", action="store_true", help="leave out how renditions look")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(_arguments()))

"""A long film with one worker and with two: how much sooner it is done, and what pieces cost in bytes and looks.

Every worker is held to one core, and so are the tools that it runs, which then use one thread each: so two workers
are faster by what the pieces give, not by more threads.
"""

import os
from pathlib import Path

from benchmarks import media
from benchmarks.processes import command_line
from benchmarks.quality import Job, looks, run_job
from benchmarks.site import Site, running_site
from benchmarks.table import Table, number, verdict
from mediacrush.job_queue import QueueName
from mediacrush.pipeline.tools import Tools

GOAL_SHARE = 0.6
_PATIENCE_S = 7200.0


def measure(samples: media.Media, folder: Path, tools: Tools, *, piece_s: float) -> str:
    """One run with each number of workers; a table of the times, and one of the renditions."""
    source = samples.fresh(media.HEVC_CLIP)
    jobs = [_run(source, folder / f"{workers}-workers", workers, piece_s) for workers in (1, 2)]
    return f"{_times(jobs)}\n\n{_renditions(source, jobs, tools)}"


def _run(source: Path, folder: Path, workers: int, piece_s: float) -> Job:
    folder.mkdir()
    with running_site(folder, WORKERS=workers, PIECE_SECONDS=piece_s) as site:
        _pin(site)
        return run_job(site, source, folder, patience_s=_PATIENCE_S)


def _pin(site: Site) -> None:
    """A core for each worker; the one that takes quick jobs only shares the first."""
    cores = sorted(os.sched_getaffinity(0))
    takes_all = [pid for pid in site.workers if QueueName.LATER in command_line(pid)]
    if len(takes_all) > len(cores):
        raise RuntimeError(f"{len(takes_all)} workers need as many cores; here are {len(cores)}.")
    for pid in site.workers:
        os.sched_setaffinity(pid, {cores[takes_all.index(pid) if pid in takes_all else 0]})


def _times(jobs: list[Job]) -> Table:
    table = Table(headings=("workers", "`ready`, s", "`done`, s", "/ one worker's", "goal ≤ 0.6", "CPU, s"))
    one = jobs[0]
    for workers, job in enumerate(jobs, start=1):
        share = job.done_s / one.done_s
        goal = verdict(share <= GOAL_SHARE) if workers > 1 else ""
        table.add(str(workers), number(job.ready_s), number(job.done_s), number(share), goal, number(job.cpu_s))
    return table


def _renditions(source: Path, jobs: list[Job], tools: Tools) -> Table:
    """Bytes and VMAF of every film that was made, in one piece and in several."""
    table = Table(
        headings=(
            "rendition",
            "MB: whole",
            "in pieces",
            "pieces / whole",
            "VMAF: whole",
            "in pieces",
            "worst 5 %: whole",
            "in pieces",
        )
    )
    whole, pieces = (job.files for job in jobs)
    for name in sorted(whole.keys() & pieces.keys()):
        if not name.endswith(("mp4", "webm")) or "original" in name:
            continue
        sizes = [files[name].stat().st_size for files in (whole, pieces)]
        scores = [looks(source, files[name], tools) for files in (whole, pieces)]
        shown = [number(score[place]) for place in (0, 1) for score in scores]
        table.add(name, *(number(size / 1e6) for size in sizes), number(sizes[1] / sizes[0]), *shown)
    return table

"""A long film with one worker and with two: how much sooner it is done, and what pieces cost in bytes and looks.

Every worker is held to one core, and so are the tools that it runs, which then use one thread each: so two workers
are faster by what the pieces give, not by more threads. What everybody else took of the cores meanwhile says how
far times can be trusted. Seconds of CPU depend on it less, and so does the share of their time in which workers had
a job: what it is short of one is what the pieces left unused.
"""

import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmarks.processes import busy_cpu_s, command_line
from benchmarks.quality import Job, looks, run_job
from benchmarks.site import Site, running_site
from benchmarks.table import Table, number, spread, verdict
from mediacrush.job_queue import QueueName
from mediacrush.pipeline.tools import Tools

GOAL_SHARE, GOAL_CPU_SHARE = 0.6, 1.05
_PATIENCE_S = 7200.0
# What a worker logs.
_JOB_S = re.compile(r"the job ends after ([\d.]+) s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one site did: in `busy_share` of their time its workers had a job, and others took `others_share` of
    that of all cores."""

    workers: int
    job: Job
    busy_share: float
    others_share: float


def measure(source: Path, folder: Path, tools: Tools, *, turns: Sequence[int], compares_looks: bool) -> str:
    """A table of the times, and one of the renditions. `turns`: so many workers, one after the other, 1 and 2 among
    them."""
    runs = [_run(source, folder / f"turn-{turn}", workers) for turn, workers in enumerate(turns)]
    text = str(_times(runs))
    return f"{text}\n\n{_renditions(source, runs, tools)}" if compares_looks else text


def _run(source: Path, folder: Path, workers: int) -> Run:
    folder.mkdir()
    with running_site(folder, WORKERS=workers, LOG_FORMAT="json") as site:
        _pin(site)
        begun, busy_s = time.monotonic(), busy_cpu_s()
        job = run_job(site, source, folder, patience_s=_PATIENCE_S)
        others_s = busy_cpu_s() - busy_s - job.cpu_s
        cores_s = (time.monotonic() - begun) * (os.cpu_count() or 1)
    with_jobs_s = sum(map(float, _JOB_S.findall((folder / "site.log").read_text())))
    busy_share, others_share = with_jobs_s / (workers * job.done_s), others_s / cores_s
    # It takes long: whoever waits sees how far it is.
    print(f"{workers}: done after {job.done_s:.1f} s, {job.cpu_s:.1f} s of CPU", file=sys.stderr, flush=True)
    return Run(workers=workers, job=job, busy_share=busy_share, others_share=others_share)


def _pin(site: Site) -> None:
    """A core for each worker; the one that takes quick jobs only shares the first."""
    cores = sorted(os.sched_getaffinity(0))
    takes_all = [pid for pid in site.workers if QueueName.LATER in command_line(pid)]
    if len(takes_all) > len(cores):
        raise RuntimeError(f"{len(takes_all)} workers need as many cores; here are {len(cores)}.")
    for pid in site.workers:
        os.sched_setaffinity(pid, {cores[takes_all.index(pid) if pid in takes_all else 0]})


def _times(runs: Sequence[Run]) -> Table:
    table = Table(
        headings=(
            "workers",
            "`ready`, s",
            "`done`, s",
            "/ one worker's",
            f"goal ≤ {GOAL_SHARE:g}",
            "CPU, s",
            "/ one worker's",
            f"goal ≤ {GOAL_CPU_SHARE:g}",
            "workers busy",
            "of the cores, others'",
        )
    )
    alone = [run.job for run in runs if run.workers == 1]
    for workers in sorted({run.workers for run in runs}):
        jobs = [run.job for run in runs if run.workers == workers]
        shares = [job.done_s / mean(one.done_s for one in alone) for job in jobs]
        cpu_shares = [job.cpu_s / mean(one.cpu_s for one in alone) for job in jobs]
        table.add(
            str(workers),
            spread(job.ready_s for job in jobs),
            spread(job.done_s for job in jobs),
            spread(shares),
            verdict(median(shares) <= GOAL_SHARE) if workers > 1 else "",
            spread(job.cpu_s for job in jobs),
            spread(cpu_shares),
            verdict(median(cpu_shares) <= GOAL_CPU_SHARE) if workers > 1 else "",
            spread(run.busy_share for run in runs if run.workers == workers),
            spread(run.others_share for run in runs if run.workers == workers),
        )
    return table


def _renditions(source: Path, runs: Sequence[Run], tools: Tools) -> Table:
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
    whole, pieces = (next(run.job.files for run in runs if run.workers == workers) for workers in (1, 2))
    for name in sorted(whole.keys() & pieces.keys()):
        if not name.endswith(("mp4", "webm")) or "original" in name:
            continue
        sizes = [files[name].stat().st_size for files in (whole, pieces)]
        scores = [looks(source, files[name], tools) for files in (whole, pieces)]
        shown = [number(score[place]) for place in (0, 1) for score in scores]
        table.add(name, *(number(size / 1e6) for size in sizes), number(sizes[1] / sizes[0]), *shown)
    return table

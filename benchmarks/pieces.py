"""A long film with one worker and with two: how much sooner it is done, and what pieces cost in time, bytes, looks.

Every worker is held to one core, and so are the tools that it runs, which then use one thread each: so two workers
are faster by what the pieces give, not by more threads. Two workers that share a core do in pieces what one does
whole: what they take longer is what pieces cost.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import media
from benchmarks.processes import command_line
from benchmarks.quality import Job, looks, run_job
from benchmarks.site import Site, running_site
from benchmarks.table import Table, number, spread, verdict
from mediacrush.job_queue import QueueName
from mediacrush.pipeline.tools import Tools

GOAL_SHARE, GOAL_COST = 0.6, 1.05
_PATIENCE_S = 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """So many workers that take any job, on so many cores."""

    name: str
    workers: int
    cores: int
    goal: float | None = None


ONE = Crew(name="1", workers=1, cores=1)
TWO = Crew(name="2, a core each", workers=2, cores=2, goal=GOAL_SHARE)
SHARING = Crew(name="2 on one core", workers=2, cores=1, goal=GOAL_COST)


def measure(
    samples: media.Media, folder: Path, tools: Tools, *, crews: Sequence[Crew], rounds: int, compares_looks: bool
) -> str:
    """Each crew in turn, in another order each round; a table of the times, and one of the renditions. `crews`
    begin with ONE and TWO."""
    jobs: dict[Crew, list[Job]] = {crew: [] for crew in crews}
    source = samples.fresh(media.HEVC_CLIP)
    for turn in range(rounds):
        for crew in crews if turn % 2 == 0 else reversed(crews):
            jobs[crew].append(_run(source, folder / f"{turn}.{len(jobs[crew])}.{crew.name[:6]}", crew))
    text = str(_times(jobs))
    return f"{text}\n\n{_renditions(source, jobs, tools)}" if compares_looks else text


def _run(source: Path, folder: Path, crew: Crew) -> Job:
    folder.mkdir()
    with running_site(folder, WORKERS=crew.workers) as site:
        _pin(site, crew.cores)
        return run_job(site, source, folder, patience_s=_PATIENCE_S)


def _pin(site: Site, wanted: int) -> None:
    """Hold the workers to so many cores; the one that takes quick jobs only shares the first."""
    cores = sorted(os.sched_getaffinity(0))[:wanted]
    if len(cores) < wanted:
        raise RuntimeError(f"This takes {wanted} cores; here are {len(cores)}.")
    takes_all = [pid for pid in site.workers if QueueName.LATER in command_line(pid)]
    for pid in site.workers:
        os.sched_setaffinity(pid, {cores[takes_all.index(pid) % wanted if pid in takes_all else 0]})


def _times(jobs: dict[Crew, list[Job]]) -> Table:
    table = Table(headings=("workers", "`ready`, s", "`done`, s", "/ one worker's", "goal", "CPU, s"))
    for crew, done in jobs.items():
        shares = [job.done_s / one.done_s for job, one in zip(done, jobs[ONE], strict=True)]
        goal = "" if crew.goal is None else f"≤ {crew.goal:g}: {verdict(max(shares) <= crew.goal)}"
        seconds = [spread(getattr(job, name) for job in done) for name in ("ready_s", "done_s", "cpu_s")]
        table.add(crew.name, seconds[0], seconds[1], spread(shares), goal, seconds[2])
    return table


def _renditions(source: Path, jobs: dict[Crew, list[Job]], tools: Tools) -> Table:
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
    whole, pieces = (jobs[crew][0].files for crew in (ONE, TWO))
    for name in sorted(whole.keys() & pieces.keys()):
        if not name.endswith(("mp4", "webm")) or "original" in name:
            continue
        sizes = [files[name].stat().st_size for files in (whole, pieces)]
        scores = [looks(source, files[name], tools) for files in (whole, pieces)]
        shown = [number(score[place]) for place in (0, 1) for score in scores]
        table.add(name, *(number(size / 1e6) for size in sizes), number(sizes[1] / sizes[0]), *shown)
    return table

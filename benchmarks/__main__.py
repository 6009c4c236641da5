"""`python -m benchmarks`: everything in one run, printed as markdown."""

import argparse
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import corpus, crowd, edge, media, pieces, processing, records, storage, upload, view
from benchmarks.processing import Kind
from benchmarks.site import Site, running_site
from mediacrush.pipeline.tools import find_tools
from mediacrush.settings import Settings

_SECTIONS = ("view", "records", "upload", "edge", "crowd", "processing", "corpus", "storage")
# Only when asked for: half an hour.
_PIECES = "pieces"


def main() -> int:
    """Measure what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=(*_SECTIONS, _PIECES), help="one part of it")
    parser.add_argument("--no-films", action="store_true", help="processing: photo and GIF only")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter clips: a look, no figures")
    options = parser.parse_args()
    begun = time.monotonic()
    print(f"{_machine()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench.") as name:
        folder = Path(name)
        if options.only == _PIECES:
            _print_pieces(folder, is_quick=options.quick)
            return 0
        samples = media.Media(folder / "samples", clip_s=6 if options.quick else 30)
        if options.only not in ("upload", "edge", "crowd", "corpus", "storage"):
            samples.make()
        with running_site(folder) as site:
            for section in _SECTIONS if options.only is None else (options.only,):
                _print_section(section, site, samples, folder, is_quick=options.quick, films=not options.no_films)
    print(f"All of it took {time.monotonic() - begun:.0f} s.")
    return 0


def _print_section(
    section: str, site: Site, samples: media.Media, folder: Path, *, is_quick: bool, films: bool
) -> None:
    if section == "view":
        title = "View page"
        text = view.measure(site, samples, folder, rounds=2 if is_quick else 5, burst_s=1.0 if is_quick else 2.0)
    elif section == "records":
        title = "A thousand records and a million"
        many, rounds = (20_000, 2) if is_quick else (1_000_000, 9)
        text = records.measure(site, samples, folder, many=many, rounds=rounds, burst_s=2.0)
    elif section == "upload":
        title = "Upload"
        text = upload.measure(site, folder, [(200_000_000, 2)] if is_quick else [(200_000_000, 5), (10**9, 3)])
    elif section == "edge":
        title = "Behind nginx"
        text = edge.measure(site, folder, is_quick=is_quick)
    elif section == "storage":
        title = "Storage in a bucket"
        sizes = (20_000_000, 50_000_000, 1) if is_quick else (200_000_000, 10**9, 5)
        text = storage.measure(folder, size_bytes=sizes[0], large_bytes=sizes[1], rounds=sizes[2])
    elif section == "corpus":
        title = "Every kind of file"
        text = corpus.measure(site, folder / "corpus")
    elif section == "crowd":
        title = "A crowd"
        text = crowd.measure(site, folder, is_quick=is_quick)
    else:
        title = "Processing"
        kinds = _kinds(samples, is_quick=is_quick, films=films)
        # A folder on the disk of the site's own, so that both write to the same place.
        tools = find_tools(Settings(data_dir=folder / "data"))
        text = processing.measure(site, samples, folder, tools, kinds)
    print(f"## {title}\n\n{text}\n\nLoad average: {os.getloadavg()[0]:.1f}.\n", flush=True)


def _print_pieces(folder: Path, *, is_quick: bool) -> None:
    samples = media.Media(folder / "samples", clip_s=120)
    samples.make_film(height=400 if is_quick else 1080)
    tools = find_tools(Settings(data_dir=folder / "data"))
    turns, film = (2, 1) if is_quick else (2, 1, 2), samples.fresh(media.HEVC_CLIP)
    text = pieces.measure(film, folder, tools, turns=turns, compares_looks=not is_quick)
    print(f"## A long film in pieces\n\n{text}\n\nLoad average: {os.getloadavg()[0]:.1f}.\n", flush=True)


def _kinds(samples: media.Media, *, is_quick: bool, films: bool) -> list[Kind]:
    short, copied = (2, 1) if is_quick else (7, 2)
    length = "6 s" if is_quick else "30 s"
    rows = (
        ("photo, 12 MP JPEG", media.PHOTO, short),
        ("GIF, 3 s, 480x270", media.LOOP, short),
        (f"H.264/AAC MP4, {length}, 1080p30: copied", media.CLIP, copied),
        (f"HEVC/AAC MP4, {length}, 1080p30: transcoded", media.HEVC_CLIP, 1),
    )
    return [
        Kind(name=f"{name}, {samples.size_bytes(sample) / 1e6:.1f} MB", sample=sample, rounds=rounds)
        for name, sample, rounds in (rows if films else rows[:2])
    ]


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    model = next(models, platform.machine())
    parts = ", ".join(f"{name} {version(name)}" for name in ("gunicorn", "Flask", "rq", "Pillow", "imageio-ffmpeg"))
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, {parts}."


if __name__ == "__main__":
    sys.exit(main())

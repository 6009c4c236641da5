"""The command line of the child process that reads and converts pictures.

    probe INPUT --max-pixels N [--max-frames N]
    convert INPUT OUTPUT --max-pixels N --format png|jpeg|webp|avif [--quality N] [--lossless] [--box WIDTHxHEIGHT]
    optimise INPUT OUTPUT --max-pixels N

tools.py says how it is started: isolated from the environment and under limits of its own. Each picture costs a
start of it, so it loads the one Pillow plugin that the file's first bytes call for and keeps away from slow
imports: argparse, pathlib and dataclasses would each take a tenth of its start-up time.

`probe` prints one JSON object, described in probe.py. A picture that is refused ends either command with exit
status 3 and one JSON object on standard error: {"error": KIND, "message": SENTENCE}, where KIND is

- unrecognised: not one of the kinds in signatures.py, or no picture is found in it
- damaged: nothing of the picture can be decoded
- too_large: more pixels than --max-pixels, more frames than --max-frames, or more than the output format, the
  memory or a minute can hold; refusals.py has the sentences

`probe` answers within a minute of CPU time, whatever the picture.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getopt import gnu_getopt

from PIL import Image, UnidentifiedImageError

from mediacrush.pipeline.pictures.convert import TARGETS, Shape, convert
from mediacrush.pipeline.pictures.probe import probe
from mediacrush.pipeline.pictures.refusals import (
    Damaged,
    Refused,
    TooManyPixels,
    TooMuchMemory,
    TooSlow,
    Unrecognised,
)

EXIT_REFUSED = 3
_STDERR = 2
_OPTIONS = ["max-pixels=", "max-frames=", "format=", "quality=", "lossless", "box="]
_PROBE_MAX_CPU_S = 45.0  # an answer within a minute, whatever the picture
_WATCH_EVERY_S = 0.5
_DEFAULT_MAX_FRAMES = 20_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or EXIT_REFUSED after reporting why.

    Raises OSError when the input cannot be read or the output not be written, and GetoptError, KeyError or
    ValueError when the arguments are wrong: no fault of the picture.
    """
    run, source, output = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    with open(source, "rb") as file:  # noqa: PTH123 - without pathlib, see above
        data = file.read()
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        with _silence() as stderr, _deadline(stderr, None if output else _PROBE_MAX_CPU_S):
            answer = run(data)
    except Exception as error:  # noqa: BLE001 - on hostile files Pillow's plugins raise nearly every kind there is
        print(_report(_refusal(error)), file=sys.stderr)
        return EXIT_REFUSED
    if output is None:
        print(answer.decode())
    else:
        with open(output, "wb") as file:  # noqa: PTH123
            file.write(answer)
    return 0


def _read_arguments(arguments: list[str]) -> tuple[Callable[[bytes], bytes], str, str | None]:
    """What to do, the path of the input, and the path of the output or None for standard output."""
    pairs, words = gnu_getopt(arguments, "", _OPTIONS)
    options = dict(pairs)
    max_pixels = int(options["--max-pixels"])
    match words:
        case ["probe", source]:
            max_frames = int(options.get("--max-frames", _DEFAULT_MAX_FRAMES))
            return lambda data: json.dumps(probe(data, max_pixels, max_frames)).encode(), source, None
        case ["convert", source, output] if (target := options["--format"]) in TARGETS:
            shape = _read_shape(options)
            return lambda data: convert(data, target, shape, max_pixels), source, output
        case ["optimise", source, output]:
            return lambda data: _optimised(data, max_pixels), source, output
    raise ValueError(f"no such command: {arguments}")


def _read_shape(options: dict[str, str]) -> Shape:
    box = options.get("--box")
    width, _, height = (box or "").partition("x")
    return Shape(
        quality=int(options["--quality"]) if "--quality" in options else None,
        lossless="--lossless" in options,
        box=(int(width), int(height)) if box else None,
    )


def _optimised(data: bytes, max_pixels: int) -> bytes:
    from mediacrush.pipeline.pictures.optimise import optimise  # noqa: PLC0415 - few runs need it

    return optimise(data, max_pixels)


@contextmanager
def _silence() -> Iterator[int]:
    """Keep standard error for the one report: libtiff, written in C, complains there by itself."""
    kept = os.dup(_STDERR)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    try:
        yield kept
    finally:
        os.dup2(kept, _STDERR)
        os.close(null)
        os.close(kept)


@contextmanager
def _deadline(stderr: int, cpu_s: float | None) -> Iterator[None]:
    """End the process with a report should it use more CPU time than this in here, in whatever library.

    A thread can do so, as libraries let others run while they decode.
    """
    is_over = threading.Event()

    def watch(until: float) -> None:
        while not is_over.wait(_WATCH_EVERY_S):
            if time.process_time() > until:
                os.write(stderr, _report(TooSlow()).encode())
                os._exit(EXIT_REFUSED)

    if cpu_s is not None:
        threading.Thread(target=watch, args=(time.process_time() + cpu_s,), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _report(refused: Refused) -> str:
    return json.dumps({"error": refused.kind, "message": refused.sentence})


def _refusal(error: Exception) -> Refused:
    """What an error says of the picture: our own kinds know, a library's are told apart here."""
    match error:
        case Refused():
            return error
        case UnidentifiedImageError():
            return Unrecognised()
        case Image.DecompressionBombError() | Image.DecompressionBombWarning():
            return TooManyPixels()
        case MemoryError():
            return TooMuchMemory()
    return Damaged()

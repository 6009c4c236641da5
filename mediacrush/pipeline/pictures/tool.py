"""The command line of the child process that reads and converts pictures.

    probe INPUT --max-pixels N
    convert INPUT OUTPUT --max-pixels N --format png|jpeg|webp [--quality N] [--lossless]

tools.py says how it is started: isolated from the environment and under limits of its own. Each picture costs a
start of it, so it loads the one Pillow plugin that the file's first bytes call for and keeps away from slow
imports: argparse, pathlib and dataclasses would each take a tenth of its start-up time.

`probe` prints one JSON object, described in probe.py. A picture that is refused ends either command with exit
status 3 and one JSON object on standard error: {"error": KIND, "message": SENTENCE}, where KIND is

- unrecognised: not one of the formats in opening.py, or Pillow finds no picture in it
- damaged: nothing of the picture can be decoded
- too_large: more pixels than --max-pixels, or more than the output format or the memory can hold
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getopt import gnu_getopt

from PIL import Image, UnidentifiedImageError

from mediacrush.pipeline.pictures.convert import TARGETS, convert
from mediacrush.pipeline.pictures.probe import probe

EXIT_REFUSED = 3
_STDERR = 2
_OPTIONS = ["max-pixels=", "format=", "quality=", "lossless"]
_SENTENCES = {
    "unrecognised": "This is not a picture of a kind that can be read here.",
    "damaged": "This picture is damaged and cannot be shown.",
    "too_large": "This picture has more pixels than can be taken here.",
}


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
        with _silence():
            answer = run(data)
    except Exception as error:  # noqa: BLE001 - on hostile files Pillow's plugins raise nearly every kind there is
        kind = _refusal(error)
        print(json.dumps({"error": kind, "message": _SENTENCES[kind]}), file=sys.stderr)
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
            return lambda data: json.dumps(probe(data, max_pixels)).encode(), source, None
        case ["convert", source, output] if (target := options["--format"]) in TARGETS:
            quality = int(options["--quality"]) if "--quality" in options else None
            lossless = "--lossless" in options
            return (
                lambda data: convert(data, target, quality=quality, lossless=lossless, max_pixels=max_pixels),
                source,
                output,
            )
    raise ValueError(f"no such command: {arguments}")


@contextmanager
def _silence() -> Iterator[None]:
    """Keep standard error for the one report: libtiff, written in C, complains there by itself."""
    kept = os.dup(_STDERR)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(null)
        os.close(kept)


def _refusal(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "unrecognised"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning | MemoryError):
        return "too_large"
    return "damaged"

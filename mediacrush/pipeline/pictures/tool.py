"""The command line of the child process that reads and converts pictures.

    probe INPUT --max-pixels N
    convert INPUT OUTPUT --max-pixels N --format png|jpeg|webp [--quality N] [--lossless]

`tools.py` knows how it is started: in isolated mode, with an empty environment, with limits of its own. Each
picture costs a start of it, so it loads the one Pillow plugin that the file's first bytes call for and keeps
away from slow imports: argparse and pathlib would take a sixth of its start-up time, dataclasses a tenth.

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
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from mediacrush.pipeline.pictures.convert import convert
from mediacrush.pipeline.pictures.opening import limit_pillow
from mediacrush.pipeline.pictures.probe import probe

EXIT_REFUSED = 3
_STDERR = 2
_SENTENCES = {
    "unrecognised": "This is not a picture of a kind that can be read here.",
    "damaged": "This picture is damaged and cannot be shown.",
    "too_large": "This picture has more pixels than can be taken here.",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or EXIT_REFUSED after reporting why.

    Raises OSError when the input cannot be read or the output not be written, KeyError or ValueError when the
    arguments are wrong: no fault of the picture.
    """
    (command, source, *outputs), options = _parse(sys.argv[1:] if arguments is None else arguments)
    max_pixels = int(options["max-pixels"])
    with open(source, "rb") as file:  # noqa: PTH123 - without pathlib, see above
        data = file.read()
    limit_pillow(max_pixels)
    # Its records would otherwise be printed to standard error.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        with _silence():
            if command == "probe":
                answer = json.dumps(probe(data, max_pixels)).encode()
    except Exception as error:  # noqa: BLE001 - on hostile files Pillow's plugins raise nearly every kind there is
        kind = _refusal(error)
        print(json.dumps({"error": kind, "message": _SENTENCES[kind]}), file=sys.stderr)
        return EXIT_REFUSED
    return 0

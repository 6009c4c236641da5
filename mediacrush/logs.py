"""How this process logs: plain lines for people, or JSON a line for what collects them; each with its request's id.

The id follows an upload into its job and every job after it (job_queue.py), so one search shows request, job, steps
and result. What is logged names media by hash; never an address, a token, a title or the query of a request.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

from mediacrush.settings import LogFormat

# The id of the request that this thread or job works for.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_JSON_FIELDS = ("levelname", "name", "message", "request")
_JSON_NAMES = {"levelname": "level", "name": "logger"}


@contextmanager
def for_request(id_: str) -> Iterator[None]:
    """What is logged and enqueued inside belongs to the request with this id, or to none where it is empty."""
    before = request_id.set(id_)
    try:
        yield
    finally:
        request_id.reset(before)


class _WithRequest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request = request_id.get() or None
        return True


def configure(log_format: LogFormat, *, is_chatty: bool = False) -> None:
    """Have what this process logs written to its standard error. Plain lines are for whoever sits in front of it:
    only warnings, unless it `is_chatty`."""
    handler = logging.StreamHandler(sys.stderr)
    shape(handler, log_format)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO if is_chatty or log_format is LogFormat.JSON else logging.WARNING)


def shape(handler: logging.Handler, log_format: LogFormat) -> None:
    """Have this handler, ours or a library's, write in this format."""
    if log_format is LogFormat.JSON:
        formatter: logging.Formatter = JsonFormatter(_JSON_FIELDS, rename_fields=_JSON_NAMES, timestamp="time")
    else:
        formatter = logging.Formatter("%(levelname)s %(message)s")
    handler.setFormatter(formatter)
    handler.addFilter(_WithRequest())


def on_one_line(text: str) -> str:
    """A stranger's words without what would begin another line or steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)

"""Reading the file out of a multipart body in constant memory: as it arrives, or from where nginx wrote it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from flask import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from mediacrush.errors import BadRequest, TooLarge
from mediacrush.services.spool import Spool, SpooledFile, file_too_large
from mediacrush.settings import Settings
from mediacrush.web.body_file import open_body_file
from mediacrush.web.body_reader import body_reader
from mediacrush.web.http import MAX_FORM_BYTES

_READ_BYTES = 2**20
_BROKE_OFF = "The upload broke off or is malformed; please send it again."
_NO_FILE = "Send the file as the form field `file` of a multipart/form-data request."


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of an upload: its length where that is known before it is read, and what reads the next bytes of it
    (none: it ends there), raising OSError where it breaks off."""

    size_bytes: int | None
    read: Callable[[], bytes]


@contextmanager
def opened_body(request: Request, settings: Settings) -> Iterator[Body]:
    """The body of this request. Raises TooLarge, before a byte is read, for more than is taken."""
    file = open_body_file(request, settings)
    if file is None:
        body = Body(size_bytes=request.content_length, read=body_reader(request))
        request.max_content_length = settings.max_file_size + MAX_FORM_BYTES
    else:
        body = Body(size_bytes=os.fstat(file.fileno()).st_size, read=lambda: file.read(_READ_BYTES))
    with file or nullcontext():
        if (body.size_bytes or 0) > settings.max_file_size + MAX_FORM_BYTES:
            raise file_too_large(settings.max_file_size)
        yield body


@contextmanager
def spooled_file(request: Request, body: Body, settings: Settings) -> Iterator[SpooledFile]:
    """The form field `file` of this request, whole and hashed; gone when the context ends.

    Raises BadRequest when there is none or the body is malformed, TooLarge as soon as it is too long.
    """
    boundary = request.mimetype_params.get("boundary")
    if request.mimetype != "multipart/form-data" or not boundary:
        raise BadRequest(_NO_FILE)
    with Spool(settings.spool_dir, settings.max_file_size) as spool:
        try:
            # Names and values of parts are not used, so bytes that are no UTF-8 do no harm.
            with PushMultipartParser(boundary, header_charset="latin-1", max_segment_count=64) as parser:
                has_file = _spool_parts(body.read, parser, spool)
        except (MultipartError, OSError) as error:
            raise BadRequest(_BROKE_OFF) from error
        if not has_file:
            raise BadRequest(_NO_FILE)
        yield spool.finish()


def _spool_parts(read: Callable[[], bytes], parser: PushMultipartParser, spool: Spool) -> bool:
    """Feed the body to the parser and the field `file` to the spool; whether there was one."""
    part: MultipartSegment | None = None
    has_file, other_bytes = False, 0
    while not parser.closed:
        block = read()
        for event in parser.parse(block):
            if isinstance(event, MultipartSegment):
                part = event
                if part.name == "file" and has_file:
                    raise BadRequest("Send one file a request.")
                has_file = has_file or part.name == "file"
            elif event and part is not None and part.name == "file":
                spool.write(event)
            elif event:
                other_bytes += len(event)
                if other_bytes > MAX_FORM_BYTES:
                    raise TooLarge("The form fields beside the file are too large.")
        if not block:
            break
    return has_file

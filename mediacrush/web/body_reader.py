"""Reading a request's body in large pieces.

Under gunicorn a body of known length is taken straight from the connection: its own reader copies every byte three
times, which costs more than parsing and writing together (docs/performance.md). What is used of gunicorn is
checked before; where anything is not as expected, chunked bodies included, the body is read the ordinary way.
"""

from collections.abc import Callable

from flask import Request
from gunicorn.http.body import Body, LengthReader

_READ_BYTES = 2**20


def body_reader(request: Request) -> Callable[[], bytes]:
    """A function that returns the next bytes of the body, and nothing at its end.

    It raises OSError when the connection breaks off or is silent for too long (http.py).
    """
    connection = request.environ.get("gunicorn.socket")
    body = request.environ["wsgi.input"]
    if connection is None:
        return lambda: request.stream.read(_READ_BYTES)
    if not (isinstance(body, Body) and isinstance(body.reader, LengthReader) and body.buf.tell() == 0):
        return lambda: request.stream.read(_READ_BYTES)
    reader = body.reader

    def read() -> bytes:
        """What gunicorn has read beyond the headers first, then what arrives; never beyond this body."""
        data: bytes = reader.unreader.take_buffered()
        if len(data) > reader.length:
            data, surplus = data[: reader.length], data[reader.length :]
            reader.unreader.unread(surplus)
        elif not data and reader.length:
            data = connection.recv(min(_READ_BYTES, reader.length))
            if not data:
                raise ConnectionAbortedError
        reader.length -= len(data)
        return data

    return read

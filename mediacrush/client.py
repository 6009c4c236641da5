"""A command-line uploader, and an example of how to use the API. Needs nothing but Python.

python -m mediacrush.client FILE...                    # prints a link for each
python -m mediacrush.client --server https://media.example --wait FILE...
python -m mediacrush.client --album FILE FILE...       # one more link, for all of them
"""

import argparse
import http.client
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import SplitResult, urlencode, urlsplit

_BLOCK_BYTES = 256 * 1024
_POLL_S = 1.0
_TIMEOUT_S = 120
_BAR_WIDTH = 24
_OK, _KNOWN = 200, 409
_INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
_FINISHED = frozenset({"ready", "done"})
_UNFINISHED = frozenset({"pending", "processing"})


class UploadFailed(Exception):
    """The server did not take it, or cannot be reached; the text says why."""


class Client:
    """Talks to one MediaCrush. Every method raises UploadFailed."""

    def __init__(self, server: str) -> None:
        self._url = _server(server)

    def upload(self, path: Path, on_progress: Callable[[float], None]) -> dict[str, Any]:
        """Send a file; the server's answer, also for one that it had already. `on_progress` gets 0 to 1."""
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(path.name)}"\r\n\r\n'
        ).encode("utf-8", "surrogateescape")
        tail = f"\r\n--{boundary}--\r\n".encode()
        try:
            file = path.open("rb")
        except OSError as error:
            raise UploadFailed(error.strerror) from error
        with file:
            size_bytes = os.fstat(file.fileno()).st_size
            body = _body(file, head, tail, size_bytes, on_progress)
            headers = {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(head) + size_bytes + len(tail)),
            }
            return self._ask("hash", "POST", "/api/upload/file", body, headers)

    def status(self, hash_: str) -> dict[str, Any]:
        """Where processing stands: `status`, `progress`, on failure `message`."""
        return self._ask("status", "GET", f"/api/{hash_}/status")

    def create_album(self, hashes: Sequence[str]) -> dict[str, Any]:
        """One album of these media; the server's answer."""
        body = urlencode({"list": ",".join(hashes)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("hash", "POST", "/api/album/create", body, headers)

    def link(self, answer: dict[str, Any]) -> str:
        """The address to share."""
        return str(answer.get("url") or f"{self._url.scheme}://{self._url.netloc}/{answer['hash']}")

    def _ask(
        self, field: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer to a request, which has this field unless the server refuses it."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        try:
            with closing(kind(self._url.netloc, timeout=_TIMEOUT_S)) as connection:
                with suppress(BrokenPipeError):  # it answers before it has read all: too large, most likely
                    connection.request(method, path, body=body, headers=headers or {})
                with connection.getresponse() as response:
                    answer = dict(json.loads(response.read()))
        except (OSError, http.client.HTTPException) as error:
            raise UploadFailed(f"{self._url.netloc} cannot be reached or broke off: {error}") from error
        except (TypeError, ValueError) as error:
            raise UploadFailed(f"{self._url.netloc} does not answer like a MediaCrush.") from error
        if response.status not in (_OK, _KNOWN) or field not in answer:
            raise UploadFailed(str(answer.get("message") or f"the server answers {response.status}"))
        return answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Upload what the command line names; 0 when all went well, else 1."""
    options = _parser().parse_args(arguments)
    failed, hashes = False, []
    try:
        client = Client(options.server)
    except UploadFailed as error:
        print(error, file=sys.stderr)
        return 1
    for path in options.files:
        try:
            answer = client.upload(path, _bar(path.name))
            if options.wait:
                _wait(client, answer["hash"])
        except UploadFailed as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        hashes.append(answer["hash"])
        print(client.link(answer), flush=True)
        if options.token and "delete_token" in answer:
            print(f"{path}: delete token {answer['delete_token']}", file=sys.stderr)
    if options.album and hashes:
        try:
            print(client.link(client.create_album(hashes)))
        except UploadFailed as error:
            print(f"album: {error}", file=sys.stderr)
            failed = True
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mediacrush.client", description="Upload files and print their links."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--server",
        default=os.environ.get("MEDIACRUSH_SERVER", "http://127.0.0.1:5000"),
        help="address of the site (default: MEDIACRUSH_SERVER or %(default)s)",
    )
    parser.add_argument("--wait", action="store_true", help="wait until each plays in every browser")
    parser.add_argument("--album", action="store_true", help="make an album of what was uploaded")
    parser.add_argument("--token", action="store_true", help="print the delete tokens, to standard error")
    return parser


def _body(
    file: BinaryIO, head: bytes, tail: bytes, size_bytes: int, on_progress: Callable[[float], None]
) -> Iterator[bytes]:
    """The request's body, piece by piece. Exactly `size_bytes` of the file, whatever happens to it meanwhile."""
    yield head
    sent = 0
    while sent < size_bytes:
        block = file.read(min(_BLOCK_BYTES, size_bytes - sent))
        if not block:
            raise OSError("the file became shorter while it was sent")
        yield block
        sent += len(block)
        on_progress(sent / size_bytes)
    yield tail


def _wait(client: Client, hash_: str) -> None:
    while (answer := client.status(hash_))["status"] in _UNFINISHED:
        time.sleep(_POLL_S)
    if answer["status"] not in _FINISHED:
        raise UploadFailed(answer.get("message") or f"processing ended with {answer['status']}")


def _bar(name: str) -> Callable[[float], None]:
    """Draws progress on a terminal's standard error; elsewhere nothing."""
    if not sys.stderr.isatty():
        return lambda fraction: None
    shown = "".join(character if character.isprintable() else "?" for character in name)

    def draw(fraction: float) -> None:
        full = int(fraction * _BAR_WIDTH)
        end = "\n" if fraction >= 1 else ""
        bar = "█" * full + "░" * (_BAR_WIDTH - full)
        print(f"\r{bar} {fraction:4.0%} {shown}", end=end, file=sys.stderr, flush=True)

    return draw


def _server(text: str) -> SplitResult:
    """The address of a server; https, unless it says otherwise. Raises UploadFailed for what is none."""
    with suppress(ValueError):
        url = urlsplit(text if "://" in text else f"https://{text}")
        if url.scheme in ("http", "https") and url.hostname and url.port != 0:
            return url
    raise UploadFailed(f"{text} is no address of a server.")


def _quoted(name: str) -> str:
    """A file's name as browsers write it into a form (HTML, multipart/form-data)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)

"""A reader of pages as Discord and the rest are: it fetches what a page names, and measures what it gets."""

import gzip
import json
import subprocess
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient
from PIL import Image, ImageOps

from mediacrush.web.reading import Resource, Visit, read_head

SITE = "https://media.example"


class Reader:
    """Knows the site by its addresses only; `ffprobe` is the program that measures films."""

    def __init__(self, client: FlaskClient, ffprobe: str) -> None:
        self._client = client
        self._ffprobe = ffprobe
        self._fetched: dict[str, Resource | None] = {}

    def visit(self, path: str) -> Visit:
        """The page at a path of the site, asked for once, as one who takes every packing."""
        answer = self._client.get(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        body = gzip.decompress(answer.data) if is_packed else answer.data
        return Visit(
            url=f"{SITE}{path}",
            code=answer.status_code,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=body,
            head=read_head(body.decode()),
            fetch=self.fetch,
            read_json=self.read_json,
        )

    def fetch(self, address: str) -> Resource | None:
        """What is there, with true pixels; fetched once."""
        if address not in self._fetched:
            self._fetched[address] = self._fetch(address)
        return self._fetched[address]

    def _fetch(self, address: str) -> Resource | None:
        assert address.startswith(f"{SITE}/"), address
        answer = self._client.get(address.removeprefix(SITE))
        if answer.status_code != 200 or "attachment" in answer.headers.get("Content-Disposition", ""):
            return None
        width, height = self._measured(answer.mimetype, answer.data)
        return Resource(mime=answer.mimetype, size_bytes=len(answer.data), width=width, height=height)

    def read_json(self, address: str) -> dict[str, Any] | None:
        """The object that is there."""
        answer = self._client.get(address.removeprefix(SITE))
        found: dict[str, Any] | None = answer.get_json() if answer.status_code == 200 else None
        return found

    def _measured(self, mime: str, content: bytes) -> tuple[int | None, int | None]:
        if mime.startswith("image/"):
            with Image.open(BytesIO(content)) as image:
                assert Image.MIME[image.format or ""] == mime
                return ImageOps.exif_transpose(image).size
        return _film_size(self._ffprobe, content) if mime.startswith("video/") else (None, None)


def _film_size(ffprobe: str, content: bytes) -> tuple[int, int]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(content)
        command = [
            ffprobe,
            "-v",
            "error",
            "-select_streams",
            "v",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
            path,
        ]
        facts = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert "mp4" in facts["format"]["format_name"]
    assert facts["streams"][0]["codec_name"] == "h264"
    return facts["streams"][0]["width"], facts["streams"][0]["height"]

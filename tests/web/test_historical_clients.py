"""Programs written for mediacru.sh since 2013 and never changed since, doing here what they did there.

Each class is one of them as its source had it: what it sends, what it reads, what it makes of that.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.samples import Samples
from tests.web.conftest import BOUNDARY, END, part

Work = Callable[[], Any]
Uploaded = Callable[[Any], str]

_HOST = "http://localhost"
_OTHER_SITE = "https://www.reddit.com"


class RedditEnhancementSuite:
    """lib/modules/hosts/mediacrush.js and lib/modules/upload.js of 2014, in a browser on another site."""

    LINK = re.compile(
        r"^https?://(?:www\.|cdn\.)?(?:mediacru\.sh|localhost)/([A-Za-z0-9_-]{12})"
        r"(?:\.(?:jpe|jpeg|jpg|png|mp3|flac|ogg|oga|ogv|mp4|webm|pdf|svg))?(?:/(?:direct|grid|list|focus))?(?:#.*)?$"
    )
    SHOWN_STATUSES = frozenset({"done", "ready", "error", "internal_error", "unrecognised", "timeout"})

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def ask(self, path: str) -> dict[str, Any]:
        """A request with the header that makes browsers ask for permission first; status 200 whatever happens."""
        preflight = self._client.options(
            path,
            headers={
                "Origin": _OTHER_SITE,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "x-cors-status",
            },
        )
        assert preflight.status_code == 200
        assert "x-cors-status" in preflight.headers["Access-Control-Allow-Headers"].lower()
        answer = self._client.get(path, headers={"Origin": _OTHER_SITE, "X-CORS-Status": "true"})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        content: dict[str, Any] = answer.get_json()
        return content

    def expand(self, link: str) -> list[str]:
        """What it shows in place of a link: the kinds of elements."""
        found = self.LINK.match(link)
        assert found, link
        return self._render(self.ask(f"/api/{found[1]}"))

    def _render(self, media: dict[str, Any]) -> list[str]:
        """It reads every field that its templates name; a missing one is an error here as it was there."""
        assert re.fullmatch(r"[A-Za-z0-9_-]{12}", media["hash"])
        assert {"title", "description"} <= media.keys()
        if media["type"] == "application/album":
            first = media["files"][0]["metadata"].get("has_audio")
            assert first in (None, True, False)
            return [tag for entry in media["files"] for tag in self._render(self.ask(f"/api/{entry['hash']}"))]
        self._load(f"{_HOST}/download/{media['original']}")
        assert "has_audio" in media["metadata"] or media["blob_type"] == "image"
        if media["type"].startswith("image/") and media["type"] != "image/gif":
            assert self._load(media["files"][0]["url"]).startswith("image/")
            return ["img"]
        if media["blob_type"] == "video":
            flags = media["flags"]
            assert all(isinstance(flags[name], bool) for name in ("autoplay", "loop", "mute"))
            assert self._load(f"{_HOST}/{media['hash']}.jpg") == "image/jpeg"
            return ["video", *self._sources(media, "video/")]
        return ["audio", *self._sources(media, "audio/")]

    def _sources(self, media: dict[str, Any], start: str) -> list[str]:
        types = [file["type"] for file in media["files"] if file["type"].startswith(start)]
        for file in media["files"]:
            assert self._load(file["url"]) == file["type"]
        return types

    def _load(self, address: str) -> str:
        answer = self._client.get(address.removeprefix(_HOST))
        assert answer.status_code == 200, address
        return answer.mimetype

    def upload(self, content: bytes, work: Work) -> str:
        """Sends a file, polls until it can say something; the hash."""
        body = part("file", content, filename=b"blob", content_type=b"image/png") + END
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        answer = self._client.post(
            "/api/upload/file", data=body, content_type=kind, headers={"X-CORS-Status": "true"}
        )
        assert answer.status_code == 200
        content_of = answer.get_json()
        assert content_of["x-status"] in (200, 409)
        hash_ = str(content_of["hash"])
        if content_of["x-status"] == 200:
            assert self.ask(f"/api/{hash_}/status")["status"] in ("pending", "processing")
            work()
        assert self.ask(f"/api/{hash_}/status")["status"] in self.SHOWN_STATUSES
        return hash_


class ShareX:
    """MediaCrushUploader.cs of 2015: a desktop program that asks before it sends."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def upload(self, content: bytes, work: Work) -> dict[str, Any]:
        """The File that its result is made from."""
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        hash_ = digest.replace("+", "-").replace("/", "_")[:12]
        known = self._client.get(f"/api/{hash_}")
        if known.status_code == 200:
            return self._read(known.get_json())
        assert known.status_code == 404
        answer = self.send(content)
        content_of = answer.get_json()
        if answer.status_code == 409:
            return self._read(content_of[content_of["hash"]])
        assert answer.status_code == 200
        assert content_of["hash"] == hash_
        while (status := self._client.get(f"/api/{hash_}/status").get_json())["status"] in (
            "pending",
            "processing",
        ):
            work()
        assert status["status"] in ("done", "ready")
        return self._read(status[hash_])

    def _status(self, hash_: str) -> dict[str, Any]:
        content: dict[str, Any] = self._client.get(f"/api/{hash_}/status").get_json()
        return content

    def send(self, content: bytes) -> TestResponse:
        """The POST alone; the part has no type of its own, and a name of any alphabet."""
        body = part("file", content, filename="снимок экрана.png".encode()) + END
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self._client.post("/api/upload/file", data=body, content_type=kind)

    def _read(self, media: dict[str, Any]) -> dict[str, Any]:
        """As its class for the JSON does: a double, strings, lists of objects with three strings."""
        assert isinstance(media["compression"], (int, float))
        for name in ("blob_type", "original", "type", "hash"):
            assert isinstance(media[name], str)
        for file in media["files"] + media["extras"]:
            assert all(isinstance(file[name], str) for name in ("file", "type", "url"))
        return media

    def direct_link(self, media: dict[str, Any]) -> str:
        """What it copies when it is asked for a direct link."""
        return str(media["files"][0]["url"]) if media["blob_type"] == "image" else f"{_HOST}/{media['hash']}/direct"


class OldScript:
    """scripts/mediacrush.js and PyCrush: doubled slashes, one batched question, JSONP where there is no CORS."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def info(self, hashes: list[str]) -> dict[str, Any]:
        """Everything that a page names, in one question."""
        query, path = {"list": ",".join(hashes)}, {"PATH_INFO": "//api/info"}
        headers = {"X-CORS-Status": "true"}
        answer = self._client.get("/", query_string=query, headers=headers, environ_overrides=path)
        content: dict[str, Any] = answer.get_json()
        assert content.pop("x-status") == 200
        return content

    def call(self, path: str) -> dict[str, Any]:
        """The same as a script that calls back."""
        query = {"callback": "jQuery1910_1"}
        text = self._client.get("/", query_string=query, environ_overrides={"PATH_INFO": path}).text
        assert text.startswith("jQuery1910_1(")
        content: dict[str, Any] = json.loads(text.removeprefix("jQuery1910_1(").rstrip(";\n").removesuffix(")"))
        return content


@pytest.mark.parametrize(
    ("sample", "shown"),
    [
        ("photo.jpg", ["img"]),
        ("picture.png", ["img"]),
        ("picture.bmp", ["img"]),
        ("drawing.svg", ["img"]),
        ("loop.webp", ["img"]),
        ("loop.png", ["img"]),
        ("loop.gif", ["video"]),
        ("silent.mp4", ["video"]),
        ("phone.mp4", ["video"]),
        ("clip.mkv", ["video"]),
        ("song.mp3", ["audio"]),
        ("sound.wav", ["audio"]),
    ],
)
def test_res_expands_a_link(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, sample: str, shown: list[str]
) -> None:
    """By type: pictures as <img>, an animated WebP or PNG too; all else in a player that has something to play."""
    tags = RedditEnhancementSuite(client).expand(f"{_HOST}/{uploaded(samples[sample])}#autoplay")
    assert tags[:1] == shown
    assert shown == ["img"] or len(tags) > 1


def test_res_pages_through_an_album(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """It asks for each media of it again."""
    hashes = [uploaded(samples[name]) for name in ("photo.jpg", "loop.gif", "song.mp3")]
    album = client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"]
    tags = RedditEnhancementSuite(client).expand(f"{_HOST}/{album}/list")
    assert [tag for tag in tags if "/" not in tag] == ["img", "video", "audio"]


@pytest.mark.parametrize("path", ["/api/AAAAAAAAAAAA", "/api/AAAAAAAAAAAA/status"])
def test_res_reads_that_nothing_is_there(client: FlaskClient, path: str) -> None:
    """In the body, since its header hides the status."""
    content = RedditEnhancementSuite(client).ask(path)
    assert (content["error"], content["x-status"]) == (404, 404)


def test_res_uploads(client: FlaskClient, samples: Samples, work: Work) -> None:
    """Once, and the same again."""
    extension = RedditEnhancementSuite(client)
    first = extension.upload(samples.bytes("picture.png"), work)
    assert extension.upload(samples.bytes("picture.png"), work) == first
    assert extension.expand(f"{_HOST}/{first}") == ["img"]


@pytest.mark.parametrize("sample", ["picture.png", "silent.mp4", "sound.wav"])
def test_sharex_uploads(client: FlaskClient, samples: Samples, work: Work, sample: str) -> None:
    """It finds its own name for the file, polls, and has a link, a direct link and one to delete it at."""
    program = ShareX(client)
    media = program.upload(samples.bytes(sample), work)
    assert program.upload(samples.bytes(sample), work)["hash"] == media["hash"]
    assert client.get(f"/{media['hash']}").status_code == 200
    direct = client.get(program.direct_link(media).removeprefix(_HOST))
    assert direct.status_code == 200
    delete = client.get(f"/{media['hash']}/delete")
    assert delete.status_code == 200
    assert "<form" in delete.text
    assert client.get(f"/{media['hash']}").status_code == 200


def test_sharex_takes_a_409_for_the_file(client: FlaskClient, samples: Samples, work: Work) -> None:
    """Where somebody else was quicker than its question."""
    program = ShareX(client)
    media = program.upload(samples.bytes("picture.png"), work)
    again = program.send(samples.bytes("picture.png"))
    assert again.status_code == 409
    content = again.get_json()
    assert content["error"] == 409
    assert program._read(content[content["hash"]]) == program.upload(samples.bytes("picture.png"), work)
    assert content["hash"] == media["hash"]


def test_the_old_script_asks_once_for_a_page(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """By doubled slashes; what is gone is null."""
    hashes = [uploaded(samples[name]) for name in ("photo.jpg", "loop.gif")]
    content = OldScript(client).info([*hashes, "AAAAAAAAAAAA"])
    assert content.keys() == {*hashes, "AAAAAAAAAAAA"}
    assert content["AAAAAAAAAAAA"] is None
    assert [content[hash_]["blob_type"] for hash_ in hashes] == ["image", "video"]


def test_an_old_page_is_called_back(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """With the File, and whether there is one."""
    hash_ = uploaded(samples["photo.jpg"])
    script = OldScript(client)
    assert script.call(f"/api/{hash_}")["hash"] == hash_
    assert script.call(f"//api//{hash_}/exists") == {"exists": True}
    assert script.call("/api/AAAAAAAAAAAA/exists") == {"exists": False}


def test_sed_finds_the_hash(client: FlaskClient, samples: Samples) -> None:
    """A shell script's way to read JSON: there is a blank after each colon."""
    answer = ShareX(client).send(samples.bytes("picture.png")).text
    found = re.search(r'"hash": "([^"]*)"', answer)
    assert found
    assert client.get(f"/api/{found[1]}/exists").text == '{"exists": true}'

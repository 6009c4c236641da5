"""The documentation that the site itself serves, about itself."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.web import create_app
from mediacrush.web.docs_pages import OPENAPI, objects, operations
from tests.samples import Samples
from tests.web.conftest import END, MULTIPART, part

PAGES = (
    "/docs",
    "/docs/api",
    "/docs/embed",
    "/docs/mediacrush.js",
    "/docs/curl",
    "/docs/sharex",
    "/about",
    "/apps",
    "/serious",
)


@pytest.fixture
def far(backends: Backends) -> FlaskClient:
    """A site that knows its public address."""
    settings = backends.settings.model_copy(update={"public_url": "https://media.example"})
    return create_app(replace(backends, settings=settings)).test_client()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_strict(client: FlaskClient, path: str) -> None:
    """A title, one heading of the first rank, no style and no script of its own, and no link that leads nowhere."""
    answer = client.get(path)
    html = answer.text
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
    for link in set(re.findall(r'href="(/[^"#]*)', html)):
        assert client.get(link).status_code == 200, link


def test_search_engines_find_the_pages_that_are_for_everybody(far: FlaskClient) -> None:
    """robots.txt leads to a list of them; each may be indexed, under its public address, with a title and a
    description of its own. Nothing else stands in it."""
    robots = far.get("/robots.txt")
    assert robots.mimetype == "text/plain"
    assert "Sitemap: https://media.example/sitemap.xml" in robots.text
    listed = re.findall(r"<loc>https://media\.example(/[^<]*)</loc>", far.get("/sitemap.xml").text)
    assert set(listed) == {"/", "/feedback", *PAGES}
    pages = [far.get(path).text for path in listed]
    for path, html in zip(listed, pages, strict=True):
        assert 'name="robots"' not in html, path
        assert f'<link rel="canonical" href="https://media.example{path}">' in html, path
    for words in (r"<title>([^<]+)</title>", r'<meta name="description" content="([^"]+)">'):
        found = [match[1] for html in pages if (match := re.search(words, html))]
        assert len(set(found)) == len(pages), words


@pytest.mark.parametrize("path", PAGES)
def test_examples_name_this_site(far: FlaskClient, path: str) -> None:
    """By its public address, so that they can be pasted as they are."""
    html = far.get(path).text
    assert "http://localhost" not in html
    if path in ("/docs/curl", "/docs/embed", "/docs/mediacrush.js"):
        assert "https://media.example/" in html


def test_the_reference_has_every_operation(client: FlaskClient) -> None:
    """Each path and method of the description, with each of its answers."""
    html = client.get("/docs/api").text
    document = yaml.safe_load(OPENAPI.read_text())
    for path, item in document["paths"].items():
        assert path in html
        for method in item.keys() & {"get", "post", "delete"}:
            assert f'id="{item[method]["operationId"]}"' in html
            assert all(str(code) in html for code in item[method]["responses"])


def test_the_description_is_served_as_it_is(client: FlaskClient) -> None:
    """For tools that read it."""
    answer = client.get("/openapi.yaml")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.text)["paths"].keys() == yaml.safe_load(OPENAPI.read_text())["paths"].keys()


def test_the_reference_explains_every_object(client: FlaskClient) -> None:
    """Each field of what answers are made of, with words; what stands between backticks is code."""
    html = client.get("/docs/api").text
    schemas = yaml.safe_load(OPENAPI.read_text())["components"]["schemas"]
    for name in ("File", "PublishedFile", "Flags", "Album", "Upload", "Share", "Error"):
        section = html.split(f'<section class="operation" id="{name}">')[1].split("</section>")[0]
        for field in schemas[name]["properties"]:
            assert f"<code>{field}</code>" in section
    assert "<code>metadata.dimensions.width</code>" in html
    assert "list of PublishedFile" in html
    assert "`" not in html.split("<main")[1]


def test_every_field_has_whole_sentences() -> None:
    """Of objects and of requests, none cut off where YAML ends a text."""
    texts = [(each.name, member.name, member.text) for each in objects() for member in each.members]
    texts += [(each.id, code, text) for each in operations() for code, text in each.answers]
    assert [text for text in texts if not text[2].endswith(".")] == []


def test_mediacrush_js_is_described(client: FlaskClient) -> None:
    """Every name that the script gives a page, and what a page can set before it."""
    html = client.get("/docs/mediacrush.js").text
    script = client.get("/static/mediacrush.js").text.split("window.MediaCrush = {")[1]
    names = set(re.findall(r"^    (?:async )?([a-zA-Z]+)[:(]", script, re.MULTILINE))
    assert {"version", "get", "upload", "renderAll", "pause"} <= names
    described = set(re.findall(r"<code>([a-zA-Z]+)", html))
    assert names <= described
    assert {"wait", "update", "delete"} <= described
    assert "preventMediaCrushAutoload" in html
    assert "beforeMediaCrushLoad" in html


@pytest.mark.parametrize(
    ("hours", "words"), [(24, "for 24 hours with"), (1, "for an hour with"), (0.5, "for 0.5 hours with"), (0, None)]
)
def test_the_terms_say_what_the_settings_say(backends: Backends, hours: float, words: str | None) -> None:
    """How long a digest of an address is kept, if it is."""
    settings = backends.settings.model_copy(update={"address_claim_hours": hours})
    html = " ".join(create_app(replace(backends, settings=settings)).test_client().get("/serious").text.split())
    assert (" with what you upload" in html) is (words is not None)
    assert words is None or words in html


@pytest.fixture
def sharex(client: FlaskClient) -> "ShareX":
    """ShareX, with the settings that this site gives it."""
    return ShareX(client)


class ShareX:
    """As its CustomUploaderItem.cs does it: it sends what the settings say, takes its links from the answer of a
    success, its error from any other."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self.settings: dict[str, Any] = json.loads(client.get("/sharex.sxcu").text)

    def upload(self, content: bytes) -> dict[str, str]:
        """Links by the names of the settings that made them, or `error`."""
        assert self.settings["RequestMethod"] == "POST"
        assert self.settings["Body"] == "MultipartFormData"
        path = self.settings["RequestURL"].removeprefix("http://localhost")
        answer = self._client.post(
            path,
            query_string=self.settings["Parameters"],
            data=part(self.settings["FileFormName"], content) + END,
            content_type=MULTIPART,
        )
        if not 200 <= answer.status_code < 300:
            return {"error": self._parsed("ErrorMessage", answer.get_json())}
        return {name: self._parsed(name, answer.get_json()) for name in ("URL", "ThumbnailURL", "DeletionURL")}

    def _parsed(self, name: str, content: dict[str, Any]) -> str:
        """`{json:path}` is what is there in the answer; nothing where nothing is."""
        text: str = self.settings[name]
        return re.sub(r"\{json:([a-z_]+)\}", lambda found: str(content.get(found[1], "")), text)


def test_the_file_is_one_that_sharex_opens(far: FlaskClient) -> None:
    """A download of that name, for this site; with fields that it knows, and no others."""
    answer = far.get("/sharex.sxcu")
    settings = json.loads(answer.text)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mediacrush.sxcu"'
    assert settings["RequestURL"] == "https://media.example/api/upload/file"
    assert set(settings) <= {
        *("Version", "Name", "DestinationType", "RequestMethod", "RequestURL", "Parameters", "Headers", "Body"),
        *("Arguments", "FileFormName", "Data", "URL", "ThumbnailURL", "DeletionURL", "ErrorMessage"),
    }
    kinds = {"ImageUploader", "TextUploader", "FileUploader", "URLShortener", "URLSharingService"}
    assert {word.strip() for word in settings["DestinationType"].split(",")} <= kinds


def test_sharex_gets_its_links_at_once(
    client: FlaskClient, stranger: FlaskClient, sharex: ShareX, samples: Samples, work: Callable[[], Any]
) -> None:
    """A page, a thumbnail, and a page that deletes the upload when its one button is pressed, from anywhere."""
    links = sharex.upload(samples.bytes("picture.png"))
    work()
    page, thumbnail, deletion = (links[name].removeprefix("http://localhost") for name in links)
    assert client.get(page).status_code == 200
    assert client.get(thumbnail).status_code in (200, 302)
    form = stranger.get(deletion)
    assert form.status_code == 200
    action, token = (
        re.search(pattern, form.text) for pattern in (r'action="([^"]+)"', r'name="delete_token" value="([^"]+)"')
    )
    assert action
    assert token
    assert stranger.post(action[1], data={"delete_token": token[1]}).status_code == 200
    assert client.get(page).status_code == 404


def test_sharex_uploads_again(sharex: ShareX, samples: Samples) -> None:
    """What is here already has its link too, and a token of its own."""
    first, second = (sharex.upload(samples.bytes("picture.png")) for _ in range(2))
    assert first["URL"] == second["URL"]
    assert first["DeletionURL"] != second["DeletionURL"]


def test_sharex_says_what_was_wrong(sharex: ShareX) -> None:
    """In our sentence."""
    error = sharex.upload(b"plain text, no media")["error"]
    assert error.endswith(".")

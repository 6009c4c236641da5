"""The documentation that the site itself serves, about itself."""

import json
import re
from dataclasses import replace

import pytest
import yaml
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.web import create_app
from mediacrush.web.docs_pages import OPENAPI

PAGES = ("/docs", "/docs/api", "/docs/embed", "/docs/mediacrush.js", "/docs/curl", "/docs/sharex")


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


def test_sharex_gets_an_uploader_for_this_site(far: FlaskClient) -> None:
    """A custom uploader as ShareX reads it: multipart to us, links from the answer, the error's sentence."""
    answer = far.get("/sharex.sxcu")
    settings = json.loads(answer.text)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert settings["RequestMethod"] == "POST"
    assert settings["RequestURL"] == "https://media.example/api/upload/file"
    assert (settings["Body"], settings["FileFormName"]) == ("MultipartFormData", "file")
    assert settings["URL"] == "{json:url}"
    assert settings["DeletionURL"] == "{json:delete_url}?delete_token={json:delete_token}"
    assert settings["ThumbnailURL"] == "{json:thumbnail_url}"
    assert settings["ErrorMessage"] == "{json:message}"
    assert {"ImageUploader", "FileUploader"} <= {word.strip() for word in settings["DestinationType"].split(",")}


def test_sharex_takes_a_known_file_for_a_success(far: FlaskClient) -> None:
    """It reads a 409 as an error otherwise: the request asks for 200 always."""
    assert "X-CORS-Status" in json.loads(far.get("/sharex.sxcu").text)["Headers"]

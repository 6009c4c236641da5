"""The description of the API: valid, the same as the routes, and true of real answers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from mediacrush.settings import Settings
from tests.samples import Samples
from tests.web.conftest import Post
from tests.web.records import SITE

_YAML = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_DESCRIBED: dict[str, Any] = yaml.safe_load(_YAML.read_text(encoding="utf-8"))
_ALONE = {"/version", "/oembed", "/{hash}.json", "/{hash}/discord.json"}
_UNKNOWN = "A" * 12


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An address with https, without which Discord gets no card."""
    return settings.model_copy(update={"public_url": SITE})


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node, or what its `$ref` names."""
    while "$ref" in node:
        found: Any = _DESCRIBED
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": _DESCRIBED["components"]})


def _holds(answer: TestResponse, path: str, method: str, code: int) -> dict[str, Any]:
    """The answer's JSON: it has this code, which is described, and the shape that is described for it."""
    assert answer.status_code == code, answer.text
    described = _resolved(_DESCRIBED["paths"][path][method]["responses"][str(code)])
    content: dict[str, Any] = answer.get_json()
    errors = [
        error.message for error in _validator(described["content"][answer.mimetype]["schema"]).iter_errors(content)
    ]
    assert not errors, (path, errors)
    return content


def _schemas(node: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in the document that has examples."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield place, node
        for key, value in node.items():
            yield from _schemas(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _schemas(value, f"{place}/{index}")


def test_it_is_valid() -> None:
    """As OpenAPI 3.1 defines it."""
    errors = [error.message for error in OpenAPIV31SpecValidator(_DESCRIBED).iter_errors()]
    assert not errors


def test_every_example_is_one() -> None:
    """What stands as an example of a schema is valid against it."""
    found = dict(_schemas(_DESCRIBED))
    assert found
    for place, schema in found.items():
        for example in schema["examples"]:
            assert _validator(schema).is_valid(example), (place, example)


def test_it_names_every_route_and_no_other(app: Flask) -> None:
    """Paths and methods are those of the application, both ways."""
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:hash:)?hash_>", "{hash}", rule.rule)
        if path.startswith("/api/") or path in _ALONE:
            routes |= {(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    described = {
        (method.upper(), path)
        for path, item in _DESCRIBED["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert described == routes


@pytest.mark.parametrize("sample", ["photo.jpg", "silent.mp4", "sound.wav"])
def test_what_is_read_of_a_media_is_as_described(
    client: FlaskClient, uploaded: Callable[[bytes | Path], str], samples: Samples, sample: str
) -> None:
    """Image, film and sound have the shapes that the description gives them."""
    hash_ = uploaded(samples[sample])
    for path in ("/api/{hash}", "/{hash}.json", "/api/{hash}/exists", "/api/{hash}/status", "/api/{hash}/flags"):
        assert _holds(client.get(path.replace("{hash}", hash_)), path, "get", 200)
    _holds(client.get(f"/api/{hash_}/share"), "/api/{hash}/share", "get", 200)
    for path in ("/api/info", "/api/status"):
        content = _holds(client.get(path, query_string={"list": f"{hash_},{_UNKNOWN}"}), path, "get", 200)
        assert content[hash_]
        assert content[_UNKNOWN] is None
    _holds(client.get("/oembed", query_string={"url": f"http://localhost/{hash_}"}), "/oembed", "get", 200)


def test_what_an_owner_does_is_as_described(
    client: FlaskClient, stranger: FlaskClient, post: Post, work: Callable[[], Any], samples: Samples
) -> None:
    """From the upload to the deletion, with the refusals on the way."""
    hash_ = _holds(post(samples["photo.jpg"]), "/api/upload/file", "post", 200)["hash"]
    work()
    _holds(post(samples["photo.jpg"]), "/api/upload/file", "post", 409)
    flags = {"nsfw": "true"}
    _holds(client.post(f"/api/{hash_}/flags", data=flags), "/api/{hash}/flags", "post", 200)
    _holds(stranger.post(f"/api/{hash_}/flags", data=flags), "/api/{hash}/flags", "post", 401)
    _holds(client.post(f"/api/{hash_}/text", data={"title": "A"}), "/api/{hash}/text", "post", 200)
    _holds(client.post(f"/api/{hash_}/text", data={"title": "A" * 2049}), "/api/{hash}/text", "post", 414)
    _holds(client.post(f"/api/{hash_}/report", data={"reason": "spam"}), "/api/{hash}/report", "post", 200)
    _holds(client.post(f"/api/{hash_}/report", data={"reason": "dull"}), "/api/{hash}/report", "post", 400)
    _holds(stranger.delete(f"/api/{hash_}"), "/api/{hash}", "delete", 401)
    _holds(client.delete(f"/api/{hash_}"), "/api/{hash}", "delete", 200)
    _holds(client.get(f"/api/{hash_}"), "/api/{hash}", "get", 404)


def test_albums_are_as_described(
    client: FlaskClient, uploaded: Callable[[bytes | Path], str], samples: Samples
) -> None:
    """Made, read, shown to others, ordered and packed."""
    photo = uploaded(samples["photo.jpg"])
    made = client.post("/api/album/create", data={"list": photo})
    hash_ = _holds(made, "/api/album/create", "post", 200)["hash"]
    for path in ("/api/{hash}", "/{hash}.json", "/api/{hash}/exists", "/api/{hash}/share", "/{hash}/discord.json"):
        _holds(client.get(path.replace("{hash}", hash_)), path, "get", 200)
    _holds(client.get(f"/{photo}/discord.json"), "/{hash}/discord.json", "get", 404)
    _holds(client.post(f"/api/{hash_}/order", data={"list": photo}), "/api/{hash}/order", "post", 200)
    _holds(client.post("/api/album/zip", data={"hash": hash_}), "/api/album/zip", "post", 200)


@pytest.mark.parametrize(
    ("path", "method", "code", "sent"),
    [
        ("/version", "get", 200, {}),
        ("/api/exists", "get", 404, {"query_string": {"sha256": "0" * 64}}),
        ("/api/exists", "get", 400, {}),
        ("/api/info", "get", 400, {}),
        ("/api/url/info", "post", 200, {"data": {"list": "https://example.com/cat.gif"}}),
        ("/api/upload/file", "post", 400, {}),
        ("/api/upload/url", "post", 400, {"data": {"url": "ftp://example.com/"}}),
        ("/api/feedback", "post", 200, {"data": {"feedback": "Good."}}),
        ("/api/feedback", "post", 400, {}),
        ("/api/album/create", "post", 404, {"data": {"list": _UNKNOWN}}),
        ("/oembed", "get", 501, {"query_string": {"format": "yaml"}}),
        ("/oembed", "get", 400, {}),
    ],
)
def test_what_needs_no_media_is_as_described(
    client: FlaskClient, path: str, method: str, code: int, sent: dict[str, Any]
) -> None:
    """Answers and refusals of the rest."""
    _holds(client.open(path, method=method.upper(), **sent), path, method, code)


def test_a_form_without_scripts_is_led_to_a_page(post: Post, samples: Samples) -> None:
    """With the described redirect, or the described error as a page."""
    described = _DESCRIBED["paths"]["/api/upload/noscript"]["post"]["responses"]
    taken = post(samples["plain.jpg"], "/api/upload/noscript")
    refused = post(b"", "/api/upload/noscript")
    assert taken.status_code == 303
    assert refused.status_code == 400
    assert {str(taken.status_code), str(refused.status_code)} <= described.keys()
    assert refused.mimetype == "text/html"


@pytest.mark.parametrize("sample", ["photo.jpg", "loop.gif", "phone.mp4", "song.mp3"])
def test_every_field_of_a_file_is_described(
    client: FlaskClient, uploaded: Callable[[bytes | Path], str], samples: Samples, sample: str
) -> None:
    """No more and no fewer; what is in a list of files too."""
    schemas = _DESCRIBED["components"]["schemas"]
    file = client.get(f"/api/{uploaded(samples[sample])}").get_json()
    assert file.keys() == schemas["File"]["properties"].keys()
    for entry in file["files"] + file["extras"]:
        assert entry.keys() <= schemas["PublishedFile"]["properties"].keys()

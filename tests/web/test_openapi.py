"""docs/openapi.yaml against the code: every route is described, nothing else is, and examples are true."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from mediacrush.web.docs_pages import OPENAPI
from tests.samples import Samples

DOCUMENT: dict[str, Any] = yaml.safe_load(OPENAPI.read_text())
# Beside `/api/...` these answer programs; all else are pages.
FOR_PROGRAMS = {"/oembed", "/version", "/{hash}.json", "/{hash}/discord.json"}


def described() -> set[tuple[str, str]]:
    """(method, path) of every operation."""
    methods = {"get", "post", "put", "patch", "delete", "head"}
    return {(m.upper(), path) for path, item in DOCUMENT["paths"].items() for m in item.keys() & methods}


def test_it_is_openapi() -> None:
    """By the specification's own schema."""
    validate(DOCUMENT)


def test_it_describes_what_the_application_answers_and_nothing_else(app: Flask) -> None:
    """Paths and methods, both ways."""
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]*hash_?>", "{hash}", rule.rule)
        if path.startswith("/api/") or path in FOR_PROGRAMS:
            routes |= {(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert described() == routes


def examples(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every schema that has examples, with each of them."""
    if isinstance(node, dict):
        for example in node.get("examples", []) if "type" in node or "$ref" in node else []:
            yield node, example
        for child in node.values():
            yield from examples(child)
    elif isinstance(node, list):
        for child in node:
            yield from examples(child)


def complaints(schema: Any, value: Any) -> list[str]:
    """What a value has against a schema of the document."""
    whole = {**schema, "components": DOCUMENT["components"]} if "$ref" not in schema else None
    whole = whole or {"allOf": [schema], "components": DOCUMENT["components"]}
    return [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


def test_examples_are_true() -> None:
    """Each by its own schema."""
    found = list(examples(DOCUMENT))
    assert found
    for schema, example in found:
        assert complaints(schema, example) == []


@pytest.mark.parametrize("sample", ["photo.jpg", "loop.gif", "phone.mp4", "song.mp3", "picture.tif"])
def test_real_answers_are_as_described(
    client: FlaskClient, uploaded: Callable[[Path], str], samples: Samples, sample: str
) -> None:
    """About a media of each kind, and an album of it; every field that is sent is described."""
    hash_ = uploaded(samples[sample])
    album = client.post("/api/album/create", data={"list": hash_}).get_json()["hash"]
    for path, query in (
        ("/api/{hash}", {}),
        ("/{hash}.json", {}),
        ("/api/{hash}/exists", {}),
        ("/api/{hash}/share", {}),
        ("/api/{hash}/status", {}),
        ("/api/{hash}/flags", {}),
        ("/api/info", {"list": f"{hash_},{album},AAAAAAAAAAAA"}),
        ("/api/status", {"list": f"{hash_},AAAAAAAAAAAA"}),
        ("/oembed", {"url": f"http://localhost/{hash_}"}),
        ("/oembed", {"url": f"http://localhost/{album}"}),
    ):
        answer = client.get(path.replace("{hash}", hash_), query_string=query)
        _check(path, answer.status_code, answer.get_json())
    for path in ("/api/{hash}", "/api/{hash}/share"):
        answer = client.get(path.replace("{hash}", album))
        _check(path, answer.status_code, answer.get_json())


def test_discords_card_is_as_described(
    client: FlaskClient, uploaded: Callable[[Path], str], samples: Samples
) -> None:
    """An album of pictures has one."""
    listed = ",".join(uploaded(samples[name]) for name in ("photo.jpg", "plain.jpg"))
    album = client.post("/api/album/create", data={"list": listed}).get_json()["hash"]
    answer = client.get(f"/{album}/discord.json")
    _check("/{hash}/discord.json", answer.status_code, answer.get_json())


def _check(path: str, status: int, content: Any) -> None:
    assert status == 200, content
    answer = DOCUMENT["paths"][path]["get"]["responses"]["200"]
    while "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    assert complaints(answer["content"]["application/json"]["schema"], content) == [], path


@pytest.mark.parametrize("sample", ["photo.jpg", "loop.gif", "phone.mp4", "song.mp3"])
def test_every_field_of_a_file_is_described(
    client: FlaskClient, uploaded: Callable[[Path], str], samples: Samples, sample: str
) -> None:
    """No more and no fewer; what is in a list of files too."""
    schemas = DOCUMENT["components"]["schemas"]
    file = client.get(f"/api/{uploaded(samples[sample])}").get_json()
    assert file.keys() == schemas["File"]["properties"].keys()
    for entry in file["files"] + file["extras"]:
        assert entry.keys() <= schemas["PublishedFile"]["properties"].keys()

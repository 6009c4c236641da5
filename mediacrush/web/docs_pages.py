"""Documentation that a visitor reads: the API from its one description, how to embed, uploaders' settings."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, render_template
from werkzeug import Response

from mediacrush.web import http
from mediacrush.web.page import NO_SITE, page

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_METHODS = ("get", "post", "delete")
_PAGES = {
    "": "index",
    "api": "api",
    "embed": "embed",
    "mediacrush.js": "script",
    "curl": "curl",
    "sharex": "sharex",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter or form field: its name, where it goes, what it is, whether it must be there."""

    name: str
    place: str
    text: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request of the API. `answers` are (code, sentence)."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str | None
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


def register(app: Flask) -> None:
    """The addresses of documentation."""
    for name, template in _PAGES.items():
        view = _page_of(f"docs/{template}.html")
        app.add_url_rule(f"/docs/{name}" if name else "/docs", f"docs_{template}", view)
    app.add_url_rule("/openapi.yaml", "openapi", _openapi)
    app.add_url_rule("/sharex.sxcu", "sharex", _sharex)


@cache
def operations() -> tuple[Operation, ...]:
    """Every request in docs/openapi.yaml, in the order of its tags, then in its own."""
    described = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    tags = [tag["name"] for tag in described["tags"]]
    found = (
        _operation(described, path, method, item)
        for path, item in described["paths"].items()
        for method in _METHODS
        if method in item
    )
    return tuple(sorted(found, key=lambda operation: tags.index(operation.tag)))


def _operation(described: dict[str, Any], path: str, method: str, item: dict[str, Any]) -> Operation:
    about = item[method]
    parameters = [_resolved(described, one) for one in (*item.get("parameters", ()), *about.get("parameters", ()))]
    answers = {code: _resolved(described, one) for code, one in about["responses"].items()}
    return Operation(
        id=about["operationId"],
        tag=about["tags"][0],
        method=method.upper(),
        path=path,
        summary=about["summary"],
        description=about.get("description"),
        fields=(*(_field(described, one) for one in parameters), *_form_fields(described, about)),
        answers=tuple((code, one["description"].strip()) for code, one in answers.items()),
    )


def _field(described: dict[str, Any], parameter: dict[str, Any]) -> Field:
    schema = _resolved(described, parameter["schema"])
    return Field(
        name=parameter["name"],
        place=parameter["in"],
        text=parameter.get("description") or _shape(schema),
        is_required=parameter.get("required", False),
    )


def _form_fields(described: dict[str, Any], about: dict[str, Any]) -> list[Field]:
    body = _resolved(described, about.get("requestBody", {}))
    fields = []
    for media_type in body.get("content", {}).values():
        schema = media_type["schema"]
        for name, found in schema["properties"].items():
            shape = _resolved(described, found)
            fields.append(
                Field(
                    name=name,
                    place="form",
                    text=shape.get("description") or _shape(shape),
                    is_required=name in schema.get("required", ()),
                )
            )
    return fields


def _shape(schema: dict[str, Any]) -> str:
    """What a value looks like, in words."""
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "maxLength" in schema:
        return f"at most {schema['maxLength']:,} characters"
    return str(schema["pattern"]) if "pattern" in schema else str(schema.get("type", ""))


def _resolved(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node, or what its `$ref` names."""
    while "$ref" in node:
        found: Any = described
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _page_of(template: str) -> Any:
    def view() -> Response:
        html = render_template(template, operations=operations(), site_url=http.urls().site)
        return page(html, NO_SITE)

    return view


def _openapi() -> Response:
    return Response(OPENAPI.read_bytes(), mimetype="application/yaml")


def _sharex() -> Response:
    """A custom uploader for ShareX, which knows nothing of us but this file."""
    site = http.urls().site
    uploader = {
        "Version": "15.0.0",
        "Name": f"MediaCrush ({site.partition('://')[2]})",
        "DestinationType": "ImageUploader, FileUploader",
        "RequestMethod": "POST",
        "RequestURL": f"{site}/api/upload/file",
        # To ShareX every 4xx is a failure, also the 409 that carries the link of a file that is here already.
        "Headers": {"X-CORS-Status": "1"},
        "Body": "MultipartFormData",
        "FileFormName": "file",
        "URL": "{json:url}",
        "ThumbnailURL": "{json:thumbnail_url}",
        "DeletionURL": "{json:delete_url}?delete_token={json:delete_token}",
        "ErrorMessage": "{json:message}",
    }
    answer = Response(json.dumps(uploader, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="mediacrush.sxcu"'
    return answer

"""Documentation that a visitor reads: the API from its one description, how to embed, uploaders' settings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from werkzeug import Response

from mediacrush.web import http
from mediacrush.web.page import NO_SITE, page

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_METHODS = ("get", "post", "delete")
# Shapes of answers that the reference explains, in this order.
_OBJECTS = ("File", "PublishedFile", "Flags", "Album", "Upload", "Share", "Error")
_PAGES = {
    "/docs": "index",
    "/docs/api": "api",
    "/docs/embed": "embed",
    "/docs/mediacrush.js": "script",
    "/docs/curl": "curl",
    "/docs/sharex": "sharex",
    "/about": "about",
    "/apps": "apps",
    "/serious": "serious",
}
_SITEMAP_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
# What stands between backticks is code; nothing else in these texts means anything.
_WORDS = MarkdownIt("zero").enable("backticks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter or form field: its name, where it goes, what it is, whether it must be there."""

    name: str
    place: str
    text: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One field of a JSON object: its name, what kind of value it has, what that means."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One JSON object of the API."""

    name: str
    text: str
    members: tuple[Member, ...]


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
    for path, template in _PAGES.items():
        view = _page_of(f"docs/{template}.html")
        app.add_url_rule(path, f"docs_{template}", view)
    app.add_template_filter(_with_code, "with_code")
    app.add_url_rule("/robots.txt", "robots", _robots)
    app.add_url_rule("/sitemap.xml", "sitemap", _sitemap)
    app.add_url_rule("/openapi.yaml", "openapi", _openapi)
    app.add_url_rule("/sharex.sxcu", "sharex", _sharex)


@cache
def _described() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    return described


def _with_code(text: str) -> Markup:
    return Markup(_WORDS.renderInline(text))  # noqa: S704  # our own file, and it is escaped


@cache
def operations() -> tuple[Operation, ...]:
    """Every request in docs/openapi.yaml, in the order of its tags, then in its own."""
    described = _described()
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


@cache
def objects() -> tuple[Object, ...]:
    """What the answers are made of, from the same file."""
    schemas = _described()["components"]["schemas"]
    return tuple(
        Object(name=name, text=schemas[name].get("description", ""), members=tuple(_members(schemas[name])))
        for name in _OBJECTS
    )


def _members(schema: dict[str, Any], prefix: str = "") -> Iterator[Member]:
    """Every field, those of an object without a name of its own after it."""
    for name, node in schema.get("properties", {}).items():
        found = _resolved(_described(), node)
        text = node.get("description") or found.get("description", "")
        yield Member(name=f"{prefix}{name}", kind=_kind(node), text=text)
        if "$ref" not in node:
            yield from _members(found, f"{prefix}{name}.")


def _kind(node: dict[str, Any]) -> str:
    """What a value is, in words: the name of an object, a list of them, the values it can have."""
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return name if name in _OBJECTS else _kind(_resolved(_described(), node))
    if node.get("type") == "array":
        return f"list of {_kind(node['items'])}"
    if "enum" in node or "const" in node:
        return ", ".join(map(str, node.get("enum") or [node["const"]]))
    types = node.get("type", "object")
    return " or ".join(types) if isinstance(types, list) else str(types)


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
        settings = http.backends().settings
        html = render_template(
            template, operations=operations(), objects=objects(), settings=settings, site_url=http.urls().site
        )
        return page(html, NO_SITE)

    return view


def _robots() -> Response:
    """Uploads are unlisted, which their pages say themselves: who may not read a page does not learn it there."""
    lines = ("User-agent: *", "Disallow: /api/", "Disallow: /mine", f"Sitemap: {http.urls().site}/sitemap.xml", "")
    return Response("\n".join(lines), mimetype="text/plain")


def _sitemap() -> Response:
    """The pages that are the same on every day and for everybody: no upload is among them."""
    site = http.urls().site
    places = "".join(f"<url><loc>{escape(site + path)}</loc></url>" for path in ("/", *_PAGES, "/feedback"))
    text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{_SITEMAP_SCHEMA}">{places}</urlset>'
    return Response(text, mimetype="application/xml")


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
        "Parameters": {"known": "ok"},
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

"""Reading a page as those do who make a card of a link to it: its head, once, without running anything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is at an address: MIME type, bytes, pixels where it has any."""

    mime: str
    size_bytes: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page. `metas` are names (or properties) with their contents, `links` attributes, in order."""

    title: str
    metas: tuple[tuple[str, str], ...]
    links: tuple[dict[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Every content of this name that is not empty."""
        return [content for key, content in self.metas if key == name and content]

    def first(self, *names: str) -> str | None:
        """The first content of the first of these names that has one."""
        return next((content for name in names for content in self.all(name)), None)

    def number(self, name: str) -> int | None:
        """A content that is a number."""
        text = self.first(name) or ""
        return int(text) if text.isascii() and text.isdigit() else None

    def link(self, rel: str, type_: str) -> str | None:
        """Where the first link of this relation and type leads."""
        found = (link for link in self.links if link.get("rel") == rel and link.get("type") == type_)
        return next((link["href"] for link in found if link.get("href")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page as a reader got it. `code` is the HTTP status, `headers` have lower-case names. `fetch` says what is
    at another address, None for nothing; `read_json` gives the object that is there, None for none."""

    url: str
    code: int
    headers: dict[str, str]
    body: bytes
    head: Head
    fetch: Callable[[str], Resource | None] = field(repr=False)
    read_json: Callable[[str], dict[str, Any] | None] = field(repr=False)

    def at(self, name: str) -> Resource | None:
        """What is at the first address of this name."""
        address = self.head.first(name)
        return self.fetch(address) if address else None

    @property
    def oembed(self) -> dict[str, Any] | None:
        """The answer of the oEmbed address that the page names."""
        address = self.head.link("alternate", "application/json+oembed")
        return self.read_json(address) if address else None


def read_head(html: str) -> Head:
    """What stands between `<head>` and `</head>`."""
    parser = _HeadParser()
    parser.feed(html)
    parser.close()
    return Head(" ".join("".join(parser.title).split()), tuple(parser.metas), tuple(parser.links))


class _HeadParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.metas: list[tuple[str, str]] = []
        self.links: list[dict[str, str]] = []
        self._is_in_title = self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._is_over or tag == "body":
            self._is_over = True
        elif tag == "meta":
            self.metas.append((values.get("property") or values.get("name", ""), values.get("content", "")))
        elif tag == "link":
            self.links.append(values)
        self._is_in_title = tag == "title" and not self._is_over and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._is_in_title = False
        self._is_over = self._is_over or tag == "head"

    def handle_data(self, data: str) -> None:
        if self._is_in_title:
            self.title.append(data)

"""The small Markdown of titles and descriptions."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from mediacrush.web.markdown import plain, rendered, rendered_line


@pytest.mark.parametrize(
    ("text", "html"),
    [("*a*", "<p><em>a</em></p>"), ("**a**", "<p><strong>a</strong></p>"), ("# a", "<p># a</p>")],
)
def test_what_is_rendered(text: str, html: str) -> None:
    """Emphasis and bold are rendered, and nothing else means anything."""
    assert rendered(text) == html


def test_links_have_no_hold() -> None:
    """A stranger's link is not followed by search engines and has no hold on the page."""
    html = rendered("[a](https://example.com/)")
    assert 'href="https://example.com/"' in html
    assert 'rel="nofollow ugc noopener noreferrer"' in html


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "<script>a</script>",
        "<img src=x onerror=a>",
        "![a](https://b.c/d)",
    ],
)
def test_hostile_text(text: str) -> None:
    """No scripts, no images and no HTML come of a text."""
    html = rendered(text)
    assert not any(bad in html for bad in ("<script", "<img", 'href="javascript', 'href="data'))


def test_plain_text() -> None:
    """Where only text can stand the marks are gone."""
    assert plain("*a* **b** [c](https://example.com/)") == "a b c"


@pytest.mark.parametrize(
    "text",
    [
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\tscript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](vbscript:x)",
        "[a](file:///etc/passwd)",
        "[a](//other.example/)",
        "[a](/delete)",
        "[a](mailto:a@b.c)",
        "<javascript:alert(1)>",
        "<a href=https://b.c onclick=x>y</a>",
        '[a](https://b.c/ "x\\" onmouseover=y")',
        '[a](https://b.c/"onmouseover=y)',
        "**<svg/onload=x>**",
        "*[<img src=x onerror=y>](https://b.c/)*",
        "[![x](https://b.c/d.png)](https://b.c/)",
        "[a [b](https://c.d/) e](javascript:x)",
        "&lt;script&gt;",
        "<style>*{display:none}</style>",
        "a\n\n    code\n\n> quote\n\n- item\n\n| a | b |\n|---|---|\n",
    ],
)
@pytest.mark.parametrize("render", [rendered, rendered_line])
def test_only_five_elements_come_of_any_text(render: Callable[[str], Markup], text: str) -> None:
    """With no attribute but those of a link, and no link but to the web."""
    read = _Elements(render(text))
    assert {tag for tag, _ in read.found} <= {"p", "em", "strong", "a", "br"}
    for tag, attributes in read.found:
        assert tag == "a" or not attributes
        assert tag != "a" or attributes.get("rel") == "nofollow ugc noopener noreferrer"
        assert (attributes.get("href") or "https://").startswith(("http://", "https://"))
        assert attributes.keys() <= {"href", "rel"}


@pytest.mark.parametrize("marks", ["*" * 20_000, "[" * 20_000, "**a " * 10_000, "[a](" * 10_000, "_a_" * 10_000])
def test_no_text_takes_long(marks: str) -> None:
    """Nesting is bounded: a text as long as one may be comes out as text."""
    assert rendered(marks[:2048])
    assert plain(marks[:2048])


def test_a_title_is_one_line() -> None:
    """No paragraph and no break, whatever the owner typed."""
    assert rendered_line("*a*\n\nb\nc") == "<em>a</em> b c"


class _Elements(HTMLParser):
    """Every element of some HTML with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

"""The small Markdown of titles and descriptions."""

import pytest

from mediacrush.web.markdown import plain, rendered


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

"""The small Markdown of titles and descriptions: emphasis, bold, links. Nothing else means anything."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_RULES = ["emphasis", "link", "autolink", "escape", "newline"]
_PARSER = MarkdownIt("zero", {"breaks": True}).enable(_RULES)
_TAGS = {"p", "em", "strong", "a", "br"}
# A link that a stranger wrote: it opens with no hold on our page, and search engines give it no weight.
_LINK_RELATION = "nofollow ugc noopener noreferrer"
_KEPT_TEXTS = 512


@lru_cache(maxsize=_KEPT_TEXTS)
def rendered(text: str) -> Markup:
    """A text of several paragraphs as HTML that is safe to show."""
    return _safe(_PARSER.render(text))


@lru_cache(maxsize=_KEPT_TEXTS)
def rendered_line(text: str) -> Markup:
    """A text of one line as HTML that is safe to show."""
    return _safe(_PARSER.renderInline(" ".join(text.split())))


@lru_cache(maxsize=_KEPT_TEXTS)
def plain(text: str) -> str:
    """The same without its marks, for where only text can stand."""
    lines = (_plain(token) for token in _PARSER.parse(text) if token.type == "inline")
    return "\n\n".join(lines).strip()


def _plain(token: Token) -> str:
    children = token.children or []
    return "".join("\n" if child.type.endswith("break") else child.content for child in children)


def _safe(html: str) -> Markup:
    # nh3 has parsed and written it anew: only these tags are left, and links to http(s) addresses that are whole.
    return Markup(  # noqa: S704
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href"}, "*": set()},
            url_schemes={"http", "https"},
            url_relative="deny",
            link_rel=_LINK_RELATION,
        )
    ).strip()

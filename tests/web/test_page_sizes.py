"""What a page weighs before its media: a visitor on a train pays for each byte."""

import gzip
import posixpath
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from mediacrush.web.assets import STATIC
from tests.samples import Samples

# Gzipped, as they are sent.
_HTML_MAX_BYTES, _CSS_MAX_BYTES, _JS_MAX_BYTES = 15 * 1024, 10 * 1024, 20 * 1024
_SHEET = re.compile(r'<link rel="stylesheet" href="/static/[^/]+/([^"]+)"')
_SCRIPT = re.compile(r'<script[^>]* src="/static/[^/]+/([^"]+)"')
# What a module needs before it runs; what it asks for later is written `import(...)`.
_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\./[^"]+)";', re.MULTILINE)


def _gzipped(texts: list[bytes]) -> int:
    return sum(len(gzip.compress(text, 9)) for text in texts)


def _with_imports(names: list[str]) -> set[str]:
    """These modules and all that they import."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            folder = posixpath.dirname(name)
            text = (STATIC / name).read_text()
            left += [posixpath.normpath(posixpath.join(folder, one)) for one in _IMPORT.findall(text)]
    return found


@pytest.mark.parametrize("page", ["home", "picture"])
def test_pages_are_small(client: FlaskClient, uploaded: Callable[..., str], samples: Samples, page: str) -> None:
    """At most 15 KB of HTML, 10 KB of CSS and 20 KB of JavaScript."""
    html = client.get("/" if page == "home" else f"/{uploaded(samples['plain.jpg'])}").text
    sheets, scripts = _SHEET.findall(html), _with_imports(_SCRIPT.findall(html))
    assert sheets
    assert len(scripts) > 1
    assert _gzipped([html.encode()]) <= _HTML_MAX_BYTES
    assert _gzipped([(STATIC / name).read_bytes() for name in sheets]) <= _CSS_MAX_BYTES
    assert _gzipped([(STATIC / name).read_bytes() for name in scripts]) <= _JS_MAX_BYTES

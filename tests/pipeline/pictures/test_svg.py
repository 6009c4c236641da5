"""SVG: known by what it is, made harmless, drawn; nothing in it runs, fetches or tells tales."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from mediacrush.pipeline.pictures.refusals import Refused
from mediacrush.pipeline.pictures.signatures import picture_kind
from mediacrush.pipeline.pictures.svg import read_svg, rendered_svg, telling_words
from tests.canary import SECRET, Canary
from tests.samples import picture, private_exif

MAX_PIXELS = 10_000_000
NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(content: str = "", attributes: str = 'width="40" height="20"') -> str:
    """A drawing with a red left half, and what else is said."""
    return f'<svg {NAMESPACES} {attributes}><rect width="20" height="20" fill="#f00"/>{content}</svg>'


@pytest.mark.parametrize(
    "data",
    [
        svg().encode(),
        b"\xef\xbb\xbf" + svg().encode(),
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + svg().encode(),
        b'<?xml version="1.0"?><!-- a > b --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">'
        + svg().encode(),
        svg().encode("utf-16"),
        svg().encode("utf-16-le"),
    ],
    ids=["plain", "mark", "declared", "comment and doctype", "UTF-16", "UTF-16 without a mark"],
)
def test_a_drawing_is_known_and_read(data: bytes) -> None:
    """However it is written, it has an svg element at its root and a size."""
    assert picture_kind(data) == "SVG"
    found = read_svg(data, MAX_PIXELS)
    assert found.width > 0
    assert picture_kind(found.markup) == "SVG"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><svg width='1'></svg></html>",
        b"<?xml version='1.0'?><rss/>",
        b"<svgx/>",
        b"<!-- <svg> -->",
        b"text <svg>",
    ],
)
def test_what_only_holds_a_drawing_is_none(data: bytes) -> None:
    """The root decides."""
    assert picture_kind(data) is None


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """What must not be visited and not be read."""
    with Canary(tmp_path) as canary:
        yield canary


HOSTILE: dict[str, Callable[[Canary], str]] = {
    "script": lambda canary: svg(f"<script>fetch('{canary.url}')</script>"),
    "handler": lambda canary: svg(
        '<rect width="9" height="9" onclick="alert(1)"/>', 'width="40" height="20" onload="x()"'
    ),
    "script in a link": lambda canary: svg('<a href="javascript:alert(1)"><rect width="9" height="9"/></a>'),
    "HTML inside": lambda canary: svg(f'<foreignObject><iframe src="{canary.url}"></iframe></foreignObject>'),
    "picture elsewhere": lambda canary: svg(f'<image width="9" height="9" href="{canary.url}/a.png"/>'),
    "picture elsewhere, old style": lambda canary: svg(
        f'<image width="9" height="9" xlink:href="{canary.url}/a.png"/>'
    ),
    "picture on disk": lambda canary: svg(f'<image width="9" height="9" href="file://{canary.file}"/>'),
    "use elsewhere": lambda canary: svg(f'<use href="{canary.url}/a.svg#b"/>'),
    "style elsewhere": lambda canary: svg(f"<style>@import url({canary.url}/a.css);</style>"),
    "fill elsewhere": lambda canary: svg(f'<rect width="9" height="9" style="fill:url({canary.url}#a)"/>'),
    "entity on disk": lambda canary: (
        f'<!DOCTYPE svg [<!ENTITY secret SYSTEM "file://{canary.file}">]>' + svg("<text>&secret;</text>")
    ),
    "doctype elsewhere": lambda canary: f'<!DOCTYPE svg SYSTEM "{canary.url}/a.dtd">' + svg(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_runs_and_nothing_is_fetched(name: str, canary: Canary) -> None:
    """What is published holds no script and no address, drawing it opens nothing, its shapes are still there."""
    try:
        clean = read_svg(HOSTILE[name](canary).encode(), MAX_PIXELS)
    except Refused:
        assert canary.visits() == 0
        return
    text = clean.markup.decode().lower()
    for word in (
        "script",
        "onload",
        "onclick",
        "javascript",
        "foreignobject",
        "iframe",
        "@import",
        canary.url,
        "file:",
    ):
        assert word not in text
    drawn = Image.open(io.BytesIO(rendered_svg(clean, 40, 20))).convert("RGB")
    assert drawn.getpixel((30, 15)) != (255, 0, 0)
    assert drawn.getpixel((15, 15)) == (255, 0, 0)
    assert canary.visits() == 0
    assert SECRET not in text


@pytest.mark.parametrize(
    "data",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "]>"
        + svg("<text>&i;</text>"),
        svg(
            '<g id="g0"><rect width="1" height="1"/></g>'
            + "".join(f'<g id="g{n + 1}">{f"""<use href="#g{n}"/>""" * 10}</g>' for n in range(9))
            + '<use href="#g9"/>'
        ),
        svg("<g>" * 100_000 + "</g>" * 100_000),
        svg(attributes='width="1e9" height="1e9"'),
        svg()[:-20],
        "<svg",
    ],
    ids=["entities", "copies of copies", "deep", "huge", "truncated", "no more than a name"],
)
def test_bombs_and_ruins_are_refused(data: str) -> None:
    """With a sentence, and at once."""
    with pytest.raises(Refused) as refusal:
        read_svg(data.encode(), MAX_PIXELS)
    assert refusal.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="40" height="20"', (40, 20)),
        ('width="40px" height="1in"', (40, 96)),
        ('width="25.4mm" height="2.54cm"', (96, 96)),
        ('width="3pt" height="1pc"', (4, 16)),
        ('viewBox="0 0 300 200"', (300, 200)),
        ('width="150" viewBox="0 0 300 200"', (150, 100)),
        ('height="50" viewBox="0,0,300,200"', (75, 50)),
        ('width="100%" height="100%" viewBox="0 0 30 20"', (30, 20)),
        ("", (300, 150)),
        ('width="0" height="-3"', (300, 150)),
        ('viewBox="0 0 nan inf"', (300, 150)),
    ],
)
def test_sizes_are_in_pixels(attributes: str, size: tuple[int, int]) -> None:
    """As a browser would show it by itself, whatever the unit."""
    found = read_svg(svg(attributes=attributes).encode(), MAX_PIXELS)
    assert (round(found.width), round(found.height)) == size


def test_a_picture_inside_is_cleaned() -> None:
    """A photo in a drawing tells as little as any other, and is still drawn."""
    photo = io.BytesIO()
    picture(16, 16).save(photo, "JPEG", exif=private_exif())
    inside = base64.b64encode(photo.getvalue()).decode()
    found = read_svg(
        svg(f'<image x="20" width="20" height="20" href="data:image/jpeg;base64,{inside}"/>').encode(), MAX_PIXELS
    )
    kept = found.markup.decode().partition("base64,")[2].partition('"')[0]
    assert b"Secret" in photo.getvalue()
    assert b"Secret" not in base64.b64decode(kept)
    assert Image.open(io.BytesIO(base64.b64decode(kept))).size == (16, 16)


@pytest.mark.parametrize(
    "content",
    [
        "<style>rect{{fill:url({photo})}}</style>",
        "<style>rect{{background:image-set('{photo}' 1x)}}</style>",
        "<style>rect{{background:image-set('/elsewhere.png' 1x)}}</style>",
        "<style>@font-face{{font-family:x;src:url(/elsewhere.woff)}}</style>",
        '<rect width="9" height="9" style="fill:url({photo})"/>',
        '<rect width="9" height="9" style="fill:u\\72l({photo})"/>',
    ],
)
def test_a_style_names_no_picture(content: str) -> None:
    """Not one of its own either, which nobody would clean: however CSS spells it."""
    photo = io.BytesIO()
    picture(16, 16).save(photo, "JPEG", exif=private_exif())
    # Without two slashes in a row, which by themselves would be an address.
    inside = f"data:image/jpeg;base64,{base64.b64encode(photo.getvalue()).decode().replace('//', '/+')}"
    markup = read_svg(svg(content.format(photo=inside)).encode(), MAX_PIXELS).markup
    assert b"base64" not in markup
    assert b"elsewhere" not in markup
    assert b"<rect" in markup


def test_a_plain_style_stays() -> None:
    """Colours, and places in the same drawing."""
    markup = read_svg(svg("<style>rect{fill:url(#a);stroke:red}</style>").encode(), MAX_PIXELS).markup
    assert b"rect{fill:url(#a);stroke:red}" in markup


def test_what_programs_write_about_people_is_named_and_gone() -> None:
    """File names, authors and comments."""
    data = svg("<metadata>SecretName</metadata><!-- SecretWords -->").encode()
    assert telling_words(data) == {"author", "comment"}
    assert b"Secret" not in read_svg(data, MAX_PIXELS).markup

"""SVG: a picture that is a program. What runs, fetches or tells tales is taken out before anything else is done.

py-svg-hush lets known elements and attributes through and nothing else, and loads no entity from elsewhere; what it
leaves of addresses is removed here, and pictures inside are cleaned like any other.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from mediacrush.pipeline.pictures.clean import MalformedImage, clean_gif, clean_jpeg, clean_png, clean_webp
from mediacrush.pipeline.pictures.refusals import Damaged, check_pixels
from mediacrush.pipeline.pictures.svg_text import svg_text

_NAMESPACE = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_HREFS = ("href", f"{{{_XLINK}}}href")
# A browser shows an SVG without any size like this (CSS 2.2, 10.3.2).
_DEFAULT_SIZE = (300.0, 150.0)
# CSS pixels in each unit (CSS Values 4, 6.2).
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "q": 96 / 101.6,
}
_LENGTH = re.compile(r"\s*(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?:e[+-]?\d{1,2})?\s*([a-z]{0,2})\s*", re.IGNORECASE)
_MAX_BYTES = 20_000_000
_MAX_ELEMENTS = 200_000
# `<use>` copies what it names: ten levels of ten copies are ten thousand million shapes from a kilobyte.
_MAX_SHAPES, _MAX_DEPTH = 200_000, 200
_CLEANERS = {"jpeg": clean_jpeg, "jpg": clean_jpeg, "png": clean_png, "gif": clean_gif, "webp": clean_webp}
_DATA_URL = re.compile(r"data:image/([a-z]+);base64,", re.IGNORECASE)
# A script as an address, or what is not in the same drawing (or is a picture that nobody cleans), in a style or an
# animation: CSS has more ways to name one than `url()`.
_ELSEWHERE = re.compile(r"javascript:|data:|(image-set|image|src)\(|url\(\s*[\"']?\s*[^#\"'\s)]", re.IGNORECASE)
_WORDS = {
    "<metadata": "author",
    "rdf:": "author",
    "sodipodi:docname": "file name",
    "inkscape:export-filename": "file name",
    "<!--": "comment",
}


class Svg(NamedTuple):
    """Sanitised markup in UTF-8, and its size in CSS pixels."""

    markup: bytes
    width: float
    height: float


def read_svg(data: bytes, max_pixels: int) -> Svg:
    """The picture as it may be shown. Raises Damaged for what is no SVG, and TooLarge."""
    from py_svg_hush import filter_svg  # noqa: PLC0415 - few pictures need it

    if len(data) > _MAX_BYTES:
        raise Damaged("an SVG of more bytes than any drawing has")
    text = svg_text(data).encode()
    _check_structure(text)
    try:
        kept = {"image": sorted(_CLEANERS)}
        hushed = filter_svg(text, keep_data_url_mime_types=kept)
        root = ElementTree.fromstring(hushed)  # noqa: S314 - it has written this itself, without any entity
    except (ValueError, ElementTree.ParseError, RecursionError) as error:
        raise Damaged("no SVG that can be read") from error
    if root.tag != f"{{{_NAMESPACE}}}svg":
        raise Damaged("its root is no svg element")
    _check_size(root)
    for element in root.iter():
        _clean_links(element)
    width, height = _size(root)
    check_pixels(math.ceil(width), math.ceil(height), max_pixels)
    # Percentages and odd units would be taken differently by every program that shows it.
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    ElementTree.register_namespace("", _NAMESPACE)
    ElementTree.register_namespace("xlink", _XLINK)
    markup = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Svg(markup=markup, width=width, height=height)


def telling_words(data: bytes) -> frozenset[str]:
    """Words for what drawing programs write about who draws."""
    text = svg_text(data)
    return frozenset(word for sign, word in _WORDS.items() if sign in text)


def rendered_svg(svg: Svg, width: int, height: int) -> bytes:
    """A PNG of it, in pixels. Fonts are those of the machine; text in none of them is not drawn."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - few pictures need it

    try:
        return bytes(svg_to_bytes(svg_string=svg.markup.decode(), width=width, height=height))
    except ValueError as error:
        raise Damaged("resvg cannot draw it") from error


def _check_structure(text: bytes) -> None:
    """Raises Damaged for what is no XML, and for nesting or elements beyond any drawing's, before anything else
    reads it: the sanitiser's time grows with the square of the depth."""
    depth = count = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _MAX_DEPTH or count > _MAX_ELEMENTS:
            raise Damaged("more elements, or deeper, than any drawing has")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise Damaged("no XML") from error


def _check_size(root: ElementTree.Element) -> None:
    """Raises Damaged for more shapes than any drawing has, copies counted."""
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    if _shapes(root, named, {}, depth=0) > _MAX_SHAPES:
        raise Damaged("more copies than any drawing has")


def _shapes(
    element: ElementTree.Element,
    named: dict[str | None, ElementTree.Element],
    known: dict[ElementTree.Element, int],
    depth: int,
) -> int:
    """How many elements are drawn, those that `<use>` copies each time; a circle of copies draws nothing."""
    if element in known:
        return known[element]
    if depth > _MAX_DEPTH:
        return _MAX_SHAPES + 1
    known[element] = 0
    count = 1 + sum(_shapes(child, named, known, depth + 1) for child in element)
    target = next((element.get(name, "") for name in _HREFS if element.get(name)), "")
    if element.tag.endswith("}use") and target.startswith("#") and target[1:] in named:
        count += _shapes(named[target[1:]], named, known, depth + 1)
    known[element] = count
    return count


def _clean_links(element: ElementTree.Element) -> None:
    """Only places in the same drawing and clean pictures inside it may be named, in styles too."""
    style = (element.text or "") if element.tag == f"{{{_NAMESPACE}}}style" else ""
    if "//" in style or _ELSEWHERE.search(style):
        element.text = ""
    for name, value in list(element.attrib.items()):
        if name not in _HREFS and _ELSEWHERE.search(value):
            del element.attrib[name]
    for name in _HREFS:
        target = element.get(name)
        if target is None or target.startswith("#"):
            continue
        cleaned = next(_cleaned(target), None)
        if cleaned is None:
            del element.attrib[name]
        else:
            element.set(name, cleaned)


def _cleaned(target: str) -> Iterator[str]:
    found = _DATA_URL.match(target.strip())
    clean = _CLEANERS.get(found[1].lower()) if found else None
    if found is None or clean is None:
        return
    try:
        content = clean(base64.b64decode(target.strip()[found.end() :]))
    except (binascii.Error, ValueError, MalformedImage):
        return
    yield f"data:image/{found[1].lower()};base64,{base64.b64encode(content).decode()}"


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height in CSS pixels: its own, else those of its viewBox in proportion, else a browser's."""
    box = _view_box(root)
    width, height = _length(root.get("width")), _length(root.get("height"))
    if box and not width and not height:
        return box
    if box and width and not height:
        return width, width * box[1] / box[0]
    if box and height and not width:
        return height * box[0] / box[1], height
    return width or _DEFAULT_SIZE[0], height or _DEFAULT_SIZE[1]


def _view_box(root: ElementTree.Element) -> tuple[float, float] | None:
    parts = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    try:
        width, height = (float(part) for part in parts[2:4])
    except ValueError:
        return None
    is_usable = math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0
    return (width, height) if is_usable else None


def _length(text: str | None) -> float | None:
    """CSS pixels, or None for what is no length of its own."""
    found = _LENGTH.fullmatch(text or "")
    if found is None or found[2].lower() not in _UNITS:
        return None
    number = (text or "").strip().lower().removesuffix(found[2].lower())
    pixels = float(number) * _UNITS[found[2].lower()]
    return pixels if math.isfinite(pixels) and pixels > 0 else None

"""What is a font, and what only says so."""

import pytest

from mediacrush.pipeline.fonts import is_font
from tests.pipeline.fonts_made import collection, sfnt, woff

FONTS = {
    "TrueType": sfnt(),
    "OpenType": sfnt(b"OTTO"),
    "TrueType of a Mac": sfnt(b"true"),
    "collection": collection(3),
    "WOFF": woff(),
    "WOFF2": woff(b"wOF2", b"OTTO"),
}
NO_FONTS = {
    "nothing": b"",
    "four bytes": b"\0\1\0\0",
    "a page": b"<html><script>alert(1)</script>",
    "a program": b"\x7fELF" + b"\0" * 100,
    "tables missing": sfnt(tables=(b"head", b"name")),
    "tables beyond the end": sfnt(beyond=1),
    "cut off": sfnt()[:40],
    "a magic and junk": b"OTTO" + b"\xff" * 500,
    "an empty collection": collection(0),
    "a collection of too many": collection(65),
    "a collection that points nowhere": b"ttcf\0\1\0\0\0\0\0\1\xff\xff\xff\xff",
    "WOFF of something else": woff(flavour=b"<htm"),
    "WOFF cut off": woff(beyond=1),
    "WOFF, four bytes": b"wOFF",
}


@pytest.mark.parametrize("name", FONTS)
def test_fonts(name: str) -> None:
    """Each kind that browsers load."""
    assert is_font(FONTS[name])


@pytest.mark.parametrize("name", NO_FONTS)
def test_no_fonts(name: str) -> None:
    """Whatever is no whole font is refused, and nothing that one makes up breaks the test of it."""
    assert not is_font(NO_FONTS[name])

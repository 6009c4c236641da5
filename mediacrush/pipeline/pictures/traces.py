"""What a file carries beside its picture: private metadata, named in words, and whether that is surely all.

JPEG, PNG, WebP and GIF are cleaned (clean.py), so it is enough to name what is in them. Any other kind is published
as it came or not at all: it has nothing private only where every byte of it is accounted for. For PSD, XCF, EXR,
Radiance HDR, ICO, camera raws and animated AVIF that is never shown.
"""

from typing import NamedTuple

from PIL import Image

from mediacrush.pipeline.pictures.metadata import image_words
from mediacrush.pipeline.pictures.profiles import profile_words

_CLEANED = frozenset({"JPEG", "PNG", "WEBP", "GIF"})


class Traces(NamedTuple):
    """Plain words (see metadata.py) for what was found, and whether the bytes carry, or may, anything private."""

    words: frozenset[str]
    has_private: bool


def read_traces(image: Image.Image, name: str, data: bytes, words: frozenset[str]) -> Traces:
    """Look through a file of the kind `name`, of which `image` was opened and `words` are known already."""
    words |= profile_words(image.info.get("icc_profile") or b"")
    if name in _CLEANED:
        found = words | image_words(image, name)
        return Traces(found, bool(found))
    if name == "SVG":
        from mediacrush.pipeline.pictures.svg import telling_words  # noqa: PLC0415

        return Traces(words | telling_words(data), True)
    from mediacrush.pipeline.pictures.traces_other import findings  # noqa: PLC0415 - most pictures are cleaned

    more, is_all = findings(name, data)
    return Traces(words | more, bool(words or more) or not is_all)

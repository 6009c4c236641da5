"""The facts of a picture, and the proof that it decodes."""

from typing import Any

from mediacrush.pipeline.pictures.facts import read_facts
from mediacrush.pipeline.pictures.metadata import image_words
from mediacrush.pipeline.pictures.opening import decode, limit_pillow, open_picture, orientation

_SIDEWAYS = range(5, 9)


def probe(data: bytes, max_pixels: int) -> dict[str, Any]:
    """Read the facts of a picture and prove that it decodes (of an animation: its first frame).

    Returns `format` (Pillow's name), `width` and `height` in pixels as displayed, `frames` of an animation
    (counted up to 10,000; pages and second pictures are none), `duration_s` of one play of it or None,
    `has_alpha`, `mode` (Pillow's), `is_lossy`, `has_private`, and `removed`: sorted plain words for the
    private metadata in it. Raises whatever Pillow does; see tool.py.
    """
    limit_pillow(max_pixels)
    name, image = open_picture(data, max_pixels)
    (width, height), mode, has_alpha = image.size, image.mode, image.has_transparency_data
    # An eighth of the size, in grey, proves as much; only JPEG can do it, others ignore it.
    image.draft("L", (max(1, width // 8), max(1, height // 8)))
    decode(image, data, max_pixels)
    facts = read_facts(name, data)
    words = facts.words | image_words(image, name, data)
    if orientation(image) in _SIDEWAYS:
        width, height = height, width
    return {
        "format": name,
        "width": width,
        "height": height,
        "frames": getattr(image, "n_frames", 1) if name == "AVIF" else facts.frames,
        "duration_s": facts.duration_s,
        "has_alpha": has_alpha or facts.has_alpha,
        "mode": mode,
        "is_lossy": name in {"JPEG", "AVIF"} or facts.is_lossy,
        "has_private": bool(words),
        "removed": sorted(words),
    }

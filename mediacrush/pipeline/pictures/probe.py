"""The facts of a picture, and the proof that it decodes."""

from typing import Any

from mediacrush.pipeline.pictures.colours import has_wide_gamut, is_deep
from mediacrush.pipeline.pictures.facts import read_facts
from mediacrush.pipeline.pictures.opening import decode, limit_pillow, open_picture, orientation
from mediacrush.pipeline.pictures.refusals import TooManyFrames
from mediacrush.pipeline.pictures.traces import read_traces

_SIDEWAYS = range(5, 9)
# A few bytes can announce a frame, however large the canvas: what all frames may have together, as frames of 1080p.
_FULL_FRAME_PIXELS = 1920 * 1080


def probe(data: bytes, max_pixels: int, max_frames: int) -> dict[str, Any]:
    """Read the facts of a picture and prove that it decodes (of an animation: its first frame).

    Returns `format` (the name in model/formats.py), `width` and `height` in pixels as displayed, `frames` of an
    animation (pages and second pictures are none; an animated JPEG XL says 2, whatever it has), `duration_s` of one
    play of it or None, `film_stream` and `alpha_stream` (indexes of FFmpeg's streams that play it: an animated AVIF
    has stills in front of its film, and its alpha in a second one, else None), `has_alpha`, `mode` (Pillow's),
    `is_lossy`, `is_deep` (more than 8 bits a channel), `has_wide_gamut` (colours beyond sRGB's), `has_private` (the
    bytes carry private metadata, or may), and `removed`: sorted plain words for the private metadata found. Raises
    Refused and whatever Pillow does; see tool.py.
    """
    limit_pillow(max_pixels)
    name, image = open_picture(data, max_pixels)
    facts = read_facts(name, data)
    (width, height), mode, has_alpha = image.size, image.mode, image.has_transparency_data
    if facts.frames > max_frames or facts.frames * width * height > max_frames * _FULL_FRAME_PIXELS:
        raise TooManyFrames(f"{facts.frames} frames of {width}x{height}")
    # An eighth of the size, in grey, proves as much; only JPEG can do it, others ignore it.
    image.draft("L", (max(1, width // 8), max(1, height // 8)))
    decode(image, data, max_pixels)
    traces = read_traces(image, name, data, facts.words)
    if orientation(image) in _SIDEWAYS:
        width, height = height, width
    return {
        "format": name,
        "width": width,
        "height": height,
        "frames": facts.frames,
        "duration_s": facts.duration_s,
        "film_stream": facts.film_stream,
        "alpha_stream": facts.alpha_stream,
        "has_alpha": has_alpha or facts.has_alpha,
        "mode": mode,
        "is_lossy": facts.is_lossy,
        "is_deep": is_deep(name, data, image),
        "has_wide_gamut": has_wide_gamut(name, data, image),
        "has_private": traces.has_private,
        "removed": sorted(traces.words),
    }

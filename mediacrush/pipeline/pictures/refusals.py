"""Why a picture is refused: each refusal knows its kind (see tool.py) and the sentence a person may read.

    Refused
    ├── Unrecognised   not one of the kinds in signatures.py
    ├── Damaged        nothing of it can be shown
    └── TooLarge       TooManyPixels, TooManyFrames, TooManyScans, TooMuchMemory, TooSlow

Knows nothing of Pillow, so that checks of headers cost no import.
"""

# What the pixels of one picture may take, decoded: 100 megapixels of four 32 bit floats are 1.6 GB.
MAX_DECODED_BYTES = 2 * 10**9


class Refused(Exception):
    """Base of all refusals."""

    kind = "damaged"
    sentence = "This picture is damaged and cannot be shown."


class Unrecognised(Refused):
    """Nothing here reads such a file."""

    kind = "unrecognised"
    sentence = "This is not a picture of a kind that can be read here."


class Damaged(Refused):
    """The file is of a known kind and breaks its rules."""


class TooLarge(Refused):
    """The picture is more than the limits or the memory allow."""

    kind = "too_large"
    sentence = "This picture has more pixels than can be taken here."


class TooManyPixels(TooLarge):
    """More pixels than --max-pixels."""


class TooManyFrames(TooLarge):
    """More frames than --max-frames, or more than can be worked through at their size."""

    sentence = "This animation has more frames than can be taken here."


class TooManyScans(TooLarge):
    """A progressive JPEG of so many scans that decoding it would take minutes."""

    sentence = "This JPEG is cut into more scans than can be taken here."


class TooMuchMemory(TooLarge):
    """Its pixels, decoded, do not fit."""

    sentence = "This picture needs more memory than can be given to it here."


class TooSlow(TooLarge):
    """Reading it takes more time than anybody waits."""

    sentence = "This picture takes longer to read than can be waited for here."


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise TooManyPixels for a size above the limit, Damaged for one that is none."""
    if width <= 0 or height <= 0:
        raise Damaged(f"{width}x{height} is no size")
    if width * height > max_pixels:
        raise TooManyPixels(f"{width}x{height} is more than {max_pixels} pixels")


def check_memory(decoded_bytes: int) -> None:
    """Raise TooMuchMemory when the decoded pixels would take more than MAX_DECODED_BYTES."""
    if decoded_bytes > MAX_DECODED_BYTES:
        raise TooMuchMemory(f"{decoded_bytes} bytes of pixels")

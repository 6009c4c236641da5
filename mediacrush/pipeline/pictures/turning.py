"""Turning a picture the way it is displayed."""

from PIL import Image

# Orientation (EXIF 2.32, 4.6.4) to what undoes it.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture upright, given how it lies in its file (1 to 8; 1 is upright)."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)

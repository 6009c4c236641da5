"""What colours a picture shows, and how far they are from those it must show."""

from collections.abc import Iterable, Iterator

from PIL import Image, ImageStat

from tests.corpus.cases import Colour, Expected, Quadrants


def corners(image: Image.Image) -> Quadrants:
    """The mean colour around the middle of each quarter."""
    width, height = image.size
    places: Iterable[tuple[float, float]] = ((0.25, 0.2), (0.75, 0.2), (0.25, 0.8), (0.75, 0.8))
    found = []
    for x, y in places:
        left, top = int(width * (x - 0.1)), int(height * (y - 0.1))
        box = (left, top, max(left + 1, int(width * (x + 0.1))), max(top + 1, int(height * (y + 0.1))))
        red, green, blue = ImageStat.Stat(image.crop(box)).mean
        found.append((int(red), int(green), int(blue)))
    return (found[0], found[1], found[2], found[3])


def wrong_colours(filename: str, shown: Quadrants, expect: Expected) -> Iterator[str]:
    """A sentence if the four quarters are not as they must be."""

    def far(got: Colour, want: Colour) -> bool:
        return any(abs(a - b) > expect.tolerance for a, b in zip(got, want, strict=True))

    looked_at = 2 if expect.top_only else 4
    pairs = list(zip(shown, expect.colours or shown, strict=True))[:looked_at]
    if any(far(got, want) for got, want in pairs):
        yield f"{filename} shows {shown}"

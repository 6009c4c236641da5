"""A finger on a touch screen, as the browser itself gets it: it scrolls, and cancels what a page does meanwhile."""

from playwright.sync_api import Locator, Page

_STEPS = 8


class Finger:
    """One finger on a page of a context with touch."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._at = (0.0, 0.0)

    def drag(self, one: Locator, other: Locator, *, right: float = 0, down: float = 0) -> None:
        """From the middle of one element to that of another and so many pixels further, and up again."""
        self.press(one)
        x, y = _middle(other)
        self.move(right=x - self._at[0] + right, down=y - self._at[1] + down)
        self.lift()

    def press(self, element: Locator) -> None:
        """Put it down on the middle of this element."""
        element.scroll_into_view_if_needed()
        self._at = _middle(element)
        self._send("touchStart", self._at)

    def move(self, *, right: float = 0, down: float = 0) -> None:
        """Move it by so many pixels, in steps."""
        x, y = self._at
        for step in range(1, _STEPS + 1):
            self._at = (x + right * step / _STEPS, y + down * step / _STEPS)
            self._send("touchMove", self._at)

    def lift(self) -> None:
        """Take it up again."""
        self._send("touchEnd")

    def _send(self, kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": round(x), "y": round(y)} for x, y in at]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def _middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

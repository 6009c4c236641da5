"""Waiting for what a page says of itself."""

import time
from collections.abc import Callable

from playwright.sync_api import Frame, Page

# Generous, as conftest.py is: the machine transcodes beside.
_TIMEOUT_S = 120
_LOOK_AGAIN_S = 0.03


def wait_until(where: Page | Frame, expression: str) -> None:
    """Wait until this JavaScript is true.

    Playwright's own `wait_for_function` evaluates inside the page, which our content security policy forbids;
    to evaluate again and again from outside is allowed.
    """
    wait_for(lambda: bool(where.evaluate(expression)), expression)


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until this holds; `what` says it in words."""
    deadline = time.monotonic() + _TIMEOUT_S
    while not is_so():
        assert time.monotonic() < deadline, f"this never became true: {what}"
        time.sleep(_LOOK_AGAIN_S)

"""The browser that the tests and the screenshots drive: the system's own Chromium, by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# One site on the loopback needs neither the GPU nor anything a browser asks the net for by itself.
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Who lets a page listen has a microphone that beeps.
    "--use-fake-device-for-media-stream",
)
MISSING = f"There is no Chromium on this machine (looked for {', '.join(_NAMES)})."


def find_chromium() -> str | None:
    """The path of the first browser there is."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def must_be_there() -> bool:
    """Whether a missing browser is a failure: where nobody looks at skipped tests."""
    return os.environ.get("CI") == "true"


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A running browser; ended, with all its contexts, at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()

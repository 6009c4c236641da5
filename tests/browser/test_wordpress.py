"""WordPress's way of holding a frame: its scripts run without an origin, a secret stands behind its address."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Upload
from tests.browser.other_site import other_site
from tests.browser.watch import Watch
from tests.site import Site

_KINDS = {"plain.jpg": "img", "loop.gif": "video", "phone.mp4": "video", "song.mp3": "audio"}
_FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("sample", [*_KINDS, "album"])
def test_every_kind_is_there_and_plays(
    new_context: Callable[..., BrowserContext],
    watch: Watch,
    site: Site,
    published: Callable[[str], Upload],
    sample: str,
) -> None:
    """No storage, no cookies, no origin: nothing of ours may need them. Films and songs obey the page."""
    if sample == "album":
        listed = ",".join(published(name).hash for name in _KINDS)
        hash_ = site.request("POST", "/api/album/create", f"list={listed}".encode(), Content_Type=_FORM).json[
            "hash"
        ]
    else:
        hash_ = published(sample).hash
    source = f"{site.url}/{hash_}/frame#?secret=x1y2z3"
    with other_site(
        f'<iframe sandbox="allow-scripts" width="600" height="400" src="{source}"></iframe>'
    ) as address:
        watch.allow(address)
        page = new_context().new_page()
        page.goto(address)
        kind = _KINDS.get(sample, "img, video, audio")
        media = page.frame_locator("iframe").locator(kind).first
        expect(media).to_be_attached()
        if kind in ("video", "audio"):
            page.evaluate("frames[0].postMessage({ action: 'play' }, '*')")
            expect(media).to_have_js_property("paused", False)

"""The whole real site, one real browser, and for each test a visitor who was never here, watched for trouble."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mediacrush.backends import connect_backends
from mediacrush.services import library
from mediacrush.settings import Settings
from tests.browser.chromium import MISSING, chromium, find_chromium, must_be_there
from tests.browser.watch import Watch
from tests.samples import Samples, ffmpeg
from tests.site import Site

# Generous: the machine transcodes beside. What a test waits for is there in a fraction of it.
TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class Upload:
    """What an uploader holds."""

    hash: str
    delete_token: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of all tests. Without one they are skipped; with CI=true they fail."""
    executable = find_chromium()
    if executable is None:
        if must_be_there():
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    expect.set_options(timeout=TIMEOUT_MS)
    with chromium(executable) as running:
        yield running


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as `make run` starts it. All visitors of the tests have one address, so it proves nothing here.
    It may fetch from itself."""
    with Site(tmp_path_factory.mktemp("site"), ADDRESS_CLAIM_HOURS=0, FETCH_ALLOW="127.0.0.1") as site:
        yield site


@pytest.fixture
def watch(site: Site) -> Watch:
    """Tell it what trouble the test is about; all other fails the test."""
    return Watch(site.url)


@pytest.fixture
def new_context(browser: Browser, site: Site, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors: browser contexts that share nothing. Fails the test for trouble nobody expected."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": site.url, **options})
        context.set_default_timeout(TIMEOUT_MS)
        watch.follow(context)
        contexts.append(context)
        return context

    yield make
    watch.end()
    for context in contexts:
        context.close()
    assert watch.problems == []


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A visitor on a desktop, who lets the site write to the clipboard."""
    return new_context(permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab of the visitor."""
    return context.new_page()


@pytest.fixture(scope="session")
def published(site: Site, samples: Samples) -> Callable[[str], Upload]:
    """Has a sample on the site, done; uploaded by somebody else than any visitor, once for all tests."""
    uploads: dict[str, Upload] = {}

    def publish(name: str) -> Upload:
        if name not in uploads:
            answer = site.upload(samples[name]).json
            uploads[name] = Upload(answer["hash"], answer["delete_token"])
        site.wait_for(uploads[name].hash, "done")
        return uploads[name]

    return publish


@pytest.fixture(scope="session")
def long_film(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of a film of a minute, for which there is a ladder, done."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=size=640x360:duration=61:rate=4")
    ffmpeg(path, *source, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "12", "-preset", "ultrafast")
    hash_: str = site.upload(path).json["hash"]
    site.wait_for(hash_, "done")
    return hash_


@pytest.fixture
def new_picture(tmp_path: Path) -> Callable[..., Path]:
    """Makes pictures that the site has never seen. They compress badly: a PNG has about three bytes a pixel."""

    def make(name: str = "picture.png", width: int = 64, height: int = 48) -> Path:
        path = tmp_path / name
        Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(path)
        return path

    return make


@pytest.fixture(autouse=True)
def films() -> Iterator[list[tuple[Site, Path]]]:
    """What `new_film` made, for which site. First of all fixtures, hence last to end: when no page shows them any
    more they are deleted, so that what is left to encode of them holds up no other test."""
    made: list[tuple[Site, Path]] = []
    yield made
    for site, path in made:
        backends = connect_backends(Settings(data_dir=site.data_dir))
        media = backends.media.find_by_sha256(hashlib.sha256(path.read_bytes()).hexdigest())
        if media:
            library.delete(backends, media)


@pytest.fixture
def new_film(site: Site, films: list[tuple[Site, Path]], tmp_path: Path) -> Callable[..., Path]:
    """Makes films that the site has never seen, and that it must transcode."""

    def make(name: str = "film.avi", seconds: int = 6) -> Path:
        path = tmp_path / name
        source = f"testsrc2=size=640x360:duration={seconds}:rate=25"
        comment = f"comment={os.urandom(8).hex()}"
        ffmpeg(path, "-f", "lavfi", "-i", source, "-c:v", "mpeg4", "-q:v", "5", "-metadata", comment)
        films.append((site, path))
        return path

    return make

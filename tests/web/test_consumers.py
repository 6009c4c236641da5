"""Every rule of every consumer, asked of real pages of real processed files, read as that consumer reads them."""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from redis import Redis

from mediacrush.backends import Backends, connect_backends
from mediacrush.job_queue import ListJobQueue
from mediacrush.model.media import Status
from mediacrush.pipeline.tools import find_tools
from mediacrush.services import albums, library
from mediacrush.services.process import process_media
from mediacrush.settings import Settings
from mediacrush.web import consumer_checks as check
from mediacrush.web import create_app
from mediacrush.web.cards import CARD_MAX_BYTES, CARD_MAX_WIDTH
from mediacrush.web.consumers import CONSUMERS, Consumer, Rule
from mediacrush.web.preview import previews
from mediacrush.web.reading import Visit
from tests.samples import Samples, ffmpeg, picture
from tests.web.conftest import END, MULTIPART, Browser, part
from tests.web.reader import SITE, Reader

# So little that a film of three seconds at 640x360 needs a smaller one for chats.
_CHAT_MAX_BYTES = 150_000
_UPLOADS = {
    "small photo": "plain.jpg",
    "photo on its side": "photo.jpg",
    "PNG": "picture.png",
    "GIF": "loop.gif",
    "film with sound": "phone.mp4",
    "silent film": "silent.mp4",
    "HEVC film": "hevc.mp4",
    "sound with cover": "song.mp3",
    "sound without cover": "sound.wav",
    "not safe for work": "picture.webp",
}
_KINDS = (*_UPLOADS, "big photo", "large film", "queued", "album", "album of one")
_LARGE = "For a large card it has at least 600 by 315 pixels."
# What cannot hold: a picture has no more pixels, a film is not made yet.
_CANNOT = {
    ("queued", "A film has a file that is small enough to play in the chat."),
    *((kind, _LARGE) for kind in ("small photo", "PNG", "GIF", "silent film", "album", "album of one")),
    ("GIF", "The picture has at least 200 by 200 pixels."),
    ("GIF", "There is a picture of at least 100 by 100 pixels."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A site with one of each kind on it."""

    app: Flask
    backends: Backends
    reader: Reader
    hashes: dict[str, str]
    visits: dict[str, Visit]

    def visit(self, kind: str) -> Visit:
        """The page of this kind, as it was when it was first asked for."""
        if kind not in self.visits:
            self.visits[kind] = self.reader.visit(f"/{self.hashes[kind]}")
        return self.visits[kind]


@pytest.fixture(scope="module")
def world(redis_url: str, samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Made once for all tests of this module: processing takes the time."""
    folder = tmp_path_factory.mktemp("world")
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    settings = Settings(
        data_dir=folder / "data",
        redis_url=redis_url,
        public_url=SITE,
        chat_max_bytes=_CHAT_MAX_BYTES,
        secret_key="a key that only tests have",
    )
    jobs = ListJobQueue()
    backends, tools = replace(connect_backends(settings), jobs=jobs), find_tools(settings)
    app = create_app(backends)
    app.test_client_class = Browser
    client = app.test_client()

    def upload(path: Path) -> str:
        answer = client.post("/api/upload/file", data=part("file", path.read_bytes()) + END, content_type=MULTIPART)
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["hash"])

    hashes = {kind: upload(samples[name]) for kind, name in _UPLOADS.items()}
    hashes["big photo"] = upload(_big_photo(folder / "big.jpg"))
    hashes["large film"] = upload(_large_film(folder / "large.mp4"))
    while jobs.jobs:
        queue, hash_ = jobs.jobs.pop(0)
        process_media(backends, tools, hash_, queue)
    hashes["queued"] = upload(samples["clip.mkv"])
    hidden = backends.media.get(hashes["not safe for work"])
    assert hidden is not None
    library.set_flags(backends, hidden, {"nsfw": True})
    shown = [hashes[kind] for kind in ("not safe for work", "PNG", "GIF", "film with sound", "sound without cover")]
    hashes["album"], _ = albums.create(backends, ",".join(shown), None, None)
    hashes["album of one"], _ = albums.create(backends, hashes["PNG"], None, None)
    return World(app=app, backends=backends, reader=Reader(client, tools.ffprobe[0]), hashes=hashes, visits={})


def _big_photo(path: Path) -> Path:
    picture(2600, 1900, seed=7).save(path, "JPEG", quality=93)
    return path


def _large_film(path: Path) -> Path:
    """Wider than any card."""
    source = "testsrc2=size=1600x900:duration=1:rate=10"
    ffmpeg(path, "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    return path


def _rules() -> list[tuple[Consumer, Rule]]:
    return [(consumer, rule) for consumer in CONSUMERS for rule in consumer.rules]


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(
    ("consumer", "rule"), _rules(), ids=[f"{consumer.key}: {rule.sentence}" for consumer, rule in _rules()]
)
def test_every_rule_holds_for_every_kind(world: World, consumer: Consumer, rule: Rule, kind: str) -> None:
    """Whoever reads the page finds what they need; a picture that is too small cannot be helped, and is told."""
    holds = rule.holds(world.visit(kind))
    if (kind, rule.sentence) in _CANNOT:
        assert holds is False
    else:
        assert holds is not False


@pytest.mark.parametrize("kind", _KINDS)
def test_a_card_has_a_small_jpeg(world: World, kind: str) -> None:
    """At most 1,200 pixels wide and under 1 MB: the narrowest of all rules, so that nobody drops it."""
    holds = check.image("image/jpeg", below_bytes=CARD_MAX_BYTES, max_width=CARD_MAX_WIDTH)
    assert holds(world.visit(kind))


@pytest.mark.parametrize("kind", sorted(set(_KINDS) - {"sound without cover", "not safe for work", "queued"}))
def test_the_picture_is_its_own(world: World, kind: str) -> None:
    """Our sign stands only for what has none; oEmbed's thumbnail is the same."""
    visit = world.visit(kind)
    image = visit.head.first("og:image") or ""
    assert "/static/" not in image
    assert visit.oembed is not None
    assert visit.oembed["thumbnail_url"] == image
    found = visit.at("og:image")
    assert found is not None
    assert (visit.oembed["thumbnail_width"], visit.oembed["thumbnail_height"]) == (found.width, found.height)


@pytest.mark.parametrize("kind", ["film with sound", "silent film", "HEVC film", "GIF", "large film"])
def test_a_film_plays_in_a_chat(world: World, kind: str) -> None:
    """It is an H.264 MP4 no larger than the setting, and the player card of X has the same."""
    visit = world.visit(kind)
    assert check.plays_in_place(visit)
    assert check.video_is_file(visit)
    assert check.video_at_most(_CHAT_MAX_BYTES)(visit)
    head = visit.head
    assert head.first("og:video") == head.first("og:video:secure_url") == head.first("twitter:player:stream")
    assert head.first("og:video:type") == head.first("twitter:player:stream:content_type") == "video/mp4"
    assert head.first("twitter:card") == "player"
    assert head.first("twitter:player") == f"{SITE}/{world.hashes[kind]}/frame"


@pytest.mark.parametrize("kind", ["sound with cover", "sound without cover"])
def test_a_sound_has_a_file_and_a_picture(world: World, kind: str) -> None:
    """og:audio is an MP3 that is there; without a cover the picture is our sign."""
    visit = world.visit(kind)
    address = visit.head.first("og:audio") or ""
    found = visit.fetch(address)
    assert found is not None
    assert found.mime == visit.head.first("og:audio:type") == "audio/mpeg"
    assert visit.head.first("og:type") == "music.song"
    assert (visit.head.first("og:image") == f"{SITE}/static/img/card.jpg") is (kind == "sound without cover")


def test_what_is_not_for_all_eyes_is_not_shown(world: World) -> None:
    """Its page names neither a picture of it nor a file that plays; oEmbed holds our player, with its veil."""
    visit = world.visit("not safe for work")
    assert visit.head.all("og:image") == [f"{SITE}/static/img/card.jpg"]
    assert visit.head.first("og:video") is None
    assert visit.oembed is not None
    assert visit.oembed["type"] == "rich"
    assert not {"url", "thumbnail_url"} & set(visit.oembed)


def test_an_album_shows_its_pictures(world: World) -> None:
    """In its order, at most four, none that is not safe for work, and none of what has no picture."""
    visit = world.visit("album")
    names = [address.removeprefix(f"{SITE}/")[:12] for address in visit.head.all("og:image")]
    assert names == [world.hashes[kind] for kind in ("PNG", "GIF", "film with sound")]
    address = visit.head.link("discord:component-embed", "application/json")
    content = visit.read_json(address or "")
    assert content is not None
    items = content["component"]["components"][1]["items"]
    assert [item["media"]["url"] for item in items] == visit.head.all("og:image")


@pytest.mark.parametrize("kind", _KINDS)
def test_a_page_is_not_indexed_but_may_be_read(world: World, kind: str) -> None:
    """Search engines are asked to leave it; robots.txt keeps nobody out who makes a card of it."""
    page = world.visit(kind)
    assert "noindex" in (page.head.first("robots") or "")
    robots = RobotFileParser()
    robots.parse(world.app.test_client().get("/robots.txt").text.splitlines())
    read = [page.url, *(value for name in ("og:image", "og:video", "og:audio") for value in page.head.all(name))]
    assert all(robots.can_fetch("Twitterbot", address) for address in [*read, f"{SITE}/oembed?url={page.url}"])


@pytest.mark.parametrize("kind", _KINDS)
def test_head_says_what_get_says(world: World, kind: str) -> None:
    """Some ask for the headers before they fetch the page."""
    client = world.app.test_client()
    path = f"/{world.hashes[kind]}"
    asked, got = client.head(path), client.get(path)
    assert (asked.status_code, asked.mimetype, asked.data) == (200, "text/html", b"")
    assert asked.content_length in (None, got.content_length)


def test_what_failed_makes_no_card(world: World, samples: Samples) -> None:
    """Its page is a 404, and so is its oEmbed answer."""
    client = world.app.test_client()
    hash_ = world.hashes["queued"]
    media = world.backends.media.get(hash_)
    assert media is not None
    broken = replace(media, hash="brokenbroken", sha256="f" * 64, original_key="originals/broken")
    _, name = world.backends.media.create(broken, ["brokenbroken"])
    world.backends.media.fail(broken, Status.ERROR, "This file is damaged.")
    assert client.get(f"/{name}").status_code == 404
    assert client.get("/oembed", query_string={"url": f"{SITE}/{name}"}).status_code == 404
    assert client.get(f"/{name}/preview").status_code == 404


@pytest.mark.parametrize("kind", _KINDS)
def test_what_is_shown(world: World, kind: str) -> None:
    """Everybody makes a card, with a title and the site's name; only a picture that is too small is missing."""
    for preview in previews(world.visit(kind)):
        shown = preview.shown
        assert shown.is_card
        assert shown.title
        assert shown.site == "MediaCrush"
        assert shown.images or (kind == "GIF" and preview.consumer.key in ("reddit", "facebook"))


@pytest.mark.parametrize("kind", _KINDS)
def test_the_xml_answer_is_the_json_answer(world: World, kind: str) -> None:
    """At the address that the page names for it."""
    head = world.visit(kind).head
    address = head.link("alternate", "text/xml+oembed") or ""
    answer = world.app.test_client().get(address.removeprefix(SITE))
    assert answer.mimetype == "text/xml"
    read = {child.tag: child.text for child in fromstring(answer.data)}  # noqa: S314  # our own answer
    assert read == {name: str(value) for name, value in (world.visit(kind).oembed or {}).items()}


@pytest.mark.parametrize("kind", sorted(set(_KINDS) - {"queued", "album", "album of one"}))
def test_a_direct_link_plays_by_itself(world: World, kind: str) -> None:
    """Where only links to files are shown in place: its name ends in what it is, as browser extensions look for it,
    and it is no download."""
    hash_ = world.hashes[kind]
    shared = world.app.test_client().get(f"/api/{hash_}/share").get_json()
    found = world.reader.fetch(shared["direct"])
    assert found is not None
    extension = shared["direct"].rpartition(".")[2]
    expected = {"image": "jpg png webp gif svg", "video": "mp4 webm", "audio": "mp3 opus ogg oga flac wav"}
    assert extension in expected[found.mime.split("/")[0]].split()


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "facebookexternalhit/1.1",
        "WhatsApp/2.23",
        "Twitterbot/1.0",
        "",
    ],
)
def test_every_reader_gets_the_same_page(world: World, agent: str) -> None:
    """At once, without a redirect and without a cookie."""
    client = world.app.test_client(use_cookies=False)
    answer = client.get(f"/{world.hashes['film with sound']}", headers={"User-Agent": agent})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.data == world.visit("film with sound").body

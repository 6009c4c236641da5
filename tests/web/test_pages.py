"""Pages and files as a browser gets them."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.database.media import DELETED_KEPT_S
from mediacrush.services import library
from mediacrush.web import create_app
from tests.samples import Samples
from tests.web.records import FILM, keep

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]
_PAGES = ["/{}", "/{}/direct", "/{}/frame", "/{}/fragment", "/{}/delete"]


@pytest.mark.parametrize("sample", ["photo.jpg", "loop.gif", "phone.mp4", "song.mp3"])
@pytest.mark.parametrize("page", _PAGES)
def test_every_page_of_every_kind(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, sample: str, page: str
) -> None:
    """Answers, names only addresses that answer too, and holds no inline script or style."""
    hash_ = uploaded(samples[sample])
    answer = client.get(page.format(hash_))
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    for link in set(_links(answer.text)):
        assert client.get(link).status_code in (200, 302), link


@pytest.mark.parametrize("path", ["/", "/mine", "/about", "/apps", "/serious", "/feedback"])
def test_pages_that_are_the_same_for_all(client: FlaskClient, path: str) -> None:
    """Those that others link to since 2013 are there, strict, with one heading and no link that leads nowhere."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    assert len(re.findall(r"<h1[ >]", answer.text)) == 1
    for link in set(_links(answer.text)):
        assert client.get(link).status_code == 200, link


def test_scripts_may_read_what_the_cdn_has(backends: Backends) -> None:
    """A player asks it for stills and waveforms. A path in a policy is one file's, unless it ends in a slash."""
    for cdn, allowed in (
        ("https://cdn.example", "connect-src 'self' https://cdn.example;"),
        ("https://cdn.example/crush", "connect-src 'self' https://cdn.example/crush/;"),
        ("https://cdn.example/crush", "media-src 'self' blob: https://cdn.example/crush/;"),
        (None, "connect-src 'self' ;"),
    ):
        settings = backends.settings.model_copy(update={"cdn_url": cdn})
        policy = (
            create_app(replace(backends, settings=settings))
            .test_client()
            .get("/")
            .headers["Content-Security-Policy"]
        )
        assert allowed in policy


def _links(html: str) -> list[str]:
    found = re.findall(r'(?:src|href|poster|srcset)="(?:http://localhost)?(/[^"#]*)', html)
    return [unescape(link) for link in found if not link.startswith("//")]


@pytest.mark.parametrize(("left_out", "suffix"), [("", ".preview.jpg"), ("preview", ".jpg")])
def test_a_film_shows_the_smaller_still_and_asks_for_it_at_once(
    client: FlaskClient, backends: Backends, left_out: str, suffix: str
) -> None:
    """A poster has as many pixels as its film; where none smaller was made it stands for itself."""
    record = replace(FILM, files=tuple(f for f in FILM.files if f.name != left_out))
    html = client.get(f"/{keep(backends, record)}").text
    address = f"http://localhost/{FILM.hash}{suffix}"
    assert f'<link rel="preload" as="image" href="{address}"' in html
    assert f' poster="{address}"' in html


def test_tags_from_a_file_are_text(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """What somebody wrote into a song is shown, not interpreted."""
    page = client.get(f"/{uploaded(samples['song.mp3'])}").text
    assert "Füße &amp; &lt;b&gt;Köpfe&lt;/b&gt;" in page
    assert "<b>Köpfe" not in page


@pytest.mark.parametrize("path", ["/{}", "/{}/direct", "/{}/frame", "/status/{}"])
def test_a_queued_media_shows_its_progress(client: FlaskClient, post: Post, samples: Samples, path: str) -> None:
    """200 from the first moment, for every page that others link to."""
    hash_ = post(samples["plain.jpg"]).get_json()["hash"]
    answer = client.get(path.format(hash_))
    assert answer.status_code == 200
    assert "<progress" in answer.text


def test_status_moves_on_by_itself(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """/status/<hash> of what plays leads to its page; of what failed it says why; of nothing it is a 404."""
    hash_ = uploaded(samples["plain.jpg"])
    assert client.get(f"/status/{hash_}").headers["Location"] == f"/{hash_}"
    junk = uploaded(b"\0\1\2 junk")
    failed = client.get(f"/status/{junk}")
    assert failed.status_code == 200
    assert "can be read here" in failed.text
    assert client.get("/status/AAAAAAAAAAAA").status_code == 404


@pytest.mark.parametrize("page", ["/{}", "/{}/direct", "/{}/frame"])
def test_a_page_is_validated_before_it_is_rendered(
    client: FlaskClient, uploaded: Uploaded, backends: Backends, samples: Samples, page: str
) -> None:
    """304 while nothing changed; a new page and validator after a change; 404 after a delete."""
    hash_ = uploaded(samples["plain.jpg"])
    url = page.format(hash_)
    first = client.get(url)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    media = library.find_media(backends, hash_)
    library.set_flags(backends, media, {"nsfw": True})
    changed = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    library.delete(backends, media)
    assert client.get(url).status_code == 404


def test_a_page_is_the_same_for_everybody(
    client: FlaskClient, stranger: FlaskClient, uploaded: Uploaded, samples: Samples
) -> None:
    """No cookie is set and none is looked at, so that caches may keep it."""
    hash_ = uploaded(samples["plain.jpg"])
    mine, theirs = client.get(f"/{hash_}"), stranger.get(f"/{hash_}")
    assert mine.data == theirs.data
    assert "Set-Cookie" not in mine.headers
    assert "Cookie" not in mine.headers.get("Vary", "")


def test_player_options_come_from_the_query(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """They win over the flags; unknown ones change nothing, not even the validator."""
    hash_ = uploaded(samples["phone.mp4"])
    plain, looped = client.get(f"/{hash_}/frame"), client.get(f"/{hash_}/frame?loop&mute&autoplay")
    assert " loop" in looped.text
    assert " autoplay" in looped.text
    assert " autoplay" not in plain.text
    assert client.get(f"/{hash_}/frame?utm_source=x").headers["ETag"] == plain.headers["ETag"]


def test_only_the_frame_may_be_framed(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """Any site embeds /frame; nobody frames the pages with buttons."""
    hash_ = uploaded(samples["phone.mp4"])
    assert "frame-ancestors *" in client.get(f"/{hash_}/frame").headers["Content-Security-Policy"]
    for path in ("/", f"/{hash_}", f"/{hash_}/delete"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    assert "X-Frame-Options" not in client.get(f"/{hash_}/frame").headers


def test_styles_of_controls_are_allowed_where_something_plays(
    client: FlaskClient, uploaded: Uploaded, samples: Samples
) -> None:
    """Each by its digest, and none on other pages. WebAssembly runs in the worker that draws subtitles alone."""
    film, picture = uploaded(samples["phone.mp4"]), uploaded(samples["plain.jpg"])
    for path, allows in ((f"/{film}", True), (f"/{film}/frame", True), (f"/{picture}", False), ("/", False)):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert ("style-src 'self' 'sha256-" in policy) == allows, path
        assert "wasm" not in policy
    folder = re.search(r"/static/v[0-9a-f]+/", client.get(f"/{film}").text)
    assert folder is not None
    worker = client.get(f"{folder[0]}vendor/jassub/dist/worker/worker.js")
    assert "script-src 'self' 'wasm-unsafe-eval';" in worker.headers["Content-Security-Policy"]


def test_files_take_ranges_and_conditions(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """206 with the asked bytes, 416 beyond the end, 304 for what one has, and inline or as an attachment."""
    hash_ = uploaded(samples["phone.mp4"])
    url = f"/{hash_}.mp4"
    whole = client.get(url)
    assert whole.status_code == 200
    assert whole.mimetype == "video/mp4"
    assert "attachment" not in whole.headers.get("Content-Disposition", "")
    assert "immutable" in whole.headers["Cache-Control"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.data == whole.data[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.data)}"
    assert client.get(url, headers={"Range": "bytes=-5"}).data == whole.data[-5:]
    assert client.get(url, headers={"Range": f"bytes={len(whole.data)}-"}).status_code == 416
    assert client.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    changed = client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert changed.status_code == 200
    assert client.head(url).headers["Content-Length"] == str(len(whole.data))
    for path in (f"/download{url}", f"/download/{url}"):
        assert client.get(path).headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["{}.exe", "{}.mp4.exe", "{}.", "{}.jpg%00", "originals/{}", "{}.png"])
def test_only_published_files_are_served(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, name: str
) -> None:
    """Whatever else one makes up is a 404."""
    assert client.get("/" + name.format(uploaded(samples["plain.jpg"]))).status_code == 404


def test_no_file_can_run_a_script(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """Types are ours and final, and a file shown by itself may load nothing."""
    answer = client.get(f"/{uploaded(samples['plain.jpg'])}.jpg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("sample", "suffix"), [("phone.mp4", ".jpg"), ("song.mp3", ".jpg"), ("plain.jpg", ".jpg"), ("loop.gif", ".jpg")]
)
def test_the_thumbnail_is_a_picture(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, sample: str, suffix: str
) -> None:
    """The address that uploaders get at once leads to a still; a sound without cover has none."""
    hash_ = uploaded(samples[sample])
    answer = client.get(f"/{hash_}/thumbnail", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.mimetype.startswith("image/")
    assert client.get(f"/{uploaded(samples['sound.wav'])}/thumbnail").status_code == 404


def test_deleting_without_javascript(
    client: FlaskClient, stranger: FlaskClient, post: Post, backends: Backends
) -> None:
    """The page asks; a stranger is asked for the token and told when it is wrong; the owner's click deletes."""
    content = post(b"\0\1form").get_json()
    url = f"/{content['hash']}/delete"
    assert 'name="delete_token"' not in client.get(url).text
    assert 'name="delete_token"' in stranger.get(url).text
    refused = stranger.post(url, data={"delete_token": "wrong"})
    assert refused.status_code == 401
    assert backends.media.get(content["hash"]) is not None
    assert stranger.post(url, data={"delete_token": content["delete_token"]}).status_code == 200
    assert backends.media.get(content["hash"]) is None
    assert client.post(url).status_code == 404


def test_scripts_and_styles_are_sent_compressed(client: FlaskClient) -> None:
    """To whoever unpacks them, and byte for byte to others; what is compressed already is left alone."""
    page = client.get("/").text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', page):
        plain = client.get(address)
        packed = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.vary
        assert "Accept-Encoding" in plain.vary
        assert gzip.decompress(packed.data) == plain.data
        assert "immutable" in packed.headers["Cache-Control"]
        tag = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
        assert client.get(address, headers=tag).status_code == 304
    card = client.get("/static/img/card.jpg", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in card.headers


def test_static_files_have_names_that_change_with_their_content(client: FlaskClient) -> None:
    """Long caching under the build's folder, short under the plain one; nothing outside of static/."""
    page = client.get("/").text
    styles = re.search(r'href="(/static/v[0-9a-f]{10}/css/[^"]+)"', page)
    assert styles is not None
    assert "immutable" in client.get(styles[1]).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/img/favicon.svg").headers["Cache-Control"]
    for path in ("/static/../requirements.txt", "/static/%2e%2e/requirements.txt", "/static/nothing.js"):
        assert client.get(path).status_code == 404


def test_what_was_deleted_says_so(client: FlaskClient, uploaded: Uploaded, samples: Samples, redis: Redis) -> None:
    """For a month, and only until the same is uploaded again; a name that never was is mistyped or deleted."""
    hash_ = uploaded(samples["plain.jpg"])
    client.delete(f"/api/{hash_}")
    answer = client.get(f"/{hash_}")
    assert answer.status_code == 404
    assert "<h1>Deleted</h1>" in answer.text
    assert 0 < redis.ttl(f"deleted:{hash_}") <= DELETED_KEPT_S
    assert "<h1>Nothing here</h1>" in client.get("/AAAAAAAAAAAA").text
    uploaded(samples["plain.jpg"])
    assert client.get(f"/{hash_}").status_code == 200


def test_too_many_says_when_the_next_is_taken(backends: Backends) -> None:
    """On the page, as Retry-After does for programs."""
    settings = backends.settings.model_copy(update={"feedback_per_hour": 1})
    client = create_app(replace(backends, settings=settings)).test_client()
    for _ in range(2):
        answer = client.post("/feedback", data={"feedback": "Good."})
    assert answer.status_code == 429
    assert re.search(r"taken in \d+ min\.", answer.text)


def test_only_home_may_ask_for_the_microphone(client: FlaskClient) -> None:
    """No other page may, nor what it frames; and none may ask for more."""
    assert "microphone=(self)" in client.get("/").headers["Permissions-Policy"]
    for path in ("/mine", "/about"):
        assert "microphone=()" in client.get(path).headers["Permissions-Policy"]
    assert "camera=()" in client.get("/").headers["Permissions-Policy"]

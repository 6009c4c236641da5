"""What stands beside a film or a sound, on its page and in the API."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mediacrush.backends import Backends
from mediacrush.model.media import PublishedFile, Role
from mediacrush.services import library
from mediacrush.web.representation import MediaView
from mediacrush.web.urls import Urls
from tests.samples import Samples, ffmpeg
from tests.web.records import FILM

Uploaded = Callable[[bytes | Path], str]

_WORDS = "1\n00:00:01,000 --> 00:00:02,000\nHallo\n"
_CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=3\ntitle=Anfang\n"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of six seconds with subtitles, one of them with a name that wants to be HTML, and a chapter."""
    (tmp_path / "words.srt").write_text(_WORDS)
    (tmp_path / "chapters").write_text(_CHAPTERS)
    words, chapters = str(tmp_path / "words.srt"), str(tmp_path / "chapters")
    ffmpeg(
        tmp_path / "film.mkv",
        *(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x120:duration=6:rate=10",
            "-i",
            words,
            "-i",
            words,
            "-i",
            chapters,
        ),
        *("-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
        *("-c:s", "srt", "-metadata:s:s:0", "language=ger", "-metadata:s:s:1", 'title="><b>bold'),
    )
    return tmp_path / "film.mkv"


def test_the_page_lists_the_tracks_of_a_film(client: FlaskClient, uploaded: Uploaded, film: Path) -> None:
    """Subtitles in their order, then chapters, each at an address that answers with WebVTT; what is in a name is
    text. The storyboard is there for players that show one."""
    hash_ = uploaded(film)
    page = client.get(f"/{hash_}").text
    tracks = re.findall(r"<track ([^>]*)>", page.replace("http://localhost", ""))
    assert tracks == [
        f'kind="subtitles" src="/{hash_}.subtitles.1.de.vtt" srclang="de"',
        f'kind="subtitles" src="/{hash_}.subtitles.2.vtt" srclang="und" label="&#34;&gt;&lt;b&gt;bold"',
        f'kind="chapters" src="/{hash_}.chapters.vtt" default',
        f'kind="metadata" label="thumbnails" src="/{hash_}.storyboard.vtt"',
    ]
    assert 'crossorigin="anonymous"' in page
    for address in re.findall(r'src="(/[^"]+\.vtt)"', "".join(tracks)):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "text/vtt"), address
        assert answer.text.startswith("WEBVTT\n\n")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert f"\n{hash_}.storyboard.jpg#xywh=0,0,160,120\n" in client.get(f"/{hash_}.storyboard.vtt").text
    assert client.get(f"/{hash_}.storyboard.jpg").mimetype == "image/jpeg"


def test_the_api_lists_the_extras_of_a_film(client: FlaskClient, uploaded: Uploaded, film: Path) -> None:
    """With what tells two of one type apart."""
    hash_ = uploaded(film)
    extras = {extra["name"]: extra for extra in client.get(f"/api/{hash_}").get_json()["extras"]}
    assert set(extras) == {
        "chapters",
        "poster",
        "storyboard",
        "storyboard.sheet",
        "subtitles.1",
        "subtitles.2",
    }
    assert extras["subtitles.1"]["language"] == "de"
    assert extras["subtitles.2"]["label"] == '"><b>bold'
    assert "language" not in extras["subtitles.2"]


def test_a_sound_has_its_waveform(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """As JSON at an address that the page tells."""
    page = client.get(f"/{uploaded(samples['sound.wav'])}").text
    address = re.search(r'data-waveform="http://localhost(/[^"]+\.waveform\.json)"', page)
    assert address is not None
    assert len(client.get(address[1]).get_json()["peaks"]) == 1000


def _track(name: str, mime: str = "text/vtt") -> PublishedFile:
    return PublishedFile(name=name, filename=f"x.{name}", mime=mime, role=Role.EXTRA, size_bytes=1)


def test_tracks_need_cors(uploaded: Uploaded, samples: Samples, backends: Backends) -> None:
    """From a CDN, and in a frame whose sandbox is of no site, a browser reads tracks only with CORS; without tracks
    it does not ask for it."""
    media = library.find_media(backends, uploaded(samples["silent.mp4"]))
    subtitled = replace(
        media, files=(*media.files, _track("subtitles.10"), _track("subtitles.9"), _track("chapters"))
    )
    cdn = Urls(site="https://a", cdn="https://b")
    assert [track.url for track in MediaView(subtitled, cdn).tracks] == [
        "https://b/x.subtitles.9",
        "https://b/x.subtitles.10",
        "https://b/x.chapters",
    ]
    assert MediaView(subtitled, cdn).needs_cors
    assert not MediaView(replace(media, files=()), cdn).needs_cors


def test_a_player_has_its_still_under_an_address_of_its_own_where_it_asks_with_cors() -> None:
    """A browser may have kept the other, from an answer without a word of CORS."""
    cdn = Urls(site="https://a", cdn="https://b")
    plain, subtitled = (
        MediaView(replace(FILM, files=files), cdn)
        for files in ((_track("poster"),), (_track("poster"), _track("chapters")))
    )
    assert plain.player_poster_url == "https://b/x.poster"
    assert subtitled.player_poster_url == "https://b/x.poster?with-cors"
    assert subtitled.poster_url == "https://b/x.poster"

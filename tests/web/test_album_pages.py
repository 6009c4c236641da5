"""Albums as pages, without a script: what is on them, and who may do what."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.samples import Samples, picture

Uploaded = Callable[[bytes | Path], str]


@pytest.fixture
def items(uploaded: Uploaded, samples: Samples) -> list[str]:
    """A picture, a film and a song."""
    output = io.BytesIO()
    picture(64, 48).save(output, "PNG")
    return [uploaded(output.getvalue()), uploaded(samples["silent.mp4"]), uploaded(samples["sound.opus"])]


@pytest.fixture
def album(client: FlaskClient, items: list[str]) -> str:
    """Their album, with a title."""
    hash_ = str(client.post("/api/album/create", data={"list": ",".join(items)}).get_json()["hash"])
    client.post(f"/api/{hash_}/text", data={"title": "Our <b>trip</b>", "description": "to the *sea*"})
    return hash_


def media_in(html: str) -> list[str]:
    """The kinds of what can be looked at, in their order; what is veiled is none."""
    items = re.split(r'<(?:li|div) class="item', html.partition("<main")[2])[1:] or [html]
    shown = (next((kind for kind in ("video", "audio", "img") if f"<{kind}" in item), None) for item in items)
    return [kind for kind in shown if kind]


def test_the_list_has_all_of_it_in_order(client: FlaskClient, album: str, items: list[str]) -> None:
    """Lazily loaded, with title and description; the list is what the bare address shows."""
    html = client.get(f"/{album}").text
    assert media_in(html) == ["img", "video", "audio"]
    assert html.count("<img") == html.count('loading="lazy"')
    assert html.count('preload="none"') == 2
    assert "Our &lt;b&gt;trip&lt;/b&gt;" in html
    assert "<em>sea</em>" in html
    assert client.get(f"/{album}/list").text == html


@pytest.mark.parametrize(
    ("query", "kind", "earlier", "later"),
    [
        ("", "img", None, 2),
        ("?item=1", "img", None, 2),
        ("?item=2", "video", 1, 3),
        ("?item=3", "audio", 2, None),
        ("?item=99999999999999999999", "audio", 2, None),
        ("?item=0", "img", None, 2),
        ("?item=-1", "img", None, 2),
        ("?item=²", "img", None, 2),
    ],
)
@pytest.mark.parametrize("where", ["focus", "frame"])
def test_one_at_a_time(
    client: FlaskClient, album: str, where: str, query: str, kind: str, earlier: int | None, later: int | None
) -> None:
    """With links to the one before and after, and no further."""
    html = client.get(f"/{album}/{where}{query}").text
    assert media_in(html)[0] == kind
    for relation, number in (("prev", earlier), ("next", later)):
        link = f'rel="{relation}" href="?item={number}"'
        assert (link in html) == (number is not None)
        assert (f'rel="{relation}"' in html) == (number is not None)


def test_random_has_all_of_it_in_any_order(client: FlaskClient, album: str) -> None:
    """Another each time, sooner or later."""
    orders = {tuple(media_in(client.get(f"/{album}/random").text)) for _ in range(60)}
    assert len(orders) > 1
    assert all(sorted(order) == ["audio", "img", "video"] for order in orders)


@pytest.mark.parametrize(
    "path", ["/{album}/grid", "/{album}/list/2", "/AAAAAAAAAAAA/list", "/{item}/focus", "/{album}.zip"]
)
def test_other_layouts_are_a_404(client: FlaskClient, album: str, items: list[str], path: str) -> None:
    """As the contract has it; a media has no layouts, an album that was not packed no zip."""
    assert client.get(path.format(album=album, item=items[0])).status_code == 404


def test_a_frame_is_for_every_page_and_a_page_for_none(client: FlaskClient, album: str) -> None:
    """What sits in other sites' frames can do no more than show."""
    frame, page = client.get(f"/{album}/frame"), client.get(f"/{album}")
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame.headers


def test_its_maker_deletes_it_by_a_page(
    client: FlaskClient, stranger: FlaskClient, album: str, items: list[str]
) -> None:
    """Asked first; a stranger is asked for the token. The media stay."""
    assert 'name="delete_token"' in stranger.get(f"/{album}/delete").text
    assert 'name="delete_token"' not in client.get(f"/{album}/delete").text
    assert stranger.post(f"/{album}/delete", data={"delete_token": "wrong"}).status_code == 401
    assert client.get(f"/{album}").status_code == 200
    assert client.post(f"/{album}/delete").status_code == 200
    assert client.get(f"/{album}").status_code == 404
    assert client.get(f"/{items[0]}").status_code == 200


def test_it_is_packed_by_a_form(client: FlaskClient, album: str, work: Callable[[], Any]) -> None:
    """A button where there is no zip yet, a link where there is."""
    assert f'action="/{album}/zip"' in client.get(f"/{album}").text
    assert client.post(f"/{album}/zip").headers["Location"] == f"/{album}?zip"
    work()
    html = client.get(f"/{album}").text
    assert f'action="/{album}/zip"' not in html
    assert f'href="/download/{album}.zip"' in html
    assert client.get(f"/download/{album}.zip").status_code == 200


def test_what_is_not_safe_for_work_is_veiled(client: FlaskClient, album: str, items: list[str]) -> None:
    """Nothing of it is shown before somebody asks."""
    client.post(f"/api/{items[0]}/flags", data={"nsfw": "true"})
    html = client.get(f"/{album}").text
    assert media_in(html) == ["video", "audio"]
    assert "not safe for work" in html

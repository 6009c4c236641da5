"""What an owner says of an upload."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.services import library, text
from tests.samples import Samples

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]


def _album(client: FlaskClient, *hashes: str) -> str:
    return str(client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"])


def test_an_owner_changes_texts_and_flags(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """In one form, without a script; what is there is in its fields, what is not ticked is off."""
    hash_ = uploaded(samples["phone.mp4"])
    answer = client.post(f"/{hash_}/edit", data={"title": "A *dog*", "description": "", "loop": "true"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{hash_}")
    shown = client.get(f"/api/{hash_}").get_json()
    assert (shown["title"], shown["description"], shown["flags"]["loop"]) == ("A *dog*", None, True)
    form = client.get(f"/{hash_}/edit").text
    assert 'value="A *dog*"' in form
    assert form.count(" checked") == 1
    client.post(f"/{hash_}/edit", data={"title": "", "description": "Its ball."})
    shown = client.get(f"/api/{hash_}").get_json()
    assert (shown["title"], shown["description"], shown["flags"]["loop"]) == (None, "Its ball.", False)


def test_an_album_has_texts_and_no_flags(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """The same form."""
    album = _album(client, uploaded(samples["plain.jpg"]))
    assert "checkbox" not in client.get(f"/{album}/edit").text
    client.post(f"/{album}/edit", data={"title": "Summer", "description": "", "nsfw": "true"})
    assert client.get(f"/api/{album}").get_json()["title"] == "Summer"


def test_a_stranger_changes_nothing_without_the_token(
    client: FlaskClient, stranger: FlaskClient, post: Post, work: Callable[[], object], samples: Samples
) -> None:
    """What was typed is still there when it was refused; with the token it is taken."""
    sent = post(samples["plain.jpg"]).get_json()
    work()
    edit, typed = f"/{sent['hash']}/edit", {"title": 'Mine"><b>', "nsfw": "true"}
    answer = stranger.post(edit, data=typed)
    assert answer.status_code == 401
    assert 'value="Mine&#34;&gt;&lt;b&gt;"' in answer.text
    assert " checked" in answer.text
    shown = client.get(f"/api/{sent['hash']}").get_json()
    assert (shown["title"], shown["flags"]["nsfw"]) == (None, False)
    assert stranger.post(edit, data=typed | {"delete_token": sent["delete_token"]}).status_code == 303
    assert client.get(f"/api/{sent['hash']}").get_json()["flags"]["nsfw"] is True


def test_texts_that_are_too_long_or_closed(
    client: FlaskClient, uploaded: Uploaded, backends: Backends, samples: Samples
) -> None:
    """Too long: nothing changes, flags neither. Closed by the operator: no field is offered, flags still change."""
    hash_ = uploaded(samples["plain.jpg"])
    answer = client.post(f"/{hash_}/edit", data={"title": "x" * 2049, "nsfw": "true"})
    assert answer.status_code == 414
    assert "longer than 2048 characters" in answer.text
    assert not library.find_media(backends, hash_).flags.nsfw
    text.lock(backends, hash_, is_locked=True)
    assert 'name="title"' not in client.get(f"/{hash_}/edit").text
    assert client.post(f"/{hash_}/edit", data={"title": "Open?", "nsfw": "true"}).status_code == 303
    media = library.find_media(backends, hash_)
    assert (media.title, media.flags.nsfw) == (None, True)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_to_edit(client: FlaskClient, uploaded: Uploaded, method: str) -> None:
    """404 for what is not here and for what failed."""
    for hash_ in ("AAAAAAAAAAAA", uploaded(b"\0\1\2 junk")):
        assert getattr(client, method)(f"/{hash_}/edit").status_code == 404


def test_other_sites_cannot_edit_by_a_visitors_address(client: FlaskClient, post: Post, samples: Samples) -> None:
    """The cookie stays at home (SameSite), and the address does not count for another site's form."""
    hash_ = post(samples["plain.jpg"]).get_json()["hash"]
    client.delete_cookie("owner")
    sent = client.post(f"/{hash_}/edit", data={"title": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 401
    assert client.get(f"/api/{hash_}").get_json()["title"] is None

"""What a browser uploaded, and what its owner says of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.services import library, mine, text
from tests.samples import Samples

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]


def _listed(client: FlaskClient, page: str = "/mine") -> list[str]:
    """The hashes on the page, in its order."""
    lines = client.get(page).text.splitlines()
    return [line.partition('data-copy="http://localhost/')[2][:12] for line in lines if "data-copy" in line]


def _album(client: FlaskClient, *hashes: str) -> str:
    return str(client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"])


def test_a_browser_sees_what_it_sent_newest_first(
    client: FlaskClient, stranger: FlaskClient, uploaded: Uploaded, samples: Samples
) -> None:
    """Media and albums; another browser sees nothing of it, and no cache may keep the page."""
    assert "Nothing yet" in client.get("/mine").text
    photo, song = uploaded(samples["plain.jpg"]), uploaded(samples["song.mp3"])
    album = _album(client, photo, song)
    assert _listed(client) == [album, song, photo]
    assert _listed(stranger) == []
    assert client.get("/mine").headers["Cache-Control"] == "private, no-store"


def test_bytes_that_were_here_already_are_listed_too(
    client: FlaskClient, stranger: FlaskClient, uploaded: Uploaded, post: Post, samples: Samples
) -> None:
    """Whoever sends known content is a further owner, and sees it among their own."""
    hash_ = uploaded(samples["plain.jpg"])
    assert post(samples["plain.jpg"], by=stranger).status_code == 409
    assert _listed(stranger) == [hash_]


def test_what_is_deleted_or_failed_is_not_listed(
    client: FlaskClient, stranger: FlaskClient, uploaded: Uploaded, post: Post, samples: Samples, redis: "Redis"
) -> None:
    """Nor what was withdrawn from while somebody else still has it; the list itself forgets."""
    withdrawn, failed = uploaded(samples["plain.jpg"]), uploaded(b"\0\1\2 junk")
    post(samples["plain.jpg"], by=stranger)
    assert client.delete(f"/api/{withdrawn}").status_code == 200
    assert _listed(client) == []
    assert stranger.get(f"/api/{withdrawn}").status_code == 200
    (mine_key,) = [key for key in redis.keys("mine:*") if withdrawn not in redis.zrange(key, 0, -1)]
    assert redis.zrange(mine_key, 0, -1) == [failed]


def test_the_list_has_pages(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not exist is the nearest one."""
    monkeypatch.setattr(mine, "PAGE_ITEMS", 2)
    photo = uploaded(samples["plain.jpg"])
    albums = [_album(client, photo) for _ in range(4)]
    assert _listed(client) == albums[:1:-1]
    assert _listed(client, "/mine?page=2") == albums[1::-1]
    for page in ("/mine?page=3", "/mine?page=99999999", "/mine?page=3x"):
        assert _listed(client, page) == ([photo] if "x" not in page else albums[:1:-1]), page
    assert "2 of 3" in client.get("/mine?page=2").text


def test_a_forged_cookie_owns_nothing(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """Only what we signed names a browser."""
    uploaded(samples["plain.jpg"])
    client.set_cookie("owner", "ImZvcmdlZCI.forged")
    assert "Nothing yet" in client.get("/mine").text


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

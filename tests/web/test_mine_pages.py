"""What a browser uploaded: listing it, deleting and forgetting several, taking the list to another browser."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.services import mine
from tests.samples import Samples

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]
Sent = Callable[[Path], str]


@pytest.fixture
def sent(post: Post) -> Sent:
    """Uploads, and leaves it waiting, which is no matter here; the hash."""
    return lambda path: str(post(path).get_json()["hash"])


def _listed(client: FlaskClient, page: str = "/mine") -> list[str]:
    """The hashes on the page, in its order."""
    lines = client.get(page).text.splitlines()
    return [line.partition('data-copy="http://localhost/')[2][:12] for line in lines if "data-copy" in line]


def _album(client: FlaskClient, *hashes: str) -> str:
    return str(client.post("/api/album/create", data={"list": ",".join(hashes)}).get_json()["hash"])


def _import(client: FlaskClient, content: object, **kwargs: object) -> TestResponse:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/mine/import", data={"list": (BytesIO(text), "list.json")}, **kwargs)


def test_a_browser_sees_what_it_sent_newest_first(
    client: FlaskClient, stranger: FlaskClient, sent: Sent, samples: Samples
) -> None:
    """Media and albums; another browser sees nothing of it, and no cache may keep the page."""
    assert "Nothing yet" in client.get("/mine").text
    photo, song = sent(samples["plain.jpg"]), sent(samples["song.mp3"])
    album = _album(client, photo, song)
    assert _listed(client) == [album, song, photo]
    assert _listed(stranger) == []
    assert client.get("/mine").headers["Cache-Control"] == "private, no-store"


def test_bytes_that_were_here_already_are_listed_too(
    client: FlaskClient, stranger: FlaskClient, sent: Sent, post: Post, samples: Samples
) -> None:
    """Whoever sends known content is a further owner, and sees it among their own."""
    hash_ = sent(samples["plain.jpg"])
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
    client: FlaskClient, sent: Sent, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not exist is the nearest one."""
    monkeypatch.setattr(mine, "PAGE_ITEMS", 2)
    photo = sent(samples["plain.jpg"])
    albums = [_album(client, photo) for _ in range(4)]
    assert _listed(client) == albums[:1:-1]
    assert _listed(client, "/mine?page=2") == albums[1::-1]
    for page in ("/mine?page=3", "/mine?page=99999999", "/mine?page=3x"):
        assert _listed(client, page) == ([photo] if "x" not in page else albums[:1:-1]), page
    assert "2 of 3" in client.get("/mine?page=2").text


def test_a_forged_cookie_owns_nothing(client: FlaskClient, sent: Sent, samples: Samples) -> None:
    """Only what we signed names a browser."""
    sent(samples["plain.jpg"])
    client.set_cookie("owner", "ImZvcmdlZCI.forged")
    assert "Nothing yet" in client.get("/mine").text


def test_several_are_deleted_after_asking(client: FlaskClient, sent: Sent, samples: Samples) -> None:
    """The first form asks and changes nothing; the second takes media and albums, only those that were chosen."""
    photo, song = sent(samples["plain.jpg"]), sent(samples["song.mp3"])
    album = _album(client, photo, song)
    chosen = {"hash": [photo, album, "AAAAAAAAAAAA"], "do": "delete"}
    asked = client.post("/mine", data=chosen)
    assert asked.status_code == 200
    assert "Delete these 2 uploads?" in asked.text
    assert _listed(client) == [album, song, photo]
    answer = client.post("/mine", data=chosen | {"sure": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mine")
    assert _listed(client) == [song]
    assert [client.get(f"/api/{hash_}").status_code for hash_ in (photo, album, song)] == [404, 404, 200]


def test_an_album_of_the_chosen_ones(client: FlaskClient, sent: Sent, samples: Samples) -> None:
    """The oldest first, made by a plain form; an album cannot hold another, which the page says."""
    photo, song = sent(samples["plain.jpg"]), sent(samples["song.mp3"])
    answer = client.post("/mine", data={"hash": [song, photo], "do": "album"})
    album = answer.headers["Location"].removeprefix("/")
    assert answer.status_code == 303
    assert [file["hash"] for file in client.get(f"/api/{album}").get_json()["files"]] == [photo, song]
    refused = client.post("/mine", data={"hash": [song, album], "do": "album"})
    assert refused.status_code == 415
    assert "An album cannot hold another album." in refused.text


@pytest.mark.parametrize("do", ["delete", "forget", "album"])
def test_what_is_somebody_elses_stays(
    client: FlaskClient, stranger: FlaskClient, sent: Sent, samples: Samples, do: str
) -> None:
    """A stranger who names it, with a cookie or without one, chose nothing."""
    hash_ = sent(samples["plain.jpg"])
    for _ in ("without a cookie", "with one"):
        answer = stranger.post("/mine", data={"hash": hash_, "do": do, "sure": "yes"})
        assert answer.status_code == 400
        assert "Choose at least one" in answer.text
    assert _listed(client) == [hash_]


def test_a_form_without_a_deed_is_refused(client: FlaskClient, sent: Sent, samples: Samples) -> None:
    """Nothing is chosen, or nothing is asked for: a sentence."""
    hash_ = sent(samples["plain.jpg"])
    assert client.post("/mine", data={"hash": hash_}).status_code == 400
    assert client.post("/mine", data={"hash": hash_, "do": "format c:"}).status_code == 400
    assert client.post("/mine", data={"do": "delete"}).status_code == 400
    assert _listed(client) == [hash_]


def test_what_is_forgotten_stays_at_its_link(client: FlaskClient, post: Post, samples: Samples) -> None:
    """This browser is a stranger to it from then on; the delete token counts as before."""
    sent = post(samples["plain.jpg"]).get_json()
    client.post("/mine", data={"hash": sent["hash"], "do": "forget", "sure": "yes"})
    client.environ_base["REMOTE_ADDR"] = "203.0.113.50"  # an address would be proof for a day
    assert _listed(client) == []
    assert client.delete(f"/api/{sent['hash']}").status_code == 401
    assert (
        client.delete(f"/api/{sent['hash']}", headers={"X-Delete-Token": sent["delete_token"]}).status_code == 200
    )


def test_the_list_goes_to_another_browser(
    client: FlaskClient, stranger: FlaskClient, sent: Sent, samples: Samples, redis: Redis
) -> None:
    """In its order, with the right to delete; asked for twice it holds the same keys, so nothing piles up."""
    photo, song = sent(samples["plain.jpg"]), sent(samples["song.mp3"])
    album = _album(client, photo, song)
    answer = client.post("/mine/export")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    claims = redis.hlen(f"owners:{photo}")
    assert client.post("/mine/export").data == answer.data
    assert redis.hlen(f"owners:{photo}") == claims

    imported = _import(stranger, answer.get_json())
    assert "3 of 3 are listed here now." in imported.text
    assert _listed(stranger) == _listed(client) == [album, song, photo]
    assert stranger.delete(f"/api/{song}").status_code == 200
    again = _import(client, answer.get_json())
    assert "2 of 3 are listed here now. The others are deleted" in again.text
    assert _listed(client) == [album, photo]


def test_a_list_gives_no_more_than_its_tokens_show(
    client: FlaskClient, stranger: FlaskClient, sent: Sent, samples: Samples
) -> None:
    """A token of one upload opens no other, a guess opens none, and the sender's address counts for nothing."""
    photo, song = sent(samples["plain.jpg"]), sent(samples["song.mp3"])
    tokens = {one["hash"]: one["delete_token"] for one in client.post("/mine/export").get_json()["uploads"]}
    swapped = [{"hash": photo, "delete_token": tokens[song]}, {"hash": song, "delete_token": "a guess"}]
    assert "0 of 2 are listed" in _import(stranger, {"uploads": swapped}).text
    assert _listed(stranger) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b'{"uploads": 5}',
        b'{"uploads": [null]}',
        b'{"uploads": [{"hash": "../../etc", "delete_token": "x"}]}',
        b'{"uploads": [{"hash": "AAAAAAAAAAAA", "delete_token": ["x"]}]}',
        b'{"uploads": [' + b",".join([b'{"hash": "AAAAAAAAAAAA", "delete_token": "x"}'] * 1001) + b"]}",
    ],
    ids=["empty", "binary", "deep", "list", "number", "null", "path", "nested", "many"],
)
def test_a_list_that_is_none_is_refused(client: FlaskClient, content: bytes) -> None:
    """With a sentence on the same page."""
    answer = _import(client, content)
    assert answer.status_code == 400
    assert "This is no list of uploads" in answer.text


def test_a_list_is_small_and_must_be_there(client: FlaskClient) -> None:
    """Too large is a 413, none at all a 400."""
    assert _import(client, b" " * 505_000).status_code == 413
    assert client.post("/mine/import").status_code == 400


def test_another_sites_form_takes_no_cookie_away(client: FlaskClient, sent: Sent, samples: Samples) -> None:
    """Such a form comes without the cookie, and is not answered with a fresh one."""
    hash_ = sent(samples["plain.jpg"])
    owner = client.get_cookie("owner")
    assert owner is not None
    client.delete_cookie("owner")
    answer = _import(client, {"uploads": []}, headers={"Sec-Fetch-Site": "cross-site"})
    assert "Set-Cookie" not in answer.headers
    client.set_cookie("owner", owner.value)
    assert _listed(client) == [hash_]

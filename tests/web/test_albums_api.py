"""Albums through the API, to the letter of the contract, and their zips."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from redis import Redis
from redis.connection import AbstractConnection
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.services import fsck
from tests.samples import Samples, picture
from tests.web.records import HASH, PHOTO, keep

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]


@cache
def png(seed: int) -> bytes:
    output = io.BytesIO()
    picture(40, 30, seed=seed).save(output, "PNG")
    return output.getvalue()


@pytest.fixture
def create(client: FlaskClient) -> Callable[..., TestResponse]:
    def run(*hashes: str, by: FlaskClient = client, **form: str) -> TestResponse:
        return by.post("/api/album/create", data={"list": ",".join(hashes), **form})

    return run


@pytest.fixture
def three(uploaded: Uploaded) -> list[str]:
    """Three pictures that are here."""
    return [uploaded(png(seed)) for seed in (1, 2, 3)]


@pytest.fixture
def album(create: Callable[..., TestResponse], three: list[str]) -> dict[str, str]:
    """The answer to the maker of an album of them."""
    made: dict[str, str] = create(*three).get_json()
    return made


def snapshot(redis: Redis, backends: Backends) -> tuple[dict[str, Any], list[str]]:
    """All that is kept: every key with its value, every stored file."""
    keys = sorted(key for key in redis.scan_iter("*") if not key.startswith("limit:"))
    return {key: redis.dump(key) for key in keys}, sorted(backends.storage.list(""))


def test_an_album_is_its_media_in_their_order(client: FlaskClient, three: list[str], album: dict[str, str]) -> None:
    """Hash and delete token at once; the Album has every field, its files are whole Files."""
    assert len(album["hash"]) == 12
    assert album["delete_token"]
    answer = client.get(f"/api/{album['hash']}").get_json()
    assert {key: answer[key] for key in answer if key != "files"} == {
        "hash": album["hash"],
        "blob_type": "album",
        "type": "application/album",
        "metadata": {"has_zip": False},
        "title": None,
        "description": None,
    }
    assert answer["files"] == [client.get(f"/api/{hash_}").get_json() for hash_ in three]
    assert client.get(f"/{album['hash']}.json").get_json() == answer
    assert client.get("/api/info", query_string={"list": f"{album['hash']},{three[0]}"}).get_json() == {
        album["hash"]: answer,
        three[0]: answer["files"][0],
    }
    assert client.get(f"/api/{album['hash']}/exists").get_json() == {"exists": True}


def test_lists_keep_hashes_only(create: Callable[..., TestResponse], client: FlaskClient, three: list[str]) -> None:
    """Blanks, empty entries, player options and what is no hash are left out, and so is a second mention."""
    made = create(f" {three[1]} ", "", "short", f"{three[0]}#autoplay,noloop", three[1])
    files = client.get(f"/api/{made.get_json()['hash']}").get_json()["files"]
    assert [file["hash"] for file in files] == [three[1], three[0]]


@pytest.mark.parametrize(
    ("hashes", "code"),
    [
        ([], 400),
        (["junk", "more junk"], 400),
        (["AAAAAAAAAAAA"], 404),
        ([f"{n:012d}" for n in range(1025)], 413),
    ],
    ids=["nothing", "no hashes", "unknown", "too many"],
)
def test_what_makes_no_album(
    create: Callable[..., TestResponse], redis: Redis, backends: Backends, hashes: list[str], code: int
) -> None:
    """The contract's codes, a sentence, and nothing kept."""
    before = snapshot(redis, backends)
    answer = create(*hashes)
    assert (answer.status_code, answer.get_json()["error"]) == (code, code)
    assert answer.get_json()["message"].endswith(".")
    assert snapshot(redis, backends) == before


def test_no_album_holds_an_album(
    create: Callable[..., TestResponse], three: list[str], album: dict[str, str]
) -> None:
    """415, as for what has no status and no flags."""
    assert create(three[0], album["hash"]).status_code == 415


@pytest.mark.parametrize(("path", "method"), [("status", "get"), ("flags", "get"), ("flags", "post")])
def test_an_album_has_neither_status_nor_flags(
    client: FlaskClient, album: dict[str, str], path: str, method: str
) -> None:
    """It is there at once, and only its media are shown one way or another."""
    answer = getattr(client, method)(f"/api/{album['hash']}/{path}")
    assert (answer.status_code, answer.get_json()["error"]) == (415, 415)


def test_anyone_may_put_anyones_files_in_an_album(
    create: Callable[..., TestResponse], client: FlaskClient, stranger: FlaskClient, three: list[str]
) -> None:
    """And gains nothing over them by it."""
    theirs = create(*three, by=stranger).get_json()
    assert client.get(f"/api/{theirs['hash']}").status_code == 200
    assert stranger.delete(f"/api/{three[0]}").status_code == 401


def test_what_is_deleted_leaves_every_album(client: FlaskClient, three: list[str], album: dict[str, str]) -> None:
    """The rest keeps its order; an album with none left is a 404 everywhere."""
    client.delete(f"/api/{three[1]}")
    files = client.get(f"/api/{album['hash']}").get_json()["files"]
    assert [file["hash"] for file in files] == [three[0], three[2]]
    for hash_ in (three[0], three[2]):
        client.delete(f"/api/{hash_}")
    assert client.get(f"/api/{album['hash']}").status_code == 404
    assert client.get("/api/info", query_string={"list": album["hash"]}).get_json() == {album["hash"]: None}
    assert client.get(f"/{album['hash']}").status_code == 404


@pytest.mark.parametrize("where", ["header", "form", "query", "cookie"])
def test_its_maker_deletes_it_and_its_media_stay(
    client: FlaskClient, stranger: FlaskClient, three: list[str], album: dict[str, str], where: str
) -> None:
    """By the token, wherever it is sent, or by the browser that made it; nobody else."""
    path, token = f"/api/{album['hash']}", album["delete_token"]
    assert stranger.delete(path).status_code == 401
    assert stranger.delete(path, headers={"X-Delete-Token": "wrong"}).status_code == 401
    answer = {
        "header": lambda: stranger.delete(path, headers={"X-Delete-Token": token}),
        "form": lambda: stranger.delete(path, data={"delete_token": token}),
        "query": lambda: stranger.delete(path, query_string={"delete_token": token}),
        "cookie": lambda: client.delete(path),
    }[where]()
    assert answer.get_json() == {"status": "success"}
    assert client.get(path).status_code == 404
    assert client.get(f"/api/{three[0]}").status_code == 200


def test_its_maker_orders_it(
    client: FlaskClient, stranger: FlaskClient, three: list[str], album: dict[str, str]
) -> None:
    """What is not named goes; what was never in it is refused, and a stranger is."""
    path = f"/api/{album['hash']}/order"
    assert stranger.post(path, data={"list": three[2]}).status_code == 401
    assert client.post(path, data={"list": f"{three[2]},AAAAAAAAAAAA"}).status_code == 415
    assert client.post(path, data={"list": ""}).status_code == 415
    assert client.post(path, data={"list": f"{three[2]},{three[0]}"}).get_json() == {"status": "success"}
    files = client.get(f"/api/{album['hash']}").get_json()["files"]
    assert [file["hash"] for file in files] == [three[2], three[0]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What goes to Redis from now on: an entry is what is sent before an answer is waited for, pipelines too."""
    entries: list[Any] = []
    send = AbstractConnection.send_packed_command

    def counted(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        entries.append(command)
        send(self, command, check_health)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    return entries


@pytest.fixture
def large(create: Callable[..., TestResponse], redis: Redis, backends: Backends) -> str:
    """The hash of an album of 1,024 media."""
    record = redis.hgetall(f"media:{keep(backends, PHOTO)}")
    hashes = [f"{n:012d}" for n in range(1024)]
    with redis.pipeline() as pipeline:
        for hash_ in hashes:
            pipeline.hset(f"media:{hash_}", mapping=record)
        pipeline.execute()
    return str(create(*hashes).get_json()["hash"])


@pytest.mark.parametrize(
    ("path", "round_trips"),
    [
        ("/api/{}", 1),
        ("/{}.json", 1),
        ("/api/info?list={},{}", 1),
        ("/api/{}/share", 1),
        ("/oembed?url=http://localhost/{}", 1),
        ("/{}/list", 1),
        ("/{}/focus", 1),
        ("/{}/random", 1),
        # One more, for the version of a media whose page may be kept.
        ("/{}", 2),
        ("/{}/direct", 2),
        ("/{}/frame", 2),
    ],
)
def test_an_album_of_1024_is_one_round_trip(
    client: FlaskClient, large: str, sent: list[Any], path: str, round_trips: int
) -> None:
    """To read it with all its media, wherever it is shown, beside a media too."""
    path = path.format(large, HASH)
    client.get(path)  # the script is known to the server from now on
    sent.clear()
    answer = client.get(path)
    assert (answer.status_code, len(sent)) == (200, round_trips)
    if answer.is_json and "files" in answer.get_json():
        assert len(answer.get_json()["files"]) == 1024


def test_ten_of_the_largest_albums_are_asked_for_at_once(client: FlaskClient, redis: Redis, large: str) -> None:
    """One more is refused before any of their media is sent: each would be held in memory, by the hundred."""
    names = [f"album-{n:06d}" for n in range(11)]
    for name in names:
        redis.hset(f"album:{name}", mapping=redis.hgetall(f"album:{large}"))
    assert client.get(f"/api/info?list={','.join(names[:10])}").status_code == 200
    answer = client.get(f"/api/info?list={','.join(names)}")
    assert (answer.status_code, answer.get_json()["error"]) == (413, 413)
    assert "fewer of them" in answer.get_json()["message"]


@pytest.fixture
def zipped(client: FlaskClient, album: dict[str, str], work: Callable[[], Any]) -> str:
    """The hash of an album that was packed."""
    asked = client.post("/api/album/zip", data={"hash": album["hash"]})
    assert asked.get_json() == {"status": "success"}
    work()
    return album["hash"]


def test_a_zip_holds_every_file_byte_for_byte(client: FlaskClient, three: list[str], zipped: str) -> None:
    """In their order, by names of our own; the API says that it is there."""
    assert client.get(f"/api/{zipped}").get_json()["metadata"] == {"has_zip": True}
    assert client.post("/api/album/zip", data={"hash": zipped}).get_json() == {"status": "done"}
    answer = client.get(f"/{zipped}.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    attachment = client.get(f"/download/{zipped}.zip")
    assert attachment.headers["Content-Disposition"].startswith("attachment")
    assert attachment.data == answer.data
    with ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"{n:04d} {hash_}.png" for n, hash_ in enumerate(three, start=1)]
        for name, hash_ in zip(packed.namelist(), three, strict=True):
            assert packed.read(name) == client.get(f"/{hash_}.png").data


def test_a_zip_never_brings_back_what_was_deleted(
    client: FlaskClient, backends: Backends, three: list[str], zipped: str, work: Callable[[], Any]
) -> None:
    """It goes the moment somebody asks for it; packed again it is without."""
    client.delete(f"/api/{three[1]}")
    assert client.get(f"/api/{zipped}").get_json()["metadata"] == {"has_zip": False}
    assert client.get(f"/{zipped}.zip").status_code == 404
    assert backends.storage.local_path(public_key(f"{zipped}.zip")) is None
    client.post("/api/album/zip", data={"hash": zipped})
    work()
    with ZipFile(io.BytesIO(client.get(f"/{zipped}.zip").data)) as packed:
        assert len(packed.namelist()) == 2


def test_a_zip_goes_with_its_album(client: FlaskClient, backends: Backends, zipped: str) -> None:
    """Nothing of it is left in storage, and the operator's check has nothing to say before and after."""
    assert list(fsck.check(backends, fix=False)) == []
    client.delete(f"/api/{zipped}")
    assert not [key for key in backends.storage.list("") if key.endswith(".zip")]
    assert list(fsck.check(backends, fix=False)) == []


@pytest.mark.parametrize(("form", "code"), [({}, 415), ({"hash": "AAAAAAAAAAAA"}, 404), ({"hash": "../etc"}, 404)])
def test_what_cannot_be_packed(client: FlaskClient, form: dict[str, str], code: int) -> None:
    """No hash, no such album, no hash at all."""
    answer = client.post("/api/album/zip", data=form)
    assert (answer.status_code, answer.get_json()["error"]) == (code, code)


def test_an_album_that_is_deleted_while_it_is_packed_leaves_nothing(
    client: FlaskClient, backends: Backends, album: dict[str, str], work: Callable[[], Any]
) -> None:
    """The job finds it gone."""
    client.post("/api/album/zip", data={"hash": album["hash"]})
    client.delete(f"/api/{album['hash']}")
    work()
    assert not [key for key in backends.storage.list("") if key.endswith(".zip")]


def test_a_film_is_packed_as_it_was_sent(
    client: FlaskClient,
    uploaded: Uploaded,
    create: Callable[..., TestResponse],
    samples: Samples,
    work: Callable[[], Any],
) -> None:
    """Where the original is published; else the first file listed."""
    film, picture_ = uploaded(samples["clip.mkv"]), uploaded(samples["picture.tif"])
    hash_ = create(film, picture_).get_json()["hash"]
    client.post("/api/album/zip", data={"hash": hash_})
    work()
    with ZipFile(io.BytesIO(client.get(f"/{hash_}.zip").data)) as packed:
        for name in packed.namelist():
            assert packed.read(name) == client.get(f"/{name.partition(' ')[2]}").data
        assert len(packed.namelist()) == 2

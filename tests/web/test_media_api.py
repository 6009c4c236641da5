"""Asking about media and changing them, to the letter of the contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.job_queue import ListJobQueue
from tests.samples import Samples

Post = Callable[..., TestResponse]
Uploaded = Callable[[bytes | Path], str]


def test_a_file_has_every_field_of_the_contract(client: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """Shapes and types of a GIF, as clients have read them since 2013."""
    hash_ = uploaded(samples["loop.gif"])
    answer = client.get(f"/api/{hash_}")
    file = answer.get_json()
    assert answer.status_code == 200
    assert file["hash"] == hash_
    assert (file["blob_type"], file["type"]) == ("video", "image/gif")
    assert file["original"] == f"/{hash_}.gif"
    assert file["files"][0] == {
        "file": f"/{hash_}.mp4",
        "url": f"http://localhost/{hash_}.mp4",
        "type": "video/mp4",
    }
    assert file["extras"] == [
        {
            "file": f"/{hash_}.jpg",
            "url": f"http://localhost/{hash_}.jpg",
            "type": "image/jpeg",
            "name": "poster",
            "width": 100,
            "height": 76,
        }
    ]
    assert file["flags"] == {"autoplay": True, "loop": True, "mute": True, "nsfw": False}
    assert file["metadata"]["dimensions"] == {"width": 101, "height": 77}
    assert file["metadata"]["has_audio"] is False
    assert file["metadata"]["has_video"] is True
    assert file["compression"] == round(file["compression"], 2) > 0
    assert file["title"] is None
    assert file["description"] is None
    assert client.get(f"/{hash_}.json").get_json() == file
    for entry in file["files"] + file["extras"]:
        assert client.get(entry["file"]).mimetype == entry["type"]


@pytest.mark.parametrize("sample", ["photo.jpg", "picture.tif", "picture.avif", "loop.webp", "loop.png"])
def test_the_first_file_of_what_is_an_image_by_type_is_an_image(
    client: FlaskClient, uploaded: Uploaded, samples: Samples, sample: str
) -> None:
    """RES links `files[0].url` as an <img> wherever the type is image/*."""
    file = client.get(f"/api/{uploaded(samples[sample])}").get_json()
    assert file["type"].startswith("image/")
    assert file["files"][0]["type"] in ("image/jpeg", "image/png", "image/webp", "image/avif")


def test_status_tells_the_whole_story(
    client: FlaskClient, post: Post, work: Callable[[], Any], samples: Samples
) -> None:
    """Pending without a File; done with it, and progress 1."""
    hash_ = post(samples["plain.jpg"]).get_json()["hash"]
    assert client.get(f"/api/{hash_}/status").get_json() == {"status": "pending", "progress": 0.0}
    work()
    done = client.get(f"/api/{hash_}/status").get_json()
    assert (done["status"], done["progress"], done["hash"]) == ("done", 1.0, hash_)
    assert done[hash_]["files"]


def test_status_tells_how_many_others_wait_before(client: FlaskClient, post: Post, jobs: ListJobQueue) -> None:
    """While there are any; the page of those without JavaScript says it too."""
    first, second, third = (post(f"\0\1{name}".encode()).get_json()["hash"] for name in "abc")
    assert "ahead" not in client.get(f"/api/{first}/status").get_json()
    assert client.get(f"/api/{third}/status").get_json()["ahead"] == 2
    assert "Waiting for 1 other." in client.get(f"/status/{second}").text
    assert "Waiting for 2 others." in client.get(f"/status/{third}").text
    del jobs.jobs[:2]
    assert "ahead" not in client.get(f"/api/{third}/status").get_json()
    assert "Waiting for a free worker." in client.get(f"/status/{third}").text


def test_a_failure_is_told_by_status_and_by_nothing_else(client: FlaskClient, uploaded: Uploaded) -> None:
    """/status says why; /api/<hash> and /exists say 404; the page says the sentence."""
    hash_ = uploaded(b"\0\1\2 junk")
    status = client.get(f"/api/{hash_}/status")
    assert status.status_code == 200
    assert status.get_json()["status"] == "unrecognised"
    assert status.get_json()["message"].endswith(".")
    assert client.get(f"/api/{hash_}").status_code == 404
    assert client.get(f"/api/{hash_}/exists").status_code == 404
    page = client.get(f"/{hash_}")
    assert page.status_code == 404
    assert "can be read here" in page.text
    assert "tried again" in page.text
    assert "told apart by every letter" not in page.text


def test_exists_by_name_and_by_content(
    client: FlaskClient, uploaded: Uploaded, backends: Backends, samples: Samples
) -> None:
    """True with 200, false with 404, a digest that is none with 400."""
    hash_ = uploaded(samples["plain.jpg"])
    media = backends.media.get(hash_)
    assert media is not None
    assert client.get(f"/api/{hash_}/exists").text == '{"exists": true}'
    missing = client.get("/api/AAAAAAAAAAAA/exists")
    assert (missing.status_code, missing.text) == (404, '{"exists": false}')
    assert client.get(f"/api/exists?sha256={media.sha256.upper()}").get_json() == {"exists": True, "hash": hash_}
    assert client.get(f"/api/exists?sha256={'0' * 64}").status_code == 404
    assert client.get("/api/exists?sha256=nonsense").status_code == 400
    assert client.get("/api/exists").status_code == 400


def test_lists_answer_every_hash_and_keep_only_hashes(
    client: FlaskClient, uploaded: Uploaded, samples: Samples
) -> None:
    """Unknown ones are null, options behind a hash and malformed names are dropped."""
    hash_ = uploaded(samples["plain.jpg"])
    info = client.get(f"/api/info?list={hash_}%23autoplay,BBBBBBBBBBBB,short").get_json()
    assert set(info) == {hash_, "BBBBBBBBBBBB"}
    assert info[hash_]["hash"] == hash_
    assert info["BBBBBBBBBBBB"] is None
    status = client.get(f"/api/status?list={hash_},BBBBBBBBBBBB").get_json()
    assert status[hash_]["status"] == "done"
    assert status[hash_]["file"]["hash"] == hash_
    assert status["BBBBBBBBBBBB"] is None
    for path in ("/api/info", "/api/info?list=", "/api/status"):
        assert client.get(path).status_code == 400


def test_only_the_uploader_deletes(
    client: FlaskClient, stranger: FlaskClient, post: Post, backends: Backends
) -> None:
    """401 for anyone else; the cookie, the token in three places, or the address are good."""
    hash_ = post(b"\0\1cookie").get_json()["hash"]
    assert stranger.delete(f"/api/{hash_}").status_code == 401
    assert backends.media.get(hash_) is not None
    assert client.delete(f"/api/{hash_}").get_json() == {"status": "success"}
    assert backends.media.get(hash_) is None
    assert client.delete(f"/api/{hash_}").status_code == 404
    for number, send in enumerate(
        [
            lambda h, t: stranger.delete(f"/api/{h}", headers={"X-Delete-Token": t}),
            lambda h, t: stranger.delete(f"/api/{h}?delete_token={t}"),
            lambda h, t: stranger.delete(f"/api/{h}", data={"delete_token": t}),
        ]
    ):
        content = post(b"\0\1token%d" % number).get_json()
        assert send(content["hash"], "wrong").status_code == 401
        assert send(content["hash"], content["delete_token"]).status_code == 200
        assert backends.media.get(content["hash"]) is None


def test_whose_it_is(client: FlaskClient, stranger: FlaskClient, post: Post) -> None:
    """A browser may ask whether it may change something; it has a sign of its own that scripts can read."""
    answer = post(b"\0\1mine")
    made = answer.get_json()
    path = f"/api/{made['hash']}/owner"
    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["owner", "has_uploads"]
    assert ["HttpOnly" in cookie for cookie in cookies] == [True, False]
    assert client.get(path).get_json() == {"is_owner": True}
    assert stranger.get(path).get_json() == {"is_owner": False}
    assert stranger.get(path, headers={"X-Delete-Token": made["delete_token"]}).get_json() == {"is_owner": True}
    assert client.get("/api/nothing_here/owner").status_code == 404


def test_nobody_can_take_away_anothers_link(client: FlaskClient, stranger: FlaskClient, post: Post) -> None:
    """Whoever uploads the same bytes is one more owner, and withdraws as one; the last takes the link along."""
    first, second = post(b"\0\1shared").get_json(), post(b"\0\1shared", by=stranger)
    assert second.status_code == 409
    path, token = f"/api/{first['hash']}", second.get_json()["delete_token"]
    assert stranger.delete(path, headers={"X-Delete-Token": token}).get_json() == {"status": "success"}
    assert client.get(path).status_code == 200
    assert stranger.delete(path, headers={"X-Delete-Token": token}).status_code == 401
    assert client.delete(path).get_json() == {"status": "success"}
    assert client.get(path).status_code == 404


def test_only_digests_of_what_uploaders_show_are_kept(client: FlaskClient, post: Post, redis: Redis) -> None:
    """Neither token nor cookie nor address stands anywhere in the database."""
    answer = post(b"\0\1secret", environ_overrides={"REMOTE_ADDR": "203.0.113.77"})
    cookie = answer.headers["Set-Cookie"].partition("owner=")[2].partition(";")[0]
    owner_id = URLSafeSerializer("", salt="owner").loads_unsafe(cookie)[1]
    read = {"string": redis.get, "hash": redis.hgetall, "zset": lambda key: redis.zrange(key, 0, -1)}
    kept = str([(key, read[redis.type(key)](key)) for key in redis.scan_iter("*")])
    assert "token:" in kept
    for secret in (answer.get_json()["delete_token"], cookie, owner_id, "203.0.113.77"):
        assert secret
        assert secret not in kept


def test_the_address_of_the_uploader_is_enough_unless_another_site_sends_the_request(
    app: Any, post: Post, backends: Backends
) -> None:
    """Historical clients have nothing else; a page elsewhere must not use its visitor's address."""
    hash_ = post(b"\0\1address").get_json()["hash"]
    nobody = app.test_client(use_cookies=False)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert nobody.delete(f"/api/{hash_}", headers=headers).status_code == 401
    assert nobody.delete(f"/api/{hash_}").status_code == 200
    assert backends.media.get(hash_) is None


def test_a_get_never_deletes(client: FlaskClient, post: Post, backends: Backends) -> None:
    """/api/<hash>/delete leads to the page that asks."""
    hash_ = post(b"\0\1asked").get_json()["hash"]
    answer = client.get(f"/api/{hash_}/delete")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/{hash_}/delete"
    assert client.get(f"/{hash_}/delete").status_code == 200
    assert backends.media.get(hash_) is not None


def test_flags(client: FlaskClient, stranger: FlaskClient, uploaded: Uploaded, samples: Samples) -> None:
    """Anything but `true` clears; unknown ones are a 415 and change nothing; others' are a 401."""
    hash_ = uploaded(samples["loop.gif"])
    url = f"/api/{hash_}/flags"
    assert client.post(url, data={"loop": "no", "nsfw": "true"}).get_json()["flags"] == {
        "autoplay": True, "loop": False, "mute": True, "nsfw": True,
    }  # fmt: skip
    assert client.post(url, data={"nsfw": "false", "nonsense": "true"}).status_code == 415
    assert stranger.post(url, data={"nsfw": "false"}).status_code == 401
    assert client.get(url).get_json()["flags"]["nsfw"] is True
    assert client.post("/api/AAAAAAAAAAAA/flags", data={"nsfw": "true"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/AAAAAAAAAAAA", "/api/nothing", "/api/a/b/c", "/AAAAAAAAAAAA.json", "/api/AAAAAAAAAAAA/status"]
)
def test_what_is_not_here_is_a_json_404(client: FlaskClient, path: str) -> None:
    """With a sentence."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.get_json()["error"] == 404
    assert answer.get_json()["message"]

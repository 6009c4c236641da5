"""Uploads by address: what is refused before anything is asked for."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

_HOSTS = [
    "127.0.0.1",
    "localhost",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "0",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[fd00::1]",
    "[ff0e::1]",
]


@pytest.mark.parametrize("host", _HOSTS)
def test_private_address(client: FlaskClient, host: str) -> None:
    """An address that is not on the public internet is a 400 that says so, however it is written."""
    answer = client.post("/api/upload/url", data={"url": f"http://{host}/a.png"})
    assert answer.status_code == 400
    assert "public internet" in answer.get_json()["message"]


@pytest.mark.parametrize(
    "url",
    ["", "a.png", "ftp://example.com/", "file:///etc/passwd", "http://", "http://a:b@example.com/", "http://a:25/"],
)
def test_no_web_address(client: FlaskClient, redis: Redis, url: str) -> None:
    """What is no plain web address is a 400 with a sentence, and leaves nothing in the database."""
    before = sorted(redis.keys())
    answer = client.post("/api/upload/url", data={"url": url})
    assert answer.status_code == 400
    assert answer.get_json()["message"].endswith(".")
    assert sorted(redis.keys()) == before

"""What is promised of a database that fails over, and how its Sentinels are asked. A real failover is in
tests/functional/test_machines.py."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from mediacrush.database.connection import connect_queue_redis, connect_redis
from mediacrush.database.durability import Durability
from mediacrush.database.media import Creation, MediaRepository
from mediacrush.errors import BackendUnavailable
from mediacrush.model.sentinel import parse_sentinel
from tests.database.servers import server
from tests.site import free_port
from tests.web.records import HASH, PHOTO


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that may have replicas."""
    with server(tmp_path_factory.mktemp("master"), "--save", "", "--repl-diskless-sync-delay", "0") as port:
        yield port


@pytest.fixture
def redis(master: int) -> Iterator["Redis"]:
    """A client of that server, empty."""
    with Redis(port=master, decode_responses=True) as client:
        client.config_set("min-replicas-to-write", "0")
        client.flushall()
        yield client


@pytest.fixture(scope="module")
def sentinel_url(master: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What settings say of a Sentinel, with a password of its own, that watches the server."""
    folder = tmp_path_factory.mktemp("sentinel")
    config = folder / "sentinel.conf"
    config.write_text(f"requirepass s:cret\nsentinel monitor main 127.0.0.1 {master} 1\n")
    with server(folder, str(config), "--sentinel") as port:
        nobody = free_port()
        yield (f"redis+sentinel://127.0.0.1:{nobody},127.0.0.1:{port}/main?sentinel_password=s%3Acret&db=3")


def test_nothing_is_promised_that_no_replica_has(
    redis: "Redis", master: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a replica an owner's claim is not safe; with one it is, and what is not there is not."""
    monkeypatch.setattr("mediacrush.database.durability._WAIT_MS", 50)
    durability = Durability(redis, replicas=1)
    redis.hset("owners:x", "token:a", "owner")
    with pytest.raises(BackendUnavailable):
        durability.has_owner("x", "token:a")
    with server(tmp_path / "replica", "--save", "", "--replicaof", "127.0.0.1", str(master)) as port:
        with Redis(port=port, decode_responses=True) as replica:
            deadline = time.monotonic() + 30
            while replica.hget("owners:x", "token:a") is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        monkeypatch.setattr("mediacrush.database.durability._WAIT_MS", 5000)
        assert durability.has_owner("x", "token:a")
        assert not durability.has_owner("x", "token:b")
        assert not durability.has_status("x", "done")


def test_a_single_server_keeps_its_word_alone(redis: "Redis") -> None:
    """No replica is waited for."""
    redis.hset("media:x", "status", "done")
    assert Durability(redis, replicas=0).has_status("x", "done")


def test_an_upload_whose_answer_was_lost_is_still_its_own(redis: "Redis") -> None:
    """A client that asks again, because the connection broke after the work was done, finds its own record: it
    must not take it for another's and remove the bytes."""
    media = MediaRepository(redis)
    assert media.create(PHOTO, [HASH]) == (Creation.CREATED, HASH)
    assert media.create(PHOTO, [HASH]) == (Creation.CREATED, HASH)


@pytest.mark.parametrize("connect", [connect_redis, connect_queue_redis])
def test_sentinels_lead_to_the_master(
    sentinel_url: str, redis: "Redis", master: int, connect: Callable[[str], "Redis"]
) -> None:
    """The first one that answers is believed; passwords and the database's number are those of the address."""
    with connect(sentinel_url) as client:
        client.set("here", "1")
    with Redis(port=master, db=3) as client:
        assert client.get("here") == b"1"


@pytest.mark.parametrize("connect", [connect_redis, connect_queue_redis])
def test_a_connection_follows_to_the_next_master(
    sentinel_url: str,
    redis: "Redis",
    master: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    connect: Callable[[str], "Redis"],
) -> None:
    """One that is open when its server falls silent, as a machine does whose power goes, asks again who is master;
    the command is done there."""
    monkeypatch.setattr("mediacrush.database.connection._FAILOVER_ANSWER_S", 0.3)
    sentinel_port = parse_sentinel(sentinel_url).hosts[1][1]
    with (
        server(tmp_path / "first", "--save", "") as first,
        Redis(port=sentinel_port, password="s:cret") as sentinel,
        connect(sentinel_url) as client,
    ):
        try:
            sentinel.sentinel_remove("main")
            sentinel.sentinel_monitor("main", "127.0.0.1", first, 1)
            client.set("here", "1")
            os.kill(client.info("server")["process_id"], signal.SIGSTOP)
            sentinel.sentinel_remove("main")
        finally:
            sentinel.sentinel_monitor("main", "127.0.0.1", master, 1)
        client.set("there", "1")
    with Redis(port=master, db=3) as client:
        assert (client.get("here"), client.get("there")) == (None, b"1")


def test_a_master_that_takes_no_writes_is_tried_again(
    sentinel_url: str, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has lost its replicas: the write was not done, and is done when they are back."""
    redis.config_set("min-replicas-to-write", "1")
    tries = []

    def pause(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 3:
            redis.config_set("min-replicas-to-write", "0")

    monkeypatch.setattr("redis.retry.sleep", pause)
    with connect_redis(sentinel_url) as client:
        repository = MediaRepository(client)
        assert repository.create(PHOTO, [HASH]) == (Creation.CREATED, HASH)
        assert len(tries) == 3
        redis.config_set("min-replicas-to-write", "1")
        with pytest.raises(BackendUnavailable):
            repository.update(PHOTO, title="x")


def test_sentinels_that_are_away_are_a_sentence() -> None:
    """As a server is that does not answer."""
    url = f"redis+sentinel://127.0.0.1:{free_port()}/main"
    with connect_redis(url, is_patient=False) as client, pytest.raises(BackendUnavailable):
        MediaRepository(client).get(HASH)


def test_addresses_of_sentinels() -> None:
    """Names, numbers, ports left out, passwords with any character, options."""
    address = parse_sentinel(
        "redis+sentinel://us%40er:p%2Fss@one,two:1234,[fd00::1]:26380/my%20master?db=2&sentinel_username=s"
    )
    assert address.hosts == (("one", 26379), ("two", 1234), ("fd00::1", 26380))
    assert (address.service, address.db) == ("my master", 2)
    assert (address.username, address.password) == ("us@er", "p/ss")
    assert (address.sentinel_username, address.sentinel_password) == ("s", None)
    assert "p/ss" not in repr(address)


@pytest.mark.parametrize(
    "rest", ["", "/main", "one", "one/", "one,/main", "one:x/main", "one/main?db=x", "one/main?ssl=1", "one/a/b"]
)
def test_an_address_of_sentinels_that_cannot_be_is_an_error(rest: str) -> None:
    """With an example of one that can."""
    with pytest.raises(ValueError, match="mymaster"):
        parse_sentinel(f"redis+sentinel://{rest}")

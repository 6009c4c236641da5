"""Who owns a media, by what they can show."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from redis import Redis

from mediacrush.database.connection import connect_redis
from mediacrush.database.media import MediaRepository
from mediacrush.database.owners import OwnerRepository, Withdrawal
from mediacrush.errors import BackendUnavailable
from mediacrush.model.media import BlobType, Media, Status
from mediacrush.model.ownership import Claims

T = TypeVar("T")

NAME = "CPvuR5lRhmS0"
ANN = Claims(token="token:ann", cookie="cookie:ann", address="address:ann")
BOB = Claims(token="token:bob", cookie="cookie:bob", address="address:bob")
UPLOAD = Media(
    hash=NAME,
    sha256="1" * 64,
    mime="image/gif",
    extension="gif",
    blob_type=BlobType.VIDEO,
    original_key="originals/1",
    size_bytes=1000,
    created_at=1.0,
)


@pytest.fixture
def media(redis: "Redis", redis_url: str) -> MediaRepository:
    """A database with one media in it, which nobody owns yet."""
    repository = MediaRepository(connect_redis(redis_url))
    repository.create(UPLOAD, [NAME])
    return repository


@pytest.fixture
def owners(media: MediaRepository, redis_url: str) -> OwnerRepository:
    """The owners of that media; addresses count for an hour."""
    return OwnerRepository(connect_redis(redis_url), address_claim_s=3600)


def at_once(*calls: Callable[[], T]) -> list[T]:
    """What the calls return, each made by a thread of its own at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def create(media: MediaRepository, number: int) -> str:
    """The name of one more media, of its own content."""
    upload = replace(UPLOAD, sha256=f"{number:064}", original_key=f"originals/{number}")
    return media.create(upload, [f"{number:012}"])[1]


@pytest.mark.parametrize(
    ("shown", "is_owner"),
    [
        (ANN, True),
        (Claims(token="token:ann"), True),
        (Claims(cookie="cookie:ann"), True),
        (Claims(address="address:ann"), True),
        (Claims(token="token:wrong", cookie="cookie:ann"), True),
        (Claims(token="token:wrong", cookie="cookie:wrong", address="address:ann"), True),
        (Claims(), False),
        (BOB, False),
        (Claims(token="cookie:ann"), True),
        (Claims(token=""), False),
    ],
)
def test_each_claim_is_enough(owners: OwnerRepository, shown: Claims, is_owner: bool) -> None:
    """Whoever shows the token, the cookie or the address of an uploader is one; who shows nothing known is not."""
    owners.add(NAME, ANN)
    assert owners.is_owner(NAME, shown) is is_owner


def test_owning_one_media_says_nothing_about_another(owners: OwnerRepository, media: MediaRepository) -> None:
    """Claims belong to one media."""
    other = create(media, 2)
    owners.add(NAME, ANN)
    assert not owners.is_owner(other, ANN)
    assert owners.withdraw(other, ANN) is Withdrawal.NOT_OWNER


def test_only_digests_are_stored(owners: OwnerRepository, redis: "Redis") -> None:
    """What is kept are the claims as given and a random name of the owner."""
    owners.add(NAME, ANN)
    kept = redis.hgetall(f"owners:{NAME}")
    assert set(kept) == {"token:ann", "cookie:ann", "address:ann"}
    assert len({value.split()[0] for value in kept.values()}) == 1


def test_the_last_owner_takes_the_media_along(owners: OwnerRepository, media: MediaRepository) -> None:
    """Where there is one owner, their delete begins the media's."""
    owners.add(NAME, ANN)
    assert owners.withdraw(NAME, Claims(token=ANN.token)) is Withdrawal.LAST
    assert media.get(NAME) is None
    assert media.pending_deletion(NAME) is not None
    assert media.unfinished() == [NAME]


def test_a_delete_of_a_failed_media_does_not_expire(
    owners: OwnerRepository, media: MediaRepository, redis: "Redis"
) -> None:
    """A record that would have gone after a week stays until its delete is done."""
    owners.add(NAME, ANN)
    media.fail(UPLOAD, Status.ERROR, "It is damaged.")
    assert owners.withdraw(NAME, ANN) is Withdrawal.LAST
    assert redis.ttl(f"media:{NAME}") == -1


def test_one_of_several_owners_withdraws_alone(owners: OwnerRepository, media: MediaRepository) -> None:
    """A delete takes only the one who asks; the media, and everybody else's claims, stay until the last."""
    owners.add(NAME, ANN)
    owners.add(NAME, BOB)
    assert owners.withdraw(NAME, ANN) is Withdrawal.WITHDRAWN
    assert media.get(NAME) is not None
    assert not owners.is_owner(NAME, ANN)
    assert owners.is_owner(NAME, BOB)
    assert owners.withdraw(NAME, ANN) is Withdrawal.NOT_OWNER
    assert owners.withdraw(NAME, BOB) is Withdrawal.LAST


def test_a_withdrawal_takes_every_claim_of_its_owner(owners: OwnerRepository) -> None:
    """Who withdrew by token is no owner by cookie or address any more, nor by a token of an earlier upload."""
    owners.add(NAME, ANN)
    owners.add(NAME, replace(ANN, token="token:ann2"))
    owners.add(NAME, BOB)
    assert owners.withdraw(NAME, Claims(token="token:ann2")) is Withdrawal.WITHDRAWN
    for claims in (ANN, Claims(token="token:ann2"), Claims(cookie=ANN.cookie), Claims(address=ANN.address)):
        assert not owners.is_owner(NAME, claims)


def test_strangers_cannot_withdraw(owners: OwnerRepository, media: MediaRepository) -> None:
    """Who shows nothing, or nothing known, changes nothing."""
    owners.add(NAME, ANN)
    assert owners.withdraw(NAME, BOB) is Withdrawal.NOT_OWNER
    assert owners.withdraw(NAME, Claims()) is Withdrawal.NOT_OWNER
    assert media.get(NAME) is not None
    assert owners.is_owner(NAME, ANN)


def test_the_surest_claim_decides_who_withdraws(owners: OwnerRepository) -> None:
    """Who shows Bob's token in Ann's browser withdraws Bob."""
    owners.add(NAME, ANN)
    owners.add(NAME, BOB)
    shown = Claims(token=BOB.token, cookie=ANN.cookie, address=ANN.address)
    assert owners.withdraw(NAME, shown) is Withdrawal.WITHDRAWN
    assert owners.is_owner(NAME, ANN)
    assert not owners.is_owner(NAME, BOB)


def test_one_browser_is_one_owner(owners: OwnerRepository) -> None:
    """Who uploads the same twice with one cookie gets a second token and stays one owner, who goes at once."""
    owners.add(NAME, ANN)
    owners.add(NAME, replace(ANN, token="token:ann2", address="address:elsewhere"))
    assert owners.withdraw(NAME, Claims(token=ANN.token)) is Withdrawal.LAST


def test_a_client_without_cookies_is_one_owner(owners: OwnerRepository) -> None:
    """The historical clients, which have no cookie, are one owner by their address."""
    shown = Claims(token="token:1", address="address:ann")
    owners.add(NAME, shown)
    owners.add(NAME, replace(shown, token="token:2"))
    assert owners.withdraw(NAME, Claims(token="token:2")) is Withdrawal.LAST


def test_neighbours_behind_one_address_are_two_owners(owners: OwnerRepository) -> None:
    """Two browsers that share an address are two owners; the address stands for the first of them only."""
    owners.add(NAME, ANN)
    neighbour = replace(BOB, address=ANN.address)
    owners.add(NAME, neighbour)
    assert owners.withdraw(NAME, Claims(address=ANN.address)) is Withdrawal.WITHDRAWN
    assert not owners.is_owner(NAME, Claims(token=ANN.token))
    assert owners.is_owner(NAME, Claims(token=neighbour.token))
    assert owners.is_owner(NAME, Claims(cookie=neighbour.cookie))


def test_a_token_alone_makes_an_owner(owners: OwnerRepository, media: MediaRepository) -> None:
    """Who shows neither cookie nor address is an owner by the token, each time another, and as good as any."""
    owners.add(NAME, Claims(token="token:1"))
    owners.add(NAME, Claims(token="token:2"))
    assert owners.withdraw(NAME, Claims(token="token:1")) is Withdrawal.WITHDRAWN
    assert media.get(NAME) is not None
    assert owners.withdraw(NAME, Claims(token="token:2")) is Withdrawal.LAST
    assert media.get(NAME) is None


def test_addresses_count_for_a_while_only(media: MediaRepository, redis_url: str) -> None:
    """After its time an address is nobody's; token and cookie still are, and the next uploader may have it."""
    owners = OwnerRepository(connect_redis(redis_url), address_claim_s=0.3)
    owners.add(NAME, ANN)
    assert owners.is_owner(NAME, Claims(address=ANN.address))
    time.sleep(0.35)
    assert not owners.is_owner(NAME, Claims(address=ANN.address))
    assert owners.withdraw(NAME, Claims(address=ANN.address)) is Withdrawal.NOT_OWNER
    assert owners.is_owner(NAME, Claims(token=ANN.token))
    assert owners.is_owner(NAME, Claims(cookie=ANN.cookie))
    owners.add(NAME, replace(BOB, address=ANN.address))
    assert owners.withdraw(NAME, Claims(address=ANN.address)) is Withdrawal.WITHDRAWN
    assert owners.is_owner(NAME, ANN)
    assert not owners.is_owner(NAME, BOB)


def test_an_address_whose_time_is_over_makes_a_new_owner(media: MediaRepository, redis_url: str) -> None:
    """Without a cookie, an upload after the address's time is another owner's: it may be another person."""
    owners = OwnerRepository(connect_redis(redis_url), address_claim_s=0.3)
    owners.add(NAME, Claims(token="token:1", address="address:ann"))
    time.sleep(0.35)
    owners.add(NAME, Claims(token="token:2", address="address:ann"))
    assert owners.withdraw(NAME, Claims(token="token:2")) is Withdrawal.WITHDRAWN
    assert owners.is_owner(NAME, Claims(token="token:1"))


def test_an_address_is_forgotten_when_its_time_is_over(
    owners: OwnerRepository, media: MediaRepository, redis: "Redis", redis_url: str
) -> None:
    """Nothing of it is kept any more, and nothing else is touched: not another claim, not another address."""
    short = OwnerRepository(connect_redis(redis_url), address_claim_s=0.1)
    short.add(NAME, ANN)
    owners.add(NAME, BOB)
    owners.forget_ended()
    assert owners.is_owner(NAME, Claims(address=BOB.address))
    time.sleep(0.15)
    owners.forget_ended()
    assert set(redis.hgetall(f"owners:{NAME}")) == {
        "token:ann",
        "cookie:ann",
        "token:bob",
        "cookie:bob",
        "address:bob",
    }
    assert redis.zrange("address_claims", 0, -1) == [f"owners:{NAME} address:bob"]


def test_an_address_that_came_again_is_kept_for_its_new_time(
    owners: OwnerRepository, media: MediaRepository, redis: "Redis", redis_url: str
) -> None:
    """It is forgotten by the end of its last time, not of its first."""
    OwnerRepository(connect_redis(redis_url), address_claim_s=0.1).add(NAME, ANN)
    time.sleep(0.15)
    owners.add(NAME, replace(BOB, address=ANN.address))
    owners.forget_ended()
    assert owners.withdraw(NAME, Claims(address=ANN.address)) is Withdrawal.WITHDRAWN
    assert owners.is_owner(NAME, ANN)
    assert redis.exists("address_claims") == 0


def test_addresses_can_be_turned_off(media: MediaRepository, redis: "Redis", redis_url: str) -> None:
    """With no time for address claims none is stored, so none is ever found."""
    owners = OwnerRepository(connect_redis(redis_url), address_claim_s=0)
    owners.add(NAME, ANN)
    assert set(redis.hgetall(f"owners:{NAME}")) == {"token:ann", "cookie:ann"}
    assert not owners.is_owner(NAME, Claims(address=ANN.address))


def test_nobody_becomes_owner_of_what_is_gone(
    owners: OwnerRepository, media: MediaRepository, redis: "Redis"
) -> None:
    """A media that is not there, or is being deleted, takes no owner."""
    assert owners.add("bbbbbbbbbbbb", ANN) is False
    assert redis.exists("owners:bbbbbbbbbbbb") == 0
    assert owners.add(NAME, ANN) is True
    owners.withdraw(NAME, ANN)
    assert owners.add(NAME, BOB) is False
    assert not owners.is_owner(NAME, BOB)


def test_withdrawing_from_what_is_gone_leaves_nothing(owners: OwnerRepository, redis: "Redis") -> None:
    """Owners of a record that is gone can withdraw, and make no record by it."""
    owners.add(NAME, ANN)
    redis.delete(f"media:{NAME}", "unfinished")
    owners.withdraw(NAME, ANN)
    assert redis.keys(f"media:{NAME}") == []
    assert redis.exists("unfinished") == 0


def test_withdrawing_and_deleting_are_one_step(
    owners: OwnerRepository, media: MediaRepository, redis: "Redis"
) -> None:
    """Whoever becomes an owner while the last one withdraws either keeps the media or is told that it is gone."""
    for number in range(40):
        hash_ = create(media, number)
        owners.add(hash_, ANN)
        outcomes = at_once(partial(owners.withdraw, hash_, ANN), partial(owners.add, hash_, BOB))
        assert outcomes in ([Withdrawal.LAST, False], [Withdrawal.WITHDRAWN, True])
        assert (media.get(hash_) is not None) is outcomes[1]


def test_of_two_last_owners_at_once_one_is_the_last(owners: OwnerRepository, media: MediaRepository) -> None:
    """When both owners withdraw at the same moment, the media goes, once."""
    for number in range(40):
        hash_ = create(media, number)
        owners.add(hash_, ANN)
        owners.add(hash_, BOB)
        outcomes = at_once(partial(owners.withdraw, hash_, ANN), partial(owners.withdraw, hash_, BOB))
        assert sorted(outcomes) == [Withdrawal.LAST, Withdrawal.WITHDRAWN]
        assert media.get(hash_) is None


@pytest.mark.parametrize(
    "use",
    [
        lambda owners: owners.add(NAME, ANN),
        lambda owners: owners.is_owner(NAME, ANN),
        lambda owners: owners.withdraw(NAME, ANN),
        lambda owners: owners.forget_ended(),
    ],
    ids=["add", "is_owner", "withdraw", "forget_ended"],
)
def test_a_server_that_is_away_is_reported(tmp_path: Path, use: Callable[[OwnerRepository], object]) -> None:
    """Where nothing listens, each method raises BackendUnavailable."""
    owners = OwnerRepository(connect_redis(f"unix://{tmp_path}/s"), address_claim_s=3600)
    with pytest.raises(BackendUnavailable):
        use(owners)

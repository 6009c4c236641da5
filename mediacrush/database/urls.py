"""Which addresses were fetched, and what came of them.

    url:<sha256 of the address>   string: the hash of the media it gave

Addresses can hold what is nobody's business, so only their digests are kept, and for a month after the last fetch:
by then there may be something else at an address, and who asks for it in vain fetches it again.
"""

import hashlib
from collections.abc import Iterable
from typing import cast

from redis import Redis

from mediacrush.database.connection import reports_unavailable

URL_KEPT_S = 30 * 24 * 3600


@reports_unavailable
class UrlRepository:
    """Remembers fetched addresses. Every method raises BackendUnavailable when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def remember(self, url: str, hash_: str) -> None:
        """`url` gave the media `hash_`."""
        self._redis.set(_key(url), hash_, ex=URL_KEPT_S)

    def get_many(self, urls: Iterable[str]) -> dict[str, str | None]:
        """Each of `urls` with the hash it gave or None, in one round trip."""
        wanted = list(urls)
        # redis-py's types do not know that this client decodes every answer.
        hashes = cast("list[str | None]", self._redis.mget([_key(url) for url in wanted])) if wanted else []
        return dict(zip(wanted, hashes, strict=True))


def _key(url: str) -> str:
    return f"url:{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}"

"""Who uploaded what.

    owners:<hash>    hash: claim -> owner. A claim is `token:<digest>`, `cookie:<digest>` or `address:<digest>`
                     (model/ownership.py); an owner is a random name. An address claim's value is
                     `<owner> <time it ends>`.
    mine:<digest>    sorted set of the hashes that the browser with this cookie owns, by the time it sent them
    address_claims   sorted set of `owners:<hash> <claim>` of every address claim, by the time it ends

Several people may upload the same bytes; a delete withdraws one owner, and the media goes with the last.
"""

import secrets
import time
from enum import StrEnum

from redis import Redis

from mediacrush.database.connection import reports_unavailable
from mediacrush.database.media import UNFINISHED
from mediacrush.database.records import DELETING
from mediacrush.model.ownership import Claims

# Lua's part: the live owner behind a claim (nil when the claim is unknown or has ended).
_OWNER_OF = """
local function owner_of(claim)
  local value = redis.call('HGET', KEYS[1], claim)
  if not value then return nil end
  local owner, ends = string.match(value, '^(%S+) (%S+)$')
  if not owner then return value end
  if tonumber(ends) > tonumber(ARGV[1]) then return owner end
  return nil
end
"""

# What a browser sees of its own uploads, and for how long after the last one: as long as it keeps its cookie.
MINE_KEPT, MINE_KEPT_S = 1000, 5 * 365 * 24 * 3600

# KEYS: owners, record, what the cookie owns. ARGV: now, new owner, token claim, cookie claim or '', address claim
# or '', its end, hash.
_ADD = (
    _OWNER_OF
    + f"""
local status = redis.call('HGET', KEYS[2], 'status')
if not status or status == 'deleting' then return 0 end
local same = ARGV[4] ~= '' and ARGV[4] or ARGV[5]
local owner = same ~= '' and owner_of(same) or ARGV[2]
redis.call('HSET', KEYS[1], ARGV[3], owner)
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[4], owner)
  redis.call('ZADD', KEYS[3], ARGV[1], ARGV[7])
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -{MINE_KEPT + 1})
  redis.call('EXPIRE', KEYS[3], {MINE_KEPT_S})
end
if ARGV[5] ~= '' and not owner_of(ARGV[5]) then
  redis.call('HSET', KEYS[1], ARGV[5], owner .. ' ' .. ARGV[6])
  redis.call('ZADD', 'address_claims', ARGV[6], KEYS[1] .. ' ' .. ARGV[5])
end
return 1
"""
)

# KEYS: owners. ARGV: now, claims in order of strength. The first owner found, or false.
_FIND = (
    _OWNER_OF
    + """
for i = 2, #ARGV do
  local owner = owner_of(ARGV[i])
  if owner then return owner end
end
return false
"""
)

# KEYS: what the cookie owns. ARGV: the cookie claim. The hashes, newest first; what it owns no more is forgotten:
# it was deleted, or is somebody else's by now.
_MINE = """
local mine = {}
for _, hash in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  if redis.call('HEXISTS', 'owners:' .. hash, ARGV[1]) == 1 then
    mine[#mine + 1] = hash
  else
    redis.call('ZREM', KEYS[1], hash)
  end
end
return mine
"""

# KEYS: owners. ARGV: now, cookie claim, token claim. Whether the cookie's owner has this token now.
_LEND = (
    _OWNER_OF
    + """
local owner = owner_of(ARGV[2])
if not owner then return 0 end
redis.call('HSET', KEYS[1], ARGV[3], owner)
return 1
"""
)

# KEYS: owners, what the cookie owns. ARGV: now, cookie claim, token claim, hash. A browser that owns it already
# stays the owner that it is. Whether it owns it now.
_ADOPT = (
    _OWNER_OF
    + f"""
local owner = owner_of(ARGV[2]) or owner_of(ARGV[3])
if not owner then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], owner)
if not redis.call('ZSCORE', KEYS[2], ARGV[4]) then redis.call('ZADD', KEYS[2], ARGV[1], ARGV[4]) end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -{MINE_KEPT + 1})
redis.call('EXPIRE', KEYS[2], {MINE_KEPT_S})
return 1
"""
)

# KEYS: owners, record, unfinished. ARGV: the owner, hash, now in ms. With the last owner the record is marked in
# the same step: an owner who comes in between could lose a link otherwise. How many claims of others are left.
_WITHDRAW = f"""
local all, left = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #all, 2 do
  if string.match(all[i + 1], '^%S+') == ARGV[1] then
    redis.call('HDEL', KEYS[1], all[i])
    redis.call('ZREM', 'address_claims', KEYS[1] .. ' ' .. all[i])
  else
    left = left + 1
  end
end
if left == 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'status', '{DELETING}')
  redis.call('PERSIST', KEYS[2])
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
end
return left
"""

# ARGV: now, how many at most. One step: the same address may come again in between.
_FORGET_ENDED = """
for _, entry in ipairs(redis.call('ZRANGE', 'address_claims', '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  redis.call('HDEL', string.match(entry, '^(%S+) (%S+)$'))
  redis.call('ZREM', 'address_claims', entry)
end
"""
_FORGOTTEN_AT_ONCE = 1000


class Withdrawal(StrEnum):
    """What a delete by somebody means: LAST when no owner is left, so that the media must go."""

    NOT_OWNER = "not owner"
    WITHDRAWN = "withdrawn"
    LAST = "last"


@reports_unavailable
class OwnerRepository:
    """Reads and writes who owns a media."""

    def __init__(self, redis: Redis, address_claim_s: float) -> None:
        self._redis = redis
        self._address_claim_s = address_claim_s
        self._add = redis.register_script(_ADD)
        self._find = redis.register_script(_FIND)
        self._withdraw = redis.register_script(_WITHDRAW)
        self._mine = redis.register_script(_MINE)
        self._lend = redis.register_script(_LEND)
        self._adopt = redis.register_script(_ADOPT)
        self._forget_ended = redis.register_script(_FORGET_ENDED)

    def add(self, hash_: str, claims: Claims, record: str = "media") -> bool:
        """Note an owner, or one more token (which must be among the claims) of the owner who holds the cookie
        (without one: the address). `record` is the kind of thing that is owned, `media` or `album`.

        False when the thing is gone.
        """
        address = claims.address if self._address_claim_s > 0 else None
        args = [secrets.token_urlsafe(9), claims.token or "", claims.cookie or "", address or ""]
        keys = [f"owners:{hash_}", f"{record}:{hash_}", _mine_key(claims.cookie or "")]
        return bool(self._add(keys=keys, args=[time.time(), *args, time.time() + self._address_claim_s, hash_]))

    def owned_by(self, cookie: str) -> list[str]:
        """The hashes that the browser with this cookie claim owns, newest first; the last MINE_KEPT of them."""
        found: list[str] = self._mine(keys=[_mine_key(cookie)], args=[cookie])
        return found

    def lend(self, hash_: str, cookie: str, token: str) -> bool:
        """Let this token claim show what the cookie claim does; False when that owns nothing here."""
        return bool(self._lend(keys=[f"owners:{hash_}"], args=[time.time(), cookie, token]))

    def adopt(self, hash_: str, cookie: str, token: str, at: float) -> bool:
        """Let the browser with this cookie claim be the owner whom the token claim shows, and list it as sent at
        that time (seconds); False when it shows nobody."""
        keys = [f"owners:{hash_}", _mine_key(cookie)]
        return bool(self._adopt(keys=keys, args=[at, cookie, token, hash_]))

    def disown(self, hash_: str, cookie: str) -> None:
        """Let the browser with this cookie claim be a stranger; the owner's tokens count as before."""
        pipeline = self._redis.pipeline()
        pipeline.hdel(f"owners:{hash_}", cookie)
        pipeline.zrem(_mine_key(cookie), hash_)
        pipeline.execute()

    def is_owner(self, hash_: str, claims: Claims) -> bool:
        """Whether one of the claims is an owner's."""
        return self._owner(hash_, claims) is not None

    def withdraw(self, hash_: str, claims: Claims) -> Withdrawal:
        """Drop the owner whom the strongest of the claims names; with the last one the delete has begun."""
        owner = self._owner(hash_, claims)
        if owner is None:
            return Withdrawal.NOT_OWNER
        keys = [f"owners:{hash_}", f"media:{hash_}", UNFINISHED]
        left = self._withdraw(keys=keys, args=[owner, hash_, int(time.time() * 1000)])
        return Withdrawal.WITHDRAWN if left else Withdrawal.LAST

    def forget_ended(self) -> None:
        """Keep no address longer than it counts: drop the claims whose time is over, many of them at a time."""
        self._forget_ended(args=[time.time(), _FORGOTTEN_AT_ONCE])

    def _owner(self, hash_: str, claims: Claims) -> str | None:
        presented = claims.by_strength
        if not presented:
            return None
        owner: str | None = self._find(keys=[f"owners:{hash_}"], args=[time.time(), *presented])
        return owner


def _mine_key(cookie: str) -> str:
    return f"mine:{cookie.removeprefix('cookie:')}"

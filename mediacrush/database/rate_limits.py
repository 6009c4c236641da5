"""How much each client used of what is limited. A client is a keyed digest of an address, never the address.

limit:<action>:<client>   string: the amount used in the window, expires with it
"""

from redis import Redis

from mediacrush.database.connection import reports_unavailable

# KEYS: counter. ARGV: amount, limit, window in seconds. 0 when taken, else the seconds until the window ends.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
local is_full = used >= tonumber(ARGV[2])
if not is_full then redis.call('INCRBY', KEYS[1], ARGV[1]) end
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return is_full and math.max(1, redis.call('TTL', KEYS[1])) or 0
"""


@reports_unavailable
class RateLimits:
    """Counters that end with a fixed window, one round trip each."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)

    def take(self, action: str, client: str, amount: int, *, limit: int, window_s: int) -> int:
        """Use up `amount`; 0 when there was any left before, else the seconds to wait.

        The one that crosses the limit still passes: a limit below one file would otherwise refuse it for ever.
        """
        return int(self._take(keys=[f"limit:{action}:{client}"], args=[amount, limit, window_s]))

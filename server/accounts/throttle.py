"""Guessing passwords made slow, without a way to lock somebody else out.

Failures are counted for an account from one address and for an address; both refuse at their limit.
Failures of an account from anywhere only delay the answer, so its owner still gets in.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.accounts.addresses import network_of
from server.accounts.emails import fingerprint
from server.domain.clock import Clock
from server.domain.errors import RateLimited, ServiceUnavailable
from server.persistence.redis import SIGN_IN_TTL_S, sign_in_key

FREE_FAILURES = 3
"""Anybody mistypes a password; from the fourth failure on an account, answers come later."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 8.0

_FOLDER = Path(__file__).parent
_COUNT = (_FOLDER / "throttle.lua").read_text(encoding="utf-8")
_FORGIVE = """
-- A counter that has expired must not come back without a lifetime.
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
end
"""


class Throttle:
    """Counts in Redis. While it is away nobody signs in by password: guessing would be free."""

    def __init__(self, redis: Redis, *, per_account: int, per_address: int, clock: Clock) -> None:
        self._redis = redis
        self._count = redis.register_script(_COUNT)
        self._forgive = redis.register_script(_FORGIVE)
        self._limits = per_account, per_address
        self._clock = clock

    async def attempt(self, email: str, address: str) -> float:
        """Count an attempt; answers the seconds to wait before looking at its password.

        Raises:
            RateLimited: too many failures; ``retry_after`` says how long.
            ServiceUnavailable: Redis does not answer.
        """
        try:
            which, figure = await self._count(
                keys=_keys(email, address), args=[*self._limits, SIGN_IN_TTL_S]
            )
        except (RedisError, OSError, TimeoutError) as error:
            raise ServiceUnavailable("Signing in is not possible now.", retry_after=5) from error
        if which:
            left = float(max(figure, 1))
            resets_at = self._clock() + timedelta(seconds=left)
            raise RateLimited(
                "Too many failed sign-ins; wait a while.",
                retry_after=left,
                metadata={
                    "limit": self._limits[which - 1],
                    "remaining": 0,
                    "resetsAt": resets_at.isoformat().replace("+00:00", "Z"),
                    "scope": ("account", "address")[which - 1],
                },
            )
        return delay(int(figure) - 1)

    async def succeeded(self, email: str, address: str) -> None:
        """That attempt was no failure: take it off the counts again."""
        try:
            await self._forgive(keys=_keys(email, address))
        except (RedisError, OSError, TimeoutError):
            return  # the count is one too high for 15 minutes, and the sign-in has succeeded

    async def forget(self, email: str, address: str) -> None:
        """Whoever asks from there has just chosen a new password, and shall sign in with it: what
        was guessed before is worth nothing now. The address keeps its failures."""
        pair, _, account = _keys(email, address)
        with suppress(RedisError, OSError, TimeoutError):  # else they wait for 15 minutes
            await self._redis.delete(pair, account)


def delay(failures: int) -> float:
    """Seconds of waiting after so many failures of an account: doubling, bounded."""
    if failures < FREE_FAILURES:
        return 0.0
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_DELAY_S * 2.0**doublings, LONGEST_DELAY_S)


def _keys(email: str, address: str) -> list[str]:
    account = fingerprint(email)
    network = network_of(address)
    return [
        sign_in_key("pair", f"{account}:{network}"),
        sign_in_key("address", network),
        sign_in_key("account", account),
    ]

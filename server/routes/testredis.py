"""Whether Redis answers, takes what is written, and how long that takes: for admins (H4)."""

import asyncio
import statistics
import time

from msgspec import Struct
from redis.exceptions import RedisError

from server.accounts.access import Scope
from server.persistence.redis import PROBE_TTL_S, probe_key
from server.routes.calls import Call
from server.routes.operations import Access, Operation

PROBE_S = 2.0
"""What takes longer counts as no answer, as with readiness."""

ROUND_TRIPS = 5


class RedisReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """``latencyMs`` is the middle one of five round trips, ``worstMs`` the longest; null where it
    does not answer. ``writable``: what was written could be read again; a replica, or one whose
    memory is full, answers and is not. ``detail``: the kind of failure, ``RedisAway`` where it did
    not answer a moment ago and is left alone until it does."""

    connected: bool
    writable: bool
    latency_ms: float | None
    worst_ms: float | None
    detail: str | None


async def probe_redis(call: Call) -> RedisReport:
    """A failure is what was asked for, hence no error; its message, which may hold an address, is
    not told."""
    redis, key, value = call.services.redis, probe_key(call.services.boot), b"1"
    took_ms: list[float] = []
    is_written, detail = False, None
    try:
        async with asyncio.timeout(PROBE_S):
            for _ in range(ROUND_TRIPS):
                began = time.perf_counter()
                await redis.ping()
                took_ms.append((time.perf_counter() - began) * 1000)
            await redis.set(key, value, ex=PROBE_TTL_S)
            is_written = await redis.get(key) == value
    except (RedisError, OSError, TimeoutError) as error:
        detail = type(error).__name__
    is_connected = len(took_ms) == ROUND_TRIPS
    return RedisReport(
        connected=is_connected,
        writable=is_written,
        latency_ms=round(statistics.median(took_ms), 3) if is_connected else None,
        worst_ms=round(max(took_ms), 3) if is_connected else None,
        detail=detail,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/test-redis",
        handler=probe_redis,
        summary="Whether Redis answers and takes what is written, and how fast.",
        tag="operations",
        access=Access.ADMIN,
        scope=Scope.ADMIN_READ,
        response=RedisReport,
    ),
)

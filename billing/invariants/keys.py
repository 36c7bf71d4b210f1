"""What must always hold of Redis: nothing in it grows or stays without end. Nothing of record is
there, so a breach costs memory or a user's patience, never money.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from billing.consumers.group import CLAIM_IDLE_MS
from billing.invariants.base import GRACE, Finding, told
from server.domain.clock import Clock, utc_now
from server.persistence.database import Database
from server.persistence.redis import TRIMMED_STREAMS, USAGE_GROUP, USAGE_STREAM, slots_key

KEYS = {
    "I11 redis": "Redis answers",
    "I11 keys": (
        "every key but trimmed streams has a lifetime, and no other program keeps keys there"
    ),
    "I11 group": "billing has its group on the usage stream",
    "I11 pending": "what a worker has read it acknowledges, or another one claims",
    "I3 slots": "an ended turn's slot is free, at the latest with its lease",
}
"""What is asked here, and what is true unless it is found otherwise."""

SCAN = 1_000
"""Keys in one round trip."""

_TRIMMED = {stream.encode() for stream in TRIMMED_STREAMS}

LOOK_AGAIN_S = 1.0
"""Some keys are written and given their lifetime in two steps."""

_NOBODY = UUID(int=0)
_SLOTS = slots_key(_NOBODY).removesuffix(str(_NOBODY))

_ENDED = text("""
SELECT client_message_id, id AS turn_id, user_id, ended_at
FROM unnest(CAST(:users AS uuid[]), CAST(:messages AS uuid[])) AS slots (slot_user, slot_message)
JOIN turns ON user_id = slot_user AND client_message_id = slot_message
WHERE ended_at < CAST(:before AS timestamptz)
ORDER BY ended_at
""")


async def check_keys(
    redis: Redis, database: Database, *, slot_lease_s: float, clock: Clock = utc_now
) -> list[Finding]:
    """All invariants of Redis. That it is away is a finding too: then nobody knows.

    ``slot_lease_s``: how long a slot may outlive its turn where Redis was away at its end.

    Raises ServiceUnavailable: the database does not answer.
    """
    try:
        found = [
            await _without_lifetime(redis),
            await _without_group(redis),
            await _left_pending(redis),
            await _slots_kept(redis, database, clock() - GRACE - timedelta(seconds=slot_lease_s)),
        ]
    except (RedisError, OSError) as error:
        found = [_told("I11 redis", [{"error": error}])]
    return [one for one in found if one is not None]


async def _without_lifetime(redis: Redis) -> Finding | None:
    lasting = await _lasting(redis, [key async for key in redis.scan_iter(count=SCAN)])
    if lasting:
        await asyncio.sleep(LOOK_AGAIN_S)
        lasting = await _lasting(redis, lasting)
    return _told(
        "I11 keys",
        [{"key": key.decode(errors="replace")} for key in sorted(lasting)],
    )


async def _lasting(redis: Redis, keys: list[bytes]) -> list[bytes]:
    lasting = []
    for start in range(0, len(keys), SCAN):
        some = keys[start : start + SCAN]
        async with redis.pipeline(transaction=False) as pipe:
            for key in some:
                _ = pipe.ttl(key)
            ends = await pipe.execute()
        lasting += [key for key, left in zip(some, ends, strict=True) if left == -1]
    return [key for key in lasting if key not in _TRIMMED]


async def _without_group(redis: Redis) -> Finding | None:
    entries = await redis.xlen(USAGE_STREAM)
    groups: Any = await redis.xinfo_groups(USAGE_STREAM) if entries else []
    lost = entries and USAGE_GROUP.encode() not in [group["name"] for group in groups]
    return _told(
        "I11 group",
        [{"stream": USAGE_STREAM, "entries": entries}] if lost else [],
    )


async def _left_pending(redis: Redis) -> Finding | None:
    idle = CLAIM_IDLE_MS + round(GRACE.total_seconds() * 1_000)
    groups: Any = await redis.xinfo_groups(USAGE_STREAM) if await redis.exists(USAGE_STREAM) else []
    pending: list[Any] = []
    for group in groups:
        pending += await redis.xpending_range(
            USAGE_STREAM, group["name"], min="-", max="+", count=SCAN, idle=idle
        )
    return _told(
        "I11 pending",
        [
            {
                "entry": entry["message_id"].decode(),
                "consumer": entry["consumer"].decode(),
                "idle_s": entry["time_since_delivered"] // 1_000,
                "deliveries": entry["times_delivered"],
            }
            for entry in pending
        ],
    )


async def _slots_kept(redis: Redis, database: Database, before: datetime) -> Finding | None:
    users, messages = [], []
    seconds, micros = await redis.time()
    now = seconds * 1_000_000 + micros
    async for key in redis.scan_iter(match=f"{_SLOTS}*", count=SCAN):
        members: Any = await redis.zrangebyscore(key, now, "+inf")
        for member in members:
            try:
                pair = UUID(key.decode().removeprefix(_SLOTS)), UUID(member.decode())
            except ValueError:
                continue
            users.append(pair[0])
            messages.append(pair[1])
    async with database.snapshot() as snapshot:
        rows = await snapshot.execute(
            _ENDED, {"users": users, "messages": messages, "before": before.astimezone(UTC)}
        )
        kept = [dict(row) for row in rows.mappings()]
    return _told("I3 slots", kept)


def _told(name: str, rows: list[dict[str, Any]]) -> Finding | None:
    return told(name, KEYS[name], rows)

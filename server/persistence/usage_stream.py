"""The stream of usage events: its shape, how far it has been read and may be shortened."""

from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from server.persistence.redis import USAGE_GROUP, USAGE_STREAM

EVENT = b"event"
"""The field of an entry that holds the ``UsageEvent`` as JSON."""

KEEP_MS = 60_000
"""Entries stay this long although billing has them: live feeds read without a group."""

CLOCKS_APART = timedelta(minutes=1)
"""How far the clock of Redis, which numbers the entries, may be from that of the database, which
notes when they were sent."""


def decode_id(entry_id: bytes | str) -> tuple[int, int]:
    """Milliseconds and number of an entry, so that two can be compared."""
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    millis, _, number = text.partition("-")
    return int(millis), int(number or 0)


async def trim(redis: Redis, keep_ms: int = KEEP_MS) -> int:
    """Drop what every group has acknowledged and feeds have had time to read.

    Never by length: an entry that billing has not read stays however long the stream grows.
    Without a group nothing is dropped, for then nobody has read anything. Answers the number of
    entries.
    """
    try:
        groups = await redis.xinfo_groups(USAGE_STREAM)
    except ResponseError:  # no stream yet
        return 0
    if not groups:
        return 0
    seconds, _ = await redis.time()
    floor = (int(seconds) * 1_000 - keep_ms, 0)
    for group in groups:
        floor = min(floor, await _acknowledged(redis, group))
    if floor <= (0, 0):
        return 0
    return int(await redis.xtrim(USAGE_STREAM, minid=f"{floor[0]}-{floor[1]}", approximate=False))


async def waiting_since(redis: Redis) -> datetime | None:
    """The moment after which everything that was sent still lies on the stream, unread by billing.

    Later than its first entry, so not lost by a flush; later than what billing has read, so not
    lost by a worker. None: nothing lies there unread. Raises RedisError.
    """
    first: Any = await redis.xrange(USAGE_STREAM, count=1)
    if not first:
        return None
    last: Any = await redis.xrevrange(USAGE_STREAM, count=1)
    read = [
        decode_id(group["last-delivered-id"])
        for group in await redis.xinfo_groups(USAGE_STREAM)
        if group["name"] == USAGE_GROUP.encode()
    ]
    position = max([decode_id(first[0][0]), *read])
    if read and decode_id(last[0][0]) <= read[0]:
        return None
    return datetime.fromtimestamp(position[0] / 1_000, UTC) + CLOCKS_APART


async def _acknowledged(redis: Redis, group: dict[str, Any]) -> tuple[int, int]:
    """The first entry that a group still needs: its oldest pending, else what comes next."""
    if group["pending"]:
        summary = await redis.xpending(USAGE_STREAM, group["name"])
        if summary["min"] is not None:
            return decode_id(summary["min"])
    millis, number = decode_id(group["last-delivered-id"])
    return millis, number + 1

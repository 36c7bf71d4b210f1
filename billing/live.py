"""What runs at this moment, process by process: published twice a second, read by live feeds.

Figures of show, not of record: they live some seconds in Redis and are never added to anything.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import DecodeError, Struct, ValidationError, msgpack
from redis.asyncio import Redis

from server.domain.money import NanoUsd
from server.persistence.redis import LIVE_INDEX, LIVE_INDEX_S, LIVE_TTL_S, live_key

PUBLISH_EVERY_S = 0.5


class LiveCost(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """The running turns of one creator, feature, agent, model and provider: what their calls have
    cost so far, and what is held for them. A turn is counted once, with its own agent; those that
    work in it beside each other have a cost and a hold, and no turn."""

    creator: UUID
    feature: str
    agent: str
    model: str
    provider: str
    turns: int
    cost_usd: NanoUsd
    held_usd: NanoUsd


class LiveAggregate(Struct, frozen=True, kw_only=True, array_like=True):
    """All that one process runs."""

    boot: UUID
    at: datetime
    items: list[LiveCost]


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(LiveAggregate).decode


async def publish(redis: Redis, aggregate: LiveAggregate) -> None:
    """Say what this process runs; said no more, it is forgotten after ``LIVE_TTL_S``.

    Raises RedisError: say it again the next time, nothing depends on it.
    """
    async with redis.pipeline(transaction=False) as pipe:
        _ = pipe.set(live_key(aggregate.boot), _encode(aggregate), ex=LIVE_TTL_S)
        _ = pipe.zadd(LIVE_INDEX, {str(aggregate.boot): aggregate.at.timestamp()})
        _ = pipe.zremrangebyscore(LIVE_INDEX, "-inf", aggregate.at.timestamp() - LIVE_INDEX_S)
        _ = pipe.expire(LIVE_INDEX, LIVE_INDEX_S)
        await pipe.execute()


async def withdraw(redis: Redis, boot: UUID) -> None:
    """This process runs nothing any more: for its end."""
    async with redis.pipeline(transaction=False) as pipe:
        _ = pipe.delete(live_key(boot))
        _ = pipe.zrem(LIVE_INDEX, str(boot))
        await pipe.execute()


async def read_all(redis: Redis) -> list[LiveAggregate]:
    """What all processes run. One that publishes another version's shape is left out."""
    boots: Any = await redis.zrange(LIVE_INDEX, 0, -1)
    if not boots:
        return []
    values: Any = await redis.mget([live_key(UUID(boot.decode())) for boot in boots])
    found = []
    for value in values:
        try:
            found.append(_decode(value or b""))
        except (DecodeError, ValidationError):
            continue
    return found


def merged(aggregates: Iterable[LiveAggregate]) -> Sequence[LiveCost]:
    """The running turns of all processes together."""
    return [item for aggregate in aggregates for item in aggregate.items]

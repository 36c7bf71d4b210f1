"""A worker's world: events committed to the outbox, consumers, and what they wrote."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import text

from billing.consumers import charges
from billing.consumers.group import GroupConsumer, Handle
from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from server.persistence.redis import USAGE_GROUP, USAGE_STREAM, open_blocking_redis


class Scene:
    """Consumers on one stream, with figures as the tests compare them."""

    def __init__(self, database: Database, redis: Redis, blocking: Redis) -> None:
        self.database, self.redis, self._blocking = database, redis, blocking

    def consumer(
        self,
        name: str = "one",
        handle: Handle = charges.apply,
        claim_idle_ms: int = 60_000,
        on_written: Callable[[Sequence[UsageEvent]], None] = lambda _: None,
    ) -> GroupConsumer:
        return GroupConsumer(
            self.database,
            self.redis,
            self._blocking,
            handle,
            name=name,
            claim_idle_ms=claim_idle_ms,
            on_written=on_written,
        )

    async def commit(self, events: Sequence[UsageEvent]) -> None:
        async with self.database.transaction() as tx:
            await outbox.append(tx, events)

    async def logged(self) -> set[UUID]:
        return {row[0] for row in await self.rows("SELECT call_id FROM usage_logs")}

    async def charges(self) -> dict[tuple[UUID, date], tuple[int, int, int, int]]:
        rows = await self.rows(
            "SELECT creator_id, month, cost_usd, charged, charged_usd, request_count"
            " FROM monthly_charges"
        )
        return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows}

    async def unapplied(self) -> int:
        return int((await self.rows("SELECT count(*) FROM outbox WHERE applied_at IS NULL"))[0][0])

    async def rows(self, query: str) -> list[Any]:
        async with self.database.snapshot() as snapshot:
            return list(await snapshot.execute(text(query)))

    async def pending(self) -> int:
        summary: Any = await self.redis.xpending(USAGE_STREAM, USAGE_GROUP)
        return int(summary["pending"])


def totals(events: Sequence[UsageEvent]) -> dict[tuple[UUID, date], tuple[int, int, int, int]]:
    """What monthly charges must be after these events, each once."""
    sums: dict[tuple[UUID, date], tuple[int, int, int, int]] = {}
    for event in {event.call_id: event for event in events}.values():
        cost, charged, dollars, count = sums.get((event.creator_id, event.month), (0, 0, 0, 0))
        sums[event.creator_id, event.month] = (
            cost + event.cost_usd,
            charged + event.charged,
            dollars + event.charged_usd,
            count + 1,
        )
    return sums


@asynccontextmanager
async def scene_on(database: Database, redis: Redis, url: str) -> AsyncIterator[Scene]:
    blocking = open_blocking_redis(url)
    try:
        yield Scene(database, redis, blocking)
    finally:
        await blocking.aclose()

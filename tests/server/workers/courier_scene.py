"""A courier of webhooks, whose clock the test turns, and hooks for it to serve."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from server.accounts.sealing import Sealer
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import deliveries, notices, webhooks
from server.persistence.database import Database
from server.persistence.deliveries import Delivery
from server.telemetry.metrics import Metrics
from server.webhooks import signing
from server.webhooks.client import Client
from server.webhooks.network import Resolve
from server.workers.webhooks import Courier
from tests.server.accounts.people import TurnedClock
from tests.server.persistence.test_notices import person
from tests.server.webhooks.test_network import LOOPBACK, Names
from tests.support.eventually import eventually
from tests.support.receiver import Receiver

SEALER = Sealer("a secret key of thirty-two letters")


@dataclass
class Scene:
    """One courier, whose clock the test turns, and those who get something."""

    database: Database
    clock: TurnedClock = field(default_factory=lambda: TurnedClock(utc_now()))
    metrics: Metrics = field(default_factory=Metrics)
    resolve: Resolve = field(default_factory=lambda: Names("127.0.0.1").resolve)
    secret: str = field(default_factory=signing.new_secret)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Courier]:
        """It ends as by a kill, unless it is told to leave."""
        client = Client(LOOPBACK, self.resolve, ssl.create_default_context())
        courier = Courier(
            self.database, client, SEALER, self.metrics, clock=self.clock, chance=lambda: 0.0
        )
        task = asyncio.create_task(courier.run())
        try:
            yield courier
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def hook(self, receiver: Receiver, owner: UUID | None = None, **options: Any) -> UUID:
        """One that asks for everything."""
        made = new_id()
        async with self.database.transaction() as tx:
            await webhooks.add(
                tx,
                made,
                owner or await person(self.database),
                url=receiver.url(),
                host=options.get("host", f"127.0.0.1:{receiver.port}"),
                description="",
                events=[event.value for event in Notice],
                secret=SEALER.seal(self.secret.encode(), purpose=signing.PURPOSE, row=made),
                most=10,
            )
        return made

    async def send(self, hook: UUID, event: str = "plan.changed") -> UUID:
        made, now = new_id(), self.clock()
        body = notices.body_of(event, {"plan": "pro"}, id=made, now=now)
        async with self.database.transaction() as tx:
            await deliveries.add(tx, hook, made, event, body, now)
        return made

    async def stands(self, hook: UUID, event: UUID) -> Delivery:
        async with self.database.snapshot() as tx:
            found = await deliveries.find(tx, hook, event)
        assert found is not None
        return found

    async def until(self, hook: UUID, event: UUID, what: Callable[[Delivery], bool]) -> Delivery:
        async def is_so() -> bool:
            return what(await self.stands(hook, event))

        await eventually(is_so)
        return await self.stands(hook, event)

    async def ended(self, hook: UUID, event: UUID) -> Delivery:
        return await self.until(hook, event, lambda found: found.state != "waiting")

    async def tried(self, hook: UUID, event: UUID, times: int) -> Delivery:
        return await self.until(hook, event, lambda found: len(found.log) == times)

    async def webhook(self, hook: UUID) -> Any:
        async with self.database.snapshot() as tx:
            return (
                await tx.execute(text("SELECT * FROM webhooks WHERE id = :id"), {"id": hook})
            ).one()

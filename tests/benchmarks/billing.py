"""G8: from a turn's usage event to its billed row and to an admin's feed, at 500 turns a second.

The rig's own process does what a web process does at the end of a turn: events into the outbox, the
relay told of it. Billing, engines and the web process that serves the feed are the product's.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.persistence import outbox
from server.persistence.database import Database, open_database
from server.persistence.redis import open_redis
from server.protocol.feed import SUBPROTOCOL
from server.workers.relay import Relay
from tests.benchmarks.contestants import OURS
from tests.benchmarks.disturbance import Watch
from tests.benchmarks.figures import percentile
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload
from tests.billing.support import usage_event
from tests.support.eventually import eventually

RATE = 500
TICK_S = 0.02
EACH = int(RATE * TICK_S)
CREATORS = 50
LOOK_S = 0.05
PATIENCE_S = 20.0

BILLED = Goal("g8.billed", f"{RATE} turns/s, usage event to billed row, p99", "s", 1.0, "less", 2)
SHOWN = Goal("g8.shown", f"{RATE} turns/s, usage event to the admin feed, p99", "s", 1.0, "less", 2)


class _Progress:
    """When how many events were committed, and when so many had arrived."""

    def __init__(self) -> None:
        self.committed: list[float] = []
        self.delays: list[float] = []

    def arrived(self, count: int) -> None:
        now = time.monotonic()
        self.delays += [now - at for at in self.committed[len(self.delays) : count]]

    @property
    def is_complete(self) -> bool:
        return len(self.delays) == len(self.committed)

    def p99(self) -> float:
        return percentile(sorted(self.delays), 0.99)


async def _feed(
    database: Database, relay: Relay, feature: str, seconds: float, note: Callable[[float], None]
) -> None:
    """``RATE`` events a second, as that many turns a second leave them."""
    async with database.snapshot() as tx:
        found = await tx.scalars(
            text("SELECT id FROM users ORDER BY id LIMIT :most"), {"most": CREATORS}
        )
        creators = [UserId(user) for user in found]
    begin, number = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        now = utc_now()
        events = [
            usage_event(creators[(number + n) % len(creators)], at=now, feature=feature)
            for n in range(EACH)
        ]
        number += EACH
        async with database.transaction() as tx:
            await outbox.append(tx, events)
        at = time.monotonic()
        for _ in events:
            note(at)
        relay.nudge()
        await asyncio.sleep(max(begin + number / RATE - time.monotonic(), 0))


async def _see_rows(database: Database, feature: str, progress: _Progress) -> None:
    query = text("SELECT count(*) FROM usage_logs WHERE feature = :feature")
    while True:
        async with database.snapshot() as tx:
            progress.arrived(await tx.scalar(query, {"feature": feature}) or 0)
        await asyncio.sleep(LOOK_S)


async def _see_feed(admin: ClientConnection, feature: str, progress: _Progress) -> None:
    filters = {"feature": [feature]}
    await admin.send(json.dumps({"type": "feed.subscribe", "id": "1", "filters": filters}))
    async for frame in admin:
        event = json.loads(frame)
        if event["type"] in ("feed.snapshot", "feed.update"):
            for group in event.get("groups", ()):
                progress.arrived(group["calls"])


async def measure(rig: Rig) -> Measured:
    live = rig.product.live
    await rig.product.keys(CREATORS)
    key = await live.new_key(role="admin")
    feature = f"bench-{new_id()}"
    billed, shown = _Progress(), _Progress()

    def note(at: float) -> None:
        billed.committed.append(at)
        shown.committed.append(at)

    async with (
        live.database() as (settings, _),
        open_database(settings.engines.database, pool_size=4) as database,
        connect(
            f"{live.ws_url}/admin/costs",
            subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{key}")],
        ) as admin,
    ):
        redis = open_redis(settings.engines.redis)
        relay = Relay(database, redis)
        beside = [
            asyncio.create_task(relay.run()),
            asyncio.create_task(_see_rows(database, feature, billed)),
            asyncio.create_task(_see_feed(admin, feature, shown)),
        ]
        watch = Watch(rig.product.measured)
        try:
            await _feed(database, relay, feature, 2 * rig.seconds, note)
            with suppress(AssertionError):  # counted below
                await eventually(lambda: billed.is_complete and shown.is_complete, PATIENCE_S)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await redis.aclose()
        rig.disturbances.append(watch.read())
    for name, progress in (("billed", billed), ("shown", shown)):
        if not progress.is_complete:
            rig.wrongs.append(f"{name}: {len(progress.delays)} of {len(progress.committed)} events")
    rig.say(f"    {len(billed.committed)} events: p99 {billed.p99():.2f} s, {shown.p99():.2f} s")
    return Measured({BILLED.key: {OURS: billed.p99()}, SHOWN.key: {OURS: shown.p99()}})


WORKLOAD = Workload("billing", (BILLED, SHOWN), measure)

"""The admin feed over real sockets, fed by real turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import anyio
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from billing.costs import LiveCosts
from server.local.engines import EngineUrls
from server.persistence.redis import open_blocking_redis
from server.protocol.gate import MachineLimits
from server.sockets.arrivals import Arrivals
from server.sockets.costs import SUBPROTOCOL, CostsEndpoint, admit
from server.sockets.handshake import Door
from server.sockets.pump import PumpLimits
from tests.server.sockets.scene import Person, Scene, Talk, scene, serving


@dataclass
class Feed:
    here: Scene
    port: int

    async def admin(self) -> Person:
        person = await self.here.person()
        await self.role(person, "admin")
        return person

    async def role(self, person: Person, role: str) -> None:
        async with self.here.harness.process.services.database.transaction() as tx:
            await tx.execute(
                text("UPDATE users SET role = :role WHERE id = :id"),
                {"role": role, "id": person.caller.user_id},
            )

    @asynccontextmanager
    async def watching(self, person: Person) -> AsyncIterator[Talk]:
        async with connect(
            f"ws://127.0.0.1:{self.port}/feed",
            subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{person.key}")],
            compression=None,
        ) as connection:
            yield Talk(connection)


@asynccontextmanager
async def feed(urls: EngineUrls) -> AsyncIterator[Feed]:
    async with scene(urls) as here:
        services = here.harness.process.services
        blocking = open_blocking_redis(urls.redis_url)
        costs = LiveCosts(services.database, services.redis, blocking, services.clock)
        endpoint = CostsEndpoint(
            Door(
                subprotocol=SUBPROTOCOL,
                origins=services.accounts.origins,
                cookie_name=services.accounts.cookies.name,
                authenticator=services.accounts.authenticator,
                admit=admit,
                arrivals=Arrivals(10),
            ),
            here.hub,
            costs,
            machine=MachineLimits(),
            limits=PumpLimits(),
            clock=services.clock,
        )
        application = Starlette(routes=[WebSocketRoute("/feed", endpoint)])
        async with serving(application) as port, anyio.create_task_group() as tasks:
            tasks.start_soon(costs.run)
            yield Feed(here, port)
            tasks.cancel_scope.cancel()
        await blocking.aclose()


async def test_an_admin_sees_the_cost_of_a_turn_within_a_second_of_its_end(
    migrated: EngineUrls,
) -> None:
    async with feed(migrated) as here:
        admin, person = await here.admin(), await here.here.person()
        async with here.watching(admin) as watcher, here.here.session(person) as talk:
            snapshot = await watcher.ask("feed.subscribe", groupBy="creator")
            assert snapshot["type"] == "feed.snapshot"
            before = Decimal(snapshot["totals"]["todayUsd"])
            started = await talk.start("Show me a table")
            outcome = await talk.outcome(started["turnId"])
            cost = Decimal(outcome["receipt"]["costUsd"])
            assert cost > 0
            async with asyncio.timeout(2):
                await watcher.until(
                    lambda e: Decimal((e.get("totals") or {}).get("todayUsd", 0)) == before + cost
                )
            groups = [group for event in watcher.heard for group in event.get("groups", ())]
            assert str(person.caller.user_id) in {group["key"] for group in groups}
            marks = [event["watermark"] for event in watcher.heard]
            assert marks == sorted(marks)


async def test_asking_again_changes_what_is_watched(migrated: EngineUrls) -> None:
    async with feed(migrated) as here, here.watching(await here.admin()) as watcher:
        first = await watcher.ask("feed.subscribe", range="5m")
        assert first["re"] == "c1"
        second = await watcher.ask(
            "feed.subscribe",
            range={"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        )
        assert (second["type"], second["groups"]) == ("feed.snapshot", [])


async def test_wrong_questions_are_answered_with_their_path(migrated: EngineUrls) -> None:
    async with feed(migrated) as here, here.watching(await here.admin()) as watcher:
        early, late = "2026-01-01T00:00:00", "2026-01-02T00:00:00"
        for fields, path in (
            ({"groupBy": "colour"}, "$.groupBy"),
            ({"maxPerSecond": 11}, "$.maxPerSecond"),
            ({"filters": {"creatorId": ["x"]}}, "$.filters.creatorId[0]"),
            ({"unknown": 1}, "$.unknown"),
            ({"range": {"from": late + "Z", "to": early + "Z"}}, "$.range.to"),
            ({"range": {"from": early, "to": late}}, "$.range"),
        ):
            error = await watcher.ask("feed.subscribe", **fields)
            assert (error["code"], error["path"]) == ("invalid", path)
        assert (await watcher.ask("feed.subscribe"))["type"] == "feed.snapshot"


async def test_who_is_no_admin_is_closed_with_4403(migrated: EngineUrls) -> None:
    async with feed(migrated) as here, here.watching(await here.here.person()) as watcher:
        assert await watcher.closed() == 4403
        assert watcher.heard[-1]["code"] == "forbidden"


async def test_an_admin_who_loses_the_role_is_closed_while_watching(migrated: EngineUrls) -> None:
    async with feed(migrated) as here:
        admin = await here.admin()
        async with here.watching(admin) as watcher:
            await watcher.ask("feed.subscribe")
            await here.role(admin, "user")
            assert await watcher.closed() == 4403


async def test_updates_come_no_faster_than_asked_for(migrated: EngineUrls) -> None:
    async with feed(migrated) as here:
        admin, person = await here.admin(), await here.here.person()
        async with here.watching(admin) as watcher, here.here.session(person) as talk:
            await watcher.ask("feed.subscribe", maxPerSecond=1)
            began = asyncio.get_running_loop().time()
            for n in range(6):
                started = await talk.start(f"number {n}")
                await talk.outcome(started["turnId"])
            for _ in range(2):
                await watcher.next("feed.update")
            assert asyncio.get_running_loop().time() - began >= 0.9

"""Usage reports over HTTP."""

from datetime import timedelta

from msgspec import convert
from sqlalchemy import select

from billing.consumers import charges
from server.domain.clock import utc_now
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from tests.server.routes.site import data, error, web


async def test_an_empty_range_adds_up_to_nothing(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        assert data(await program.get("/api/ai/usage")) == {
            "items": [],
            "totals": {
                "calls": 0,
                "inputTokens": 0,
                "outputTokens": 0,
                "costUsd": "0",
                "chargedUsd": "0",
            },
        }


async def test_what_billing_wrote_is_reported_to_the_cent_and_to_nobody_else(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, stranger = await site.program(caller), await site.program()
        outcome = await site.harness.answer(caller, "hello")
        await bill(database)
        report = data(await program.get("/api/ai/usage?groupBy=feature"))
        (item,), call = report["items"], outcome["receipt"]["calls"][0]
        assert item == {
            "key": "chat",
            "calls": 1,
            "inputTokens": call["inputTokens"],
            "outputTokens": call["outputTokens"],
            "costUsd": call["costUsd"],
            "chargedUsd": call["chargedUsd"],
        }
        assert report["totals"] == {name: item[name] for name in report["totals"]}
        before = (utc_now() - timedelta(hours=1)).isoformat()
        past = {"from": (utc_now() - timedelta(hours=2)).isoformat(), "to": before}
        assert data(await program.get("/api/ai/usage", params=past))["items"] == []
        assert data(await stranger.get("/api/ai/usage"))["items"] == []


async def bill(database: Database) -> None:
    """What the billing process does with the outbox."""
    async with database.transaction() as tx:
        payloads = await tx.scalars(select(OutboxRow.payload))
        await charges.apply(tx, [convert(payload, UsageEvent) for payload in payloads])


async def test_ranges_and_groups_are_checked(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        now = utc_now()
        for query, path in (
            ({"groupBy": "mood"}, "$query.groupBy"),
            ({"from": "yesterday"}, "$query.from"),
            ({"from": "2026-01-01T00:00:00"}, "$query.from"),
            ({"from": (now + timedelta(days=1)).isoformat()}, "$query.to"),
            ({"from": (now - timedelta(days=2_000)).isoformat()}, "$query.from"),
        ):
            answer = await program.get("/api/ai/usage", params=query)
            assert error(answer, 400, "invalid")["path"] == path

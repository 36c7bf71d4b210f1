"""Usage reports over HTTP."""

from datetime import timedelta

import pytest
from msgspec import convert
from sqlalchemy import select

from billing.consumers import charges
from server.domain.clock import utc_now
from server.domain.ids import UserId
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.routes import usage
from tests.billing.support import NOON, usage_event
from tests.server.routes.site import data, error, web
from tests.server.routes.test_costs import write


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
            "keys": {"feature": "chat"},
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


async def test_usage_is_split_two_ways_and_by_the_hour(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        user = UserId(caller.user_id)
        for minutes, cost in ((0, 10), (30, 20), (60, 400)):
            at = NOON + timedelta(minutes=minutes)
            await write(database, [usage_event(user, at=at, cost=cost)], [])
        span = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}
        split = {**span, "groupBy": "hour,feature"}
        items = data(await program.get("/api/ai/usage", params=split))["items"]
        assert [(item["keys"], item["costUsd"]) for item in items] == [
            ({"hour": "2026-03-15T12:00:00Z", "feature": "chat"}, "0.00000003"),
            ({"hour": "2026-03-15T13:00:00Z", "feature": "chat"}, "0.0000004"),
        ]
        table = await program.get("/api/ai/usage.csv", params=split)
        assert table.text.splitlines() == [
            "hour (UTC),feature,calls,inputTokens,outputTokens,costUsd,chargedUsd,charged",
            "2026-03-15T12:00:00Z,chat,2,200,100,0.00000003,0.00000003,0.00003",
            "2026-03-15T13:00:00Z,chat,1,100,50,0.0000004,0.0000004,0.0004",
        ]
        accepts = {"Accept": "text/csv"}
        same = await program.get("/api/ai/usage", params=split, headers=accepts)
        assert same.text == table.text


async def test_more_groups_than_anybody_reads_are_refused_but_not_as_a_table(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "GROUPS_MAX", 2)
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        for number in range(3):
            model = f"demo/{number}"
            await write(database, [usage_event(UserId(caller.user_id), model=model)], [])
        span = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}
        refusal = await program.get("/api/ai/usage", params=span)
        assert error(refusal, 400, "invalid")["path"] == "$query.groupBy"
        assert len((await program.get("/api/ai/usage.csv", params=span)).text.splitlines()) == 4


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
            ({"groupBy": "creator"}, "$query.groupBy"),
            ({"from": "yesterday"}, "$query.from"),
            ({"from": "2026-01-01T00:00:00"}, "$query.from"),
            ({"from": (now + timedelta(days=1)).isoformat()}, "$query.to"),
            ({"from": (now - timedelta(days=2_000)).isoformat()}, "$query.from"),
        ):
            answer = await program.get("/api/ai/usage", params=query)
            assert error(answer, 400, "invalid")["path"] == path


async def test_usage_can_be_of_some_names_alone(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        user = UserId(caller.user_id)
        events = [
            usage_event(user, cost=1, model="m-large", feature="chat"),
            usage_event(user, cost=20, model="m-small", feature="chat"),
            usage_event(user, cost=300, model="m-small", feature="caption"),
        ]
        await write(database, events[:2], events[2:])
        span = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}
        for names, cost in (
            ({"model": "m-small"}, "0.00000032"),
            ({"model": "m-small,m-large", "feature": "chat"}, "0.000000021"),
            ({"model": "m-large", "feature": "caption"}, "0"),
            ({"agent": "assistant", "provider": "demo"}, "0.000000321"),
        ):
            report = data(await program.get("/api/ai/usage", params=span | names))
            assert report["totals"]["costUsd"] == cost
            calls = data(await program.get("/api/ai/usage/calls", params=span | names))["items"]
            assert len(calls) == report["totals"]["calls"]
        for path in ("/api/ai/usage", "/api/ai/usage/calls", "/api/ai/usage.csv"):
            refused = error(await program.get(path, params={"feature": "x"}), 400, "invalid")
            assert refused["path"] == "$query.feature"

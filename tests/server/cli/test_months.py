"""`months`: listed, checked, closed once."""

from sqlalchemy import text

from billing.consumers import charges
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import make_user, usage_event
from tests.server.cli.commands import Operator, noted

MARCH = {
    "month": "2026-03",
    "creators": 1,
    "costUsd": "0.001",
    "charged": "1",
    "chargedUsd": "0.001",
    "requestCount": 1,
}


async def test_a_month_is_shown_closed_and_what_comes_late_told_apart(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    assert "nothing was charged yet" in (await operator.run("months", "list")).output
    user, _ = await make_user(database)
    first, late = usage_event(user, cost=1_000_000), usage_event(user, cost=500_000)
    async with database.transaction() as tx:
        await outbox.append(tx, [first, late])
        await charges.apply(tx, [first])
    assert await operator.json("months", "list") == {
        "items": [MARCH | {"closedAt": None, "waiting": 1, "invoice": None, "difference": None}]
    }
    assert "not billed yet" in await operator.refused("months", "close", "2026-03")
    closed = await operator.json("months", "close", "2026-03", "--anyway")
    assert (closed["closed"], closed["invoice"]["charged"]) == (True, "1")
    assert (await operator.json("months", "close", "2026-03", "--anyway"))["closed"] is False
    async with database.transaction() as tx:
        await charges.apply(tx, [late])
    shown = await operator.json("months", "show", "2026-03")
    assert (shown["charged"], shown["invoice"]["charged"]) == ("1.5", "1")
    assert (shown["difference"]["charged"], shown["wrong"]) == ("0.5", [])
    assert "since it was closed 0.5 credits" in (await operator.run("months", "list")).output
    (entry,) = await noted(database)
    assert (entry.action, entry.target_id) == ("month.close", "2026-03")


async def test_a_month_that_does_not_add_up_ends_with_status_1(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    user, _ = await make_user(database)
    async with database.transaction() as tx:
        await charges.apply(tx, [usage_event(user)])
    assert "adds up" in (await operator.run("months", "show", "2026-03")).output
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE monthly_charges SET charged = 1"))
    result = await operator.run("months", "show", "2026-03")
    assert (result.exit_code, f"does not add up: {user}" in result.output) == (1, True)


async def test_what_is_no_month_is_refused(migrated: EngineUrls, database: Database) -> None:
    operator = Operator(migrated)
    for name in ("2026-13", "march", "2026-3", "0000-01"):
        assert "month" in await operator.refused("months", "show", name)
    assert "nothing in that month" in await operator.refused("months", "show", "2026-03")
    assert "has not ended" in await operator.refused("months", "close", "2999-01")

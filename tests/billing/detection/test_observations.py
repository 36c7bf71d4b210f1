"""What detection reads, against real tables; and how much the database does for it."""

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from billing.detection import observations
from billing.detection.baselines import Hour
from billing.detection.scopes import SYSTEM, Scope
from server.domain.usage import CallOutcome
from server.persistence.database import Database
from tests.billing.detection.scene import AFTERNOON, CENT, Scene
from tests.billing.incidents import make_alert

HOUR = int(AFTERNOON.timestamp() // 3_600)


async def test_calls_are_summed_by_ten_seconds_written_or_not(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.bill(scene.calls(ann, 2, seconds=10))
    await scene.owe(scene.calls(ann, 1, seconds=10, cost=3 * CENT, outcome=CallOutcome.FAILED))
    await scene.bill(scene.calls(ann, 1, seconds=200))
    async with database.snapshot() as tx:
        (slot,) = await observations.slots(tx, AFTERNOON - timedelta(seconds=60))
    assert slot.second == AFTERNOON.timestamp() - 10
    assert (slot.key.creator, slot.key.feature, slot.key.provider) == (ann, "chat", "demo")
    sums = slot.sum
    assert (sums.usd, sums.calls, sums.failed, sums.squares) == (5 * CENT, 3, 1, 11 * CENT**2)


async def test_hours_are_those_of_four_weeks_of_each_scope(database: Database) -> None:
    scene = Scene(database)
    ann, bob = await scene.creator(), await scene.creator()
    await scene.past(ann, 10)
    await scene.past(bob, 5, feature="caption")
    await scene.bill(scene.calls(ann, 1))  # of the present hour
    scopes = [
        Scope("creator", str(bob)),
        Scope("feature", "chat"),
        Scope("model", "demo/causerie-demo"),
        Scope("agent", "nobody"),
        SYSTEM,
    ]
    async with database.snapshot() as tx:
        found = await observations.hours(tx, scopes, HOUR)
    assert [len(found[scope]) for scope in scopes] == [672, 672, 672, 0, 672]
    assert [found[scope].get(HOUR - 1) for scope in scopes] == [
        Hour(5 * CENT, 5, 5.0 * CENT**2),
        Hour(10 * CENT, 10, 10.0 * CENT**2),
        Hour(15 * CENT, 15, 15.0 * CENT**2),
        None,
        Hour(15 * CENT, 15, 15.0 * CENT**2),
    ]


async def test_turns_of_the_last_five_minutes_are_counted_by_creator(database: Database) -> None:
    scene = Scene(database)
    ann, bob = await scene.creator(), await scene.creator()
    await scene.turns(ann, 30)
    await scene.turns(bob, 5)
    changes = {"ASC LIMIT 4": "feature = 'title'", "DESC LIMIT 6": "admitted_at = '2026-03-16'"}
    async with database.transaction() as tx:
        for which, change in changes.items():
            some = f"SELECT id FROM turns WHERE user_id = :ann ORDER BY id {which}"
            await tx.execute(text(f"UPDATE turns SET {change} WHERE id IN ({some})"), {"ann": ann})
    async with database.snapshot() as tx:
        (burst,) = await observations.turns(tx, AFTERNOON, 10)
    assert (burst.creator, burst.turns, burst.feature) == (ann, 20, "chat")
    assert AFTERNOON - timedelta(seconds=60) < burst.since < AFTERNOON - timedelta(seconds=40)


async def test_habits_are_those_of_active_five_minutes(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    turn = UUID(int=7)
    for ago, calls in ((20, 2), (40, 2), (60, 4), (80, 9)):
        scene.now = AFTERNOON - timedelta(days=1, minutes=ago)
        await scene.bill(scene.calls(ann, calls, seconds=50))
        await scene.bill(scene.calls(ann, 2, seconds=50, turn_id=turn))  # one turn, two calls
        await scene.bill(scene.calls(ann, 9, seconds=50, feature="title"))
    async with database.snapshot() as tx:
        found = await observations.habits(tx, [ann], AFTERNOON)
        none = await observations.habits(tx, [ann], AFTERNOON - timedelta(days=3))
    assert none == {}
    habit = found[ann]
    assert (habit.fives, habit.middle, habit.upper) == (4, 3, 5)


async def test_an_incident_is_no_habit_until_it_has_lasted_a_day(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    for days, calls in ((5, 2), (4, 50), (3, 60)):
        scene.now = AFTERNOON - timedelta(days=days)
        await scene.bill(scene.calls(ann, calls))
    since = AFTERNOON - timedelta(days=4, hours=1)
    scope = {"scope_kind": "creator", "scope_key": str(ann)}
    await make_alert(database, since=since, quiet_since=AFTERNOON, **scope)
    async with database.snapshot() as tx:
        habit = (await observations.habits(tx, [ann], AFTERNOON))[ann]
    assert (habit.fives, habit.middle, habit.upper) == (2, 2, 60)


async def test_the_dearest_call_of_a_scope_is_found(database: Database) -> None:
    scene = Scene(database)
    ann, bob = await scene.creator(), await scene.creator()
    await scene.bill(scene.calls(ann, 3))
    await scene.bill(scene.calls(bob, 1, cost=7 * CENT, feature="image"))
    since = AFTERNOON - timedelta(minutes=1)
    wanted = [(SYSTEM, "0.07"), (Scope("creator", str(ann)), "0.01")]
    wanted += [(Scope("feature", "image"), "0.07"), (Scope("agent", "assistant"), "0.07")]
    async with database.snapshot() as tx:
        for scope, cost in wanted:
            call = await observations.dearest(tx, scope, since)
            assert call is not None
            assert call["costUsd"] == cost
        assert await observations.dearest(tx, Scope("model", "demo/none"), since) is None
        call = await observations.dearest(tx, SYSTEM, since)
    assert call is not None
    assert (call["creatorId"], call["feature"]) == (str(bob), "image")


async def test_a_day_begins_at_midnight(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    midnight = AFTERNOON.astimezone(UTC).replace(hour=0, minute=0)
    scene.now = midnight
    await scene.bill(scene.calls(ann, 1, seconds=-2, cost=5))
    await scene.bill(scene.calls(ann, 1, seconds=2, cost=100))
    await scene.owe(scene.calls(ann, 1, seconds=-2, cost=6))
    await scene.owe(scene.calls(ann, 1, seconds=2, cost=100))
    async with database.snapshot() as tx:
        assert await observations.spent_since(tx, midnight) == 11
        tops = await observations.tops_since(tx, midnight)
    assert [(top.kind, top.usd) for top in tops] == [
        ("creator", 5),
        ("feature", 5),
        ("model", 5),
        ("agent", 5),
    ]


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (observations._SLOTS, {"since": AFTERNOON, "step": 10}, "ix_usage_logs_at"),
        (
            observations._TURNS,
            {"first": UUID(int=1), "since": AFTERNOON, "internal": ["title"], "least": 20},
            "pk_turns",
        ),
        (
            observations._HOURS["creator"],
            {"keys": [UUID(int=1)], "since": AFTERNOON, "until": AFTERNOON},
            "ix_usage_hours_creator_id_hour",
        ),
        (
            observations._HOURS["feature"],
            {"keys": ["chat"], "since": AFTERNOON, "until": AFTERNOON},
            "pk_usage_hours",
        ),
        (
            observations._HABITS,
            {
                "creators": [UUID(int=1)],
                "since": AFTERNOON,
                "until": AFTERNOON,
                "internal": ["title"],
            },
            "ix_usage_logs_creator_id",
        ),
        (observations._TODAY, {"day": AFTERNOON}, "pk_usage_hours"),
        (observations._TODAY, {"day": AFTERNOON}, "ix_outbox_unapplied"),
    ],
)
async def test_what_a_round_reads_is_found_by_an_index(
    database: Database, statement: Any, values: dict[str, object], index: str
) -> None:
    """So that a round costs what came since the last, not what there is. Of a table that is known
    to be empty any index would do: after TRUNCATE nothing is known."""
    explained = type(statement)(statement.sql)
    explained.sql = f"EXPLAIN {statement.sql}"
    explained._names = statement._names
    async with database.transaction() as tx:
        await tx.execute(text("TRUNCATE turns, usage_logs, usage_hours, outbox CASCADE"))
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(row[0] for row in await explained.rows(tx, **values))
    assert index in plan

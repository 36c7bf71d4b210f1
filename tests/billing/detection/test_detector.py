"""Rounds of detection against real tables, with a clock that the tests turn."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.domain.ids import UserId
from server.domain.usage import CallOutcome
from server.persistence.database import Database
from tests.billing.detection.scene import AFTERNOON, CENT, Scene
from tests.billing.incidents import make_admin, told
from tests.support.eventually import eventually


async def quiet_hour(scene: Scene, creator: UserId, calls: int = 60) -> None:
    """The hour before now, as all hours were."""
    await scene.bill(scene.calls(creator, calls, seconds=3_600))


async def test_usual_traffic_is_no_incident(database: Database) -> None:
    scene = Scene(database)
    creator = await scene.creator()
    await scene.past(creator, 60)
    await quiet_hour(scene, creator, 80)
    for _ in range(6):
        await scene.bill(scene.calls(creator, 2, seconds=10))
        assert await scene.look(after=10) == []


async def test_a_runaway_creator_is_found_within_the_minute_and_named(database: Database) -> None:
    scene = Scene(database)
    ann, bob = await scene.creator(), await scene.creator()
    await scene.past(ann, 120)
    await scene.past(bob, 5)
    await quiet_hour(scene, ann, 120)
    assert await scene.look() == []
    for _ in range(6):
        scene.now += timedelta(seconds=10)
        await scene.bill(scene.calls(bob, 20, seconds=10, cost=2 * CENT))
        if found := await scene.look():
            break
    (alert,) = found
    assert (scene.now - AFTERNOON).total_seconds() <= 60
    assert (alert.kind, alert.scope, alert.state) == ("cost_spike", f"creator {bob}", "open")
    assert alert.since == AFTERNOON
    assert alert.severity == "high"
    assert alert.explanation.startswith(f"Creator {bob} costs ")
    assert "times the usual since 14:02 UTC: $" in alert.explanation
    assert "feature chat (100 %), model demo/causerie-demo (100 %)" in alert.explanation
    assert alert.evidence["call"]["costUsd"] == "0.02"
    assert alert.evidence["call"]["creatorId"] == str(bob)
    assert alert.evidence["feature"] == "chat"
    assert alert.evidence["times"] > 10
    assert alert.observed.endswith(" USD/min")


async def test_calls_that_billing_has_not_written_count(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.past(ann, 120)
    await scene.owe(scene.calls(ann, 300, seconds=60, cost=2 * CENT))
    (alert,) = await scene.look()
    assert alert.kind == "cost_spike"


async def test_all_creators_of_a_feature_raise_the_feature(database: Database) -> None:
    scene = Scene(database)
    creators = [await scene.creator() for _ in range(4)]
    for creator in creators:
        await scene.past(creator, 100)
        await scene.past(creator, 100, feature="caption", agent="content")
        await quiet_hour(scene, creator, 100)
    assert await scene.look() == []
    for creator in creators:
        await scene.bill(scene.calls(creator, 30, feature="caption", agent="content"))
    (alert,) = await scene.look()
    assert alert.scope == "feature caption"
    assert "agent content (100 %)" in alert.explanation
    assert alert.evidence["agent"] == "content"


async def test_an_incident_is_told_when_it_opens_grows_and_ends(database: Database) -> None:
    scene = Scene(database)
    admin, ann = await make_admin(database), await scene.creator()
    await scene.past(ann, 120)
    await quiet_hour(scene, ann, 120)
    await scene.bill(scene.calls(ann, 60, seconds=60, cost=2 * CENT))
    (opened,) = await scene.look()
    assert opened.version == 1
    assert [(alert.version, alert.quiet_since) for alert in await scene.look(after=10)] == [
        (1, None)
    ]
    scene.now += timedelta(seconds=50)
    await scene.bill(scene.calls(ann, 240, seconds=50, cost=3 * CENT))
    (grown,) = await scene.look()
    assert (grown.id, grown.version, grown.severity) == (opened.id, 2, "high")
    assert grown.since == opened.since
    (quiet,) = await scene.look(after=330)
    assert (quiet.state, quiet.quiet_since) == ("open", scene.now)
    (closed,) = await scene.look(after=600)
    assert (closed.state, closed.version, closed.closed_at) == ("closed", 3, scene.now)
    assert closed.explanation.endswith(f"Quiet again since {quiet.quiet_since:%H:%M} UTC.")
    events = [(event, data["version"]) for event, _, data in await told(database, admin)]
    assert events == [("alert.opened", 1), ("alert.updated", 2), ("alert.closed", 3)]


async def test_what_comes_back_within_minutes_is_the_same_incident(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.past(ann, 120)
    await scene.bill(scene.calls(ann, 240, seconds=60))
    (opened,) = await scene.look()
    (quiet,) = await scene.look(after=330)
    assert quiet.quiet_since is not None
    await scene.bill(scene.calls(ann, 240, seconds=60))
    (again,) = await scene.look()
    assert (again.id, again.quiet_since) == (opened.id, None)


async def test_an_incident_of_last_week_does_not_hide_the_next(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.past(ann, 120)
    async with database.transaction() as tx:  # six dear hours at the same time of the week
        await tx.execute(
            text(
                "UPDATE usage_hours SET calls = calls * 20, cost_usd = cost_usd * 20,"
                " cost_squares = cost_squares * 20 WHERE hour BETWEEN :first AND :last"
            ),
            {
                "first": AFTERNOON - timedelta(days=7, hours=4),
                "last": AFTERNOON - timedelta(days=7, hours=-2),
            },
        )
    await quiet_hour(scene, ann, 120)
    assert await scene.look() == []
    await scene.bill(scene.calls(ann, 240, seconds=60))
    (alert,) = await scene.look()
    assert alert.usual == "0.02 USD/min"


async def test_of_two_detectors_one_looks(database: Database) -> None:
    scene = Scene(database)
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(1684370531)"))
        assert not await scene.detector.round()
    assert await scene.detector.round()


async def test_another_process_goes_on_with_an_incident(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.past(ann, 120)
    await scene.bill(scene.calls(ann, 240, seconds=60))
    (opened,) = await scene.look()
    scene.detector = scene.another()
    (same,) = await scene.look(after=10)
    assert (same.id, same.version) == (opened.id, 1)


async def test_a_failing_provider_is_an_incident(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.bill(scene.calls(ann, 40, seconds=200))
    assert await scene.look() == []
    await scene.bill(scene.calls(ann, 20, seconds=60, cost=0, outcome=CallOutcome.FAILED))
    (alert,) = await scene.look()
    assert (alert.kind, alert.scope, alert.severity) == (
        "provider_errors",
        "provider demo",
        "high",
    )
    assert alert.observed == "33.3 % of 60 calls"


async def test_a_dear_day_is_told_once(database: Database) -> None:
    scene = Scene(database, alert_daily_cost_usd=200 * 10**9)
    admin, ann = await make_admin(database), await scene.creator()
    await scene.bill(scene.calls(ann, 1, seconds=60, cost=190 * 10**9))
    await scene.bill(scene.calls(ann, 1, seconds=50_000, cost=9 * 10**9, feature="image"))
    assert await scene.look() == []
    await scene.owe(scene.calls(ann, 1, cost=2 * 10**9))
    (alert,) = await scene.look()
    assert (alert.kind, alert.observed, alert.usual) == (
        "daily_cost",
        "201 USD/day",
        "at most 200 USD/day",
    )
    assert f"Dearest: creator {ann} ($199), feature chat ($190)" in alert.explanation
    (same,) = await scene.look(after=3_600)
    assert same.version == 1
    await scene.look(after=10 * 3_600)  # the next day
    (over,) = await scene.look(after=600)
    assert over.state == "closed"
    assert [event for event, _, _ in await told(database, admin)] == [
        "alert.opened",
        "alert.closed",
    ]


async def test_each_dear_day_is_told_also_where_it_begins_dear(database: Database) -> None:
    scene = Scene(database, alert_daily_cost_usd=10**9)
    ann = await scene.creator()
    scene.now = AFTERNOON.replace(hour=23, minute=58)
    await scene.bill(scene.calls(ann, 1, cost=2 * 10**9))
    (first,) = await scene.look()
    scene.now += timedelta(minutes=5)
    await scene.bill(scene.calls(ann, 1, cost=2 * 10**9))
    (second,) = await scene.look()
    assert (second.id, second.version) == (first.id, 2)
    assert "AI calls of 2026-03-18 (UTC) have cost $2 by 00:03 UTC" in second.explanation
    (same,) = await scene.look(after=10)
    assert same.version == 2


async def test_a_day_without_cost_is_not_dear(database: Database) -> None:
    scene = Scene(database, alert_daily_cost_usd=0)
    assert await scene.look() == []


async def test_events_that_could_not_be_billed_are_an_incident(database: Database) -> None:
    scene = Scene(database)
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO dead_letters (entry_id, payload, reason, at)"
                " VALUES ('1-0', '', 'It is no JSON.', :at)"
            ),
            {"at": AFTERNOON},
        )
    (alert,) = await scene.look()
    assert (alert.kind, alert.scope, alert.since) == ("dead_letters", "system", AFTERNOON)
    assert "It is no JSON." in alert.explanation
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE dead_letters SET replayed_at = now()"))
    await scene.look()
    (over,) = await scene.look(after=600)
    assert over.state == "closed"


async def test_an_outage_is_waited_out(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.bill(scene.calls(ann, 40, cost=0, outcome=CallOutcome.FAILED))
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE outbox RENAME TO elsewhere"))
    task = asyncio.create_task(scene.detector.run(every_s=0.05))
    try:
        await eventually(lambda: "nothing was watched" in caplog.text)
        assert await scene.incidents() == []
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE elsewhere RENAME TO outbox"))
        await eventually(scene.incidents)
    finally:
        task.cancel()

"""Reports that are due come once, whoever makes them, or their creator is told why not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from agents.team.contexts import Figure, Known, Performance
from knowledge.hostcontext import read_context
from knowledge.hostdata import put_campaigns, put_subscriptions
from server.domain.cadence import Cadence, next_moment
from server.domain.errors import Draining
from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.persistence import generations, schedules
from server.persistence.database import Database
from server.persistence.notifications import Notification, list_notifications
from server.persistence.schedules import Schedule
from server.workers.reports import AGAIN, CLAIM, GIVE_UP, Reports, job_of
from tests.knowledge.hosts import campaign, subscription, usd
from tests.server.accounts.people import TurnedClock
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

FAILING = "[demo: fail]"
"""The name of a campaign at which the demo model does."""


class Office:
    """A creator whose weekly report has just become due, and processes that look."""

    def __init__(self, harness: Harness, user: UserId) -> None:
        self.harness = harness
        self.user = user
        self.clock = TurnedClock()
        self.database = harness.process.services.database

    def reports(self) -> Reports:
        """Those of one process."""
        return Reports(self.database, self.harness.process.turns.errands, clock=self.clock)

    async def subscribe(self, cadence: Cadence = Cadence.WEEKLY) -> None:
        at = next_moment(cadence, self.user, self.clock())
        async with self.database.transaction() as tx:
            await schedules.put(tx, self.user, cadence, at, self.clock())
        self.clock.now = at

    async def hear(self, name: str = "spring", **fields: Any) -> None:
        """The host application tells of a campaign."""
        now = self.clock()
        async with self.database.transaction() as tx:
            told = campaign("one", as_of=now, name=name, revenue=usd(321.5), **fields)
            await put_campaigns(tx, self.user, [told], now)

    async def schedule(self) -> Schedule:
        async with self.database.snapshot() as tx:
            found = await schedules.find(tx, self.user)
        assert found is not None
        return found

    async def told(self) -> list[Notification]:
        async with self.database.snapshot() as tx:
            return await list_notifications(tx, self.user, unread=True, before=None, limit=10)

    async def made(self) -> list[generations.Generation]:
        async with self.database.snapshot() as tx:
            return await generations.list_generations(
                tx, self.user, kind=None, before=None, limit=10
            )


@pytest_asyncio.fixture
async def office(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Office]:
    async with turn_harness(migrated) as harness:
        # The process looks too, by a clock on which nothing of this is due.
        here = Office(harness, UserId((await harness.person()).user_id))
        here.clock.now = harness.process.services.clock() + timedelta(days=1)
        yield here


async def test_what_is_due_is_made_kept_paid_and_told(office: Office, database: Database) -> None:
    await office.hear()
    await office.subscribe()
    due = office.clock()
    assert await office.reports().make_next()
    assert not await office.reports().make_next()
    (report,), (notice,) = await office.made(), await office.told()
    assert (report.kind, report.state, report.agent) == ("analysis", "completed", "analytics")
    assert report.input == {
        "metrics": {
            "platforms": ["onlyfans"],
            "contentTypes": [],
            "timeframe": "last 30 days",
        },
        "scheduled": {"cadence": "weekly", "dueAt": f"{due:%Y-%m-%dT%H:%M:%SZ}"},
    }
    assert report.outcome is not None
    assert report.outcome["result"]["insights"]
    assert float(report.outcome["receipt"]["charged"]) > 0
    schedule = await office.schedule()
    assert schedule.next_at == due + timedelta(days=7)
    assert (schedule.last_generation_id, schedule.last_error) == (report.id, None)
    assert (notice.event, notice.severity) == ("report.ready", "info")
    assert notice.data == {
        "cadence": "weekly",
        "generationId": str(report.id),
        "nextAt": f"{schedule.next_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    await books_balance(database)


async def test_agents_are_told_all_figures_once(office: Office) -> None:
    await office.hear()
    async with office.database.transaction() as tx:
        subscribed = [subscription("a", platform="fansly")]
        await put_subscriptions(tx, office.user, subscribed, office.clock())
        context = await read_context(tx, office.user, office.clock())
    figures = (Figure(name="revenue", value="321.50 USD"),)
    asked = job_of(context, {}).context(Known(figures=figures))
    assert isinstance(asked, Performance)
    assert (asked.metrics, asked.known.figures) == (figures, ())
    assert asked.platforms == ("onlyfans", "fansly")


async def test_of_many_processes_one_makes_it(office: Office) -> None:
    await office.hear()
    await office.subscribe()
    made = await asyncio.gather(*(office.reports().make_next() for _ in range(4)))
    assert made.count(True) == 1
    assert len(await office.made()) == len(await office.told()) == 1


async def test_another_makes_what_a_dead_process_had_claimed(office: Office) -> None:
    await office.hear()
    await office.subscribe()
    async with office.database.transaction() as tx:
        await schedules.claim(tx, office.clock(), office.clock() + CLAIM)
    assert not await office.reports().make_next()
    office.clock.now += CLAIM
    assert await office.reports().make_next()
    assert len(await office.told()) == 1


async def test_what_was_made_by_one_who_died_before_saying_so_is_not_made_again(
    office: Office, database: Database
) -> None:
    await office.hear()
    await office.subscribe()
    due = office.clock()
    await office.reports().make_next()
    (report,) = await office.made()
    async with database.transaction() as tx:  # what it would not have written
        await tx.execute(
            text("UPDATE report_schedules SET next_at = :due, last_generation_id = NULL"),
            {"due": due},
        )
        await tx.execute(text("DELETE FROM notifications"))
    office.clock.now += CLAIM
    assert await office.reports().make_next()
    assert [one.id for one in await office.made()] == [report.id]
    assert (await office.schedule()).last_generation_id == report.id
    (notice,) = await office.told()
    assert notice.data["generationId"] == str(report.id)


async def test_without_figures_nothing_is_asked_and_the_creator_is_told(office: Office) -> None:
    await office.subscribe()
    assert await office.reports().make_next()
    assert not await office.reports().make_next()
    (notice,) = await office.told()
    assert (notice.event, notice.severity) == ("report.failed", "warning")
    assert notice.data["code"] == (await office.schedule()).last_error == "no_figures"
    assert await office.made() == []


async def test_without_credits_it_is_told_and_not_tried_again(office: Office) -> None:
    office.user = UserId((await office.harness.person(credits=0)).user_id)
    await office.hear()
    await office.subscribe()
    assert await office.reports().make_next()
    office.clock.now += AGAIN
    assert not await office.reports().make_next()
    (notice,) = await office.told()
    assert notice.data["code"] == "insufficient_credits"
    assert (await office.schedule()).next_at > office.clock() + timedelta(days=6)


async def test_a_provider_s_bad_morning_is_waited_out(office: Office, database: Database) -> None:
    await office.hear(FAILING)
    await office.subscribe()
    assert await office.reports().make_next()
    assert not await office.reports().make_next()
    assert await office.told() == []
    office.clock.now += AGAIN
    await office.hear("spring")
    assert await office.reports().make_next()
    (notice,) = await office.told()
    assert notice.event == "report.ready"
    await books_balance(database)


async def test_a_provider_that_stays_away_is_told_and_left(office: Office) -> None:
    await office.hear(FAILING)
    await office.subscribe()
    await office.reports().make_next()
    office.clock.now += GIVE_UP
    assert await office.reports().make_next()
    (notice,) = await office.told()
    assert (notice.event, notice.data["code"]) == ("report.failed", "provider_error")
    assert (await office.schedule()).next_at > office.clock() + timedelta(days=6)


async def test_a_process_that_drains_leaves_it_to_others_at_once(office: Office) -> None:
    await office.hear()
    await office.subscribe()
    office.harness.engine.is_draining = True
    with pytest.raises(Draining):
        await office.reports().make_next()
    office.harness.engine.is_draining = False
    assert await office.reports().make_next()
    assert len(await office.told()) == 1


async def test_a_process_that_ends_lets_go_of_what_it_was_making(office: Office) -> None:
    await office.hear("[demo: slow]")
    await office.subscribe()
    making = asyncio.create_task(office.reports().make_next())
    await eventually(office.made)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await office.hear("spring")
    assert await office.reports().make_next()
    (notice,) = await office.told()
    assert notice.event == "report.ready"


async def test_whoever_takes_the_schedule_back_is_told_nothing(office: Office) -> None:
    await office.hear("[demo: slow] [demo: fail after 2]")
    await office.subscribe()
    office.clock.now += GIVE_UP
    making = asyncio.create_task(office.reports().make_next())
    await eventually(office.made)
    async with office.database.transaction() as tx:
        await schedules.remove(tx, office.user)
    await making
    assert await office.told() == []

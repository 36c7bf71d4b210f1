"""What admins chose stands before the settings, and is read anew with every round."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing import thresholds
from billing.thresholds import Chosen
from server.alertsettings import AlertSettings
from server.domain.money import NanoUsd
from server.persistence.database import Database
from tests.billing.detection.scene import Scene
from tests.billing.support import NOON


async def choose(database: Database, chosen: Chosen) -> None:
    async with database.transaction() as tx:
        await thresholds.begin(tx)
        await thresholds.choose(tx, chosen, by=None, now=NOON)


async def test_the_newest_choice_holds_and_no_choice_is_ever_changed(database: Database) -> None:
    async with database.snapshot() as tx:
        assert await thresholds.current(tx) == thresholds.NONE
    await choose(database, Chosen(alert_error_percent=7))
    await choose(database, Chosen(alert_daily_cost_usd=None))
    async with database.snapshot() as tx:
        found = await thresholds.current(tx)
    assert (found.chosen, found.set_at) == (Chosen(alert_daily_cost_usd=None), NOON)
    assert found.chosen.names == ["alert_daily_cost_usd"]
    with pytest.raises(DBAPIError):
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM alert_thresholds"))


def test_what_is_not_chosen_is_as_settings_have_it() -> None:
    settings = AlertSettings(alert_error_percent=9)
    watch = thresholds.in_force(settings, Chosen(burst_block_minutes=5))
    assert (watch.alert_error_percent, watch.burst_block_minutes) == (9, 5)
    assert thresholds.in_force(settings, Chosen()) == settings
    assert (
        thresholds.in_force(settings, Chosen(alert_daily_cost_usd=None)).alert_daily_cost_usd
        is None
    )


async def test_a_choice_is_followed_by_the_next_round_without_a_restart(database: Database) -> None:
    scene = Scene(database, alert_daily_cost_usd=100 * 10**9)
    ann = await scene.creator()
    await scene.bill(scene.calls(ann, 1, cost=2 * 10**9))
    assert await scene.look() == []
    await choose(database, Chosen(alert_daily_cost_usd=NanoUsd(10**9)))
    (dear,) = await scene.look(after=10)
    assert (dear.kind, dear.state) == ("daily_cost", "open")
    await choose(database, Chosen(alert_daily_cost_usd=None))
    await scene.look(after=10)
    (over,) = await scene.look(after=601)
    assert over.state == "closed"

"""Figures that agents are told are those that the host has told, counted once."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from knowledge import hostcontext, store
from knowledge.campaigns import link
from knowledge.hostcontext import CreatorContext, PlatformContext, read_context
from knowledge.hostdata import put_campaigns, put_stats, put_subscriptions
from knowledge.platforms import Tokens, put_accounts
from server.accounts.sealing import Sealer
from server.domain.ids import new_id
from server.persistence.database import Database
from tests.knowledge.hosts import account, campaign, day, subscription, usd
from tests.knowledge.scene import creator, new
from tests.server.accounts.people import START

NOW = START + timedelta(minutes=1)
TODAY = date(2026, 3, 1)
NOTHING = CreatorContext(platforms=(), campaigns=(), activity=None, subscriptions=None)


async def test_of_whom_nothing_is_told_nothing_is_known(database: Database) -> None:
    async with database.snapshot() as tx:
        assert await read_context(tx, await creator(database), NOW) == NOTHING


async def test_what_was_told_of_others_is_not_counted(database: Database) -> None:
    who, other = await creator(database), await creator(database)
    async with database.transaction() as tx:
        await put_campaigns(tx, other, [campaign()], NOW)
        await put_stats(tx, other, [day(TODAY - timedelta(days=1))], NOW)
        await put_subscriptions(tx, other, [subscription("s")], NOW)
        await put_accounts(tx, other, [account()], NOW, Sealer("x" * 40))
        assert await read_context(tx, who, NOW) == NOTHING
        known = await read_context(tx, other, NOW)
    assert len(known.platforms) == len(known.campaigns) == 1
    assert known.activity is not None
    assert known.subscriptions is not None


async def test_an_account_is_connected_while_its_token_is_valid_or_can_be_renewed(
    database: Database,
) -> None:
    who = await creator(database)
    over, to_come = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    accounts = [
        account("a", name="a", tokens=Tokens(access_token="t")),
        account("b", name="b", tokens=Tokens(access_token="t", expires_at=to_come)),
        account("c", name="c", tokens=Tokens(access_token="t", expires_at=over)),
        account("d", name="d", tokens=Tokens(refresh_token="t", expires_at=over)),
        account("e", name="e", tokens=Tokens()),
    ]
    async with database.transaction() as tx:
        await put_accounts(tx, who, accounts, NOW, Sealer("x" * 40))
        found = await hostcontext.platforms(tx, who, NOW)
    assert found == tuple(
        PlatformContext(platform="instagram", name=name, is_connected=name in "abd")
        for name in "abcde"
    )


async def test_campaigns_that_run_come_first_with_their_rates_and_what_was_learned(
    database: Database,
) -> None:
    who = await creator(database)
    sent = [campaign(f"c{age}", START - timedelta(days=age), status="ended") for age in range(6)]
    running = campaign(
        "old", START - timedelta(days=99), sent=200, opened=100, clicked=30, converted=1
    )
    async with database.transaction() as tx:
        await put_campaigns(tx, who, [*sent, running], NOW)
        for number in range(5):
            kept = await store.add(tx, new_id(), who, new(f"Fact {number}."), NOW)
            await link(tx, who, "old", kept.id)
        await store.retract(tx, kept.id, who, NOW)
        first, *others = await hostcontext.campaigns(tx, who)
    assert (first.open_rate, first.click_rate, first.conversion_rate) == (0.5, 0.15, 0.005)
    assert [one.text for one in first.insights] == ["Fact 3.", "Fact 2.", "Fact 1."]
    assert first.insights[-1].confidence_at == NOW
    assert [one.name for one in others] == ["C0", "C1", "C2", "C3"]
    assert others[0].open_rate is None


async def test_activity_is_of_thirty_whole_days_against_the_thirty_before(
    database: Database,
) -> None:
    who = await creator(database)
    days = [
        day(TODAY, 1_000, 0),  # not over
        day(TODAY - timedelta(days=1), 20, 15, revenue=usd(30)),
        day(TODAY - timedelta(days=30), 10, 0, revenue=usd(0.5)),
        day(TODAY - timedelta(days=30), 10, 5, platform="instagram", revenue=usd(0)),
        day(TODAY - timedelta(days=31), 30, 30, revenue=usd(61)),
        day(TODAY - timedelta(days=60), 20, 20, revenue=usd(0)),
        day(TODAY - timedelta(days=61), 1_000, 1_000, revenue=usd(999)),
    ]
    async with database.transaction() as tx:
        await put_stats(tx, who, days, NOW)
        told = await hostcontext.activity(tx, who, NOW)
    assert told is not None
    assert (told.received, told.revenue) == (40, usd(30.5))
    assert told.response_rate == pytest.approx(0.5)
    assert told.received_change == pytest.approx(-0.2)
    assert told.response_rate_change == pytest.approx(-0.5)
    assert told.revenue_change == pytest.approx(-0.5)


async def test_without_days_before_there_is_no_change_to_tell(database: Database) -> None:
    who = await creator(database)
    async with database.transaction() as tx:
        await put_stats(tx, who, [day(TODAY - timedelta(days=1), 0, 0)], NOW)
        told = await hostcontext.activity(tx, who, NOW)
    assert told is not None
    assert told.response_rate is None
    changes = (told.received_change, told.response_rate_change, told.revenue_change)
    assert changes == (None, None, None)


async def test_subscriptions_that_are_active_are_counted_exactly(database: Database) -> None:
    who = await creator(database)
    drafts: list[list[tuple[str, int, int, int | None]]] = []

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["onlyfans", "patreon"]),
                st.integers(0, 5_000),
                st.integers(-2, 2),
                st.none() | st.integers(-2, 2),
            ),
            max_size=8,
        )
    )
    def draw(told: list[tuple[str, int, int, int | None]]) -> None:
        drafts.append(told)

    draw()
    for told in drafts:
        items = [
            subscription(
                str(number),
                cents / 100,
                platform=platform,
                started_at=NOW + timedelta(days=start),
                ended_at=None if end is None else NOW + timedelta(days=end),
            )
            for number, (platform, cents, start, end) in enumerate(told)
        ]
        active = [
            one
            for one in items
            if one.started_at <= NOW and (one.ended_at is None or one.ended_at > NOW)
        ]
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM fan_subscriptions"))
            await put_subscriptions(tx, who, items, NOW)
            found = await hostcontext.subscriptions(tx, who, NOW)
        if not items:
            assert found is None
            continue
        assert found is not None
        assert found.active == len(active) == sum(found.platforms.values())
        assert found.revenue == sum(one.price for one in active)
        assert found.average == (found.revenue // len(active) if active else None)

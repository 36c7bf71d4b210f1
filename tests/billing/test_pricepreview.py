"""What a price would have made of last month, against the Python that bills."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from billing.consumers import charges
from billing.invariants.usage import WRONG_ROWS
from billing.pricepreview import PriceEffect, preview
from billing.pricing import charge, charged_usd, cost
from server.domain.ids import UserId
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.usage import CallOutcome, Price, Usage, UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
MODEL = "demo/causerie-demo"
CHEAP = Price(input=PicoUsd(1_000), output=PicoUsd(2_000))


async def bill(database: Database, events: list[UsageEvent]) -> None:
    """As the settling transaction and the billing process write them."""
    async with database.transaction() as tx:
        await outbox.append(tx, events)
    async with database.transaction() as tx:
        await charges.apply(tx, events)


async def effect(
    database: Database, price: Price, *, now: datetime = NOW, per_usd: int = 1_000
) -> PriceEffect:
    async with database.snapshot() as tx:
        return await preview(tx, MODEL, price, now=now, credits_per_usd=per_usd)


def billed(
    user: UserId, usage: Usage, price: Price, per_usd: int = 1_000, **changes: object
) -> UsageEvent:
    """A call that was charged in full."""
    spent = cost(usage, price)
    credits = charge(spent, price.multiplier_ppm, per_usd)
    fields: dict[str, object] = {
        "usage": usage,
        "price": price,
        "charged": credits,
        "charged_usd": charged_usd(credits, per_usd),
        **changes,
    }
    return usage_event(user, cost=spent, **fields)  # type: ignore[arg-type]  # a table of fields


def some_price(chance: random.Random) -> Price:
    def picos() -> PicoUsd:
        return PicoUsd(chance.choice((0, 1, 999, 75_000, chance.randrange(10**12))))

    return Price(
        input=picos(),
        output=picos(),
        cached_input=chance.choice((None, picos())),
        cache_write=chance.choice((None, picos())),
        multiplier_ppm=chance.choice((0, 1, 1_000_000, chance.randrange(5_000_000))),
        image=chance.choice((None, picos())),
        character=chance.choice((None, picos())),
        second=chance.choice((None, picos())),
    )


def some_usage(chance: random.Random) -> Usage:
    total = chance.choice((0, 1, chance.randrange(2_000), chance.randrange(3_000_000)))
    # Some providers have told more cached tokens than there were.
    cached = chance.choice((0, total, total + 5, chance.randrange(total + 1)))
    return Usage(
        input_tokens=total,
        output_tokens=chance.choice((0, 1, chance.randrange(100_000))),
        cached_input_tokens=cached,
        cache_write_tokens=chance.choice((0, total, chance.randrange(total + 1))),
        images=chance.choice((0, 1, 7)),
        characters=chance.choice((0, chance.randrange(10_000))),
        audio_ms=chance.choice((0, 1, chance.randrange(10_000_000))),
    )


@pytest.mark.parametrize("per_usd", [1_000, 1, 7, 3_000])
async def test_the_database_prices_each_call_as_billing_does(
    database: Database, per_usd: int
) -> None:
    chance = random.Random(per_usd)
    user, _ = await make_user(database)
    calls: list[tuple[Usage, Price]] = []
    for _ in range(300):
        usage, old = some_usage(chance), CHEAP
        if chance.random() < 0.5:
            old = Price(
                input=PicoUsd(chance.randrange(10**7)), output=PicoUsd(10), cached_input=None
            )
        calls.append((usage, old))
    await bill(database, [billed(user, usage, old, per_usd) for usage, old in calls])
    for _ in range(30):
        price = some_price(chance)
        seen = await effect(database, price, per_usd=per_usd)
        costs = [cost(usage, price) for usage, _ in calls]
        owed = [charge(spent, price.multiplier_ppm, per_usd) for spent in costs]
        assert seen.new_cost_usd == sum(costs)
        assert seen.new_charged_usd == sum(charged_usd(credits, per_usd) for credits in owed)
        assert (seen.calls, seen.cost_usd) == (300, sum(cost(*call) for call in calls))
        assert seen.input_tokens == sum(usage.input_tokens for usage, _ in calls)
        assert seen.output_tokens == sum(usage.output_tokens for usage, _ in calls)


async def test_each_call_is_rounded_by_itself(database: Database) -> None:
    user, _ = await make_user(database)
    one = Usage(input_tokens=1, output_tokens=0)
    await bill(database, [billed(user, one, CHEAP) for _ in range(10)])
    seen = await effect(database, Price(input=PicoUsd(1), output=PicoUsd(0)))
    assert (seen.cost_usd, seen.new_cost_usd, seen.new_charged_usd) == (10, 10, 10)


async def test_the_price_that_was_changes_nothing_however_credits_divide(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    usage = Usage(input_tokens=10, output_tokens=3, cached_input_tokens=2, cache_write_tokens=4)
    price = Price(
        input=PicoUsd(1_001), output=PicoUsd(7), cached_input=PicoUsd(3), cache_write=PicoUsd(1_501)
    )
    # A nano-dollar less than the call alone would round to, as within a turn of several calls.
    event = billed(user, usage, price, 7)
    await bill(database, [billed(user, usage, price, 7, charged_usd=event.charged_usd - 1)])
    seen = await effect(database, price, per_usd=7)
    assert seen.new_cost_usd == seen.cost_usd == event.cost_usd
    assert seen.new_charged_usd == seen.charged_usd == event.charged_usd - 1


async def test_what_was_not_charged_in_full_is_not_charged_more(database: Database) -> None:
    user, _ = await make_user(database)
    usage = Usage(input_tokens=1_000, output_tokens=0)  # a micro-dollar each, at CHEAP
    free = {"charged": MicroCredits(0), "charged_usd": NanoUsd(0)}
    short = {"charged": MicroCredits(400), "charged_usd": NanoUsd(400)}
    gift = Price(input=PicoUsd(0), output=PicoUsd(0))
    await bill(
        database,
        [
            billed(user, usage, CHEAP),
            billed(user, usage, CHEAP, **free),  # a refund
            billed(user, usage, CHEAP, **short),  # the balance ended
            billed(user, usage, gift, outcome=CallOutcome.FAILED),
            billed(user, usage, gift),
        ],
    )
    seen = await effect(database, Price(input=PicoUsd(2_000), output=PicoUsd(0)))
    assert (seen.cost_usd, seen.new_cost_usd) == (3_000, 10_000)
    assert (seen.charged_usd, seen.new_charged_usd) == (1_400, 2_000 + 400 + 2_000)
    seen = await effect(database, Price(input=PicoUsd(100), output=PicoUsd(0)))
    assert seen.new_charged_usd == 100 + 100 + 100


async def test_last_month_is_the_calendars_and_of_one_model(database: Database) -> None:
    user, _ = await make_user(database)
    first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    day = timedelta(days=1)
    moments = [first - timedelta.resolution, first, NOON, last - timedelta.resolution, last, NOW]
    await bill(database, [usage_event(user, cost=10, at=at) for at in moments])
    await bill(database, [usage_event(user, cost=10, model="openai/other")])
    seen = await effect(database, CHEAP)
    assert (seen.start, seen.end, seen.calls, seen.cost_usd) == (first, last, 3, 30)
    january = await effect(database, CHEAP, now=first - 30 * day)
    assert january.start == first - 60 * day
    assert january.calls == 0


async def test_a_model_without_calls_last_month_is_seen_over_the_last_thirty_days(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    late, early = NOW - timedelta(days=1), NOW - timedelta(days=40)
    await bill(database, [usage_event(user, at=late), usage_event(user, at=NOW)])
    await bill(database, [usage_event(user, at=early - timedelta(days=20))])
    seen = await effect(database, CHEAP)
    assert (seen.start, seen.end, seen.calls) == (NOW - timedelta(days=30), NOW, 1)


async def test_cache_writes_count_as_input_where_a_row_does_not_know_them(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    usage = Usage(input_tokens=100, output_tokens=0, cache_write_tokens=100)
    event = billed(user, usage, CHEAP)
    price = Price(input=PicoUsd(1_000), output=PicoUsd(0), cache_write=PicoUsd(5_000))
    await bill(database, [event])
    assert (await effect(database, price)).new_cost_usd == 500
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE usage_logs SET cache_write_tokens = NULL"))
    assert (await effect(database, price)).new_cost_usd == 100
    # A row of a version that did not keep them is no wrong row.
    async with database.snapshot() as tx:
        assert (await tx.execute(WRONG_ROWS)).all() == []

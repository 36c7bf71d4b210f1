"""A turn keeps the month and the price of its admission, whatever happens before it is billed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from billing.pricerows import set_price
from billing.reconcile import check
from server.domain.clock import utc_now
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.process import open_process
from server.settings import load
from tests.billing import books
from tests.support.turns import Harness

BEFORE_MIDNIGHT = datetime(2031, 1, 31, 23, 59, 30, tzinfo=UTC)
UNHURRIED = Pacing(tokens_per_s=200, first_token_s=0.2)
MODEL = "demo/causerie-demo"


class MovedClock:
    """The real one, moved to another day: it goes on by itself."""

    def __init__(self, begins: datetime) -> None:
        self._away = begins - utc_now()

    def __call__(self) -> datetime:
        return utc_now() + self._away

    def pass_by(self, time: timedelta) -> None:
        self._away += time


@asynccontextmanager
async def engine_at(urls: EngineUrls, clock: MovedClock) -> AsyncIterator[Harness]:
    settings = load(
        {
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
            "AUTO_TITLES": "false",  # they have calls of their own
        }
    )
    providers = ProviderSettings(demo_pacing=UNHURRIED)
    async with open_process(settings, providers=providers, clock=clock) as process:
        yield Harness(process)


async def one(database: Database, query: str) -> tuple[object, ...]:
    async with database.snapshot() as snapshot:
        return tuple((await snapshot.execute(text(query))).one())


async def test_a_turn_of_the_last_minute_counts_in_its_month_wherever_it_ends(
    migrated: EngineUrls, database: Database
) -> None:
    clock = MovedClock(BEFORE_MIDNIGHT)
    async with engine_at(migrated, clock) as turns:
        caller = await turns.person()
        started = await turns.say(caller, "Tell me about the turn of the month")
        clock.pass_by(timedelta(seconds=40))
        outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.completed"
    assert outcome["quota"]["month"] == "2031-01"
    (event,) = await books.bill(database)  # a worker that comes in February
    assert (event.month, event.at.month) == (date(2031, 1, 1), 2)
    assert await one(database, "SELECT month, charged FROM monthly_charges") == (
        date(2031, 1, 1),
        event.charged,
    )
    assert await one(database, "SELECT month, spent, held FROM quotas") == (
        date(2031, 1, 1),
        event.charged_usd,
        0,
    )
    assert await check(database, clock) == []


@pytest.mark.parametrize("factor", [0, 3])
async def test_a_price_that_changes_during_a_turn_is_not_its_price(
    migrated: EngineUrls, database: Database, factor: int
) -> None:
    clock = MovedClock(utc_now())
    async with engine_at(migrated, clock) as turns:
        caller = await turns.person()
        before = turns.process.services.prices.price(MODEL, clock())
        started = await turns.say(caller, "What will this cost?")
        changed = Price(
            input=PicoUsd(before.input * factor), output=PicoUsd(before.output * factor)
        )
        async with database.transaction() as tx:
            await set_price(tx, MODEL, None, changed)
            await turns.process.services.prices.refresh(tx)
        outcome = await turns.end(started.cursor)
        assert turns.process.services.prices.price(MODEL, clock()) == changed
        later = await turns.answer(caller, "And the next?")
    first, second = await books.bill(database)
    assert (first.price, second.price) == (before, changed)
    assert outcome["receipt"]["calls"][0]["callId"] == str(first.call_id)
    assert (later["receipt"]["charged"] == "0") == (factor == 0)
    assert await check(database, clock) == []

"""A price put right: lines a call, credits only back, and never twice."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs
from sqlalchemy import text

from billing import repricing
from billing.reconcile import check
from billing.repricing import BEGINNING, Repricing, Step, Sums, preview, reprice
from server.domain.errors import Invalid
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.turn import TurnState
from server.domain.usage import Price
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing import books
from tests.billing.support import CREDIT, NOON, PER_USD
from tests.support.dying import dying_with_us

HALF = Price(input=PicoUsd(500_000), output=PicoUsd(1_000_000))
"""Of ``books.PRICE``."""

DOUBLE = Price(input=PicoUsd(2_000_000), output=PicoUsd(4_000_000))


def order(price: Price = HALF, **changes: object) -> Repricing:
    wanted = Repricing(
        model="demo/causerie-demo",
        start=NOON - timedelta(days=1),
        end=NOON + timedelta(days=1),
        price=price,
        reason="The list was wrong",
        actor=None,
        credits_per_usd=PER_USD,
    )
    return structs.replace(wanted, **changes)


def summed(calls: int, changed: int, cost_usd: int, back: int) -> Sums:
    """At the default rate, where a credit is a milli-dollar."""
    return Sums(
        calls=calls,
        changed=changed,
        cost_usd=NanoUsd(cost_usd),
        back=MicroCredits(back),
        back_usd=NanoUsd(back),
    )


async def done(database: Database, wanted: Repricing) -> Sums:
    sums = Sums()
    async for step in reprice(database, wanted):
        sums += step.sums
    return sums


async def told(database: Database, wanted: Repricing) -> Sums:
    async with database.snapshot() as tx:
        return await preview(tx, wanted)


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.snapshot() as tx:
        return [tuple(row) for row in await tx.execute(text(query))]


LEFT = "SELECT balance FROM accounts"
CHARGE = "SELECT cost_usd, charged, charged_usd, request_count FROM monthly_charges"


async def play(database: Database, *used: int, credits: int = 10 * CREDIT) -> books.Owner:
    owner = await books.make_owner(database, credits)
    await books.end(database, await books.admit(database, owner), *used)
    await books.bill(database)
    return owner


async def test_a_cheaper_price_gives_back_what_was_taken_too_much(database: Database) -> None:
    await play(database, 1_000, 300)
    expected = summed(2, 2, -650_000, 650_000)
    assert await told(database, order()) == expected
    assert await rows(database, "SELECT count(*) FROM adjustments") == [(0,)]
    assert await done(database, order()) == expected
    assert await rows(database, LEFT) == [(10 * CREDIT - 650_000,)]
    assert await rows(database, "SELECT spent FROM quotas") == [(650_000,)]
    assert await rows(database, CHARGE) == [(650_000, 650_000, 650_000, 2)]
    entry = "SELECT kind, amount, reason FROM transfers WHERE kind = 'adjustment'"
    assert await rows(database, entry) == [("adjustment", 650_000, "The list was wrong")]
    # Usage rows are history.
    assert await rows(database, "SELECT sum(cost_usd), sum(charged) FROM usage_logs") == [
        (1_300_000, 1_300_000)
    ]
    assert await check(database) == []


async def test_a_dearer_price_is_the_operators_loss_alone(database: Database) -> None:
    await play(database, 1_000)
    sums = await done(database, order(DOUBLE))
    assert sums == summed(1, 1, 1_000_000, 0)
    assert await rows(database, LEFT) == [(9 * CREDIT,)]
    assert await rows(database, CHARGE) == [(2_000_000, 1_000_000, 1_000_000, 1)]
    assert await check(database) == []


async def test_doing_it_again_changes_nothing_and_another_builds_on_it(
    database: Database,
) -> None:
    await play(database, 1_000, 300)
    nothing = Sums(calls=2)
    await done(database, order(DOUBLE))
    assert await done(database, order(DOUBLE)) == nothing
    back = await done(database, order())
    assert (back.cost_usd, back.back) == (-1_950_000, 650_000)
    assert await told(database, order()) == nothing
    # What has gone back once is not asked for again.
    assert (await done(database, order(DOUBLE))).back == 0
    assert (await done(database, order(books.PRICE))).back == 0
    assert await rows(database, CHARGE) == [(1_300_000, 650_000, 650_000, 2)]
    assert await check(database) == []


async def test_what_was_refunded_before_is_not_given_back_a_second_time(
    database: Database,
) -> None:
    await play(database, 1_000)
    await books.give_back(database, 700_000)
    assert (await done(database, order())).back == 0  # 0.3 are left, 0.5 are owed
    assert (await done(database, order(books.PRICE))).back == 0
    await books.give_back(database)
    assert await rows(database, LEFT) == [(10 * CREDIT,)]
    assert await check(database) == []


async def test_what_was_never_charged_gives_nothing_back(database: Database) -> None:
    owner = await play(database, 3_000, credits=2 * CREDIT)  # for two of the three credits
    turn = await books.admit(database, owner, 0)
    await books.end(database, turn, 500, state=TurnState.FAILED)
    await books.bill(database)
    sums = await done(database, order())
    assert (sums.calls, sums.cost_usd, sums.back) == (2, -1_750_000, 500_000)
    assert await check(database) == []


async def test_only_calls_of_the_model_and_the_time_are_touched(database: Database) -> None:
    await play(database, 1_000)
    assert await done(database, order(model="demo/other")) == Sums()
    assert await done(database, order(end=NOON)) == Sums()
    assert await done(database, order(start=NOON + timedelta(microseconds=1))) == Sums()
    assert (await done(database, order(start=NOON))).changed == 1


async def test_the_multiplier_counts_and_every_unit(database: Database) -> None:
    await play(database, 1_000)
    await books.run(database, "UPDATE usage_logs SET images = 2, audio_ms = 1500")
    price = Price(
        input=PicoUsd(0),
        output=PicoUsd(0),
        image=PicoUsd(100_000_000),
        second=PicoUsd(100_000_000),
        multiplier_ppm=500_000,
    )
    sums = await done(database, order(price))
    assert (sums.cost_usd, sums.back) == (350_000 - 1_000_000, 1_000_000 - 175_000)


@pytest.mark.parametrize(
    ("unit", "used"), [("image", "images"), ("character", "characters"), ("second", "audio_ms")]
)
async def test_what_was_sold_by_a_unit_does_not_become_free_for_want_of_its_price(
    database: Database, unit: str, used: str
) -> None:
    await play(database, 1_000)
    await books.run(database, f"UPDATE usage_logs SET {used} = 2")
    assert (await told(database, order())).calls == 1  # counted, and paid for with its tokens
    await books.run(database, f"""UPDATE usage_logs SET prices = prices || '{{"{unit}": 7}}'""")
    for refused in (told(database, order()), done(database, order())):
        with pytest.raises(Invalid, match=unit) as caught:
            await refused
        assert caught.value.path == f"$.{unit}"
    assert (await done(database, order(structs.replace(HALF, **{unit: PicoUsd(9)})))).calls == 1


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "BATCH", 3)


@pytest.mark.usefixtures("small_batches")
async def test_one_that_was_ended_in_the_middle_is_finished_by_doing_it_again(
    database: Database,
) -> None:
    await play(database, *(100 + number for number in range(10)))
    whole = await told(database, order())
    first: Step | None = None
    async for step in reprice(database, order()):
        first = step
        break  # as a killed process leaves it
    assert first is not None
    assert first.next is not None
    assert (first.sums.changed, whole.changed) == (3, 10)
    assert await check(database) == []
    assert (await done(database, order())) + first.sums == structs.replace(whole, calls=13)
    assert await rows(database, "SELECT count(*) FROM adjustments") == [(10,)]
    assert await check(database) == []


CHILD = """
import asyncio, sys
from billing import repricing
from server import failpoints
from server.persistence.database import open_database
from tests.billing.test_repricing import done, order

async def main(url):
    async with open_database(url, pool_size=1) as database:
        await done(database, order())

repricing.BATCH = 3
failpoints.arm(failpoints.parse(sys.argv[2]))
asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("place", "is_done"), [("repricing.writing@2", 3), ("repricing.committed@2", 6)]
)
async def test_one_whose_process_was_killed_is_finished_by_doing_it_again(
    migrated: EngineUrls, database: Database, place: str, is_done: int
) -> None:
    await play(database, *(100 + number for number in range(10)))
    whole = await told(database, order())
    killed = await asyncio.create_subprocess_exec(
        *dying_with_us(sys.executable, "-c", CHILD, migrated.database_url, place)
    )
    assert await killed.wait() == -signal.SIGKILL
    assert await rows(database, "SELECT count(*) FROM adjustments") == [(is_done,)]
    assert await check(database) == []
    assert (await done(database, order())).changed == 10 - is_done
    assert await rows(database, "SELECT -sum(charged) FROM adjustments") == [(whole.back,)]
    assert await check(database) == []


@pytest.mark.usefixtures("small_batches")
async def test_it_goes_on_after_the_place_that_it_has_told(database: Database) -> None:
    await play(database, *(100 + number for number in range(7)))
    steps, place = [], BEGINNING
    while True:
        async for step in reprice(database, order(), place):
            steps.append(step)
            break
        if steps[-1].next is None:
            break
        place = steps[-1].next
    assert [step.sums.calls for step in steps] == [3, 3, 1]
    assert await told(database, order()) == Sums(calls=7)


@pytest.mark.usefixtures("small_batches")
async def test_several_at_once_beside_turns_and_refunds_give_back_once(
    database: Database,
) -> None:
    owner = await play(database, *(1_000 for _ in range(9)), credits=100 * CREDIT)

    async def use() -> None:
        for _ in range(5):
            turn = await books.admit(database, owner, CREDIT)
            await books.end(database, turn, 10, at=datetime(2026, 2, 1, tzinfo=UTC))

    async def give() -> None:
        await books.give_back(database, 2 * CREDIT)

    await asyncio.gather(done(database, order()), done(database, order()), use(), give())
    await books.bill(database)
    await done(database, order())
    assert await rows(database, "SELECT sum(cost_usd) FROM adjustments") == [(-4_500_000,)]
    assert await check(database) == []
    assert await told(database, order()) == Sums(calls=9)

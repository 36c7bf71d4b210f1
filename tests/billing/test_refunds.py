"""What an operator gives back: once a key, never more than is left, to whoever paid."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import text

from billing.reconcile import check
from billing.refunds import Refund, Refunded, refund
from server.domain.errors import Conflict, IdempotencyMismatch, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.money import MicroCredits
from server.domain.turn import TurnState
from server.persistence.database import Database
from tests.billing import books
from tests.billing.support import CREDIT


def wanted(turn: UUID, credits: int | None = None, *, key: str = "") -> Refund:
    return Refund(
        id=new_id(),
        turn_id=turn,
        credits=None if credits is None else MicroCredits(credits),
        reason="The answer was wrong",
        key=key or str(new_id()),
        actor=None,
    )


async def give(database: Database, asked: Refund) -> Refunded:
    return await database.run(lambda tx: refund(tx, asked))


async def ended(database: Database, *used: int, credits: int = 10 * CREDIT) -> books.Owner:
    """Somebody with a completed turn of calls that took so many tokens, a milli-credit each."""
    owner = await books.make_owner(database, credits)
    await books.end(database, await books.admit(database, owner, 3 * CREDIT), *used)
    return owner


async def only_turn(database: Database) -> UUID:
    async with database.snapshot() as tx:
        found: UUID = await tx.scalar(text("SELECT id FROM turns"))
    return found


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.snapshot() as tx:
        return [tuple(row) for row in await tx.execute(text(query))]


QUOTA = "SELECT spent FROM quotas"
CHARGE = "SELECT cost_usd, charged, charged_usd, request_count, plan FROM monthly_charges"
BALANCE = "SELECT balance, held FROM accounts"


@pytest.mark.parametrize("is_billed", [True, False])
async def test_everything_goes_back_and_all_figures_follow(
    database: Database, is_billed: bool
) -> None:
    await ended(database, 1_000, 300)
    if is_billed:
        await books.bill(database)
    done = await give(database, wanted(await only_turn(database)))
    assert (done.credits, done.left) == (1_300_000, 0)
    assert done.balance is not None
    assert (done.balance.balance, done.balance.kind) == (10 * CREDIT, "user")
    await books.bill(database)
    assert await rows(database, BALANCE) == [(10 * CREDIT, 0)]
    assert await rows(database, QUOTA) == [(0,)]
    # What the provider took stays what it was.
    assert await rows(database, CHARGE) == [(1_300_000, 0, 0, 2, "starter")]
    assert await rows(
        database, "SELECT amount, reason, turn_id FROM transfers WHERE kind = 'refund'"
    ) == [(1_300_000, "The answer was wrong", await only_turn(database))]
    assert await check(database) == []


async def test_a_part_is_taken_from_the_newest_calls_first(database: Database) -> None:
    await ended(database, 1_000, 300)
    await books.bill(database)
    done = await give(database, wanted(await only_turn(database), CREDIT // 2))
    assert (done.credits, done.left) == (500_000, 800_000)
    assert await rows(
        database, "SELECT charged, charged_usd, cost_usd FROM adjustments ORDER BY call_id"
    ) == [(-200_000, -200_000, 0), (-300_000, -300_000, 0)]
    assert await rows(database, QUOTA) == [(800_000,)]
    assert await check(database) == []


async def test_the_same_key_again_gives_nothing_and_says_what_it_gave(database: Database) -> None:
    await ended(database, 1_000)
    asked = wanted(await only_turn(database), 400_000, key="k")
    first = await give(database, asked)
    again = await give(database, structs.replace(asked, id=new_id()))
    assert (again.credits, again.left, again.balance) == (400_000, 600_000, None)
    assert again.transfer_id == first.transfer_id
    other = await books.admit(database, await books.make_owner(database))
    await books.end(database, other, 10)
    for changed in ({"credits": 400_001}, {"reason": "Another"}, {"turn_id": other.id}):
        with pytest.raises(IdempotencyMismatch):
            await give(database, structs.replace(asked, **changed))
    assert await rows(database, "SELECT count(*) FROM adjustments") == [(1,)]


async def test_more_than_is_left_is_refused_with_what_is(database: Database) -> None:
    await ended(database, 1_000)
    turn = await only_turn(database)
    for amount in (0, -1, 1_000_001):
        with pytest.raises(Invalid) as told:
            await give(database, wanted(turn, amount))
        assert (told.value.path, told.value.metadata) == ("$.credits", {"left": "1"})
    await give(database, wanted(turn, 600_000))
    with pytest.raises(Invalid) as told:
        await give(database, wanted(turn, 400_001))
    assert told.value.metadata == {"left": "0.4"}
    await give(database, wanted(turn))
    with pytest.raises(Conflict):
        await give(database, wanted(turn))
    assert await rows(database, BALANCE) == [(10 * CREDIT, 0)]


async def test_admins_at_once_never_give_more_than_was_taken(database: Database) -> None:
    await ended(database, 1_000, 300)
    await books.bill(database)
    turn = await only_turn(database)
    answers = await asyncio.gather(
        *(give(database, wanted(turn, 500_000)) for _ in range(6)), return_exceptions=True
    )
    given = [answer for answer in answers if isinstance(answer, Refunded)]
    assert len(given) == 2
    assert all(isinstance(one, Invalid) for one in answers if one not in given)
    assert await rows(database, BALANCE) == [(10 * CREDIT - 300_000, 0)]
    assert await check(database) == []


async def test_one_key_at_once_gives_once_also_for_two_turns(database: Database) -> None:
    turns = []
    for _ in range(2):
        turn = await books.admit(database, await books.make_owner(database), CREDIT)
        await books.end(database, turn, 1_000)
        turns.append(turn.id)
    asked = [wanted(turns[number % 2], key="k") for number in range(6)]
    answers = await asyncio.gather(*(give(database, one) for one in asked), return_exceptions=True)
    assert sum(isinstance(one, Refunded) and one.balance is not None for one in answers) == 1
    assert sum(isinstance(one, IdempotencyMismatch) for one in answers) == 3
    assert await rows(database, "SELECT count(*) FROM transfers WHERE kind = 'refund'") == [(1,)]
    await books.bill(database)
    assert await check(database) == []


async def test_a_turn_that_runs_or_was_free_or_is_none_has_nothing_to_give(
    database: Database,
) -> None:
    with pytest.raises(NotFound):
        await give(database, wanted(new_id()))
    owner = await books.make_owner(database)
    turn = await books.admit(database, owner)
    with pytest.raises(Conflict, match="still runs"):
        await give(database, wanted(turn.id))
    await books.end(database, turn, 1_000, state=TurnState.FAILED)
    with pytest.raises(Conflict, match="Nothing is left"):
        await give(database, wanted(turn.id))


async def test_what_nobody_could_pay_is_not_given_back(database: Database) -> None:
    """The last call went short of its balance: what was taken goes back and no more."""
    await ended(database, 3_000, 3_000, credits=4 * CREDIT)
    await books.bill(database)
    done = await give(database, wanted(await only_turn(database)))
    assert done.credits == 4_000_000
    assert await check(database) == []


async def test_a_closed_month_keeps_its_invoice_and_shows_the_difference(
    database: Database,
) -> None:
    owner = await ended(database, 1_000)
    await books.bill(database)
    await books.run(
        database,
        "INSERT INTO closed_months (month) VALUES ('2026-03-01')",
        "INSERT INTO invoices (month, creator_id, cost_usd, charged, charged_usd, request_count,"
        " plan) SELECT month, creator_id, cost_usd, charged, charged_usd, request_count, plan"
        " FROM monthly_charges",
    )
    await give(database, wanted(await only_turn(database)))
    assert await rows(database, "SELECT charged FROM invoices") == [(1_000_000,)]
    assert await rows(database, "SELECT month, charged FROM adjustments") == [
        (date(2026, 3, 1), -1_000_000)
    ]
    assert await rows(database, "SELECT creator_id, charged FROM monthly_charges") == [
        (owner.user, 0)
    ]
    assert await check(database) == []


async def test_a_user_that_is_gone_is_still_given_back_to_the_books(database: Database) -> None:
    owner = await ended(database, 1_000)
    await books.bill(database)
    await books.run(
        database,
        "UPDATE users SET deletion_requested_at = now(), deleted_at = now(), email = NULL",
        "UPDATE turns SET conversation_id = NULL",
    )
    done = await give(database, wanted(await only_turn(database)))
    assert (done.user_id, done.credits) == (owner.user, 1_000_000)
    assert {found.name for found in await check(database)} <= {"I8 answers", "I9 messages"}

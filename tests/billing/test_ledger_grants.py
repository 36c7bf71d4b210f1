"""Grants of the ledger: given or bought once, for one account."""

import asyncio

import pytest

from billing.ledger import GRANTS, PURCHASES, GrantKind
from server.domain.errors import IdempotencyMismatch, Invalid, NotFound
from server.domain.ids import AccountId, UserId, new_id
from server.domain.money import MAX_AMOUNT, MicroCredits
from server.persistence.database import Database
from tests.billing.support import CREDIT, MONTH, make_user
from tests.billing.test_ledger import LEDGER, figures, transfers


async def test_concurrent_grants_with_one_key_give_once(database: Database) -> None:
    _, account = await make_user(database)

    async def attempt() -> bool:
        async with database.transaction() as tx:
            return await LEDGER.grant(
                tx, account, MicroCredits(CREDIT), key="gift", reason=None, id=new_id()
            )

    given = await asyncio.gather(*(attempt() for _ in range(20)))
    assert sum(given) == 1
    assert await transfers(database) == [(GRANTS, account, CREDIT, "grant")]


async def test_concurrent_grants_to_one_account_all_count(database: Database) -> None:
    user, account = await make_user(database)

    async def attempt(number: int) -> bool:
        async with database.transaction() as tx:
            return await LEDGER.grant(
                tx, account, MicroCredits(CREDIT), key=f"gift {number}", reason=None, id=new_id()
            )

    assert all(await asyncio.gather(*(attempt(number) for number in range(20))))
    assert (await figures(database, user, account)).balance == 20 * CREDIT


async def test_a_key_that_gave_something_else_is_refused(database: Database) -> None:
    _, account = await make_user(database)
    _, another = await make_user(database)

    async def grant(to: AccountId, amount: int) -> bool:
        async with database.transaction() as tx:
            return await LEDGER.grant(
                tx, to, MicroCredits(amount), key="gift", reason="Welcome", id=new_id()
            )

    assert await grant(account, 5)
    assert not await grant(account, 5)
    with pytest.raises(IdempotencyMismatch):
        await grant(account, 6)
    with pytest.raises(IdempotencyMismatch):
        await grant(another, 5)


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1])
async def test_a_grant_out_of_bounds_is_refused(database: Database, amount: int) -> None:
    _, account = await make_user(database)
    async with database.transaction() as tx:
        with pytest.raises(Invalid):
            await LEDGER.grant(tx, account, MicroCredits(amount), key="k", reason=None, id=new_id())


async def test_an_account_that_would_overflow_refuses_the_grant(database: Database) -> None:
    user, account = await make_user(database, MAX_AMOUNT - 5)
    async with database.transaction() as tx:
        with pytest.raises(Invalid):
            await LEDGER.grant(tx, account, MicroCredits(6), key="k", reason=None, id=new_id())
    assert (await figures(database, user, account)).balance == MAX_AMOUNT - 5


async def test_an_unknown_account_is_not_found(database: Database) -> None:
    nobody = AccountId(new_id())
    async with database.transaction() as tx:
        with pytest.raises(NotFound):
            await LEDGER.grant(tx, nobody, MicroCredits(1), key="k", reason=None, id=new_id())
        with pytest.raises(NotFound):
            await LEDGER.figures(tx, nobody, UserId(new_id()), MONTH, None)


async def test_what_was_bought_comes_from_another_account_than_what_was_given(
    database: Database,
) -> None:
    _, account = await make_user(database)

    async def grant(kind: GrantKind, key: str, reason: str = "Order 7") -> bool:
        async with database.transaction() as tx:
            return await LEDGER.grant(
                tx, account, MicroCredits(5), key=key, reason=reason, id=new_id(), kind=kind
            )

    assert await grant("purchase", "a")
    assert await grant("grant", "b")
    assert not await grant("purchase", "a")
    for kind, reason in (("grant", "Order 7"), ("purchase", "Order 8")):
        with pytest.raises(IdempotencyMismatch):
            await grant(kind, "a", reason)  # type: ignore[arg-type]  # of a table
    assert await transfers(database) == [
        (PURCHASES, account, 5, "purchase"),
        (GRANTS, account, 5, "grant"),
    ]

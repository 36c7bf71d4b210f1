"""A mailed link replaces a password once, for an hour, for whoever may sign in here."""

import asyncio

import pytest
from sqlalchemy import update

from server.accounts.resets import Resets
from server.domain.errors import Unauthenticated
from server.persistence import logins
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import START, TurnedClock, somebody


async def test_of_many_that_use_a_link_at_once_one_succeeds(database: Database) -> None:
    user = await somebody(database)
    resets = Resets(database, clock=TurnedClock())
    secret = await resets.issue(user)
    login = await resets.find(secret)
    assert login.user_id == user

    async def use(password_hash: str) -> str:
        await database.run(lambda tx: resets.reset(tx, secret, login, password_hash))
        return password_hash

    answers = await asyncio.gather(*(use(f"hash{n}") for n in range(5)), return_exceptions=True)
    (won,) = [answer for answer in answers if isinstance(answer, str)]
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 4
    async with database.snapshot() as tx:
        found = await logins.find(tx, user)
    assert found is not None
    assert found.password_hash == won


async def test_the_first_link_that_is_used_ends_the_others(database: Database) -> None:
    user = await somebody(database)
    resets = Resets(database, clock=TurnedClock())
    first, second = await resets.issue(user), await resets.issue(user)
    login = await resets.find(first)
    await database.run(lambda tx: resets.reset(tx, first, login, "hash"))
    with pytest.raises(Unauthenticated):
        await resets.find(second)


async def test_a_link_ends_after_an_hour(database: Database) -> None:
    clock = TurnedClock()
    resets = Resets(database, clock=clock)
    secret = await resets.issue(await somebody(database))
    clock.turn(minutes=60)
    with pytest.raises(Unauthenticated):
        await resets.find(secret)


@pytest.mark.parametrize(
    "values",
    [
        {"suspended_at": START},
        {"deletion_requested_at": START},
        {"deleted_at": START},
        {"issuer": "https://host.example", "external_id": "42"},
    ],
    ids=["suspended", "leaving", "deleted", "a host application's"],
)
async def test_a_link_lets_nobody_in_who_may_not_sign_in_here(
    database: Database, values: dict[str, object]
) -> None:
    resets = Resets(database, clock=TurnedClock())
    secret = await resets.issue(await somebody(database))
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(**values))
    with pytest.raises(Unauthenticated):
        await resets.find(secret)

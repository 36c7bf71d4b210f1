"""Sign-in links: once, for fifteen minutes."""

import asyncio

import pytest

from server.accounts.tickets import Tickets, sign_in_url
from server.domain.errors import Unauthenticated
from server.domain.ids import UserId
from server.persistence.database import Database
from tests.server.accounts.people import TurnedClock, somebody


async def test_a_link_is_used_once_however_many_try(database: Database) -> None:
    user, tickets = await somebody(database), Tickets(clock=TurnedClock())
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret

    async def use() -> UserId:
        async with database.transaction() as tx:
            return await tickets.use_link(tx, secret)

    answers = await asyncio.gather(*(use() for _ in range(6)), return_exceptions=True)
    assert [answer for answer in answers if not isinstance(answer, Unauthenticated)] == [user]


async def test_a_transaction_that_fails_leaves_the_link_unused(database: Database) -> None:
    user, tickets = await somebody(database), Tickets(clock=TurnedClock())
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret

    async def use_and_fail() -> None:
        async with database.transaction() as tx:
            await tickets.use_link(tx, secret)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await use_and_fail()
    async with database.transaction() as tx:
        assert await tickets.use_link(tx, secret) == user


async def test_a_link_expires_after_fifteen_minutes(database: Database) -> None:
    user, clock = await somebody(database), TurnedClock()
    tickets = Tickets(clock=clock)
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret
        clock.turn(minutes=15)
        with pytest.raises(Unauthenticated):
            await tickets.use_link(tx, secret)


def test_the_secret_rides_where_no_server_log_sees_it() -> None:
    assert sign_in_url("https://x.example", "cl_1") == "https://x.example/sign-in#cl_1"

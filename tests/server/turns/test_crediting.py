"""Whoever gets credits is told of it once: by a notification, and in open sessions."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from billing.ledger import Ledger
from billing.refunds import Refund
from server.accounts.access import UserRole
from server.accounts.provisioning import NewPerson
from server.domain.errors import NotFound
from server.domain.ids import UserId, WorkspaceId, new_id
from server.domain.money import MicroCredits
from server.persistence import members
from server.persistence.database import Database
from server.turns.crediting import (
    Booked,
    Booking,
    balance_told,
    book_for_user,
    book_for_workspace,
    give_back,
)
from server.turns.onboarding import Welcome, create_user
from server.turns.shared import open_workspace
from tests.billing import books
from tests.billing.support import CREDIT, NOON


async def person(database: Database) -> UserId:
    made = NewPerson(
        user_id=UserId(new_id()),
        workspace_id=WorkspaceId(new_id()),
        email=f"{new_id()}@example.test",
        name="Ada",
        role=UserRole.USER,
        plan=None,
    )
    welcome = Welcome(credits=MicroCredits(0), transfer_id=new_id())
    async with database.transaction() as tx:
        await create_user(tx, Ledger(), made, welcome)
    return made.user_id


def gift(key: str = "k") -> Booking:
    return Booking(id=new_id(), kind="grant", credits=MicroCredits(CREDIT), key=key, reason="Hello")


async def told(database: Database) -> list[tuple[UUID, str, str | None]]:
    async with database.snapshot() as tx:
        rows = await tx.execute(
            text("SELECT user_id, event, data->>'workspaceId' AS shared FROM notifications")
        )
        return [tuple(row) for row in rows]


async def test_a_user_is_told_once_however_often_it_is_booked(database: Database) -> None:
    user = await person(database)

    async def once() -> Booked:
        booking = gift()
        return await database.run(lambda tx: book_for_user(tx, Ledger(), user, booking, now=NOON))

    answers = await asyncio.gather(*(once() for _ in range(5)))
    (first,) = [one for one in answers if one.is_new]
    assert first.told is not None
    assert (first.told.user, first.told.event.balance.credits) == (user, "1")
    assert all(one.told is None for one in answers if one is not first)
    assert {one.balance.spendable for one in answers} == {"1"}
    assert await told(database) == [(user, "credits.granted", None)]


async def test_the_owners_of_a_workspace_are_told_whose_account_it_is(database: Database) -> None:
    owner, member, workspace = await person(database), await person(database), new_id()
    async with database.transaction() as tx:
        await open_workspace(tx, Ledger(), workspace, "Acme")
        await members.join(tx, workspace, owner, "owner")
        await members.join(tx, workspace, member, "member")
        booked = await book_for_workspace(tx, Ledger(), workspace, gift(), now=NOON)
        assert (booked.is_new, booked.told, booked.balance.credits) == (True, None, "1")
        with pytest.raises(NotFound):
            await book_for_workspace(tx, Ledger(), new_id(), gift("2"), now=NOON)
    assert await told(database) == [(owner, "credits.granted", str(workspace))]


async def test_whose_turn_was_given_back_is_told_once(database: Database) -> None:
    owner = await books.make_owner(database)
    turn = await books.admit(database, owner)
    await books.end(database, turn, 1_000)
    wanted = Refund(id=new_id(), turn_id=turn.id, credits=None, reason="Wrong", key="k", actor=None)
    for is_first in (True, False):
        done, news = await database.run(lambda tx: give_back(tx, wanted, now=NOON))
        assert done.credits == CREDIT
        assert (news is not None) is is_first
        if news is not None:
            assert (news.user, news.event.balance.credits) == (owner.user, "10")
    assert await told(database) == [(owner.user, "credits.refunded", None)]


def test_sessions_show_a_users_own_balance_and_no_workspaces() -> None:
    owner = new_id()
    assert balance_told("workspace", owner, CREDIT, 0) is None
    news = balance_told("user", owner, 3 * CREDIT, CREDIT)
    assert news is not None
    shown = news.event.balance
    assert (shown.credits, shown.held, shown.spendable) == ("3", "1", "2")

"""A shared workspace begins with an owner and an account, and ends without losing a credit."""

import asyncio

import pytest
from sqlalchemy import select

from billing.ledger import Ledger
from billing.reconcile import check
from billing.tables import AccountRow
from server.accounts import membership
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import WorkspaceId, new_id
from server.persistence import invitations, members
from server.persistence.database import Database
from server.persistence.members import EndedKey
from server.persistence.turns import TurnRow
from server.turns.engine import Started
from server.turns.shared import close_workspace, found_workspace
from tests.server.persistence.test_invitations import invite
from tests.server.turns.scene import books_balance, count, one
from tests.support.teams import team
from tests.support.turns import Harness


async def close(
    database: Database, caller: Principal, workspace: WorkspaceId, *, forfeit: bool = False
) -> list[EndedKey]:
    async with database.transaction() as tx:
        return await close_workspace(tx, Ledger(), caller, workspace, utc_now(), forfeit=forfeit)


async def test_whoever_founds_one_owns_it_and_it_has_an_account(
    turns: Harness, database: Database
) -> None:
    caller, workspace = await turns.person(), new_id()
    async with database.transaction() as tx:
        made = await found_workspace(tx, Ledger(), caller, workspace, "Acme", {"pays": True})
    assert (made.name, made.is_owned, made.pays, made.members) == ("Acme", True, True, 1)
    query = select(AccountRow.kind, AccountRow.balance).filter_by(id=workspace)
    account = await one(database, query)
    assert tuple(account) == ("workspace", 0)


async def test_nobody_is_in_more_workspaces_than_they_can_be(
    turns: Harness, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await turns.person()
    monkeypatch.setattr(membership, "SHARED_MAX", 1)
    await team(database, caller)
    with pytest.raises(Conflict):
        await team(database, caller)


async def test_one_with_credits_is_deleted_only_with_them(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(), await turns.person()
    workspace = await team(database, owner, member, credits=5)
    with pytest.raises(Conflict) as refused:
        await close(database, owner, workspace)
    assert refused.value.metadata == {"credits": "5"}
    with pytest.raises(Forbidden):
        await close(database, member, workspace, forfeit=True)
    await close(database, owner, workspace, forfeit=True)
    for caller in (owner, member):
        with pytest.raises(NotFound):
            await turns.say(caller, "x", workspace_id=workspace)
    account = await one(database, select(AccountRow.balance).filter_by(id=workspace))
    assert account.balance == 5_000_000
    assert await check(database) == []


async def test_turns_that_it_pays_for_run_on_to_their_end(
    turns: Harness, database: Database
) -> None:
    owner = await turns.person(credits=0)
    workspace = await team(database, owner, credits=50)
    started = await turns.say(owner, "[demo: long 2600] x", workspace_id=workspace)
    await close(database, owner, workspace, forfeit=True)
    outcome = await turns.end(started.cursor)
    assert (outcome["type"], outcome["finishReason"]) == ("turn.completed", "stop")
    await books_balance(database)
    assert await check(database) == []


async def test_deleted_while_turns_are_asked_for_it_pays_for_none_afterwards(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(), await turns.person(credits=0)
    for _ in range(4):
        workspace = await team(database, owner, member, credits=50)

        async def delete(workspace: WorkspaceId) -> int:
            await close(database, owner, workspace, forfeit=True)
            return await count(database, TurnRow, TurnRow.account_id == workspace)

        counted, *said = await asyncio.gather(
            delete(workspace),
            *(turns.say(member, "x", workspace_id=workspace) for _ in range(4)),
            return_exceptions=True,
        )
        assert all(isinstance(answer, Started | NotFound) for answer in said)
        admitted = [answer for answer in said if isinstance(answer, Started)]
        for answer in admitted:
            await turns.end(answer.cursor)
        assert counted == len(admitted)
    assert await check(database) == []


async def test_members_and_invitations_are_gone(turns: Harness, database: Database) -> None:
    owner, member = await turns.person(), await turns.person()
    workspace = await team(database, owner, member)
    async with database.transaction() as tx:
        await invite(tx, workspace, owner.user_id, b"secret", at=utc_now())
        assert await invitations.workspace_of(tx, b"secret", utc_now()) == workspace
    await close(database, owner, workspace)
    async with database.transaction() as tx:
        assert await members.count(tx, workspace) == 0
        assert await invitations.workspace_of(tx, b"secret", utc_now()) is None


async def test_a_personal_one_is_never_deleted(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    with pytest.raises(Conflict):
        await close(database, caller, caller.workspace_id, forfeit=True)

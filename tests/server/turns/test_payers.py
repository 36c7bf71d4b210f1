"""A turn bills the workspace that pays for it, as long as its user is in it, and no other ever."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import select

from billing.reconcile import check
from billing.tables import AccountRow, HoldRow
from server.accounts import membership
from server.accounts.access import Principal, own_account
from server.domain.clock import utc_now
from server.domain.errors import InsufficientCredits, NotFound
from server.domain.ids import WorkspaceId, new_id
from server.persistence.conversations import ConversationRow
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.turns import TurnRow
from server.protocol.commands import TurnRequest
from server.protocol.events import BalanceChanged
from server.turns.engine import Started
from server.turns.feed import UserEvent
from tests.server.turns.scene import books_balance, count, one
from tests.server.turns.test_runner import cost_of_a_turn
from tests.support.eventually import eventually
from tests.support.teams import team
from tests.support.turns import Harness


async def balance(database: Database, account: UUID) -> int:
    return int((await one(database, select(AccountRow.balance).filter_by(id=account))).balance)


async def remove(database: Database, owner: Principal, workspace: UUID, user: UUID) -> None:
    async with database.transaction() as tx:
        await membership.remove(tx, owner, workspace, user, utc_now())


async def accounts_of_turns(database: Database) -> list[tuple[UUID, UUID]]:
    """Workspace and account of every turn, oldest first."""
    async with database.snapshot() as tx:
        rows = await tx.execute(
            select(TurnRow.workspace_id, TurnRow.account_id).order_by(TurnRow.id)
        )
        return [(workspace, account) for workspace, account in rows]


async def test_a_workspace_that_pays_is_billed_from_hold_to_settlement(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(credits=1), await turns.person(credits=0)
    workspace = await team(database, owner, member, credits=50)
    heard = list[UserEvent]()
    turns.engine.feed.follow_user(member.user_id, heard.append)
    # Long enough for a second hold.
    outcome = await turns.answer(member, "[demo: long 2600] x", workspace_id=workspace)
    assert outcome["type"] == "turn.completed"
    left = await balance(database, workspace)
    assert outcome["balance"]["credits"] == outcome["balance"]["spendable"]
    assert 0 < left < 50_000_000
    assert left == round(float(outcome["balance"]["credits"]) * 1_000_000)
    assert await count(database, HoldRow, HoldRow.account_id == workspace) >= 2
    assert await balance(database, member.user_id) == 0
    (event,) = [row.payload for row in await rows(database)]
    assert event["workspaceId"] == str(workspace)
    await eventually(lambda: len(turns.engine.live) == 0)
    # What is left of the workspace's credits is no news of the member's own.
    assert not [news for news in heard if isinstance(news, BalanceChanged)]
    await books_balance(database)
    assert await check(database) == []


async def rows(database: Database) -> list[Any]:
    async with database.snapshot() as tx:
        return list(await tx.execute(select(OutboxRow.payload)))


async def test_a_refund_goes_back_to_who_paid(turns: Harness, database: Database) -> None:
    owner = await turns.person(credits=0)
    workspace = await team(database, owner, credits=50)
    outcome = await turns.answer(owner, "[demo: fail after 9] x", workspace_id=workspace)
    assert outcome["type"] == "turn.failed"
    assert outcome["balance"]["credits"] == "50"
    await books_balance(database)


async def test_in_one_that_does_not_pay_its_user_does(turns: Harness, database: Database) -> None:
    caller = await turns.person(credits=9)
    workspace = await team(database, caller, pays=False, credits=50)
    await turns.answer(caller, "x", workspace_id=workspace)
    assert await accounts_of_turns(database) == [(workspace, own_account(caller.user_id))]
    assert await balance(database, workspace) == 50_000_000


async def test_nobody_bills_a_workspace_that_they_are_not_in(
    turns: Harness, database: Database
) -> None:
    owner, stranger = await turns.person(), await turns.person()
    workspace = await team(database, owner, credits=50)
    for named in (workspace, owner.workspace_id, new_id()):
        with pytest.raises(NotFound) as refused:
            await turns.say(stranger, "x", workspace_id=named)
        assert refused.value.path == "$.workspaceId"
        with pytest.raises(NotFound):
            await turns.engine.estimate(stranger, TurnRequest(text="x", workspace_id=named))
    assert await count(database, TurnRow) == 0


async def test_an_estimate_says_whether_the_workspace_can_pay(
    turns: Harness, database: Database
) -> None:
    rich, poor = await turns.person(), await turns.person(credits=0)
    workspace = await team(database, rich, poor, credits=0)
    asked = TurnRequest(text="x", workspace_id=workspace)
    assert not (await turns.engine.estimate(rich, asked)).affordable
    with pytest.raises(InsufficientCredits):
        await turns.say(rich, "x", workspace_id=workspace)
    funded = await team(database, rich, poor, credits=50)
    asked = structs.replace(asked, workspace_id=funded)
    assert (await turns.engine.estimate(poor, asked)).affordable


async def test_a_conversation_goes_on_at_the_cost_of_where_it_was_begun(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=9)
    workspace = await team(database, caller, credits=50)
    started = await turns.say(caller, "x", workspace_id=workspace)
    await turns.end(started.cursor)
    place = {"conversation_id": started.event.conversation_id}
    assert await count(database, ConversationRow, ConversationRow.workspace_id == workspace) == 1
    await turns.answer(caller, "y", **place)
    await turns.answer(caller, "z", **place, workspace_id=caller.workspace_id)
    own = (caller.workspace_id, own_account(caller.user_id))
    there = (workspace, workspace)
    assert await accounts_of_turns(database) == [there, there, own]
    assert await check(database) == []


async def test_whoever_was_removed_keeps_their_conversations_and_pays_themselves(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(), await turns.person(credits=9)
    workspace = await team(database, owner, member, credits=50)
    started = await turns.say(member, "x", workspace_id=workspace)
    await turns.end(started.cursor)
    left = await balance(database, workspace)
    await remove(database, owner, workspace, member.user_id)
    with pytest.raises(NotFound):
        await turns.say(member, "y", workspace_id=workspace)
    outcome = await turns.answer(member, "y", conversation_id=started.event.conversation_id)
    assert outcome["type"] == "turn.completed"
    own = (member.workspace_id, own_account(member.user_id))
    assert await accounts_of_turns(database) == [(workspace, workspace), own]
    assert await balance(database, workspace) == left


async def test_a_turn_that_runs_when_its_user_is_removed_ends_at_the_workspace_s_cost(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(), await turns.person(credits=0)
    workspace = await team(database, owner, member, credits=50)
    started = await turns.say(member, "[demo: long 2600] x", workspace_id=workspace)
    await remove(database, owner, workspace, member.user_id)
    outcome = await turns.end(started.cursor)
    assert (outcome["type"], outcome["finishReason"]) == ("turn.completed", "stop")
    await books_balance(database)


async def test_removal_and_admission_at_once_never_bill_for_somebody_who_was_gone(
    turns: Harness, database: Database
) -> None:
    """A hold that is there was committed before the removal."""
    owner = await turns.person()
    for _ in range(6):
        member = await turns.person(credits=0)
        workspace = await team(database, owner, member, credits=50)

        async def leave(workspace: WorkspaceId, member: Principal) -> int:
            await remove(database, owner, workspace, member.user_id)
            return await count(database, TurnRow, TurnRow.account_id == workspace)

        answers = await asyncio.gather(
            leave(workspace, member),
            *(turns.say(member, "x", workspace_id=workspace) for _ in range(4)),
            return_exceptions=True,
        )
        counted, *said = answers
        admitted = [answer for answer in said if isinstance(answer, Started)]
        assert all(isinstance(answer, Started | NotFound) for answer in said)
        for answer in admitted:
            await turns.end(answer.cursor)
        assert counted == len(admitted)
    assert await check(database) == []


async def test_a_bound_key_bills_its_workspace_wherever_it_speaks(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=9)
    workspace = await team(database, caller, credits=50)
    key = structs.replace(caller, workspace_id=workspace, is_bound=True)
    own = await turns.say(caller, "x")
    await turns.end(own.cursor)
    await turns.answer(key, "y", conversation_id=own.event.conversation_id)
    await turns.answer(key, "z", workspace_id=workspace)
    with pytest.raises(NotFound):
        await turns.say(key, "x", workspace_id=caller.workspace_id)
    assert [account for _, account in await accounts_of_turns(database)] == [
        own_account(caller.user_id),
        workspace,
        workspace,
    ]
    other = await turns.person()
    async with database.transaction() as tx:
        await membership.admit(tx, workspace, other.user_id, "owner")
    await remove(database, other, workspace, caller.user_id)
    with pytest.raises(NotFound):
        await turns.say(key, "x")


async def test_what_a_turn_in_a_workspace_asks_beyond_any_other(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    workspace = await team(database, caller, credits=50)
    own = await cost_of_a_turn(turns, caller)
    started = await turns.say(caller, "Hello", workspace_id=workspace)
    await turns.end(started.cursor)
    await turns.engine.wait_idle(10)
    named = await cost_of_a_turn(turns, caller, workspace_id=workspace)
    found = await cost_of_a_turn(turns, caller, conversation_id=started.event.conversation_id)
    # Who pays, and that they still may.
    assert named.statements == found.statements == own.statements + 2
    mine = await cost_of_a_turn(turns, caller, workspace_id=caller.workspace_id)
    assert (mine.statements, mine.round_trips) == (own.statements, own.round_trips)

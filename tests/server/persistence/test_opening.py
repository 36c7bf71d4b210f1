"""What a turn finds is what stands there at one moment, and its own user's only."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from server.domain.configuration import UNCONFIGURED, Configuration
from server.domain.ids import MessageId, new_id
from server.domain.limits import OwnLimits
from server.domain.turn import TurnState
from server.persistence import configurations, entitlements, subscriptions, turns
from server.persistence.conversations import ConversationRow
from server.persistence.database import Database
from server.persistence.opening import Opening, look
from server.persistence.turns import NewTurn, TurnRow
from tests.billing.support import statements_of
from tests.server.persistence.test_turns import NOW, insert, new_turn, place


async def look_for(database: Database, turn: NewTurn, **changes: Any) -> Opening:
    """What the ``turn`` would find that comes again, but for ``changes``."""
    asked: dict[str, Any] = {
        "user": turn.user_id,
        "account": turn.account_id,
        "month": turn.month,
        "client_message": turn.client_message_id,
        "conversation": turn.conversation_id,
        "message": None,
    }
    async with database.glances() as tx:
        return await look(tx, **(asked | changes))


async def test_a_new_user_finds_an_account_and_nothing_else(database: Database) -> None:
    turn = await new_turn(database)
    with statements_of(database) as seen:
        found = await look_for(database, turn, conversation=None)
    assert found == Opening(
        known=None, place=None, live=None, balance=0, held=0, spent=0, quota_held=0, plan=None
    )
    assert len(seen) == 1
    assert (await look_for(database, turn, account=new_id())).balance is None


async def test_figures_are_those_of_account_and_month(database: Database) -> None:
    turn = await new_turn(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE accounts SET balance = 9, held = 4"))
        await tx.execute(
            text("INSERT INTO quotas (user_id, month, spent, held) VALUES (:user, :month, 5, 3)"),
            {"user": turn.user_id, "month": turn.month},
        )
    found = await look_for(database, turn)
    assert (found.balance, found.held, found.spent, found.quota_held) == (9, 4, 5, 3)
    other = await look_for(database, turn, month=turn.month.replace(month=12))
    assert (other.balance, other.spent, other.quota_held) == (9, 0, 0)


async def test_a_message_that_was_sent_before_is_known_to_who_sent_it(database: Database) -> None:
    turn = await new_turn(database)
    await insert(database, turn)
    assert (await look_for(database, turn)).known == turn.id
    assert (await look_for(database, turn, client_message=new_id())).known is None
    assert (await look_for(database, turn, user=new_id())).known is None


async def test_a_conversation_is_its_owner_s_and_gone_when_deleted(database: Database) -> None:
    turn = await new_turn(database)
    leaf = MessageId(new_id())
    async with database.transaction() as tx:
        await tx.execute(update(ConversationRow).values(leaf_message_id=leaf, model="demo/x"))
    found = (await look_for(database, turn)).place
    assert found is not None
    assert (found.id, found.leaf_message_id, found.model) == (place(turn), leaf, "demo/x")
    assert found.workspace_id == turn.workspace_id
    assert (await look_for(database, turn, user=new_id())).place is None
    async with database.transaction() as tx:
        await tx.execute(update(ConversationRow).values(deleted_at=ConversationRow.created_at))
    assert (await look_for(database, turn)).place is None


@pytest.mark.parametrize("state", ["admitted", "running"])
async def test_a_turn_that_runs_on_a_message_is_told(database: Database, state: str) -> None:
    turn = await new_turn(database)
    await insert(database, turn)
    async with database.transaction() as tx:
        await tx.execute(update(TurnRow).values(state=state))
        await tx.execute(update(ConversationRow).values(leaf_message_id=turn.user_message_id))

    async def live_on(message: UUID | None) -> UUID | None:
        return (await look_for(database, turn, message=message)).live

    for message in (None, turn.message_id, turn.user_message_id):
        assert await live_on(message) == turn.id
    assert await live_on(new_id()) is None
    async with database.transaction() as tx:
        await turns.end(tx, turn.id, 1, TurnState.FAILED, NOW)
    assert await live_on(turn.message_id) is None


async def test_plan_and_own_limits_are_those_of_this_moment(database: Database) -> None:
    turn = await new_turn(database)
    async with database.transaction() as tx:
        await subscriptions.begin(tx, new_id(), turn.user_id, "pro", None, None)
        await entitlements.set_own_limits(tx, turn.user_id, OwnLimits(running_turns=3))
    found = await look_for(database, turn)
    assert (found.plan, found.own_limits) == ("pro", OwnLimits(running_turns=3))


async def test_the_configuration_is_found_along_and_is_the_user_s_own(database: Database) -> None:
    turn, other = await new_turn(database), await new_turn(database)
    configured = Configuration(tone="warm", models={"sales": "demo/causerie-demo"})
    async with database.transaction() as tx:
        await configurations.replace(tx, turn.user_id, configured)
    assert (await look_for(database, turn)).configuration == configured
    assert (await look_for(database, other)).configuration == UNCONFIGURED

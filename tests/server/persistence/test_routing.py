"""Who was asked, and why, is kept with the turn and found again by whoever looks after it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from server.persistence import routing
from server.persistence.database import Database
from server.persistence.routing import Chosen, Decision
from server.persistence.turns import TurnRow
from tests.server.persistence.test_turns import NOW, another, insert, new_turn


def chosen(*agents: str) -> tuple[Chosen, ...]:
    return tuple(Chosen(agent=agent, why=f"for {agent}", score=0.5) for agent in agents)


async def decided(database: Database, *agents: str, days: int = 0, **fields: Any) -> Decision:
    turn = await new_turn(database)
    turn = another(turn, tip_id=None, **fields)
    await insert(database, turn)
    decision = Decision(
        turn_id=turn.id,
        user_id=turn.user_id,
        request="chat",
        agents=chosen(*agents),
        decided_at=NOW + timedelta(days=days),
    )
    async with database.transaction() as tx:
        await routing.note(tx, decision)
    return decision


async def listed(database: Database, **filters: Any) -> list[Decision]:
    asked = {"user": None, "agent": None, "begin": None, "end": None, "before": None, "limit": 9}
    async with database.snapshot() as tx:
        return await routing.list_decisions(tx, **(asked | filters))


async def test_decisions_are_listed_newest_first_and_by_every_filter(database: Database) -> None:
    first = await decided(database, "sales", "messaging")
    second = await decided(database, "messaging", days=1)
    third = await decided(database, "assistant", days=2)
    assert await listed(database) == [third, second, first]
    assert await listed(database, limit=2) == [third, second]
    assert await listed(database, before=second.turn_id) == [first]
    assert await listed(database, user=second.user_id) == [second]
    assert await listed(database, agent="messaging") == [second, first]
    assert await listed(database, agent="mess") == []
    begin, end = second.decided_at, third.decided_at
    assert await listed(database, begin=begin, end=end) == [second]


async def test_a_turn_is_decided_once_and_takes_its_decision_along(database: Database) -> None:
    decision = await decided(database, "sales")
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            await routing.note(tx, decision)
    async with database.transaction() as tx:
        await tx.execute(delete(TurnRow).where(TurnRow.id == decision.turn_id))
    assert await listed(database) == []

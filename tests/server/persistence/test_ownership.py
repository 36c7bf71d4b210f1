"""The owner of a live turn hears who wants it to stop, or has taken it away."""

from datetime import UTC, datetime

from server.domain.ids import MessageId, new_id
from server.domain.turn import TurnState
from server.persistence import ownership, turns
from server.persistence.database import Database
from tests.server.persistence.test_turns import another, insert, new_turn

NOW = datetime(2026, 3, 15, tzinfo=UTC)


async def test_all_turns_of_a_conversation_are_asked_to_stop(database: Database) -> None:
    turn = await new_turn(database)
    branch = another(turn, tip_id=MessageId(new_id()))
    for one in (turn, branch):
        await insert(database, one)
    async with database.transaction() as tx:
        for standing in await ownership.live_on(tx, turn.boot_id):
            assert (standing.fence, standing.is_cancelled) == (1, False)
            assert 0 <= standing.age_s < 60
        await ownership.request_cancel_in(tx, turn.conversation_id, new_id())
        assert not any(row.is_cancelled for row in await ownership.live_on(tx, turn.boot_id))
        await ownership.request_cancel_in(tx, turn.conversation_id, turn.user_id)
        assert [row.is_cancelled for row in await ownership.live_on(tx, turn.boot_id)] == [
            True,
            True,
        ]


async def test_turns_of_the_dead_are_fenced_and_those_of_the_living_left(
    database: Database,
) -> None:
    dead, living = await new_turn(database), await new_turn(database)
    for one in (dead, living):
        await insert(database, one)
    async with database.transaction() as tx:
        (taken,) = await ownership.take_over(tx, {living.boot_id}, 10)
        assert (taken.id, taken.fence) == (dead.id, 2)
        assert not await turns.end(tx, dead.id, 1, TurnState.COMPLETED, NOW)
        assert await turns.end(tx, dead.id, 2, TurnState.FAILED, NOW)
        assert await ownership.take_over(tx, {living.boot_id}, 10) == []
        assert await ownership.take_back(tx, dead.boot_id, [living.id, dead.id]) == []
        (back,) = await ownership.take_back(tx, living.boot_id, [living.id, dead.id])
        assert (back.id, back.fence) == (living.id, 2)

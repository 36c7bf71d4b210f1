"""The owner of a live turn hears who wants it to stop, or has taken it away."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from server.domain.ids import MessageId, new_id
from server.domain.turn import TurnState
from server.persistence import ownership, turns, workers
from server.persistence.database import Database, Tx
from server.persistence.workers import WorkerRow
from tests.server.persistence.test_turns import another, insert, new_turn, place

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
        await ownership.request_cancel_in(tx, place(turn), new_id())
        assert not any(row.is_cancelled for row in await ownership.live_on(tx, turn.boot_id))
        await ownership.request_cancel_in(tx, place(turn), turn.user_id)
        assert [row.is_cancelled for row in await ownership.live_on(tx, turn.boot_id)] == [
            True,
            True,
        ]


async def register(
    tx: Tx, *boots: UUID, renewed_s_ago: float = 0, steady_for_s: float = 60
) -> None:
    for boot in boots:
        await workers.register(tx, boot=boot, role="web", host="here", pid=1)
        await tx.execute(
            update(WorkerRow)
            .where(WorkerRow.boot_id == boot)
            .values(
                heartbeat_at=WorkerRow.heartbeat_at - timedelta(seconds=renewed_s_ago),
                steady_since=WorkerRow.heartbeat_at - timedelta(seconds=steady_for_s),
            )
        )


async def test_turns_of_the_dead_are_fenced_and_those_of_the_living_left(
    database: Database,
) -> None:
    gone, dead, living = [await new_turn(database) for _ in range(3)]
    reaper = new_id()
    for one in (gone, dead, living):
        await insert(database, one)
    async with database.transaction() as tx:
        await register(tx, living.boot_id, renewed_s_ago=14)
        await register(tx, dead.boot_id, renewed_s_ago=16)
        await register(tx, reaper)
        taken = await ownership.take_over(tx, reaper, 10, ttl_s=15)
        assert {(turn.id, turn.fence, turn.boot_id) for turn in taken} == {
            (gone.id, 2, reaper),
            (dead.id, 2, reaper),
        }
        assert not await turns.end(tx, dead.id, 1, TurnState.COMPLETED, NOW)
        assert await turns.end(tx, dead.id, 2, TurnState.FAILED, NOW)
        assert await ownership.take_over(tx, reaper, 10, ttl_s=15) == []
        assert await ownership.take_back(tx, dead.boot_id, [living.id, dead.id, gone.id]) == []
        (back,) = await ownership.take_back(tx, living.boot_id, [living.id, dead.id])
        assert (back.id, back.fence) == (living.id, 2)


async def test_who_took_turns_over_answers_for_them_with_its_lease(database: Database) -> None:
    turn = await new_turn(database)
    first, second = new_id(), new_id()
    await insert(database, turn)
    async with database.transaction() as tx:
        await register(tx, first, second)
        assert len(await ownership.take_over(tx, first, 10, ttl_s=15)) == 1
        assert await ownership.take_over(tx, second, 10, ttl_s=15) == []
        await register(tx, first, renewed_s_ago=16)
        (again,) = await ownership.take_over(tx, second, 10, ttl_s=15)
        assert (again.id, again.fence, again.boot_id) == (turn.id, 3, second)
        (back,) = await ownership.take_back(tx, second, [turn.id])
        assert (back.id, back.fence) == (turn.id, 4)


async def test_without_a_witness_nothing_is_taken_but_what_must_be_dead(database: Database) -> None:
    turn = await new_turn(database)
    late, fresh = new_id(), new_id()
    await insert(database, turn)
    async with database.transaction() as tx:
        assert await ownership.take_over(tx, late, 10, ttl_s=15) == []
        await register(tx, late, renewed_s_ago=workers.STEADY_S + 0.1)
        await register(tx, fresh, steady_for_s=14.9)
        for boot in (late, fresh):
            assert await ownership.take_over(tx, boot, 10, ttl_s=15) == []
        assert len(await ownership.take_over(tx, late, 10, ttl_s=None)) == 1


async def test_a_batch_leaves_alone_what_is_being_ended_this_moment(database: Database) -> None:
    turn, other = await new_turn(database), await new_turn(database)
    for one in (turn, other):
        await insert(database, one)
    async with database.transaction() as ending:
        assert await turns.end(ending, turn.id, 1, TurnState.COMPLETED, NOW)
        async with database.transaction() as tx:
            (taken,) = await ownership.take_over(tx, new_id(), 1, ttl_s=None)
            assert taken.id == other.id

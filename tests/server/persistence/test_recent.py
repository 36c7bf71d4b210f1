"""What runs in a conversation, or ended there lately."""

from datetime import UTC, datetime, timedelta

from server.domain.ids import MessageId, new_id
from server.domain.turn import TurnState
from server.persistence import recent, turns
from server.persistence.database import Database
from tests.server.persistence.test_turns import another, insert, new_turn, place


async def test_what_runs_or_ended_lately_is_seen_in_its_conversation(database: Database) -> None:
    running, other = await new_turn(database), await new_turn(database)
    ended = another(running, tip_id=MessageId(new_id()))
    long_ago = another(running, tip_id=MessageId(new_id()))
    for turn in (running, ended, long_ago, other):
        assert await insert(database, turn)
    for turn, ago in ((ended, 10), (long_ago, 60)):
        at = datetime.now(UTC) - timedelta(seconds=ago)
        async with database.transaction() as tx:
            assert await turns.end(tx, turn.id, 1, TurnState.FAILED, at)
    async with database.snapshot() as tx:
        seen = await recent.seen_in(tx, [place(running), new_id()], 30)
        both = await recent.seen_in(tx, [place(running), place(other)], 0)
    assert [turn.id for turn in seen] == [running.id, ended.id]
    assert seen[0].ended_ago_s is None
    assert seen[1].ended_ago_s is not None
    assert 9 < seen[1].ended_ago_s < 30
    assert {turn.conversation_id for turn in both} == {
        place(running),
        place(other),
    }

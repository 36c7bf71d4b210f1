"""An ended turn, as it is stored, tells its end to whoever comes late."""

import pytest
from msgspec import structs

from server.domain.ids import ConversationId
from server.persistence.database import Database
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.storage import Storage
from tests.server.turns.scene import Client, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness


async def test_a_stored_turn_answers_any_position_with_its_end(
    turns: Harness, database: Database
) -> None:
    caller, storage = await turns.person(), Storage(database)
    started = await turns.say(caller, "Hello")
    outcome = await turns.end(started.cursor)
    turn = await stored(database, caller, started.event.turn_id)
    assert await storage.find(turn.id, caller.user_id) == turn
    sealed = await storage.sealed(turn)
    for after in (0, 1, outcome["seq"] - 2, outcome["seq"], outcome["seq"] + 7):
        client = Client(last=after)
        client.receive(Cursor(sealed, after))
        assert (client.text, client.snapshots) == (started.cursor.text, 1)
        assert (client.last, client.ended) == (outcome["seq"], True)
    with pytest.raises(ValueError, match="not ended"):
        await storage.sealed(structs.replace(turn, outcome=None))


async def test_a_replica_ends_once_its_turn_has(turns: Harness, database: Database) -> None:
    caller, storage = await turns.person(), Storage(database)
    started = await turns.say(caller, "[demo: slow] [demo: long 5000] x")
    await eventually(lambda: started.cursor.text)
    conversation = ConversationId(started.event.conversation_id)
    replica = TurnBuffer(started.cursor.turn_id, conversation, caller.user_id)
    cursor = Cursor(replica, 0)
    await storage.end_if_over(replica)
    assert not replica.has_ended
    await turns.engine.cancel(caller, started.event.turn_id)
    outcome = await turns.end(started.cursor)
    for _ in range(2):
        await storage.end_if_over(replica)
        assert cursor.outcome == outcome
    client = Client()
    client.receive(cursor)
    assert (client.text, client.ended) == (started.cursor.text, True)

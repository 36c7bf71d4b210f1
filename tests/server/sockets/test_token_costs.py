"""What a token costs behind the provider, in calls: a figure that no machine changes."""

import time

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.sockets.sendqueue import SendQueue
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from tests.support.calls import calls_counted


def test_from_the_turn_to_its_frame() -> None:
    said = TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))
    queue = SendQueue(time.monotonic)
    queue.follow(Cursor(said, 0))
    said.delta("the first one pays for what is built once")
    assert queue.take()
    with calls_counted() as calls:
        for _ in range(100):
            said.delta(" token")
            assert queue.take()
    assert calls.count < 100 * 31

"""Which turns of a conversation are news to a session, and which it follows anyway."""

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.sockets.sendqueue import SendQueue
from server.sockets.subscriptions import Subscriptions
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.feed import TurnFeed


class Place:
    def __init__(self) -> None:
        self.feed, self.queue = TurnFeed(), SendQueue(lambda: 0.0)
        self.joining: list[TurnId] = []
        self.subscriptions = Subscriptions(self.feed, self.queue, self.joining.append)
        self.conversation = ConversationId(new_id())
        self.subscriptions.add(self.conversation)

    def starts(self) -> TurnBuffer:
        """A turn starts in the conversation."""
        turn = TurnBuffer(TurnId(new_id()), self.conversation, UserId(new_id()))
        self.feed.turn_started(self.conversation, turn.turn_id)
        return turn

    def join(self, turn: TurnBuffer) -> None:
        self.queue.follow(Cursor(turn, 0))
        self.subscriptions.joined(turn.turn_id)


def test_a_turn_of_another_session_is_joined() -> None:
    here = Place()
    turn = here.starts()
    assert here.joining == [turn.turn_id]
    assert here.subscriptions.wants(turn.turn_id)


def test_other_conversations_are_not_heard() -> None:
    here = Place()
    here.feed.turn_started(new_id(), TurnId(new_id()))
    assert here.joining == []


def test_a_turn_that_this_session_starts_is_not_joined_a_second_time() -> None:
    here = Place()
    with here.subscriptions.starting("c1"):
        mine = here.starts()
        other = here.starts()
        assert here.joining == []
        here.queue.follow(Cursor(mine, 1))
    assert here.joining == [other.turn_id]


def test_news_wait_for_the_starts_under_way_and_for_no_later_ones() -> None:
    here = Place()
    with here.subscriptions.starting("c1"):
        other = here.starts()
        later = here.subscriptions.starting("c2")
        later.__enter__()
    assert here.joining == [other.turn_id]
    later.__exit__(None, None, None)
    assert here.joining == [other.turn_id]


def test_leaving_a_conversation_leaves_its_turns_but_those_asked_for() -> None:
    here = Place()
    joined, asked_for = here.starts(), here.starts()
    here.join(joined)
    here.join(asked_for)
    here.subscriptions.claim(asked_for.turn_id)
    here.subscriptions.remove(here.conversation)
    assert not here.queue.follows(joined.turn_id)
    assert here.queue.follows(asked_for.turn_id)
    here.starts()
    assert len(here.joining) == 2
    here.subscriptions.remove(here.conversation)


def test_turns_that_have_ended_are_forgotten() -> None:
    here = Place()
    turn = here.starts()
    here.join(turn)
    here.queue.unfollow(turn.turn_id)
    here.starts()
    assert not here.subscriptions.wants(turn.turn_id)


def test_a_session_follows_so_many_conversations_and_no_more() -> None:
    here = Place()
    for _ in range(here.subscriptions.most - 1):
        here.subscriptions.add(new_id())
    assert here.subscriptions.is_full(new_id())
    assert not here.subscriptions.is_full(here.conversation)
    here.subscriptions.close()
    here.starts()
    assert here.joining == []

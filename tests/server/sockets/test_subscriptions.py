"""Which turns of a conversation are news to a session, and which it follows anyway."""

import asyncio

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.sockets.sendqueue import SendQueue
from server.sockets.subscriptions import REMEMBERED, Subscriptions
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.feed import TurnFeed
from tests.support.bells import still_bell


class Place:
    def __init__(self) -> None:
        self.feed, self.queue = TurnFeed(still_bell()), SendQueue(lambda: 0.0)
        self.user = UserId(new_id())
        self.joining: list[TurnId] = []
        self.subscriptions = Subscriptions(self.feed, self.user, self.queue, self.joining.append)
        self.conversation = ConversationId(new_id())
        self.subscriptions.add(self.conversation)

    def starts(self) -> TurnBuffer:
        """A turn starts in the conversation."""
        turn = TurnBuffer(TurnId(new_id()), self.conversation, self.user)
        self.feed.turn_started(self.user, self.conversation, turn.turn_id)
        return turn

    def join(self, turn: TurnBuffer) -> None:
        self.queue.follow(Cursor(turn, 0))
        self.subscriptions.joined(turn.turn_id)


async def test_a_turn_of_another_session_is_joined() -> None:
    here = Place()
    turn = here.starts()
    assert here.joining == [turn.turn_id]
    assert here.subscriptions.wants(turn.turn_id)


async def test_other_conversations_are_not_heard() -> None:
    here = Place()
    here.feed.turn_started(here.user, new_id(), TurnId(new_id()))
    here.feed.turn_started(new_id(), here.conversation, TurnId(new_id()))
    assert here.joining == []


async def test_a_turn_that_this_session_starts_is_not_joined_a_second_time() -> None:
    here = Place()
    with here.subscriptions.starting("c1"):
        mine = here.starts()
        other = here.starts()
        assert here.joining == []
        here.queue.follow(Cursor(mine, 1))
    assert here.joining == [other.turn_id]


async def test_news_wait_for_the_starts_under_way_and_for_no_later_ones() -> None:
    here = Place()
    with here.subscriptions.starting("c1"):
        other = here.starts()
        later = here.subscriptions.starting("c2")
        later.__enter__()
    assert here.joining == [other.turn_id]
    later.__exit__(None, None, None)
    assert here.joining == [other.turn_id]


async def test_leaving_a_conversation_leaves_its_turns_but_those_asked_for() -> None:
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


async def test_turns_that_have_ended_are_forgotten() -> None:
    here = Place()
    turn = here.starts()
    here.join(turn)
    here.queue.unfollow(turn.turn_id)
    here.starts()
    assert not here.subscriptions.wants(turn.turn_id)


async def test_a_session_follows_so_many_conversations_and_no_more() -> None:
    here = Place()
    for _ in range(here.subscriptions.most - 1):
        here.subscriptions.add(new_id())
    assert here.subscriptions.is_full(new_id())
    assert not here.subscriptions.is_full(here.conversation)
    here.subscriptions.close()
    here.starts()
    assert here.joining == []


async def test_a_turn_is_news_once_however_often_it_is_found() -> None:
    here = Place()
    turn = here.starts()
    here.join(turn)
    here.feed.turn_found(here.user, here.conversation, turn.turn_id)
    here.queue.unfollow(turn.turn_id)  # it has ended
    here.starts()
    here.feed.turn_found(here.user, here.conversation, turn.turn_id)
    here.feed.turn_found(here.user, here.conversation, turn.turn_id, now())
    assert here.joining.count(turn.turn_id) == 1


async def test_what_the_client_was_told_of_is_left_to_the_client() -> None:
    here = Place()
    listed, later = here.starts(), here.starts()
    unheard = TurnId(new_id())
    here.subscriptions.listed([listed.turn_id, unheard])
    assert not here.subscriptions.wants(listed.turn_id)
    assert here.subscriptions.wants(later.turn_id)
    here.feed.turn_found(here.user, here.conversation, unheard)
    assert unheard not in here.joining


async def test_a_turn_that_had_ended_before_the_subscription_is_no_news() -> None:
    before = now()
    here = Place()
    early, missed = TurnId(new_id()), TurnId(new_id())
    here.feed.turn_found(here.user, here.conversation, early, before)
    here.feed.turn_found(here.user, here.conversation, missed, now() + 1)
    assert here.joining == [missed]


async def test_a_session_remembers_so_many_turns_and_no_more() -> None:
    here = Place()
    for _ in range(REMEMBERED + 10):
        turn = here.starts()
        here.join(turn)
        here.queue.unfollow(turn.turn_id)
    assert len(here.subscriptions._known) == REMEMBERED
    assert len(here.subscriptions._origin) <= 1


def now() -> float:
    return asyncio.get_running_loop().time()

"""News reach whoever listens, and nobody's failure reaches the turn."""

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.protocol.events import BalanceChanged, ServerEvent
from server.protocol.figures import Balance
from server.turns.feed import TurnFeed


def test_listeners_hear_of_their_own_until_they_leave() -> None:
    feed, heard = TurnFeed(), list[TurnId]()
    conversation, turn = ConversationId(new_id()), TurnId(new_id())
    leave = feed.follow_conversation(conversation, heard.append)
    feed.turn_started(conversation, turn)
    feed.turn_started(new_id(), TurnId(new_id()))
    leave()
    leave()
    feed.turn_started(conversation, TurnId(new_id()))
    assert heard == [turn]


def test_one_that_fails_or_leaves_meanwhile_keeps_news_from_nobody() -> None:
    feed, heard, user = TurnFeed(), list[ServerEvent](), UserId(new_id())

    def fail(_: ServerEvent) -> None:
        leave()
        raise RuntimeError("a session's own trouble")

    leave = feed.follow_user(user, fail)
    feed.follow_user(user, heard.append)
    news = BalanceChanged(balance=Balance(credits="1", held="0", spendable="1"))
    feed.tell_user(user, news)
    feed.tell_user(user, news)
    assert heard == [news, news]

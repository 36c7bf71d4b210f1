"""News reach whoever listens, in every process, and nobody's failure reaches the turn."""

from collections.abc import Callable

from redis.asyncio import Redis

from server.domain.ids import TurnId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.events import BalanceChanged, ConversationUpdated, QuotaThreshold
from server.protocol.figures import Balance, Quota
from server.turns.feed import TurnFeed, UserEvent
from tests.server.turns.scene import completed
from tests.support.bells import ringing_bell, still_bell
from tests.support.eventually import eventually
from tests.support.turns import turn_harness

NEWS = BalanceChanged(balance=Balance(credits="1", held="0", spendable="1"))


def into(heard: list[TurnId]) -> Callable[[TurnId, float | None], None]:
    return lambda turn, _: heard.append(turn)


async def test_listeners_hear_of_their_own_until_they_leave() -> None:
    feed, heard = TurnFeed(still_bell()), list[TurnId]()
    user, conversation, turn = new_id(), new_id(), TurnId(new_id())
    leave = feed.follow_conversation(user, conversation, into(heard))
    feed.turn_started(user, conversation, turn)
    feed.turn_started(user, new_id(), TurnId(new_id()))
    feed.turn_started(new_id(), conversation, TurnId(new_id()))
    assert [place.conversation for place in feed.followed([user, new_id()])] == [conversation]
    leave()
    leave()
    feed.turn_started(user, conversation, TurnId(new_id()))
    assert heard == [turn]
    assert (feed.followed([user]), feed._conversations) == ([], {})


async def test_one_that_fails_or_leaves_meanwhile_keeps_news_from_nobody() -> None:
    feed, heard, user = TurnFeed(still_bell()), list[UserEvent](), new_id()

    def fail(_: UserEvent) -> None:
        leave()
        raise RuntimeError("a session's own trouble")

    leave = feed.follow_user(user, fail)
    feed.follow_user(user, heard.append)
    feed.tell_user(user, NEWS)
    feed.tell_user(user, NEWS)
    assert heard == [NEWS, NEWS]


async def test_other_processes_hear_the_same(migrated: EngineUrls, redis: Redis) -> None:
    user, conversation, turn = new_id(), new_id(), TurnId(new_id())
    async with ringing_bell(migrated.redis_url) as here, ringing_bell(migrated.redis_url) as there:
        one, other = TurnFeed(here), TurnFeed(there)
        told_here, told_there = list[UserEvent](), list[UserEvent]()
        began_here, began_there = list[TurnId](), list[TurnId]()
        for feed, told, began in (
            (one, told_here, began_here),
            (other, told_there, began_there),
        ):
            feed.follow_user(user, told.append)
            feed.follow_conversation(user, conversation, into(began))
        await there.hears(user)
        await here.hears(user)
        quota: Quota = completed(turn, 1).quota
        news: list[UserEvent] = [
            NEWS,
            ConversationUpdated(conversation_id=conversation, change="title"),
            QuotaThreshold(percent=80, quota=quota),
        ]
        one.turn_started(user, conversation, turn)
        for event in news:
            one.tell_user(user, event)
        await eventually(lambda: len(told_there) == len(news))
        assert told_here == told_there == news
        assert began_here == began_there == [turn]


async def test_what_a_process_says_last_is_heard(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as staying:
        async with turn_harness(migrated) as leaving:
            caller, heard = await staying.person(), list[UserEvent]()
            bell, confirmed = staying.process.bell, list[object]()
            bell.when_heard(lambda *who: confirmed.append(who))
            bell.watch(caller.user_id)
            staying.engine.feed.follow_user(caller.user_id, heard.append)
            await eventually(lambda: confirmed)
            await leaving.say(caller, "[demo: slow] [demo: long 5000] x")
        await eventually(lambda: any(isinstance(event, BalanceChanged) for event in heard))

"""Two servers on the same engines: a session of one hears what sessions of the other do."""

import asyncio
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import update
from websockets.typing import Subprotocol

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.persistence import credentials
from server.persistence.users import UserRow
from server.sockets.endpoint import SUBPROTOCOL
from tests.server.sockets.pairs import LONG, Pair, conversation_of
from tests.server.sockets.scene import Person
from tests.server.sockets.test_session import is_gapless, text_of
from tests.support.eventually import eventually


async def test_a_turn_of_the_other_server_is_followed_as_if_attached(pair: Pair) -> None:
    person = await pair.here.person()
    async with pair.here.session(person) as writer, pair.there.session(person) as reader:
        place = await conversation_of(writer)
        answer = await reader.ask("conversation.subscribe", conversationId=place)
        assert answer["runningTurns"] == []
        await pair.hears(person)
        started = await writer.start("Show me a table", conversationId=place)
        turn = started["turnId"]
        outcome = await writer.outcome(turn)
        assert await reader.outcome(turn) == outcome
        events = reader.of_turn(turn)
        assert events[0] == {k: v for k, v in started.items() if k != "re"}
        assert is_gapless(events)
        assert text_of(events) == text_of(writer.of_turn(turn))
        for news in (
            {"type": "conversation.updated", "conversationId": place, "change": "message"},
            {"type": "balance.changed", "balance": outcome["balance"]},
        ):
            if news not in reader.heard:
                await reader.until(lambda event, news=news: event == news)
        await reader.ask("conversation.unsubscribe", conversationId=place)
        unheard = await writer.start("go on", conversationId=place)
        await writer.outcome(unheard["turnId"])
        await reader.until(lambda e: e["type"] == "balance.changed")
        assert reader.of_turn(unheard["turnId"]) == []


async def test_a_cancel_asked_of_the_other_server_is_heard_on_both(pair: Pair) -> None:
    person = await pair.here.person()
    async with pair.here.session(person) as writer, pair.there.session(person) as reader:
        turn = (await writer.start(LONG))["turnId"]
        await reader.ask("turn.attach", turnId=turn, afterSeq=0)
        await reader.next("turn.delta")
        answer = await reader.ask("turn.cancel", turnId=turn)
        assert (answer["type"], answer["state"]) == ("turn.cancelling", "running")
        outcome = await reader.outcome(turn)
        assert outcome["type"] == "turn.cancelled"
        assert await writer.outcome(turn) == outcome
        heard = [e for e in reader.of_turn(turn) if e["type"] != "turn.attached"]
        assert is_gapless(heard)
        assert heard[-1] == outcome


async def test_subscribing_while_a_turn_starts_misses_nothing_and_follows_nothing_twice(
    pair: Pair,
) -> None:
    person = await pair.here.person()
    listed = []
    async with pair.here.session(person) as writer:
        place = await conversation_of(writer)
        for ahead_ms in (0, 0, 4, 8, 12, 16, 20, 24, 28, 10_000):
            async with pair.there.session(person) as reader:
                start = asyncio.create_task(writer.start(LONG, conversationId=place))
                await asyncio.wait({start}, timeout=ahead_ms / 1000)
                answer = await reader.ask("conversation.subscribe", conversationId=place)
                started = await start
                turn = started["turnId"]
                is_listed = [running["turnId"] for running in answer["runningTurns"]] == [turn]
                listed.append(is_listed)
                if is_listed:
                    await reader.ask("turn.attach", turnId=turn, afterSeq=0)
                await writer.ask("turn.cancel", turnId=turn)
                assert await reader.outcome(turn) == await writer.outcome(turn)
                await reader.ask("ping")
                events = [e for e in reader.of_turn(turn) if e["type"] != "turn.attached"]
                assert is_gapless(events)
                assert events[0]["seq"] == 1
    assert listed[-1]  # that one ran before the subscription began


async def test_a_session_that_starts_a_turn_itself_hears_of_it_once(pair: Pair) -> None:
    person = await pair.here.person()
    async with pair.here.session(person) as one, pair.there.session(person) as two:
        place = await conversation_of(one)
        for talk in (one, two):
            await talk.ask("conversation.subscribe", conversationId=place)
        message = str(new_id())
        first, second = await asyncio.gather(
            *(
                talk.start("at once", conversationId=place, clientMessageId=message)
                for talk in (one, two)
            )
        )
        assert first["turnId"] == second["turnId"]
        assert ("existing" in first) != ("existing" in second)
        for talk in (one, two):
            await talk.outcome(first["turnId"])
            await talk.ask("ping")
            assert is_gapless(talk.of_turn(first["turnId"]))


async def test_a_revoked_key_closes_its_sessions_on_every_server(pair: Pair) -> None:
    person = await pair.here.person()
    services = pair.here.harness.process.services
    async with services.database.transaction() as tx:
        (key,) = await credentials.list_keys(tx, person.caller.user_id, before=None, limit=2)
        kept = await services.accounts.keys.create(
            tx, person.caller.user_id, name="kept", scopes=None, expires_at=None
        )
    other = Person(person.caller, kept.secret)
    async with pair.there.session(person) as closing, pair.there.session(other) as staying:
        await pair.hears(person)
        async with services.database.transaction() as tx:
            await services.accounts.keys.revoke(tx, person.caller.user_id, key.id)
        services.accounts.endings.tell(person.caller.user_id, key.id)
        assert await closing.closed() == 4401
        assert (await staying.ask("ping"))["type"] == "pong"


async def sponsored(pair: Pair) -> tuple[Person, UUID, dict[str, Any]]:
    """An admin, their service key, and how a guest of it opens a session."""
    admin = await pair.here.person()
    services = pair.here.harness.process.services
    owner = admin.caller.user_id
    async with services.database.transaction() as tx:
        await tx.execute(update(UserRow).where(UserRow.id == owner).values(role="admin"))
        made = await services.accounts.keys.create(
            tx, owner, name="host", scopes=[Scope.TICKETS], expires_at=None, issuer="host"
        )
    caller = await services.accounts.authenticator.by_bearer(made.secret)
    guest = await services.accounts.host.arrive("host", "42")
    async with services.database.transaction() as tx:
        issued = await services.accounts.tickets.issue_for(tx, caller, guest)
    protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{issued.secret}")]
    return admin, made.key.id, {"subprotocols": protocols, "additional_headers": {}}


async def test_a_revoked_service_key_closes_its_guests_sessions_on_every_server(
    pair: Pair,
) -> None:
    admin, key, way = await sponsored(pair)
    services = pair.here.harness.process.services
    async with pair.there.session(admin) as owners, pair.there.session(admin, **way) as guests:
        assert guests.ready["user"]["role"] == "user"
        await pair.hears(admin)
        async with services.database.transaction() as tx:
            await services.accounts.keys.revoke(tx, admin.caller.user_id, key)
        services.accounts.endings.tell(admin.caller.user_id, key)
        assert await guests.closed() == 4401
        assert (await owners.ask("ping"))["type"] == "pong"


async def test_a_suspended_owner_takes_the_guests_along_and_nobody_else(pair: Pair) -> None:
    admin, _, way = await sponsored(pair)
    other = await pair.here.person()
    endings = pair.here.harness.process.services.accounts.endings
    async with pair.there.session(admin, **way) as guests, pair.there.session(other) as staying:
        await pair.hears(admin)
        endings.tell_user_ended(admin.caller.user_id)
        assert await guests.closed() == 4403
        assert (await staying.ask("ping"))["type"] == "pong"


async def test_sessions_that_have_gone_leave_nothing_behind(pair: Pair, redis: Redis) -> None:
    people = [await pair.here.person() for _ in range(3)]
    bell = pair.there.harness.process.bell
    for person in people:
        async with pair.there.session(person) as one, pair.there.session(person) as two:
            place = await conversation_of(one)
            for talk in (one, two):
                await talk.ask("conversation.subscribe", conversationId=place)
            await pair.hears(person)
    await eventually(lambda: not bell._watched)
    feed = pair.there.harness.engine.feed
    assert (feed._users, feed._conversations) == ({}, {})

    async def only_their_own() -> bool:
        channels: list[Any] = await redis.pubsub_channels("bell:*")
        return all(channel.startswith(b"bell:process:") for channel in channels)

    await eventually(only_their_own)

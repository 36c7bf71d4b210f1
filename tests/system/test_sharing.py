"""Many at once on one balance, one message or one turn: exactly what there is, exactly once."""

import asyncio
from decimal import Decimal

from sqlalchemy import text

from server.domain.ids import new_id
from tests.support.client import session
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.conftest import MODEL


async def test_twenty_turns_on_a_balance_for_seven(live: LiveServer, stub: OpenAIStub) -> None:
    stub.default = Play(tokens=3, first=1.0)
    email = await live.new_user()
    key = await live.key(email)
    async with session(live.ws_url, key) as client, live.http(key) as http:
        probe = await client.ask(
            "turn.estimate", text="x", model=MODEL, params={"maxOutputTokens": 2000}
        )
        hold = Decimal(probe["atMost"]["credits"])
        have = Decimal((await http.get("/api/credits")).json()["data"]["spendable"])
        await drain(live, email, have - hold * Decimal("7.5"))
        answers = await asyncio.gather(
            *(client.start("x", model=MODEL, params={"maxOutputTokens": 2000}) for _ in range(20))
        )
        admitted = [answer for answer in answers if answer["type"] == "turn.started"]
        refused = [answer for answer in answers if answer["type"] == "error"]
        assert len(admitted) == 7
        assert {answer["code"] for answer in refused} == {"insufficient_credits"}
        assert all(Decimal(answer["metadata"]["needed"]) == hold for answer in refused)
        for answer in admitted:
            assert (await client.finish(client.turn(answer["turnId"])))["type"] == "turn.completed"
    assert len(stub.exchanges) == 7


async def drain(live: LiveServer, email: str, credits: Decimal) -> None:
    """Take credits away, with the transfer that accounts for it."""
    async with live.database() as (_, database), database.transaction() as tx:
        await tx.execute(
            text(
                "WITH paid AS (UPDATE accounts SET balance = balance - :x WHERE owner_id ="
                " (SELECT id FROM users WHERE email = :email) RETURNING id)"
                " INSERT INTO transfers (id, debit_account, credit_account, amount, kind, key)"
                " SELECT :id, id, '00000000-0000-7000-8000-000000000001', :x, 'adjustment', :key"
                " FROM paid"
            ),
            {
                "x": int(credits * 1_000_000),
                "email": email,
                "id": new_id(),
                "key": f"test:{email}",
            },
        )


async def test_one_message_fifty_times_over_three_sessions_is_one_turn(
    live: LiveServer, stub: OpenAIStub
) -> None:
    stub.default = Play(tokens=30, gap=0.02)
    key = await live.new_key()
    async with (
        session(live.ws_url, key) as one,
        session(live.ws_url, key) as two,
        session(live.ws_url, key) as three,
    ):
        clients, message = (one, two, three), str(new_id())
        answers = await asyncio.gather(
            *(
                clients[number % 3].start("once", model=MODEL, clientMessageId=message)
                for number in range(50)
            )
        )
        assert {answer["type"] for answer in answers} == {"turn.started"}
        assert len({answer["turnId"] for answer in answers}) == 1
        assert sum("existing" not in answer for answer in answers) == 1
        turn_id = answers[0]["turnId"]
        texts = set()
        for client in clients:
            await client.finish(client.turn(turn_id))
            texts.add(client.turn(turn_id).text)
        assert texts == {stub.exchanges[0].text}
        other = await one.start("twice", model=MODEL, clientMessageId=message)
        assert other["code"] == "idempotency_mismatch"
    assert len(stub.exchanges) == 1


async def test_who_subscribes_to_a_conversation_hears_turns_of_other_sessions(
    live: LiveServer, stub: OpenAIStub
) -> None:
    key = await live.new_key()
    async with session(live.ws_url, key) as writer, session(live.ws_url, key) as reader:
        first, _ = await writer.say("one", model=MODEL)
        assert first.started is not None
        conversation = first.started["conversationId"]
        answer = await reader.ask("conversation.subscribe", conversationId=conversation)
        assert (answer["type"], answer["runningTurns"]) == ("conversation.subscribed", [])
        second, outcome = await writer.say("two", model=MODEL, conversationId=conversation)
        heard = reader.turn(second.turn_id)
        assert await reader.finish(heard) == outcome
        assert (heard.text, heard.flaws) == (second.text, [])

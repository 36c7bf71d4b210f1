"""The team answers many at once, and every receipt is what the ledger took."""

import asyncio

from server.persistence import routing
from server.persistence.database import Database
from server.protocol.commands import JsonSchemaFormat, TurnParams, TurnRequest
from tests.server.turns.scene import books_balance, micros
from tests.support.turns import Harness

QUESTION = "What do I answer a fan who asks for an Instagram caption, and the price of set {}?"
ASKED = ["messaging", "content", "sales"]


async def test_twenty_questions_at_once_are_all_answered(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await asyncio.gather(
        *(turns.say(caller, QUESTION.format(at), agent="team") for at in range(20))
    )
    for one in started:
        outcome = await turns.end(one.cursor)
        assert outcome["type"] == "turn.completed"
        receipt = outcome["receipt"]
        branches = {branch["agent"]: branch for branch in receipt["branches"]}
        assert sorted(branches) == sorted(ASKED)
        assert {branch["status"] for branch in branches.values()} == {"ok"}
        charged = [micros(branch["charged"]) for branch in branches.values()]
        assert sum(charged) == micros(receipt["charged"]) > 0
        assert one.cursor.text.count("This is the demo model") == len(ASKED)
    await books_balance(database)
    async with database.snapshot() as tx:
        decisions = await routing.list_decisions(
            tx, user=caller.user_id, agent="sales", begin=None, end=None, before=None, limit=50
        )
    assert {one.turn_id for one in decisions} == {one.event.turn_id for one in started}


async def test_an_estimate_tells_what_all_of_them_would_cost(turns: Harness) -> None:
    caller, asked = await turns.person(), QUESTION.format(1)
    one, all_three = [
        await turns.engine.estimate(caller, TurnRequest(text=asked, agent=agent))
        for agent in ("sales", "team")
    ]
    assert all_three.input_tokens > 2 * one.input_tokens
    assert micros(all_three.likely.credits) > 2 * micros(one.likely.credits)
    assert micros(all_three.at_most.credits) > 2 * micros(one.at_most.credits)


async def test_an_object_is_held_for_once_since_one_agent_makes_it(turns: Harness) -> None:
    caller, asked = await turns.person(), QUESTION.format(1)
    params = TurnParams(response_format=JsonSchemaFormat(schema={"type": "object"}))
    estimate = await turns.engine.estimate(
        caller, TurnRequest(text=asked, agent="team", params=params)
    )
    started = await turns.say(caller, asked, agent="team", params=params)
    receipt = (await turns.end(started.cursor))["receipt"]
    (call,) = receipt["calls"]
    assert call["inputTokens"] <= estimate.input_tokens < 2 * call["inputTokens"]
    assert micros(receipt["held"]) < 6_000_000  # a step is four credits and its input

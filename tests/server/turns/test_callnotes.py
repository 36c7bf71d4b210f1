"""What is noted of a turn while it runs tells whoever ends it every call of every agent, once."""

import pytest
from msgspec import structs
from sqlalchemy import select

from agents.events import Branched, CallStarted
from server.domain.errors import Conflict, ServiceUnavailable
from server.domain.ids import CallId, ConversationId, new_id
from server.domain.usage import CallOutcome
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.persistence.turns import TurnRow
from server.turns.callnotes import CallNotes
from tests.server.turns.scene import books_balance, one, stored
from tests.server.turns.teamwork import MODEL, Step, Team, begin
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

STEPS: list[Step] = [
    ("messaging", "call", 100),
    ("sales", "call", 200),
    ("messaging", "write", 30),
    ("messaging", "say", 30),
    ("messaging", "end", 0),
    ("compliance", "call", 300),
    ("sales", "wait", 0),
]


async def test_calls_side_by_side_outlive_the_process_that_made_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller, team = await first.person(), Team(STEPS)
        run = await begin(first, caller, team, beside=(200, 300))
        await eventually(lambda: len(run.meter.open) == 2)
        made = {call.agent: str(call.call_id) for call in run.meter.calls}
        made |= {call.agent: str(call.call_id) for call in run.meter.open}
        assert await second.process.turns.leases.reap(all_others=True) == 1
        turn = await stored(database, caller, run.turn.id)
        assert turn.outcome is not None
        calls = turn.outcome["receipt"]["calls"]
        assert {call["agent"]: call["callId"] for call in calls} == made
        assert [
            (call["agent"], call["outcome"], call["usageSource"], call["inputTokens"])
            for call in calls
        ] == [
            ("messaging", "ok", "provider", 100),
            ("sales", "failed", "estimated", 200),
            ("compliance", "failed", "estimated", 300),
        ]
        assert (turn.outcome["receipt"]["charged"], turn.outcome["error"]["code"]) == (
            "0",
            "worker_lost",
        )
        team.go_on.set()
        await run.ended.wait()
        await books_balance(database)


async def test_nothing_is_noted_before_there_is_a_second_call(
    turns: Harness, database: Database
) -> None:
    run = await begin(turns, await turns.person(), Team([STEPS[0], ("messaging", "wait", 0)]))
    await eventually(lambda: run.meter.open)
    query = select(TurnRow.calls).where(TurnRow.id == run.turn.id)
    assert not (await one(database, query))[0]
    run.stop()
    await run.ended.wait()
    (call,) = run.meter.calls
    assert call.outcome is CallOutcome.CANCELLED


async def test_a_first_call_is_noted_where_its_model_is_not_the_turns(
    migrated: EngineUrls, database: Database
) -> None:
    own = "openai/gpt-4.1-mini"
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        team = Team([STEPS[0], ("messaging", "wait", 0)], models={"messaging": own})
        run = await begin(first, caller, team)
        await eventually(lambda: run.meter.open)
        assert await second.process.turns.leases.reap(all_others=True) == 1
        turn = await stored(database, caller, run.turn.id)
        assert turn.outcome is not None
        (call,) = turn.outcome["receipt"]["calls"]
        assert (call["agent"], call["model"]) == ("messaging", own)
        team.go_on.set()
        await run.ended.wait()
        await books_balance(database)


async def test_a_turn_that_is_somebody_else_s_is_not_noted(
    turns: Harness, database: Database
) -> None:
    run = await begin(turns, await turns.person(), Team([STEPS[0], ("messaging", "wait", 0)]))
    with pytest.raises(Conflict):
        await CallNotes(database).write(run.turn, 2, [], MODEL, [])
    run.stop()
    await run.ended.wait()


async def test_without_a_database_a_turn_goes_on_only_if_its_journal_tells_its_calls(
    turns: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.turns.callnotes.PAUSES_S", (0.01, 0.01))
    run = await begin(turns, await turns.person(), Team([STEPS[0], ("messaging", "wait", 0)]))
    in_a_chat = structs.replace(run.turn, conversation_id=ConversationId(new_id()))
    async with open_database("postgresql+asyncpg://nobody@127.0.0.1:1/nowhere") as away:
        notes = CallNotes(away)
        await notes.write(in_a_chat, run.fence, [], MODEL, [])
        with pytest.raises(ServiceUnavailable, match="cannot be noted"):
            await notes.write(run.turn, run.fence, [], MODEL, [])
    run.stop()
    await run.ended.wait()


async def test_a_call_whose_agent_was_given_up_meanwhile_is_not_counted(turns: Harness) -> None:
    run = await begin(turns, await turns.person(), Team([STEPS[0], ("messaging", "wait", 0)]))
    await eventually(lambda: run.meter.open)
    call = CallStarted(
        call_id=CallId(new_id()), agent="sales", provider="demo", model=MODEL, input_tokens=9
    )
    for is_over, agents in ((True, ["messaging"]), (False, ["messaging", "sales"])):
        over = (lambda: True) if is_over else (lambda: False)
        said = Branched(branch="sales", event=call, stop=lambda _: None, is_over=over)
        await run.branches.hear(said)
        assert [one.agent for one in run.meter.open] == agents
    run.stop()
    await run.ended.wait()

"""Whoever speaks for a creator is told who that is, and the assistant costs what it did."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from agents.prompts.load import prompt as prompt_of
from agents.providers.load import ProviderSettings
from agents.team.contexts import Creator, Figure, Known, Learned
from agents.tokens import count_text
from knowledge import store
from knowledge.hostdata import put_subscriptions
from server.accounts.access import Principal
from server.domain.configuration import Configuration
from server.domain.errors import Invalid
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import configurations, customagents, routing
from server.persistence.customagents import CustomAgentContent
from server.persistence.database import Database
from server.turns.casting import brief_of, instructions_of
from tests.knowledge.hosts import subscription
from tests.knowledge.scene import new
from tests.server.accounts.people import START
from tests.server.turns.test_runner import cost_of_a_turn
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import Harness, turn_harness

MODEL, OTHER = "openai/stub-model", "openai/other-model"


@asynccontextmanager
async def before(stub: OpenAIStub, urls: EngineUrls) -> AsyncIterator[Harness]:
    """A process whose vendor is the stub."""
    offered = ProviderSettings(
        openai_api_key="sk-test",
        openai_base_url=stub.url,
        openai_models=("stub-model", "other-model"),
        abilities={OTHER: ("tools",)},
        default_model=MODEL,
    )
    settings = {
        "openai_api_key": "sk-test",
        "openai_base_url": stub.url,
        "openai_models": "stub-model=2.5/10,other-model=2.5/10+tools",
    }
    async with turn_harness(urls, providers=offered, **settings) as harness:
        yield harness


async def known(database: Database, caller: Principal) -> None:
    """Some of each that agents may be told."""
    user = caller.user_id
    configured = Configuration(tone="warm and short", models={"assistant": OTHER})
    async with database.transaction() as tx:
        await configurations.replace(tx, user, configured)
        await put_subscriptions(tx, user, [subscription("a", 19.99)], START)
        await store.add(tx, new_id(), user, new("Polls on Sunday sell."), START)


async def own(database: Database, caller: Principal, **fields: Any) -> str:
    """The id of an agent of the caller's making."""
    values = {"name": "Muse", "description": "", "model": None, "tools": [], **fields}
    content = CustomAgentContent(instructions="You write haiku.", **values)
    id = new_id()
    async with database.transaction() as tx:
        await customagents.add(tx, id, caller.user_id, content, most=50)
    return str(id)


def prompt(stub: OpenAIStub, at: int = -1) -> str:
    said = stub.exchanges[at].body["messages"][0]
    assert said["role"] in {"system", "developer"}
    return str(said["content"])


TOLD = ("warm and short", "19.99 USD", "Polls on Sunday sell.")


async def test_specialists_are_told_and_the_assistant_is_not(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, before(stub, migrated) as turns:
        caller, other = await turns.person(), await turns.person()
        await known(database, caller)
        for agent in ("messaging", "content", "analytics", "sales", "compliance"):
            outcome = await turns.answer(caller, "What about Sunday?", agent=agent)
            assert outcome["receipt"]["calls"][0]["agent"] == agent
            assert all(told in prompt(stub) for told in TOLD), agent
            assert "They are not the fan" in prompt(stub)
            assert stub.exchanges[-1].body["model"] == "stub-model"
        await turns.answer(caller, "What about Sunday?")
        assert not any(told in prompt(stub) for told in TOLD)
        assert stub.exchanges[-1].body["model"] == "other-model"
        await turns.answer(other, "What about Sunday?", agent="sales")
        assert not any(told in prompt(stub) for told in TOLD)


async def test_a_creator_s_own_agent_has_its_instructions_model_and_tools(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, before(stub, migrated) as turns:
        caller = await turns.person()
        await known(database, caller)
        tools = ["current_time", "of_long_ago"]
        muse = await own(database, caller, model=OTHER, tools=tools)
        started = await turns.say(caller, "Bonjour, ça va bien aujourd'hui ?", agent=muse.upper())
        assert started.event.agent == muse
        outcome = await turns.end(started.cursor)
        assert outcome["receipt"]["calls"][0]["agent"] == muse
        told = prompt(stub)
        assert told.startswith("You write haiku.")
        assert "They are not the fan" not in told
        assert all(text in told for text in TOLD)
        assert "Write in French." in told
        body = stub.exchanges[-1].body
        assert body["model"] == "other-model"
        assert [tool["function"]["name"] for tool in body["tools"]] == ["current_time"]

        plain = await own(database, caller, name="Plain")
        await turns.answer(caller, "x", agent=plain)
        assert stub.exchanges[-1].body["model"] == "other-model"  # that of the assistant


async def test_a_model_that_is_offered_no_more_is_the_default_one(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    configured = Configuration(models={"assistant": "gone/model", "team": "gone/model"})
    async with database.transaction() as tx:
        await configurations.replace(tx, caller.user_id, configured)
    default = turns.process.services.registry.default.id
    muse = await own(database, caller, model="gone/model")
    for agent in ("assistant", "team", muse):
        assert (await turns.say(caller, "x", agent=agent)).event.model == default


async def test_nobody_has_another_s_agent_and_one_that_is_gone_is_the_assistant(
    turns: Harness, database: Database
) -> None:
    caller, other = await turns.person(), await turns.person()
    muse = await own(database, caller)
    for who, agent in ((other, muse), (caller, str(new_id())), (caller, "nobody")):
        with pytest.raises(Invalid) as refused:
            await turns.say(who, "x", agent=agent)
        assert refused.value.path == "$.agent"
        assert "sales" in refused.value.message
    started = await turns.say(caller, "x", agent=muse)
    await turns.end(started.cursor)
    going_on = {"conversation_id": started.event.conversation_id}
    again = await turns.say(caller, "y", **going_on)
    assert again.event.agent == muse
    await turns.end(again.cursor)
    async with database.transaction() as tx:
        await customagents.remove(tx, next(iter(await ids(database, caller))), caller.user_id)
    last = await turns.say(caller, "z", **going_on)
    assert last.event.agent == "assistant"
    await turns.end(last.cursor)
    with pytest.raises(Invalid):
        await turns.say(caller, "z", agent=muse, **going_on)


async def ids(database: Database, caller: Principal) -> list[Any]:
    async with database.snapshot() as tx:
        return [agent.id for agent in await customagents.list_agents(tx, caller.user_id)]


def test_what_is_known_stands_behind_the_voice_and_fits() -> None:
    figures = tuple(Figure(name=f"figure {at}", value="1.00 USD") for at in range(100))
    learned = (Learned(text="Polls sell.", confidence=0.5),)
    known = Known(creator=Creator(tone="warm"), figures=figures, learned=learned)
    told = instructions_of("sales", known, brief_of(known, 4_000), "You sing.")
    voice = "tone: warm"
    order = ["You sing.", prompt_of("sales"), voice, "Polls sell.", "figure 0: ", "figure 99"]
    assert sorted(order, key=told.index) == order
    short = brief_of(known, 100)
    assert 50 < count_text(short) <= 100
    assert "figure 0: 1.00 USD" in short
    assert "figure 99" not in short


async def test_the_team_is_those_whom_the_question_is_for(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, before(stub, migrated) as turns:
        caller = await turns.person()
        await known(database, caller)
        configured = Configuration(tone="warm and short", models={"sales": OTHER})
        async with database.transaction() as tx:
            await configurations.replace(tx, caller.user_id, configured)
        asked = "Which caption for Instagram, and what price sells best?"
        started = await turns.say(caller, asked, agent="team")
        assert started.event.agent == "team"
        outcome = await turns.end(started.cursor)
        assert outcome["type"] == "turn.completed"
        calls = {call["agent"]: call["model"] for call in outcome["receipt"]["calls"]}
        assert calls == {"content": MODEL, "sales": OTHER}
        assert all(told in prompt(stub, at) for at in (0, 1) for told in TOLD)
        async with database.snapshot() as tx:
            (decision,) = await routing.list_decisions(
                tx, user=caller.user_id, agent=None, begin=None, end=None, before=None, limit=9
            )
        assert decision.turn_id == started.event.turn_id
        assert {one.agent for one in decision.agents} == {"content", "sales"}
        insisting = await turns.answer(caller, asked, agent="team", model=MODEL)
        assert {call["model"] for call in insisting["receipt"]["calls"]} == {MODEL}


async def test_what_says_nothing_of_its_own_goes_on_with_whoever_answered(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, before(stub, migrated) as turns:
        caller = await turns.person()
        await known(database, caller)
        place: dict[str, Any] = {"agent": "team"}
        answered = []
        for text in (
            "Quel prix se vend le mieux le dimanche ?",
            "👍",
            "plus court",
            "Où est Lima ?",
        ):
            started = await turns.say(caller, text, **place)
            place = {"conversation_id": started.event.conversation_id}
            outcome = await turns.end(started.cursor)
            answered.append(outcome["receipt"]["calls"][0]["agent"])
            if text == "👍":
                assert "Write in French." in prompt(stub)
                assert all(told in prompt(stub) for told in TOLD)
        assert answered == ["sales", "sales", "sales", "assistant"]


async def test_whoever_is_told_of_the_creator_takes_five_statements_more(turns: Harness) -> None:
    caller, network = await turns.person(), turns.process.services.network
    await eventually(lambda: network._changes.is_heard)
    await turns.answer(caller, "Something else", agent="sales")
    await turns.engine.wait_idle(10)
    alone = await cost_of_a_turn(turns, caller)
    # Figures of the host 4, what was learned.
    told = await cost_of_a_turn(turns, caller, agent="sales")
    assert told.statements - alone.statements == told.round_trips - alone.round_trips == 5
    # What was learned is known by now; whom the team asked.
    team = await cost_of_a_turn(turns, caller, agent="team")
    assert team == told

"""Free text for several agents: one text of theirs, and nobody harms another."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from msgspec import structs

from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    CallStarted,
    Partial,
    Spoken,
    UnsaidDelta,
)
from agents.prompts.load import prompt
from agents.routing import Chosen, Routing
from agents.team.assistant import AssistantAgent
from agents.teamchat import TeamChat
from agents.tools.clock import ClockTool
from server.domain.content import ChatMessage, OutputSchema, Role
from server.domain.errors import AppError, InsufficientCredits, ProviderError
from tests.agents.cast import (
    OWN,
    Cast,
    Part,
    calls,
    ends,
    request_for,
    team_of,
    told,
    value_of,
)
from tests.agents.desk import DEMO, hear

INSTRUCTIONS = {
    "content": "content writes captions",
    "sales": "sales sells",
    "assistant": "assistant helps",
}
AWAY = ProviderError("It is away.")


def routing(*agents: str) -> Routing:
    chosen = tuple(Chosen(agent=agent, reason="text_says", score=1.0) for agent in agents)
    return Routing(request="chat", chosen=chosen)


def chat(cast: Cast, *agents: str, **fields: Any) -> TeamChat:
    return team_of(cast, agent_s=0.5).chat(routing(*agents), INSTRUCTIONS, **fields)


async def answered(
    cast: Cast, *agents: str, **fields: Any
) -> tuple[list[AgentEvent], AppError | None]:
    agent = chat(cast, *agents, **fields)
    return await hear(agent.run(request_for(agent)))


def spoken(events: list[AgentEvent]) -> list[tuple[str, str]]:
    """Who said what, one after the other."""
    said: list[tuple[str, str]] = []
    for event in events:
        if isinstance(event, Spoken):
            before = said.pop()[1] if said and said[-1][0] == event.agent else ""
            said.append((event.agent, before + event.text))
    return said


async def test_what_they_say_becomes_one_text_in_the_order_of_the_routing() -> None:
    cue = asyncio.Event()
    cast = Cast(content=Part(("Sunset ", "tonight"), cue=cue), sales=Part(("Sell ", "it")))
    agent = chat(cast, "content", "sales")
    events: list[AgentEvent] = []
    async for event in agent.run(request_for(agent)):
        events.append(event)
        if isinstance(event, BranchEnded) and event.branch == "sales":
            assert spoken(events) == []  # it has to wait for its turn
            cue.set()
    assert spoken(events) == [("content", "Sunset tonight"), ("sales", "\n\nSell it")]
    assert ends(events) == {"content": None, "sales": None}
    assert [detail["to"] for detail in told(events, "handoff")] == ["content", "sales"]


async def test_the_first_one_is_heard_live_and_all_are_counted_when_they_write() -> None:
    cast = Cast(content=Part(("a", "b", "c")), sales=Part(("d", "e")))
    events, _ = await answered(cast, "content", "sales")
    live = [event.text for event in events if isinstance(event, Spoken)]
    assert live == ["a", "b", "c", "\n\nde"]
    counted = {
        name: [
            event.event.text
            for event in events
            if isinstance(event, Branched)
            and event.branch == name
            and isinstance(event.event, UnsaidDelta)
        ]
        for name in ("content", "sales")
    }
    assert counted == {"content": ["a", "b", "c"], "sales": ["d", "e"]}


async def test_each_has_its_own_instructions_and_what_goes_for_all() -> None:
    cast = Cast(content=Part(("a",)), sales=Part(("b",)))
    agent = chat(cast, "content", "sales")
    content = f"content writes captions\n\n{prompt('beside')} sales."
    assert agent.instructions == content
    asked = structs.replace(request_for(agent), instructions=f"{agent.instructions}\n\nA summary.")
    events, _ = await hear(agent.run(asked))
    assert [request.instructions for _, request in cast.asked] == [
        f"{content}\n\nA summary.",
        f"sales sells\n\n{prompt('beside')} content.\n\nA summary.",
    ]
    assert agent.beside(500) == (500,)
    counts = [
        event.event.input_tokens
        for event in events
        if isinstance(event, Branched) and isinstance(event.event, CallStarted)
    ]
    assert counts[0] == 500
    assert 490 < counts[1] < 500  # shorter instructions


async def test_without_instructions_an_agent_has_its_prompt() -> None:
    cast = Cast(You=Part(("a",)))
    agent = team_of(cast).chat(routing("sales"), {})
    await hear(agent.run(request_for(agent)))
    assert [request.instructions for _, request in cast.asked] == [prompt("sales")]


async def test_one_that_fails_is_named_in_its_place() -> None:
    cast = Cast(content=Part(("Sun",), error=AWAY), sales=Part(("Sell",)))
    events, error = await answered(cast, "content", "sales")
    assert error is None
    assert ends(events) == {"content": AWAY, "sales": None}
    assert spoken(events) == [
        ("content", "Sun"),
        ("team", "\n\n*The content agent could not finish.*"),
        ("sales", "\n\nSell"),
    ]
    (detail,) = told(events, "agent_failed")
    assert (detail["agent"], detail["code"]) == ("content", "provider_error")


async def test_where_nobody_answers_the_assistant_does() -> None:
    cast = Cast(content=Part(error=AWAY), sales=Part(hangs=True), assistant=Part(("Here I am",)))
    events, error = await answered(cast, "content", "sales")
    assert error is None
    assert list(ends(events)) == ["content", "sales", "assistant"]
    assert spoken(events) == [
        (
            "team",
            "*The content agent could not answer.*\n\n*The sales agent could not answer.*",
        ),
        ("assistant", "\n\nHere I am"),
    ]
    assert told(events, "handoff")[-1]["from"] == "sales"
    assert not cast.open


async def test_where_the_assistant_does_not_either_its_error_is_told() -> None:
    last = ProviderError("It is away, too.")
    cast = Cast(content=Part(error=AWAY), assistant=Part(error=last))
    events, error = await answered(cast, "content")
    assert error is last
    assert ends(events) == {"content": AWAY, "assistant": last}


async def test_an_assistant_that_has_failed_is_not_asked_again() -> None:
    cast = Cast(assistant=Part(error=AWAY))
    _, error = await answered(cast, "assistant")
    assert error is AWAY
    assert len(cast.asked) == 1


async def test_the_assistant_does_not_go_on_where_money_has_cut_an_answer() -> None:
    short = InsufficientCredits("Nothing is left.")
    cast = Cast(content=Part(("Sun",), error=short), assistant=Part(("Here I am",)))
    events, error = await answered(cast, "content")
    assert error is short
    assert list(ends(events)) == ["content"]
    unheard = Cast(content=Part(error=short), assistant=Part(("Here I am",)))
    assert "assistant" in ends((await answered(unheard, "content"))[0])


async def test_an_agent_may_have_a_model_of_its_own() -> None:
    cast = Cast(content=Part(("a",)), sales=Part(("b",)))
    events, _ = await answered(cast, "content", "sales", models={"sales": OWN})
    assert [model for _, _, model in calls(events)] == [DEMO, OWN]


@pytest.mark.parametrize(
    ("text", "forbidden", "reasons"),
    [
        ("All is well.", (), []),
        ("Pay me by PayPal.", (), ["outside the platform: “Pay me by PayPal”"]),
        (
            "About politics.",
            ("politics",),
            ["It touches a topic that you never write about: “politics”"],
        ),
    ],
)
async def test_our_rules_read_the_text_when_it_is_whole(
    text: str, forbidden: tuple[str, ...], reasons: list[str]
) -> None:
    cast = Cast(content=Part((text,)))
    events, error = await answered(cast, "content", forbidden=forbidden)
    assert error is None
    found = [reason for detail in told(events, "compliance") for reason in detail["reasons"]]
    assert [reason.partition("It leads to payment ")[2] or reason for reason in found] == reasons


async def test_an_object_is_made_by_one_agent() -> None:
    cast = Cast()
    agent = chat(cast, "content", "sales")
    schema = OutputSchema(name="content", schema={"type": "object", "required": ["price"]})
    asked = request_for(agent, output=schema, wants_partials=True)
    events, error = await hear(agent.run(asked))
    assert error is None
    assert "price" in value_of(events)
    assert list(ends(events)) == ["content"]
    assert any(isinstance(event, Partial) for event in events)


async def test_tools_are_asked_in_a_branch_and_told_with_its_name() -> None:
    cast = Cast()
    agent = chat(cast, "assistant")
    assert agent.tools == AssistantAgent.tools
    assert chat(cast, "sales").tools == ()
    question = (ChatMessage(role=Role.USER, text="When? [demo: tool current_time]"),)
    events, error = await hear(agent.run(request_for(agent, question, tools=(ClockTool(),))))
    assert error is None
    assert len(calls(events)) == 2
    assert {detail["agent"] for detail in told(events, "tool")} == {"assistant"}


async def test_leaving_it_closes_all_connections() -> None:
    cast = Cast(content=Part(("a",), hangs=True), sales=Part(("b",), hangs=True))
    agent = chat(cast, "content", "sales")
    run: AsyncGenerator[AgentEvent, None] = agent.run(request_for(agent))
    async for _ in run:
        if len(cast.open) == 2:
            break
    await run.aclose()
    assert not cast.open


async def test_each_of_several_is_told_who_else_answers_and_one_alone_is_not() -> None:
    cast = Cast(content=Part(("Caption.",)), sales=Part(("Price.",)))
    await answered(cast, "content", "sales")
    assert cast.asked_of("content")[0].instructions.endswith(f"{prompt('beside')} sales.")
    assert cast.asked_of("sales")[0].instructions.endswith(f"{prompt('beside')} content.")
    alone = Cast(sales=Part(("Price.",)))
    await answered(alone, "sales")
    assert alone.asked_of("sales")[0].instructions == INSTRUCTIONS["sales"]

"""Agents answer a chat in words and a task by its schema, whichever of them is asked."""

from typing import Any

import pytest
from msgspec import Struct, json

from agents.agent import Agent, AgentRequest
from agents.answering import Answering
from agents.assigned import AssignedAgent
from agents.events import AgentEvent, Structured
from agents.providers.demo_answers import LABEL
from agents.providers.outputschemas import can_be_strict, closed
from agents.schemas.admission import prepare
from agents.team.analytics import AnalyticsAgent
from agents.team.compliance import ComplianceAgent
from agents.team.content import ContentAgent
from agents.team.contexts import CaptionWish, FanMessage, Figure, Outgoing, Performance, SalesWish
from agents.team.messaging import MessagingAgent
from agents.team.sales import SalesAgent
from agents.team.specialist import Specialist
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from tests.agents.desk import DEMO, desk, hear, started, text_of

TASKS: tuple[tuple[type[Specialist[Any, Any]], Struct], ...] = (
    (MessagingAgent, FanMessage(message="When do you post the new beach video?")),
    (
        ContentAgent,
        CaptionWish(platform="instagram", content="photo", description="Sunset at the beach"),
    ),
    (
        AnalyticsAgent,
        Performance(
            platforms=("instagram",),
            content_types=("photo",),
            timeframe="last 30 days",
            metrics=(Figure(name="likes", value="1200"),),
        ),
    ),
    (SalesAgent, SalesWish(message="Buy my beach set.", price_point="25.00 EUR")),
    (ComplianceAgent, Outgoing(text="Good morning, you!")),
)


async def run(kind: type[Specialist[Any, Any]], context: Struct | None) -> Any:
    """What was heard on the demo model, and the agent that ran."""
    async with desk() as at:
        specialist = kind(Answering(at.caller, at.registry, utc_now))
        agent: Agent = specialist
        messages: tuple[ChatMessage, ...] = (ChatMessage(role=Role.USER, text="Hello"),)
        output = None
        if context is not None:
            agent = assigned = specialist.assigned(context)
            messages, output = assigned.messages, assigned.schema
        request = AgentRequest(
            models=(DEMO,),
            messages=messages,
            instructions=agent.instructions,
            params=Params(),
            input_tokens=11,
            correlation_id="corr",
            output=output,
        )
        events, error = await hear(agent.run(request))
    assert error is None
    return events, agent


@pytest.mark.parametrize(("kind", "context"), TASKS)
async def test_in_a_chat_it_answers_in_words(
    kind: type[Specialist[Any, Any]], context: Struct
) -> None:
    events: list[AgentEvent]
    events, agent = await run(kind, None)
    assert text_of(events).startswith(LABEL)
    assert [call.agent for call in started(events)] == [agent.name]
    assert agent.instructions.endswith("does not change these instructions.")


@pytest.mark.parametrize(("kind", "context"), TASKS)
async def test_assigned_to_a_task_it_answers_by_its_schema_at_once(
    kind: type[Specialist[Any, Any]], context: Struct
) -> None:
    events: list[AgentEvent]
    agent: AssignedAgent[Any]
    events, agent = await run(kind, context)
    (told,) = [event.value for event in events if isinstance(event, Structured)]
    answer = agent.read(told)
    assert 0 <= answer.confidence <= 1
    assert [call.agent for call in started(events)] == [kind.name]
    assert told == json.decode(text_of(events))
    assert prepare(agent.schema.schema) == agent.schema.schema
    assert can_be_strict(agent.schema.schema)
    assert closed(agent.schema.schema) is not None


def test_names_are_those_that_bills_and_receipts_show() -> None:
    names = [kind.name for kind, _ in TASKS]
    assert names == ["messaging", "content", "analytics", "sales", "compliance"]

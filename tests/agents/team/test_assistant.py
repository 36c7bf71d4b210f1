"""The general chat puts a question to the model it was given, under its own instructions."""

import time
from contextlib import aclosing

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.calling import Caller
from agents.events import CallFinished, CallStarted, TextDelta
from agents.providers.demo import FULL_SPEED
from agents.providers.health import BreakerLimits, Health
from agents.providers.load import ProviderSettings, open_registry
from agents.providers.retry import Retries
from agents.team.assistant import AssistantAgent
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from server.domain.ids import CallId, new_id


async def test_a_question_is_answered_by_the_model_that_was_asked_for() -> None:
    async with open_registry(ProviderSettings(demo_pacing=FULL_SPEED)) as registry:
        models = [model.id for model in registry.models()]
        health = Health(models, BreakerLimits(), time=time.monotonic, clock=utc_now)
        caller = Caller(registry, health, Retries(), lambda: CallId(new_id()))
        agent = AssistantAgent(Answering(caller, registry, utc_now))
        asked = AgentRequest(
            models=("demo/causerie-demo",),
            messages=(ChatMessage(role=Role.USER, text="a table"),),
            instructions=agent.instructions,
            params=Params(),
            input_tokens=11,
            correlation_id="corr",
        )
        async with aclosing(agent.run(asked)) as run:
            events = [event async for event in run]
    assert isinstance(events[0], CallStarted)
    assert (events[0].agent, events[0].model) == ("assistant", "demo/causerie-demo")
    assert any(isinstance(event, TextDelta) for event in events)
    assert isinstance(events[-1], CallFinished)

"""A caller on the models of one stub, and what is heard of the calls that it makes."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agents.calling import Caller
from agents.events import AgentEvent, CallFinished, CallStarted, Notice, TextDelta
from agents.providers.base import TextRequest
from agents.providers.demo import FULL_SPEED
from agents.providers.health import BreakerLimits, Health
from agents.providers.load import ProviderSettings, open_registry
from agents.providers.retry import Retries
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import (
    AppError,
)
from server.domain.ids import CallId, new_id
from server.domain.usage import CallOutcome
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play

ONE, TWO = "openai/one", "openai/two"
ONCE = Retries(attempts=1)
NEVER = BreakerLimits(calls_min=10_000)
QUICK = Retries(attempts=3, first_s=0.01, longest_s=0.05)


@dataclass
class Scene:
    caller: Caller
    health: Health
    stub: OpenAIStub

    def ask(
        self, *models: str, question: str = "Hello", **fields: Any
    ) -> AsyncGenerator[AgentEvent, None]:
        request = TextRequest(
            model="",
            messages=(ChatMessage(role=Role.USER, text=question),),
            instructions="Be brief.",
            params=fields.pop("params", Params()),
            correlation_id="corr",
            **fields,
        )
        return self.caller.call("assistant", models or (ONE,), request, 11)


@asynccontextmanager
async def working(
    *plays: Play,
    retries: Retries = ONCE,
    limits: BreakerLimits = NEVER,
) -> AsyncIterator[Scene]:
    async with OpenAIStub() as stub:
        stub.plays(*plays)
        settings = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("one", "two"),
            demo_pacing=FULL_SPEED,
            first_token_s=2,
            between_tokens_s=2,
        )
        async with open_registry(settings) as registry:
            models = [model.id for model in registry.models()]
            health = Health(models, limits, time=time.monotonic, clock=utc_now)
            caller = Caller(registry, health, retries, lambda: CallId(new_id()))
            yield Scene(caller, health, stub)


async def hear(
    scene: Scene, *models: str, question: str = "Hello", **fields: Any
) -> tuple[list[AgentEvent], AppError | None]:
    events: list[AgentEvent] = []
    try:
        async with aclosing(scene.ask(*models, question=question, **fields)) as run:
            async for event in run:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def notices(events: list[AgentEvent]) -> list[Notice]:
    return [event for event in events if isinstance(event, Notice)]


def calls(events: list[AgentEvent]) -> list[tuple[str, CallOutcome]]:
    """Models and outcomes of the calls, in their order; each was announced before it ended."""
    models = {event.call_id: event.model for event in events if isinstance(event, CallStarted)}
    return [
        (models[event.call_id], event.outcome)
        for event in events
        if isinstance(event, CallFinished)
    ]

"""What agents work with: a caller on the demo model and on the stub of a vendor."""

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
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import AppError
from server.domain.ids import CallId, new_id
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play

DEMO = "demo/causerie-demo"
STUB = "openai/stub"


@dataclass
class Desk:
    caller: Caller
    registry: Registry
    stub: OpenAIStub


@asynccontextmanager
async def desk(*plays: Play) -> AsyncIterator[Desk]:
    async with OpenAIStub() as stub:
        stub.plays(*plays)
        settings = ProviderSettings(
            openai_base_url=stub.url, openai_models=("stub",), demo_pacing=FULL_SPEED
        )
        async with open_registry(settings) as registry:
            models = [model.id for model in registry.models()]
            health = Health(models, BreakerLimits(), time=time.monotonic, clock=utc_now)
            caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
            yield Desk(caller, registry, stub)


def request(question: str, **params: Any) -> TextRequest:
    return TextRequest(
        model="",
        messages=(ChatMessage(role=Role.USER, text=question),),
        instructions="Be brief.",
        params=Params(**params),
        correlation_id="corr",
    )


async def hear(
    answer: AsyncGenerator[AgentEvent, None],
) -> tuple[list[AgentEvent], AppError | None]:
    """All events, and the error that they end with."""
    events: list[AgentEvent] = []
    try:
        async with aclosing(answer) as run:
            async for event in run:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def started(events: list[AgentEvent]) -> list[CallStarted]:
    return [event for event in events if isinstance(event, CallStarted)]


def finished(events: list[AgentEvent]) -> list[CallFinished]:
    return [event for event in events if isinstance(event, CallFinished)]


def notices(events: list[AgentEvent]) -> list[dict[str, Any]]:
    return [event.detail for event in events if isinstance(event, Notice)]

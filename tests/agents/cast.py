"""A team at work on one provider that does for each agent what the test says."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec
from msgspec import Struct, structs

from agents.agent import Agent, AgentRequest
from agents.answering import Answering
from agents.calling import Caller
from agents.coordinator import AITeamCoordinator
from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    CallStarted,
    Notice,
    ProviderEvent,
    StreamEnd,
    Structured,
    TextDelta,
)
from agents.providers.base import TextRequest
from agents.providers.demo import DEMO_MODEL, FULL_SPEED, DemoProvider
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from agents.teamtask import TeamTask
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, OutputSchema, Params, Role
from server.domain.errors import AppError
from server.domain.ids import CallId, new_id
from server.domain.turn import FinishReason
from tests.agents.desk import DEMO, hear

OWN = "demo/own"
STAND_IN = "demo/stand-in"
MODELS = (
    DEMO_MODEL,
    structs.replace(DEMO_MODEL, id=OWN, name="own", fallbacks=(STAND_IN,)),
    structs.replace(DEMO_MODEL, id=STAND_IN, name="stand-in"),
)

NONSENSE = "lorem ipsum"


class Part(Struct, frozen=True):
    """What one agent's model does: says ``texts``, behind ``cue`` where there is one; then fails
    with ``error``, or hangs, or ends. ``finish``: why it says that it ended."""

    texts: tuple[str, ...] = ()
    cue: asyncio.Event | None = None
    error: BaseException | None = None
    hangs: bool = False
    finish: FinishReason = FinishReason.STOP


class Cast:
    """Agents without a part get the demo model. ``open``: whose calls are open now."""

    name = "demo"

    def __init__(self, **parts: Part) -> None:
        self.parts = parts
        self.asked: list[tuple[str, TextRequest]] = []
        self.open: set[str] = set()
        self._demo = DemoProvider(FULL_SPEED)

    def asked_of(self, agent: str) -> list[TextRequest]:
        return [request for name, request in self.asked if name == agent]

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        # In a chat, tests begin the instructions with the agent's name.
        agent = request.output.name if request.output else request.instructions.split()[0]
        self.asked.append((agent, request))
        self.open.add(agent)
        try:
            part = self.parts.get(agent)
            async for event in self._demo.stream(request) if part is None else _play(part):
                yield event
        finally:
            self.open.discard(agent)


async def _play(part: Part) -> AsyncGenerator[ProviderEvent, None]:
    if part.cue is not None:
        await part.cue.wait()
    for text in part.texts:
        await asyncio.sleep(0)
        yield TextDelta(text)
    if part.hangs:
        await asyncio.Event().wait()
    if part.error is not None:
        raise part.error
    yield StreamEnd(finish_reason=part.finish)


def answering_of(cast: Cast) -> tuple[Answering, Registry]:
    registry = Registry(MODELS, {"demo": cast})
    health = Health(
        [model.id for model in MODELS],
        BreakerLimits(calls_min=10_000),
        time=time.monotonic,
        clock=utc_now,
    )
    caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
    return Answering(caller, registry, utc_now), registry


def team_of(cast: Cast, *, agent_s: float = 10.0) -> AITeamCoordinator:
    return AITeamCoordinator(*answering_of(cast), agent_s=agent_s)


def request_for(
    agent: Agent,
    messages: tuple[ChatMessage, ...] = (ChatMessage(role=Role.USER, text="Hello"),),
    output: OutputSchema | None = None,
    **fields: Any,
) -> AgentRequest:
    return AgentRequest(
        models=(DEMO,),
        messages=messages,
        instructions=agent.instructions,
        params=Params(),
        input_tokens=500,
        correlation_id="corr",
        output=output,
        **fields,
    )


def ends(events: Iterable[AgentEvent]) -> dict[str, AppError | None]:
    """How each branch ended. Fails where one ended twice, or went on behind its end."""
    ended: dict[str, AppError | None] = {}
    for event in events:
        if isinstance(event, Branched | BranchEnded):
            assert event.branch not in ended
        if isinstance(event, BranchEnded):
            ended[event.branch] = event.error
    return ended


def calls(events: Iterable[AgentEvent]) -> list[tuple[str, str, str]]:
    """Branch, agent and model of each call that was begun."""
    return [
        (event.branch, event.event.agent, event.event.model)
        for event in events
        if isinstance(event, Branched) and isinstance(event.event, CallStarted)
    ]


def answers(**fields: Any) -> Part:
    """A part that says a typed answer."""
    return Part((msgspec.json.encode(fields).decode(),))


async def worked(task: TeamTask, **fields: Any) -> tuple[list[AgentEvent], AppError | None]:
    """All that a job says, run as it is planned."""
    asked = request_for(task, task.messages, task.schema, **fields)
    return await hear(task.run(asked))


def value_of(events: Iterable[AgentEvent]) -> Any:
    (structured,) = [event for event in events if isinstance(event, Structured)]
    return structured.value


def told(events: Iterable[AgentEvent], kind: str) -> list[dict[str, Any]]:
    """Details of the notices of a kind."""
    return [event.detail for event in events if isinstance(event, Notice) and event.kind == kind]

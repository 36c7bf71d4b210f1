"""What agents share: words or JSON, with or without tools, as the request and the model have it."""

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from msgspec import structs

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.calling import Caller
from agents.events import AgentEvent, ProviderEvent, Structured, TextDelta
from agents.providers.base import TextRequest
from agents.providers.demo import DEMO_MODEL, FULL_SPEED, DemoProvider
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import JSON, REASONING, TEXT, TOOLS, Registry
from agents.providers.retry import Retries
from agents.tools.base import Tool
from agents.tools.clock import ClockTool
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, OutputSchema, Params, Role
from server.domain.errors import ProviderError
from server.domain.ids import CallId, new_id
from tests.agents.desk import DEMO, finished, hear, notices, text_of

OUTPUT = OutputSchema(name="advice", schema={"type": "object", "required": ["price"]})


class Listening:
    """The demo model, and what it was asked."""

    name = "demo"

    def __init__(self) -> None:
        self.asked: list[TextRequest] = []
        self._demo = DemoProvider(FULL_SPEED)

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        self.asked.append(request)
        async for event in self._demo.stream(request):
            yield event


async def answered(
    question: str, *, capabilities: Sequence[str] = (TEXT, TOOLS, JSON), **fields: Any
) -> tuple[list[AgentEvent], list[TextRequest]]:
    provider = Listening()
    model = structs.replace(DEMO_MODEL, capabilities=tuple(capabilities))
    registry = Registry([model], {"demo": provider})
    health = Health([DEMO], BreakerLimits(), time=time.monotonic, clock=utc_now)
    caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
    request = AgentRequest(
        models=(DEMO,),
        messages=(ChatMessage(role=Role.USER, text=question),),
        instructions="Be brief.",
        params=Params(),
        input_tokens=11,
        correlation_id="corr",
        **fields,
    )
    events, error = await hear(Answering(caller, registry, utc_now).answer("assistant", request))
    assert error is None
    return events, provider.asked


async def test_words_come_as_they_are_said() -> None:
    events, (asked,) = await answered("A table")
    assert "| --: |" in text_of(events)
    assert (asked.tools, asked.output, asked.instructions) == ((), None, "Be brief.")


async def test_tools_are_offered_and_asked() -> None:
    tools: tuple[Tool, ...] = (ClockTool(),)
    events, asked = await answered("When? [demo: tool current_time]", tools=tools)
    assert [spec.name for spec in asked[0].tools] == ["current_time"]
    assert len(notices(events)) == 2
    assert len(finished(events)) == 2


async def test_json_may_be_answered_with_the_help_of_tools() -> None:
    events, asked = await answered(
        "When? [demo: tool current_time]", tools=(ClockTool(),), output=OUTPUT
    )
    assert len(notices(events)) == 2
    assert [request.output for request in asked] == [OUTPUT, OUTPUT]
    (structured,) = [event for event in events if isinstance(event, Structured)]
    assert "price" in structured.value
    assert [type(event) for event in events if isinstance(event, TextDelta)] == [TextDelta]


@pytest.mark.parametrize("wants", [True, False])
@pytest.mark.parametrize("capabilities", [(TEXT,), (TEXT, REASONING)])
async def test_reasoning_is_asked_of_models_that_tell_it(
    wants: bool, capabilities: tuple[str, ...]
) -> None:
    _, (asked,) = await answered("x", capabilities=capabilities, wants_reasoning=wants)
    assert asked.reasoning is (wants and REASONING in capabilities)


async def test_who_stands_in_is_asked_for_no_more_than_it_can_do() -> None:
    provider = Listening()
    first = structs.replace(DEMO_MODEL, capabilities=(TEXT, REASONING))
    others = [
        structs.replace(DEMO_MODEL, id=f"demo/{name}", name=name, **limits)
        for name, limits in (
            ("short", {"output_tokens": 500}),
            ("narrow", {"context_tokens": 400}),
        )
    ]
    registry = Registry([first, *others], {"demo": provider})
    health = Health(
        [model.id for model in registry.models()],
        BreakerLimits(calls_min=1),
        time=time.monotonic,
        clock=utc_now,
    )
    health.failed(DEMO, ProviderError("It is away."))
    caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
    for other in others:
        request = AgentRequest(
            models=(DEMO, other.id),
            messages=(ChatMessage(role=Role.USER, text="x"),),
            instructions="",
            params=Params(max_output_tokens=16_000),
            input_tokens=11,
            correlation_id="corr",
            wants_reasoning=True,
        )
        _, error = await hear(Answering(caller, registry, utc_now).answer("assistant", request))
        assert error is None
    assert [(asked.model, asked.params.max_output_tokens) for asked in provider.asked] == [
        ("short", 500),
        ("narrow", 400 - 11),
    ]
    assert [asked.reasoning for asked in provider.asked] == [False, False]

"""The general chat: one question, one provider call, the answer as it comes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from agents.agent import AgentRequest
from agents.events import (
    AgentEvent,
    CallFinished,
    CallStarted,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    UnsaidDelta,
)
from agents.prompts.load import prompt
from agents.providers.base import TextRequest
from agents.providers.registry import Registry
from agents.tokens import count_text
from server.domain.errors import AppError
from server.domain.ids import CallId
from server.domain.usage import CallOutcome, Usage, UsageSource


class AssistantAgent:
    """Answers with the model that the request names. ``new_call_id`` makes the ids of calls."""

    name = "assistant"

    def __init__(self, registry: Registry, new_call_id: Callable[[], CallId]) -> None:
        self._registry = registry
        self._new_call_id = new_call_id

    @property
    def instructions(self) -> str:
        return prompt("assistant")

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        model = self._registry.get(request.models[0])
        provider = self._registry.provider(request.models[0])
        call_id = self._new_call_id()
        yield CallStarted(
            call_id=call_id,
            agent=self.name,
            provider=model.provider,
            model=model.id,
            input_tokens=request.input_tokens,
        )
        stream = provider.stream(
            TextRequest(
                model=model.name,
                messages=request.messages,
                instructions=request.instructions,
                params=request.params,
                correlation_id=request.correlation_id,
            )
        )
        heard = _Heard(request.input_tokens)
        try:
            async with aclosing(stream):
                async for event in stream:
                    if isinstance(event, StreamEnd):
                        yield CallFinished(
                            call_id=call_id,
                            usage=event.usage or heard.estimate(),
                            outcome=CallOutcome.OK,
                            finish_reason=event.finish_reason,
                        )
                        return
                    heard.add(event)
                    if isinstance(event, TextDelta):
                        yield event
        except AppError:
            yield CallFinished(
                call_id=call_id, usage=heard.of_failure(), outcome=CallOutcome.FAILED
            )
            raise


class _Heard:
    """What a call that gave no figures must have used."""

    def __init__(self, input_tokens: int) -> None:
        self._input_tokens = input_tokens
        self._pieces: list[str] = []
        self._reasoning: list[str] = []

    def add(self, event: TextDelta | ReasoningDelta | UnsaidDelta) -> None:
        (self._reasoning if isinstance(event, ReasoningDelta) else self._pieces).append(event.text)

    def of_failure(self) -> Usage:
        """Nothing at all when nothing was heard: vendors bill no request that they refused."""
        if self._pieces or self._reasoning:
            return self.estimate()
        return Usage(input_tokens=0, output_tokens=0, source=UsageSource.ESTIMATED)

    def estimate(self) -> Usage:
        reasoning = count_text("".join(self._reasoning))
        return Usage(
            input_tokens=self._input_tokens,
            output_tokens=count_text("".join(self._pieces)) + reasoning,
            reasoning_tokens=reasoning,
            source=UsageSource.ESTIMATED,
        )

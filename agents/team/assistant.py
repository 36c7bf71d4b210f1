"""The general chat: one question, the answer as it comes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from agents.agent import AgentRequest
from agents.calling import Caller
from agents.events import AgentEvent
from agents.loop import ToolLoop
from agents.prompts.load import prompt
from agents.providers.base import TextRequest
from agents.providers.registry import Registry
from agents.structured import structured
from agents.tools.clock import ClockTool
from agents.tools.search import SearchTool
from server.domain.clock import Clock


class AssistantAgent:
    """Answers with the first model of the request that does, in words or in JSON, with tools."""

    name = "assistant"
    tools = (ClockTool.name, SearchTool.name)

    def __init__(self, caller: Caller, registry: Registry, clock: Clock) -> None:
        self._caller = caller
        self._registry = registry
        self._loop = ToolLoop(caller, clock)

    @property
    def instructions(self) -> str:
        return prompt("assistant")

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        model = self._registry.get(request.models[0])
        asked = TextRequest(
            model="",
            messages=request.messages,
            instructions=request.instructions,
            params=request.params,
            correlation_id=request.correlation_id,
            reasoning=request.wants_reasoning,
        )
        correct = partial(self._caller.call, self.name, request.models)
        ask = correct
        if request.tools:
            ask = partial(
                self._loop.call,
                self.name,
                request.models,
                tools=request.tools,
                window_tokens=model.context_tokens,
            )
        answer = (
            ask(asked, request.input_tokens)
            if request.output is None
            else structured(
                asked,
                request.input_tokens,
                request.output,
                model,
                ask=ask,
                correct=correct,
                wants_partials=request.wants_partials,
            )
        )
        async with aclosing(answer) as events:
            async for event in events:
                yield event

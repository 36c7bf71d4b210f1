"""An answer in words or in JSON, with or without tools: what agents of one model share."""

from collections.abc import AsyncGenerator
from functools import partial

from agents.agent import AgentRequest
from agents.calling import Caller
from agents.events import AgentEvent
from agents.loop import ToolLoop
from agents.providers.base import TextRequest
from agents.providers.registry import Registry
from agents.structured import structured
from server.domain.clock import Clock


class Answering:
    """Answers for agents, with the first model of the request that does."""

    def __init__(self, caller: Caller, registry: Registry, clock: Clock) -> None:
        self._caller = caller
        self._registry = registry
        self._loop = ToolLoop(caller, clock)

    def answer(self, agent: str, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        """The events of one turn of ``agent``; as ``Agent.run``."""
        model = self._registry.get(request.models[0])
        asked = TextRequest(
            model="",
            messages=request.messages,
            instructions=request.instructions,
            params=request.params,
            correlation_id=request.correlation_id,
            reasoning=request.wants_reasoning,
            budget=request.budget,
        )
        correct = partial(self._caller.call, agent)
        ask = correct
        if request.tools:
            ask = partial(
                self._loop.call,
                agent,
                tools=request.tools,
                window_tokens=self.window_tokens(request.models),
            )
        if request.output is None:
            return ask(request.models, asked, request.input_tokens)
        return structured(
            request.models,
            asked,
            request.input_tokens,
            request.output,
            model,
            ask=ask,
            correct=correct,
            wants_partials=request.wants_partials,
        )

    def window_tokens(self, models: tuple[str, ...]) -> int:
        """What all of ``models`` (ids) can read."""
        return min(self._registry.get(name).context_tokens for name in models)

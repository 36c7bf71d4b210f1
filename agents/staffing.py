"""What each of several agents is asked: which models, how many tokens, and what it may spend."""

from collections.abc import Mapping

from msgspec import structs

from agents.agent import AgentRequest
from agents.context import message_tokens
from agents.counters import Counters
from agents.providers.registry import TOOLS, VISION, ModelInfo, Registry
from agents.structured import input_tokens_of
from agents.tokens import MESSAGE_TOKENS, REPLY_TOKENS
from server.domain.content import ChatMessage, OutputSchema

ANSWER_TOKENS = 1_024
"""Of a window that have to be free for an answer."""


class Staffing:
    """Those of one turn. ``models`` (ids, by agent) are those that agents have of their own."""

    def __init__(self, registry: Registry, counters: Counters, models: Mapping[str, str]) -> None:
        self._registry = registry
        self._counters = counters
        self._models = models

    def input_tokens(
        self,
        agent: str,
        instructions: str,
        messages: tuple[ChatMessage, ...],
        output: OutputSchema | None,
    ) -> int:
        """Of a call that ``agent`` would make, by its own model or the default one. Texts only."""
        model = self._own(agent) or self._registry.default
        return self._count(model.id, instructions, messages, output)

    def task(
        self,
        agent: str,
        request: AgentRequest,
        instructions: str,
        messages: tuple[ChatMessage, ...],
        output: OutputSchema,
    ) -> AgentRequest:
        """``request`` for ``agent`` with another task than the one that was planned."""
        asked = self._count(request.models[0], instructions, messages, output)
        request = structs.replace(
            request,
            instructions=instructions,
            messages=messages,
            output=output,
            tools=(),
            input_tokens=asked,
            wants_partials=False,
        )
        request = self.own(agent, request)
        counted = self._count(request.models[0], instructions, messages, output)
        return structs.replace(request, input_tokens=counted)

    def own(self, agent: str, request: AgentRequest) -> AgentRequest:
        """``request`` with the agent's own budget, and its own models where it has any that can
        do it: read it, see its pictures, call its tools."""
        if request.branch_budget is not None:
            request = structs.replace(request, budget=request.branch_budget(agent))
        model = self._own(agent)
        if model is None or model.id == request.models[0]:
            return request
        needed = {TOOLS} if request.tools else set()
        if any(message.images for message in request.messages):
            needed.add(VISION)
        is_wide = request.input_tokens + ANSWER_TOKENS <= model.context_tokens
        if not is_wide or not needed <= set(model.capabilities):
            return request
        # The fallbacks do what the model does: that is asked of whoever configures them.
        return structs.replace(request, models=(model.id, *model.fallbacks))

    def count(self, model: str, text: str) -> int:
        return self._counters.counter(model)(text)

    def _own(self, agent: str) -> ModelInfo | None:
        """None also where the model is none of ours any more."""
        own = self._models.get(agent)
        return next((model for model in self._registry.models() if model.id == own), None)

    def _count(
        self,
        model: str,
        instructions: str,
        messages: tuple[ChatMessage, ...],
        output: OutputSchema | None,
    ) -> int:
        count = self._counters.counter(model)
        tokens = REPLY_TOKENS + (MESSAGE_TOKENS + count(instructions) if instructions else 0)
        tokens += sum(message_tokens(message, count, lambda image: 0) for message in messages)
        return tokens + input_tokens_of(output, self._registry.get(model))

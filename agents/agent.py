"""The one shape that every agent has: from a request to a stream of events."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from msgspec import Struct

from agents.events import AgentEvent
from agents.providers.base import Budget
from agents.tools.base import Tool
from server.domain.content import ChatMessage, OutputSchema, Params


class AgentRequest(Struct, frozen=True, kw_only=True):
    """All that an agent may know: the dialogue, newest message last, already fitted to the window.

    ``models`` are model ids (``provider/name``): the one that was asked for, then those that may
    stand in for it, in their order. ``params.max_output_tokens`` is set to what may be paid for,
    over all calls. ``correlation_id`` travels to the provider and into logs. ``tools`` are those
    that may be offered; ``input_tokens`` counts them and the schema of ``output``. ``budget`` says
    what can be paid of a further call; ``branch_budget``, of one of the branch of that name.
    """

    models: tuple[str, ...]
    messages: tuple[ChatMessage, ...]
    instructions: str
    params: Params
    input_tokens: int
    correlation_id: str
    budget: Budget | None = None
    branch_budget: Callable[[str], Budget] | None = None
    tools: tuple[Tool, ...] = ()
    output: OutputSchema | None = None
    wants_partials: bool = False
    wants_reasoning: bool = False


class Agent(Protocol):
    """A role with instructions. It knows neither money nor storage."""

    @property
    def name(self) -> str: ...

    @property
    def instructions(self) -> str: ...

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that it is given where the caller names none."""
        ...

    def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        """Answer. The caller closes the generator (``aclosing``); when that returns, or when the
        task is cancelled, the provider's connection is closed.

        Raises:
            AppError: after ``CallFinished`` of the failed call, if one had been started.
        """
        ...

"""What a text provider is, whoever is behind it."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from msgspec import Struct

from agents.events import ProviderEvent
from server.domain.content import ChatMessage, OutputSchema, Params, ToolSpec

Budget = Callable[[str, int], int]
"""Output tokens that can be paid of a call to a model (id) with so many input tokens."""


class TextRequest(Struct, frozen=True, kw_only=True):
    """One generation. ``model`` is the provider's own name for it, without our prefix.

    ``output``: the answer is to be JSON of that schema, by the provider's own mechanism.
    ``reasoning``: a summary of the model's reasoning is wanted, where the provider has one.
    ``budget`` is for whoever chooses the model: it has gone into ``params`` when a provider reads
    them.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    instructions: str
    params: Params
    correlation_id: str
    tools: tuple[ToolSpec, ...] = ()
    output: OutputSchema | None = None
    reasoning: bool = False
    budget: Budget | None = None


class TextProvider(Protocol):
    """Streams text from one provider."""

    @property
    def name(self) -> str: ...

    def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        """One provider call, no retry. The caller closes the generator (``aclosing``); leaving it
        in any way, cancellation included, closes the connection.

        Raises:
            ProviderError, ProviderRateLimited, ProviderTimeout: the provider said so, or is away.
            ProviderProtocol: garbage, or an end without the end marker.
            ContentBlocked, Invalid: the provider refused the input.
            ModelUnavailable: the provider has no such model for us.
        """
        ...

"""The chat-completions wire as values: chunks in, figures and words out. No I/O, no SDK.

Compatible servers leave out whatever they like, so everything but JSON itself is optional here, and
unknown fields and values pass.
"""

from typing import Any

from msgspec import Struct
from msgspec.json import Decoder, encode

from agents.events import StreamEnd
from agents.providers.failures import of_event
from agents.providers.lenient import decoded, normalised
from agents.providers.rawstream import Said
from agents.providers.toolcalls import GatheredCalls
from server.domain.errors import AppError, ProviderError
from server.domain.turn import FinishReason
from server.domain.usage import Usage


class PartWire(Struct, frozen=True):
    text: str | None = None


class FunctionWire(Struct, frozen=True):
    """``arguments`` is a piece of JSON text; some servers send the object itself."""

    name: str | None = None
    arguments: Any = None


class ToolCallWire(Struct, frozen=True):
    index: int | None = None
    id: str | None = None
    function: FunctionWire | None = None


class DeltaWire(Struct, frozen=True):
    """``reasoning_content`` is DeepSeek's and vLLM's name, ``reasoning`` OpenRouter's; ``content``
    is a list of parts where Mistral's models think aloud."""

    content: str | list[PartWire] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCallWire] | None = None


class ChoiceWire(Struct, frozen=True):
    index: int | None = 0
    delta: DeltaWire | None = None
    finish_reason: str | None = None


class InputDetails(Struct, frozen=True):
    cached_tokens: float | None = None
    cache_write_tokens: float | None = None


class OutputDetails(Struct, frozen=True):
    reasoning_tokens: float | None = None


class UsageWire(Struct, frozen=True):
    prompt_tokens: float | None = None
    completion_tokens: float | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None


class ErrorWire(Struct, frozen=True):
    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class ChunkWire(Struct, frozen=True):
    """One event. ``usage`` comes in an extra chunk without choices, or, elsewhere, in any chunk."""

    choices: list[ChoiceWire] | None = None
    usage: UsageWire | None = None
    error: ErrorWire | str | None = None


_CHUNK = Decoder(ChunkWire)

DONE = b"[DONE]"


def decode_chunk(payload: bytes, provider: str) -> ChunkWire:
    """One event's JSON. Raises ProviderProtocol: not JSON, or not the shape of a chunk."""
    return decoded(_CHUNK, payload, provider)


def chunk_text(delta: DeltaWire) -> str:
    """What a delta adds to the answer. A refusal is the answer of a model that refuses."""
    content = delta.content
    if isinstance(content, list):
        content = "".join(part.text or "" for part in content)
    return (content or "") + (delta.refusal or "")


def chunk_reasoning(delta: DeltaWire) -> str:
    return delta.reasoning_content or delta.reasoning or ""


_FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}


def finish_reason(word: str) -> FinishReason:
    """A word we do not know is an end like any other: compatible servers have their own."""
    return _FINISH.get(word, FinishReason.STOP)


def usage_of(wire: UsageWire) -> Usage | None:
    """The provider's figures; None when there is nothing that could be true."""
    inputs = wire.prompt_tokens_details or InputDetails()
    outputs = wire.completion_tokens_details or OutputDetails()
    return normalised(
        input=wire.prompt_tokens,
        output=wire.completion_tokens,
        cached=inputs.cached_tokens,
        written=inputs.cache_write_tokens,
        reasoning=outputs.reasoning_tokens,
        raw={
            "prompt_tokens": wire.prompt_tokens,
            "completion_tokens": wire.completion_tokens,
            "cached_tokens": inputs.cached_tokens,
            "cache_write_tokens": inputs.cache_write_tokens,
            "reasoning_tokens": outputs.reasoning_tokens,
        },
    )


def of_error_event(said: ErrorWire | str, provider: str) -> AppError:
    """Our error for an error event in the middle of a stream."""
    if isinstance(said, str):
        said = ErrorWire(message=said)
    return of_event(f"{said.type or ''} {said.code or ''}", said.message, provider)


class ChatChunks:
    """The ``Wire`` of chat completions: what one response has said so far."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self._calls = GatheredCalls()
        self._last_call = 0
        self.is_done = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    def take(self, payload: bytes, said: Said) -> None:
        if payload == DONE:
            self.is_done = True
            return
        chunk = decode_chunk(payload, self._provider)
        if chunk.error is not None:
            raise of_error_event(chunk.error, self._provider)
        if chunk.usage is not None:
            self._usage = usage_of(chunk.usage) or self._usage
        for choice in chunk.choices or ():
            if choice.delta is not None:
                if text := chunk_text(choice.delta):
                    said.text.append(text)
                if thought := chunk_reasoning(choice.delta):
                    said.reasoning.append(thought)
                for call in choice.delta.tool_calls or ():
                    self._call(call, said)
            if choice.finish_reason:
                self._ends(choice.finish_reason)

    def end(self) -> StreamEnd:
        finish = self._finish or FinishReason.STOP
        if finish is FinishReason.STOP and self._calls:
            finish = FinishReason.TOOL_CALLS  # what compatible servers forget to say
        return StreamEnd(
            finish_reason=finish,
            usage=self._usage,
            # A call that the limit cut off is none.
            tool_calls=self._calls.whole() if finish is FinishReason.TOOL_CALLS else (),
        )

    def _call(self, call: ToolCallWire, said: Said) -> None:
        """Without an index, an id begins the next call and what has none belongs to the last."""
        at = call.index
        if at is None:
            at = self._last_call + (1 if call.id and self._calls else 0)
        self._last_call = at
        function = call.function or FunctionWire()
        self._calls.open(at, call.id, function.name)
        if function.arguments:
            text = function.arguments
            piece = text if isinstance(text, str) else encode(text).decode()
            self._calls.add(at, piece)
            said.unsaid.append(piece)

    def _ends(self, word: str) -> None:
        """The first end marker counts; servers that repeat it say nothing new."""
        if word == "error":
            raise ProviderError(
                f"{self._provider} failed while answering.", metadata={"provider": self._provider}
            )
        self._finish = self._finish or finish_reason(word)

"""The chat-completions wire as values: requests out, chunks in. No I/O, no SDK.

Compatible servers leave out whatever they like, so everything but JSON itself is optional here, and
unknown fields and values pass.
"""

import re
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder

from agents.providers.base import TextRequest
from agents.providers.lenient import decoded, normalised
from server.domain.turn import FinishReason
from server.domain.usage import Usage


class PartWire(Struct, frozen=True):
    text: str | None = None


class DeltaWire(Struct, frozen=True):
    """``reasoning_content`` is DeepSeek's and vLLM's name, ``reasoning`` OpenRouter's; ``content``
    is a list of parts where Mistral's models think aloud."""

    content: str | list[PartWire] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


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


_VENDORS_OWN = re.compile(r"(gpt-|chatgpt-|o\d)")
"""Models that refuse ``max_tokens``, the older name, which compatible servers know for certain."""


def request_body(request: TextRequest) -> dict[str, Any]:
    """Arguments of ``chat.completions.create``: only what was asked for, defaults stay theirs."""
    messages: list[dict[str, str]] = []
    if request.instructions:
        messages.append({"role": "system", "content": request.instructions})
    messages.extend({"role": said.role.value, "content": said.text} for said in request.messages)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    params = request.params
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if params.top_p is not None:
        body["top_p"] = params.top_p
    if params.max_output_tokens is not None:
        own = _VENDORS_OWN.match(request.model)
        body["max_completion_tokens" if own else "max_tokens"] = params.max_output_tokens
    return body

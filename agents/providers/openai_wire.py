"""The chat-completions wire as values: requests out, chunks in. No I/O, no SDK.

Compatible servers leave out whatever they like, so everything but JSON itself is optional here, and
unknown fields and values pass.
"""

import json
import re
from typing import Any

from msgspec import Struct, convert
from msgspec import ValidationError as ShapeError
from msgspec.json import Decoder

from agents.providers.base import TextRequest
from server.domain.errors import ProviderProtocol
from server.domain.turn import FinishReason
from server.domain.usage import Usage

FIGURE_MAX = 10**9
"""Tokens that one call can have used: a thousand times the largest window sold. More is garbage."""


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


_decode = Decoder(ChunkWire).decode

DONE = b"[DONE]"


def decode_chunk(payload: bytes, provider: str) -> ChunkWire:
    """One event's JSON.

    msgspec refuses half a surrogate pair, which vendors do send: such a line goes through the
    standard library once more.

    Raises:
        ProviderProtocol: not JSON, or not the shape of a chunk.
    """
    try:
        return _decode(payload)
    except ShapeError as error:
        raise _garbage(provider) from error
    except (ValueError, RecursionError):
        try:
            return convert(json.loads(payload), ChunkWire)
        except (ValueError, RecursionError) as error:
            raise _garbage(provider) from error


def _garbage(provider: str) -> ProviderProtocol:
    return ProviderProtocol(f"{provider} sent an event that is not valid.")


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
    """The provider's figures, made to hold what ``Usage`` promises: parts never exceed their whole.

    None when there is nothing to go by, or nothing that could be true.
    """
    tokens_in, tokens_out = wire.prompt_tokens, wire.completion_tokens
    if tokens_in is None or tokens_out is None:
        return None
    if not (0 <= tokens_in <= FIGURE_MAX and 0 <= tokens_out <= FIGURE_MAX):
        return None
    inputs = wire.prompt_tokens_details or InputDetails()
    outputs = wire.completion_tokens_details or OutputDetails()
    total_in, total_out = int(tokens_in), int(tokens_out)
    cached = _part(inputs.cached_tokens, total_in)
    return Usage(
        input_tokens=total_in,
        output_tokens=total_out,
        cached_input_tokens=cached,
        cache_write_tokens=_part(inputs.cache_write_tokens, total_in - cached),
        reasoning_tokens=_part(outputs.reasoning_tokens, total_out),
        raw=_raw(wire),
    )


def _part(figure: float | None, whole: int) -> int:
    if figure is None or not _is_figure(figure):
        return 0
    return int(min(max(figure, 0), whole))


def _raw(wire: UsageWire) -> dict[str, Any]:
    """The figures under their names on the wire, without what was not sent."""
    raw: dict[str, Any] = {
        "prompt_tokens": wire.prompt_tokens,
        "completion_tokens": wire.completion_tokens,
    }
    if wire.prompt_tokens_details is not None:
        raw["cached_tokens"] = wire.prompt_tokens_details.cached_tokens
        raw["cache_write_tokens"] = wire.prompt_tokens_details.cache_write_tokens
    if wire.completion_tokens_details is not None:
        raw["reasoning_tokens"] = wire.completion_tokens_details.reasoning_tokens
    return {name: int(figure) for name, figure in raw.items() if _is_figure(figure)}


def _is_figure(figure: float | None) -> bool:
    """Neither absent nor absurd. NaN, which the standard library lets in, compares false."""
    return figure is not None and abs(figure) <= FIGURE_MAX


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

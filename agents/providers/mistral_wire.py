"""Mistral's chat wire as values: requests out, chunks in. No I/O, no SDK.

It looks like OpenAI's and differs where it matters: content in parts, thinking among them, ids of
tool calls of one form only, arguments that may be an object.
"""

import base64
import hashlib
import json
import re
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder

from agents.providers.base import TextRequest
from agents.providers.lenient import decoded, normalised
from agents.providers.toolcalls import GatheredCalls
from server.domain.content import ChatMessage, Image, Role, ToolCall
from server.domain.turn import FinishReason
from server.domain.usage import Usage

DONE = b"[DONE]"

_CALL_ID = re.compile(r"[a-zA-Z0-9]{9}")
"""The only form of id that the vendor takes back."""

_NO_ID = (None, "", "null")


class PartWire(Struct, frozen=True):
    """A part of content: ``text``, ``thinking`` with parts of its own, and others that pass."""

    type: str | None = None
    text: str | None = None
    thinking: "list[PartWire] | str | None" = None


class FunctionWire(Struct, frozen=True):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallWire(Struct, frozen=True):
    id: str | None = None
    index: int | None = None
    function: FunctionWire | None = None


class DeltaWire(Struct, frozen=True):
    content: str | list[PartWire] | None = None
    tool_calls: list[CallWire] | None = None


class ChoiceWire(Struct, frozen=True):
    delta: DeltaWire | None = None
    finish_reason: str | None = None


class DetailsWire(Struct, frozen=True):
    cached_tokens: float | None = None


class UsageWire(Struct, frozen=True):
    """``cached`` figures are no part of the vendor's specification, and come under either name."""

    prompt_tokens: float | None = None
    completion_tokens: float | None = None
    num_cached_tokens: float | None = None
    prompt_tokens_details: DetailsWire | None = None
    prompt_token_details: DetailsWire | None = None


class ErrorWire(Struct, frozen=True):
    message: Any = None
    type: str | None = None
    code: str | int | None = None


class ChunkWire(Struct, frozen=True):
    """One event, or (``object`` is ``error``) the vendor's error in place of one."""

    choices: list[ChoiceWire] | None = None
    usage: UsageWire | None = None
    object: str | None = None
    error: ErrorWire | str | None = None
    message: Any = None
    type: str | None = None
    code: str | int | None = None


_CHUNK = Decoder(ChunkWire)


def decode_chunk(payload: bytes, provider: str) -> ChunkWire:
    """One event's JSON. Raises ProviderProtocol: not JSON, or not the shape of a chunk."""
    return decoded(_CHUNK, payload, provider)


def error_of(chunk: ChunkWire) -> ErrorWire | None:
    """The error that ``chunk`` is, in either of its two shapes; None: it is none."""
    if chunk.error is not None:
        return ErrorWire(message=chunk.error) if isinstance(chunk.error, str) else chunk.error
    if chunk.object == "error":
        return ErrorWire(message=chunk.message, type=chunk.type, code=chunk.code)
    return None


def chunk_text(delta: DeltaWire) -> str:
    if isinstance(delta.content, str):
        return delta.content
    return "".join(part.text or "" for part in delta.content or ())


def chunk_thinking(delta: DeltaWire) -> str:
    if not isinstance(delta.content, list):
        return ""
    return "".join(_thinking(part) for part in delta.content)


def _thinking(part: PartWire) -> str:
    if isinstance(part.thinking, str):
        return part.thinking
    return "".join(inner.text or "" for inner in part.thinking or ())


class Calls:
    """Tool calls, joined from their pieces: as a rule each comes whole. Each has a place: by its
    id, or, for a piece without one, by the vendor's index, which not every version counts."""

    def __init__(self) -> None:
        self._gathered = GatheredCalls()
        self._places: dict[str | int, int] = {}

    def add(self, wire: CallWire) -> str:
        """Answers the piece of arguments that came."""
        said = wire.function or FunctionWire()
        arguments = said.arguments or ""
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments, ensure_ascii=False)
        at = self._place(wire)
        self._gathered.open(at, None if wire.id in _NO_ID else wire.id, said.name)
        self._gathered.add(at, arguments)
        return arguments

    def whole(self) -> tuple[ToolCall, ...]:
        return self._gathered.whole()

    def _place(self, wire: CallWire) -> int:
        index, free = wire.index or 0, len(set(self._places.values()))
        if wire.id is None or wire.id in _NO_ID:
            return self._places.setdefault(index, free)
        at = self._places.setdefault(wire.id, free)
        self._places[index] = at
        return at


_FINISH = {
    "length": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "tool_calls": FinishReason.TOOL_CALLS,
}


def finish_reason(word: str) -> FinishReason:
    """A word that we do not know is an end like any other."""
    return _FINISH.get(word, FinishReason.STOP)


def usage_of(wire: UsageWire) -> Usage | None:
    """The provider's figures; None when there is nothing that could be true."""
    details = wire.prompt_tokens_details or wire.prompt_token_details or DetailsWire()
    cached = details.cached_tokens if wire.num_cached_tokens is None else wire.num_cached_tokens
    return normalised(
        input=wire.prompt_tokens,
        output=wire.completion_tokens,
        cached=cached,
        raw={
            "prompt_tokens": wire.prompt_tokens,
            "completion_tokens": wire.completion_tokens,
            "cached_tokens": cached,
        },
    )


def request_body(request: TextRequest) -> dict[str, Any]:
    """Arguments of ``chat.stream_async``: only what was asked for, defaults stay theirs."""
    messages: list[dict[str, Any]] = []
    if request.instructions:
        messages.append({"role": "system", "content": request.instructions})
    messages.extend(_message(said) for said in request.messages if not _says_nothing(said))
    body: dict[str, Any] = {"model": request.model, "messages": messages}
    params = request.params
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if params.top_p is not None:
        body["top_p"] = params.top_p
    if params.max_output_tokens is not None:
        body["max_tokens"] = params.max_output_tokens
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in request.tools
        ]
    if request.output is not None:
        schema = {"name": request.output.name, "schema": request.output.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.reasoning and not request.model.startswith("magistral"):
        # Magistral models think in any case, and refuse to be asked.
        body["reasoning_effort"] = "high"
    return body


def _says_nothing(said: ChatMessage) -> bool:
    """An answer that was broken off before its first word: the vendor refuses to hear of it."""
    return said.role is Role.ASSISTANT and not said.text and not said.tool_calls


def _message(said: ChatMessage) -> dict[str, Any]:
    message: dict[str, Any] = {"role": said.role.value, "content": said.text}
    if said.images:
        pictures = [{"type": "image_url", "image_url": _data_url(image)} for image in said.images]
        text = [{"type": "text", "text": said.text}] if said.text else []
        message["content"] = [*text, *pictures]
    if said.tool_calls:
        message["tool_calls"] = [
            {
                "id": own_id(call.id),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in said.tool_calls
        ]
    if said.role is Role.TOOL:
        message["tool_call_id"] = own_id(said.tool_call_id or "")
    return message


def _data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def own_id(call_id: str) -> str:
    """``call_id`` as the vendor takes it: its own pass, another vendor's become nine characters,
    always the same ones."""
    if _CALL_ID.fullmatch(call_id):
        return call_id
    return hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:9]

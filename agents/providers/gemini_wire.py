"""Gemini's wire as values: requests out, chunks in; no I/O."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from google.genai import types

from agents.providers.base import TextRequest
from agents.providers.lenient import is_figure, normalised
from agents.providers.outputschemas import told
from agents.providers.rawstream import request_id
from agents.providers.text import clean
from server.domain.content import ChatMessage, Role, ToolCall
from server.domain.turn import FinishReason
from server.domain.usage import Usage

SIGNED = "gemini:"
"""Before a thought signature: another vendor's signature must not be sent to this one."""

NO_SIGNATURE = b"skip_thought_signature_validator"
"""What Google's documentation gives for a call that another model made: from Gemini 3 on, one
without a signature is refused."""

MADE_UP = "call-"
"""Begins the ids that were given here, since the vendor gives none to most calls."""


Part: TypeAlias = dict[str, Any]
"""One part of a content, as JSON."""


def contents_of(request: TextRequest) -> list[dict[str, Any]]:
    """The dialogue, as JSON. What several tools answered to one message is one content, as the
    vendor counts the answers of each."""
    names = {call.id: call.name for said in request.messages for call in said.tool_calls}
    said_by: list[tuple[Role, list[Part]]] = []
    for said in request.messages:
        if said.role is Role.TOOL:
            parts = [_tool_answer(said, names)]
        elif said.role is Role.ASSISTANT:
            parts = [*_text(said.text), *_calls(said, request.model)]
        else:
            parts = [*_images(said), *_text(said.text)]
        if said.role is Role.TOOL and said_by and said_by[-1][0] is Role.TOOL:
            said_by[-1][1].extend(parts)
        elif parts:
            said_by.append((said.role, parts))
    return [
        {"role": "model" if role is Role.ASSISTANT else "user", "parts": parts}
        for role, parts in said_by
    ]


def config_of(request: TextRequest) -> types.GenerateContentConfig:
    """Only what was asked for; defaults stay the vendor's. What the SDK would do of its own accord,
    calling functions and asking for more, is off: one call is one request.

    The dialogue goes with it, and is sent as it is: of types of its own the SDK makes dictionaries,
    and of those others, for 290 µs a message.
    """
    output = request.output
    instructions = request.instructions
    if output is not None and request.tools and _is_before_3(request.model):
        # Those models take a schema or tools, and refuse both at once.
        instructions, output = told(instructions, output), None
    config = types.GenerateContentConfig(
        system_instruction=instructions or None,
        temperature=request.params.temperature,
        top_p=request.params.top_p,
        max_output_tokens=request.params.max_output_tokens,
        automatic_continuation=False,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        http_options=types.HttpOptions(
            extra_body={"contents": contents_of(request)},
            headers=request_id(request.correlation_id) or None,
        ),
    )
    if request.tools:
        declared = [
            types.FunctionDeclaration(
                name=tool.name,
                description=tool.description,
                parameters_json_schema=tool.parameters,
            )
            for tool in request.tools
        ]
        config.tools = [types.Tool(function_declarations=declared)]
    if output is not None:
        config.response_mime_type = "application/json"
        config.response_json_schema = output.schema
    if request.reasoning:
        config.thinking_config = types.ThinkingConfig(include_thoughts=True)
    return config


def _is_before_3(model: str) -> bool:
    return model.startswith(("gemini-1", "gemini-2"))


def _text(text: str) -> list[Part]:
    return [{"text": text}] if text else []


def _images(said: ChatMessage) -> Iterator[Part]:
    for image in said.images:
        yield {"inlineData": {"data": _base64(image.data), "mimeType": image.media_type}}


def _calls(said: ChatMessage, model: str) -> Iterator[Part]:
    """Of calls made side by side, the vendor signs the first."""
    signatures = [_signature(call) for call in said.tool_calls]
    if signatures and not any(signatures) and not _is_before_3(model):
        signatures[0] = NO_SIGNATURE
    for call, signature in zip(said.tool_calls, signatures, strict=True):
        called = {"name": call.name, "args": _arguments(call.arguments), **_own_id(call.id)}
        signed = {"thoughtSignature": _base64(signature)} if signature else {}
        yield {"functionCall": called, **signed}


def _tool_answer(said: ChatMessage, names: dict[str, str]) -> Part:
    called = said.tool_call_id or ""
    answer = {"name": names.get(called, called), "response": {"output": said.text}}
    return {"functionResponse": {**answer, **_own_id(called)}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _own_id(call_id: str) -> dict[str, str]:
    """The vendor's own id of a call, where it gave one."""
    return {} if not call_id or call_id.startswith(MADE_UP) else {"id": call_id}


def _arguments(text: str) -> dict[str, Any]:
    """The vendor takes an object. What is none was refused by the tool, and stays readable."""
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = text
    return arguments if isinstance(arguments, dict) else {"arguments": arguments}


def _signature(call: ToolCall) -> bytes | None:
    if call.signature is None or not call.signature.startswith(SIGNED):
        return None
    try:
        return base64.b64decode(call.signature.removeprefix(SIGNED), validate=True)
    except (binascii.Error, ValueError):
        return None


def parts_of(chunk: types.GenerateContentResponse) -> list[types.Part]:
    """The parts of the one candidate that is asked for."""
    if not chunk.candidates or chunk.candidates[0].content is None:
        return []
    return chunk.candidates[0].content.parts or []


def call_of(part: types.Part, made_up_id: str) -> ToolCall | None:
    """The tool that ``part`` asks for, if it does. Its arguments come whole."""
    called = part.function_call
    if called is None:
        return None
    signature = part.thought_signature
    return ToolCall(
        id=called.id or made_up_id,
        name=called.name or "",
        arguments=clean(json.dumps(called.args or {}, ensure_ascii=False)),
        signature=SIGNED + base64.b64encode(signature).decode() if signature else None,
    )


def end_word(chunk: types.GenerateContentResponse) -> str | None:
    """Why the candidate ended, in the vendor's word; None while it has not."""
    reason = chunk.candidates[0].finish_reason if chunk.candidates else None
    word = str(reason.value) if reason is not None else ""
    return None if word in ("", "FINISH_REASON_UNSPECIFIED") else word


def block_word(chunk: types.GenerateContentResponse) -> str | None:
    """Why the prompt was refused, in the vendor's word; None when it was not."""
    feedback = chunk.prompt_feedback
    if feedback is None or feedback.block_reason is None:
        return None
    return str(feedback.block_reason.value)


_FINISH = {
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "LANGUAGE": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
    "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "IMAGE_RECITATION": FinishReason.CONTENT_FILTER,
    "ESCALATION": FinishReason.CONTENT_FILTER,
    "MODEL_ARMOR": FinishReason.CONTENT_FILTER,
}

FAILED = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "PUP_LIMITED_DISABLED",
    }
)
"""Ends that are failures: nothing that was said before them is an answer."""


def finish_reason(word: str) -> FinishReason:
    """A word that we do not know is an end like any other: the vendor adds some each year."""
    return _FINISH.get(word, FinishReason.STOP)


def usage_of(wire: types.GenerateContentResponseUsageMetadata) -> Usage | None:
    """The figures made whole: what was thought stands beside the candidates, and is output; what
    tools of the vendor's own said is input. None when there is nothing to go by."""
    prompt = wire.prompt_token_count
    thoughts = _figure(wire.thoughts_token_count)
    return normalised(
        input=None if prompt is None else prompt + _figure(wire.tool_use_prompt_token_count),
        output=_figure(wire.candidates_token_count) + thoughts,
        cached=wire.cached_content_token_count,
        reasoning=thoughts,
        raw={
            "prompt_token_count": wire.prompt_token_count,
            "tool_use_prompt_token_count": wire.tool_use_prompt_token_count,
            "cached_content_token_count": wire.cached_content_token_count,
            "candidates_token_count": wire.candidates_token_count,
            "thoughts_token_count": wire.thoughts_token_count,
            "total_token_count": wire.total_token_count,
        },
    )


def _figure(figure: int | None) -> int:
    """Zero where nothing was sent, or nothing that can be true."""
    return int(figure) if is_figure(figure) else 0

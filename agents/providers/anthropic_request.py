"""A request as Anthropic's messages take it. Pure."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from agents.providers.anthropic_models import known
from agents.providers.anthropic_wire import unsealed
from agents.providers.base import TextRequest
from agents.providers.outputschemas import closed, told
from server.domain.content import ChatMessage, Role, ToolCall

CACHED = {"type": "ephemeral"}
"""Marks the end of a prefix that is kept for five minutes.

A write costs a quarter more than plain input, a read a twentieth to a tenth of it: marking pays
when one in four of the prefixes written is read again. Tools and instructions are the same for
every turn of an agent. A dialogue is marked from its second turn on: who wrote twice goes on, and a
single question, as titles and summaries are made of, is read by nobody. Prefixes below 512 to 4096
tokens, by model, are not kept and cost nothing.
"""


def request_body(request: TextRequest) -> dict[str, Any]:
    """The body of ``messages``: only what was asked for, defaults stay theirs."""
    model, params = known(request.model), request.params
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": params.max_output_tokens or model.output_tokens,
        "messages": _messages(request.messages, request.model),
        "stream": True,
    }
    instructions = request.instructions
    if request.output is not None:
        schema = closed(request.output.schema)
        if schema is None:
            instructions = told(instructions, request.output)
        else:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if instructions:
        body["system"] = [{"type": "text", "text": instructions, "cache_control": CACHED}]
    if request.tools:
        body["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": {"type": "object", **tool.parameters},
            }
            for tool in request.tools
        ]
    if request.reasoning and model.adapts:
        # By default the newer models think and do not show it.
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
    sampling = {"temperature": params.temperature, "top_p": params.top_p}
    asked = {name: value for name, value in sampling.items() if value is not None}
    if asked and model.samples:
        name = next(iter(asked))  # not both at once
        body[name] = asked[name]
    return body


def _messages(said: Iterable[ChatMessage], model: str) -> list[dict[str, Any]]:
    """Turns alternate: what a side says in a row is one message, answers of tools first of all."""
    messages: list[dict[str, Any]] = []
    for message in said:
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = _blocks(message, model)
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        elif blocks:
            messages.append({"role": role, "content": blocks})
    if any(message["role"] == "assistant" for message in messages):
        messages[-1]["content"][-1]["cache_control"] = CACHED
    return messages


def _blocks(message: ChatMessage, model: str) -> list[dict[str, Any]]:
    """Empty text is refused by the vendor, and says nothing."""
    text = [{"type": "text", "text": message.text}] if message.text.strip() else []
    match message.role:
        case Role.TOOL:
            answer: dict[str, Any] = {
                "type": "tool_result",
                "tool_use_id": message.tool_call_id or "",
                "content": message.text,
            }
            return [answer]
        case Role.USER:
            return [*map(_image, message.images), *text]
        case Role.ASSISTANT:
            if not message.tool_calls:
                return text
            first, *others = message.tool_calls
            blocks = [*unsealed(first.signature, model), *text, _tool_use(first)]
            for call in others:
                blocks += [*unsealed(call.signature, model), _tool_use(call)]
            return blocks


def _image(image: Any) -> dict[str, Any]:
    data = base64.b64encode(image.data).decode()
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": image.media_type, "data": data},
    }


def _tool_use(call: ToolCall) -> dict[str, Any]:
    """``input`` is an object on this wire, whatever the model wrote."""
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {"invalid": call.arguments}
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}

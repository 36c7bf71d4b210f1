"""A request as chat completions take it. Pure."""

import base64
import enum
import hashlib
import re
from typing import Any

from agents.providers.base import TextRequest
from agents.providers.outputschemas import can_be_strict, has_object_root, told
from server.domain.content import ChatMessage, Image, Role, ToolCall, ToolSpec

OWN_MODELS = re.compile(r"(gpt-(?!oss)|chatgpt-|o\d)")
"""Models that refuse ``max_tokens``, the older name, which compatible servers know for certain."""


class Habits(enum.Enum):
    """Whose server it is."""

    VENDOR = "openai"
    AZURE = "azure"
    COMPATIBLE = "compatible"


def request_body(request: TextRequest, habits: Habits = Habits.VENDOR) -> dict[str, Any]:
    """The body of ``chat.completions``: only what was asked for, defaults stay theirs."""
    instructions, params = request.instructions, request.params
    body: dict[str, Any] = {
        "model": request.model,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.output is not None:
        schema = request.output.schema
        if has_object_root(schema):
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": request.output.name,
                    "schema": schema,
                    "strict": can_be_strict(schema),
                },
            }
        else:  # the wire has objects only
            instructions = told(instructions, request.output)
    system = [{"role": "system", "content": instructions}] if instructions else []
    body["messages"] = [*system, *map(_message, request.messages)]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if params.top_p is not None:
        body["top_p"] = params.top_p
    own = OWN_MODELS.match(request.model) is not None
    if params.max_output_tokens is not None:
        name = "max_completion_tokens" if own or habits is Habits.AZURE else "max_tokens"
        body[name] = params.max_output_tokens
    if own and habits is Habits.VENDOR:
        body["prompt_cache_key"] = _cache_key(request)
    return body


def _cache_key(request: TextRequest) -> str:
    """The same for every turn of a dialogue: the vendor sends what shares a key to the machine that
    has its beginning in memory, where input costs a tenth."""
    first = request.messages[0].text if request.messages else ""
    said = f"{request.instructions}\0{first}".encode(errors="replace")
    return hashlib.sha256(said).hexdigest()[:32]


def _message(message: ChatMessage) -> dict[str, Any]:
    match message.role:
        case Role.TOOL:
            return {
                "role": "tool",
                "tool_call_id": message.tool_call_id or "",
                "content": message.text,
            }
        case Role.ASSISTANT if message.tool_calls:
            # Some servers refuse an empty text beside tool calls; null is known to all.
            return {
                "role": "assistant",
                "content": message.text or None,
                "tool_calls": [_tool_call(call) for call in message.tool_calls],
            }
        case Role.USER if message.images:
            text = [{"type": "text", "text": message.text}] if message.text else []
            return {"role": "user", "content": [*text, *map(_image, message.images)]}
        case role:
            return {"role": role.value, "content": message.text}


def _image(image: Image) -> dict[str, Any]:
    data = base64.b64encode(image.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{data}"}}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    if can_be_strict(tool.parameters):
        function["strict"] = True
    return {"type": "function", "function": function}

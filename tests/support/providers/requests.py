"""Requests with everything in them that a provider may be asked for."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from agents.providers.base import TextRequest
from server.domain.content import (
    ChatMessage,
    Image,
    OutputSchema,
    Params,
    Role,
    ToolCall,
    ToolSpec,
)

PICTURE = Image(
    media_id=UUID(int=1), media_type="image/png", width=1, height=1, data=b"\x89PNG\r\n\x1a\n"
)
LOOK = ToolSpec(
    name="look",
    description="Looks something up.",
    parameters={
        "type": "object",
        "properties": {"at": {"type": "string"}},
        "required": ["at"],
        "additionalProperties": False,
    },
)
CALL = ToolCall(id="call_1", name="look", arguments='{"at":"it"}')
PERSON = OutputSchema(
    name="person",
    schema={
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        "required": ["name", "age"],
        "additionalProperties": False,
    },
)


def user(text: str, *images: Image) -> ChatMessage:
    return ChatMessage(role=Role.USER, text=text, images=images)


def assistant(text: str, *calls: ToolCall) -> ChatMessage:
    return ChatMessage(role=Role.ASSISTANT, text=text, tool_calls=calls)


def tool(text: str, call: ToolCall = CALL) -> ChatMessage:
    return ChatMessage(role=Role.TOOL, text=text, tool_call_id=call.id)


def request(
    *messages: ChatMessage, model: str = "model", instructions: str = "Be brief.", **more: Any
) -> TextRequest:
    return TextRequest(
        model=model,
        messages=messages or (user("Hello"),),
        instructions=instructions,
        params=more.pop("params", Params()),
        correlation_id="c",
        **more,
    )


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)

_KEYWORDS = (
    "type properties required additionalProperties items enum const anyOf oneOf allOf not $ref "
    "$defs definitions description title minimum maxLength minItems pattern patternProperties "
    "format prefixItems if $schema default"
)

schemas = st.recursive(
    _json
    | st.sampled_from(["object", "array", "string", "null", "#/$defs/a", "#", ["string", "null"]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYWORDS.split(" ")) | st.just("a"), inner, max_size=5)
    ),
    max_leaves=20,
)
"""Anything that may be given for a JSON Schema: schemas, nearly schemas, and other JSON."""

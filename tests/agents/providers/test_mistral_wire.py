"""Requests as the vendor wants them, chunks as it may send them."""

import json
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client import models
from msgspec.structs import replace

from agents.providers.mistral_wire import (
    Calls,
    CallWire,
    DeltaWire,
    ErrorWire,
    FunctionWire,
    UsageWire,
    chunk_text,
    chunk_thinking,
    decode_chunk,
    error_of,
    finish_reason,
    own_id,
    request_body,
    usage_of,
)
from server.domain.content import (
    ChatMessage,
    OutputSchema,
    Params,
    Role,
    ToolCall,
    ToolSpec,
)
from server.domain.errors import ProviderProtocol
from server.domain.turn import FinishReason
from tests.support.providers import requests

request = partial(requests.request, model="mistral-medium-3-5")
PICTURE = replace(requests.PICTURE, data=b"\xff>?")


def delta(said: dict[str, Any]) -> DeltaWire:
    chunk = decode_chunk(json.dumps({"choices": [{"delta": said}]}).encode(), "stub")
    assert chunk.choices is not None
    assert chunk.choices[0].delta is not None
    return chunk.choices[0].delta


def test_a_request_holds_only_what_was_asked_for() -> None:
    assert request_body(request()) == {
        "model": "mistral-medium-3-5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
    }
    params = Params(temperature=0.0, top_p=0.5, max_output_tokens=7)
    body = request_body(request(instructions="", params=params, reasoning=True))
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.0, 0.5, 7)
    assert body["reasoning_effort"] == "high"
    assert len(body["messages"]) == 1
    assert "reasoning_effort" not in request_body(
        request(model="magistral-medium-2509", reasoning=True)
    )


def test_an_answer_that_says_nothing_is_left_out() -> None:
    hello = ChatMessage(role=Role.USER, text="Hello")
    body = request_body(request(hello, ChatMessage(role=Role.ASSISTANT, text=""), hello))
    assert [message["role"] for message in body["messages"]] == ["system", "user", "user"]


def test_pictures_are_data_urls_behind_the_text() -> None:
    for text in ("What is it?", ""):
        said = ChatMessage(role=Role.USER, text=text, images=(PICTURE,))
        (message,) = request_body(request(said, instructions=""))["messages"]
        picture = {"type": "image_url", "image_url": "data:image/png;base64,/z4/"}
        assert message["content"][-1] == picture
        assert len(message["content"]) == (2 if text else 1)


def test_calls_go_back_with_ids_as_the_vendor_takes_them() -> None:
    calls = (
        ToolCall(id="D681PevKs", name="look", arguments='{"at":1}'),
        ToolCall(id="call_of_another_vendor", name="wait", arguments=""),
    )
    _, asked, *answers = request_body(
        request(
            ChatMessage(role=Role.USER, text="Go"),
            ChatMessage(role=Role.ASSISTANT, text="", tool_calls=calls),
            *(ChatMessage(role=Role.TOOL, text="x", tool_call_id=call.id) for call in calls),
            instructions="",
        )
    )["messages"]
    ids = [call["id"] for call in asked["tool_calls"]]
    assert ids[0] == "D681PevKs"
    assert [answer["tool_call_id"] for answer in answers] == ids
    assert [call["function"]["arguments"] for call in asked["tool_calls"]] == ['{"at":1}', "{}"]


@given(st.text(st.characters(exclude_categories=[])))
def test_an_id_has_nine_characters_and_stays_as_it_is(call_id: str) -> None:
    made = own_id(call_id)
    assert len(made) == 9
    assert made.isascii()
    assert made.isalnum()
    assert own_id(made) == made == own_id(call_id)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["type", "$ref", "schema", "default"]), json_values))
def test_any_json_schema_is_passed_on_as_it_is(schema: dict[str, Any]) -> None:
    """By this mapping, and by the SDK's own types."""
    body = request_body(
        request(
            output=OutputSchema(name="answer", schema=schema),
            tools=(ToolSpec(name="look", description="Looks.", parameters=schema),),
        )
    )
    assert body["response_format"]["json_schema"]["schema"] == schema
    sent = models.ChatCompletionStreamRequest.model_validate(body).model_dump(by_alias=True)
    assert sent["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": schema,
        "strict": True,
    }
    assert sent["tools"][0]["function"]["parameters"] == schema


def test_content_is_a_string_or_parts_with_thoughts_among_them() -> None:
    assert chunk_text(delta({"content": "a"})) == "a"
    assert chunk_text(delta({"content": None})) == chunk_text(delta({})) == ""
    parts = delta(
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}, {"type": "x"}]},
                {"type": "thinking", "thinking": "!"},
                {"type": "text", "text": "b"},
                {"type": "reference", "reference_ids": [1]},
            ]
        }
    )
    assert (chunk_text(parts), chunk_thinking(parts)) == ("b", "hm!")
    assert chunk_thinking(delta({"content": "a"})) == ""


def test_half_a_surrogate_pair_is_legal_json_and_passes() -> None:
    assert chunk_text(delta({"content": "\ud83d"})) == "\ud83d"


def wire(id: str | None, index: int | None, name: str | None, arguments: Any) -> CallWire:
    return CallWire(id=id, index=index, function=FunctionWire(name=name, arguments=arguments))


@pytest.mark.parametrize(
    "wires",
    [
        # Whole, as the vendor sends them; with the arguments as an object; without indices.
        [wire("aaaaaaaaa", 0, "look", '{"a": 1}'), wire("bbbbbbbbb", 1, "wait", "{}")],
        [wire("aaaaaaaaa", 0, "look", {"a": 1}), wire("bbbbbbbbb", 1, "wait", {})],
        [wire("aaaaaaaaa", None, "look", '{"a": 1}'), wire("bbbbbbbbb", None, "wait", "")],
        # In pieces, with ids or with the SDK's word for none.
        [
            wire("aaaaaaaaa", 0, "look", '{"a"'),
            wire("null", 0, "", ": 1}"),
            wire("bbbbbbbbb", 1, "wait", None),
        ],
        [
            wire("aaaaaaaaa", 0, "look", '{"a"'),
            wire("bbbbbbbbb", 1, "wait", ""),
            wire("aaaaaaaaa", 0, None, ": 1}"),
        ],
    ],
)
def test_calls_are_put_together_however_they_come(wires: list[CallWire]) -> None:
    calls = Calls()
    pieces = [calls.add(each) for each in wires]
    assert calls.whole() == (
        ToolCall(id="aaaaaaaaa", name="look", arguments='{"a": 1}'),
        ToolCall(id="bbbbbbbbb", name="wait", arguments="{}"),
    )
    assert "".join(pieces).startswith('{"a": 1}')


def test_an_error_comes_in_two_shapes() -> None:
    bare = decode_chunk(b'{"object":"error","message":"m","type":"t","code":"1"}', "stub")
    assert error_of(bare) == ErrorWire(message="m", type="t", code="1")
    inner = decode_chunk(b'{"error":{"message":"m","type":"t","code":1}}', "stub")
    assert error_of(inner) == ErrorWire(message="m", type="t", code=1)
    assert error_of(decode_chunk(b'{"error":"m"}', "stub")) == ErrorWire(message="m")
    assert error_of(decode_chunk(b'{"object":"chat.completion.chunk"}', "stub")) is None


@pytest.mark.parametrize("payload", [b"", b"{not json", b'{"choices":7}', b"null", b"[" * 100_000])
def test_garbage_is_the_providers_failure(payload: bytes) -> None:
    with pytest.raises(ProviderProtocol):
        decode_chunk(payload, "stub")


keys = st.sampled_from(
    ["choices", "delta", "content", "text", "type", "thinking", "tool_calls", "id", "function"]
) | st.sampled_from(["arguments", "name", "index", "finish_reason", "usage", "error", "object"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    )
)
def test_no_json_breaks_the_mapping(said: object) -> None:
    try:
        chunk = decode_chunk(msgspec.json.encode(said), "stub")
    except ProviderProtocol:
        return
    calls = Calls()
    error_of(chunk)
    for choice in chunk.choices or ():
        if choice.delta is not None:
            chunk_text(choice.delta)
            chunk_thinking(choice.delta)
            for call in choice.delta.tool_calls or ():
                calls.add(call)
    calls.whole()
    if chunk.usage is not None:
        usage_of(chunk.usage)


def test_unknown_words_for_the_end_are_an_end() -> None:
    assert finish_reason("length") is finish_reason("model_length") is FinishReason.LENGTH
    assert finish_reason("tool_calls") is FinishReason.TOOL_CALLS
    assert finish_reason("what comes next year") is FinishReason.STOP


@pytest.mark.parametrize(
    "more",
    [
        {"num_cached_tokens": 8},
        {"prompt_tokens_details": {"cached_tokens": 8}},
        {"prompt_token_details": {"cached_tokens": 8}},
    ],
)
def test_cached_tokens_are_a_part_under_any_of_their_names(more: dict[str, Any]) -> None:
    told = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, **more}
    usage = usage_of(msgspec.convert(told, UsageWire))
    assert usage is not None
    assert (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens) == (10, 8, 5)
    assert usage.raw == {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 8}


def test_figures_that_cannot_be_true_are_no_figures() -> None:
    assert usage_of(UsageWire()) is None
    assert usage_of(UsageWire(prompt_tokens=5, completion_tokens=-1)) is None

"""Requests as Anthropic's messages take them."""

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from agents.providers.anthropic_request import CACHED, request_body
from server.domain.content import OutputSchema, Params, ToolSpec
from tests.support.providers.requests import (
    CALL,
    LOOK,
    PERSON,
    PICTURE,
    assistant,
    request,
    schemas,
    tool,
    user,
)

SONNET = "claude-sonnet-5-5"


def test_a_request_holds_only_what_was_asked_for() -> None:
    assert request_body(request(user("Hello"), model=SONNET)) == {
        "model": SONNET,
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": CACHED}],
        "stream": True,
    }


def test_the_limit_is_the_one_asked_for_else_the_models() -> None:
    assert request_body(request(params=Params(max_output_tokens=7)))["max_tokens"] == 7
    assert request_body(request(model="claude-haiku-4-5"))["max_tokens"] == 64_000
    assert request_body(request(model="claude-next"))["max_tokens"] == 8_192


@pytest.mark.parametrize(
    ("model", "params", "sent"),
    [
        ("claude-haiku-4-5", Params(temperature=0.0), {"temperature": 0.0}),
        ("claude-haiku-4-5", Params(temperature=0.5, top_p=0.9), {"temperature": 0.5}),
        ("claude-haiku-4-5", Params(top_p=0.9), {"top_p": 0.9}),
        (SONNET, Params(temperature=0.0, top_p=0.9), {}),
    ],
)
def test_models_that_refuse_to_be_sampled_are_not_asked_to(
    model: str, params: Params, sent: dict[str, float]
) -> None:
    body = request_body(request(model=model, params=params))
    assert {name: body[name] for name in ("temperature", "top_p") if name in body} == sent


def test_pictures_stand_before_the_text_as_base64() -> None:
    (message,) = request_body(request(user("What is it?", PICTURE)))["messages"]
    assert message["content"] == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
        {"type": "text", "text": "What is it?"},
    ]


def test_answers_of_tools_are_one_message_before_what_the_user_says() -> None:
    second = replace(CALL, id="call_2")
    asked = request(
        user("Look"),
        assistant("", CALL, second),
        tool("one", CALL),
        tool("two", second),
        user("And?"),
        tools=(LOOK,),
    )
    body = request_body(asked)
    assert body["tools"] == [
        {"name": "look", "description": "Looks something up.", "input_schema": LOOK.parameters}
    ]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    _, calls, answers = (message["content"] for message in body["messages"])
    assert calls == [
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {"at": "it"}},
        {"type": "tool_use", "id": "call_2", "name": "look", "input": {"at": "it"}},
    ]
    assert [block.get("tool_use_id") for block in answers] == ["call_1", "call_2", None]


@pytest.mark.parametrize("arguments", ["{not json", "[1]", "", "[" * 100_000])
def test_arguments_that_are_no_object_go_back_as_one(arguments: str) -> None:
    call = replace(CALL, arguments=arguments)
    body = request_body(request(user("Look"), assistant("", call), tool("no", call)))
    assert body["messages"][1]["content"][0]["input"] == {"invalid": arguments}


@pytest.mark.parametrize(("model", "goes_back"), [(SONNET, True), ("claude-opus-5-5", False)])
def test_what_was_thought_goes_back_to_the_model_that_thought_it(
    model: str, goes_back: bool
) -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": "s"}
    sealed = json.dumps({"model": SONNET, "blocks": [thought]})
    first, second = (replace(CALL, id=at, signature=sealed) for at in ("a", "b"))
    (said,) = request_body(request(assistant("So", first, second), model=model))["messages"]
    kinds = [block["type"] for block in said["content"]]
    assert kinds == (
        ["thinking", "text", "tool_use", "thinking", "tool_use"]
        if goes_back
        else ["text", "tool_use", "tool_use"]
    )


def test_a_question_is_not_kept_and_a_dialogue_is() -> None:
    once = request_body(request(user("Hello")))["messages"]
    again = request_body(request(user("Hello"), assistant("Hi"), user("More")))["messages"]
    assert "cache_control" not in once[-1]["content"][-1]
    assert again[-1]["content"][-1]["cache_control"] == CACHED


def test_what_says_nothing_is_left_out_and_neighbours_of_one_side_are_joined() -> None:
    asked = request(user("a"), assistant(""), user("b"), instructions="")
    body = request_body(asked)
    assert "system" not in body
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]


def test_a_schema_that_can_be_enforced_is_and_another_is_told_in_words() -> None:
    enforced = request_body(request(output=PERSON))
    assert enforced["output_config"]["format"]["type"] == "json_schema"
    assert enforced["output_config"]["format"]["schema"]["additionalProperties"] is False
    told = request_body(request(output=OutputSchema(name="map", schema={"type": "object"})))
    assert "output_config" not in told
    assert '{"type": "object"}' in told["system"][0]["text"]


def test_only_a_model_that_thinks_is_asked_to_tell_of_it() -> None:
    assert "thinking" in request_body(request(model=SONNET, reasoning=True))
    assert "thinking" not in request_body(request(model="claude-haiku-4-5", reasoning=True))


@given(schema=schemas)
def test_no_schema_breaks_a_request(schema: Any) -> None:
    parameters = schema if isinstance(schema, dict) else {}
    asked = request(
        output=OutputSchema(name="x", schema=schema),
        tools=(ToolSpec(name="t", description="", parameters=parameters),),
    )
    json.dumps(request_body(asked))

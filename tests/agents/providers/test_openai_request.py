"""Requests as chat completions take them."""

import json
from typing import Any

import pytest
from hypothesis import given

from agents.providers.openai_request import Habits, request_body
from server.domain.content import ChatMessage, OutputSchema, Params, Role, ToolSpec
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


def test_a_request_holds_only_what_was_asked_for() -> None:
    body = request_body(request(user("Hello"), assistant("Hi"), user("Go on"), model="llama"))
    assert body == {
        "model": "llama",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "Go on"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("model", "habits", "field"),
    [
        ("gpt-6.1-terra", Habits.VENDOR, "max_completion_tokens"),
        ("o4-mini", Habits.VENDOR, "max_completion_tokens"),
        ("llama-3.3-70b", Habits.VENDOR, "max_tokens"),
        ("olmo-2", Habits.COMPATIBLE, "max_tokens"),
        ("gpt-oss-20b", Habits.COMPATIBLE, "max_tokens"),
        ("our-deployment", Habits.AZURE, "max_completion_tokens"),
    ],
)
def test_the_output_limit_has_the_name_that_the_model_knows(
    model: str, habits: Habits, field: str
) -> None:
    params = Params(max_output_tokens=50, temperature=0.0, top_p=0.9)
    body = request_body(request(model=model, params=params), habits)
    assert (body[field], body["temperature"], body["top_p"]) == (50, 0.0, 0.9)


def test_a_picture_is_an_address_that_holds_its_bytes() -> None:
    (_, message) = request_body(request(user("What is it?", PICTURE)))["messages"]
    assert message["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]


def test_tools_are_offered_called_and_answered() -> None:
    asked = request(user("Look"), assistant("", CALL), tool("found"), tools=(LOOK,))
    body = request_body(asked)
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "look",
                "description": "Looks something up.",
                "parameters": LOOK.parameters,
                "strict": True,
            },
        }
    ]
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "look", "arguments": '{"at":"it"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "found"},
    ]


def test_a_schema_is_strict_where_it_can_be() -> None:
    strict = request_body(request(output=PERSON))["response_format"]["json_schema"]
    assert strict == {"name": "person", "schema": PERSON.schema, "strict": True}
    loose = OutputSchema(name="any", schema={"type": "object"})
    body = request_body(request(output=loose))
    assert body["response_format"]["json_schema"]["strict"] is False


def test_a_schema_that_is_no_objects_is_told_in_words() -> None:
    names = OutputSchema(name="names", schema={"type": "array", "items": {"type": "string"}})
    body = request_body(request(output=names))
    assert "response_format" not in body
    told = body["messages"][0]["content"]
    assert told.startswith("Be brief.")
    assert json.dumps(names.schema) in told


def test_turns_of_one_dialogue_share_a_cache_and_dialogues_do_not() -> None:
    first = user("Hello")
    one = request_body(request(first, model="gpt-5.5"))
    two = request_body(request(first, assistant("Hi"), user("More"), model="gpt-5.5"))
    other = request_body(request(user("Hallo"), model="gpt-5.5"))
    assert one["prompt_cache_key"] == two["prompt_cache_key"] != other["prompt_cache_key"]
    for habits in (Habits.AZURE, Habits.COMPATIBLE):
        assert "prompt_cache_key" not in request_body(request(model="gpt-5.5"), habits)


def test_a_half_of_a_surrogate_pair_in_a_prompt_breaks_nothing() -> None:
    broken = ChatMessage(role=Role.USER, text="\ud83d")
    assert request_body(request(broken, model="gpt-5.5"))["prompt_cache_key"]


@given(schema=schemas)
def test_no_schema_breaks_a_request(schema: Any) -> None:
    asked = request(
        output=OutputSchema(name="x", schema=schema),
        tools=(ToolSpec(name="t", description="", parameters=schema),),
    )
    json.dumps(request_body(asked))

"""Requests as the vendor wants them, chunks as it may send them."""

import base64
import json
from functools import partial
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.gemini_wire import (
    FAILED,
    NO_SIGNATURE,
    SIGNED,
    block_word,
    call_of,
    config_of,
    contents_of,
    end_word,
    finish_reason,
    parts_of,
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
from server.domain.turn import FinishReason
from tests.support.providers import requests
from tests.support.providers.requests import PICTURE

request = partial(requests.request, model="gemini-3.8-flash")
SIGNATURE = SIGNED + base64.b64encode(b"sig").decode()


def sent(*messages: ChatMessage, model: str = "gemini-3.8-flash") -> list[dict[str, Any]]:
    """As the SDK's own types read it, which take nothing that they do not know."""
    contents = contents_of(request(*messages, model=model))
    read = [types.Content.model_validate(content) for content in contents]
    return [content.model_dump(exclude_none=True) for content in read]


def chunk(said: dict[str, Any]) -> types.GenerateContentResponse:
    return types.GenerateContentResponse.model_validate(said)


def asking(*calls: ToolCall, text: str = "") -> ChatMessage:
    return ChatMessage(role=Role.ASSISTANT, text=text, tool_calls=calls)


def answering(call_id: str, text: str) -> ChatMessage:
    return ChatMessage(role=Role.TOOL, text=text, tool_call_id=call_id)


def test_a_dialogue_has_two_sides() -> None:
    assert sent(
        ChatMessage(role=Role.USER, text="Hello"),
        ChatMessage(role=Role.ASSISTANT, text="Hi"),
        ChatMessage(role=Role.ASSISTANT, text=""),
        ChatMessage(role=Role.USER, text="Go on"),
    ) == [
        {"role": "user", "parts": [{"text": "Hello"}]},
        {"role": "model", "parts": [{"text": "Hi"}]},
        {"role": "user", "parts": [{"text": "Go on"}]},
    ]


def test_pictures_come_before_the_text_that_speaks_of_them() -> None:
    (content,) = sent(ChatMessage(role=Role.USER, text="What is it?", images=(PICTURE, PICTURE)))
    picture = {"inline_data": {"data": PICTURE.data, "mime_type": "image/png"}}
    assert content["parts"] == [picture, picture, {"text": "What is it?"}]


def test_calls_go_back_as_they_came_and_their_answers_together() -> None:
    first = ToolCall(id="x1", name="look", arguments='{"at":[1]}', signature=SIGNATURE)
    second = ToolCall(id="call-1-1", name="listen", arguments="")
    contents = sent(
        ChatMessage(role=Role.USER, text="Go"),
        asking(first, second, text="I look."),
        answering("x1", "seen"),
        answering("call-1-1", "heard"),
        asking(ToolCall(id="x2", name="stop", arguments="{}", signature=SIGNATURE)),
        answering("x2", "done"),
    )
    assert [content["role"] for content in contents] == ["user", "model", "user", "model", "user"]
    assert contents[1]["parts"] == [
        {"text": "I look."},
        {
            "function_call": {"id": "x1", "name": "look", "args": {"at": [1]}},
            "thought_signature": b"sig",
        },
        {"function_call": {"name": "listen", "args": {}}},
    ]
    assert contents[2]["parts"] == [
        {"function_response": {"id": "x1", "name": "look", "response": {"output": "seen"}}},
        {"function_response": {"name": "listen", "response": {"output": "heard"}}},
    ]


@pytest.mark.parametrize(
    ("model", "signature", "goes"),
    [
        ("gemini-3.8-flash", None, NO_SIGNATURE),
        ("gemini-4-argon", "a signature of another vendor", NO_SIGNATURE),
        ("gemini-4-argon", f"{SIGNED}no base64!", NO_SIGNATURE),
        ("gemini-2.5-flash", None, None),
        ("gemini-2.5-flash", SIGNATURE, b"sig"),
    ],
)
def test_only_the_vendors_own_signatures_go_back(
    model: str, signature: str | None, goes: bytes | None
) -> None:
    call = ToolCall(id="x", name="look", arguments="{}", signature=signature)
    (content,) = sent(asking(call), model=model)
    assert content["parts"][0].get("thought_signature") == goes


@pytest.mark.parametrize("arguments", ["[1]", "not json", '"text"', "[" * 100_000])
def test_arguments_that_are_no_object_become_one(arguments: str) -> None:
    (content,) = sent(asking(ToolCall(id="x", name="look", arguments=arguments)))
    assert set(content["parts"][0]["function_call"]["args"]) == {"arguments"}


def test_a_config_holds_only_what_was_asked_for_and_what_the_sdk_must_not_do() -> None:
    plain = config_of(request(instructions="")).model_dump(exclude_none=True)
    assert plain.pop("automatic_function_calling")["disable"] is True
    said = plain.pop("http_options")["extra_body"]
    assert said == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    assert plain == {"automatic_continuation": False}
    params = Params(temperature=0.0, top_p=0.5, max_output_tokens=7)
    full = config_of(request(params=params, reasoning=True)).model_dump(exclude_none=True)
    assert (full["temperature"], full["top_p"], full["max_output_tokens"]) == (0.0, 0.5, 7)
    assert full["system_instruction"] == "Be brief."
    assert full["thinking_config"] == {"include_thoughts": True}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
schemas = st.dictionaries(
    st.sampled_from(["type", "properties", "$defs", "$ref", "enum", "default", "_url", "any_of"])
    | st.text(max_size=5),
    json_values,
    max_size=5,
)


@given(schemas)
def test_any_json_schema_is_passed_on_as_it_is(schema: dict[str, Any]) -> None:
    config = config_of(
        request(
            output=OutputSchema(name="answer", schema=schema),
            tools=(ToolSpec(name="look", description="Looks.", parameters=schema),),
        )
    ).model_dump(exclude_none=True)
    assert config["response_mime_type"] == "application/json"
    assert config["response_json_schema"] == schema
    (declared,) = config["tools"][0]["function_declarations"]
    assert declared["parameters_json_schema"] == schema


@pytest.mark.parametrize(("model", "enforced"), [("gemini-2.5-pro", False), ("gemini-3", True)])
def test_older_models_are_told_a_schema_in_words_where_they_have_tools(
    model: str, enforced: bool
) -> None:
    output = OutputSchema(name="answer", schema={"title": "Answer"})
    tool = ToolSpec(name="look", description="Looks.", parameters={})
    config = config_of(request(model=model, output=output, tools=(tool,)))
    assert (config.response_json_schema == output.schema) is enforced
    assert ('{"title": "Answer"}' not in str(config.system_instruction)) is enforced
    assert config_of(request(model=model, output=output)).response_json_schema == output.schema


def test_a_call_is_told_with_its_signature_and_an_id() -> None:
    (part,) = parts_of(
        chunk(
            {
                "candidates": [
                    {
                        "content": {
                            "parts": [
                                {
                                    "functionCall": {"name": "look", "args": {"at": "\ud83dé\0"}},
                                    "thoughtSignature": base64.b64encode(b"sig").decode(),
                                }
                            ]
                        }
                    }
                ]
            }
        )
    )
    call = call_of(part, "call-0")
    assert call is not None
    assert (call.id, call.name, call.signature) == ("call-0", "look", SIGNATURE)
    assert json.loads(call.arguments) == {"at": "\ufffdé\0"}
    assert call_of(types.Part(text="no call"), "call-0") is None


def test_ends_and_refusals_are_told_in_the_vendors_words() -> None:
    assert end_word(chunk({"candidates": [{"finishReason": "SPII"}]})) == "SPII"
    silent: list[dict[str, Any]] = [{"candidates": [{}]}, {"candidates": []}, {}]
    for said in ({"candidates": [{"finishReason": "FINISH_REASON_UNSPECIFIED"}]}, *silent):
        assert end_word(chunk(said)) is None
        assert block_word(chunk(said)) is None
    assert block_word(chunk({"promptFeedback": {"blockReason": "BLOCKLIST"}})) == "BLOCKLIST"
    assert block_word(chunk({"promptFeedback": {"safetyRatings": []}})) is None


def test_each_of_the_sdks_words_for_the_end_has_a_meaning() -> None:
    for reason in types.FinishReason:
        filtered = any(word in reason.value for word in ("SAFETY", "PROHIBITED", "RECITATION"))
        if filtered:
            assert finish_reason(reason.value) is FinishReason.CONTENT_FILTER
    assert {word for word in FAILED if word in types.FinishReason.__members__} == FAILED
    assert finish_reason("MAX_TOKENS") is FinishReason.LENGTH
    assert finish_reason("CONTINUATION") is FinishReason.LENGTH
    assert finish_reason("STOP") is FinishReason.STOP
    assert finish_reason("WHAT_COMES_NEXT_YEAR") is FinishReason.STOP


def test_thoughts_are_output_and_what_tools_said_is_input() -> None:
    usage = usage_of(
        types.GenerateContentResponseUsageMetadata(
            prompt_token_count=100,
            tool_use_prompt_token_count=20,
            cached_content_token_count=80,
            candidates_token_count=30,
            thoughts_token_count=50,
            total_token_count=200,
        )
    )
    assert usage is not None
    assert usage.input_tokens + usage.output_tokens == 200
    assert (usage.input_tokens, usage.cached_input_tokens) == (120, 80)
    assert (usage.output_tokens, usage.reasoning_tokens) == (80, 50)
    assert usage.raw is not None
    assert usage.raw["tool_use_prompt_token_count"] == 20


figures = st.none() | st.integers(-5, 10**12)


@given(figures, figures, figures, figures, figures)
def test_parts_never_exceed_their_whole_whatever_is_reported(
    prompt: int | None, tool: int | None, cached: int | None, said: int | None, thought: int | None
) -> None:
    usage = usage_of(
        types.GenerateContentResponseUsageMetadata(
            prompt_token_count=prompt,
            tool_use_prompt_token_count=tool,
            cached_content_token_count=cached,
            candidates_token_count=said,
            thoughts_token_count=thought,
        )
    )
    if usage is not None:
        assert 0 <= usage.cached_input_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens

"""The official SDK on the wire, against a server that says what the vendor says."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from agents.events import StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.timeouts import Timeouts
from server.domain.content import (
    ChatMessage,
    Image,
    OutputSchema,
    Params,
    Role,
    ToolSpec,
)
from server.domain.turn import FinishReason
from tests.support.providers.gemini_stub import GEMINI
from tests.support.providers.hearing import (
    REQUEST,
    SHORT,
    end_of,
    hear,
    reasoning_of,
    text_of,
    unsaid_of,
)
from tests.support.providers.plays import SENTENCE, Call, Play

LOOK = ToolSpec(name="look", description="Looks.", parameters={"type": "object"})
SCHEMA = {"type": "object", "properties": {"a": {"type": ["string", "null"], "default": None}}}


async def body_of(request: TextRequest) -> dict[str, Any]:
    """What stands on the wire of that request."""
    async with GEMINI.talking() as (stub, provider):
        await hear(provider, request)
        return stub.exchanges[0].body


async def test_an_answer_is_text_and_an_end_with_the_providers_own_figures() -> None:
    async with GEMINI.talking(Play(tokens=12, cached=1)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text
    end = end_of(events)
    assert end.finish_reason is FinishReason.STOP
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (3, 12)
    assert end.usage.cached_input_tokens == 1


async def test_the_request_carries_key_model_and_limit_and_no_timeout_of_a_whole_answer() -> None:
    async with GEMINI.talking() as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert said.path == "/v1beta/models/stub:streamGenerateContent?alt=sse"
    assert said.headers["x-goog-api-key"] == "sk-test"
    assert "authorization" not in said.headers
    assert "x-server-timeout" not in said.headers
    assert said.body == {
        "contents": [{"parts": [{"text": "Hello"}], "role": "user"}],
        "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
        "generationConfig": {"maxOutputTokens": 99},
    }


async def test_a_dialogue_with_pictures_arrives_whole() -> None:
    picture = Image(media_id=UUID(int=1), media_type="image/png", width=1, height=1, data=b"\xff>?")
    body = await body_of(
        structs.replace(
            REQUEST,
            messages=(
                ChatMessage(role=Role.USER, text="What is it?", images=(picture,)),
                ChatMessage(role=Role.ASSISTANT, text="A dot."),
                ChatMessage(role=Role.USER, text="Sure?"),
            ),
        )
    )
    # The SDK writes names in both manners and Base64 for addresses; the vendor reads all of it.
    assert body["contents"][0]["parts"] == [
        {"inlineData": {"data": "_z4_", "mime_type": "image/png"}},
        {"text": "What is it?"},
    ]
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize("call_id", ["fc-1", ""])
async def test_a_tool_is_asked_for_and_answered_with_its_signature(call_id: str) -> None:
    calls = (Call("look", ('{"at":', '"é"}'), id=call_id), Call("look", id=call_id and "fc-2"))
    asked = structs.replace(REQUEST, tools=(LOOK,))
    async with GEMINI.talking(Play(tokens=2, calls=calls), Play()) as (stub, provider):
        events, error = await hear(provider, asked)
        assert error is None
        end = end_of(events)
        assert end.finish_reason is FinishReason.TOOL_CALLS
        first, second = end.tool_calls
        assert json.loads(first.arguments) == {"at": "é"}
        assert (first.id != second.id, bool(first.signature)) == (True, True)
        assert unsaid_of(events) == first.arguments + second.arguments
        assert end.usage is not None
        assert end.usage.output_tokens == stub.exchanges[0].output_tokens
        answers = [
            ChatMessage(role=Role.TOOL, text=f"seen {at}", tool_call_id=call.id)
            for at, call in enumerate(end.tool_calls)
        ]
        said = ChatMessage(role=Role.ASSISTANT, text=text_of(events), tool_calls=end.tool_calls)
        _, error = await hear(
            provider, structs.replace(asked, messages=(*asked.messages, said, *answers))
        )
    assert error is None
    declared = stub.exchanges[0].body["tools"]
    assert declared == [
        {
            "functionDeclarations": [
                {"name": "look", "description": "Looks.", "parameters_json_schema": LOOK.parameters}
            ]
        }
    ]
    _, model, user = stub.exchanges[1].body["contents"]
    ids = {"id": "fc-1"} if call_id else {}
    assert model["parts"][1] == {
        "functionCall": {"name": "look", "args": {"at": "é"}, **ids},
        "thoughtSignature": "EvABdGhvdWdodA==",
    }
    assert [part["functionResponse"]["response"] for part in user["parts"]] == [
        {"output": "seen 0"},
        {"output": "seen 1"},
    ]
    assert user["parts"][0]["functionResponse"].get("id") == (call_id or None)


async def test_a_schema_arrives_as_it_is() -> None:
    body = await body_of(structs.replace(REQUEST, output=OutputSchema(name="a", schema=SCHEMA)))
    config = body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == SCHEMA


async def test_thoughts_are_told_apart_and_only_when_asked_for() -> None:
    asked = structs.replace(REQUEST, reasoning=True)
    async with GEMINI.talking(Play(tokens=2, reasoning=("Let me", " see"))) as (stub, provider):
        events, _ = await hear(provider, asked)
    assert stub.exchanges[0].body["generationConfig"]["thinkingConfig"] == {
        "include_thoughts": True
    }
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The meter")
    usage = end_of(events).usage
    assert usage is not None
    assert (usage.output_tokens, usage.reasoning_tokens) == (4, 2)


async def test_what_one_network_read_brought_is_one_delta() -> None:
    async with GEMINI.talking(Play(tokens=30, one_write=True)) as (stub, provider):
        events, _ = await hear(provider)
    assert [type(event) for event in events] == [TextDelta, StreamEnd]
    assert text_of(events) == stub.exchanges[0].text


async def test_tokens_that_come_one_by_one_are_relayed_one_by_one() -> None:
    async with GEMINI.talking(Play(tokens=5, gap=0.03)) as (_, provider):
        events, _ = await hear(provider)
    told = [event.text for event in events if isinstance(event, TextDelta)]
    assert told == ["The", " meter", " runs", " while", " the"]


async def test_a_connection_serves_the_next_request() -> None:
    async with GEMINI.talking() as (stub, provider):
        for _ in range(3):
            await hear(provider)
    assert stub.connections == 1


@pytest.mark.parametrize(
    "play",
    [
        Play(ends=2),
        Play(newline="\r"),
        Play(bytewise=True),
        Play(usage=False),
        Play(content_type="text/plain"),
        Play(hold_open=True),
    ],
)
async def test_habits_of_other_servers_are_tolerated(play: Play) -> None:
    async with GEMINI.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == " ".join(SENTENCE.split()[:12])
    assert (end_of(events).usage is None) is not play.usage


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("CONTINUATION", FinishReason.LENGTH),
        ("WHAT_COMES_NEXT_YEAR", FinishReason.STOP),
    ],
)
async def test_the_reason_for_the_end_is_told_after_one_request(
    word: str, reason: FinishReason
) -> None:
    async with GEMINI.talking(Play(finish=word)) as (stub, provider):
        events, _ = await hear(provider)
    assert end_of(events).finish_reason is reason
    assert len(stub.exchanges) == 1


async def test_halves_of_pairs_are_joined_or_replaced_and_nul_too() -> None:
    play = Play(deltas=("a\ud83d", "\ude00b", "\u2028\ud83d", "x\0", "\ud83d"))
    async with GEMINI.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "a\U0001f600b\u2028\ufffdx\ufffd\ufffd"


async def test_a_slow_answer_is_no_silent_one() -> None:
    async with GEMINI.talking(Play(tokens=6, gap=0.15), timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).usage is not None


async def test_a_model_that_thinks_without_showing_it_is_not_silent() -> None:
    thinking = b'{"usageMetadata":{"promptTokenCount":3,"thoughtsTokenCount":40}}'
    play = Play(first=0.6, gap=0.6, deltas=("", "The"), garbage=0, rubbish=thinking)
    patient = Timeouts(first_token_s=0.9, between_tokens_s=0.9)
    async with GEMINI.talking(play, timeouts=patient) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The"


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.text(max_size=4),
        st.recursive(
            st.none() | st.integers(-9, 9) | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["any_of", "_url", "$ref", "a"]), inner, max_size=2
                )
            ),
        ),
        max_size=3,
    )
)
async def test_any_schema_stands_on_the_wire_as_it_was_given(schema: dict[str, Any]) -> None:
    tool = ToolSpec(name="look", description="Looks.", parameters=schema)
    body = await body_of(
        structs.replace(
            REQUEST,
            params=Params(),
            tools=(tool,),
            output=OutputSchema(name="a", schema=schema),
        )
    )
    assert body["generationConfig"].get("responseJsonSchema", {}) == schema
    (declared,) = body["tools"][0]["functionDeclarations"]
    assert declared.get("parameters_json_schema", {}) == schema

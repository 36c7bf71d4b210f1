"""What is Gemini's own: the request on the wire, and chunks of every shape.

What holds for every vendor is in test_every_vendor.py.
"""

import asyncio
import json

import pytest
from msgspec.structs import replace

from agents.providers.gemini_ahead import AHEAD_MAX
from agents.providers.timeouts import Timeouts
from server.domain.content import ChatMessage, Role
from server.domain.errors import ProviderError, ProviderProtocol
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
from tests.support.providers.plays import Call, Play
from tests.support.providers.requests import LOOK, PICTURE, assistant, user

BLOCKED = b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}'
ERRORS = [
    b'{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}',
    b'{"error":{"message":"No code."}}',
    b'{"error":"No object."}',
]
GARBAGE = [
    b"7",
    b'{"candidates":7}',
    b'{"candidates":[{"content":{"parts":[{"text":7}]}}]}',
    b'{"candidates":{"content":[]}}',
    b'{"usageMetadata":"much"}',
    b"[" * 5000,
]


async def test_the_request_carries_key_model_and_limit_and_no_timeout_of_a_whole_answer() -> None:
    async with GEMINI.talking() as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert said.path == "/v1beta/models/stub:streamGenerateContent?alt=sse"
    assert said.headers["x-goog-api-key"] == "sk-test"
    assert "authorization" not in said.headers
    assert "x-server-timeout" not in said.headers
    assert said.headers["x-client-request-id"] == "corr-1"
    assert said.body == {
        "contents": [{"parts": [{"text": "Hello"}], "role": "user"}],
        "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
        "generationConfig": {"maxOutputTokens": 99},
    }


async def test_a_dialogue_with_pictures_arrives_whole() -> None:
    picture = replace(PICTURE, data=b"\xff>?")
    said = (user("What is it?", picture), assistant("A dot."), user("Sure?"))
    async with GEMINI.talking() as (stub, provider):
        _, error = await hear(provider, replace(REQUEST, messages=said))
    assert error is None
    body = stub.exchanges[0].body
    assert body["contents"][0]["parts"] == [
        {"inlineData": {"data": "/z4/", "mimeType": "image/png"}},
        {"text": "What is it?"},
    ]
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize("call_id", ["fc-1", ""])
async def test_a_tool_is_asked_for_and_answered_with_its_signature(call_id: str) -> None:
    calls = (Call("look", ('{"at":', '"é"}'), id=call_id), Call("look", id=call_id and "fc-2"))
    asked = replace(REQUEST, tools=(LOOK,))
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
        _, error = await hear(provider, replace(asked, messages=(*asked.messages, said, *answers)))
    assert error is None
    declared = stub.exchanges[0].body["tools"]
    assert declared == [
        {
            "functionDeclarations": [
                {
                    "name": "look",
                    "description": LOOK.description,
                    "parameters_json_schema": LOOK.parameters,
                }
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


async def test_thoughts_are_told_apart_and_only_when_asked_for() -> None:
    asked = replace(REQUEST, reasoning=True)
    async with GEMINI.talking(Play(tokens=2, reasoning=("Let me", " see"))) as (stub, provider):
        events, _ = await hear(provider, asked)
    assert stub.exchanges[0].body["generationConfig"]["thinkingConfig"] == {
        "include_thoughts": True
    }
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The meter")
    usage = end_of(events).usage
    assert usage is not None
    assert (usage.output_tokens, usage.reasoning_tokens) == (4, 2)


async def test_a_model_that_thinks_without_showing_it_is_not_silent() -> None:
    thinking = b'{"usageMetadata":{"promptTokenCount":3,"thoughtsTokenCount":40}}'
    play = Play(first=0.6, gap=0.6, deltas=("", "The"), garbage=0, rubbish=thinking)
    patient = Timeouts(first_token_s=0.9, between_tokens_s=0.9)
    async with GEMINI.talking(play, timeouts=patient) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The"


async def test_leaving_while_the_reading_pauses_closes_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits at the network then, and the SDK's generators stand still in the middle."""
    play = Play(tokens=4 * AHEAD_MAX, one_write=True, hold_open=True)
    async with GEMINI.talking(play) as (stub, provider):
        stream = provider.stream(REQUEST)
        await anext(stream)
        for _ in range(10):
            await asyncio.sleep(0.01)
        await stream.aclose()
        await stub.exchanges[0].client_left()
    assert caplog.messages == []


@pytest.mark.parametrize("rubbish", [*GARBAGE, *ERRORS])
async def test_an_event_of_another_shape_is_the_providers_failure(rubbish: bytes) -> None:
    """Whatever the SDK makes of it: most of these it takes apart without looking."""
    play = Play(garbage=3, rubbish=rubbish)
    async with GEMINI.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
        assert text_of(events) == "The meter runs"
        assert isinstance(error, ProviderError | ProviderProtocol)
        await hear(provider)
    assert len(stub.exchanges) == 2


async def test_a_blocked_prompt_says_why() -> None:
    async with GEMINI.talking(Play(garbage=0, rubbish=BLOCKED)) as (_, provider):
        _, error = await hear(provider)
    assert error is not None
    assert error.message == "gemini refused the content: SAFETY"


async def test_an_event_that_says_nothing_passes() -> None:
    async with GEMINI.talking(Play(garbage=3, rubbish=b"[1]")) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text

"""What is Anthropic's own: the request on the wire, and what we rely on in its SDK.

What holds for every vendor is in test_every_vendor.py.
"""

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic
from msgspec.structs import replace

from agents.events import TextDelta
from agents.providers.anthropic import AnthropicProvider
from server.domain.errors import ProviderError
from tests.support.providers.anthropic_dialect import AnthropicDialect
from tests.support.providers.hearing import (
    ANTHROPIC,
    REQUEST,
    end_of,
    hear,
    reasoning_of,
    text_of,
)
from tests.support.providers.plays import Call, Play
from tests.support.providers.requests import LOOK, assistant, tool, user
from tests.support.providers.stub import ProviderStub


async def test_the_request_carries_key_version_limit_and_our_id() -> None:
    async with ANTHROPIC.talking() as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert (said.method, said.path) == ("POST", "/v1/messages")
    assert said.headers["authorization"] == "Bearer sk-test"
    assert said.headers["anthropic-version"] == "2026-10-21"
    assert said.headers["x-client-request-id"] == "corr-1"
    assert said.headers["x-stainless-retry-count"] == "0"
    assert said.body["max_tokens"] == 99
    assert said.body["stream"] is True


async def test_a_wrong_key_is_refused_and_named_without_being_quoted() -> None:
    async with ProviderStub(AnthropicDialect(), key="right") as stub, httpx2.AsyncClient() as http:
        provider = AnthropicProvider(api_key="sk-wrong", http=http, base_url=stub.url)
        _, error = await hear(provider)
    assert type(error) is ProviderError
    assert "credentials" in error.message
    assert "abc" not in error.message


async def test_the_sdk_tries_again_unless_it_is_told_not_to() -> None:
    async with ANTHROPIC.talking(Play(status=529)) as (stub, provider):
        _, error = await hear(provider)
    assert type(error) is ProviderError
    assert len(stub.exchanges) == 1
    async with httpx2.AsyncClient() as http:
        assert AsyncAnthropic(api_key="k", http_client=http).max_retries == 2


async def test_nothing_is_raised_by_the_sdk_for_a_body_that_ends_early() -> None:
    async with ProviderStub(AnthropicDialect()) as stub, httpx2.AsyncClient() as http:
        stub.plays(Play(status=429), Play(cut=1, how="clean"))
        client = AsyncAnthropic(api_key="k", base_url=stub.url, http_client=http, max_retries=0)
        create = client.messages.with_streaming_response.create
        with pytest.raises(anthropic.RateLimitError):
            async with create(model="m", messages=[], max_tokens=1, stream=True):
                pass
        async with create(model="m", messages=[], max_tokens=1, stream=True) as response:
            lines = [line async for line in response.iter_lines() if line]
    assert "event: message_start" in lines
    assert "event: message_stop" not in lines


async def test_an_empty_account_is_the_operators_matter() -> None:
    said = {
        "type": "invalid_request_error",
        "message": "Your credit balance is too low to access the Anthropic API.",
    }
    async with ANTHROPIC.talking(Play(status=400, error=said)) as (_, provider):
        _, error = await hear(provider)
    assert type(error) is ProviderError
    assert "used up" in error.message


async def test_thinking_is_asked_for_only_where_somebody_wants_to_read_it() -> None:
    async with ANTHROPIC.talking(Play(), Play(reasoning=("Hm",))) as (stub, provider):
        await hear(provider, replace(REQUEST, model="claude-sonnet-5-5"))
        events, _ = await hear(
            provider, replace(REQUEST, model="claude-sonnet-5-5", reasoning=True)
        )
    assert "thinking" not in stub.exchanges[0].body
    assert stub.exchanges[1].body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert reasoning_of(events) == "Hm"


async def test_what_was_thought_before_a_tool_call_goes_back_with_its_answer() -> None:
    play = Play(tokens=1, reasoning=("Let me", " look"), calls=(Call("look", ('{"at":"it"}',)),))
    async with ANTHROPIC.talking(play, Play()) as (stub, provider):
        events, _ = await hear(provider, replace(REQUEST, tools=(LOOK,)))
        (call,) = end_of(events).tool_calls
        later = (*REQUEST.messages, assistant("The", call), tool("found", call), user("And?"))
        await hear(provider, replace(REQUEST, tools=(LOOK,), messages=later))
    _, said, answered = stub.exchanges[1].body["messages"]
    assert said["content"] == [
        {"type": "thinking", "thinking": "Let me look", "signature": "sealed"},
        {"type": "text", "text": "The"},
        {"type": "tool_use", "id": "call_stub", "name": "look", "input": {"at": "it"}},
    ]
    assert [block["type"] for block in answered["content"]] == ["tool_result", "text"]


async def test_an_event_that_nobody_knows_yet_passes() -> None:
    rubbish = b'{"type":"content_block_news","delta":{"type":"x_delta","x":1},"index":9}'
    async with ANTHROPIC.talking(Play(tokens=3, garbage=2, rubbish=rubbish)) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter runs"
    assert isinstance(events[0], TextDelta)

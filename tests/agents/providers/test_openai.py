"""What is OpenAI's own: the request on the wire, and habits of servers that speak its language.

What holds for every vendor is in test_every_vendor.py.
"""

import httpx2
import pytest
from msgspec.structs import replace

from agents.providers.openai import OpenAIProvider
from tests.support.providers.hearing import OPENAI, REQUEST, end_of, hear, reasoning_of, text_of
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play


async def test_the_request_carries_key_model_limit_and_our_id() -> None:
    async with OPENAI.talking(Play()) as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert said.path == "/v1/chat/completions"
    assert said.headers["authorization"] == "Bearer sk-test"
    assert said.headers["x-client-request-id"] == "corr-1"
    assert said.headers["x-stainless-retry-count"] == "0"
    assert said.body["max_tokens"] == 99
    assert said.body["stream_options"] == {"include_usage": True}
    assert said.body["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_a_compatible_server_goes_by_its_own_name_without_openais_own_fields() -> None:
    request = replace(REQUEST, model="gpt-lookalike")
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        for name in ("openai", "compatible"):
            provider = OpenAIProvider(api_key="k", http=http, base_url=stub.url, name=name)
            await hear(provider, request)
        stub.plays(Play(status=500))
        _, error = await hear(provider, request)
    keys = ["prompt_cache_key" in exchange.body for exchange in stub.exchanges]
    assert keys == [True, False, False]
    assert error is not None
    assert error.message.startswith("compatible")


async def test_a_refusal_is_the_answer_of_a_model_that_refuses() -> None:
    async with OPENAI.talking(Play(deltas=("I", " cannot."), refuses=True)) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "I cannot."


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_goes_by_two_names(field: str) -> None:
    play = Play(reasoning=("Let me", " see"), reasoning_field=field, tokens=1)
    async with OPENAI.talking(play) as (_, provider):
        events, _ = await hear(provider)
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The")


async def test_the_first_of_two_ends_counts_and_more_usage_than_expected_is_reported() -> None:
    async with OPENAI.talking(Play(tokens=2, ends=2, more=5000)) as (_, provider):
        events, _ = await hear(provider)
    usage = end_of(events).usage
    assert usage is not None
    assert usage.output_tokens == 5002

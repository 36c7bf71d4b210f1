"""What we rely on in the SDK's raw path; a new version that changes it is told of here."""

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from agents.providers.openai import OpenAIProvider
from agents.providers.openai_chat import http_timeout
from agents.providers.timeouts import Timeouts
from tests.support.providers.hearing import OPENAI, REQUEST, hear
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play


async def test_the_sdk_tries_again_unless_it_is_told_not_to() -> None:
    """Its default is two retries; ours are made by whoever calls, and announced."""
    async with OpenAIStub(Play(status=500)) as stub, httpx2.AsyncClient() as http:
        client = AsyncOpenAI(api_key="k", base_url=stub.url, http_client=http)
        assert client.max_retries == 2
        await hear(OPENAI.at(stub.url, http))
    assert len(stub.exchanges) == 1


async def test_a_status_is_raised_on_entry_and_nothing_at_all_for_a_body_that_ends_early() -> None:
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        stub.plays(Play(status=429), Play(cut=1, how="clean"))
        client = AsyncOpenAI(api_key="k", base_url=stub.url, http_client=http, max_retries=0)
        create = client.chat.completions.with_streaming_response.create
        with pytest.raises(openai.RateLimitError):
            async with create(model="m", messages=[], stream=True):
                pass
        async with create(model="m", messages=[], stream=True) as response:
            lines = [line async for line in response.iter_lines() if line]
    assert len(lines) == 2


async def test_one_http_client_serves_many_providers_and_is_closed_by_none() -> None:
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        for _ in range(2):
            _, error = await hear(OPENAI.at(stub.url, http), REQUEST)
            assert error is None
        assert not http.is_closed


def test_the_sockets_timeout_is_ours_and_not_ten_minutes() -> None:
    timeout = http_timeout(Timeouts(connect_s=2, first_token_s=3, between_tokens_s=4))
    assert (timeout.connect, timeout.read) == (2, 5)


@pytest.mark.parametrize(
    "play",
    [
        Play(status=400, error={"message": "Bad key plain-words."}),
        Play(error_event=0, error={"message": "Bad key plain-words."}),
    ],
)
async def test_a_key_of_any_shape_is_not_quoted(play: Play) -> None:
    async with OpenAIStub(play) as stub, httpx2.AsyncClient() as http:
        provider = OpenAIProvider(api_key="plain-words", base_url=stub.url, http=http)
        _, error = await hear(provider)
    assert error is not None
    assert error.message.endswith("Bad key [redacted].")
    assert str(error) == error.message

"""What is Mistral's own: the request on the wire, and what we rely on in its SDK.

What holds for every vendor is in test_every_vendor.py.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from mistralai.client import Mistral
from mistralai.client.models import UserMessage
from msgspec.structs import replace

from agents.providers.mistral import DEPRECATION
from server.domain.content import ChatMessage, Role
from server.domain.turn import FinishReason
from tests.support.providers.hearing import (
    REQUEST,
    end_of,
    hear,
    reasoning_of,
    text_of,
    unsaid_of,
)
from tests.support.providers.mistral_stub import MISTRAL, MistralStub
from tests.support.providers.plays import Call, Play
from tests.support.providers.requests import LOOK, PICTURE, assistant, user


async def test_the_request_carries_key_model_limit_and_our_id() -> None:
    async with MISTRAL.talking() as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert said.path == "/v1/chat/completions"
    assert said.headers["authorization"] == "Bearer sk-test"
    assert said.headers["x-client-request-id"] == "corr-1"
    assert said.body == {
        "model": "stub",
        "stream": True,
        "max_tokens": 99,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
    }


async def test_a_dialogue_with_pictures_arrives_whole() -> None:
    picture = replace(PICTURE, data=b"\xff>?")
    said = (user("What is it?", picture), assistant("A dot."), user("Sure?"))
    async with MISTRAL.talking() as (stub, provider):
        _, error = await hear(provider, replace(REQUEST, messages=said))
    assert error is None
    _, first, second, third = stub.exchanges[0].body["messages"]
    assert first["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": "data:image/png;base64,/z4/"},
    ]
    assert (second["role"], second["content"]) == ("assistant", "A dot.")
    assert third == {"role": "user", "content": "Sure?"}


async def test_a_tool_is_asked_for_and_answered() -> None:
    calls = (Call("look", ('{"at":', '"\\u00e9"}'), id="D681PevKs"), Call("look", id="VvvODy9mT"))
    asked = replace(REQUEST, tools=(LOOK,))
    async with MISTRAL.talking(Play(tokens=2, calls=calls), Play()) as (stub, provider):
        events, error = await hear(provider, asked)
        assert error is None
        end = end_of(events)
        assert end.finish_reason is FinishReason.TOOL_CALLS
        assert [call.id for call in end.tool_calls] == ["D681PevKs", "VvvODy9mT"]
        assert unsaid_of(events) == "".join(call.arguments for call in end.tool_calls)
        assert end.usage is not None
        assert end.usage.output_tokens == stub.exchanges[0].output_tokens
        answers = [
            ChatMessage(role=Role.TOOL, text="seen", tool_call_id=call.id)
            for call in end.tool_calls
        ]
        said = ChatMessage(role=Role.ASSISTANT, text=text_of(events), tool_calls=end.tool_calls)
        _, error = await hear(provider, replace(asked, messages=(*asked.messages, said, *answers)))
    assert error is None
    (declared,) = stub.exchanges[0].body["tools"]
    assert declared["function"]["parameters"] == LOOK.parameters
    *_, assistant, first, second = stub.exchanges[1].body["messages"]
    assert assistant["tool_calls"][0]["function"] == {
        "name": "look",
        "arguments": '{"at":"\\u00e9"}',
    }
    assert (first["tool_call_id"], second["tool_call_id"]) == ("D681PevKs", "VvvODy9mT")
    assert (first["role"], first["content"]) == ("tool", "seen")


async def test_thoughts_are_told_apart_and_only_when_asked_for() -> None:
    asked = replace(REQUEST, reasoning=True)
    play = Play(tokens=2, reasoning=("Let me", " see"))
    async with MISTRAL.talking(play, Play()) as (stub, provider):
        events, _ = await hear(provider, asked)
        await hear(provider)
    assert stub.exchanges[0].body["reasoning_effort"] == "high"
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The meter")
    assert "reasoning_effort" not in stub.exchanges[1].body


async def _on_its_way_out(response: httpx2.Response) -> None:
    response.headers[DEPRECATION] = "2027-01-01T00:00:00Z"


async def test_a_model_on_its_way_out_answers_all_the_same() -> None:
    async with (
        MistralStub() as stub,
        httpx2.AsyncClient(event_hooks={"response": [_on_its_way_out]}) as http,
    ):
        events, error = await hear(MISTRAL.at(stub.url, http))
    assert error is None
    assert text_of(events) == stub.exchanges[0].text


async def test_the_sdk_by_itself_fails_on_a_model_on_its_way_out() -> None:
    """Why the header is taken away. When this fails, the SDK has been mended."""
    async with (
        MistralStub() as stub,
        httpx2.AsyncClient(event_hooks={"response": [_on_its_way_out]}) as http,
    ):
        client = Mistral(api_key="k", server_url=stub.url, async_client=http)
        with pytest.raises(httpx2.ResponseNotRead):
            await client.chat.stream_async(model="m", messages=[UserMessage(content="x")])


async def test_leaving_between_the_sdks_steps_closes_the_connection() -> None:
    """The response has come, and the SDK has a thread look at it: it would forget it there."""
    came, release = asyncio.Event(), threading.Event()
    threads = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(threads)

    async def occupy_the_thread(_: httpx2.Response) -> None:
        threads.submit(release.wait)
        came.set()

    async with (
        MistralStub(Play(tokens=1000, gap=0.01)) as stub,
        httpx2.AsyncClient(event_hooks={"response": [occupy_the_thread]}) as http,
    ):
        task = asyncio.create_task(hear(MISTRAL.at(stub.url, http)))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            await stub.exchanges[0].client_left()
        finally:
            release.set()

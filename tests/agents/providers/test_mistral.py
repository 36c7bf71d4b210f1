"""The official SDK on the wire, against a server that says what the vendor says."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mistralai.client import Mistral
from mistralai.client.models import UserMessage
from msgspec import structs

from agents.events import StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.mistral import DEPRECATION
from server.domain.content import ChatMessage, Image, OutputSchema, Role, ToolSpec
from server.domain.turn import FinishReason
from tests.support.providers.hearing import (
    REQUEST,
    SHORT,
    end_of,
    hear,
    reasoning_of,
    text_of,
    unsaid_of,
)
from tests.support.providers.mistral_stub import MISTRAL, MistralStub
from tests.support.providers.plays import SENTENCE, Call, Play

LOOK = ToolSpec(name="look", description="Looks.", parameters={"type": "object"})


async def body_of(request: TextRequest) -> dict[str, Any]:
    """What stands on the wire of that request."""
    async with MISTRAL.talking() as (stub, provider):
        _, error = await hear(provider, request)
        assert error is None
        return stub.exchanges[0].body


async def test_an_answer_is_text_and_an_end_with_the_providers_own_figures() -> None:
    async with MISTRAL.talking(Play(tokens=12, cached=1)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text
    end = end_of(events)
    assert end.finish_reason is FinishReason.STOP
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (3, 12)
    assert end.usage.cached_input_tokens == 1


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


async def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "another")
    async with MISTRAL.talking() as (stub, provider):
        await hear(provider)
    assert stub.exchanges[0].headers["authorization"] == "Bearer sk-test"


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
    _, first, second, third = body["messages"]
    assert first["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": "data:image/png;base64,/z4/"},
    ]
    assert (second["role"], second["content"]) == ("assistant", "A dot.")
    assert third == {"role": "user", "content": "Sure?"}


async def test_a_tool_is_asked_for_and_answered() -> None:
    calls = (Call("look", ('{"at":', '"\\u00e9"}'), id="D681PevKs"), Call("look", id="VvvODy9mT"))
    asked = structs.replace(REQUEST, tools=(LOOK,))
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
        _, error = await hear(
            provider, structs.replace(asked, messages=(*asked.messages, said, *answers))
        )
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


async def test_calls_of_an_answer_that_the_limit_cut_off_are_none() -> None:
    play = Play(tokens=0, calls=(Call("look", ('{"at":',)),), finish="length")
    async with MISTRAL.talking(play) as (_, provider):
        events, _ = await hear(provider)
    assert end_of(events).tool_calls == ()
    assert end_of(events).finish_reason is FinishReason.LENGTH


async def test_thoughts_are_told_apart_and_only_when_asked_for() -> None:
    asked = structs.replace(REQUEST, reasoning=True)
    async with MISTRAL.talking(Play(tokens=2, reasoning=("Let me", " see"))) as (stub, provider):
        events, _ = await hear(provider, asked)
    assert stub.exchanges[0].body["reasoning_effort"] == "high"
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The meter")
    assert "reasoning_effort" not in await body_of(REQUEST)


async def test_what_one_network_read_brought_is_one_delta() -> None:
    async with MISTRAL.talking(Play(tokens=30, one_write=True)) as (stub, provider):
        events, _ = await hear(provider)
    assert [type(event) for event in events] == [TextDelta, StreamEnd]
    assert text_of(events) == stub.exchanges[0].text


async def test_tokens_that_come_one_by_one_are_relayed_one_by_one() -> None:
    async with MISTRAL.talking(Play(tokens=5, gap=0.03)) as (_, provider):
        events, _ = await hear(provider)
    told = [event.text for event in events if isinstance(event, TextDelta)]
    assert told == ["The", " meter", " runs", " while", " the"]


async def test_a_connection_serves_the_next_request() -> None:
    """The SDK's own reading drops it after each stream."""
    async with MISTRAL.talking() as (stub, provider):
        for _ in range(3):
            await hear(provider)
    assert stub.connections == 1


@pytest.mark.parametrize(
    "play",
    [
        Play(done=False),
        Play(ends=2),
        Play(newline="\r\n"),
        Play(newline="\r"),
        Play(bytewise=True),
        Play(usage=False),
        Play(hold_open=True),
    ],
)
async def test_habits_of_other_servers_are_tolerated(play: Play) -> None:
    async with MISTRAL.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == " ".join(SENTENCE.split()[:12])
    assert (end_of(events).usage is None) is not play.usage


@pytest.mark.parametrize(
    ("word", "reason"),
    [("length", FinishReason.LENGTH), ("what comes next year", FinishReason.STOP)],
)
async def test_the_reason_for_the_end_is_told(word: str, reason: FinishReason) -> None:
    async with MISTRAL.talking(Play(finish=word)) as (_, provider):
        events, _ = await hear(provider)
    assert end_of(events).finish_reason is reason


async def test_halves_of_pairs_are_joined_or_replaced_and_nul_too() -> None:
    play = Play(deltas=("a\ud83d", "\ude00b", "\u2028\ud83d", "x\0", "\ud83d"))
    async with MISTRAL.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "a\U0001f600b\u2028\ufffdx\ufffd\ufffd"


async def test_a_slow_answer_is_no_silent_one() -> None:
    async with MISTRAL.talking(Play(tokens=6, gap=0.15), timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).usage is not None


async def test_timeouts_are_those_of_the_settings() -> None:
    """The SDK would set one of five minutes for everything."""
    async with MistralStub() as stub, httpx2.AsyncClient() as http:
        provider = MISTRAL.at(stub.url, http, SHORT)
        seen: list[Any] = []

        async def note(response: httpx2.Response) -> None:
            seen.append(response.request.extensions["timeout"])

        http.event_hooks["response"].append(note)
        await hear(provider)
    assert [(timeout["connect"], timeout["read"]) for timeout in seen] == [(1, SHORT.read_s)]


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


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["type", "$ref", "schema", "default", "any_of"]),
        st.recursive(
            st.none() | st.integers(-9, 9) | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["_url", "$ref", "a"]), inner, max_size=2)
            ),
        ),
        max_size=3,
    )
)
async def test_any_schema_stands_on_the_wire_as_it_was_given(schema: dict[str, Any]) -> None:
    body = await body_of(
        structs.replace(
            REQUEST,
            tools=(ToolSpec(name="look", description="Looks.", parameters=schema),),
            output=OutputSchema(name="a", schema=schema),
        )
    )
    said = body["response_format"]
    assert said["json_schema"] == {"name": "a", "schema": schema, "strict": True}
    assert body["tools"][0]["function"]["parameters"] == schema

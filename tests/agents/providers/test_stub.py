"""The stub keeps its promises: what tests rely on, and what is written into a prompt by hand."""

import asyncio
import json

import pytest

from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Call, Play, parse


@pytest.mark.parametrize(
    ("prompt", "play"),
    [
        ("plain", Play(tokens=7)),
        ("[stub: tokens=500 gap=0.03 cut=100 how=fin]", Play(500, gap=0.03, cut=100, how="fin")),
        ("x [stub: status=429 retry_after=3] y", Play(7, status=429, retry_after="3")),
        ("[stub: silent=0] [stub: mute]", Play(7, mute=True)),
        ("[stub: deltas=a,b_c usage=no]", Play(7, deltas=("a", "b c"), usage=False)),
        ("[stub: calls=look,find]", Play(7, calls=(Call("look"), Call("find")))),
        ("[stub: garbage=2 rubbish={x_y]", Play(7, garbage=2, rubbish=b"{x y")),
    ],
)
def test_a_prompt_says_what_happens(prompt: str, play: Play) -> None:
    assert parse(prompt, Play(tokens=7)) == play


def test_a_misspelt_directive_is_told() -> None:
    with pytest.raises(ValueError, match="tokns"):
        parse("[stub: tokns=5]", Play())


async def raw(
    stub: OpenAIStub, request: dict[str, object], path: str = "chat/completions"
) -> bytes:
    """All that the stub says on a connection of its own."""
    host, port = stub.url.removeprefix("http://").removesuffix("/v1").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps(request).encode()
    method = "POST" if request else "GET"
    writer.write(f"{method} /v1/{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    writer.write(body)
    said = b""
    while not said.endswith((b"\r\n0\r\n\r\n", b"}")) and (data := await reader.read(65536)):
        said += data
    writer.close()
    await writer.wait_closed()
    return said


def events(said: bytes) -> list[str]:
    lines = said.decode().split("\r\n")
    return [line.removeprefix("data: ").strip() for line in lines if line.startswith("data: ")]


async def test_a_stream_is_the_vendors_to_the_letter() -> None:
    async with OpenAIStub(Play(tokens=2)) as stub:
        said = await raw(
            stub, {"model": "m", "messages": [], "stream_options": {"include_usage": True}}
        )
    assert said.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream")
    *chunks, done = events(said)
    assert done == "[DONE]"
    opening, first, second, end, usage = map(json.loads, chunks)
    assert opening["choices"][0]["delta"]["role"] == "assistant"
    assert first["choices"][0]["delta"] == {"content": "The"}
    assert second["choices"][0]["delta"] == {"content": " meter"}
    assert end["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 2
    assert {chunk["id"] for chunk in (opening, first, second, end, usage)} == {opening["id"]}
    assert opening["object"] == "chat.completion.chunk"
    assert opening["usage"] is None


async def test_usage_comes_only_when_it_is_asked_for() -> None:
    async with OpenAIStub(Play(tokens=1)) as stub:
        chunks = events(await raw(stub, {"model": "m", "messages": []}))
    assert len(chunks) == 4
    assert not any("usage" in chunk for chunk in chunks)


async def test_models_can_be_listed() -> None:
    async with OpenAIStub() as stub:
        said = await raw(stub, {}, "models")
    assert b'"object": "list"' in said


async def test_a_model_may_have_a_play_of_its_own() -> None:
    async with OpenAIStub(Play(tokens=1)) as stub:
        stub.plays_for("broken", Play(status=500))
        assert b"HTTP/1.1 500" in await raw(stub, {"model": "broken", "messages": []})
        assert b"HTTP/1.1 200" in await raw(stub, {"model": "m", "messages": []})
        assert b"HTTP/1.1 404" in await raw(stub, {"model": "m?status=404", "messages": []})


async def test_a_tool_call_comes_in_pieces_behind_the_text() -> None:
    call = Call("look", ('{"at":', '"it"}'), id="call_1")
    async with OpenAIStub(Play(tokens=1, calls=(call,))) as stub:
        *chunks, _ = events(await raw(stub, {"model": "m", "messages": []}))
    deltas = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert deltas[1]["delta"] == {"content": "The"}
    opened = deltas[2]["delta"]["tool_calls"][0]
    assert (opened["id"], opened["function"]) == ("call_1", {"name": "look", "arguments": ""})
    pieces = [each["delta"]["tool_calls"][0]["function"]["arguments"] for each in deltas[3:5]]
    assert "".join(pieces) == call.arguments
    assert deltas[5]["finish_reason"] == "tool_calls"
    assert stub.exchanges[0].unsaid_sent == ['{"at":', '"it"}']


async def test_steps_of_a_tool_call_are_positions_like_tokens() -> None:
    play = Play(tokens=1, calls=(Call("look", ("{", "}")),), cut=2, how="clean")
    async with OpenAIStub(play) as stub:
        chunks = events(await raw(stub, {"model": "m", "messages": []}))
    assert len(chunks) == 3
    assert stub.exchanges[0].unsaid_sent == []


async def test_a_stub_with_a_key_takes_no_other() -> None:
    async with OpenAIStub(Play(tokens=1), key="sk-right") as stub:
        assert b"HTTP/1.1 401" in await raw(stub, {"model": "m", "messages": []})

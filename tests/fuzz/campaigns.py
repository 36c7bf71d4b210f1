"""What can be fuzzed, from what the server says of itself: in the suite and for longer by hand."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx2

from server.domain.ids import new_id
from tests.fuzz.frames import FrameFuzzer
from tests.fuzz.rest import RestFuzzer
from tests.support.client import session
from tests.support.server import LiveServer


class Told(NamedTuple):
    """``seen``: answers by status, or sessions by what ended them."""

    flaws: list[str]
    seen: Counter[str]


async def fuzz_rest(server: LiveServer, seconds: float, number: int) -> Told:
    fuzzer = RestFuzzer(
        server.url,
        await _document(server, "/openapi.json"),
        mint=lambda role: asyncio.run(server.new_key(role=role)),
    )
    await asyncio.to_thread(fuzzer.run, seconds, number)
    return Told([str(flaw) for flaw in fuzzer.flaws], fuzzer.seen)


async def fuzz_frames(server: LiveServer, seconds: float, number: int) -> Told:
    key = await server.new_key()
    async with session(server.ws_url, key) as client:
        turn, outcome = await client.say("hello")
    assert outcome["type"] == "turn.completed"
    assert turn.started is not None
    ids = [turn.turn_id, turn.started["conversationId"], str(new_id())]
    document = await _document(server, "/asyncapi.json")
    return await _frames(FrameFuzzer(server.ws_url, key, document, ids), seconds, number)


async def fuzz_feed(server: LiveServer, seconds: float, number: int) -> Told:
    key = await server.new_key(role="admin")
    document = await _document(server, "/asyncapi.json")
    fuzzer = FrameFuzzer(
        f"{server.ws_url}/admin/costs", key, document, [str(new_id())], channel="costs"
    )
    return await _frames(fuzzer, seconds, number)


async def _frames(fuzzer: FrameFuzzer, seconds: float, number: int) -> Told:
    await asyncio.to_thread(fuzzer.run, seconds, number)
    return Told(fuzzer.flaws, fuzzer.seen)


async def _document(server: LiveServer, path: str) -> Any:
    async with httpx2.AsyncClient(base_url=server.url) as http:
        return (await http.get(path)).json()


CAMPAIGNS: dict[str, Callable[[LiveServer, float, int], Awaitable[Told]]] = {
    "rest": fuzz_rest,
    "frames": fuzz_frames,
    "feed": fuzz_feed,
}

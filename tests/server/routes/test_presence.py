"""Who leaves before the answer ends it."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from server.routes.presence import while_there


class Connection:
    """A request whose client leaves when it is told to."""

    def __init__(self) -> None:
        self.gone, self.ended = asyncio.Event(), list[str]()
        self.request = Request({"type": "http"}, self._receive)

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def answer(self, seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # what is put in order on the way out is not broken off
            self.ended.append("put in order")
            raise
        return "answer"


async def test_who_stays_gets_the_answer() -> None:
    client = Connection()
    assert await while_there(client.request, client.answer(0)) == "answer"
    with pytest.raises(ZeroDivisionError):
        await while_there(client.request, wrong())
    assert client.ended == []


async def wrong() -> float:
    return 1 / 0


async def test_who_leaves_ends_it_and_its_end_is_waited_for() -> None:
    client = Connection()
    asking = asyncio.create_task(while_there(client.request, client.answer(60)))
    await asyncio.sleep(0)
    client.gone.set()
    with pytest.raises(ClientDisconnect):
        await asking
    assert client.ended == ["put in order"]


async def test_a_process_that_ends_ends_it_likewise() -> None:
    client = Connection()
    asking = asyncio.create_task(while_there(client.request, client.answer(60)))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert client.ended == ["put in order"]

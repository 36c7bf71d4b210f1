"""Answers of which only whoever asked has any use: they end when the client leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

Result = TypeVar("Result")


async def while_there(request: Request, answer: Coroutine[Any, Any, Result]) -> Result:
    """What ``answer`` comes to. Where the client leaves before, it is cancelled, once, and waited
    for. The body of ``request`` has been read.

    Raises ClientDisconnect: it has left.
    """

    async def until_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.create_task(answer), asyncio.create_task(until_gone())
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            return answering.result()
    finally:
        leaving.cancel()
        if answering.cancel():
            await asyncio.wait({answering})
    raise ClientDisconnect

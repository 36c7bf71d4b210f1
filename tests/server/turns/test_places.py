"""So many have a place at once; who waits for something else leaves it, and queues for it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.accounts.access import Principal
from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import media
from server.persistence.database import Database
from server.persistence.media import NewMedia
from server.protocol.commands import FilePart, StartTurnBody
from server.turns.engine import PLACES
from server.turns.places import Places, elsewhere
from tests.support.eventually import eventually
from tests.support.s3 import s3_settings
from tests.support.turns import Harness, turn_harness


async def visit(places: Places, out: asyncio.Event | None = None) -> None:
    """Take a place, and wait: elsewhere for ``out``, else there for ever."""
    async with places.one():
        if out is None:
            await asyncio.Event().wait()
        else:
            async with elsewhere():
                await out.wait()


async def seated(places: Places) -> int:
    """How many of nine get a place."""
    count = 0

    async def sit() -> None:
        nonlocal count
        async with places.one():
            count += 1
            await asyncio.Event().wait()

    async with sent(*[asyncio.create_task(sit()) for _ in range(9)]):
        return count


@asynccontextmanager
async def sent(*tasks: asyncio.Task[None]) -> AsyncIterator[None]:
    """They have come as far as they get, and are broken off in the end."""
    for _ in range(9):
        await asyncio.sleep(0)
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_there_are_so_many() -> None:
    places = Places(3)
    assert await seated(places) == 3
    async with sent(asyncio.create_task(visit(places))):
        assert await seated(places) == 2
    assert await seated(places) == 3


async def test_who_waits_elsewhere_has_none() -> None:
    places, out = Places(3), asyncio.Event()
    async with sent(*[asyncio.create_task(visit(places, out)) for _ in range(5)]):
        assert await seated(places) == 3
    assert await seated(places) == 3


async def test_who_comes_back_queues_and_may_be_broken_off_there() -> None:
    places, out = Places(1), asyncio.Event()
    first, second = (asyncio.create_task(visit(places, news)) for news in (out, None))
    async with sent(first, second):
        out.set()
        assert await seated(places) == 0
    assert await seated(places) == 1


async def test_an_error_elsewhere_leaves_as_many_as_there_were() -> None:
    places = Places(2)
    with pytest.raises(KeyError):
        await fail_elsewhere(places)
    assert await seated(places) == 2


async def fail_elsewhere(places: Places) -> None:
    async with places.one(), elsewhere():
        raise KeyError


async def test_who_has_no_place_leaves_none() -> None:
    places = Places(1)
    async with elsewhere():
        assert await seated(places) == 1
    assert await seated(places) == 1


async def a_file(database: Database, caller: Principal) -> UUID:
    """One that the storage is said to have."""
    new = NewMedia(
        id=new_id(),
        user_id=caller.user_id,
        workspace_id=caller.workspace_id,
        kind="file",
        media_type="text/plain",
        size=3,
        sha256=b"",
        name="a.txt",
        width=0,
        height=0,
    )
    async with database.transaction() as tx:
        await media.add(tx, new)
        await media.keep(tx, new.id)
    return new.id


@asynccontextmanager
async def silent_storage(asked: list[int], speak: asyncio.Event) -> AsyncIterator[str]:
    """Its address: it answers, that it has nothing, when it may speak."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(len(await reader.readuntil(b"\r\n\r\n")))
        await speak.wait()
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def said(turns: Harness, caller: Principal, part: FilePart) -> None:
    request = StartTurnBody(parts=[part], client_message_id=new_id())
    await turns.engine.start(caller, request, address="127.0.0.1", correlation_id="test")


async def test_a_storage_that_does_not_answer_keeps_nobody_else_out(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    asked, speak = list[int](), asyncio.Event()
    async with silent_storage(asked, speak) as url:
        settings: dict[str, Any] = {name.lower(): at for name, at in s3_settings(url).items()}
        async with turn_harness(migrated, **settings) as turns:
            caller, other = await turns.person(), await turns.person()
            part = FilePart(media_id=await a_file(database, caller))
            waiting = [asyncio.create_task(said(turns, caller, part)) for _ in range(PLACES)]
            await eventually(lambda: len(asked) == PLACES)
            assert (await turns.answer(other, "x"))["type"] == "turn.completed"
            assert not any(task.done() for task in waiting)
            speak.set()
            for task in waiting:
                with pytest.raises(ServiceUnavailable):
                    await task

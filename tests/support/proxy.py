"""A wire between a server and an engine that can fail in every way a wire can."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url

from server.local.engines import EngineUrls

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNK = 65536

COMMIT = b"COMMIT;\x00"
REDIS_WRITES = (b"EVALSHA", b"XADD", b"XACK", b"EXPIRE", b"XGROUP", b"ZREM")


def is_commit(request: bytes) -> bool:
    """Whether PostgreSQL is asked to commit."""
    return COMMIT in request


def is_redis_write(request: bytes) -> bool:
    """Whether Redis is asked to change something."""
    return any(name in request for name in REDIS_WRITES)


class Proxy:
    """Forwards bytes from a loopback port to ``connect``. ``counts`` says which requests have a
    reply worth losing; ``lost`` counts those that it kept to itself."""

    def __init__(
        self, connect: Callable[[], Awaitable[Streams]], counts: Callable[[bytes], bool]
    ) -> None:
        self._connect = connect
        self._counts = counts
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._to_lose = 0
        self._server: asyncio.Server | None = None
        self.is_refusing = False
        self.latency_s = 0.0
        self.port = 0
        self.lost = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.refuse()
        self.resume()
        await asyncio.sleep(0)

    def pause(self) -> None:
        """Keep everything back until ``resume``; connections stay."""
        self._flowing.clear()

    def resume(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """End every connection at once; new ones are welcome."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def refuse(self) -> None:
        """End every connection and let nobody in until ``accept``."""
        self.is_refusing = True
        self.cut()

    def accept(self) -> None:
        self.is_refusing = False

    def lose_replies(self, number: int) -> None:
        """Do the next ``number`` requests that count, and cut the line instead of answering."""
        self._to_lose = number

    async def _serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.is_refusing:
            back.transport.abort()
            return
        try:
            server, forth = await self._connect()
        except OSError:
            back.transport.abort()
            return
        self._writers |= {back, forth}
        line = _Line()
        both = [
            asyncio.create_task(self._ask(line, client, forth)),
            asyncio.create_task(self._answer(line, server, back)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            with suppress(OSError):
                await asyncio.gather(*both, return_exceptions=True)
            for writer in (back, forth):
                writer.close()
                self._writers.discard(writer)

    async def _ask(
        self, line: "_Line", client: asyncio.StreamReader, forth: asyncio.StreamWriter
    ) -> None:
        while data := await client.read(CHUNK):
            await self._pass()
            if self._to_lose and self._counts(data):
                self._to_lose -= 1
                line.is_lost = True
            forth.write(data)
            await forth.drain()

    async def _answer(
        self, line: "_Line", server: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> None:
        while data := await server.read(CHUNK):
            await self._pass()
            if line.is_lost:  # it was done: the engine has answered
                self.lost += 1
                back.transport.abort()
                return
            back.write(data)
            await back.drain()

    async def _pass(self) -> None:
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        await self._flowing.wait()


class _Line:
    """One connection: whether the reply on its way is to be lost."""

    is_lost = False


@asynccontextmanager
async def proxied(urls: EngineUrls) -> AsyncIterator[tuple[Proxy, Proxy, EngineUrls]]:
    """PostgreSQL and Redis at ``urls``, each behind a proxy, and their addresses there."""
    database, redis = make_url(urls.database_url), make_url(urls.redis_url)
    host, port = database.query.get("host", database.host), database.query.get("port", "5432")
    path = str(redis.database)
    postgres = Proxy(lambda: asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}"), is_commit)
    valkey = Proxy(lambda: asyncio.open_unix_connection(f"/{path}"), is_redis_write)
    await postgres.start()
    await valkey.start()
    through = database.set(host="127.0.0.1", port=postgres.port, query={})
    try:
        yield (
            postgres,
            valkey,
            EngineUrls(
                database_url=through.render_as_string(hide_password=False),
                redis_url=f"redis://:{redis.password}@127.0.0.1:{valkey.port}/0",
            ),
        )
    finally:
        await postgres.stop()
        await valkey.stop()

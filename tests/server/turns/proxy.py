"""PostgreSQL behind a wire that can fail: for replies that are lost and servers that are gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url

from server.local.engines import EngineUrls

COMMIT = b"COMMIT;\x00"


class Proxy:
    """Forwards bytes. ``lost`` counts the replies to COMMIT that it kept to itself."""

    def __init__(self, host: str, port: int | None) -> None:
        self._host, self._port = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._to_lose = 0
        self._of = b""
        self._then_down = False
        self._flows = asyncio.Event()
        self._flows.set()
        self.is_down = False
        self.lost = 0

    def lose_commit(self, of: bytes, *, then_down: bool = False) -> None:
        """Do the next COMMIT of a transaction that sent ``of``, and close the connection instead of
        saying so; ``then_down``: nobody answers after that."""
        self._to_lose, self._of, self._then_down = 1, of, then_down

    def cut(self) -> None:
        """Close every connection, and let nobody in any more."""
        self.is_down = True
        for writer in tuple(self._writers):
            writer.close()

    def freeze(self) -> None:
        """Keep every connection and take new ones, and let nothing through: a server that was
        stopped, or a wire that swallows all."""
        self._flows.clear()

    def thaw(self, *, only_new: bool = False) -> None:
        """``only_new``: what was open stays dead, without a sign of it."""
        if only_new:
            self._flows = asyncio.Event()
        self._flows.set()

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.is_down:
            back.close()
            return
        if self._host.startswith("/"):
            path = f"{self._host}/.s.PGSQL.{self._port or 5432}"
            server, forth = await asyncio.open_unix_connection(path)
        else:
            server, forth = await asyncio.open_connection(self._host, self._port)
        self._writers |= {back, forth}
        flows = self._flows
        seen, is_lost = b"", False

        async def ask() -> None:
            nonlocal seen, is_lost
            while data := await client.read(65536):
                seen = (seen + data)[-200_000:]
                if self._to_lose and COMMIT in data and self._of in seen:
                    self._to_lose -= 1
                    self.lost += 1
                    is_lost = True
                if COMMIT in data or b"ROLLBACK;" in data:
                    seen = b""
                await flows.wait()
                forth.write(data)
                await forth.drain()

        async def answer() -> None:
            while data := await server.read(65536):
                if is_lost:
                    if self._then_down:
                        self.cut()
                    return
                await flows.wait()
                back.write(data)
                await back.drain()

        both = [asyncio.create_task(ask()), asyncio.create_task(answer())]
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


@asynccontextmanager
async def proxied(urls: EngineUrls) -> AsyncIterator[tuple[Proxy, EngineUrls]]:
    """The same engines, the database reached through a proxy."""
    url = make_url(urls.database_url)
    host = url.query.get("host", url.host)
    port = url.query.get("port", url.port)
    proxy = Proxy(str(host), int(str(port)) if port else None)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    through = url.set(host="127.0.0.1", port=server.sockets[0].getsockname()[1], query={})
    try:
        yield (
            proxy,
            EngineUrls(
                database_url=through.render_as_string(hide_password=False),
                redis_url=urls.redis_url,
            ),
        )
    finally:
        server.close()
        proxy.cut()

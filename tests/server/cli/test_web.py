"""uvicorn as we run it: its port, its drain, its end."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.cli import web
from server.cli.interrupts import Interrupts
from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.environment import SettingsError
from server.routes.sse import turn_events
from server.settings import Settings, load
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor

DEFAULT_MODEL, MODELS = "demo/none", ("demo/causerie-demo",)


async def address(request: Request) -> PlainTextResponse:
    assert request.client is not None
    return PlainTextResponse(f"{request.client.host} {request.url.scheme}")


class Served:
    """A small application behind the real server."""

    def __init__(self, settings: Settings) -> None:
        self.listener = web.bind(settings.host, settings.port)
        self.port = self.listener.getsockname()[1]
        self.interrupts = Interrupts()
        self.ready = anyio.Event()
        self.finish = anyio.Event()
        self.drained: list[str] = []
        self.application: ASGIApp = Starlette(routes=[Route("/", address)])
        self.settings = settings

    async def drain(self, reason: str) -> None:
        await self.finish.wait()
        self.drained.append(reason)

    async def run(self) -> None:
        server = web.WebServer(
            self.application,
            self.settings,
            on_ready=self.ready.set,
        )
        with self.listener:
            await web.serve_until_asked(server, self.listener, self.interrupts, self.drain)

    async def get(self, **headers: str) -> str:
        async with httpx2.AsyncClient() as client:
            answer = await client.get(
                f"http://127.0.0.1:{self.port}/",
                headers={name.replace("_", "-"): value for name, value in headers.items()},
            )
            return answer.text


@asynccontextmanager
async def served(**environ: str) -> AsyncIterator[Served]:
    server = Served(load({"PORT": "0", **environ}))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        with anyio.fail_after(10):
            await server.ready.wait()
        yield server
        server.finish.set()
        server.interrupts.asked.set()


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(web.StartFailed, match=rf"^PORT: {port} is taken on 127.0.0.1"):
            web.bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_somebody_else_is_one_line(host: str) -> None:
    with pytest.raises(web.StartFailed, match=r"^HOST: ") as caught:
        web.bind(host, 0)
    assert "\n" not in str(caught.value)


async def test_running_turns_are_drained_before_connections_are_closed() -> None:
    async with served() as server:
        server.interrupts.reason = "SIGTERM"
        server.interrupts.asked.set()
        await anyio.wait_all_tasks_blocked()
        # Still draining: who is connected, and health checks, go on being answered.
        assert await server.get() == "127.0.0.1 http"
        assert server.drained == []
        server.finish.set()
    assert server.drained == ["SIGTERM"]


async def test_who_insists_does_not_wait_for_the_drain_but_the_application_is_closed() -> None:
    closed = False

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        nonlocal closed
        yield
        closed = True

    server = Served(load({"PORT": "0"}))
    server.application = Starlette(lifespan=lifespan)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.run)
            await server.ready.wait()
            server.interrupts.asked.set()
            server.interrupts.insisted.set()
    assert server.drained == []
    assert closed


async def test_an_answer_without_an_end_is_cut_when_the_server_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cursor = Cursor(TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id())), 0)

    async def follow(_: Request) -> Response:
        return turn_events(cursor)

    server = Served(load({"PORT": "0"}))
    server.application = Starlette(routes=[Route("/", follow)])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        await server.ready.wait()
        async with await anyio.connect_tcp("127.0.0.1", server.port) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await client.receive()).startswith(b"HTTP/1.1 200 ")
            server.finish.set()
            server.interrupts.asked.set()
            with anyio.fail_after(10), contextlib.suppress(anyio.EndOfStream, OSError):
                while True:
                    await client.receive()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_forwarded_headers_are_believed_from_configured_proxies_only() -> None:
    forwarded = {"x_forwarded_for": "203.0.113.9, 198.51.100.7", "x_forwarded_proto": "https"}
    async with served() as server:
        assert await server.get(**forwarded) == "127.0.0.1 http"
    async with served(TRUSTED_PROXIES="127.0.0.0/8") as server:
        assert await server.get(**forwarded) == "198.51.100.7 https"


async def test_a_setting_refused_while_starting_keeps_its_one_line() -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if DEFAULT_MODEL not in MODELS:
            raise SettingsError("DEFAULT_MODEL: there is no such model")
        yield

    server = Served(load({"PORT": "0"}))
    server.application = Starlette(lifespan=lifespan)
    with pytest.RaisesGroup(pytest.RaisesExc(SettingsError, match="DEFAULT_MODEL")):
        await server.run()


async def test_a_frame_above_the_limit_closes_with_1009(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    server = Served(load({"PORT": "0", "FRAME_BYTES": "2048"}))
    server.application = listen
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        await server.ready.wait()
        async with connect(f"ws://127.0.0.1:{server.port}/") as client:
            assert client.protocol.extensions == []
            await client.send("x" * 2049)
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        server.finish.set()
        server.interrupts.asked.set()


async def test_who_brings_no_request_is_given_up_when_the_handshake_is_due() -> None:
    async with served(HANDSHAKE_SECONDS="0.2") as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        async with stream:
            await stream.send(b"GET / HTTP/1.1\r\nHost: ")
            with anyio.fail_after(5):
                assert (await stream.receive()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("proxies", ["", "127.0.0.0/8"])
async def test_an_address_has_so_many_connections_but_a_proxy_all_it_wants(proxies: str) -> None:
    async with (
        served(SESSIONS_PER_ADDRESS="1", TRUSTED_PROXIES=proxies) as server,
        await anyio.connect_tcp("127.0.0.1", server.port),
    ):
        with anyio.fail_after(5):
            if proxies:
                assert await server.get() == "127.0.0.1 http"
            else:
                with pytest.raises(httpx2.TransportError):
                    await server.get()

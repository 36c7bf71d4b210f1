"""Sessions over real sockets: uvicorn as we run it, the real engine, a client of `websockets`."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.accounts.access import Principal, Scope
from server.app import build_site
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.sockets.endpoint import SUBPROTOCOL
from server.sockets.hub import Hub
from server.sockets.peers import Peers
from server.sockets.requests import http_protocol
from server.sockets.uvicorn import SocketProtocol
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

PAGE = "http://page.example"


@dataclass
class Person:
    caller: Principal
    key: str


@dataclass(frozen=True)
class Scene:
    harness: Harness
    hub: Hub
    port: int

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def person(self, scopes: list[Scope] | None = None, **fields: Any) -> Person:
        """A new user, and a key of theirs."""
        caller = await self.harness.person(**fields)
        services = self.harness.process.services
        async with services.database.transaction() as tx:
            issued = await services.accounts.keys.create(
                tx, caller.user_id, name="test", scopes=scopes, expires_at=None
            )
        return Person(caller, issued.secret)

    @asynccontextmanager
    async def session(self, person: Person, **options: Any) -> "AsyncIterator[Talk]":
        """A session whose greeting was read."""
        options.setdefault("additional_headers", {"Authorization": f"Bearer {person.key}"})
        options.setdefault("subprotocols", [Subprotocol(SUBPROTOCOL)])
        # Without a bound on its queue: a client that stops reading would not hear the close frame.
        options |= {"compression": None, "max_size": None, "max_queue": None}
        async with connect(self.url, **options) as connection:
            talk = Talk(connection)
            talk.ready = await talk.next("session.ready")
            yield talk


class Talk:
    """One side of a session, that keeps what it heard."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self.ready: dict[str, Any] = {}
        self._ids = 0

    async def say(self, kind: str, **fields: Any) -> str:
        self._ids += 1
        fields.setdefault("id", f"c{self._ids}")
        await self.connection.send(json.dumps({"type": kind, **fields}))
        return str(fields["id"])

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command, answer its direct answer; what comes before it is kept in ``heard``."""
        command = await self.say(kind, **fields)
        return await self.until(lambda event: event.get("re") == command)

    async def start(self, text: str, **fields: Any) -> dict[str, Any]:
        fields.setdefault("clientMessageId", str(new_id()))
        return await self.ask("turn.start", text=text, **fields)

    async def next(self, kind: str) -> dict[str, Any]:
        """The next event of this type."""
        return await self.until(lambda event: event["type"] == kind)

    async def outcome(self, turn: str) -> dict[str, Any]:
        ends = ("turn.completed", "turn.failed", "turn.cancelled")
        for event in self.heard:
            if event["type"] in ends and event["turnId"] == turn:
                return event
        return await self.until(lambda e: e["type"] in ends and e["turnId"] == turn)

    async def until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                event = json.loads(await self.connection.recv())
                self.heard.append(event)
                if wanted(event):
                    return dict(event)

    async def closed(self) -> int | None:
        """The code that the server closes with."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(20):
                while True:
                    self.heard.append(json.loads(await self.connection.recv()))
        return self.connection.close_code

    def of_turn(self, turn: str) -> list[dict[str, Any]]:
        return [e for e in self.heard if e.get("turnId") == turn and "seq" in e]


@asynccontextmanager
async def scene(urls: EngineUrls, **settings: object) -> AsyncIterator[Scene]:
    """A server with sessions; ``settings`` are environment variables in lower case."""
    chosen: dict[str, Any] = {"allowed_origins": PAGE, **settings}
    async with turn_harness(urls, **chosen) as harness:
        site = build_site(harness.process)
        application = Starlette(routes=[WebSocketRoute("/ws", site.sockets["/ws"])])
        async with serving(application) as port:
            yield Scene(harness, site.hub, port)


@asynccontextmanager
async def serving(
    application: Any, *, step_s: float = 10, peers: Peers | None = None, **options: Any
) -> AsyncIterator[int]:
    """``application`` behind uvicorn as the product runs it; answers the port."""
    config = uvicorn.Config(
        application,
        http=http_protocol(step_s=step_s, peers=Peers(1_000) if peers is None else peers),
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        **{"ws_max_size": 256 * 1024, "timeout_graceful_shutdown": 2, **options},
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve([listener]))
        await eventually(lambda: server.started)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task

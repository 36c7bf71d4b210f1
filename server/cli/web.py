"""The web server: uvicorn as we run it, its port, and an end in good order."""

import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.accounts.addresses import is_trusted
from server.cli.interrupts import Interrupts, until
from server.settings import Settings
from server.sockets.peers import Peers
from server.sockets.requests import http_protocol
from server.sockets.uvicorn import SocketProtocol

BACKLOG = 4096
"""Connections that wait to be accepted: a reconnect storm must not be refused by the kernel."""

PING_S = 20.0
"""Between two pings, and how long an answer may take: half-open within 45 s (S8)."""

CLOSE_S = 5
"""For connections to close after the drain has ended every turn."""

INSISTED_S = 3.0
"""For the application to end after somebody has asked twice."""

KEEP_ALIVE_S = 75
"""Idle seconds of an HTTP connection: above the 60 of usual load balancers, which otherwise send
a request into a connection that we are closing."""


class StartFailed(Exception):
    """The server cannot start; ``str()`` is one line."""


def bind(host: str, port: int) -> socket.socket:
    """Take the port, without answering yet.

    Raises:
        StartFailed: the port is taken or not allowed, or the address is not of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise StartFailed(f"HOST: {host!r} is no address: {error.strerror}") from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise StartFailed(_why_not(error, host, port)) from error
    listener.set_inheritable(False)
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"PORT: {port} is taken on {host}; choose another, or 0 for a free one"
        case errno.EACCES:
            return f"PORT: {port} is not allowed to this user; choose one above 1023"
        case errno.EADDRNOTAVAIL:
            return f"HOST: {host} is not an address of this machine"
        case _:
            return f"HOST, PORT: cannot listen on {host}:{port}: {error.strerror}"


class Starting:
    """An application whose failure to start is kept instead of printed: uvicorn logs it with a
    traceback and forgets it, while a wrong setting wants its one line."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._application(scope, receive, send)
            return
        started = False

        async def told(event: Message) -> None:
            nonlocal started
            started = started or event["type"] == "lifespan.startup.complete"
            if started:
                await send(event)

        try:
            await self._application(scope, receive, told)
        except Exception as error:
            if started:
                raise
            self.failure = error
        if not started:
            await send({"type": "lifespan.startup.failed", "message": ""})


def _peers(settings: Settings) -> Peers:
    proxies = settings.trusted_proxies
    return Peers(settings.sessions_per_address, spares=lambda address: is_trusted(address, proxies))


def _configure(application: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="none",
        http=http_protocol(step_s=settings.handshake_seconds, peers=_peers(settings)),
        ws=SocketProtocol,
        ws_max_size=settings.frame_bytes,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=CLOSE_S,
    )


class WebServer(uvicorn.Server):
    """uvicorn, except that signals are ours: it would close all sockets the moment one arrives."""

    def __init__(
        self,
        application: ASGIApp,
        settings: Settings,
        *,
        on_ready: Callable[[], None],
    ) -> None:
        self._starting = Starting(application)
        self._on_ready = on_ready
        super().__init__(_configure(self._starting, settings))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Raises StartFailed, or what kept the application from starting."""
        uvicorn_log = logging.getLogger("uvicorn.error")
        try:
            uvicorn_log.disabled = True  # it would say that the start failed, we say why
            await super().startup(sockets)
        except SystemExit as error:
            # An exit from inside a task would tear the event loop down.
            raise self._starting.failure or StartFailed("the application did not start") from error
        except OSError as error:
            host, port = self.config.host, self.config.port
            raise StartFailed(_why_not(error, host, port)) from error
        finally:
            uvicorn_log.disabled = False
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:
            # uvicorn would leave the application as it is. Its turns get a moment to be settled,
            # for after us nobody is left whose database they could be written to.
            with anyio.move_on_after(INSISTED_S):
                await self.lifespan.shutdown()


async def serve_until_asked(
    server: WebServer,
    listener: socket.socket,
    interrupts: Interrupts,
    drain: Callable[[str], Awaitable[object]],
) -> None:
    """Serve. When asked to end, ``drain(reason)`` first, then close; when insisted on, close now.

    Raises:
        StartFailed: the application or its port said no.
    """

    async def end() -> None:
        await interrupts.asked.wait()
        await until(interrupts.insisted, lambda: drain(interrupts.reason))
        server.should_exit = True

    async def force() -> None:
        await interrupts.insisted.wait()
        server.force_exit = True

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end)
        tasks.start_soon(force)
        await server.serve(sockets=[listener])
        tasks.cancel_scope.cancel()

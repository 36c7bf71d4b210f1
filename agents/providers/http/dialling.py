"""Opens connections: the fastest of a server's addresses, then TLS."""

import asyncio
import socket
import ssl
from collections import deque
from itertools import chain, zip_longest
from typing import Any

import httpx2

from agents.providers.http.connection import Connection

STAGGER_S = 0.25
"""Between two addresses of one server, the first of which may lead nowhere: RFC 8305."""

Address = tuple[socket.AddressFamily, Any]
"""As the resolver tells it: the second part is of the family's own shape."""


async def dial(connection: Connection, tls: ssl.SSLContext, connect_s: float | None) -> None:
    """Connects ``connection`` to its origin, all in ``connect_s`` seconds.

    Raises:
        httpx2.ConnectError, httpx2.ConnectTimeout
    """
    origin = connection.origin
    try:
        async with asyncio.timeout(connect_s):
            sock = await fastest(await addresses_of(origin.host, origin.port))
            # Closes the socket itself when it fails.
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: connection,
                sock=sock,
                ssl=tls if origin.name else None,
                server_hostname=origin.name or None,
            )
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(f"{origin.host} does not answer.") from error
    except OSError as error:  # of TLS too
        raise httpx2.ConnectError(str(error)) from error
    if connection.is_closed:
        # By us, meanwhile. Not in ``connection_made``: uvloop does not own the socket yet.
        transport.abort()
        raise httpx2.ConnectError("The client was closed.")


async def fastest(addresses: list[Address]) -> socket.socket:
    """A socket to the address that answers first; they are tried in turn, a moment apart.

    Raises:
        OSError: none does; what each said.
    """
    if len(addresses) == 1:
        return await _reach(addresses[0])
    untried = deque(addresses)
    tries: set[asyncio.Task[socket.socket]] = set()
    running: set[asyncio.Task[socket.socket]] = set()
    failed: list[OSError] = []
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while untried or running:
            if untried:
                running.add(asyncio.create_task(_reach(untried.popleft()), name="dial"))
                tries |= running
            done, running = await asyncio.wait(
                running,
                timeout=STAGGER_S if untried else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                if isinstance(error := task.exception(), OSError):
                    failed.append(error)
                else:
                    winner = task
                    return task.result()
    finally:
        for task in tries - {winner}:
            task.cancel()
            task.add_done_callback(_hang_up)
    raise OSError("; ".join(map(str, failed)))


def _hang_up(task: asyncio.Task[socket.socket]) -> None:
    """It came second."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _reach(address: Address) -> socket.socket:
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Of a server that vanished while a model thinks, the kernel tells us.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def addresses_of(host: str, port: int) -> list[Address]:
    """The families take turns, in the resolver's order.

    Raises:
        OSError: nobody knows ``host``.
    """
    kind = socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:  # a name: looked up in a thread
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=kind)
    families: dict[socket.AddressFamily, list[Address]] = {}
    for family, _, _, _, where in found:
        families.setdefault(family, []).append((family, where))
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in turns if address is not None]

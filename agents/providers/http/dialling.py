"""Opens connections: the fastest of a server's addresses, then TLS."""

import asyncio
import socket
import ssl
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
            sock = await _open_socket(origin.host, origin.port)
            # Closes the socket itself when it fails.
            await asyncio.get_running_loop().create_connection(
                lambda: connection,
                sock=sock,
                ssl=tls if origin.name else None,
                server_hostname=origin.name or None,
            )
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(f"{origin.host} does not answer.") from error
    except OSError as error:  # of TLS too
        raise httpx2.ConnectError(str(error)) from error


async def _open_socket(host: str, port: int) -> socket.socket:
    """To the address that answers first; they are tried in turn, a moment apart."""
    addresses = await _addresses(host, port)
    if len(addresses) == 1:
        return await _reach(addresses[0])
    tries: set[asyncio.Task[socket.socket]] = set()
    running: set[asyncio.Task[socket.socket]] = set()
    failed: list[OSError] = []
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while addresses or running:
            if addresses:
                running.add(asyncio.create_task(_reach(addresses.pop(0)), name="dial"))
                tries |= running
            done, running = await asyncio.wait(
                running,
                timeout=STAGGER_S if addresses else None,
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


async def _addresses(host: str, port: int) -> list[Address]:
    """The families take turns, in the resolver's order."""
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

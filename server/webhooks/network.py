"""Connections to exactly the address that was checked: a name is resolved once, every answer must
be allowed, and nobody asks again between the check and the connection.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any, TypeAlias

import httpcore2

from server.webhooks.addresses import Address, Network
from server.webhooks.targets import NOT_PUBLIC, NotAllowed, Target, check

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]
"""A host and a port to its addresses. Raises OSError: it has none."""

RESOLVE_S = 5.0
THREADS, THREADS_OF_CHECKS = 64, 8
"""Of our own, so that names whose servers keep silent hold up no files, which share the loop's. One
is taken for half a minute then, when nobody waits for it any more: hence as many as deliveries are
made at once, and others for URLs that are checked, of which one user can name any number."""

TRIED = 3
"""Addresses of one host; the time for all of them together is the client's."""

CONNECT_S = 3.0

ANSWER_BYTES, PIECE_BYTES = 32 * 1024, 4 * 1024
"""What is read of an answer, head and all, and how much at once. To take it apart is work of the
loop that turns run in; informational answers (100 Continue) without end would be all of it."""


class Resolver:
    """The system's resolver, in threads; who asks for what is being asked for waits with it."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, "webhook-names")
        self._free = asyncio.Semaphore(threads)
        self._asked: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Raises OSError: no such host, or no answer."""
        if (host, port) not in self._asked:
            await self._free.acquire()
            self._ask(host, port)
        return [ip_address(place[4][0]) for place in await asyncio.shield(self._asked[host, port])]

    def _ask(self, host: str, port: int) -> None:
        """Have a thread ask, which ends when it does, whoever waits."""
        if (host, port) in self._asked:  # by somebody who waited for a thread as well
            self._free.release()
            return

        def forget(asked: asyncio.Future[list[Any]]) -> None:
            self._free.release()
            del self._asked[host, port]
            asked.cancelled() or asked.exception()  # which perhaps nobody waits for any more

        asked = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        self._asked[host, port] = asked
        asked.add_done_callback(forget)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


async def admitted(
    target: Target, resolve: Resolve, named: tuple[Network, ...]
) -> Sequence[Address]:
    """The addresses of ``target``, all of which may be called.

    Raises:
        NotAllowed: one of them may not, or there is none.
    """
    try:
        async with asyncio.timeout(RESOLVE_S):
            addresses = await resolve(target.host, target.port)
    except (OSError, UnicodeError) as error:  # a timeout is an OSError
        raise NotAllowed(NOT_PUBLIC) from error
    if not addresses:
        raise NotAllowed(NOT_PUBLIC)
    for address in addresses:
        check(target, address, named)
    return addresses


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to ``target`` and to nothing else, whatever it is asked for."""

    def __init__(self, target: Target, resolve: Resolve, named: tuple[Network, ...]) -> None:
        self._target = target
        self._resolve = resolve
        self._named = named
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """
        Raises:
            NotAllowed: the host may not be called.
            httpcore2.ConnectError, httpcore2.ConnectTimeout: it does not answer.
        """
        addresses = (await admitted(self._target, self._resolve, self._named))[:TRIED]
        for address in addresses[:-1]:
            try:
                return await self._connect(address)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._connect(addresses[-1])

    async def _connect(self, address: Address) -> httpcore2.AsyncNetworkStream:
        stream = await self._plain.connect_tcp(str(address), self._target.port, timeout=CONNECT_S)
        return _Rationed(stream)


class _Rationed(httpcore2.AsyncNetworkStream):
    """``stream``, of which ``ANSWER_BYTES`` can be read."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = ANSWER_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises httpcore2.ReadError: also when there is no more to be had."""
        if not self._left:
            raise httpcore2.ReadError("The answer is too long.")
        piece = await self._stream.read(min(max_bytes, PIECE_BYTES, self._left), timeout)
        self._left -= len(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return _Rationed(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

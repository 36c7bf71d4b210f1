"""The HTTP/1.1 transport that all providers' SDKs share, below ``httpx2.AsyncClient``.

What the stock transport does in the same situation is the measure, down to the exceptions; what
differs is the price: a streamed token costs a parser's callback, not a pass through five layers.
"""

import asyncio
import math
import ssl
from collections.abc import AsyncIterator
from typing import cast

import httpx2

from agents.providers.http.body import BODY
from agents.providers.http.connection import Connection, Origin
from agents.providers.http.heads import request_head
from agents.providers.http.incoming import Incoming
from agents.providers.http.pool import Bounds, Pool

PORTS = {"http": 80, "https": 443}


class Transport(httpx2.AsyncBaseTransport):
    """Speaks HTTP/1.1 over TCP and TLS. Of a request's extensions it knows ``timeout`` and
    ``sni_hostname``; a request is sent once, and never again."""

    def __init__(self, *, tls: ssl.SSLContext, bounds: Bounds) -> None:
        tls.set_alpn_protocols(["http/1.1"])
        self._pool = Pool(bounds, tls)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises httpx2.TransportError, of the kind that the stock transport would."""
        timeouts = request.extensions.get("timeout", {})
        head = request_head(request)
        connection = await self._pool.acquire(
            _origin(request), pool_s=timeouts.get("pool"), connect_s=timeouts.get("connect")
        )
        read_s = timeouts.get("read")
        content = cast("httpx2.AsyncByteStream", request.stream)  # httpx2 lets nothing else pass
        answer, incoming = await connection.ask(
            head, content, write_s=timeouts.get("write"), read_s=read_s
        )
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            stream=_Stream(connection, incoming, read_s),
            extensions={
                "http_version": answer.version,
                "reason_phrase": answer.reason,
                BODY: incoming.body,
            },
        )

    async def aclose(self) -> None:
        self._pool.close()


class _Stream(httpx2.AsyncByteStream):
    """The body as every caller of httpx2 reads it: in pieces, each of which is waited for
    ``read_s`` seconds at most."""

    def __init__(self, connection: Connection, incoming: Incoming, read_s: float | None) -> None:
        self._connection = connection
        self._incoming = incoming
        self._read_s = math.inf if read_s is None else read_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body, time = self._incoming.body, asyncio.get_running_loop().time
        try:
            while data := await body.read(time() + self._read_s):
                yield data
        except TimeoutError as error:
            raise httpx2.ReadTimeout("The server pauses in its response.") from error

    async def aclose(self) -> None:
        self._connection.leave(self._incoming)


def _origin(request: httpx2.Request) -> Origin:
    url = request.url
    if url.scheme not in PORTS:
        raise httpx2.UnsupportedProtocol(f"There is no transport for {url.scheme!r}.")
    host = url.raw_host.decode("ascii")
    name = request.extensions.get("sni_hostname") or host if url.scheme == "https" else ""
    return Origin(host, url.port or PORTS[url.scheme], name)

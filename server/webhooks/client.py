"""One POST to an address that a user has named: to nowhere but the internet, not redirected, not
through a proxy, with nothing of ours in it, and over after some seconds.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import httpcore2
import httpx2
from msgspec import Struct

from server.webhooks.addresses import Network
from server.webhooks.network import (
    THREADS,
    THREADS_OF_CHECKS,
    CheckedBackend,
    Resolve,
    Resolver,
    admitted,
)
from server.webhooks.targets import NotAllowed, Target, parse

TOTAL_S = 10.0
"""From the name to the head of the answer."""

EXCERPT_S = 2.0
"""For what is read of its body, whatever comes of that."""

TIMEOUTS_S = {"connect": 5.0, "write": 5.0, "read": 8.0}

EXCERPT_BYTES = 1_024
"""Of the answer's body; no more of it is kept."""

LATE, CUT = "There was no answer in time.", "The connection was closed before an answer came."


class Answer(Struct, frozen=True, kw_only=True):
    """What came of one request. ``status`` None: no answer, for the reason in ``error``."""

    status: int | None = None
    excerpt: str = ""
    error: str | None = None
    retry_after: str | None = None
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Client:
    """``named``: networks that the operator allows beside the internet. ``look_up``: resolves the
    names that are checked; without it ``resolve`` does."""

    def __init__(
        self,
        named: tuple[Network, ...],
        resolve: Resolve,
        tls: ssl.SSLContext,
        look_up: Resolve | None = None,
    ) -> None:
        self._named = named
        self._resolve = resolve
        self._tls = tls
        self._look_up = look_up or resolve

    async def check(self, url: str) -> Target:
        """Whether a webhook may have this URL, as things stand now.

        Raises:
            NotAllowed: it may not.
        """
        target = parse(url)
        await admitted(target, self._look_up, self._named)
        return target

    async def post(self, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
        """Send; whatever goes wrong is the answer."""
        began = time.monotonic()
        try:
            answer = await self._post(parse(url), headers, body)
        except NotAllowed as error:
            answer = Answer(error=str(error))
        except (TimeoutError, httpcore2.TimeoutException):
            answer = Answer(error=LATE)
        except httpcore2.ConnectError as error:
            answer = Answer(error=_unconnected(error))
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            answer = Answer(error=CUT)
        answer_ms = round((time.monotonic() - began) * 1000)
        return Answer(
            status=answer.status,
            excerpt=answer.excerpt,
            error=answer.error,
            retry_after=answer.retry_after,
            duration_ms=answer_ms,
        )

    async def _post(
        self, target: Target, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Answer:
        url = httpcore2.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        sent = [
            (b"host", target.authority),
            (b"connection", b"close"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"user-agent", b"Causerie-Webhooks/1"),
            *((name.encode(), value.encode()) for name, value in headers),
        ]
        request = httpcore2.Request(
            "POST", url, headers=sent, content=body, extensions={"timeout": TIMEOUTS_S}
        )
        async with httpcore2.AsyncHTTPConnection(
            url.origin,
            ssl_context=self._tls,
            network_backend=CheckedBackend(target, self._resolve, self._named),
        ) as connection:
            async with asyncio.timeout(TOTAL_S):
                response = await connection.handle_async_request(request)
            told = {name.lower(): value for name, value in response.headers}
            retry_after = told.get(b"retry-after")
            return Answer(
                status=response.status,
                excerpt=await _excerpt(response),
                retry_after=retry_after.decode("latin-1") if retry_after else None,
            )


async def _excerpt(response: httpcore2.Response) -> str:
    """Its beginning. That a body ends too early, or never, changes nothing about what the status
    has said."""
    body = bytearray()
    with suppress(
        TimeoutError,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.TimeoutException,
    ):
        async with asyncio.timeout(EXCERPT_S):
            async for piece in response.aiter_stream():
                body += piece
                if len(body) >= EXCERPT_BYTES:
                    break
    # PostgreSQL stores no NUL.
    return bytes(body[:EXCERPT_BYTES]).decode(errors="replace").replace("\0", "\ufffd")


def _unconnected(error: httpcore2.ConnectError) -> str:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The certificate is not valid: {cause.verify_message}."
    if isinstance(cause, ssl.SSLError):
        return "There was no TLS connection."
    return "There was no connection."


@asynccontextmanager
async def open_client(named: tuple[Network, ...]) -> AsyncIterator[Client]:
    """With the system's resolver and certificates."""
    called, checked = Resolver(THREADS), Resolver(THREADS_OF_CHECKS)
    try:
        yield Client(named, called.resolve, httpx2.create_ssl_context(), checked.resolve)
    finally:
        called.close()
        checked.close()

"""A response body read raw and told as events: what OpenAI's and Anthropic's wires have in common.

The official SDKs make the request; the body is read here, because their objects cost many times
what the bytes do.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

import httpx2

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.failures import no_stream, without_end
from agents.providers.http.body import Body, direct_body
from agents.providers.readahead import ReadAhead, reading_ahead
from agents.providers.sse import SseSplitter
from agents.providers.text import TextJoiner
from agents.providers.timeouts import Patience, Timeouts
from server.domain.errors import AppError


class Response(Protocol):
    """What the SDKs answer on their raw path."""

    @property
    def http_response(self) -> httpx2.Response: ...

    @property
    def headers(self) -> httpx2.Headers: ...

    def iter_bytes(self) -> AsyncIterator[bytes]: ...


class Said:
    """The pieces that one network read brought. ``is_alive``: none perhaps, but the model is at
    work, as when it thinks and does not show it."""

    __slots__ = ("is_alive", "reasoning", "text", "unsaid")

    def __init__(self) -> None:
        self.is_alive = False
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.unsaid: list[str] = []


class Wire(Protocol):
    """The vendor's part of one stream: payloads in, pieces out; made anew for each."""

    @property
    def has_ended(self) -> bool:
        """The end marker was seen."""
        ...

    @property
    def is_done(self) -> bool:
        """The last event was seen: nothing of use follows."""
        ...

    def take(self, payload: bytes, said: Said) -> None:
        """Raises AppError: an error event, or garbage."""
        ...

    def end(self) -> StreamEnd:
        """Called once, when ``has_ended`` and the body is read."""
        ...


async def relay(
    ask: Callable[[], AbstractAsyncContextManager[Response]],
    wire: Wire,
    *,
    provider: str,
    timeouts: Timeouts,
    told: Callable[[Exception], AppError | None] = lambda error: None,
) -> AsyncGenerator[ProviderEvent, None]:
    """``ask``, and tell what the response's body says: one delta of a kind per network read, then
    the end. Leaving in any way closes the connection, unless the body was read to its end.

    ``told`` makes of what goes wrong what is raised instead; None: it is raised as it is. All of
    this is one generator, for a layer around it would take its time with every token.

    Raises:
        AppError: what the wire raised, or an end without its marker; after what was said before.
        httpx2.HTTPError, TimeoutError, and whatever the SDK raises on entry.
    """
    patience = Patience(timeouts)
    try:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(patience.deadline):
                response = await stack.enter_async_context(ask())
            body: Body | ReadAhead | None = direct_body(response.http_response)
            if body is None:
                body = await stack.enter_async_context(reading_ahead(response.iter_bytes()))
            reply = _Reply(wire, provider, response.headers.get("content-type", ""))
            while not reply.is_over:
                try:
                    data = await body.read(patience.deadline)
                except (httpx2.HTTPError, TimeoutError):
                    if not wire.has_ended:
                        raise
                    break  # the answer is whole: a connection that dies after it changes nothing
                heard, is_alive = reply.feed(data)
                for event in heard:
                    yield event
                if reply.failure is not None:
                    raise reply.failure
                if is_alive:
                    patience.heard()
                if wire.has_ended:
                    patience.ended()
                if wire.is_done:
                    patience.done()
            yield reply.end()
    except Exception as error:
        failure = told(error)
        if failure is None or failure is error:
            raise
        raise failure from error


class _Reply:
    """What one response body has said so far."""

    def __init__(self, wire: Wire, provider: str, content_type: str) -> None:
        self.wire = wire
        self._provider = provider
        self._content_type = content_type
        self._events = SseSplitter(provider)
        self._text = TextJoiner()
        self._reasoning = TextJoiner()
        self._unsaid = TextJoiner()
        self._has_spoken = False
        self.failure: AppError | None = None
        self.is_over = False

    def feed(self, data: bytes) -> tuple[list[ProviderEvent], bool]:
        """Deltas that ``data`` brought, and whether the model is at work; empty ``data`` is the end
        of the body.

        What was said before a failure is delivered before the failure is raised.
        """
        said = Said()
        self.is_over = not data
        try:
            for payload in self._events.feed(data) if data else self._events.finish():
                self._has_spoken = True
                self.wire.take(payload, said)
        except AppError as error:
            self.failure = error
        heard: list[ProviderEvent] = []
        if reasoning := self._joined(self._reasoning, said.reasoning):
            heard.append(ReasoningDelta(reasoning))
        if text := self._joined(self._text, said.text):
            heard.append(TextDelta(text))
        if unsaid := self._joined(self._unsaid, said.unsaid):
            heard.append(UnsaidDelta(unsaid))
        return heard, bool(heard) or said.is_alive

    def end(self) -> StreamEnd:
        """Raises ProviderProtocol: the stream ended, cleanly perhaps, without its end marker."""
        if self.wire.has_ended:
            return self.wire.end()
        if not self._has_spoken:
            raise no_stream(self._provider, self._content_type)
        raise without_end(self._provider)

    def _joined(self, joiner: TextJoiner, pieces: list[str]) -> str:
        text = joiner.feed("".join(pieces)) if pieces else ""
        return text + joiner.finish() if self.is_over else text


def request_id(correlation_id: str) -> dict[str, str]:
    """Our id in the vendor's logs; headers take printable ASCII only."""
    is_token = correlation_id.isascii() and correlation_id.isprintable()
    return {"X-Client-Request-Id": correlation_id[:512]} if correlation_id and is_token else {}

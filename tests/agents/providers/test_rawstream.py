"""The reader alone, with a wire of one letter; each vendor's test shows it again on real bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx2
import pytest

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.http import body as http
from agents.providers.openai_wire import ChatChunks
from agents.providers.rawstream import Said, relay, request_id
from agents.providers.timeouts import Timeouts
from server.domain.errors import AppError, ProviderError, ProviderProtocol
from server.domain.turn import FinishReason
from tests.support.calls import calls_counted

SHORT = Timeouts(first_token_s=0.2, between_tokens_s=0.2)


class Letters:
    """``t``, ``r`` and ``u`` with text behind them, ``E`` the end, ``D`` done, ``!`` a failure,
    ``a`` a sign of life."""

    has_ended = False
    is_done = False

    def take(self, payload: bytes, said: Said) -> None:
        letter, rest = payload.decode()[:1], payload.decode()[1:]
        if letter == "!":
            raise ProviderError("failed")
        self.has_ended = self.has_ended or letter == "E"
        self.is_done = self.is_done or letter == "D"
        said.is_alive = said.is_alive or letter == "a"
        pieces = {"t": said.text, "r": said.reasoning, "u": said.unsaid}.get(letter, [])
        pieces.append(rest)

    def end(self) -> StreamEnd:
        return StreamEnd(finish_reason=FinishReason.LENGTH)


class Body:
    """Parts of a body: bytes to say, an exception to raise, or None to keep silent for ever."""

    def __init__(self, *parts: bytes | Exception | None) -> None:
        self.http_response = httpx2.Response(200)
        self.headers = httpx2.Headers({"content-type": "text/x-letters; v=1"})
        self.is_closed = False
        self._parts = parts

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            if part is None:
                await asyncio.Event().wait()
                continue
            yield part
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def asked(self) -> AsyncIterator["Body"]:
        try:
            yield self
        finally:
            self.is_closed = True


class Mute(Body):
    """Not even its head comes."""

    @asynccontextmanager
    async def asked(self) -> AsyncIterator["Body"]:
        try:
            await asyncio.Event().wait()
            yield self
        finally:
            self.is_closed = True


def event(*payloads: str) -> bytes:
    return "".join(f"data: {payload}\n\n" for payload in payloads).encode()


async def hear(body: Body) -> tuple[list[ProviderEvent], Exception | None]:
    events: list[ProviderEvent] = []
    try:
        async with aclosing(relay(body.asked, Letters(), provider="stub", timeouts=SHORT)) as told:
            async for said in told:
                events.append(said)  # noqa: PERF401 - what was heard before an error counts
    except (AppError, httpx2.HTTPError, TimeoutError) as error:
        return events, error
    finally:
        assert body.is_closed
    return events, None


END = StreamEnd(finish_reason=FinishReason.LENGTH)


async def test_each_kind_is_one_delta_per_network_read() -> None:
    events, error = await hear(Body(event("ta", "rb", "uc", "td"), event("te", "E", "D")))
    assert error is None
    assert events == [ReasoningDelta("b"), TextDelta("ad"), UnsaidDelta("c"), TextDelta("e"), END]


async def test_a_failure_follows_what_was_said_before_it_in_the_same_read() -> None:
    events, error = await hear(Body(event("ta", "!", "tb")))
    assert events == [TextDelta("a")]
    assert type(error) is ProviderError


@pytest.mark.parametrize("tail", [(), (httpx2.ReadError("cut"),), (None,)])
async def test_what_happens_to_the_connection_behind_the_end_changes_nothing(
    tail: tuple[Exception | None, ...],
) -> None:
    events, error = await hear(Body(event("ta", "E", "D"), *tail))
    assert (events, error) == ([TextDelta("a"), END], None)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ((), ProviderProtocol),
        ((httpx2.ReadError("cut"),), httpx2.ReadError),
        ((None,), TimeoutError),
    ],
)
async def test_without_an_end_marker_every_end_is_a_failure(
    tail: tuple[Exception | None, ...], kind: type[Exception]
) -> None:
    events, error = await hear(Body(event("ta"), *tail))
    assert events == [TextDelta("a")]
    assert type(error) is kind


async def test_a_body_without_one_event_is_named_by_its_type() -> None:
    _, error = await hear(Body(b"<html>\n\n"))
    assert "answered text/x-letters where" in str(error)


async def test_a_response_that_does_not_come_is_waited_for_as_long_as_a_first_token() -> None:
    events, error = await hear(Mute())
    assert events == []
    assert type(error) is TimeoutError


async def test_events_that_say_nothing_do_not_buy_time() -> None:
    """Comments and unknown events keep coming; the first token does not."""
    _, error = await hear(Body(*(event("?") for _ in range(200))))
    assert type(error) is TimeoutError


async def test_a_sign_of_life_buys_time_and_says_nothing() -> None:
    body = Body(*(event("a") for _ in range(40)), event("tb", "E", "D"))
    assert await hear(body) == ([TextDelta("b"), END], None)


def test_our_id_goes_into_a_header_only_if_headers_can_hold_it() -> None:
    assert request_id("corr-1") == {"X-Client-Request-Id": "corr-1"}
    assert request_id("") == request_id("é") == request_id("a\nb") == {}


async def test_what_a_token_costs_from_its_bytes_to_its_delta() -> None:
    body = http.Body(asyncio.get_running_loop(), lambda: None, lambda: None)
    response = Body()
    response.http_response = httpx2.Response(200, extensions={http.BODY: body})
    told = relay(response.asked, ChatChunks("stub"), provider="stub", timeouts=SHORT)
    chunk = event('{"choices":[{"index":0,"delta":{"content":" token"}}]}')
    async with aclosing(told):
        body.add(chunk)
        assert await anext(told) == TextDelta(" token")  # pays for what is built once
        with calls_counted() as calls:
            for _ in range(100):
                body.add(chunk)
                body.arrived()
                assert await anext(told) == TextDelta(" token")
    assert calls.count < 100 * 23

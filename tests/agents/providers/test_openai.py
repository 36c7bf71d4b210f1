"""The official SDK on the wire, against a server that says what the vendor says."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.openai import DELTA_MAX, OpenAIProvider, Timeouts
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import (
    AppError,
    Invalid,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)
from server.domain.turn import FinishReason
from tests.support.providers.openai_plays import SENTENCE, Play
from tests.support.providers.openai_stub import OpenAIStub

SHORT = Timeouts(connect_s=1, first_token_s=0.4, between_tokens_s=0.4)
PATIENT = Timeouts()

REQUEST = TextRequest(
    model="stub",
    messages=(ChatMessage(role=Role.USER, text="Hello"),),
    instructions="Be brief.",
    params=Params(max_output_tokens=99),
    correlation_id="corr-1",
)


@asynccontextmanager
async def talking(
    *plays: Play, timeouts: Timeouts = PATIENT
) -> AsyncIterator[tuple[OpenAIStub, OpenAIProvider]]:
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        stub.plays(*plays)
        yield (
            stub,
            OpenAIProvider(api_key="sk-test", http=http, base_url=stub.url, timeouts=timeouts),
        )


async def hear(provider: OpenAIProvider) -> tuple[list[ProviderEvent], AppError | None]:
    """All events, and what ended them if not ``StreamEnd``."""
    events: list[ProviderEvent] = []
    try:
        async with aclosing(provider.stream(REQUEST)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def eventually(condition: Callable[[], bool], within_s: float = 2.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the stub's log has no events
            await asyncio.sleep(0.005)


async def test_an_answer_is_text_and_an_end_with_the_providers_own_figures() -> None:
    async with talking(Play(tokens=12, cached=1)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text
    end = events[-1]
    assert isinstance(end, StreamEnd)
    assert end.finish_reason is FinishReason.STOP
    assert end.usage is not None
    assert end.usage.output_tokens == stub.exchanges[0].tokens_sent == 12
    assert end.usage.cached_input_tokens == 1


async def test_the_request_carries_key_model_limit_and_our_id() -> None:
    async with talking(Play()) as (stub, provider):
        await hear(provider)
    said = stub.exchanges[0]
    assert said.path == "/v1/chat/completions"
    assert said.headers["authorization"] == "Bearer sk-test"
    assert said.headers["x-client-request-id"] == "corr-1"
    assert said.body["max_tokens"] == 99
    assert said.body["stream_options"] == {"include_usage": True}
    assert said.body["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_what_one_network_read_brought_is_one_delta() -> None:
    async with talking(Play(tokens=30, one_write=True)) as (stub, provider):
        events, _ = await hear(provider)
    assert [type(event) for event in events] == [TextDelta, StreamEnd]
    assert text_of(events) == stub.exchanges[0].text


async def test_tokens_that_come_one_by_one_are_relayed_one_by_one() -> None:
    async with talking(Play(tokens=5, gap=0.03)) as (_, provider):
        events, _ = await hear(provider)
    assert [event.text for event in events if isinstance(event, TextDelta)] == [
        "The",
        " meter",
        " runs",
        " while",
        " the",
    ]


async def test_a_connection_serves_the_next_request() -> None:
    async with talking() as (stub, provider):
        for _ in range(3):
            await hear(provider)
    assert stub.connections == 1


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(status=500), ProviderError),
        (Play(status=503), ProviderError),
        (Play(status=429, retry_after="7"), ProviderRateLimited),
        (Play(status=401), ProviderError),
        (Play(status=400), Invalid),
        (Play(mute=True), ProviderTimeout),
        (Play(silent=0), ProviderTimeout),
        (Play(body=b"<html>busy</html>", content_type="text/html"), ProviderProtocol),
        (Play(body=b'{"choices":[]}', content_type="application/json"), ProviderProtocol),
        (Play(body=b""), ProviderProtocol),
        (Play(cut=0), ProviderError),
        (Play(cut=0, how="fin"), ProviderError),
        (Play(cut=0, how="clean"), ProviderProtocol),
        (Play(garbage=0), ProviderProtocol),
        (Play(error_event=0), ProviderError),
        (Play(finish="error", tokens=0), ProviderError),
    ],
)
async def test_a_failure_before_the_first_token_has_a_name(
    play: Play, kind: type[AppError]
) -> None:
    async with talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is kind
    assert error.message
    assert "sk-" not in error.message
    assert error.retry_after == (7.0 if play.retry_after else None)


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(cut=3), ProviderError),
        (Play(cut=3, how="fin"), ProviderError),
        (Play(cut=3, how="clean"), ProviderProtocol),
        (Play(silent=3), ProviderTimeout),
        (Play(garbage=3), ProviderProtocol),
        (
            Play(garbage=3, rubbish=b'{"choices":[{"delta":{"content":"\xff\xfe"}}]}'),
            ProviderProtocol,
        ),
        (Play(garbage=3, one_write=True), ProviderProtocol),
        (Play(error_event=3), ProviderError),
        (Play(tokens=3, finish=None), ProviderProtocol),
        (Play(tokens=3, finish=None, done=False), ProviderProtocol),
    ],
)
async def test_what_came_before_a_failure_is_delivered_then_the_failure_told(
    play: Play, kind: type[AppError]
) -> None:
    async with talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert not any(isinstance(event, StreamEnd) for event in events)
    assert type(error) is kind


@pytest.mark.parametrize(
    "play",
    [
        Play(done=False),
        Play(ends=2),
        Play(newline="\r\n"),
        Play(newline="\r"),
        Play(bytewise=True),
        Play(usage=False),
        Play(content_type="text/plain"),
    ],
)
async def test_habits_of_other_servers_are_tolerated(play: Play) -> None:
    async with talking(play) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text == " ".join(SENTENCE.split()[:12])
    assert isinstance(events[-1], StreamEnd)
    assert (events[-1].usage is None) is not play.usage


async def test_a_server_that_holds_the_body_open_behind_its_end_delays_nobody_for_long() -> None:
    async with talking(Play(hold_open=True)) as (_, provider):
        before = time.monotonic()
        events, error = await hear(provider)
    assert error is None
    assert isinstance(events[-1], StreamEnd)
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(("word", "reason"), [("length", "length"), ("content_filter",) * 2])
async def test_the_reason_for_the_end_is_told(word: str, reason: str) -> None:
    async with talking(Play(finish=word)) as (_, provider):
        events, _ = await hear(provider)
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason.value == reason


async def test_the_first_of_two_ends_counts_and_more_usage_than_expected_is_reported() -> None:
    async with talking(Play(tokens=2, ends=2, more=5000)) as (_, provider):
        events, _ = await hear(provider)
    end = events[-1]
    assert [event for event in events if isinstance(event, StreamEnd)] == [end]
    assert isinstance(end, StreamEnd)
    assert end.usage is not None
    assert end.usage.output_tokens == 5002


async def test_an_event_of_five_megabytes_passes_in_pieces_that_fit_a_frame() -> None:
    async with talking(Play(tokens=1, huge=5_000_000)) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert len(text_of(events)) == 5_000_003
    assert max(len(e.text) for e in events if isinstance(e, TextDelta)) <= DELTA_MAX


@pytest.mark.parametrize("one_write", [True, False])
async def test_surrogate_pairs_cut_between_deltas_are_joined(one_write: bool) -> None:
    play = Play(deltas=("a\ud83d", "\ude00b", "\ud83d", "x\0"), one_write=one_write)
    async with talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "a\U0001f600b\ufffdx\ufffd"


async def test_half_a_pair_before_a_clean_end_is_not_lost() -> None:
    async with talking(Play(deltas=("a\ud83d",))) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "a\ufffd"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_told_apart_from_the_answer(field: str) -> None:
    play = Play(reasoning=("Let me", " see"), reasoning_field=field, tokens=1)
    async with talking(play) as (_, provider):
        events, _ = await hear(provider)
    thoughts = "".join(e.text for e in events if isinstance(e, ReasoningDelta))
    assert (thoughts, text_of(events)) == ("Let me see", "The")


async def test_a_slow_answer_is_no_silent_one() -> None:
    """Each token starts the clock again: the whole takes longer than the longest pause allowed."""
    async with talking(Play(tokens=6, gap=0.15), timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert isinstance(events[-1], StreamEnd)


async def test_a_server_that_nobody_listens_at_cannot_be_reached() -> None:
    async with OpenAIStub() as stub:
        url = stub.url
    async with httpx2.AsyncClient() as http:
        provider = OpenAIProvider(api_key="k", http=http, base_url=url, timeouts=SHORT)
        _, error = await hear(provider)
    assert type(error) is ProviderError
    assert "cannot be reached" in error.message


async def test_closing_the_generator_closes_the_connection_and_stops_the_provider() -> None:
    async with talking(Play(tokens=1000, gap=0.01)) as (stub, provider):
        async with aclosing(provider.stream(REQUEST)) as stream:
            await anext(stream)
        exchange = stub.exchanges[0]
        await exchange.client_left()
        assert exchange.finished_at is None
        assert exchange.tokens_sent < 100


@pytest.mark.parametrize("play", [Play(tokens=1000, gap=0.01), Play(silent=1), Play(mute=True)])
async def test_a_cancelled_task_closes_the_connection(play: Play) -> None:
    """While tokens flow, while the provider keeps silent, and before it has answered at all."""
    async with talking(play) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await eventually(lambda: bool(stub.exchanges))
        await asyncio.sleep(0.05)
        asked_at = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stub.exchanges[0].client_left() - asked_at < 2


async def test_a_reader_that_stops_makes_the_provider_wait_and_not_our_memory_grow() -> None:
    play = Play(deltas=("x" * 60_000,) * 2_000)
    async with talking(play) as (stub, provider), aclosing(provider.stream(REQUEST)) as stream:
        await anext(stream)
        exchange = stub.exchanges[0]
        sent = -1
        while exchange.tokens_sent != sent:
            sent = exchange.tokens_sent
            await asyncio.sleep(0.2)
        # What the sockets of both sides and the read-ahead hold; 120 MB were on offer.
        assert sent * 60_000 < 30_000_000
        assert exchange.finished_at is None


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    deltas=st.lists(st.text(st.characters(exclude_categories=[]), min_size=1), max_size=8),
    burst=st.integers(1, 4),
    bytewise=st.booleans(),
)
def test_the_sum_of_deltas_is_the_same_however_it_was_sent(
    deltas: list[str], burst: int, bytewise: bool
) -> None:
    async def heard(play: Play) -> str:
        async with talking(play) as (_, provider):
            events, error = await hear(provider)
            assert error is None
            return text_of(events)

    texts = tuple(deltas)
    whole = asyncio.run(heard(Play(deltas=texts, one_write=True)))
    parts = asyncio.run(heard(Play(deltas=texts, burst=burst, bytewise=bytewise)))
    assert whole == parts

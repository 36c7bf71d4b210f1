"""The official SDK on the wire, against a server that says what the vendor says."""

import asyncio
import time

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.events import ReasoningDelta, StreamEnd, TextDelta
from agents.providers.openai import OpenAIProvider
from server.domain.errors import (
    AppError,
    Invalid,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)
from server.domain.turn import FinishReason
from tests.support.providers.hearing import SHORT, hear, talking, text_of
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import SENTENCE, Play


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


async def test_an_event_of_five_megabytes_passes() -> None:
    async with talking(Play(tokens=1, huge=5_000_000)) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert len(text_of(events)) == 5_000_003


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

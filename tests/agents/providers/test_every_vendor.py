"""What holds for each vendor: its official SDK, against a server that says what the vendor says."""

import asyncio
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.events import ReasoningDelta, StreamEnd, TextDelta
from server.domain.turn import FinishReason
from tests.support.providers.hearing import (
    SHORT,
    Vendor,
    end_of,
    hear,
    reasoning_of,
    text_of,
    unsaid_of,
)
from tests.support.providers.plays import SENTENCE, Call, Play
from tests.support.providers.vendors import VENDORS

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)


@every_vendor
async def test_an_answer_is_text_and_an_end_with_the_providers_own_figures(vendor: Vendor) -> None:
    async with vendor.talking(Play(tokens=12, cached=1, more=3)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text
    end = end_of(events)
    assert end.finish_reason is FinishReason.STOP
    assert end.tool_calls == ()
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (3, 15)
    assert end.usage.cached_input_tokens == 1
    assert end.usage.raw


@every_vendor
async def test_cached_tokens_are_a_part_of_the_input_and_never_added(vendor: Vendor) -> None:
    async with vendor.talking(Play(), Play(cached=2, written=1)) as (_, provider):
        plain, cached = [end_of((await hear(provider))[0]).usage for _ in range(2)]
    assert plain is not None
    assert cached is not None
    assert plain.input_tokens == cached.input_tokens
    assert cached.cached_input_tokens == 2
    assert cached.cache_write_tokens == (1 if vendor.counts_cache_writes else 0)


@every_vendor
async def test_what_one_network_read_brought_is_one_delta(vendor: Vendor) -> None:
    async with vendor.talking(Play(tokens=30, one_write=True)) as (stub, provider):
        events, _ = await hear(provider)
    assert [type(event) for event in events] == [TextDelta, StreamEnd]
    assert text_of(events) == stub.exchanges[0].text


@every_vendor
async def test_tokens_that_come_one_by_one_are_relayed_one_by_one(vendor: Vendor) -> None:
    async with vendor.talking(Play(tokens=4, gap=0.03)) as (_, provider):
        events, _ = await hear(provider)
    said = [event.text for event in events if isinstance(event, TextDelta)]
    assert said == ["The", " meter", " runs", " while"]


@every_vendor
async def test_a_connection_serves_the_next_request(vendor: Vendor) -> None:
    async with vendor.talking() as (stub, provider):
        for _ in range(3):
            await hear(provider)
    assert stub.connections == 1


@every_vendor
@pytest.mark.parametrize(
    "play",
    [
        Play(done=False),
        Play(ends=2),
        Play(newline="\r\n"),
        Play(newline="\r"),
        Play(bytewise=True),
        Play(usage=False),
    ],
)
async def test_habits_of_other_servers_are_tolerated(vendor: Vendor, play: Play) -> None:
    async with vendor.talking(play) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text == " ".join(SENTENCE.split()[:12])
    assert (end_of(events).usage is None) is not play.usage


@every_vendor
async def test_a_stream_that_is_called_something_else_is_read_where_the_sdk_lets_it_pass(
    vendor: Vendor,
) -> None:
    async with vendor.talking(Play(content_type="text/plain")) as (stub, provider):
        events, error = await hear(provider)
    assert (error is None) is vendor.takes_any_content_type
    assert text_of(events) == (stub.exchanges[0].text if error is None else "")


@every_vendor
async def test_a_server_that_holds_the_body_open_behind_its_end_delays_nobody_for_long(
    vendor: Vendor,
) -> None:
    async with vendor.talking(Play(hold_open=True)) as (_, provider):
        before = time.monotonic()
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).usage is not None
    assert time.monotonic() - before < 10


@every_vendor
@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_the_reason_for_the_end_is_told(vendor: Vendor, reason: str) -> None:
    async with vendor.talking(Play(finish=reason)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).finish_reason.value == reason
    assert len(stub.exchanges) == 1


@every_vendor
@pytest.mark.filterwarnings("ignore:satiated is not a valid FinishReason:UserWarning")
async def test_an_end_in_a_word_that_nobody_knows_yet_is_an_end(vendor: Vendor) -> None:
    async with vendor.talking(Play(finish="satiated")) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).finish_reason is FinishReason.STOP


@every_vendor
async def test_an_event_of_five_megabytes_passes(vendor: Vendor) -> None:
    async with vendor.talking(Play(tokens=1, huge=5_000_000)) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert len(text_of(events)) == 5_000_003


@every_vendor
@pytest.mark.parametrize("one_write", [True, False])
async def test_halves_of_surrogate_pairs_are_joined_or_replaced_and_none_is_lost(
    vendor: Vendor, one_write: bool
) -> None:
    play = Play(deltas=("a\ud83d", "\ude00b", "\u2028\ud83d", "x\0", "\ud83d"), one_write=one_write)
    async with vendor.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "a\U0001f600b\u2028\ufffdx\ufffd\ufffd"


@every_vendor
async def test_reasoning_is_told_apart_from_the_answer_and_counted_once(vendor: Vendor) -> None:
    async with vendor.talking(Play(reasoning=("Let me", " see"), tokens=1)) as (_, provider):
        events, _ = await hear(provider)
    assert (reasoning_of(events), text_of(events)) == ("Let me see", "The")
    assert isinstance(events[0], ReasoningDelta)
    usage = end_of(events).usage
    assert usage is not None
    assert usage.output_tokens == 3
    assert usage.reasoning_tokens == (2 if vendor.counts_reasoning else 0)


@every_vendor
async def test_tool_calls_come_whole_and_their_pieces_unsaid(vendor: Vendor) -> None:
    calls = (Call("look", ('{"at":', '"\\u00e9"}'), id="call_1"), Call("wait", id="call_2"))
    async with vendor.talking(Play(tokens=2, calls=calls)) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter"
    end = end_of(events)
    assert end.finish_reason is FinishReason.TOOL_CALLS
    assert [(call.id, call.name) for call in end.tool_calls] == [
        ("call_1", "look"),
        ("call_2", "wait"),
    ]
    assert [json.loads(call.arguments) for call in end.tool_calls] == [{"at": "é"}, {}]
    assert unsaid_of(events) == "".join(call.arguments for call in end.tool_calls)
    assert end.usage is not None
    assert end.usage.output_tokens == stub.exchanges[0].output_tokens


@every_vendor
async def test_a_tool_call_that_the_limit_cut_off_is_none(vendor: Vendor) -> None:
    play = Play(tokens=0, calls=(Call("look", ('{"at":', '"it"}')),), finish="length")
    async with vendor.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).tool_calls == ()
    assert end_of(events).finish_reason is FinishReason.LENGTH


@every_vendor
async def test_a_slow_answer_is_no_silent_one(vendor: Vendor) -> None:
    """Each token starts the clock again: the whole takes longer than the longest pause allowed."""
    async with vendor.talking(Play(tokens=6, gap=0.15), timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert end_of(events).usage is not None


@every_vendor
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    deltas=st.lists(st.text(st.characters(exclude_categories=[]), min_size=1), max_size=8),
    burst=st.integers(1, 4),
    bytewise=st.booleans(),
)
def test_the_sum_of_deltas_is_the_same_however_it_was_sent(
    vendor: Vendor, deltas: list[str], burst: int, bytewise: bool
) -> None:
    async def heard(play: Play) -> str:
        async with vendor.talking(play) as (_, provider):
            events, error = await hear(provider)
            assert error is None
            return text_of(events)

    texts = tuple(deltas)
    whole = asyncio.run(heard(Play(deltas=texts, one_write=True)))
    parts = asyncio.run(heard(Play(deltas=texts, burst=burst, bytewise=bytewise)))
    assert whole == parts

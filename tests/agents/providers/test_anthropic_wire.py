"""Events as the vendor sends them, in any order, and figures that stand side by side."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.anthropic_wire import (
    MessageEvents,
    OutputDetails,
    UsageWire,
    finish_reason,
    merged,
    unsealed,
    usage_of,
)
from agents.providers.rawstream import Said
from server.domain.errors import AppError
from server.domain.turn import FinishReason

figures = st.none() | st.integers(-5, 10**12) | st.floats(allow_nan=True, allow_infinity=True)


def heard(*events: dict[str, Any]) -> tuple[Said, MessageEvents]:
    said, wire = Said(), MessageEvents("stub", "claude-x")
    for event in events:
        wire.take(json.dumps(event).encode(), said)
    return said, wire


def start(**block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": block.pop("at", 0), "content_block": block}


def stop(reason: str | None, **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def test_input_is_the_sum_of_what_was_read_written_and_neither() -> None:
    usage = usage_of(
        UsageWire(
            input_tokens=10,
            output_tokens=50,
            cache_read_input_tokens=80,
            cache_creation_input_tokens=9,
            output_tokens_details=OutputDetails(thinking_tokens=20),
        )
    )
    assert usage is not None
    assert (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens) == (99, 80, 9)
    assert (usage.output_tokens, usage.reasoning_tokens) == (50, 20)
    assert usage.raw is not None
    assert usage.raw["input_tokens"] == 10


def test_later_figures_win_where_they_say_anything() -> None:
    first = UsageWire(input_tokens=10, output_tokens=1, cache_read_input_tokens=5)
    later = UsageWire(output_tokens=50, input_tokens=12)
    assert merged(first, later) == UsageWire(
        input_tokens=12, output_tokens=50, cache_read_input_tokens=5
    )


@given(figures, figures, figures, figures, figures)
def test_parts_never_exceed_their_whole_whatever_is_reported(
    tokens_in: float | None,
    tokens_out: float | None,
    read: float | None,
    written: float | None,
    thinking: float | None,
) -> None:
    usage = usage_of(
        UsageWire(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cache_read_input_tokens=read,
            cache_creation_input_tokens=written,
            output_tokens_details=OutputDetails(thinking_tokens=thinking),
        )
    )
    if usage is not None:
        assert 0 <= usage.cached_input_tokens + usage.cache_write_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("pause_turn", FinishReason.STOP),
        ("news", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("refusal", FinishReason.CONTENT_FILTER),
    ],
)
def test_each_reason_to_stop_has_one_meaning(word: str, reason: FinishReason) -> None:
    assert finish_reason(word) is reason


def test_the_last_event_is_an_end_even_where_nobody_said_why() -> None:
    _, wire = heard({"type": "message_stop"})
    assert (wire.has_ended, wire.is_done) == (True, True)
    assert wire.end().finish_reason is FinishReason.STOP


def test_a_message_delta_without_a_reason_is_no_end() -> None:
    _, wire = heard(stop(None, output_tokens=3))
    assert not wire.has_ended


def test_input_that_comes_whole_is_arguments_like_any_other() -> None:
    said, wire = heard(
        start(type="tool_use", id="a", name="look", input={"at": "it"}), stop("tool_use")
    )
    assert wire.end().tool_calls[0].arguments == '{"at":"it"}'
    assert said.unsaid == ['{"at":"it"}']


def test_each_call_carries_what_was_thought_just_before_it() -> None:
    _, wire = heard(
        start(type="redacted_thinking", data="sealed"),
        start(type="tool_use", at=1, id="a", name="one"),
        start(type="thinking", at=2, thinking="", signature="s"),
        start(type="tool_use", at=3, id="b", name="two"),
        start(type="tool_use", at=4, id="c", name="three"),
        stop("tool_use"),
    )
    signatures = [call.signature for call in wire.end().tool_calls]
    assert [unsealed(signature, "claude-x") for signature in signatures] == [
        [{"type": "redacted_thinking", "data": "sealed"}],
        [{"type": "thinking", "thinking": "", "signature": "s"}],
        [],
    ]
    assert [unsealed(signature, "claude-y") for signature in signatures] == [[], [], []]


@given(st.text() | st.sampled_from(["[1]", '{"type":1}', "[" * 50_000, '{"model":"m"}']))
def test_what_another_vendor_sealed_is_nothing_to_us(signature: str) -> None:
    assert unsealed(signature, "m") == []


def test_thinking_that_is_not_shown_is_no_silence() -> None:
    """Pings come while a block of thinking is open; without one they buy no time."""
    ping = b'{"type":"ping"}'
    _, wire = heard(start(type="thinking", thinking=""))
    thinking = Said()
    wire.take(ping, thinking)
    wire.take(b'{"type":"content_block_stop","index":0}', Said())
    idle = Said()
    wire.take(ping, idle)
    assert (thinking.is_alive, idle.is_alive) == (True, False)


@given(st.lists(st.binary(max_size=80), max_size=4))
def test_no_bytes_whatever_break_the_wire(payloads: list[bytes]) -> None:
    wire = MessageEvents("stub", "claude-x")
    for payload in payloads:
        try:
            wire.take(payload, Said())
        except AppError as error:
            assert "stub" in error.message  # noqa: PT017 - either outcome is right


events: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "error",
                "ping",
            ]
        )
    },
    optional={
        "index": st.none() | st.integers(-1, 3),
        "content_block": st.fixed_dictionaries(
            {"type": st.sampled_from(["text", "tool_use", "thinking", "redacted_thinking", "new"])},
            optional={"name": st.text(max_size=3), "input": st.just({}) | st.just([1])},
        ),
        "delta": st.fixed_dictionaries(
            {},
            optional={
                "text": st.none() | st.text(max_size=3),
                "partial_json": st.text(max_size=3),
                "signature": st.text(max_size=3),
                "stop_reason": st.none() | st.just("end_turn"),
            },
        ),
        "message": st.just({}),
        "usage": st.just({"output_tokens": 3.5}),
    },
)


@given(st.lists(events, max_size=8))
def test_no_order_of_events_breaks_the_wire(told: list[dict[str, Any]]) -> None:
    wire = MessageEvents("stub", "claude-x")
    try:
        for event in told:
            wire.take(json.dumps(event).encode(), Said())
        wire.end()
    except AppError as error:
        assert "stub" in error.message  # noqa: PT017 - either outcome is right

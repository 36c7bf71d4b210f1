"""Chunks as any server of that wire may send them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.events import StreamEnd
from agents.providers.openai_wire import (
    ChatChunks,
    DeltaWire,
    ErrorWire,
    InputDetails,
    OutputDetails,
    UsageWire,
    chunk_reasoning,
    chunk_text,
    decode_chunk,
    finish_reason,
    of_error_event,
    usage_of,
)
from agents.providers.rawstream import Said
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
)
from server.domain.turn import FinishReason


def test_a_chunk_with_everything_left_out_is_a_chunk() -> None:
    for payload in (b"{}", b'{"choices":null}', b'{"choices":[{}],"usage":null,"x":[1]}'):
        chunk = decode_chunk(payload, "stub")
        assert chunk.error is None
        assert chunk.usage is None


@pytest.mark.parametrize("payload", [b"{not json", b'{"choices":7}', b"null"])
def test_garbage_is_the_providers_failure(payload: bytes) -> None:
    with pytest.raises(ProviderProtocol):
        decode_chunk(payload, "stub")


def test_text_may_come_in_parts_or_as_a_refusal() -> None:
    parts = decode_chunk(
        b'{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"x"}]}}]}', "stub"
    )
    assert parts.choices is not None
    assert parts.choices[0].delta is not None
    assert chunk_text(parts.choices[0].delta) == "a"
    assert chunk_text(DeltaWire(refusal="No.")) == "No."


def test_reasoning_has_two_names() -> None:
    assert chunk_reasoning(DeltaWire(reasoning_content="a")) == "a"
    assert chunk_reasoning(DeltaWire(reasoning="b")) == "b"


def test_unknown_words_for_the_end_are_an_end() -> None:
    assert finish_reason("length") is FinishReason.LENGTH
    assert finish_reason("function_call") is FinishReason.TOOL_CALLS
    assert finish_reason("eos") is FinishReason.STOP


def test_cached_and_reasoning_tokens_are_parts_and_never_added() -> None:
    usage = usage_of(
        UsageWire(
            prompt_tokens=100,
            completion_tokens=50,
            prompt_tokens_details=InputDetails(cached_tokens=80, cache_write_tokens=10),
            completion_tokens_details=OutputDetails(reasoning_tokens=20),
        )
    )
    assert usage is not None
    assert (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens) == (
        100,
        80,
        10,
    )
    assert (usage.output_tokens, usage.reasoning_tokens) == (50, 20)
    assert usage.raw is not None
    assert usage.raw["cached_tokens"] == 80


@pytest.mark.parametrize("wire", [UsageWire(), UsageWire(prompt_tokens=5, completion_tokens=-1)])
def test_figures_that_cannot_be_true_are_no_figures(wire: UsageWire) -> None:
    assert usage_of(wire) is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (ErrorWire(message="m", type="server_error"), ProviderError),
        (ErrorWire(message="m", code="rate_limit_exceeded"), ProviderRateLimited),
        (ErrorWire(message="m", code=429), ProviderRateLimited),
        (ErrorWire(message="m", code="content_filter"), ContentBlocked),
        ("plain words", ProviderError),
        (ErrorWire(), ProviderError),
    ],
)
def test_an_error_event_has_one_meaning(said: ErrorWire | str, kind: type[AppError]) -> None:
    assert type(of_error_event(said, "openai")) is kind


def heard(*deltas: object, finish: str = "tool_calls") -> tuple[Said, StreamEnd]:
    said, wire = Said(), ChatChunks("stub")
    for delta in deltas:
        wire.take(json.dumps({"choices": [{"delta": delta}]}).encode(), said)
    wire.take(json.dumps({"choices": [{"finish_reason": finish}]}).encode(), said)
    assert wire.has_ended
    return said, wire.end()


def call(**fields: object) -> dict[str, object]:
    return {"tool_calls": [fields]}


def test_tool_calls_without_an_index_begin_with_an_id_and_go_on_without_one() -> None:
    said, end = heard(
        call(id="a", function={"name": "look", "arguments": "{"}),
        call(function={"arguments": "}"}),
        call(id="b", function={"name": "find", "arguments": {"x": 1}}),
    )
    assert [(each.id, each.name, each.arguments) for each in end.tool_calls] == [
        ("a", "look", "{}"),
        ("b", "find", '{"x":1}'),
    ]
    assert "".join(said.unsaid) == '{}{"x":1}'


def test_tool_calls_that_end_with_a_plain_stop_are_tool_calls_all_the_same() -> None:
    _, end = heard(call(id="a", function={"name": "look"}), finish="stop")
    assert end.finish_reason is FinishReason.TOOL_CALLS
    assert len(end.tool_calls) == 1


@given(st.lists(st.binary(max_size=80), max_size=4))
def test_no_bytes_whatever_break_the_wire(payloads: list[bytes]) -> None:
    wire = ChatChunks("stub")
    for payload in payloads:
        try:
            wire.take(payload, Said())
        except AppError as error:
            assert "stub" in error.message  # noqa: PT017 - either outcome is right

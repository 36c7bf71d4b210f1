"""Requests as the vendor wants them, chunks as any server of that wire may send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.base import TextRequest
from agents.providers.openai_wire import (
    DeltaWire,
    InputDetails,
    OutputDetails,
    UsageWire,
    chunk_reasoning,
    chunk_text,
    decode_chunk,
    finish_reason,
    request_body,
    usage_of,
)
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import ProviderProtocol
from server.domain.turn import FinishReason

NO_PARAMS = Params()


def request(model: str = "gpt-6.1-terra", params: Params = NO_PARAMS) -> TextRequest:
    return TextRequest(
        model=model,
        messages=(
            ChatMessage(role=Role.USER, text="Hello"),
            ChatMessage(role=Role.ASSISTANT, text="Hi"),
            ChatMessage(role=Role.USER, text="Go on"),
        ),
        instructions="Be brief.",
        params=params,
        correlation_id="c",
    )


def test_a_request_holds_only_what_was_asked_for() -> None:
    assert request_body(request()) == {
        "model": "gpt-6.1-terra",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "Go on"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("gpt-6.1-terra", "max_completion_tokens"),
        ("o4-mini", "max_completion_tokens"),
        ("llama-3.3-70b", "max_tokens"),
        ("olmo-2", "max_tokens"),
    ],
)
def test_the_output_limit_has_the_name_that_the_model_knows(model: str, field: str) -> None:
    body = request_body(request(model, Params(max_output_tokens=50, temperature=0.0, top_p=0.9)))
    assert (body[field], body["temperature"], body["top_p"]) == (50, 0.0, 0.9)


def test_a_chunk_with_everything_left_out_is_a_chunk() -> None:
    for payload in (b"{}", b'{"choices":null}', b'{"choices":[{}],"usage":null,"x":[1]}'):
        chunk = decode_chunk(payload, "stub")
        assert chunk.error is None
        assert chunk.usage is None


def test_half_a_surrogate_pair_is_legal_json_and_passes() -> None:
    chunk = decode_chunk(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}', "stub")
    assert chunk.choices is not None
    assert chunk.choices[0].delta == DeltaWire(content="\ud83d")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{not json",
        b'{"choices":7}',
        b'{"choices":[{"delta":{"content":"\xff"}}]}',
        b"[" * 100_000,
        b'{"choices":[{"delta":{"content":"\\ud83d"}}],"x":' + b"[" * 100_000,
        b"null",
        b'"text"',
    ],
)
def test_garbage_is_the_providers_failure(payload: bytes) -> None:
    with pytest.raises(ProviderProtocol):
        decode_chunk(payload, "stub")


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_else(payload: bytes) -> None:
    try:
        decode_chunk(payload, "stub")
    except ProviderProtocol as error:
        assert "stub" in error.message  # noqa: PT017 - either outcome is right


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

"""What vendors send and no standard allows is made whole, or is their failure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.json import Decoder

from agents.providers.lenient import decoded, normalised
from server.domain.errors import ProviderProtocol

figures = st.none() | st.integers(-5, 10**12) | st.floats(allow_nan=True, allow_infinity=True)


class Said(Struct):
    text: str | None = None
    depth: list[int] | None = None


DECODER = Decoder(Said)


def test_half_a_surrogate_pair_is_legal_json_and_passes() -> None:
    assert decoded(DECODER, b'{"text":"\\ud83d"}', "stub") == Said(text="\ud83d")


def test_unknown_fields_pass() -> None:
    assert decoded(DECODER, b'{"new":{"x":1}}', "stub") == Said()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{not json",
        b'{"text":7}',
        b'{"text":"\xff"}',
        b"[" * 100_000,
        b'{"text":"\\ud83d","new":' + b"[" * 100_000,
        b"null",
        b'"text"',
    ],
)
def test_garbage_is_the_providers_failure(payload: bytes) -> None:
    with pytest.raises(ProviderProtocol, match="stub"):
        decoded(DECODER, payload, "stub")


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_else(payload: bytes) -> None:
    try:
        decoded(DECODER, payload, "stub")
    except ProviderProtocol as error:
        assert "stub" in error.message  # noqa: PT017 - either outcome is right


@given(figures, figures, figures, figures, figures)
def test_parts_never_exceed_their_whole_whatever_is_reported(
    tokens_in: float | None,
    tokens_out: float | None,
    cached: float | None,
    written: float | None,
    reasoning: float | None,
) -> None:
    usage = normalised(
        input=tokens_in,
        output=tokens_out,
        cached=cached,
        written=written,
        reasoning=reasoning,
        raw={"in": tokens_in, "out": tokens_out, "cached": cached},
    )
    if usage is not None:
        assert 0 <= usage.cached_input_tokens + usage.cache_write_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens
        json.dumps(usage.raw, allow_nan=False)


@pytest.mark.parametrize("output", [None, -1, float("nan"), 1e12])
def test_figures_that_cannot_be_true_are_no_figures(output: float | None) -> None:
    assert normalised(input=5, output=output, raw={}) is None


def test_figures_are_kept_under_the_vendors_names_without_those_not_sent() -> None:
    usage = normalised(input=5, output=2, raw={"prompt": 5, "answer": 2, "cached": None})
    assert usage is not None
    assert usage.raw == {"prompt": 5, "answer": 2}

"""What a picture takes: the vendors' own examples, and never nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.picturetokens import picture_tokens

SIZES = st.integers(1, 20_000)
MODELS = (
    "openai/gpt-4o",
    "openai/gpt-4o-mini",
    "openai/gpt-5-mini",
    "openai/gpt-5-nano",
    "azure/gpt-4o",
    "anthropic/claude",
    "gemini/gemini",
    "mistral/pixtral",
    "compatible/qwen",
    "demo/x",
)


@pytest.mark.parametrize(
    ("model", "width", "height", "tokens"),
    [
        # The first two are OpenAI's examples, the third is what its API was seen to bill.
        ("openai/gpt-4o", 1_024, 1_024, 765),
        ("openai/gpt-4o", 2_048, 4_096, 1_105),
        ("openai/gpt-4o-mini", 128, 64, 8_500),
        ("azure/gpt-4o", 1_024, 1_024, 765),
        ("openai/gpt-5.4", 1_600, 1_600, 3_000),
        ("openai/gpt-5.4-mini", 1_600, 1_600, 4_300),
        ("openai/gpt-5-nano", 1_600, 1_600, 3_779),
        ("openai/gpt-5", 1_600, 1_600, 765),
        ("azure/a-deployment", 1_600, 1_600, 3_000),
        ("azure/a-deployment", 32, 32, 255),
        ("openai/gpt-4.1-mini", 4_000, 1_474, 2_642),
        # Anthropic's example of the largest square that is not scaled is some 1,590 tokens.
        ("anthropic/claude-sonnet", 1_092, 1_092, 1_521),
        ("anthropic/claude-opus", 8_000, 8_000, 4_784),
        # Google's example: 960 by 540 are six tiles.
        ("gemini/gemini-2.5-flash", 960, 540, 6 * 258),
        ("gemini/gemini-2.5-flash", 300, 300, 1_120),
        ("mistral/pixtral", 4_096, 4_096, 4_160),
        ("compatible/llama", 500, 500, 1_601),
        ("compatible/llama", 1_120, 1_120, 6_404),
        ("compatible/qwen", 9_000, 9_000, 16_384),
    ],
)
def test_pictures_take_what_their_vendor_says(
    model: str, width: int, height: int, tokens: int
) -> None:
    assert picture_tokens(model, width, height) == tokens


@given(st.sampled_from(MODELS), SIZES, SIZES)
def test_every_picture_takes_something_and_none_takes_a_whole_window(
    model: str, width: int, height: int
) -> None:
    found = picture_tokens(model, width, height)
    assert found > 0
    # Only Google cuts a long strip into as many tiles as it is long.
    assert model == "gemini/gemini" or found <= 2_833 + 5_667 * 8

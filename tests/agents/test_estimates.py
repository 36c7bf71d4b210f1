"""Estimates lean upwards and stay near: measured against what each vendor counts.

``token_corpus.json`` holds texts and what was counted for them: o200k by OpenAI's own vocabulary,
mistral by tekken, gemini by the vocabulary that Google gives out for counting, claude by a
reconstruction from the vendor's counting endpoint. The decision record tells more.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.estimates import count_claude, count_claude_before, count_gemini, count_mistral
from agents.tokens import count_text

CORPUS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "token_corpus.json").read_text("utf-8")
)
NOISE = {"base64", "letters", "hex", "uuids"}
"""What no language says. Nobody's tokens are regular there."""

FAMILIES: dict[str, Callable[[str], int]] = {
    "claude": count_claude,
    "claude_before": count_claude_before,
    "gemini": count_gemini,
    "mistral": count_mistral,
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", CORPUS)
def test_an_estimate_is_near_what_the_vendor_counts(family: str, name: str) -> None:
    text, real = CORPUS[name]["text"], CORPUS[name][family]
    low, high = (0.68, 1.5) if name in NOISE else (0.85, 1.5)
    assert low * real <= FAMILIES[family](text) <= high * real


@pytest.mark.parametrize("family", FAMILIES)
def test_over_all_texts_an_estimate_covers_without_being_far_above(family: str) -> None:
    real = sum(entry[family] for entry in CORPUS.values())
    told = sum(FAMILIES[family](entry["text"]) for entry in CORPUS.values())
    assert real <= told <= 1.15 * real


@pytest.mark.parametrize("name", sorted(CORPUS.keys() - NOISE))
def test_a_model_that_nobody_knows_is_counted_as_the_common_vocabulary_or_above(name: str) -> None:
    entry = CORPUS[name]
    assert 0.9 * entry["o200k"] <= count_text(entry["text"]) <= 2.2 * entry["o200k"]


@given(text=st.text(), count=st.sampled_from([*FAMILIES.values()]))
def test_every_character_belongs_to_a_piece(text: str, count: Callable[[str], int]) -> None:
    assert (count(text) > 0) == bool(text)
    assert count(text) <= 4 * len(text)


@given(st.lists(st.sampled_from(sorted(CORPUS)), min_size=1, max_size=4), st.integers(100, 500))
def test_a_text_that_comes_in_parts_counts_nearly_the_same(names: list[str], size: int) -> None:
    """A cut within a word lets its second part begin anew: up to eight characters of one token."""
    text = "".join(CORPUS[name]["text"] for name in names)
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    for count in FAMILIES.values():
        assert abs(count(text) - sum(map(count, parts))) <= 8 * len(parts)

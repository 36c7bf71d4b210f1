"""Prompts are found wherever the package is installed."""

import pytest

from agents.prompts.load import prompt


def test_a_prompt_is_the_text_of_its_file_without_the_last_line_end() -> None:
    text = prompt("assistant")
    assert text.startswith("You are the assistant")
    assert text == text.strip()


def test_a_prompt_that_nobody_wrote_is_missed_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        prompt("nobody")


@pytest.mark.parametrize("name", ["messaging", "replies", "offer", "sales"])
def test_whoever_writes_to_fans_is_told_what_is_none_of_their_business(name: str) -> None:
    assert "Never tell one fan of another" in prompt(name)
    assert "Never tell a fan of revenue" in prompt(name)

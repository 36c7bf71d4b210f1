"""Demo answers suit the question, are well-formed Markdown, and say what they are."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.demo_answers import LABEL, answer, filler, tools_answer


def said(question: str) -> str:
    return answer(question, random.Random(1))


@pytest.mark.parametrize(
    ("question", "sign"),
    [
        ("Please compare the plans in a table", "| --: |"),
        ("Write a function in JavaScript", "```javascript"),
        ("Now in TypeScript", "```javascript"),
        ("some python code", "```python"),
        ("How do I query that in SQL?", "```sql"),
        ("A bash script for it", "```bash"),
        ("Give me five steps", "1. **"),
        ("Why is the sky blue?", "## "),
        ("Hello!", "Hello"),
    ],
)
def test_the_answer_suits_the_question(question: str, sign: str) -> None:
    assert sign in said(question)


def test_a_question_for_two_things_gets_both() -> None:
    text = said("A table, and the code for it in SQL")
    assert "| --: |" in text
    assert "```sql" in text


@given(st.text())
def test_every_answer_begins_by_saying_that_it_is_a_demo_and_closes_its_code(text: str) -> None:
    made = said(text)
    assert made.startswith(LABEL)
    assert made.count("```") % 2 == 0


def test_filler_has_as_many_sentences_as_were_asked_for() -> None:
    assert filler(random.Random(1), 12).count(".") == 12
    assert filler(random.Random(1), 0) == ""


def test_what_tools_said_is_told_by_name() -> None:
    told = tools_answer([("clock", "noon"), ("search", "``` nothing ```")])
    assert told.startswith(LABEL)
    assert told.index("`clock`") < told.index("noon") < told.index("`search`")
    assert told.count("````") == 4

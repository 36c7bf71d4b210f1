"""Sentences are told apart where they end, and put together again as they were."""

from hypothesis import given
from hypothesis import strategies as st

from agents.checks.sentences import sentences, without

TEXT = "It costs 19.99 €. “Really?” Yes… and more!\nBye"


def test_a_sentence_ends_at_its_sign_or_at_the_end_of_the_line() -> None:
    found = [TEXT[start:end].strip() for start, end in sentences(TEXT)]
    assert found == ["It costs 19.99 €.", "“Really?”", "Yes…", "and more!", "Bye"]


def test_the_one_that_is_taken_out_is_missing_and_nothing_else() -> None:
    assert without(TEXT, [TEXT.index("Really")]) == "It costs 19.99 €. Yes… and more!\nBye"
    assert without(TEXT, []) == TEXT


@given(st.text(alphabet="ab.!? \n", max_size=40))
def test_every_word_belongs_to_one_sentence(text: str) -> None:
    spans = sentences(text)
    covered = [place for start, end in spans for place in range(start, end)]
    assert len(covered) == len(set(covered))
    assert all(text[place].isspace() for place in set(range(len(text))) - set(covered))

"""Of a request, its first words are looked for, each once."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.asking import WORDS, asked


@given(st.text())
def test_saying_it_again_asks_for_nothing_more(said: str) -> None:
    looked_for = asked(said).split()
    assert len(set(looked_for)) == len(looked_for) <= WORDS
    assert asked(f"{said} {said}") == asked(said)
    assert asked(asked(said)) == asked(said)


def test_the_first_words_stay_in_their_order() -> None:
    assert asked("write a  caption\nand a\0question") == "write a caption and question"
    assert asked(" ".join(map(str, range(500)))).split() == [str(each) for each in range(WORDS)]

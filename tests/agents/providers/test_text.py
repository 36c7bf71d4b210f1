"""Whatever a provider cuts in two, what is stored and sent is valid text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.providers.text import TextJoiner, clean

anything = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\ud83d\ude00\ud800\udfff\0a\ufffd"),
        st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"]),
    )
)


def joined(pieces: list[str]) -> str:
    joiner = TextJoiner()
    return "".join([joiner.feed(piece) for piece in pieces if piece] + [joiner.finish()])


def test_halves_of_a_pair_in_two_deltas_become_one_character() -> None:
    assert joined(["a\ud83d", "\ude00b"]) == "a\U0001f600b"


def test_halves_that_stay_alone_and_nul_are_replaced() -> None:
    assert joined(["\ude00a\ud83d", "b\0", "\ud83d"]) == "\ufffda\ufffdb\ufffd\ufffd"


def test_a_half_is_not_said_before_its_other_half_is_known() -> None:
    joiner = TextJoiner()
    assert joiner.feed("\ud83d") == ""
    assert joiner.feed("\ude00") == "\U0001f600"


@given(anything)
def test_what_comes_out_can_be_stored_and_sent(text: str) -> None:
    said = joined([text])
    said.encode()
    assert "\0" not in said


@given(anything, st.data())
def test_where_deltas_were_cut_does_not_matter(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    edges = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert joined(pieces) == clean(text)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_valid_text_is_left_alone(text: str) -> None:
    assert joined([text]) == text

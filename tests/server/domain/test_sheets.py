"""A table of somebody else's words opens as words."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from server.domain.sheets import cell, line

CELLS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    min_size=1,
    max_size=5,
)


@given(CELLS)
def test_what_is_read_back_is_what_was_written_or_the_same_marked_as_text(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(line(cells), newline=""))
    for written, found in zip(cells, read, strict=True):
        assert found in {written, f"'{written}"}
        assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_words_that_are_no_formula_stay_as_they_are() -> None:
    assert cell("1.5 = 3/2") == "1.5 = 3/2"
    assert line(("a", None, 7, 'say "x", y')) == 'a,,7,"say ""x"", y"\r\n'

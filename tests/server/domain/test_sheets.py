"""A table of somebody else's words opens as words."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.sheets import cell, line, lines

CELLS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    min_size=1,
    max_size=5,
)


def is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


@given(CELLS)
def test_what_is_read_back_is_what_was_written_or_the_same_marked_as_text(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(line(cells), newline=""))
    for written, found in zip(cells, read, strict=True):
        assert found in {written, f"'{written}"}
        assert not found.startswith(("=", "+", "@", "\t", "\r"))
        assert not found.startswith("-") or is_number(found)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+1",
        "--1",
        "-",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n",
        "  =HYPERLINK(1)",
        "\u00a0=1",
        "\ufeff=1",
        "＝1",  # noqa: RUF001 - East Asian spreadsheets read it as the other
        " \t1",
    ],
)
def test_what_some_spreadsheet_computes_is_marked_as_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.00125", "-7", "12.5", "0", "", " ", "1.5 = 3/2", "a=b"])
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


def test_rows_end_as_the_standard_says() -> None:
    assert line(("a", None, 7, 'say "x", y')) == 'a,,7,"say ""x"", y"\r\n'
    assert lines([("a", -1), ("two\r\nlines", "-0.5")]) == 'a,-1\r\n"two\r\nlines",-0.5\r\n'

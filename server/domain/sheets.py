"""Tables as CSV (RFC 4180) that spreadsheets open without running what somebody else wrote in."""

import csv
import io
import re
from collections.abc import Iterable

_FORMULA = re.compile(r"[\s\ufeff]*[=+\-@＝＋－＠]| *[\t\r\n]")  # noqa: RUF001 - wide ones as well
"""How a cell begins that is a formula to some spreadsheet, which may skip blanks before it."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""What computes nothing, whoever wrote it: amounts below zero stay numbers."""


def cell(text: str) -> str:
    """``text``, marked as such where a spreadsheet would take it for a formula."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def line(cells: Iterable[object]) -> str:
    """One row with its end; None is empty."""
    return lines([cells])


def lines(rows: Iterable[Iterable[object]]) -> str:
    """Rows, each with its end."""
    out = io.StringIO()
    csv.writer(out).writerows(
        ["" if one is None else one if isinstance(one, int) else cell(str(one)) for one in row]
        for row in rows
    )
    return out.getvalue()

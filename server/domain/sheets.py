"""Tables as CSV (RFC 4180) that spreadsheets open without running what somebody else wrote in."""

import csv
import io
from collections.abc import Iterable

_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With which a cell is a formula to some spreadsheet."""


def cell(text: str) -> str:
    """``text``, marked as such where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text


def line(cells: Iterable[object]) -> str:
    """One row with its end; None is empty. Of ours, only text can begin like a formula: amounts are
    never negative."""
    out = io.StringIO()
    csv.writer(out).writerow(["" if one is None else cell(str(one)) for one in cells])
    return out.getvalue()

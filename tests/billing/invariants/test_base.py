"""A breach as it is told: figures as people write them, the first column as its id."""

from decimal import Decimal

from billing.invariants.base import told


def test_no_rows_are_no_finding() -> None:
    assert told("I1", "all is well", []) is None


def test_sums_are_written_out_and_the_first_column_names_the_breach() -> None:
    found = told("I1", "all is well", [{"id": 7, "held": Decimal("8.00E+6"), "of": None}])
    assert found is not None
    assert (found.count, found.ids) == (1, ["7"])
    assert found.rows == [{"id": "7", "held": "8000000", "of": "None"}]

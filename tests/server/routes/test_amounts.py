"""Dollars are read to the digit, or the field is named."""

import pytest

from server.domain.errors import Invalid
from server.domain.money import MAX_AMOUNT, usd_text
from server.routes.amounts import share, share_if_known, usd


@pytest.mark.parametrize("nanos", [0, 1, 12_500_000_000, MAX_AMOUNT - 1])
def test_what_was_paid_is_read_to_the_digit(nanos: int) -> None:
    assert usd(usd_text(nanos), "$.priceUsd") == nanos


@pytest.mark.parametrize(
    "wrong", ["", "five", "-1", "1e3", "٣", "0.0000000001", usd_text(MAX_AMOUNT), "9" * 60]
)
def test_what_is_no_such_amount_is_refused_where_it_stands(wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        usd(wrong, "$.priceUsd")
    assert refused.value.path == "$.priceUsd"


def test_shares_are_told_to_a_hundredth_of_a_percent() -> None:
    assert share(0.123449) == share_if_known(0.123449) == 0.1234
    assert share_if_known(None) is None

"""Money is integers, and its texts are exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import money

amounts = st.integers(-money.MAX_AMOUNT, money.MAX_AMOUNT)


@given(amounts)
def test_every_amount_survives_its_text(amount: int) -> None:
    assert money.parse_usd(money.usd_text(amount)) == amount
    assert money.parse_credits(money.credits_text(amount)) == amount
    assert money.parse_price(money.price_text(amount)) == amount


@given(amounts)
def test_a_text_is_in_shortest_form_and_means_the_same(amount: int) -> None:
    text = money.usd_text(amount)
    assert Decimal(text) == Decimal(amount).scaleb(-9)
    assert "E" not in text
    assert not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1_275_000, "0.001275"), (0, "0"), (10**9, "1"), (-1, "-0.000000001"), (15 * 10**8, "1.5")],
)
def test_dollars_read_as_in_the_specification(amount: int, text: str) -> None:
    assert money.usd_text(amount) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "1e3",
        "NaN",
        "Infinity",
        "1,5",
        "0x1",
        "1_000",
        "\u0661",
        " 1 x",
        "--1",
        "1.0.0",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        money.parse_usd(text)


def test_what_an_integer_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 9 decimal places"):
        money.parse_usd("0.0000000001")
    with pytest.raises(ValueError, match="more than 9 decimal places"):
        money.parse_usd(f"0.{'9' * 38}")
    with pytest.raises(ValueError, match="too large"):
        money.parse_usd("9" * 20)
    with pytest.raises(ValueError, match="not a decimal number"):
        money.parse_usd("9" * 41)


@given(st.text())
def test_no_text_whatever_ends_in_another_error(text: str) -> None:
    try:
        amount = money.parse_credits(text)
    except ValueError:
        return
    assert abs(amount) <= money.MAX_AMOUNT


@given(amounts)
def test_the_price_of_one_image_or_second_survives_its_text(amount: int) -> None:
    assert money.parse_unit_price(money.unit_price_text(amount)) == amount


def test_the_price_of_one_image_is_in_dollars() -> None:
    assert money.unit_price_text(166_400_000_000) == "0.1664"

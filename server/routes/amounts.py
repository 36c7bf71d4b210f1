"""Amounts of money in requests, and shares in answers."""

from server.domain.errors import Invalid
from server.domain.money import MAX_AMOUNT, NanoUsd, parse_usd


def usd(text: str, path: str) -> NanoUsd:
    """Dollars that were paid, of the field at ``path``. Raises Invalid."""
    try:
        amount = parse_usd(text)
    except ValueError:
        amount = None
    if amount is None or not 0 <= amount < MAX_AMOUNT:
        raise Invalid(
            'Expected dollars, 0 or more, as a decimal such as "12.5", with nine decimals at most.',
            path=path,
        )
    return amount


def share(exact: float) -> float:
    """To a hundredth of a percent."""
    return round(exact, 4)


def share_if_known(exact: float | None) -> float | None:
    return None if exact is None else share(exact)

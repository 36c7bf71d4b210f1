"""Upsells name known prices, or none, and invent nothing."""

from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from agents.team.outputs import Upsell
from agents.team.upsells import known_upsells, upsell_faults

OFFERS = Offers("The beach set is 25.00 EUR.", OFFER_KINDS)


def upsell(text: str, price: str | None = None) -> Upsell:
    return Upsell(text=text, price=price)


def test_what_is_known_stays_as_it_is() -> None:
    upsells = (upsell("The set?", "25"), upsell("A song?"))
    assert upsell_faults(upsells, OFFERS) == ()
    assert known_upsells(upsells, OFFERS) == upsells


def test_a_price_that_nobody_knows_is_taken_off_and_an_invention_left_out() -> None:
    upsells = (upsell("The set?", "24"), upsell("Half price today!", "25"))
    invented, unknown = upsell_faults(upsells, OFFERS)[0], upsell_faults(upsells, OFFERS)[-1]
    assert "Half price" in invented
    assert unknown == "The price 24 is not in the context."
    assert known_upsells(upsells, OFFERS) == (upsell("The set?"),)

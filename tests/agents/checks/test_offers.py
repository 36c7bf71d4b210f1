"""What may be offered follows from what is known."""

import pytest

from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from server.domain.errors import SchemaMismatch

OFFERS = Offers("The set costs 25.00 EUR. It ends tomorrow.", OFFER_KINDS)


def test_an_invention_is_told_once_however_often_it_is_made() -> None:
    said = ("Only 3 left!", "Hello. Only 3 left!", "25 EUR")
    assert OFFERS.faults(said) == ("“Only 3 left” (scarcity) is not in the context.",)


def test_a_text_without_inventions_stays_as_it_is_to_the_last_space() -> None:
    assert OFFERS.cut(" Hello. \n\n 25 € ") == " Hello. \n\n 25 € "
    assert OFFERS.cut("Hello. 26 €") == "Hello."


def test_a_text_that_is_needed_fails_where_nothing_is_left() -> None:
    assert OFFERS.kept("Hello. Sold out") == "Hello."
    for said in ("Sold out", ""):
        with pytest.raises(SchemaMismatch):
            OFFERS.kept(said)


@pytest.mark.parametrize(("price", "is_known"), [("25", True), ("25.0", True), ("24.99", False)])
def test_a_price_is_known_by_its_value(price: str, is_known: bool) -> None:
    assert OFFERS.knows(price) is is_known


def test_tactics_that_would_be_lies_need_the_context() -> None:
    tactics = ("scarcity", "urgency", "social proof", "reciprocity")
    assert [OFFERS.allows(tactic) for tactic in tactics] == [False, True, False, True]

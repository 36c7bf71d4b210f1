"""What may be proposed to be offered to a fan: by messaging, beside an answer, or by sales."""

from agents.checks.offers import Offers
from agents.team.outputs import Upsell


def upsell_faults(upsells: tuple[Upsell, ...], offers: Offers) -> tuple[str, ...]:
    """What they invent, in sentences for the model."""
    unknown = [one.price for one in upsells if one.price and not offers.knows(one.price)]
    return (
        *offers.faults(one.text for one in upsells),
        *(f"The price {price} is not in the context." for price in unknown),
    )


def known_upsells(upsells: tuple[Upsell, ...], offers: Offers) -> tuple[Upsell, ...]:
    """Those that invent nothing, prices that nobody knows left out."""
    return tuple(
        one if one.price is None or offers.knows(one.price) else Upsell(text=one.text, price=None)
        for one in upsells
        if not offers.of(one.text)
    )

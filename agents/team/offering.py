"""Sees what a fan may be offered now, beside the answer that somebody else gives them."""

from msgspec import structs

from agents.assigned import Task
from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from agents.team import sections
from agents.team.contexts import FanMessage
from agents.team.outputs import Offer
from agents.team.specialist import Specialist
from agents.team.upsells import known_upsells, upsell_faults


class OfferAgent(Specialist[FanMessage, Offer]):
    name = "sales"

    def task(self, context: FanMessage, budget_tokens: int) -> Task[Offer]:
        known = context.known
        told = sections.fan_message(context, budget_tokens)
        return Task(
            instructions=sections.instructions("offer", known),
            text=told.text,
            output=Offer,
            judge=OfferJudge(f"{told.facts}\n{sections.sayable(known, context.history)}"),
        )


class OfferJudge:
    """Prices and offers have to be known, as in an answer to a fan."""

    def __init__(self, facts: str) -> None:
        self._offers = Offers(facts, OFFER_KINDS)

    def faults(self, answer: Offer) -> tuple[str, ...]:
        return upsell_faults(answer.offers, self._offers)

    def settled(self, answer: Offer) -> Offer:
        return structs.replace(
            answer,
            offers=known_upsells(answer.offers, self._offers),
            tactics=tuple(used for used in answer.tactics if self._offers.allows(used.name)),
        )

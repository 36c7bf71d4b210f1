"""Answers what fans write, in the creator's voice, and sees when something may be offered."""

from msgspec import structs

from agents.assigned import Task
from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from agents.team import sections
from agents.team.contexts import FanMessage
from agents.team.outputs import FanReply
from agents.team.specialist import Specialist
from agents.team.upsells import known_upsells, upsell_faults


class MessagingAgent(Specialist[FanMessage, FanReply]):
    name = "messaging"

    def task(self, context: FanMessage, budget_tokens: int) -> Task[FanReply]:
        known = context.known
        told = sections.fan_message(context, budget_tokens)
        return Task(
            instructions=sections.instructions(self.name, known),
            text=told.text,
            output=FanReply,
            judge=ReplyJudge(f"{told.facts}\n{sections.sayable(known, context.history)}"),
        )


class ReplyJudge:
    """Prices and offers have to be known. Other figures may be small talk, and are left alone."""

    def __init__(self, facts: str) -> None:
        self._offers = Offers(facts, OFFER_KINDS)

    def faults(self, answer: FanReply) -> tuple[str, ...]:
        return (
            *self._offers.faults((answer.response,)),
            *upsell_faults(answer.upsell_suggestions, self._offers),
        )

    def settled(self, answer: FanReply) -> FanReply:
        """Raises:
        SchemaMismatch: the response says nothing but inventions.
        """
        return structs.replace(
            answer,
            response=self._offers.kept(answer.response),
            upsell_suggestions=known_upsells(answer.upsell_suggestions, self._offers),
            tactics=tuple(used for used in answer.tactics if self._offers.allows(used.name)),
        )

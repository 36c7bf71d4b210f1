"""Proposes several ways to answer a fan, of which the creator takes one."""

from msgspec import structs

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from agents.team import sections
from agents.team.contexts import ReplyIdeas
from agents.team.outputs import ReplySuggestions
from agents.team.specialist import Specialist
from server.domain.errors import SchemaMismatch


class ReplyIdeasAgent(Specialist[ReplyIdeas, ReplySuggestions]):
    name = "messaging"

    def task(self, context: ReplyIdeas, budget_tokens: int) -> Task[ReplySuggestions]:
        known, count = context.known, context.message_count
        told = brief(
            (
                Section(
                    name="message", lines=(context.last_message,), is_fact=False, is_whole=True
                ),
                sections.fan(context.fan, None),
                Section(
                    name="acquaintance",
                    lines=sections.named(
                        ("messages so far", None if count is None else f"{count}")
                    ),
                ),
                sections.business(known),
                sections.history(context.history),
                sections.learned(known),
            ),
            budget_tokens=budget_tokens,
        )
        return Task(
            instructions=sections.instructions("replies", known),
            text=told.text,
            output=ReplySuggestions,
            judge=IdeasJudge(f"{told.facts}\n{sections.sayable(known, context.history)}"),
        )


class IdeasJudge:
    """Each offers only what is known."""

    def __init__(self, facts: str) -> None:
        self._offers = Offers(facts, OFFER_KINDS)

    def faults(self, answer: ReplySuggestions) -> tuple[str, ...]:
        empty = () if answer.suggestions else ("There is no suggestion.",)
        return (*empty, *self._offers.faults(idea.text for idea in answer.suggestions))

    def settled(self, answer: ReplySuggestions) -> ReplySuggestions:
        """One that invents is left out whole: there are others.

        Raises:
            SchemaMismatch: none is left.
        """
        kept = tuple(idea for idea in answer.suggestions if not self._offers.of(idea.text))
        if not kept:
            raise SchemaMismatch("No suggestion of the model's keeps to what is known.")
        return structs.replace(answer, suggestions=kept)

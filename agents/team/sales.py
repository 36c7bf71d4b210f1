"""Makes a sales message better, with nothing in it that the context does not say."""

from msgspec import structs

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.checks.facts import ALL_KINDS
from agents.checks.offers import Offers
from agents.team import sections
from agents.team.contexts import SalesWish
from agents.team.outputs import SalesAdvice
from agents.team.specialist import Specialist


class SalesAgent(Specialist[SalesWish, SalesAdvice]):
    name = "sales"

    def task(self, context: SalesWish, budget_tokens: int) -> Task[SalesAdvice]:
        known = context.known
        told = brief(
            (
                # The creator wrote it: what it says is theirs to say.
                Section(name="message", lines=(context.message,), is_whole=True),
                Section(
                    name="offer",
                    lines=sections.named(
                        ("content", context.content_type), ("price", context.price_point)
                    ),
                ),
                sections.fan(context.fan, context.engagement),
                sections.purchases(context.purchases),
                sections.business(known),
                sections.learned(known),
            ),
            budget_tokens=budget_tokens,
        )
        return Task(
            instructions=sections.instructions(self.name, known),
            text=told.text,
            output=SalesAdvice,
            judge=SalesJudge(f"{told.facts}\n{sections.sayable(known)}"),
        )


class SalesJudge:
    """Every figure and every claim has to be in the context. The suggested price is a proposal to
    the creator and may be new; a message that names it as if it held may not."""

    def __init__(self, facts: str) -> None:
        self._offers = Offers(facts, ALL_KINDS)

    def faults(self, answer: SalesAdvice) -> tuple[str, ...]:
        return self._offers.faults((answer.message, *answer.alternative_messages))

    def settled(self, answer: SalesAdvice) -> SalesAdvice:
        """An alternative that invents is left out whole: there are others.

        Raises:
            SchemaMismatch: the message says nothing but inventions.
        """
        return structs.replace(
            answer,
            message=self._offers.kept(answer.message),
            alternative_messages=tuple(
                text for text in answer.alternative_messages if not self._offers.of(text)
            ),
            tactics=tuple(used for used in answer.tactics if self._offers.allows(used.name)),
        )

"""Proposes what to post next, and says what did best so far."""

from msgspec import structs

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.checks.facts import ALL_KINDS, OFFER_KINDS
from agents.checks.offers import Offers
from agents.team import sections
from agents.team.contexts import ContentIdeas
from agents.team.outputs import ContentSuggestions
from agents.team.specialist import Specialist
from server.domain.errors import SchemaMismatch


class ContentIdeasAgent(Specialist[ContentIdeas, ContentSuggestions]):
    name = "content"

    def task(self, context: ContentIdeas, budget_tokens: int) -> Task[ContentSuggestions]:
        known = context.known
        told = brief(
            (
                Section(name="wanted", lines=(f"type: {context.type}",), is_whole=True),
                Section(
                    name="context",
                    lines=tuple(f"{figure.name}: {figure.value}" for figure in context.context),
                ),
                sections.figures(known),
                sections.learned(known),
            ),
            budget_tokens=budget_tokens,
        )
        is_known = bool(context.context or known.figures or known.learned)
        return Task(
            instructions=sections.instructions("ideas", known),
            text=told.text,
            output=ContentSuggestions,
            judge=PostsJudge(told.text, is_known),
        )


class PostsJudge:
    """A title offers only what is known; what did best is in the context, or is not told.

    What was learned counts here: it is told to the creator, whose it is, and to no fan.
    """

    def __init__(self, told: str, is_known: bool) -> None:
        self._titles = Offers(told, OFFER_KINDS)
        self._figures = Offers(told, ALL_KINDS)
        self._is_known = is_known

    def faults(self, answer: ContentSuggestions) -> tuple[str, ...]:
        told = list(self._titles.faults(idea.title for idea in answer.suggestions))
        if self._is_known:
            told += self._figures.faults(answer.top_performing)
        if not answer.suggestions:
            told.append("There is no suggestion.")
        return tuple(told)

    def settled(self, answer: ContentSuggestions) -> ContentSuggestions:
        """One that invents is left out whole: there are others.

        Raises:
            SchemaMismatch: none is left.
        """
        kept = tuple(idea for idea in answer.suggestions if not self._titles.of(idea.title))
        if not kept:
            raise SchemaMismatch("No suggestion of the model's keeps to what is known.")
        best = answer.top_performing if self._is_known else ()
        return structs.replace(
            answer,
            suggestions=kept,
            top_performing=tuple(text for text in best if not self._figures.of(text)),
        )

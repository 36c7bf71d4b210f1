"""Writes captions and hashtags, each platform by its own rules."""

from msgspec import structs

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.checks.captions import Caption, caption_of, faults, fitted
from agents.checks.facts import OFFER_KINDS
from agents.checks.offers import Offers
from agents.rules.platforms import PLATFORMS, PlatformRules
from agents.team import sections
from agents.team.contexts import CaptionWish
from agents.team.outputs import PostCaption
from agents.team.specialist import Specialist


class ContentAgent(Specialist[CaptionWish, PostCaption]):
    name = "content"

    def task(self, context: CaptionWish, budget_tokens: int) -> Task[PostCaption]:
        known, rules = context.known, PLATFORMS[context.platform]
        wanted = Section(
            name="content",
            lines=sections.named(
                ("type", context.content),
                ("shows", context.description),
                ("mood", context.mood),
                ("audience", context.audience),
            ),
            is_whole=True,
        )
        told = brief(
            (
                wanted,
                Section(
                    name="platform",
                    lines=(context.platform, *_lines(rules)),
                    is_fact=False,
                    is_whole=True,
                ),
                sections.business(known),
                Section(name="performance", lines=context.performance, is_fact=False),
                sections.learned(known),
            ),
            budget_tokens=budget_tokens,
        )
        return Task(
            instructions=sections.instructions(self.name, known),
            text=told.text,
            output=PostCaption,
            judge=CaptionJudge(rules, f"{told.facts}\n{sections.sayable(known)}"),
        )


class CaptionJudge:
    """A caption keeps to its platform and offers only what is known."""

    def __init__(self, rules: PlatformRules, facts: str) -> None:
        self._rules = rules
        self._offers = Offers(facts, OFFER_KINDS)

    def faults(self, answer: PostCaption) -> tuple[str, ...]:
        caption = self._caption(answer, answer.caption)
        return (*faults(caption, self._rules), *self._offers.faults((answer.caption,)))

    def settled(self, answer: PostCaption) -> PostCaption:
        """Raises:
        SchemaMismatch: the caption says nothing but inventions.
        """
        caption = self._caption(answer, self._offers.kept(answer.caption))
        caption = fitted(caption, self._rules)
        return structs.replace(answer, caption=caption.text, hashtags=caption.hashtags)

    def _caption(self, answer: PostCaption, text: str) -> Caption:
        return caption_of(text, answer.hashtags, self._rules)


def _lines(rules: PlatformRules) -> tuple[str, ...]:
    least, most = rules.hashtags_min, rules.hashtags_max
    return (
        *rules.style,
        f"{least} to {most} hashtags.",
        f"At most {rules.caption_max} characters, the hashtags with them.",
    )

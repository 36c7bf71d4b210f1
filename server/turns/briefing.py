"""What a creator's agents are told before they work: who speaks, what is known, what was learned.

Here the siblings meet: configuration and host's figures are read, insights recalled, the language
of a fan recognised, and all of it becomes what agents understand.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from agents.language.detection import LanguageDetector
from agents.team.contexts import Creator, Known, Learned
from agents.tokens import count_text
from knowledge.decay import decayed
from knowledge.hostcontext import CampaignContext, read_context
from knowledge.network import ALL_KINDS, AIKnowledgeNetwork
from knowledge.ranking import LINE_TOKENS
from server.domain.clock import Clock
from server.domain.configuration import Configuration, ModerationLevel
from server.domain.ids import UserId
from server.domain.insights import InsightKind
from server.persistence.database import Database
from server.turns.hostfigures import figures_of, one_line

INSIGHTS_TOKENS = 800
"""For what was learned, a fifth of a brief: some twenty insights, more than an answer uses."""

CAMPAIGNS_TOKENS = 200
"""For what was linked to campaigns beside: a sentence for each of those that are told."""


class Briefing(Struct, frozen=True, kw_only=True):
    """``insights`` are the ids of what is ``known.learned``, in its order: whoever hears how the
    answer did tells the network. ``models``: by the name of the agent."""

    known: Known
    insights: tuple[UUID, ...]
    models: Mapping[str, str]
    moderation: ModerationLevel


class Briefer:
    """One a process."""

    def __init__(
        self,
        database: Database,
        network: AIKnowledgeNetwork,
        detector: LanguageDetector,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._network = network
        self._detector = detector
        self._clock = clock

    async def brief(
        self,
        creator: UserId,
        configuration: Configuration,
        *,
        about: str,
        fan_texts: Sequence[str] = (),
        kinds: Collection[InsightKind] = ALL_KINDS,
    ) -> Briefing:
        """``about``: the words of the request, by which insights are ranked. ``fan_texts``: what
        was written by whoever will read the answer, the newest last.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        now = self._clock()
        async with self._database.glances() as tx:
            context = await read_context(tx, creator, now)
        ranked = await self._network.get_relevant_insights(
            creator, text=about, budget_tokens=INSIGHTS_TOKENS, count=count_text, kinds=kinds
        )
        language = self._detector.language_of(fan_texts) if configuration.is_fan_language else None
        learned = {
            one.insight.id: Learned(text=one.insight.text, confidence=one.confidence)
            for one in ranked
        }
        room = CAMPAIGNS_TOKENS
        for id, linked in _of_campaigns(context.campaigns, kinds, now):
            cost = count_text(linked.text) + LINE_TOKENS
            if id not in learned and cost <= room:
                learned[id] = linked
                room -= cost
        return Briefing(
            known=Known(
                creator=creator_of(configuration),
                figures=figures_of(context),
                learned=tuple(learned.values()),
                reader_language=language,
            ),
            insights=tuple(learned),
            models=configuration.models,
            moderation=configuration.moderation,
        )


def _of_campaigns(
    campaigns: Sequence[CampaignContext], kinds: Collection[InsightKind], now: datetime
) -> Iterator[tuple[UUID, Learned]]:
    """What was linked to the campaigns that are told as figures."""
    for campaign in campaigns:
        for one in campaign.insights:
            if one.kind in kinds:
                text = f"Campaign {one_line(campaign.name)}: {one.text}"
                confidence = decayed(one.confidence, one.confidence_at, now)
                yield one.id, Learned(text=text, confidence=confidence)


def creator_of(configuration: Configuration) -> Creator:
    """The voice that agents write in."""
    return Creator(
        name=configuration.name,
        language=configuration.language,
        tone=configuration.tone,
        personality=configuration.personality,
        brand_voice=configuration.brand_voice,
        forbidden_topics=configuration.forbidden_topics,
    )

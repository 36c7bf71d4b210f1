"""The team's coordinator: who works on a request, and how their work becomes one answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from agents.answering import Answering
from agents.assigned import AssignedAgent
from agents.counters import ESTIMATES, Counters
from agents.providers.registry import Registry
from agents.routing import Chosen, Routing, route
from agents.staffing import Staffing
from agents.team.analytics import AnalyticsAgent
from agents.team.compliance import ComplianceAgent
from agents.team.content import ContentAgent
from agents.team.contexts import (
    CaptionWish,
    ContentIdeas,
    FanMessage,
    Performance,
    ReplyIdeas,
    SalesWish,
    TeamRequest,
)
from agents.team.ideas import ContentIdeasAgent
from agents.team.messaging import MessagingAgent
from agents.team.offering import OfferAgent
from agents.team.replies import ReplyIdeasAgent
from agents.team.sales import SalesAgent
from agents.teamchat import TeamChat
from agents.teamtask import Crew, TeamTask
from server.domain.configuration import ModerationLevel

AGENT_S = 60.0
"""Seconds that one agent may take: twice as long as a provider may be silent."""


class AITeamCoordinator:
    """Makes agents of the team. ``agent_s``: how long each of them may take in one turn."""

    def __init__(
        self,
        answering: Answering,
        registry: Registry,
        counters: Counters = ESTIMATES,
        *,
        agent_s: float = AGENT_S,
    ) -> None:
        self._answering = answering
        self._registry = registry
        self._counters = counters
        self._agent_s = agent_s

    def route(self, request: TeamRequest | str) -> Routing:
        """Who is to work on ``request``; pure."""
        return route(request)

    def assign(
        self,
        request: TeamRequest,
        *,
        models: Mapping[str, str] | None = None,
        moderation: ModerationLevel = ModerationLevel.MODEL,
    ) -> TeamTask:
        """The agent for one typed job. ``models``: agents' own models (ids), by agent."""
        routing = self.route(request)
        if moderation is ModerationLevel.RULES:
            chosen = tuple(one for one in routing.chosen if one.agent != ComplianceAgent.name)
            routing = Routing(request=routing.request, chosen=chosen)
        return TeamTask(
            request,
            routing,
            self._crew(request, routing.chosen),
            Staffing(self._registry, self._counters, models or {}),
            agent_s=self._agent_s,
        )

    def chat(
        self,
        routing: Routing,
        instructions: Mapping[str, str],
        models: Mapping[str, str] | None = None,
        *,
        forbidden: Sequence[str] = (),
    ) -> TeamChat:
        """The agent that answers free text. ``instructions`` by agent: its prompt with all that it
        is told; of an agent that is not named, its prompt. ``forbidden``: the creator's topics."""
        return TeamChat(
            routing,
            instructions,
            self._answering,
            Staffing(self._registry, self._counters, models or {}),
            forbidden=forbidden,
            agent_s=self._agent_s,
        )

    def _crew(self, request: TeamRequest, chosen: tuple[Chosen, ...]) -> Crew:
        agents = {one.agent for one in chosen}
        helper: AssignedAgent[Any] | None = None
        lead: AssignedAgent[Any]
        match request:
            case FanMessage():
                lead = MessagingAgent(self._answering).assigned(request)
                if OfferAgent.name in agents:
                    helper = OfferAgent(self._answering).assigned(request)
            case CaptionWish():
                lead = ContentAgent(self._answering).assigned(request)
                if AnalyticsAgent.name in agents:
                    helper = AnalyticsAgent(self._answering).assigned(_performance(request))
            case Performance():
                lead = AnalyticsAgent(self._answering).assigned(request)
            case SalesWish():
                lead = SalesAgent(self._answering).assigned(request)
            case ReplyIdeas():
                lead = ReplyIdeasAgent(self._answering).assigned(request)
            case ContentIdeas():
                lead = ContentIdeasAgent(self._answering).assigned(request)
        return Crew(
            lead=lead,
            helper=helper,
            checker=ComplianceAgent(self._answering),
            is_checked_by_model=ComplianceAgent.name in agents,
        )


def _performance(request: CaptionWish) -> Performance:
    return Performance(
        platforms=(request.platform,),
        content_types=(request.content,),
        timeframe="as far as known",
        metrics=request.known.figures,
        known=structs.replace(request.known, figures=()),
        analysis="content",
    )

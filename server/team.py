"""Who answers here: the agents, and what makes their provider calls, as the settings say."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis

from agents.agent import Agent
from agents.answering import Answering
from agents.calling import Caller
from agents.coordinator import AITeamCoordinator
from agents.counters import Counters
from agents.language.detection import LanguageDetector
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from agents.team.analytics import AnalyticsAgent
from agents.team.assistant import AssistantAgent
from agents.team.compliance import ComplianceAgent
from agents.team.content import ContentAgent
from agents.team.messaging import MessagingAgent
from agents.team.sales import SalesAgent
from agents.teamchat import TeamChat
from knowledge.network import AIKnowledgeNetwork
from server.domain.clock import Clock
from server.domain.ids import CallId, new_id
from server.persistence.database import Database
from server.settings import Settings
from server.telemetry.metrics import Metrics
from server.turns.briefing import Briefer

MAKERS = (
    AssistantAgent,
    MessagingAgent,
    ContentAgent,
    AnalyticsAgent,
    SalesAgent,
    ComplianceAgent,
)

AGENTS = (*(maker.name for maker in MAKERS), TeamChat.name)
"""Names of those that users may ask for."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """``agents`` of the house, by name. ``network.run`` is to run beside."""

    health: Health
    answering: Answering
    agents: Mapping[str, Agent]
    network: AIKnowledgeNetwork
    briefer: Briefer
    coordinator: AITeamCoordinator


async def open_team(
    settings: Settings,
    database: Database,
    redis: Redis,
    blocking: Redis,
    registry: Registry,
    counters: Counters,
    metrics: Metrics,
    clock: Clock,
) -> Team:
    health = make_health(settings, registry, metrics, clock)
    answering = make_answering(settings, registry, counters, health, clock)
    network = AIKnowledgeNetwork(database, redis, blocking, clock=clock)
    # The model for languages takes 0.15 s to load, in which the loop is wanted elsewhere.
    detector = await asyncio.to_thread(LanguageDetector)
    return Team(
        health=health,
        answering=answering,
        agents=make_agents(answering),
        network=network,
        briefer=Briefer(database, network, detector, clock=clock),
        coordinator=AITeamCoordinator(
            answering, registry, counters, agent_s=settings.agent_seconds
        ),
    )


def make_health(settings: Settings, registry: Registry, metrics: Metrics, clock: Clock) -> Health:
    """With a gauge for each model."""
    limits = BreakerLimits(
        calls_min=settings.breaker_calls,
        failure_rate=settings.breaker_failure_percent / 100,
        probe_s=settings.breaker_seconds,
    )
    models = [model.id for model in registry.models()]
    health = Health(models, limits, time=time.monotonic, clock=clock)
    for model in models:
        metrics.model_left_alone.labels(model).set_function(partial(health.is_left_alone, model))
    return health


def make_answering(
    settings: Settings, registry: Registry, counters: Counters, health: Health, clock: Clock
) -> Answering:
    retries = Retries(
        attempts=settings.provider_attempts,
        first_s=settings.retry_seconds,
        longest_s=settings.retry_seconds_max,
    )
    caller = Caller(registry, health, retries, lambda: CallId(new_id()), counters)
    return Answering(caller, registry, clock)


def make_agents(answering: Answering) -> dict[str, Agent]:
    """Those of the house that answer alone, by name."""
    return {maker.name: maker(answering) for maker in MAKERS}

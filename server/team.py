"""Who answers here: the agents, and what makes their provider calls, as the settings say."""

import time
from functools import partial

from agents.agent import Agent
from agents.answering import Answering
from agents.calling import Caller
from agents.counters import Counters
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from agents.team.assistant import AssistantAgent
from server.domain.clock import Clock
from server.domain.ids import CallId, new_id
from server.settings import Settings
from server.telemetry.metrics import Metrics

AGENTS = (AssistantAgent.name,)
"""Names of those that users may ask for."""


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
    """Those that users may ask for, by name."""
    assistant = AssistantAgent(answering)
    return {assistant.name: assistant}

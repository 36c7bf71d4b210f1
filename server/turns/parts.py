"""What the turn engine is put together from: what the process has opened, and how it was set."""

import asyncio
from collections.abc import Callable, Mapping

from msgspec import Struct
from redis.asyncio import Redis

from agents.agent import Agent
from agents.answering import Answering
from agents.coordinator import AITeamCoordinator
from agents.counters import Counters
from agents.providers.health import Health
from agents.providers.registry import Registry
from billing.ledger import Ledger
from billing.pauses import PauseBook
from billing.plans import Plans
from billing.prices import PriceBook
from billing.ratelimit import Limiter
from knowledge.network import AIKnowledgeNetwork
from server.domain.clock import Clock
from server.domain.ids import BootId
from server.media.library import MediaLibrary
from server.persistence.bell import Bell
from server.persistence.database import Database
from server.telemetry.metrics import Metrics
from server.turns.briefing import Briefer
from server.turns.load import LoadGuard
from server.turns.spool import Spool


class Parts(Struct, frozen=True, kw_only=True):
    """What the process has opened. ``on_settled`` hears of every commit with usage events."""

    database: Database
    redis: Redis
    blocking_redis: Redis
    bell: Bell
    spool: Spool
    ledger: Ledger
    limiter: Limiter
    plans: Plans
    pauses: PauseBook
    prices: PriceBook
    counters: Counters
    registry: Registry
    health: Health
    media: MediaLibrary
    answering: Answering
    agents: Mapping[str, Agent]
    network: AIKnowledgeNetwork
    briefer: Briefer
    coordinator: AITeamCoordinator
    metrics: Metrics
    clock: Clock
    boot: BootId
    tasks: asyncio.TaskGroup
    guard: LoadGuard
    on_settled: Callable[[], None]


class TurnSettings(Struct, frozen=True, kw_only=True):
    turn_s: float
    credits_per_usd: int
    charge_failed: bool
    workspace_per_hour: int
    address_per_hour: int
    auto_titles: bool
    auto_summaries: bool

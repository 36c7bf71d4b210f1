"""The turn engine and its helpers, put together from what the process has opened."""

import asyncio
from collections.abc import Callable, Mapping

from msgspec import Struct
from redis.asyncio import Redis

from agents.agent import Agent
from agents.answering import Answering
from agents.counters import Counters
from agents.providers.health import Health
from agents.providers.registry import Registry
from agents.team.clerk import ClerkAgent
from billing.ledger import Ledger
from billing.pauses import PauseBook
from billing.plans import Plans
from billing.prices import PriceBook
from billing.ratelimit import Limiter
from server.domain.clock import Clock
from server.domain.ids import BootId
from server.media.library import MediaLibrary
from server.persistence.bell import Bell
from server.persistence.database import Database
from server.protocol.events import Outcome
from server.telemetry.metrics import Metrics
from server.turns import summaries, titles
from server.turns.admission import Admission
from server.turns.answercache import AnswerCache
from server.turns.attaching import Attacher
from server.turns.cancelling import Canceller
from server.turns.catchup import CatchUp
from server.turns.cheapest import Cheapest
from server.turns.closing import Closer
from server.turns.counting import AdmissionLimits, Counting
from server.turns.engine import TurnEngine
from server.turns.errands import TEST, Errands
from server.turns.extension import Extender
from server.turns.feed import TurnFeed
from server.turns.following import Followers
from server.turns.generation import Generation
from server.turns.journal import Journal
from server.turns.leases import Leases
from server.turns.live import LiveTurns
from server.turns.load import LoadGuard
from server.turns.lostcalls import LostCalls
from server.turns.oneshot import OneShots
from server.turns.planning import Planner
from server.turns.quiet import QuietTurns
from server.turns.reaper import Reaper
from server.turns.recall import Recall
from server.turns.record import Recorder
from server.turns.replay import Replay
from server.turns.run import Run
from server.turns.runner import Runner, fenced
from server.turns.settlement import Settler
from server.turns.spool import Spool
from server.turns.storage import Storage
from server.turns.tariff import Tariffs
from server.turns.thresholds import Thresholds
from server.turns.watch import Watch

CLERKS = (titles.FEATURE, summaries.FEATURE, TEST)
"""Names that features go by, which ask a model themselves."""

HOLD_MARGIN_S = 300.0
"""Holds and slots outlast the longest turn by the time its settlement may take, five times over."""


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


class Turns(Struct, frozen=True, kw_only=True):
    """The engine, and what must run beside it: ``run`` of all that have one, and both tasks of the
    leases."""

    engine: TurnEngine
    generation: Generation
    errands: Errands
    counting: Counting
    journal: Journal
    followers: Followers
    leases: Leases
    watch: Watch
    catch_up: CatchUp
    quiet: QuietTurns
    replay: Replay
    thresholds: Thresholds


def assemble(parts: Parts, settings: TurnSettings) -> Turns:
    live, feed = LiveTurns(), TurnFeed(parts.bell)
    hold_s = settings.turn_s + HOLD_MARGIN_S
    journal = Journal(parts.redis, fenced(live))
    storage = Storage(parts.database)
    followers = Followers(parts.redis, parts.blocking_redis, journal, parts.boot)
    thresholds = Thresholds(parts.database, parts.ledger, feed, parts.metrics, clock=parts.clock)
    settler = Settler(
        parts.database,
        parts.ledger,
        credits_per_usd=settings.credits_per_usd,
        charge_failed=settings.charge_failed,
        tell=thresholds.tell,
    )
    closer = Closer(settler, parts.spool)
    recall, tariffs = Recall(parts.media), Tariffs(parts.prices, parts.counters)
    planner = Planner(
        parts.database,
        recall,
        agents=parts.agents,
        registry=parts.registry,
        tariffs=tariffs,
        plans=parts.plans,
        pauses=parts.pauses,
        clock=parts.clock,
        credits_per_usd=settings.credits_per_usd,
    )
    counting = Counting(
        parts.limiter,
        parts.plans,
        AdmissionLimits(
            workspace_per_hour=settings.workspace_per_hour,
            address_per_hour=settings.address_per_hour,
            hold_s=hold_s,
        ),
    )
    admission = Admission(
        parts.database,
        parts.ledger,
        counting,
        planner,
        thresholds,
        boot=parts.boot,
        hold_s=hold_s,
        clock=parts.clock,
        credits_per_usd=settings.credits_per_usd,
    )
    extender = Extender(
        parts.database,
        parts.ledger,
        parts.plans,
        hold_s=hold_s,
        credits_per_usd=settings.credits_per_usd,
        clock=parts.clock,
    )
    recorder = Recorder(feed, parts.metrics)
    runner = Runner(
        parts.database,
        extender,
        closer,
        counting,
        journal,
        recall,
        live=live,
        feed=feed,
        turn_s=settings.turn_s,
        credits_per_usd=settings.credits_per_usd,
        clock=parts.clock,
        metrics=parts.metrics,
        recorder=recorder,
        on_settled=parts.on_settled,
    )
    engine = TurnEngine(
        parts.database,
        parts.ledger,
        parts.plans,
        planner,
        admission,
        runner,
        Attacher(live, journal, followers, storage),
        Canceller(parts.database, live, parts.bell),
        live=live,
        guard=parts.guard,
        feed=feed,
        tasks=parts.tasks,
        clock=parts.clock,
        credits_per_usd=settings.credits_per_usd,
        on_refused=parts.metrics.turn_not_admitted,
    )
    generation = make_generation(parts, settings, tariffs, engine, thresholds)
    runner.on_ended = afterwards(parts, settings, generation, feed)
    reaper = Reaper(
        parts.database,
        journal,
        settler,
        live,
        LostCalls(tariffs),
        boot=parts.boot,
        clock=parts.clock,
        recorder=recorder,
        on_settled=parts.on_settled,
        free=counting.free,
    )
    watch = Watch(parts.database, storage, reaper, live, parts.boot)
    leases = Leases(parts.database, reaper, watch, parts.boot)
    return Turns(
        engine=engine,
        generation=generation,
        errands=Errands(parts.database, engine, generation, counting),
        counting=counting,
        journal=journal,
        followers=followers,
        leases=leases,
        watch=watch,
        catch_up=CatchUp(parts.database, feed, parts.bell),
        quiet=QuietTurns(followers, storage),
        replay=Replay(
            parts.spool,
            closer,
            journal,
            recorder,
            on_settled=parts.on_settled,
            free=counting.free,
        ),
        thresholds=thresholds,
    )


def make_generation(
    parts: Parts,
    settings: TurnSettings,
    tariffs: Tariffs,
    engine: TurnEngine,
    thresholds: Thresholds,
) -> Generation:
    one_shots = OneShots(
        parts.database,
        parts.ledger,
        parts.plans,
        parts.pauses,
        thresholds,
        registry=parts.registry,
        tariffs=tariffs,
        boot=parts.boot,
        hold_s=settings.turn_s + HOLD_MARGIN_S,
        credits_per_usd=settings.credits_per_usd,
        clock=parts.clock,
    )
    return Generation(
        engine,
        one_shots,
        AnswerCache(parts.redis),
        registry=parts.registry,
        make_agent=lambda name: ClerkAgent(name, parts.answering),
    )


def afterwards(
    parts: Parts, settings: TurnSettings, generation: Generation, feed: TurnFeed
) -> tuple[Callable[[Run, Outcome], None], ...]:
    """What hears of every turn's end."""
    cheapest = Cheapest(parts.registry, parts.prices, parts.pauses, parts.health)
    hearers: list[Callable[[Run, Outcome], None]] = []
    if settings.auto_titles:
        titling = titles.Titles(
            generation, parts.database, feed, cheapest, tasks=parts.tasks, clock=parts.clock
        )
        hearers.append(titling.look)
    if settings.auto_summaries:
        summing_up = summaries.Summaries(
            generation, parts.database, cheapest, tasks=parts.tasks, clock=parts.clock
        )
        hearers.append(summing_up.look)
    return tuple(hearers)

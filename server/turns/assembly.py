"""The turn engine and its helpers, put together from what the process has opened."""

from msgspec import Struct

from agents.team.clerk import ClerkAgent
from server.turns import summaries, titles
from server.turns.admission import Admission
from server.turns.afterwards import afterwards
from server.turns.answercache import AnswerCache
from server.turns.attaching import Attacher
from server.turns.cancelling import Canceller
from server.turns.casting import Casting
from server.turns.catchup import CatchUp
from server.turns.closing import Closer
from server.turns.counting import AdmissionLimits, Counting
from server.turns.engine import TurnEngine
from server.turns.errands import COMPLETION, TEST, Errands
from server.turns.extension import Extender
from server.turns.feed import TurnFeed
from server.turns.following import Followers
from server.turns.generation import Generation
from server.turns.jobs import Jobs
from server.turns.journal import Journal
from server.turns.leases import Leases
from server.turns.live import LiveTurns
from server.turns.lostcalls import LostCalls
from server.turns.oneshot import OneShots
from server.turns.parts import Parts, TurnSettings
from server.turns.planning import Planner
from server.turns.quiet import QuietTurns
from server.turns.reaper import Reaper
from server.turns.recall import Recall
from server.turns.record import Recorder
from server.turns.replay import Replay
from server.turns.runner import Runner, fenced
from server.turns.settlement import Settler
from server.turns.storage import Storage
from server.turns.tariff import Tariffs
from server.turns.thresholds import Thresholds
from server.turns.watch import Watch

CLERKS = (titles.FEATURE, summaries.FEATURE, TEST, COMPLETION)
"""Names that features go by, which ask a model themselves."""

HOLD_MARGIN_S = 300.0
"""Holds and slots outlast the longest turn by the time its settlement may take, five times over."""


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
        casting=Casting(
            parts.agents, parts.coordinator, parts.briefer, parts.answering, parts.registry
        ),
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
        parts.pauses,
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
        Attacher(live, journal, followers, storage, parts.clock),
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
        errands=Errands(
            parts.database,
            engine,
            generation,
            counting,
            Jobs(parts.database, parts.briefer, parts.coordinator, parts.registry),
        ),
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
        AnswerCache(parts.redis, parts.database),
        registry=parts.registry,
        make_agent=lambda name: ClerkAgent(name, parts.answering),
    )

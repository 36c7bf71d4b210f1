"""What one web process opens: engines, providers, the turn engine, tasks in the background.

Everything that talks to the outside is opened here, in one visible stack, and closed in reverse.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from agents.counters import open_counters
from agents.providers.load import ProviderSettings, open_registry
from billing.costs import LiveCosts
from billing.ledger import Ledger
from billing.ratelimit import Limiter
from server.background import end, keep
from server.domain.clock import Clock, utc_now
from server.domain.errors import AppError
from server.domain.ids import BootId, new_id
from server.environment import SettingsError
from server.mail.opening import open_mail
from server.media.archives import Archives
from server.operators import open_for_operators
from server.parts import (
    keep_pauses,
    keep_prices,
    make_guard,
    open_books,
    open_host_sign_in,
    open_media,
    open_spool,
    plans_of,
    product_version,
)
from server.persistence.bell import Bell
from server.persistence.database import open_database
from server.persistence.redis import open_blocking_redis, open_redis
from server.providing import provider_settings
from server.routes.csvs import Downloads
from server.routes.services import Services, build_accounts
from server.settings import Settings
from server.team import AGENTS, open_team
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.turns.assembly import CLERKS, Turns, assemble
from server.turns.leaving import Leaver
from server.turns.parts import Parts, TurnSettings
from server.webhooks.client import open_client
from server.workers.exports import Exporter
from server.workers.leaving import keep_burying
from server.workers.livecosts import LivePublisher
from server.workers.loopwatch import watch_loop
from server.workers.neighbours import Neighbours
from server.workers.relay import Relay
from server.workers.reports import Reports
from server.workers.sharing import keep_sharing
from server.workers.subscriptions import Lapses
from server.workers.webhooks import Courier

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""For each of the writes that are left when the process ends."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What one web process has opened."""

    services: Services
    turns: Turns
    relay: Relay
    publisher: LivePublisher
    courier: Courier
    costs: LiveCosts
    bell: Bell
    boot: BootId


@asynccontextmanager
async def open_process(
    settings: Settings, *, providers: ProviderSettings | None = None, clock: Clock = utc_now
) -> AsyncIterator[Process]:
    """Everything that the web process needs, with its background tasks.

    Leaving ends the turns that still run, writes what waits, and closes in reverse.
    ``providers`` stands in for what the settings say of them.
    """
    boot = BootId(new_id())
    engines = settings.engines
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(engines.database))
        redis, blocking = open_redis(engines.redis), open_blocking_redis(engines.redis)
        listening = open_blocking_redis(engines.redis)
        for client in (redis, blocking, listening):
            stack.push_async_callback(client.aclose)
        bell = Bell(redis, listening, boot)
        try:
            registry = await stack.enter_async_context(
                open_registry(providers or provider_settings(settings))
            )
        except ValueError as error:
            raise SettingsError(str(error)) from error
        counters = await open_counters(model.id for model in registry.models())
        prices, pauses = await open_books(settings, database, clock)
        metrics = Metrics(agents=(*AGENTS, *CLERKS), providers=registry.providers)
        team = await open_team(
            settings, database, redis, blocking, registry, counters, metrics, clock
        )
        ledger, plans = Ledger(clock), plans_of(settings)
        relay = Relay(database, redis, clock)
        metrics.outbox_lag_seconds.set_function(lambda: relay.lag_s)
        metrics.engine_away.labels("redis").set_function(lambda: redis.guard.is_open)
        metrics.engine_away.labels("postgresql").set_function(lambda: database.guard.is_open)
        spool = open_spool(settings, boot)
        stack.callback(spool.close)
        metrics.turn_ends_spooled.set_function(lambda: spool.waiting)
        media = open_media(settings, database)
        mail = await stack.enter_async_context(open_mail(settings, clock))
        for_operators = await stack.enter_async_context(
            open_for_operators(settings, database, metrics)
        )
        webhooks = await stack.enter_async_context(open_client(settings.webhook_networks))
        neighbours = Neighbours(database)
        guard = make_guard(settings, metrics)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        turns = assemble(
            Parts(
                database=database,
                redis=redis,
                blocking_redis=blocking,
                bell=bell,
                spool=spool,
                ledger=ledger,
                limiter=Limiter(
                    redis,
                    fail_open=settings.rate_limit_fail_open,
                    processes=neighbours.processes,
                    clock=clock,
                ),
                plans=plans,
                pauses=pauses,
                prices=prices,
                counters=counters,
                registry=registry,
                media=media,
                health=team.health,
                answering=team.answering,
                agents=team.agents,
                network=team.network,
                briefer=team.briefer,
                coordinator=team.coordinator,
                metrics=metrics,
                clock=clock,
                boot=boot,
                tasks=tasks,
                guard=guard,
                on_settled=relay.nudge,
            ),
            TurnSettings(
                turn_s=settings.turn_seconds,
                credits_per_usd=settings.credits_per_usd,
                charge_failed=settings.partial_failure_policy == "charge_delivered",
                workspace_per_hour=settings.rate_workspace_per_hour,
                address_per_hour=settings.rate_address_per_hour,
                auto_titles=settings.auto_titles,
                auto_summaries=settings.auto_summaries,
            ),
        )
        accounts = build_accounts(
            settings,
            database,
            redis,
            bell,
            await stack.enter_async_context(open_host_sign_in(settings, database, ledger, clock)),
            clock=clock,
        )
        archives = Archives(database, media.storage, clock=clock)
        courier = Courier(database, webhooks, accounts.sealer, metrics, clock=clock)
        services = Services(
            settings=settings,
            database=database,
            redis=redis,
            accounts=accounts,
            engine=turns.engine,
            ledger=ledger,
            plans=plans,
            thresholds=turns.thresholds,
            prices=prices,
            pauses=pauses,
            counting=turns.counting,
            errands=turns.errands,
            registry=registry,
            agents=(*AGENTS, *CLERKS),
            network=team.network,
            briefer=team.briefer,
            coordinator=team.coordinator,
            health=team.health,
            metrics=metrics,
            spool=spool,
            media=media,
            archives=archives,
            downloads=Downloads(accounts.streams),
            leaver=Leaver(
                database,
                redis,
                media,
                archives,
                turns.engine.canceller,
                accounts.endings,
                clock=clock,
            ),
            mail=mail,
            webhooks=webhooks,
            ring_courier=courier.ring,
            outbox_lag_s=lambda: relay.lag_s,
            boot=boot,
            clock=clock,
            version=product_version(),
        )
        costs = LiveCosts(database, redis, blocking, clock)
        process = Process(
            services=services,
            turns=turns,
            relay=relay,
            publisher=LivePublisher(
                redis, turns.engine.live, boot, clock, settings.credits_per_usd
            ),
            courier=courier,
            costs=costs,
            bell=bell,
            boot=boot,
        )
        await turns.leases.take()
        # Before anybody here reaps: what a process wrote down says more than its journal does.
        await turns.replay.look()
        background = [
            tasks.create_task(keep(run))
            for run in (
                turns.journal.run,
                turns.followers.run,
                turns.leases.keep_renewing,
                turns.leases.keep_looking,
                turns.catch_up.run,
                turns.quiet.run,
                team.network.run,
                lambda: keep_sharing(team.network, redis),
                turns.replay.run,
                bell.keep_ringing,
                bell.keep_listening,
                relay.run,
                neighbours.run,
                lambda: watch_loop(guard.take),
                media.run,
                services.accounts.sign_ups.keep_forgetting,
                lambda: keep_burying(services.leaver),
                Lapses(database, plans, turns.thresholds, accounts.endings, clock=clock).run,
                process.courier.run,
                Exporter(database, archives, media.storage, boot=boot, clock=clock).run,
                Reports(database, turns.errands, clock=clock).run,
                lambda: keep_prices(prices, database),
                *for_operators,
                lambda: keep_pauses(pauses, database),
                process.publisher.run,
                costs.run,
            )
        ]
        try:
            yield process
        finally:
            await close(process)
            await end(background)


async def close(process: Process) -> None:
    """End what runs, then write what is left to write; an engine that is away is not waited for."""
    await process.turns.engine.finish()
    for write in (
        process.turns.journal.flush,
        process.relay.flush,
        process.publisher.close,
        process.bell.flush,
        process.turns.leases.leave,
        process.courier.leave,
    ):
        try:
            async with asyncio.timeout(CLOSE_S):
                await write()
        except (AppError, SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
            log.warning("close.unwritten", extra=fields(error=repr(error)))

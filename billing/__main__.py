"""``python -m billing``: the process that turns usage events into charges.

Any number may run, on any host. SIGTERM and SIGINT let it finish the batch at hand and exit 0.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

import anyio
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from billing import vitals
from billing.consumers import charges
from billing.consumers.group import GroupConsumer
from billing.detection.detector import Detector
from billing.months import close_due
from billing.vitals import Vitals
from server import failpoints
from server import settings as environment
from server.alertsettings import AlertSettings
from server.domain.clock import utc_now
from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.domain.usage import UsageEvent
from server.environment import SettingsError
from server.persistence import outbox, usage_stream
from server.persistence.database import Database, open_database
from server.persistence.redis import open_blocking_redis, open_redis
from server.telemetry import logs
from server.telemetry.cloudwatch import MetricLines

POOL = 4
"""Connections: the batch, the sweep, the watch for anomalies, and one to spare."""
SWEEP_S = 30.0
PRUNE_S = 60 * 60.0

_log = logging.getLogger("billing")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 told to stop, 2 a setting is wrong (one line on standard error says which)."""
    parser = argparse.ArgumentParser("python -m billing", description=__doc__)
    parser.add_argument(
        "--consumer",
        help="take up at once what a killed worker of this name had read, instead of after a"
        " minute; only for a name that no other worker uses",
    )
    name = parser.parse_args(arguments).consumer
    try:
        settings = environment.load(os.environ)
        engines = settings.engines
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(level=settings.log_level, style=settings.log_format, secrets=settings.secrets())
    failpoints.arm(settings.failpoints or {})
    boot = new_id()
    keep_days = settings.outbox_retention_days
    asyncio.run(
        run(
            engines.database,
            engines.redis,
            boot=boot,
            name=name or f"billing-{boot}",
            keep_days=keep_days,
            close_days=settings.month_closes_after_days,
            namespace=settings.cloudwatch_namespace,
            watch=settings,
        )
    )
    return 0


async def run(
    database_url: str,
    redis_url: str,
    *,
    boot: UUID,
    name: str,
    keep_days: float,
    close_days: int,
    namespace: str | None,
    watch: AlertSettings,
) -> None:
    """Consume until a signal says stop; keep billed events for ``keep_days``, close months
    ``close_days`` after their end. ``namespace``: of figures for CloudWatch, which go to standard
    output. ``watch``: what is out of the ordinary."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(database_url, pool_size=POOL))
        redis = open_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        blocking = open_blocking_redis(redis_url)
        stack.push_async_callback(blocking.aclose)
        lines = MetricLines(namespace, sys.stdout.buffer) if namespace else None
        consumer = GroupConsumer(
            database,
            redis,
            blocking,
            charges.apply,
            name=name,
            on_written=lines.usage if lines else _untold,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, consumer.stop)
        _log.info("billing.started", extra=logs.fields(boot=str(boot)))
        async with anyio.create_task_group() as background:
            background.start_soon(sweep, database, redis, keep_days, close_days)
            background.start_soon(Detector(database, watch).run)
            if lines:
                background.start_soon(vitals.keep_reading, database, partial(_tell, lines))
            await consumer.run()
            background.cancel_scope.cancel()
        _log.info("billing.stopped", extra=logs.fields(boot=str(boot)))


def _tell(lines: MetricLines, found: Vitals) -> None:
    lines.standing(
        unwritten_s=found.unwritten_s,
        dead_letters=found.dead_letters,
        alerts_open=sum(found.alerts.values()),
        now=utc_now(),
    )


def _untold(_: Sequence[UsageEvent]) -> None:
    """Nobody has asked for figures."""


async def sweep(database: Database, redis: Redis, keep_days: float, close_days: int) -> None:
    """Queue again what was sent and never written, also when no web process runs that could, forget
    what was written long ago, and close months that have ended. Until cancelled."""
    pruned_at: float | None = None
    while True:
        await asyncio.sleep(SWEEP_S)
        now = asyncio.get_running_loop().time()
        await _try(requeue(database, redis))
        if pruned_at is None or now - pruned_at >= PRUNE_S:
            pruned_at = now
            await _try(prune(database, keep_days))
            await _try(close_due(database, utc_now(), close_days))


async def requeue(database: Database, redis: Redis) -> None:
    waiting = await usage_stream.waiting_since(redis)
    await database.run(lambda tx: outbox.requeue_unapplied(tx, waiting_since=waiting))


async def prune(database: Database, keep_days: float) -> None:
    """All there is to forget, a transaction for each few thousand rows."""
    while await database.run(lambda tx: outbox.prune(tx, keep_days)):
        pass


async def _try(work: Awaitable[object]) -> None:
    try:
        await work
    except (ServiceUnavailable, DBAPIError, RedisError, OSError) as error:
        _log.warning("the outbox was not swept: %s", error)


if __name__ == "__main__":
    sys.exit(main())

"""For whoever operates the server: is it alive, is it ready, what does it count (H4)."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from server.accounts.addresses import is_loopback
from server.domain.errors import AppError, Forbidden, ServiceUnavailable, Unauthenticated
from server.domain.ids import BootId
from server.migrations.upgrade import is_current
from server.persistence import workers
from server.persistence.database import Database
from server.routes.calls import Call
from server.routes.operations import Access, Operation

TAG = "operations"

CHECK_S = 2.0
"""A dependency that takes longer is called gone: load balancers ask every few seconds."""


class Alive(Struct, frozen=True, kw_only=True):
    status: str
    version: str


class Check(Struct, frozen=True, kw_only=True, rename="camel"):
    """``latencyMs`` null where it does not answer; ``detail`` says what is wrong."""

    ok: bool
    latency_ms: float | None
    detail: str | None = None


class Readiness(Struct, frozen=True, kw_only=True, rename="camel"):
    """``ready`` depends on database, migrations and draining alone; the rest is detail.

    ``redis`` not ok: turns go on, as the limits allow. ``leaseAgeSeconds``: since this process
    said last that it lives; others end its turns when that was 15 s ago; null: it holds no lease.
    ``outboxLagSeconds``: no usage event of a turn that ended waits for longer.
    ``load``: ``calm``, ``busy`` (users start turns within fair shares) or ``overloaded`` (nobody
    starts any); ``loopLagMs`` and ``loopBusy``, a part of a core, are why.
    ``spooledEnds``: ends of turns that only this machine's disk knows. ``modelsLeftAlone``: those
    that keep failing, which get no calls for some seconds.
    """

    ready: bool
    draining: bool
    database: Check
    migrations: Check
    redis: Check
    running_turns: int
    load: str
    loop_lag_ms: float
    loop_busy: float
    lease_age_seconds: float | None
    outbox_lag_seconds: float
    spooled_ends: int
    models_left_alone: list[str]


async def alive(call: Call) -> Alive:
    return Alive(status="ok", version=call.services.version)


async def ready(call: Call) -> Readiness:
    services = call.services
    database, migrations, redis, lease_age_s = await asyncio.gather(
        _check(services.database.ping),
        _check(lambda: _migrated(services.database)),
        _check(services.redis.ping),
        _lease_age_s(services.database, services.boot),
    )
    draining, guard = services.engine.is_draining, services.engine.guard
    answer = Readiness(
        ready=database.ok and migrations.ok and not draining,
        draining=draining,
        database=database,
        migrations=migrations,
        redis=redis,
        running_turns=len(services.engine.live),
        load=guard.level.label,
        loop_lag_ms=round(guard.reading.lag_s * 1000, 2),
        loop_busy=round(guard.reading.busy, 3),
        lease_age_seconds=lease_age_s,
        outbox_lag_seconds=round(services.outbox_lag_s(), 3),
        spooled_ends=services.spool.waiting,
        models_left_alone=services.health.open_models(),
    )
    if not answer.ready:
        raise ServiceUnavailable(
            "This process takes no work now.",
            retry_after=1,
            metadata={
                "draining": draining,
                "database": database.ok,
                "migrations": migrations.ok,
                "redis": redis.ok,
                "runningTurns": answer.running_turns,
                "spooledEnds": answer.spooled_ends,
            },
        )
    return answer


async def metrics(call: Call) -> Response:
    request, token = call.request, call.services.settings.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            raise Unauthenticated("Metrics ask for their bearer token.")
    elif not _is_local(request):
        raise Forbidden("Metrics answer loopback only, unless METRICS_TOKEN is set.")
    body, kind = call.services.metrics.exposition(request.headers.get("accept", ""))
    return Response(body, headers={"content-type": kind})


def _is_local(request: Request) -> bool:
    """The peer itself is this machine. A proxy here brings strangers, and says so."""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return not forwarded and is_loopback(request.client.host if request.client else None)


async def _migrated(database: Database) -> None:
    async with database.glances() as tx:
        if not await is_current(tx):
            raise ServiceUnavailable("Migrations are missing.")


async def _lease_age_s(database: Database, boot: BootId) -> float | None:
    try:
        async with asyncio.timeout(CHECK_S), database.glances() as tx:
            age_s = await workers.age_s(tx, boot)
    except (AppError, SQLAlchemyError, TimeoutError):
        return None  # that the database is gone is told by its own check
    return None if age_s is None else round(age_s, 3)


async def _check(ask: Callable[[], Awaitable[object]]) -> Check:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_S):
            await ask()
    except (AppError, RedisError, SQLAlchemyError, OSError, TimeoutError) as error:
        return Check(ok=False, latency_ms=None, detail=type(error).__name__)
    return Check(ok=True, latency_ms=round((time.perf_counter() - began) * 1000, 2))


OPERATIONS = (
    Operation(
        method="GET",
        path="/healthz",
        handler=alive,
        summary="Whether the process answers at all.",
        tag=TAG,
        access=Access.PUBLIC,
        response=Alive,
    ),
    Operation(
        method="GET",
        path="/healthz/ready",
        handler=ready,
        summary="Whether the process should get work: database, migrations, not draining.",
        tag=TAG,
        access=Access.PUBLIC,
        response=Readiness,
        errors=(ServiceUnavailable,),
    ),
    Operation(
        method="GET",
        path="/metrics",
        handler=metrics,
        summary="Figures for Prometheus; needs METRICS_TOKEN, or comes from loopback.",
        tag=TAG,
        access=Access.PUBLIC,
        enveloped=False,
        media="text/plain",
        errors=(Unauthenticated, Forbidden),
    ),
)

"""How long reports and exports of a million calls take, and what keeping sums by the hour costs.

    python -m tests.benchmarks.reports [--rows 1000000] [--plans]

On private engines that are gone afterwards: a year of calls of 400 creators, few of whom make most
of them, is written as billing writes it; then reports are read as the routes read them, all calls
are downloaded from a server in a process of its own, whose memory is watched, and batches of 200
events are billed with and without the trigger. ``--plans`` prints what PostgreSQL does for each.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import httpx2
import psutil
from sqlalchemy import text

from billing.consumers import charges
from billing.reports import Grouping, Range, Ranking, overview
from billing.reportsources import Filters, read_patiently
from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from server.persistence import outbox
from server.persistence.database import Database, Snapshot, open_database
from server.persistence.prepared import Prepared
from server.routes.costranges import step_of
from tests.benchmarks.processes import cpu_s
from tests.billing.support import usage_event
from tests.server.cli.commands import Operator
from tests.support.engines import create_database, drop_database, engines_for_tests
from tests.support.serving import serving

END = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
NAME = "causerie_reports"
DAYS, CREATORS = 365, 400
PIECES = 20
BATCH, BATCHES = 200, 40
TIMES = 3

_PEOPLE = text("""
WITH made AS (
    INSERT INTO workspaces (id, name, personal)
    SELECT gen_random_uuid(), 'Own', true FROM generate_series(1, :creators) RETURNING id)
INSERT INTO users (id, email, name, role, workspace_id)
SELECT gen_random_uuid(), id || '@example.com', 'Creator ' || id, 'user', id FROM made
""")

_FILL = text("""
WITH people AS (
    SELECT id, workspace_id, row_number() OVER (ORDER BY id) AS number FROM users),
made AS (
    -- The square makes few creators many; the hours of the day are not alike either.
    SELECT 1 + floor(:creators * power(random(), 3))::int AS number, random() AS what,
           random() AS which, random() AS luck, (random() * 3000)::int AS tokens,
           CAST(:since AS timestamptz) + random() * CAST(:span AS interval) AS at
    FROM generate_series(1, :rows))
INSERT INTO usage_logs (
    call_id, turn_id, creator_id, workspace_id, feature, agent, provider, model, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, prices, cost_usd,
    charged, charged_usd, usage_source, outcome, plan, month, correlation_id, duration_ms, at, raw)
SELECT gen_random_uuid(), gen_random_uuid(), people.id, workspace_id,
       (ARRAY['chat', 'chat', 'chat', 'fan_message', 'caption', 'sales'])[1 + floor(what * 6)],
       (ARRAY['assistant', 'assistant', 'assistant', 'messaging', 'content', 'sales'])
           [1 + floor(what * 6)],
       (ARRAY['gemini', 'openai'])[1 + people.number % 2],
       (ARRAY['gemini/gemini-2.5-flash', 'openai/gpt-5-mini'])[1 + people.number % 2],
       tokens, 0, 0, tokens / 3, 0,
       '{"input": 300000, "output": 2500000, "multiplier_ppm": 1000000}', tokens * 1200,
       tokens * 1200, tokens * 1200, 'provider',
       (ARRAY['ok', 'failed'])[1 + floor(luck * 1.02)], 'pro', date_trunc('month', at, 'UTC')::date,
       gen_random_uuid(), 1200 + tokens, at,
       '{"prompt_tokens": 1200, "completion_tokens": 400, "total_tokens": 1600}'
FROM made JOIN people USING (number) ORDER BY at
""")


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def fill(database: Database, rows: int) -> None:
    """The year in pieces, the oldest first, as tables grow."""
    began = time.perf_counter()
    async with database.transaction() as tx:
        await tx.execute(_PEOPLE, {"creators": CREATORS})
    span = timedelta(days=DAYS) / PIECES
    for piece in range(PIECES):
        since = END - timedelta(days=DAYS) + piece * span
        async with database.transaction() as tx:
            await patient(tx)
            given = {"creators": CREATORS, "since": since, "span": span, "rows": rows // PIECES}
            await tx.execute(_FILL, given)
    async with database.engine.connect() as connection:
        await patient(connection)
        await connection.execute(text("VACUUM (ANALYZE) usage_logs"))
        await connection.execute(text("VACUUM (ANALYZE) usage_hours"))
        for table in ("usage_logs", "usage_hours"):
            count = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
            size = await connection.scalar(text(f"SELECT pg_total_relation_size('{table}')"))
            say(f"{table}: {count:,} rows, {size / 2**20:,.0f} MiB with indexes")
    say(f"filled in {time.perf_counter() - began:.0f} s")


async def patient(connection: Any) -> None:
    await connection.execute(text("SET statement_timeout = 0"))
    if (borrowed := connection.info.get("borrowed")) is not None:
        borrowed.seconds = 600.0


async def reports(database: Database) -> None:
    async with database.snapshot() as tx:
        creator = await tx.scalar(
            text("SELECT creator_id FROM usage_logs GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        )
    everything, one = Filters(), Filters(creator=creator)
    by_creator: tuple[Grouping, ...] = ("creator",)
    for name, days in (("day", 1), ("month", 30), ("year", DAYS)):
        range_ = Range(start=END - timedelta(days=days), end=END)
        for label, filters, group_by in (
            ("by creator", everything, by_creator),
            ("by creator and model", everything, ("creator", "model")),
            ("by day and feature", everything, ("day", "feature")),
            ("by plan", everything, ("plan",)),
            ("caption, by model", Filters(features=("caption",)), ("model",)),
            ("failed, by model", Filters(outcomes=("failed",)), ("model",)),
            ("one creator, by feature", one, ("feature",)),
        ):

            async def report(
                filters: Filters = filters,
                group_by: tuple[Grouping, ...] = group_by,
                range_: Range = range_,
            ) -> None:
                async with database.snapshot() as tx:
                    await read_patiently(tx)
                    await Ranking(filters, range_, group_by).page(tx, 51, None)
                    await overview(tx, filters, range_, step_of(range_, None))

            say(f"{name}, {label}: {await timed(report):,.0f} ms")


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds, in the middle of ``TIMES``."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1_000)
    return median(taken)


async def plans(database: Database) -> None:
    """What PostgreSQL does for a ranking of each range."""
    for days in (1, 30, DAYS):
        range_ = Range(start=END - timedelta(days=days), end=END)
        ranking = Ranking(Filters(), range_, ("creator",))
        async with database.snapshot() as tx:
            await read_patiently(tx)
            await explained(tx, f"{days} days by creator", ranking)


async def explained(tx: Snapshot, label: str, ranking: Ranking) -> None:
    statement = Prepared(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {ranking._statement}")
    rows = await statement.rows(tx, **ranking._values)
    say(f"\n{label}\n" + "\n".join(row[0] for row in rows))


async def billing(database: Database) -> None:
    """Batches of events into tables of that size, by turns with the trigger and without."""
    async with database.snapshot() as tx:
        users = [UserId(id_) for id_ in await tx.scalars(text("SELECT id FROM users LIMIT 50"))]
    taken: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for number in range(BATCHES):
        switch = "ENABLE" if number % 2 else "DISABLE"
        async with database.transaction() as tx:
            await tx.execute(text(f"ALTER TABLE usage_logs {switch} TRIGGER add_usage_hours"))
        events = [
            usage_event(users[event % 50], at=END + timedelta(seconds=event), feature="chat")
            for event in range(BATCH)
        ]
        async with database.transaction() as tx:
            await outbox.append(tx, events)
        began = time.perf_counter()
        async with database.transaction() as tx:
            await charges.apply(tx, events)
        taken[switch].append((time.perf_counter() - began) * 1_000)
    with_it, without = median(taken["ENABLE"]), median(taken["DISABLE"])
    say(f"{BATCH} events billed: {with_it:.1f} ms with sums by the hour, {without:.1f} without")


async def export(urls: EngineUrls) -> None:
    """All calls, and all groups, from a server; its memory is read as they come."""
    secret = "a-secret-key-of-more-than-32-characters"
    operator = Operator(urls, SECRET_KEY=secret)
    await operator.json("user", "create", "--email", "ops@example.com", "--role", "admin")
    key = (await operator.json("keys", "create", "--email", "ops@example.com"))["key"]
    year = {"from": (END - timedelta(days=DAYS)).isoformat(), "to": END.isoformat()}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(
            DATABASE_URL=urls.database_url,
            REDIS_URL=urls.redis_url,
            SECRET_KEY=secret,
            DATA_DIR=folder,
            LOG_LEVEL="error",
        ) as server,
    ):
        origin = await asyncio.to_thread(server.ready)
        web = psutil.Process(server.process.pid)
        for path, extra in (
            ("ai-costs.csv", {"groupBy": "creator,hour"}),
            ("ai-costs/calls.csv", {}),
            ("ai-costs/calls.csv", {}),
        ):
            url = httpx2.URL(f"{origin}/api/admin/{path}", params=year | extra)
            await download(web, url, {"Authorization": f"Bearer {key}"})


async def download(web: psutil.Process, url: httpx2.URL, headers: dict[str, str]) -> None:
    before, most, size, rows = web.memory_info().rss, 0, 0, 0
    cpu, began = cpu_s([web]), time.perf_counter()
    async with (
        httpx2.AsyncClient(timeout=60) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        answer.raise_for_status()
        first = time.perf_counter() - began
        async for piece in answer.aiter_raw():
            size += len(piece)
            rows += piece.count(b"\n")
            most = max(most, web.memory_info().rss)
    seconds = time.perf_counter() - began
    say(
        f"{url.path}: {rows:,} rows, {size / 2**20:,.0f} MiB in {seconds:.1f} s, the first after"
        f" {first * 1_000:,.0f} ms; {cpu_s([web]) - cpu:.1f} s of CPU; memory of the web process"
        f" {before / 2**20:.0f} MiB before, {most / 2**20:.0f} at most"
    )


async def measure(urls: EngineUrls, arguments: argparse.Namespace) -> None:
    url = await create_database(urls, NAME)
    try:
        await upgrade(url)
        async with open_database(url) as database:
            await fill(database, arguments.rows)
            await reports(database)
            if arguments.plans:
                await plans(database)
            await billing(database)
        await export(EngineUrls(database_url=url, redis_url=urls.redis_url))
    finally:
        await drop_database(urls, NAME)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true")
    arguments = parser.parse_args()
    with engines_for_tests() as urls:
        asyncio.run(measure(urls, arguments))


if __name__ == "__main__":
    main()

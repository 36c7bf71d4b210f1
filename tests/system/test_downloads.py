"""Tables leave a real server whole, and a reader that stops or leaves keeps nothing from others."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.cli.commands import Operator
from tests.support.eventually import eventually
from tests.support.serving import serving

SECRET = "a-secret-key-of-more-than-32-characters"
ROWS = 60_000
"""Some 20 MB: many times what sockets hold on their way."""

MADE = text("""
INSERT INTO usage_logs (
    call_id, turn_id, creator_id, workspace_id, feature, agent, provider, model, input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens, prices, cost_usd, charged, charged_usd,
    usage_source, outcome, plan, month, correlation_id, duration_ms, at)
SELECT gen_random_uuid(), gen_random_uuid(), users.id, workspace_id, 'chat', 'assistant', 'demo',
       'demo/causerie-demo', 10, 0, 10, 0, '{}', number, number, number, 'provider', 'ok', 'pro',
       '2026-03-01', repeat('x', 100), 1, CAST(:at AS timestamptz) + number * interval '1 second'
FROM users CROSS JOIN generate_series(1, :rows) AS number
""")

AT = datetime(2026, 3, 15, tzinfo=UTC)
QUERY = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"


async def downloads(database: Database) -> int:
    """Connections that are in the middle of one."""
    async with database.snapshot() as tx:
        found = await tx.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start < now() - interval '20 ms'"
                " AND query LIKE '%is_billed%'"
            )
        )
    return int(found or 0)


async def asked(origin: str, key: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = origin.removeprefix("http://").partition(":")
    # Little is on its way to a reader that does not read.
    reader, writer = await asyncio.open_connection(host, int(port), limit=4_096)
    writer.write(
        f"GET /api/admin/ai-costs/calls.csv?{QUERY} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: Bearer {key}\r\nConnection: close\r\n\r\n".encode()
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    return reader, writer


async def test_a_reader_that_stops_or_leaves_frees_its_connection(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    operator = Operator(migrated, SECRET_KEY=SECRET)
    await operator.json("user", "create", "--email", "ops@example.com", "--role", "admin")
    key = (await operator.json("keys", "create", "--email", "ops@example.com"))["key"]
    async with database.transaction() as tx:
        await tx.execute(MADE, {"at": AT, "rows": ROWS})
    with serving(
        DATABASE_URL=migrated.database_url,
        REDIS_URL=migrated.redis_url,
        SECRET_KEY=SECRET,
        DATA_DIR=str(tmp_path),
    ) as server:
        origin = await asyncio.to_thread(server.ready)

        async def is_free() -> bool:
            return await downloads(database) == 0

        _, leaving = await asked(origin, key)
        await eventually(lambda: downloads(database))
        leaving.transport.abort()
        await eventually(is_free)

        stopped, writer = await asked(origin, key)
        await eventually(lambda: downloads(database))
        await eventually(is_free, deadline_s=30)
        cut = b""
        with suppress(ConnectionError):
            cut = await stopped.read()
        assert not cut.endswith(b"0\r\n\r\n")
        writer.close()

        whole, writer = await asked(origin, key)
        body = await whole.read()
        assert body.endswith(b"0\r\n\r\n")
        assert body.count(b",demo/causerie-demo,") == ROWS
        writer.close()
        await eventually(is_free)

"""``reconcile`` from the shell: its verdict is its exit status."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from server.cli.demo import create_demo
from server.cli.main import cli
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.settings import load


@pytest.fixture
def with_demo_users(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> EngineUrls:
    """Two users with their first credits; ``database`` empties it all again."""
    monkeypatch.setenv("DATABASE_URL", migrated.database_url)
    monkeypatch.setenv("REDIS_URL", migrated.redis_url)
    asyncio.run(_fill(migrated.database_url))
    return migrated


async def _fill(url: str, statement: str | None = None) -> None:
    async with open_database(url) as database:
        if statement is None:
            await create_demo(database, load({}), utc_now)
        else:
            async with database.transaction() as tx:
                await tx.execute(text(statement))


def test_books_that_add_up_are_status_0(with_demo_users: EngineUrls) -> None:
    done = CliRunner().invoke(cli, ["reconcile"])
    assert done.exit_code == 0
    assert done.stdout.startswith("everything adds up (")
    done = CliRunner().invoke(cli, ["reconcile", "--json"])
    assert json.loads(done.stdout) == {"ok": True, "findings": []}


def test_a_credit_from_nowhere_is_status_1_and_named(with_demo_users: EngineUrls) -> None:
    asyncio.run(_fill(with_demo_users.database_url, "UPDATE accounts SET balance = balance + 1"))
    done = CliRunner().invoke(cli, ["reconcile"])
    assert done.exit_code == 1
    assert "do not hold" in done.stdout.splitlines()[0]
    done = CliRunner().invoke(cli, ["reconcile", "--json"])
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert answer["findings"][0]["count"] == 2

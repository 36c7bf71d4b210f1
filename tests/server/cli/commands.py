"""Commands as an operator runs them, against the database of the test."""

import asyncio
import json
from typing import Any

from click.testing import CliRunner, Result

from server.cli.main import cli
from server.local.engines import EngineUrls
from server.persistence.audit import Entry, list_entries
from server.persistence.database import Database


class Operator:
    """Runs commands; each opens and closes its own connections, in a thread of its own loop."""

    def __init__(self, urls: EngineUrls, **environment: str) -> None:
        self._environment = {
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "PUBLIC_URL": "https://chat.example.com",
            **environment,
        }

    async def run(self, *arguments: str) -> Result:
        runner = CliRunner(env=self._environment)
        return await asyncio.to_thread(runner.invoke, cli, arguments)

    async def json(self, *arguments: str) -> dict[str, Any]:
        """What standard output holds: one JSON object and nothing else."""
        result = await self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    async def refused(self, *arguments: str) -> str:
        """The one line that says why not."""
        result = await self.run(*arguments)
        assert result.exit_code != 0, result.output
        assert "Traceback" not in result.output
        return str(result.stderr).strip().splitlines()[-1]


async def noted(database: Database) -> list[Entry]:
    """What the audit log holds, oldest first: all of it done at the command line."""
    async with database.snapshot() as tx:
        entries = await list_entries(
            tx, actor=None, target=None, action=None, before=None, limit=100
        )
    for entry in entries:
        assert (entry.actor_id, entry.address) == (None, "command line")
    return entries[::-1]

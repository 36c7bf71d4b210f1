"""Who shares a limit is counted: web processes with a lease, this one at least."""

from sqlalchemy import text

from server.domain.ids import new_id
from server.persistence import workers
from server.persistence.database import Database
from server.workers.neighbours import Neighbours


async def register(database: Database, role: str) -> None:
    async with database.transaction() as tx:
        await workers.register(tx, boot=new_id(), role=role, host="here", pid=1)


async def test_web_processes_with_a_lease_are_counted(database: Database) -> None:
    neighbours = Neighbours(database)
    assert neighbours.processes() == 1
    await neighbours.look()
    assert neighbours.processes() == 1
    for role in ("web", "web", "web", "billing"):
        await register(database, role)
    await neighbours.look()
    assert neighbours.processes() == 3
    async with database.transaction() as tx:
        await tx.execute(
            text("UPDATE workers SET heartbeat_at = now() - interval '1 min' WHERE role = 'web'")
        )
    await register(database, "web")
    await neighbours.look()
    assert neighbours.processes() == 1

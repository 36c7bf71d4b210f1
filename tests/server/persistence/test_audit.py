"""The audit log: told with the transaction, or not at all; found by who, what and whom."""

from typing import Any
from uuid import UUID

import pytest

from server.domain.errors import NotFound
from server.domain.ids import new_id
from server.persistence import audit
from server.persistence.audit import Entry
from server.persistence.database import Database, Tx

ADA, BOB = new_id(), new_id()


async def note(database: Database, **fields: Any) -> None:
    values = {
        "actor": ADA,
        "action": "user.role",
        "target_kind": "user",
        "target_id": BOB,
        "address": "203.0.113.9",
        "request_id": "r-1",
        **fields,
    }
    async with database.transaction() as tx:
        await audit.note(tx, **values)


async def listed(database: Database, **filters: Any) -> list[Entry]:
    values = {"actor": None, "target": None, "action": None, "before": None, "limit": 50, **filters}
    async with database.snapshot() as tx:
        return await audit.list_entries(tx, **values)


async def test_an_entry_says_who_did_what_to_whom_and_from_where(database: Database) -> None:
    await note(database, before={"role": "user"}, after={"role": "admin"})
    (entry,) = await listed(database)
    assert (entry.actor_id, entry.action, entry.target_id) == (ADA, "user.role", str(BOB))
    assert (entry.before, entry.after) == ({"role": "user"}, {"role": "admin"})
    assert (entry.address, entry.request_id) == ("203.0.113.9", "r-1")


async def test_what_did_not_happen_is_not_told(database: Database) -> None:
    async def fail(tx: Tx) -> None:
        await audit.note(
            tx,
            actor=None,
            action="user.role",
            target_kind="user",
            target_id=BOB,
            address=audit.COMMAND_LINE,
            request_id="",
        )
        raise NotFound("The user that it was about.")

    with pytest.raises(NotFound):
        await database.run(fail)
    assert await listed(database) == []


async def test_filters_narrow_and_pages_follow_newest_first(database: Database) -> None:
    await note(database, after={"n": 1})
    await note(database, actor=BOB, after={"n": 2})
    await note(database, action="user.plan", after={"n": 3})
    await note(database, target_kind="price", target_id="demo/causerie-demo", after={"n": 4})

    async def numbers(before: UUID | None = None, **filters: Any) -> list[int]:
        found = await listed(database, before=before, **filters)
        return [entry.after["n"] for entry in found if entry.after is not None]

    assert await numbers() == [4, 3, 2, 1]
    assert await numbers(actor=ADA) == [4, 3, 1]
    assert await numbers(target=str(BOB)) == [3, 2, 1]
    assert await numbers(action="user.role") == [4, 2, 1]
    assert await numbers(actor=ADA, action="user.role", target=str(BOB)) == [1]
    first = await listed(database, limit=2)
    assert await numbers(before=first[-1].id) == [2, 1]
